"""People: accounts, guests of one browser, API tokens."""
