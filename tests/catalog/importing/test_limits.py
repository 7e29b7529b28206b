"""Guests bring less than members: whoever wants can be any number of guests."""

import pytest

from accounts.models import User
from catalog.importing import limits, services
from catalog.importing.notes import UploadRefusedError, say
from catalog.models import HistoryImport, ImportedFilm
from tests.catalog.factories import make_guest
from tests.catalog.importing.steps import upload_ratings, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
Status = HistoryImport.Status
TWO = (("2020-01-01", "Jaws", 1975, 4.0), ("2020-01-02", "Nobody Made This", 1999, 3.0))


@pytest.mark.parametrize(
    ("name", "most"), [("MAX_PIECES_OF_GUESTS", 1), ("MAX_TEXT_OF_GUESTS", 10)]
)
def test_guest_is_told_to_sign_up_before_bringing_much(
    monkeypatch: pytest.MonkeyPatch, member: User, films: None, name: str, most: int
) -> None:
    monkeypatch.setattr(limits, name, most)
    refused, read = work(upload_ratings(make_guest(), *TWO)), work(upload_ratings(member, *TWO))
    assert refused.status == Status.FAILED
    assert "sign up, then upload it again" in say(refused.error)
    assert read.status == Status.READY
    assert set(ImportedFilm.objects.values_list("history_import", flat=True)) == {read.pk}


def test_guests_together_have_only_so_many_reviews_open(
    monkeypatch: pytest.MonkeyPatch, member: User, films: None
) -> None:
    monkeypatch.setattr(services, "MAX_OPEN_OF_GUESTS", 1)
    first = work(upload_ratings(make_guest(), *TWO))
    other = make_guest("guest:2")
    with pytest.raises(UploadRefusedError, match="Too many guests"):
        upload_ratings(other, *TWO)
    assert upload_ratings(member, *TWO).status == Status.QUEUED
    services.discard_import(user=first.user, import_id=first.pk)
    assert upload_ratings(other, *TWO).status == Status.QUEUED


def test_review_says_for_how_many_titles_no_likeness_was_looked_for(
    monkeypatch: pytest.MonkeyPatch, films: None
) -> None:
    monkeypatch.setattr(limits, "SEARCHED_OF_GUESTS", 0)
    batch = work(upload_ratings(make_guest(), *TWO))
    assert "what resembles 1 of them was not looked for" in say(batch.remarks[-1])
    assert [film.match for film in batch.films.order_by("position")] == ["matched", "unmatched"]
