"""The diary and notes: what may be kept, what it does to ratings, and whom it belongs to."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.deletion import delete_account
from accounts.models import User
from accounts.personal_data import collect_files
from accounts.services import merge_guest
from catalog.diary import selectors, services
from catalog.diary.services import InvalidEntryError, Viewing
from catalog.diary_models import (
    MAX_DAYS_OF_MOVIE,
    MAX_ENTRY_NOTE,
    MAX_MOVIE_NOTE,
    DiaryEntry,
    MovieNote,
)
from catalog.models import Movie, Rating
from catalog.ratings import UnknownMovieError, set_rating
from recommender.models import TasteProfile
from recommender.taste.reading import read_taste
from tests.catalog.factories import make_guest, make_member, make_movie

pytestmark = pytest.mark.django_db
DAY = date(2020, 5, 17)


def add(user: User, movie: Movie, day: date = DAY, note: str = "") -> DiaryEntry:
    return services.add_entry(user=user, movie_id=movie.pk, viewing=Viewing(day, note=note))


def read_files(user: User) -> dict[str, str]:
    return {file.name: "".join(file.pieces) for file in collect_files(user=user)}


def test_film_may_be_watched_on_several_days(member: User, movie: Movie) -> None:
    for day in (DAY, date(2021, 1, 1), date(1999, 12, 31)):
        add(member, movie, day)
    found = selectors.get_entries_of_movie(user=member, movie_id=movie.pk)
    assert [entry.watched_on.year for entry in found] == [2021, 2020, 1999]
    assert selectors.get_entries_of_movie(user=None, movie_id=movie.pk) == []


def test_day_is_one_of_the_sites_time_zone(member: User, movie: Movie) -> None:
    add(member, movie)
    with timezone.override("Pacific/Kiritimati"):  # fourteen hours before UTC
        at = selectors.find_watched_at(user_id=member.pk, movie_id=movie.pk)
        assert at == datetime(2020, 5, 16, 22, tzinfo=UTC)
        add(member, movie, timezone.localdate())
        at = selectors.find_watched_at(user_id=member.pk, movie_id=movie.pk)
    assert at is not None
    assert at <= timezone.now()


def test_same_film_on_the_same_day_is_refused_by_service_and_database(
    member: User, movie: Movie
) -> None:
    add(member, movie)
    with pytest.raises(InvalidEntryError, match="already") as refused:
        add(member, movie)
    assert refused.value.field == "watched_on"
    with pytest.raises(IntegrityError), transaction.atomic():
        DiaryEntry.objects.create(user=member, movie=movie, watched_on=DAY)


def test_diary_holds_so_many_days_of_a_film_and_in_all(
    member: User, movie: Movie, monkeypatch: pytest.MonkeyPatch
) -> None:
    DiaryEntry.objects.bulk_create(
        DiaryEntry(user=member, movie=movie, watched_on=DAY - timedelta(days=number))
        for number in range(MAX_DAYS_OF_MOVIE)
    )
    with pytest.raises(InvalidEntryError, match="no more"):
        add(member, movie, DAY + timedelta(days=1))
    add(member, make_movie(77))
    monkeypatch.setattr(services, "MAX_ENTRIES", MAX_DAYS_OF_MOVIE + 1)
    with pytest.raises(InvalidEntryError, match="no more"):
        add(member, make_movie(78))


@pytest.mark.parametrize("day", [date(1887, 12, 31), date(1, 1, 1), date(9999, 1, 1)])
def test_impossible_day_is_refused(day: date, member: User, movie: Movie) -> None:
    with pytest.raises(InvalidEntryError):
        add(member, movie, day)


def test_today_is_possible_wherever_the_day_begins_first(member: User, movie: Movie) -> None:
    last = services.get_last_day()
    assert add(member, movie, last).watched_on == last
    with pytest.raises(InvalidEntryError, match="still to come"):
        add(member, movie, last + timedelta(days=1))


def test_notes_have_their_limits(member: User, movie: Movie) -> None:
    with pytest.raises(InvalidEntryError, match="too long"):
        add(member, movie, note="x" * (MAX_ENTRY_NOTE + 1))
    with pytest.raises(InvalidEntryError, match="too long"):
        services.save_note(user=member, movie_id=movie.pk, text="x" * (MAX_MOVIE_NOTE + 1))


def test_unknown_film_is_refused(member: User) -> None:
    with pytest.raises(UnknownMovieError):
        services.add_entry(user=member, movie_id=404, viewing=Viewing(DAY))
    with pytest.raises(UnknownMovieError):
        services.save_note(user=member, movie_id=404, text="x")


def test_entry_is_changed_and_removed_by_its_owner_alone(member: User, movie: Movie) -> None:
    entry, other = add(member, movie), make_member("bob")
    for do in (services.remove_entry, services.change_entry):
        more = {"viewing": Viewing(DAY)} if do is services.change_entry else {}
        with pytest.raises(services.UnknownEntryError):
            do(user=other, entry_id=entry.pk, **more)
    assert selectors.get_entry(user=other, entry_id=entry.pk) is None
    changed = Viewing(date(2020, 5, 18), is_rewatch=True, note=" Again. ")
    services.change_entry(user=member, entry_id=entry.pk, viewing=changed)
    entry.refresh_from_db()
    assert (entry.watched_on.day, entry.is_rewatch, entry.note) == (18, True, "Again.")
    gone = services.remove_entry(user=member, entry_id=entry.pk)
    assert gone.note == "Again."
    assert not DiaryEntry.objects.exists()


def test_rating_keeps_its_place_whatever_the_diary_says(member: User, movie: Movie) -> None:
    rating = set_rating(user=member, movie_id=movie.pk, stars=4)
    add(member, movie)
    set_rating(user=member, movie_id=movie.pk, stars=5)
    assert Rating.objects.get().watched_at == rating.watched_at


def test_first_rating_stands_where_the_diary_has_the_film(member: User, movie: Movie) -> None:
    add(member, movie, date(1999, 1, 1))
    add(member, movie)
    rating = set_rating(user=member, movie_id=movie.pk, stars=4)
    assert rating.watched_at == datetime(2020, 5, 17, 12, tzinfo=UTC)
    assert rating.is_date_known


def test_film_watched_today_and_rated_stands_last(member: User, movie: Movie) -> None:
    add(member, movie, timezone.now().date())
    before = timezone.now()
    rating = set_rating(user=member, movie_id=movie.pk, stars=4)
    assert before <= rating.watched_at <= timezone.now()


def test_film_of_the_diary_counts_as_seen_and_makes_answers_stale(
    member: User, movie: Movie
) -> None:
    entry = add(member, movie)
    assert read_taste(user_id=member.pk).hidden_movie_ids == {movie.pk}
    assert TasteProfile.objects.get(user=member).version == 1
    services.remove_entry(user=member, entry_id=entry.pk)
    assert read_taste(user_id=member.pk).hidden_movie_ids == set()
    assert TasteProfile.objects.get(user=member).version == 2


def test_note_is_kept_replaced_and_taken_away(member: User, movie: Movie) -> None:
    for text, kept in (("First.", "First."), (" Second. ", "Second."), ("  ", "")):
        services.save_note(user=member, movie_id=movie.pk, text=text)
        assert selectors.get_note(user=member, movie_id=movie.pk) == kept
    assert not MovieNote.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        MovieNote.objects.create(user=member, movie=movie, text="")


def test_guest_takes_diary_and_notes_along_and_the_newest_wins(member: User, movie: Movie) -> None:
    guest, other = make_guest(), make_movie(7)
    add(member, movie, note="mine, older")
    services.save_note(user=guest, movie_id=movie.pk, text="the guest's, older")
    add(guest, movie, note="the guest's, newer")
    add(guest, other)
    services.save_note(user=member, movie_id=movie.pk, text="mine, newer")
    merge_guest(guest=guest, user=member)
    kept = DiaryEntry.objects.order_by("movie_id").values_list("user_id", "movie_id", "note")
    assert sorted(kept) == sorted(
        [(member.pk, other.pk, ""), (member.pk, movie.pk, "the guest's, newer")]
    )
    assert MovieNote.objects.get().text == "mine, newer"


def test_diary_and_notes_are_exported_and_go_with_the_account(member: User, movie: Movie) -> None:
    services.add_entry(
        user=member, movie_id=movie.pk, viewing=Viewing(DAY, is_rewatch=True, note="Better now")
    )
    services.save_note(user=member, movie_id=movie.pk, text="Watch it with Ada")
    files = read_files(member)
    header, line = files["diary.csv"].splitlines()
    assert header == "movieId,imdbID,tmdbID,Title,Year,WatchedDate,Rewatch,PrivateNote"
    assert line.endswith("2020-05-17,Yes,Better now")
    assert json.loads(files["json/diary.json"])[0]["note"] == "Better now"
    assert json.loads(files["json/notes.json"])[0]["text"] == "Watch it with Ada"
    delete_account(user=member)
    assert not DiaryEntry.objects.exists()
    assert not MovieNote.objects.exists()
