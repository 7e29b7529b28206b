import pytest

from accounts.models import User
from catalog import selectors
from catalog.models import Movie, Rating
from catalog.services import add_to_watchlist
from tests.catalog.factories import count_queries, make_movie

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


def test_only_what_is_a_taste_is_offered_among_the_genres() -> None:
    make_movie(1, genres=["Drama", "IMAX", "(no genres listed)", "Comedy"])
    assert [genre.name for genre in selectors.get_named_genres()] == ["Comedy", "Drama"]
    assert selectors.is_genre("IMAX")


def test_popular_movies_are_the_most_rated() -> None:
    for number, count in ((1, 10), (2, 30), (3, 20)):
        make_movie(number, rating_count=count)
    assert [card.id for card in selectors.get_popular_movies(limit=2)] == [2, 3]


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


def test_title_is_that_of_the_movie_or_none(movie: Movie) -> None:
    assert selectors.get_title(movie.pk) == movie.title
    assert selectors.get_title(1) is None
