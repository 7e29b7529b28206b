from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.models import User
from catalog import selectors
from catalog.models import Movie, Rating
from catalog.services import add_to_watchlist
from tests.catalog.factories import count_queries, make_genre, make_movie

pytestmark = pytest.mark.django_db


def test_cards_keep_the_order_asked_for_and_leave_unknown_ones_out() -> None:
    make_movie(1, "One", year=2001, genres=["Drama", "Action"])
    make_movie(2, "Two", genres=[], rating_count=7, rating_mean=3.5)
    cards = selectors.get_movie_cards([2, 99, 1, 2])
    assert [card.id for card in cards] == [2, 1, 2]
    assert cards[1].genres == ("Action", "Drama")
    assert (cards[0].genres, cards[0].rating_count, cards[0].rating_mean) == ((), 7, 3.5)
    assert [str(card) for card in cards[:2]] == ["Two", "One (2001)"]


def test_cards_take_one_query_however_many() -> None:
    for number in range(1, 31):
        make_movie(number, genres=["Drama", "Comedy"])
    assert count_queries(lambda: selectors.get_movie_cards([1])) == 1
    assert count_queries(lambda: selectors.get_movie_cards(list(range(1, 31)))) == 1
    assert count_queries(lambda: selectors.get_movie_cards([])) == 0


def test_history_is_by_time_then_by_id_in_one_query(member: User) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    earlier = datetime(2019, 1, 1, tzinfo=UTC)
    for number, watched_at in ((3, at), (1, at), (2, earlier)):
        make_movie(number)
        Rating.objects.create(user=member, movie_id=number, stars=4, watched_at=watched_at)
    assert [row.movie_id for row in selectors.get_history(member.pk)] == [2, 3, 1]
    assert selectors.get_history(member.pk)[0] == (2, Decimal(4), earlier)
    assert count_queries(lambda: selectors.get_history(member.pk)) == 1


def test_popular_movies_are_of_any_genre_chosen_and_not_excluded() -> None:
    make_movie(1, genres=["Drama"], rating_count=10)
    make_movie(2, genres=["Comedy"], rating_count=30)
    make_movie(3, genres=["Comedy", "Drama"], rating_count=20)
    make_movie(4, genres=["War"], rating_count=99)
    chosen = [make_genre("Drama").pk, make_genre("Comedy").pk]
    assert [card.id for card in selectors.get_popular_movies(chosen)] == [2, 3, 1]
    assert [card.id for card in selectors.get_popular_movies(chosen, [2], limit=1)] == [3]
    assert [card.id for card in selectors.get_popular_movies(limit=2, offset=1)] == [2, 3]


def test_stars_are_of_the_movies_asked_for(member: User, movie: Movie) -> None:
    Rating.objects.create(user=member, movie=movie, stars=4)
    assert selectors.get_stars(user_id=member.pk, movie_ids=[movie.pk, 5]) == {movie.pk: 4}
    assert selectors.get_stars(user_id=member.pk, movie_ids=[5]) == {}


def test_ratings_and_watchlist_come_with_their_movies(member: User) -> None:
    for number in range(1, 6):
        movie = make_movie(number, genres=["Drama"])
        Rating.objects.create(user=member, movie=movie, stars=4)
        add_to_watchlist(user=member, movie_id=number)

    def read() -> None:
        movies = [rating.movie for rating in selectors.get_ratings(member.pk)]
        movies += [entry.movie for entry in selectors.get_watchlist(member.pk)]
        assert {genre.name for movie in movies for genre in movie.genres.all()} == {"Drama"}

    assert count_queries(read) == 4


def test_movie_comes_with_genres_or_not_at_all(movie: Movie) -> None:
    found = selectors.get_movie(movie.pk)
    assert found is not None
    assert count_queries(lambda: [genre.name for genre in found.genres.all()]) == 0
    assert selectors.get_movie(1) is None
