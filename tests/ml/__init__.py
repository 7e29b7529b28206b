"""Tests of the recommendation laboratory."""
