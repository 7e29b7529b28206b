"""The page of one film: what it is, why it is for somebody, and what they would give it."""
