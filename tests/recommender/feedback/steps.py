"""What noted people saw and ask for."""

MINE = "/api/v1/me/recommendations"
HISTORY = (20, 23, 26, 29, 32)
