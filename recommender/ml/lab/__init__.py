"""Tables of many models on one question: compare, ablate, tune, and what keeps their results."""
