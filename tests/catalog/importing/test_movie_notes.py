"""What an import says in words becomes private notes, and goes again when it is undone."""

from datetime import UTC, datetime

import pytest

from accounts.models import User
from catalog.diary.services import save_note
from catalog.models import DiaryEntry, HistoryImport, MovieNote
from tests.catalog.importing.exports import REVIEWS, make_csv
from tests.catalog.importing.steps import apply, snapshot, undo, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage", "films")]
JAWS, MATRIX = 1387, 2571


def upload_reviews(user: User, *texts: tuple[str, int, str]) -> HistoryImport:
    rows = [["2021-05-02", title, year, "u", "", "", text, "", ""] for title, year, text in texts]
    return upload(user, make_csv(REVIEWS, *rows).encode(), "reviews.csv")


def read_notes(user: User) -> dict[int, str]:
    return dict(MovieNote.objects.filter(user=user).values_list("movie_id", "text"))


def test_review_becomes_a_note_and_goes_with_the_undo(member: User) -> None:
    batch = apply(upload_reviews(member, ("Jaws", 1975, "Teeth"), ("The Matrix", 1999, "Green")))
    assert read_notes(member) == {JAWS: "Teeth", MATRIX: "Green"}
    assert MovieNote.objects.first().created_at == datetime(2021, 5, 2, 12, tzinfo=UTC)  # type: ignore[union-attr]
    assert (batch.summary["notes"], batch.summary["notes_kept"]) == (2, 0)
    assert undo(batch).summary["notes"] == 2
    assert not any(snapshot(member))


def test_note_that_is_here_already_stays_and_the_undo_leaves_it(member: User) -> None:
    save_note(user=member, movie_id=JAWS, text="Mine")
    save_note(user=member, movie_id=MATRIX, text="Green")
    texts = (("Jaws", 1975, "Theirs"), ("The Matrix", 1999, "Green"))
    batch = apply(upload_reviews(member, *texts), "replace")
    assert (batch.summary["notes"], batch.summary["notes_kept"]) == (0, 1)
    undo(batch)
    assert read_notes(member) == {JAWS: "Mine", MATRIX: "Green"}


def test_note_changed_since_then_survives_the_undo(member: User) -> None:
    batch = apply(upload_reviews(member, ("Jaws", 1975, "Teeth"), ("The Matrix", 1999, "Green")))
    save_note(user=member, movie_id=JAWS, text="Teeth, and fins")
    save_note(user=member, movie_id=MATRIX, text="")
    batch = undo(batch)
    assert read_notes(member) == {JAWS: "Teeth, and fins"}
    assert (batch.summary["notes"], batch.summary["notes_kept"]) == (0, 1)


def test_two_films_that_are_one_movie_share_its_note(member: User) -> None:
    batch = apply(upload_reviews(member, ("Jaws", 1975, "Teeth"), ("Jaws!", 1976, "Fins")))
    assert read_notes(member) == {JAWS: "Teeth\n\nFins"}
    undo(batch)
    assert read_notes(member) == {}


def test_what_two_imports_say_alike_goes_only_with_the_first(member: User) -> None:
    rows = [["2021-05-02", "Jaws", 1975, "u", "", "", "Teeth", "", "2021-05-01"]]
    text = make_csv(REVIEWS, *rows)
    first = apply(upload(member, text.encode(), "reviews.csv"))
    before = snapshot(member)
    second = apply(upload(member, f"{text}\n".encode(), "reviews.csv"))
    assert snapshot(member) == before
    undo(second)
    assert snapshot(member) == before
    assert DiaryEntry.objects.count() == 1
    undo(first)
    assert not any(snapshot(member))
