"""What people do on the pages of a movie night."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from recommender.night.models import MovieNight


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def do(client: Client, night: MovieNight, name: str, *args: int, **data: Any) -> str:
    """Post an action as a plain form and return the page it leads to."""
    url = reverse(f"night_{name}", args=[night.pk, *args])
    answer: Any = client.post(url, data, follow=True)
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text


def url_of(night: MovieNight) -> str:
    return reverse("night", args=[night.pk])


def link_of(night: MovieNight) -> str:
    return reverse("night_join", args=[night.invite_slug])
