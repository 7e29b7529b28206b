"""A person with a rare name, and how they log in."""

from django.test import Client

from tests.catalog.factories import PASSWORD

NAME = "zaphod-of-betelgeuse"


def log_in() -> Client:
    """Return a browser in which they have logged in by the form."""
    client = Client()
    client.post("/account/login/", {"login": NAME, "password": PASSWORD})
    return client
