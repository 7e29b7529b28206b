"""Comparing models and settings on live traffic: arms, life cycle, analysis, bandits."""
