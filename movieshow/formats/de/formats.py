"""Dates and times in German: 23. November 2026, 20:15."""

DATETIME_FORMAT = "j. F Y, H:i"
