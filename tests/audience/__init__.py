"""A simulated audience: people from held-out real histories use a running site over HTTP.

`make audience` runs an A/A and an A/B experiment with them and prints what the analysis finds.
"""
