import itertools
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from catalog import services
from catalog.models import Movie, Rating, RatingEvent
from catalog.signals import rating_changed
from tests.catalog.factories import make_member, make_movie, read_history

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Any:
    """What `rating_changed` told, as (user, movie ids)."""
    told: list[tuple[int, list[int]]] = []

    def listen(*, user: User, movie_ids: list[int], **_kwargs: Any) -> None:
        told.append((user.pk, movie_ids))

    rating_changed.connect(listen)
    yield told
    rating_changed.disconnect(listen)


def test_rating_is_stored_with_its_event_and_told(member: User, movie: Movie, heard: Any) -> None:
    rating = services.set_rating(user=member, movie_id=movie.pk, stars=4.5)

    assert Rating.objects.get().stars == rating.stars == Decimal("4.5")
    event = RatingEvent.objects.get()
    assert (event.kind, event.stars, event.watched_at) == ("set", Decimal("4.5"), rating.watched_at)
    assert event.transaction_id > 0
    assert heard == [(member.pk, [movie.pk])]


def test_rating_twice_replaces_stars_and_keeps_the_place(member: User, movie: Movie) -> None:
    first = services.set_rating(user=member, movie_id=movie.pk, stars=2)
    second = services.set_rating(user=member, movie_id=movie.pk, stars="5.0")

    assert (second.pk, second.watched_at) == (first.pk, first.watched_at)
    assert read_history(member.pk) == [(movie.pk, Decimal(5), first.watched_at)]
    assert list(RatingEvent.objects.order_by("id").values_list("stars", flat=True)) == [2, 5]


def test_same_stars_again_change_and_tell_nothing(member: User, movie: Movie, heard: Any) -> None:
    for _ in range(2):
        services.set_rating(user=member, movie_id=movie.pk, stars=3)
    assert RatingEvent.objects.count() == len(heard) == 1


def test_time_of_watching_moves_the_place(member: User, movie: Movie) -> None:
    other = make_movie(1)
    services.set_rating(user=member, movie_id=movie.pk, stars=3)
    services.set_rating(user=member, movie_id=other.pk, stars=3)
    services.set_rating(
        user=member, movie_id=other.pk, stars=3, watched_at=datetime(1999, 1, 1, tzinfo=UTC)
    )
    assert [movie_id for movie_id, *_ in read_history(member.pk)] == [other.pk, movie.pk]


def test_removed_rating_leaves_an_event(member: User, movie: Movie, heard: Any) -> None:
    services.set_rating(user=member, movie_id=movie.pk, stars=3)
    assert services.remove_rating(user=member, movie_id=movie.pk)
    assert not services.remove_rating(user=member, movie_id=movie.pk)

    assert not Rating.objects.exists()
    last = RatingEvent.objects.latest("id")
    assert (last.kind, last.stars) == ("removed", None)
    assert len(heard) == 2


@pytest.mark.parametrize("stars", [0, 0.4, 5.5, 4.25, -1, "NaN", "inf", "many", "", "1e9999999"])
def test_wrong_stars_are_refused(member: User, movie: Movie, stars: Any) -> None:
    with pytest.raises(services.InvalidStarsError):
        services.set_rating(user=member, movie_id=movie.pk, stars=stars)
    assert not Rating.objects.exists()


@pytest.mark.parametrize("movie_id", [1, -5, 10**30])
def test_unknown_movie_is_refused(member: User, movie_id: int) -> None:
    with pytest.raises(services.UnknownMovieError):
        services.set_rating(user=member, movie_id=movie_id, stars=3)
    with pytest.raises(services.UnknownMovieError):
        services.add_to_watchlist(user=member, movie_id=movie_id)


def test_person_who_is_gone_is_refused(member: User, movie: Movie) -> None:
    User.objects.filter(pk=member.pk).delete()
    with pytest.raises(services.UnknownUserError):
        services.set_rating(user=member, movie_id=movie.pk, stars=3)


def test_impossible_and_naive_times_are_refused(member: User, movie: Movie) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    # Postgres would keep the last as a date before Christ, which Python cannot read back.
    before_films = datetime(1, 1, 1, tzinfo=timezone.get_fixed_timezone(14 * 60))
    for watched_at in (tomorrow, datetime(2020, 1, 1), before_films):  # noqa: DTZ001
        with pytest.raises(services.InvalidWatchedAtError):
            services.set_rating(user=member, movie_id=movie.pk, stars=3, watched_at=watched_at)


def test_failing_receiver_undoes_the_rating(member: User, movie: Movie) -> None:
    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("no")

    rating_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.set_rating(user=member, movie_id=movie.pk, stars=3)
    finally:
        rating_changed.disconnect(fail)
    assert not Rating.objects.exists()
    assert not RatingEvent.objects.exists()


def test_watchlist_keeps_the_place_of_a_movie_added_twice(member: User, movie: Movie) -> None:
    first = services.add_to_watchlist(user=member, movie_id=movie.pk)
    assert services.add_to_watchlist(user=member, movie_id=movie.pk).added_at == first.added_at
    assert services.remove_from_watchlist(user=member, movie_id=movie.pk)
    assert not services.remove_from_watchlist(user=member, movie_id=movie.pk)


def _run_in_threads(calls: list[Any]) -> list[BaseException]:
    """Run each call in a thread of its own, all at once; return what they raised."""
    barrier = threading.Barrier(len(calls))
    failures: list[BaseException] = []

    def run(call: Any) -> None:
        try:
            barrier.wait(timeout=30)
            call()
        except Exception as error:  # noqa: BLE001 - the test shows whatever it was
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return failures


@pytest.mark.django_db(transaction=True)
def test_fifty_ratings_of_one_person_at_once_are_all_kept() -> None:
    member = make_member()
    movies = [make_movie(number) for number in range(1, 11)]

    def rate(number: int) -> Any:
        movie, stars = movies[number % 10], Decimal(number % 10 + 1) / 2
        return lambda: services.set_rating(user=member, movie_id=movie.pk, stars=stars)

    assert _run_in_threads([rate(number) for number in range(50)]) == []
    assert Rating.objects.count() == 10
    assert {(rating.movie_id, rating.stars) for rating in Rating.objects.filter(user=member)} == {
        (movie.pk, Decimal(index + 1) / 2) for index, movie in enumerate(movies)
    }


@pytest.mark.django_db(transaction=True)
def test_fifty_changes_of_one_rating_at_once_each_leave_their_event() -> None:
    member, movie = make_member(), make_movie(1)

    def change(number: int) -> Any:
        if number % 5 == 0:
            return lambda: services.remove_rating(user=member, movie_id=movie.pk)
        stars = Decimal(number % 10 + 1) / 2
        return lambda: services.set_rating(user=member, movie_id=movie.pk, stars=stars)

    assert _run_in_threads([change(number) for number in range(50)]) == []
    last = RatingEvent.objects.latest("id")
    now = Rating.objects.filter(user=member, movie=movie).first()
    assert (now.stars if now else None) == last.stars
    # No event repeats what was already so: each was a change of the one before it.
    kinds = list(RatingEvent.objects.order_by("id").values_list("kind", "stars"))
    assert all(before != after for before, after in itertools.pairwise(kinds))


@pytest.mark.django_db(transaction=True)
def test_different_people_rate_one_movie_at_once() -> None:
    movie = make_movie(1)
    people = [make_member(f"person{number}") for number in range(20)]
    calls = [
        lambda person=person: services.set_rating(user=person, movie_id=movie.pk, stars=4)
        for person in people
    ]
    assert _run_in_threads(calls) == []
    assert Rating.objects.filter(movie=movie).count() == 20
