"""Recommendation laboratory: pure numpy, scipy and torch, knows nothing of Django."""
