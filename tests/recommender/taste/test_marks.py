"""Hidden films and muted reasons come back with an import, and go with its undo."""

from datetime import datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.models import User
from catalog.importing.marks import Marker, register_marker
from catalog.models import HistoryImport, SeenMovie
from recommender.models import Event, HiddenMovie, MutedReason, TasteProfile
from recommender.reason_muting import mute_reason
from recommender.services import hide_movie, unhide_movie
from recommender.taste.marks import hidden_marker
from tests.catalog.conftest import own_storage  # noqa: F401
from tests.catalog.factories import make_member, make_movie
from tests.catalog.importing.exports import make_csv, make_zip
from tests.catalog.importing.steps import apply, undo, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
AT = "2021-02-03T04:05:06.789000+00:00"
FILM = "movieId,imdbID,tmdbID,Title,Year"


def upload_marks(user: User) -> HistoryImport:
    rows = [[pk, "", "", f"Film {pk}", "", AT] for pk in (1, 2)]
    files = {
        "hidden.csv": make_csv(f"{FILM},HiddenAt", *rows),
        "muted.csv": make_csv(f"{FILM},MutedAt", *rows[:1]),
    }
    return upload(user, make_zip(files))


@pytest.fixture
def member(db: None) -> User:
    for pk in (1, 2):
        make_movie(pk)
    return make_member()


def read_marks(user: User) -> tuple[list[int], list[int]]:
    return (
        sorted(HiddenMovie.objects.filter(user=user).values_list("movie_id", flat=True)),
        sorted(MutedReason.objects.filter(user=user).values_list("movie_id", flat=True)),
    )


def test_marks_come_back_and_go_with_the_undo(member: User) -> None:
    batch = apply(upload_marks(member))
    assert read_marks(member) == ([1, 2], [1])
    assert HiddenMovie.objects.first().hidden_at == datetime.fromisoformat(AT)  # type: ignore[union-attr]
    assert (batch.summary["hidden"], batch.summary["muted"]) == (2, 1)
    assert TasteProfile.objects.get(user=member).version > 0
    # To hide a film elsewhere, long ago, says nothing of what was recommended here.
    assert not Event.objects.exists()
    assert not SeenMovie.objects.exists()
    version = TasteProfile.objects.get(user=member).version
    assert undo(batch).summary["hidden"] == 2
    assert read_marks(member) == ([], [])
    assert TasteProfile.objects.get(user=member).version > version


def test_marks_of_before_and_since_then_stay(member: User) -> None:
    hide_movie(user=member, movie_id=1)
    mute_reason(user=member, movie_id=1)
    batch = apply(upload_marks(member))
    assert (batch.summary["hidden"], batch.summary["muted"]) == (1, 0)
    unhide_movie(user=member, movie_id=2)
    hide_movie(user=member, movie_id=2)
    undo(batch)
    assert read_marks(member) == ([1, 2], [1])


def test_second_import_of_the_same_marks_does_not_own_them(member: User) -> None:
    apply(upload_marks(member))
    marks = make_csv(f"{FILM},HiddenAt", [1, "", "", "Film 1", "", AT])
    undo(apply(upload(member, marks.encode(), "hidden.csv")))
    assert read_marks(member) == ([1, 2], [1])


def test_two_markers_of_one_name_are_refused() -> None:
    register_marker("hidden", hidden_marker)
    with pytest.raises(ImproperlyConfigured):
        register_marker("hidden", Marker(lambda _user, _times: set(), lambda _user, _times: 0))
    with pytest.raises(ImproperlyConfigured):
        register_marker("unheard-of", hidden_marker)
