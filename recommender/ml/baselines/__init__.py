"""Recommenders that a trained model has to beat, one file each."""
