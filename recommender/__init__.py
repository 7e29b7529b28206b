"""Recommendations: models, jobs, serving and the training laboratory in `ml`."""
