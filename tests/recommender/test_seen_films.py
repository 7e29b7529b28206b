"""Films that somebody has seen without giving them stars."""

import pytest

from accounts.models import User
from catalog.models import SeenMovie
from catalog.services import set_rating
from recommender.taste.reading import read_taste
from tests.catalog.factories import make_member, make_movie

pytestmark = pytest.mark.django_db


def see(user: User, movie_id: int) -> None:
    make_movie(movie_id)
    SeenMovie.objects.create(user=user, movie_id=movie_id)


def test_seen_film_is_no_history_and_is_not_shown_again() -> None:
    ada = make_member()
    see(ada, 1)
    make_movie(2)
    set_rating(user=ada, movie_id=2, stars=4)
    taste = read_taste(user_id=ada.pk)
    assert [item.movie_id for item in taste.history] == [2]
    assert taste.hidden_movie_ids == {1}


def test_film_that_others_have_seen_is_shown() -> None:
    see(make_member("bob"), 1)
    assert read_taste(user_id=make_member().pk).hidden_movie_ids == frozenset()
