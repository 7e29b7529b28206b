"""The subcommands of `python -m recommender.ml`, one module each."""
