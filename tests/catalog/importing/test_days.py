"""Days of an import go into the diary, and out of it when the import is undone."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from catalog.diary.services import Viewing, add_entry, change_entry
from catalog.diary_models import DiaryEntry
from catalog.importing import days
from catalog.importing.parsing import parse_upload
from catalog.models import SeenMovie
from recommender.models import TasteProfile
from tests.catalog.factories import make_movie
from tests.catalog.importing.exports import DIARY, make_csv
from tests.catalog.importing.steps import apply, undo, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
OURS = "movieId,imdbID,tmdbID,Title,Year,WatchedDate,Rewatch,PrivateNote"


def get_days(user: User) -> list[tuple[int, str, bool, str]]:
    days = DiaryEntry.objects.filter(user=user).order_by("watched_on", "movie_id")
    fields = ("movie_id", "watched_on", "is_rewatch", "note")
    return [
        (pk, day.isoformat(), again, note) for pk, day, again, note in days.values_list(*fields)
    ]


def test_letterboxd_diary_becomes_ours_and_goes_with_the_undo(member: User) -> None:
    make_movie(1, "Film Number 1", year=2001)
    rows = [
        ["2021-05-02", "Film Number 1", 2001, "u", "4", "", "", "2021-05-01"],
        ["2022-06-03", "Film Number 1", 2001, "v", "4.5", "Yes", "", "2022-06-02"],
    ]
    batch = apply(upload(member, make_csv(DIARY, *rows).encode(), "diary.csv"))
    assert get_days(member) == [(1, "2021-05-01", False, ""), (1, "2022-06-02", True, "")]
    assert batch.summary["days"] == 2
    assert undo(batch).summary["days"] == 2
    assert get_days(member) == []


def test_days_that_are_here_already_stay_as_they_are(member: User) -> None:
    movie = make_movie(1, "Film Number 1", year=2001)
    viewing = Viewing(date(2021, 5, 1), note="Mine")
    add_entry(user=member, movie_id=movie.pk, viewing=viewing)
    lines = [[1, "", "", "Film Number 1", 2001, "2021-05-01", "Yes", "Theirs"]]
    batch = apply(upload(member, make_csv(OURS, *lines).encode(), "diary.csv"))
    assert batch.summary["days"] == 0
    undo(batch)
    assert get_days(member) == [(1, "2021-05-01", False, "Mine")]


def test_day_changed_by_hand_survives_the_undo(member: User) -> None:
    make_movie(1, "Film Number 1", year=2001)
    lines = [[1, "", "", "Film Number 1", 2001, f"2021-05-0{day}", "", "Theirs"] for day in (1, 2)]
    batch = apply(upload(member, make_csv(OURS, *lines).encode(), "diary.csv"))
    first = DiaryEntry.objects.get(watched_on=date(2021, 5, 1))
    change_entry(user=member, entry_id=first.pk, viewing=Viewing(first.watched_on, note="Now mine"))
    undo(batch)
    assert get_days(member) == [(1, "2021-05-01", False, "Now mine")]


def test_our_own_diary_adds_days_and_nothing_else(member: User) -> None:
    make_movie(1, "Film Number 1", year=2001)
    lines = [[1, "", "", "Film Number 1", 2001, "2021-05-01", "", "With Ada"]]
    apply(upload(member, make_csv(OURS, *lines).encode(), "diary.csv"))
    assert get_days(member) == [(1, "2021-05-01", False, "With Ada")]
    assert not SeenMovie.objects.exists()
    assert TasteProfile.objects.get(user=member).version == 1


def test_of_too_many_days_the_last_come_in_and_go_with_the_undo(
    member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "MAX_DAYS_OF_MOVIE", 2)
    movie = make_movie(1, "Film Number 1", year=2001)
    add_entry(user=member, movie_id=movie.pk, viewing=Viewing(date(2020, 1, 1)))
    dates = ("2021-05-02", "2021-05-03", "2021-05-01")
    lines = [[1, "", "", "Film Number 1", 2001, day, "", ""] for day in dates]
    batch = apply(upload(member, make_csv(OURS, *lines).encode(), "diary.csv"))
    assert [day for _, day, _, _ in get_days(member)] == ["2020-01-01", "2021-05-03"]
    undo(batch)
    assert [day for _, day, _, _ in get_days(member)] == ["2020-01-01"]


def test_many_days_of_one_film_are_all_read() -> None:
    days = [(date(1900, 1, 1) + timedelta(days=number)).isoformat() for number in range(12_000)]
    table = "\n".join([OURS, *(f"1,,,A film,2001,{day},," for day in [*days, *days[:100]])])
    [film] = parse_upload(table.encode(), name="diary.csv").films
    assert list(film.days) == days
