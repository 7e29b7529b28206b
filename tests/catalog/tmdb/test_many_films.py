"""Whole answers in numbers: real ones where `MOVIESHOW_DATA` names data, else the invented ones."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog import facts
from catalog.models import Availability, Movie
from catalog.tmdb.client import TmdbClient
from catalog.tmdb.parsing import MAX_CAST, clean_text
from tests.catalog.factories import make_genre
from tests.catalog.tmdb.films import load_films
from tests.catalog.tmdb.stand_in import StandIn
from tests.catalog.tmdb.steps import fetch

pytestmark = pytest.mark.django_db
FILMS = 150


def find_films() -> list[dict[str, Any]]:
    """Return films spread over the data, those of the fixture where there are none."""
    data = os.environ.get("MOVIESHOW_DATA")
    films = list({film["id"]: film for film in load_films(Path(data) if data else None)}.values())
    return films[:: max(1, len(films) // FILMS)][:FILMS]


@pytest.fixture
def tmdb() -> Iterator[StandIn]:
    with StandIn(find_films()) as stand_in:
        yield stand_in


def test_every_film_gets_what_tmdb_says(
    tmdb: StandIn, tmdb_settings: Settings, client_of_tmdb: TmdbClient
) -> None:
    tmdb_settings.TMDB_MAX_POSTERS = 10
    make_genre("Drama")
    Movie.objects.bulk_create(
        Movie(pk=place, title=film["title"][:500], tmdb_id=film["id"])
        for place, film in enumerate(tmdb.films.values(), start=1)
    )
    report = fetch(client_of_tmdb, seconds=600)
    assert report.fetched == len(tmdb.films)
    assert (report.failed, report.bad_posters, report.left) == (0, 0, 0)
    pictured = sum(1 for film in tmdb.films.values() if film["poster_path"])
    assert Movie.objects.exclude(poster_key="").count() == min(10, pictured)
    for movie in Movie.objects.all():
        assert movie.tmdb_id is not None
        film = tmdb.films[movie.tmdb_id]
        found = facts.get_movie_facts(movie)
        assert found.runtime_minutes == (film["runtime"] or None)
        assert found.overview == clean_text(film["overview"], 5000)
        told = sorted(film["credits"]["cast"], key=lambda one: one["order"])
        names = list(dict.fromkeys(clean_text(one["name"], 200) for one in told))
        assert [person.name for person in found.cast] == names[:MAX_CAST]
    asked = set(tmdb_settings.SERVICE_COUNTRIES)
    assert set(Availability.objects.values_list("country", flat=True)) <= asked
