"""Films that are not to be named as reasons: they are not, and all else stays as it was."""

import pytest

from accounts.models import User
from accounts.services import merge_guest
from catalog.services import UnknownMovieError
from recommender.home.selectors import HomeReader
from recommender.models import ModelVersion, MutedReason, TasteProfile
from recommender.reason_muting import mute_reason, unmute_reason
from recommender.taste.selectors import get_muted_reasons
from tests.catalog.factories import make_guest
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch

HISTORY = (20, 23, 26, 29, 32)


def get_named(user: User) -> set[int | None]:
    """Return the films that recommendations and rows of home name as reasons."""
    answer = get_recommendations(user=user, include_reasons=True, limit=50)
    rows = HomeReader(user=user).read_rows()
    items = [*answer.items, *(item for row in rows for item in row.items)]
    causes = {int(row.key.partition("-")[2]) for row in rows if row.kind == "because"}
    return causes | {reason.movie_id for item in items for reason in item.reasons} - {None}


def test_muted_film_is_named_no_more_and_the_picks_stay(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    before = [item.movie_id for item in get_recommendations(user=viewer).items]
    named = get_named(viewer)
    assert named
    for movie_id in HISTORY:
        mute_reason(user=viewer, movie_id=movie_id)
    assert get_named(viewer) == set()
    assert [item.movie_id for item in get_recommendations(user=viewer).items] == before
    for movie_id in HISTORY:
        unmute_reason(user=viewer, movie_id=movie_id)
    assert get_named(viewer) == named


def test_muting_twice_is_muting_once(active_model: ModelVersion, viewer: User) -> None:
    for _ in range(2):
        mute_reason(user=viewer, movie_id=1)
    assert TasteProfile.objects.get(user=viewer).version == 1
    assert [entry.movie.pk for entry in get_muted_reasons(user=viewer)] == [1]
    for _ in range(2):
        unmute_reason(user=viewer, movie_id=1)
    assert TasteProfile.objects.get(user=viewer).version == 2
    assert not get_muted_reasons(user=None).exists()


def test_unknown_film_cannot_be_muted(active_model: ModelVersion, viewer: User) -> None:
    with pytest.raises(UnknownMovieError):
        mute_reason(user=viewer, movie_id=999)


def test_guest_takes_muted_films_along(active_model: ModelVersion, viewer: User) -> None:
    guest = make_guest()
    for movie_id in (1, 2):
        mute_reason(user=guest, movie_id=movie_id)
    mute_reason(user=viewer, movie_id=1)
    merge_guest(guest=guest, user=viewer)
    kept = MutedReason.objects.values_list("user_id", "movie_id").order_by("movie_id")
    assert list(kept) == [(viewer.pk, 1), (viewer.pk, 2)]
