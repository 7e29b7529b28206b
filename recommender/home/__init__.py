"""The home page: its rows, and the evening's films above them."""
