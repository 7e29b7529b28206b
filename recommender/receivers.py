"""Receivers of the catalogue's and accounts' news."""
