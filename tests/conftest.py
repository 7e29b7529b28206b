"""What every test may count on: an empty Redis, storage of its own, quick password hashes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from redis import Redis


def pytest_configure(config: pytest.Config) -> None:
    """Change the settings that only cost time or disk here, before anything reads them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The manifest exists only after collectstatic, which tests do not run.
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def empty_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave nothing in this worker's Redis database, for tests of what touches the site."""
    yield
    if request.node.get_closest_marker("django_db"):
        with Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()


@pytest.fixture(autouse=True)
def language_of_the_site() -> None:
    """Speak English whatever the test before was answered in: a language stays with its thread."""
    translation.activate(settings.LANGUAGE_CODE)
