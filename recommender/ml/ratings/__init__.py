"""Predicted stars: fitting, calibrating, serving and measuring the rating head."""
