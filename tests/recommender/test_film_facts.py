"""What models read of the catalogue."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from catalog.models import Credit, Movie, Person, Tag, TmdbRecord
from recommender.film_facts import read_film_facts
from tests.catalog.factories import make_member, make_movie

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


def make_imported(number: int, **fields: Any) -> User:
    """Return somebody as an import makes them: without a login, so not active."""
    return User.objects.create(
        username=f"ml:{number}", dataset="ml", dataset_user_id=number, is_active=False, **fields
    )


def test_tags_of_members_and_of_imported_people_feed_a_model() -> None:
    make_movie(1)
    Tag.objects.create(user=make_imported(1), movie_id=1, text="slow")
    Tag.objects.create(user=make_imported(2), movie_id=1, text="slow")
    Tag.objects.create(user=make_member(), movie_id=1, text="dreamy")
    assert read_film_facts()[1].tags == ("slow", "slow", "dreamy")


def test_tags_of_people_who_opted_out_stay_unread() -> None:
    make_movie(1)
    for person in (make_imported(1, allows_training=False), make_member(allows_training=False)):
        Tag.objects.create(user=person, movie_id=1, text="slow")
    assert read_film_facts()[1].tags == ()


def test_tags_of_closed_and_of_deleted_accounts_stay_unread() -> None:
    make_movie(1)
    closed, deleted, gone = make_member(is_active=False), make_member("bob"), make_imported(1)
    for person in (closed, deleted, gone):
        Tag.objects.create(user=person, movie_id=1, text="slow")
    deleted.delete()
    gone.delete()
    assert read_film_facts()[1].tags == ()
