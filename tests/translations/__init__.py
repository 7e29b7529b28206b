"""The German texts: what is found to translate, the catalogue they stand in, and its checks."""
