from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Movie
from tests.catalog.factories import make_member, make_movie


@pytest.fixture
def member(db: None) -> User:
    return make_member()


@pytest.fixture
def movie(db: None) -> Movie:
    return make_movie(2571, "The Matrix", year=1999, genres=["Action", "Sci-Fi"])


@pytest.fixture
def logged_in(member: User) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def admin_of_site(db: None) -> Client:
    client = Client()
    client.force_login(make_member("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def own_storage(tmp_path: Path, settings: Settings) -> None:
    """Have uploads lie in a folder of the test's own."""
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
