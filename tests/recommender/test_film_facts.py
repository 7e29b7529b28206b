"""What models read of the catalogue."""

import pytest
from django.utils import timezone

from catalog.models import Credit, Movie, Person, TmdbRecord
from recommender.film_facts import read_film_facts
from tests.catalog.factories import make_movie

pytestmark = pytest.mark.django_db


def test_nothing_of_tmdb_feeds_a_model() -> None:
    """Its terms want a written agreement for that."""
    make_movie(1, "Keeper", year=1999, extract="From Wikipedia.")
    before = read_film_facts()
    Movie.objects.update(runtime_minutes=95, poster_key="0123456789abcdef")
    TmdbRecord.objects.create(
        movie_id=1, tmdb_id=603, overview="Its words.", tagline="More.", fetched_at=timezone.now()
    )
    person = Person.objects.create(name="Ada Lens", tmdb_id=71)
    Credit.objects.create(movie_id=1, person=person, job="director", source="tmdb")
    assert read_film_facts() == before
