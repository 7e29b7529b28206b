"""Films that nobody rated and people who rated next to nothing."""
