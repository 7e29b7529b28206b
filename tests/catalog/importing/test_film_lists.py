"""Lists of an import become a person's lists, and go again when it is undone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.utils import timezone

from accounts.models import User
from accounts.services import merge_guest
from catalog.importing import film_lists, services
from catalog.importing.keeping import forget_old_imports
from catalog.lists.services import (
    add_film,
    change_entry,
    change_list,
    create_list,
    delete_list,
    remove_film,
)
from catalog.models import (
    FilmList,
    FilmListEntry,
    HistoryImport,
    ImportedFilm,
    ImportedList,
    Movie,
    Rating,
)
from tests.catalog.factories import make_guest, make_member, make_movie
from tests.catalog.importing.exports import RATINGS, make_csv, make_letterboxd_list, make_zip
from tests.catalog.importing.steps import apply, snapshot, undo, upload, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage", "films")]
JAWS, MATRIX, SOLARIS, AMELIE = 1387, 2571, 2730, 4973
SHARKS = [["Jaws", 1975, "big"], ["The Matrix", 1999, ""], ["Home Movie", 2001, ""]]


def make_export(**lists: list[list[Any]]) -> bytes:
    files = {
        f"lists/{name}.csv": make_letterboxd_list(name, films, note=f"All of {name}")
        for name, films in lists.items()
    }
    return make_zip(
        {"ratings.csv": make_csv(RATINGS, ["2020-02-01", "Jaws", 1975, "u", "4"]), **files}
    )


def upload_lists(user: User, **lists: list[list[Any]]) -> HistoryImport:
    return upload(user, make_export(**lists))


def read_lists(user: User) -> dict[str, list[tuple[int, str]]]:
    return {
        one.name: list(one.entries.order_by("position").values_list("movie_id", "note"))
        for one in FilmList.objects.filter(user=user).order_by("id")
    }


def read_positions(user: User) -> list[int]:
    entries = FilmListEntry.objects.filter(film_list__user=user).order_by("position")
    return list(entries.values_list("position", flat=True))


def test_list_is_made_with_what_was_found_and_goes_with_the_undo(member: User) -> None:
    batch = apply(upload_lists(member, Sharks=SHARKS))
    assert read_lists(member) == {"Sharks": [(JAWS, "big"), (MATRIX, "")]}
    made = FilmList.objects.get()
    assert (made.note, made.is_public) == ("All of Sharks", False)
    assert made.created_at == datetime(2021, 3, 4, 12, tzinfo=UTC)
    assert read_positions(member) == [1, 2]
    assert (batch.summary["lists"], batch.summary["list_films"]) == (1, 2)
    # What stands on a list alone is neither seen nor rated nor to be seen.
    assert not ImportedFilm.objects.get(title="The Matrix").is_seen
    assert Rating.objects.get().movie_id == JAWS

    batch = undo(batch)
    assert not any(snapshot(member))
    assert batch.summary["lists"] == 1
    assert not ImportedList.objects.exists()


def test_same_file_imported_again_makes_nothing_twice(member: User) -> None:
    first = apply(upload_lists(member, Sharks=SHARKS))
    before = snapshot(member)
    FilmList.objects.update(name="SHARKS")  # letters large and small are one name
    data = make_export(Sharks=SHARKS) + b"\n"  # of another digest, as if exported anew
    second = apply(upload(member, data, "again.zip"))
    FilmList.objects.update(name="Sharks")
    assert snapshot(member) == before
    assert (second.summary["lists"], second.summary["lists_extended"]) == (0, 0)
    undo(second)
    assert snapshot(member) == before
    undo(first)
    assert not any(snapshot(member))


def test_list_of_the_same_name_gets_what_it_lacks_and_undo_takes_that_alone(member: User) -> None:
    mine = create_list(user=member, name="sharks", note="Mine", is_public=True)
    for movie_id in (AMELIE, JAWS):
        add_film(user=member, list_id=mine.pk, movie_id=movie_id, note="mine")
    before = snapshot(member)
    batch = apply(upload_lists(member, Sharks=SHARKS))
    assert read_lists(member) == {"sharks": [(AMELIE, "mine"), (JAWS, "mine"), (MATRIX, "")]}
    mine.refresh_from_db()
    assert (mine.note, mine.is_public) == ("Mine", True)
    assert (batch.summary["lists_extended"], batch.summary["list_films"]) == (1, 1)
    assert undo(batch).summary["lists_shrunk"] == 1
    assert snapshot(member) == before


@pytest.mark.parametrize("change", ["rename", "add", "move", "share", "remove"])
def test_list_changed_since_then_survives_the_undo_whole(change: str, member: User) -> None:
    batch = apply(upload_lists(member, Sharks=SHARKS))
    made = FilmList.objects.get()
    if change == "rename":
        change_list(user=member, list_id=made.pk, name="Teeth")
    elif change == "add":
        add_film(user=member, list_id=made.pk, movie_id=SOLARIS)
    elif change == "move":
        change_entry(user=member, list_id=made.pk, movie_id=MATRIX, position=1)
    elif change == "share":
        change_list(user=member, list_id=made.pk, is_public=True)
    else:
        remove_film(user=member, list_id=made.pk, movie_id=MATRIX)
    before = read_lists(member)
    batch = undo(batch)
    assert read_lists(member) == before
    assert batch.summary["lists_kept"] == 1
    assert not Rating.objects.exists()


def test_list_that_was_deleted_since_then_does_not_stop_the_undo(member: User) -> None:
    batch = apply(upload_lists(member, Sharks=SHARKS))
    delete_list(user=member, list_id=FilmList.objects.get().pk)
    assert undo(batch).summary["lists"] == 0


def test_film_of_a_list_of_before_stays_where_its_note_was_changed(member: User) -> None:
    mine = create_list(user=member, name="Sharks")
    films = [*SHARKS[:2], ["Solaris", 1972, ""]]
    batch = apply(upload_lists(member, Sharks=films))
    add_film(user=member, list_id=mine.pk, movie_id=AMELIE, position=1)
    change_entry(user=member, list_id=mine.pk, movie_id=MATRIX, note="Now mine")
    undo(batch)
    assert read_lists(member) == {"Sharks": [(AMELIE, ""), (MATRIX, "Now mine")]}
    assert read_positions(member) == [1, 2]


def test_newer_import_into_the_same_list_is_undone_first(member: User) -> None:
    first = apply(upload_lists(member, Sharks=SHARKS[:1]))
    rated = list(Rating.objects.values_list("pk", flat=True))
    second = apply(upload_lists(member, Sharks=SHARKS))
    with pytest.raises(services.NewerImportError) as caught:
        services.request_undo(user=member, import_id=first.pk)
    assert caught.value.history_import == second
    undo(second)
    assert read_lists(member) == {"Sharks": [(JAWS, "big")]}
    assert list(Rating.objects.values_list("pk", flat=True)) == rated
    undo(first)
    assert not any(snapshot(member))


def test_list_left_out_in_the_review_is_not_made(member: User) -> None:
    batch = work(upload_lists(member, Sharks=SHARKS, Others=SHARKS[1:]))
    sharks = batch.lists.get(name="Sharks")
    services.choose_list(user=member, import_id=batch.pk, list_id=sharks.pk, is_wanted=False)
    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    work(batch)
    assert read_lists(member) == {"Others": [(MATRIX, "")]}
    with pytest.raises(services.ImportNotReadyError):
        services.choose_list(user=member, import_id=batch.pk, list_id=sharks.pk, is_wanted=True)


def test_list_of_another_import_cannot_be_chosen(member: User) -> None:
    theirs = work(upload_lists(make_member("bob"), Sharks=SHARKS)).lists.get()
    mine = work(upload_lists(member, Sharks=SHARKS))
    with pytest.raises(services.ImportNotReadyError):
        services.choose_list(user=member, import_id=mine.pk, list_id=theirs.pk, is_wanted=False)
    theirs.refresh_from_db()
    assert theirs.is_wanted


def test_film_chosen_in_the_review_comes_onto_its_list_once(member: User) -> None:
    batch = work(upload_lists(member, Sharks=SHARKS))
    home = batch.films.get(title="Home Movie")
    services.choose_movie(user=member, import_id=batch.pk, film_id=home.pk, movie_id=JAWS)
    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    work(batch)
    assert read_lists(member) == {"Sharks": [(JAWS, "big"), (MATRIX, "")]}


def test_lists_and_films_there_is_no_room_for_are_left_out(
    member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_lists, "MAX_LISTS", 2)
    monkeypatch.setattr(film_lists, "MAX_FILMS", 1)
    create_list(user=member, name="Mine")
    batch = apply(upload_lists(member, A=SHARKS, B=SHARKS, Mine=SHARKS))
    assert read_lists(member) == {"Mine": [(JAWS, "big")], "A": [(JAWS, "big")]}
    assert batch.summary["lists_left"] == 1


def test_lists_of_others_are_not_touched(member: User) -> None:
    create_list(user=make_member("bob"), name="Sharks")
    apply(upload_lists(member, Sharks=SHARKS))
    assert FilmList.objects.filter(name="Sharks").count() == 2


def test_lists_of_a_guest_move_to_the_account_and_stay_undoable(member: User) -> None:
    guest = make_guest()
    batch = apply(upload_lists(guest, Sharks=SHARKS))
    merge_guest(guest=guest, user=member)
    batch.refresh_from_db()
    assert list(read_lists(member)) == ["Sharks"]
    undo(batch)
    assert not any(snapshot(member))


def test_movie_that_leaves_the_catalogue_leaves_no_gap(member: User) -> None:
    batch = work(upload_lists(member, Sharks=SHARKS))
    Movie.objects.filter(pk=JAWS).delete()
    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    work(batch)
    assert read_lists(member) == {"Sharks": [(MATRIX, "")]}
    assert read_positions(member) == [1]


def test_breaking_down_over_a_list_leaves_nothing_behind(member: User) -> None:
    batch = work(upload_lists(member, Sharks=SHARKS))
    services.request_apply(user=member, import_id=batch.pk, policy="keep")

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("no")

    post_save.connect(fail, sender=FilmList)
    try:
        with pytest.raises(RuntimeError):
            work(batch)
    finally:
        post_save.disconnect(fail, sender=FilmList)
    assert not any(snapshot(member))
    work(batch)
    assert read_lists(member) == {"Sharks": [(JAWS, "big"), (MATRIX, "")]}


def test_lists_of_an_import_are_forgotten_with_its_films(member: User) -> None:
    batch = apply(upload_lists(member, Sharks=[]))
    long_ago = timezone.now() - timedelta(days=31)
    HistoryImport.objects.filter(pk=batch.pk).update(applied_at=long_ago)
    ImportedFilm.objects.all().delete()
    assert forget_old_imports() == 1
    assert not ImportedList.objects.exists()
    assert read_lists(member) == {"Sharks": []}


def test_order_follows_the_position_that_a_file_tells(member: User) -> None:
    for pk in range(1, 6):
        make_movie(pk, f"Film Number {pk}", year=2000)
    rows = [[6 - pk, pk, "", "", f"Film Number {pk}", 2000, "", ""] for pk in range(1, 6)]
    header = "Position,movieId,imdbID,tmdbID,Title,Year,Description,AddedAt"
    apply(upload(member, make_csv(header, *rows).encode(), "007-my-five.csv"))
    assert [pk for pk, _ in read_lists(member)["my five"]] == [5, 4, 3, 2, 1]
