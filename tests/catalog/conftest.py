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


@pytest.fixture
def films(db: None) -> None:
    """Four films that exports of the tests speak of."""
    make_movie(2571, "The Matrix", year=1999)
    make_movie(4973, "Amelie", year=2001)
    make_movie(1387, "Jaws", year=1975)
    make_movie(2730, "Solaris (Solyaris)", year=1972)
