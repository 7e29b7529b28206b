"""Our CSV files by the rules of Letterboxd's importer, letterboxd.com/about/importing-data.

It goes by the names of the columns, passes over those it does not know, finds a film by its ids or
else by title and year, and takes UTF-8 files of at most 1 MB.
"""

import csv
import re
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.personal_data import collect_files
from catalog import exporting
from catalog.diary import exporting as diary_exporting
from catalog.diary.services import Viewing, add_entry, save_note
from catalog.importing.contents import Film
from catalog.importing.parsing import parse_upload
from catalog.lists.services import add_film, create_list
from catalog.models import Rating, SeenMovie
from catalog.services import add_to_watchlist, set_rating
from tests.catalog.factories import make_movie
from tests.catalog.importing.exports import make_zip

pytestmark = pytest.mark.django_db
MOST_BYTES = 1_000_000
# What each column may hold where it holds anything.
RULES = {
    "LetterboxdURI": r"https://(boxd\.it|letterboxd\.com)/.+",
    "tmdbID": r"[1-9]\d*",
    "imdbID": r"tt\d{7,}",
    "Title": r".+",
    "Year": r"\d{4}",
    "Directors": r".+",
    "Rating": r"0\.5|[1-4](\.[05])?|5(\.0)?",
    "Rating10": r"[1-9]|10",
    "WatchedDate": r"\d{4}-\d{2}-\d{2}",
    "CreatedDate": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z",
    # As Letterboxd writes it itself.
    "Rewatch": r"Yes|true",
    "Tags": r".+",
    "Review": r".+",
}
FINDS_A_FILM = {"imdbID", "tmdbID", "Title", "Year"}
FILES = {"ratings.csv", "seen.csv", "watchlist.csv", "diary.csv"}


@pytest.fixture
def viewer(member: User) -> User:
    """Somebody with films that are hard to write down."""
    titles = ["Matrix, The", 'The "Quoted", Film', "Amélie", "= a sign", "2001"]
    for half_stars in range(1, 11):
        make_movie(
            half_stars,
            titles[half_stars % 5],
            year=None if half_stars == 4 else 1990 + half_stars,
            imdb_id=f"tt{half_stars:07}" if half_stars % 2 else "",
            tmdb_id=half_stars if half_stars % 3 else None,
        )
        set_rating(user=member, movie_id=half_stars, stars=half_stars / 2)
    Rating.objects.filter(movie_id__gt=5).update(is_date_known=True)
    SeenMovie.objects.create(user=member, movie_id=1, watched_at=timezone.now())
    SeenMovie.objects.create(user=member, movie_id=2)
    add_to_watchlist(user=member, movie_id=3)
    for day, is_rewatch in ((1, False), (2, True)):
        viewing = Viewing(date(2020, 1, day), is_rewatch=is_rewatch, note="With Ada,\nat last")
        add_entry(user=member, movie_id=4, viewing=viewing)
    save_note(user=member, movie_id=4, text="For nobody else")
    made = create_list(user=member, name="Rainy days")
    add_film(user=member, list_id=made.pk, movie_id=5, note="=note", position=1)
    return member


def read_tables(user: User) -> dict[str, bytes]:
    """Return the CSV files that tell of films seen, rated or wanted, and of lists."""
    files = {one.name: "".join(one.pieces).encode() for one in collect_files(user=user)}
    return {
        name: content
        for name, content in files.items()
        if name in FILES or (name.startswith("lists/") and name.endswith(".csv"))
    }


def read_all(user: User) -> dict[str, str]:
    return {one.name: "".join(one.pieces) for one in collect_files(user=user)}


def strip(film: Film) -> Film:
    """Return a film without where it was read."""
    return replace(film, where="")


def find_faults(name: str, content: bytes) -> list[str]:
    """Return what Letterboxd would misread in a file."""
    lines = csv.DictReader(StringIO(content.decode("utf-8"), newline=""), strict=True)
    columns = list(lines.fieldnames or ())
    exact = {rule.lower(): rule for rule in RULES}
    faults = [f"{name}: {one} is not {exact[one.lower()]}" for one in columns
              if one.lower() in exact and one not in RULES]  # fmt: skip
    faults += [f"{name}: no column {one}" for one in FINDS_A_FILM - set(columns)]
    for line in lines:
        for column, text in line.items():
            rule = RULES.get(column)
            if rule and text and not re.fullmatch(rule, text, re.DOTALL):
                faults.append(f"{name}, line {lines.line_num}: {column} is {text!r}")
        if not line["Title"]:
            faults.append(f"{name}, line {lines.line_num}: no title")
    return faults


def test_letterboxd_reads_all_tables_of_an_export(viewer: User) -> None:
    tables = read_tables(viewer)
    assert set(tables) > FILES
    assert [fault for name, text in tables.items() for fault in find_faults(name, text)] == []
    assert all(text.count(b"\n") > 1 for text in tables.values())


def test_every_step_of_stars_is_told(viewer: User) -> None:
    rows = csv.DictReader(StringIO(read_tables(viewer)["ratings.csv"].decode()))
    assert sorted(float(row["Rating"]) for row in rows) == [step / 2 for step in range(1, 11)]


def test_private_notes_are_no_reviews(viewer: User) -> None:
    for name, content in read_tables(viewer).items():
        assert "Review" not in content.decode().splitlines()[0].split(","), name


@pytest.mark.parametrize("most", [400, 700, MOST_BYTES])
def test_what_letterboxd_would_not_take_at_once_goes_on_in_other_files(
    most: int, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert exporting.MOST_BYTES <= MOST_BYTES
    whole = read_tables(viewer)
    monkeypatch.setattr(exporting, "MOST_BYTES", most)
    monkeypatch.setattr(diary_exporting, "MOST_BYTES", most)
    files = {one.name: "".join(one.pieces) for one in collect_files(user=viewer)}
    for name in FILES:
        stem = name.removesuffix(".csv")
        rest = [f"{stem}-{number}.csv" for number in range(2, 20)]
        parts = [files[each] for each in (name, *rest) if each in files]
        assert all(len(part.encode()) <= most for part in parts)
        header = whole[name].decode().split("\n", 1)[0] + "\n"
        assert all(part.startswith(header) for part in parts)
        assert (
            "".join([header, *(part.removeprefix(header) for part in parts)]).encode()
            == (whole[name])
        )
        assert len(parts) == 1 or most < MOST_BYTES
    assert ("ratings-2.csv" in files) == (most < MOST_BYTES)


def test_parts_come_back_as_one(viewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = parse_upload(make_zip(read_all(viewer)), name="export.zip")
    monkeypatch.setattr(exporting, "MOST_BYTES", 400)
    monkeypatch.setattr(diary_exporting, "MOST_BYTES", 400)
    files = read_all(viewer)
    assert "ratings-3.csv" in files
    parted = parse_upload(make_zip(files), name="export.zip")
    assert [strip(film) for film in parted.films] == [strip(film) for film in whole.films]
    assert (len(parted.lists), parted.problems) == (len(whole.lists), whole.problems)


def test_what_letterboxd_would_misread_is_found() -> None:
    content = "imdbid,tmdbID,Title,Rating,WatchedDate\n133093,603,,4.3,17.5.2020\n"
    assert len(find_faults("a.csv", content.encode())) == 6
