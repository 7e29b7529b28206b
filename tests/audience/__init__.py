"""A simulated audience: people from held-out real histories use a running site over HTTP.

`make audience` runs an A/A, an A/B and an experiment on the rows of the home page with them and
prints what the analysis finds.
"""
