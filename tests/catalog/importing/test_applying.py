from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services import merge_guest
from catalog.importing import services
from catalog.models import (
    HistoryImport,
    Movie,
    Rating,
    RatingEvent,
    SeenMovie,
    WatchlistEntry,
)
from catalog.services import add_to_watchlist, set_rating
from catalog.signals import rating_changed
from recommender.models import TasteProfile
from tests.catalog.factories import make_guest, make_movie
from tests.catalog.importing.steps import (
    apply,
    get_stars,
    snapshot,
    undo,
    upload,
    upload_ratings,
    work,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
Status = HistoryImport.Status


def test_taste_is_bumped_and_the_news_sent_once(member: User, films: None) -> None:
    batch = work(upload(member))
    news: list[Any] = []

    def note(**kwargs: Any) -> None:
        news.append(kwargs["movie_ids"])

    rating_changed.connect(note)
    try:
        apply(batch)
    finally:
        rating_changed.disconnect(note)
    assert [sorted(ids) for ids in news] == [[1387, 2571, 4973]]
    assert TasteProfile.objects.get(user=member).version == 1


def test_history_is_in_the_order_of_watching(member: User) -> None:
    for pk in (1, 2, 3, 4):
        make_movie(pk, f"Film Number {pk}", year=2000 + pk)
    apply(
        upload_ratings(
            member,
            ("2020-02-01", "Film Number 3", 2003, 4),
            ("2020-02-01", "Film Number 1", 2001, 4),
            ("2019-02-01", "Film Number 4", 2004, 4),
            ("", "Film Number 2", 2002, 4),
        )
    )
    history = Rating.objects.filter(user=member).order_by("watched_at", "id")
    assert list(history.values_list("movie_id", flat=True)) == [4, 3, 1, 2]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("keep", {2571: 1, 4973: 2}),
        ("replace", {2571: 4.5, 4973: 5}),
        ("newest", {2571: 4.5, 4973: 2}),
    ],
)
def test_policy_says_whose_stars_count(
    policy: str, expected: dict[int, float], member: User, films: None
) -> None:
    for movie_id, stars, when in ((2571, 1, "2019-06-01"), (4973, 2, "2023-06-01")):
        rating = set_rating(user=member, movie_id=movie_id, stars=stars)
        rated_at = datetime.fromisoformat(when).replace(tzinfo=UTC)
        Rating.objects.filter(pk=rating.pk).update(updated_at=rated_at)
    batch = apply(upload(member), policy)
    assert get_stars(member) == expected
    assert batch.summary["kept"] + batch.summary["changed"] == 2


def test_undo_restores_exactly_what_was_there(member: User, films: None) -> None:
    old = timezone.now() - timedelta(days=900)
    set_rating(user=member, movie_id=2571, stars=1, watched_at=old)
    add_to_watchlist(user=member, movie_id=1387)
    before = snapshot(member)
    batch = apply(upload(member), "replace")
    assert snapshot(member) != before

    batch = undo(batch)

    assert snapshot(member) == before
    assert batch.status == Status.UNDONE
    undone = {"removed": 1, "restored": 1, "kept": 0, "seen": 1, "listed": 1, "days": 1}
    others = {"notes": 0, "notes_kept": 0, "hidden": 0, "muted": 0}
    lists = {"lists": 1, "lists_shrunk": 0, "lists_kept": 0}
    assert batch.summary == undone | others | lists
    assert RatingEvent.objects.filter(user=member, kind="removed").count() == 1
    assert not batch.films.exists()


def test_undo_leaves_what_was_changed_by_hand_since_then(member: User, films: None) -> None:
    batch = apply(upload(member))
    set_rating(user=member, movie_id=2571, stars=2)
    batch = undo(batch)
    assert get_stars(member) == {2571: 2}
    assert batch.summary["kept"] == 1


def test_two_films_of_the_file_that_are_one_movie_count_once(member: User, films: None) -> None:
    batch = work(
        upload_ratings(member, ("2020-01-01", "Jaws", 1975, 2), ("2021-01-01", "Jaws!", 1976, 4.5))
    )
    assert batch.films.filter(movie_id=1387).count() == 2
    apply(batch)
    assert get_stars(member) == {1387: 4.5}


def test_imports_of_a_guest_move_to_the_account_and_stay_undoable(
    member: User, films: None
) -> None:
    guest = make_guest()
    batch = apply(upload(guest))
    merge_guest(guest=guest, user=member)
    batch.refresh_from_db()
    assert batch.user == member
    assert get_stars(member) == {2571: 4.5, 4973: 5}
    assert SeenMovie.objects.get().user == member
    undo(batch)
    assert not any(snapshot(member))


def test_movie_removed_from_the_catalogue_is_left_out(member: User, films: None) -> None:
    batch = work(upload(member))
    Movie.objects.filter(pk=2571).delete()
    assert apply(batch).summary["added"] == 1


def test_stars_out_of_range_never_reach_the_database(member: User, films: None) -> None:
    from catalog.bulk_ratings import RatingState, change_ratings
    from catalog.services import InvalidStarsError

    now = timezone.now()
    bad = RatingState(1387, Decimal("5.5"), now, now)
    with pytest.raises(InvalidStarsError):
        change_ratings(user=member, added=[bad])


def test_upload_is_read_reviewed_and_applied(member: User, films: None) -> None:
    batch = work(upload(member))
    assert (batch.status, batch.format) == (Status.READY, "letterboxd")
    assert not Rating.objects.exists()
    assert {film.title: film.match for film in batch.films.all()} == dict.fromkeys(
        ("The Matrix", "Amélie", "Jaws", "Solaris"), "matched"
    )

    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    batch = work(batch)

    assert batch.status == Status.APPLIED
    expected = {"added": 2, "changed": 0, "kept": 0, "seen": 1, "listed": 1, "days": 1}
    others = {"notes": 0, "notes_kept": 0, "hidden": 0, "muted": 0}
    lists = {"lists": 1, "lists_extended": 0, "list_films": 1, "lists_left": 0}
    assert batch.summary == {**expected, "left_out": 0, **others, **lists}
    assert get_stars(member) == {2571: 4.5, 4973: 5}
    assert Rating.objects.get(movie_id=2571).watched_at == datetime(2021, 5, 1, 12, tzinfo=UTC)
    assert Rating.objects.get(movie_id=4973).updated_at == datetime(2020, 2, 2, 12, tzinfo=UTC)
    assert SeenMovie.objects.get().movie_id == 1387
    assert WatchlistEntry.objects.get().movie_id == 2730
    assert RatingEvent.objects.filter(user=member, kind="set").count() == 2
