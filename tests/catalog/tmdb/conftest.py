from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from catalog.models import Movie
from catalog.tmdb.client import Limits, TmdbClient
from catalog.tmdb.pace import Pace
from tests.catalog.factories import make_movie
from tests.catalog.tmdb.films import INVENTED
from tests.catalog.tmdb.stand_in import KEY, StandIn

# Like the real ones, but in a hurry.
QUICK = Limits(
    connect_seconds=5.0,
    read_seconds=2.0,
    whole_seconds=4.0,
    tries=3,
    backoff_factor=0.01,
    max_pause_seconds=2,
)


@pytest.fixture
def tmdb() -> Iterator[StandIn]:
    with StandIn(INVENTED) as stand_in:
        yield stand_in


@pytest.fixture
def tmdb_settings(tmdb: StandIn, settings: Settings, tmp_path: Path) -> Settings:
    """Have the site use the stand-in, and keep posters in a folder of the test's own."""
    settings.TMDB_API_KEY = KEY
    settings.TMDB_BASE_URL = f"{tmdb.url}/3"
    settings.TMDB_IMAGE_BASE_URL = f"{tmdb.url}/t/p"
    settings.SERVICE_COUNTRIES = ["US", "DE"]
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "posters"},
    }
    settings.STORAGES = {**settings.STORAGES, "posters": storage}
    return settings


@pytest.fixture
def client_of_tmdb(tmdb_settings: Settings) -> Iterator[TmdbClient]:
    pace = Pace(per_second=1000, redis_url=tmdb_settings.REDIS_URL)
    with TmdbClient(key=KEY, pace=pace, limits=QUICK) as client:
        yield client


@pytest.fixture
def keeper(tmdb_settings: Settings) -> Movie:
    """A film that the stand-in knows."""
    cache.clear()  # of the pause after a failure
    return make_movie(1, "Keeper", tmdb_id=603)
