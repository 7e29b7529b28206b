"""Lists and texts of an upload, as the sites and we ourselves write them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.importing import contents, parsing
from catalog.importing.contents import Upload
from catalog.importing.notes import UploadRefusedError, say
from catalog.importing.parsing import parse_upload
from tests.catalog.importing.exports import (
    RATINGS,
    REVIEWS,
    WATCHED,
    make_csv,
    make_letterboxd_list,
    make_trakt,
    make_zip,
)

JAWS = ["2020-02-01", "Jaws", 1975, "u", "4"]
OURS = "Position,movieId,imdbID,tmdbID,Title,Year,Description,AddedAt"


def parse(files: dict[str, str] | str, name: str = "export.zip") -> Upload:
    data = files.encode() if isinstance(files, str) else make_zip(files)
    return parse_upload(data, name=name)


def read_lists(upload: Upload) -> dict[str, list[tuple[str, str]]]:
    return {
        one.name: [(entry.film.title, entry.note) for entry in one.entries.values()]
        for one in upload.lists
    }


def say_remarks(upload: Upload) -> list[str]:
    return [say(note) for note in upload.remarks]


def test_letterboxd_list_has_its_name_note_and_films_in_order() -> None:
    films = [["Jaws", 1975, "Duh-<b>dun</b>"], ["Alien", 1979, ""], ["Jaws", 1975, "again"]]
    text = make_letterboxd_list("Sharks, etc.", films, note="<i>Teeth</i><br>&amp; more")
    upload = parse({"ratings.csv": make_csv(RATINGS, JAWS), "lists/sharks-etc.csv": text})
    [one] = upload.lists
    assert (one.name, one.note, one.is_public) == ("Sharks, etc.", "Teeth\n& more", False)
    assert one.made_at == datetime(2021, 3, 4, 12, tzinfo=UTC)
    assert read_lists(upload) == {"Sharks, etc.": [("Jaws", "Duh-dun"), ("Alien", "")]}
    rated, listed = upload.films
    assert (rated.title, rated.where) == ("Jaws", "ratings.csv:2")
    assert rated.stars == 4
    assert (listed.title, listed.stars) == ("Alien", None)
    assert not (listed.is_seen or listed.is_listed)


def test_lone_letterboxd_list_is_read_too() -> None:
    text = make_letterboxd_list("Sharks", [["Jaws", 1975, ""]])
    assert read_lists(parse(text, "anything.csv")) == {"Sharks": [("Jaws", "")]}


def test_header_of_a_list_may_be_padded_and_its_note_have_lines() -> None:
    text = (
        "Letterboxd list export v7,,,,\nDate,Name,Tags,URL,Description\n"
        '2021-03-04,Sharks,,u,"One,\ntwo"\n,,,,\nPosition,Name,Year,URL,Description\n1,Jaws,x,u,\n'
        "2,Alien,1979,u,\n"
    )
    upload = parse({"lists/sharks.csv": text})
    assert upload.lists[0].note == "One,\ntwo"
    assert read_lists(upload) == {"Sharks": [("Alien", "")]}
    assert upload.problems[0]["where"] == "lists/sharks.csv:7"


def test_lists_that_were_deleted_are_left_where_they_lie() -> None:
    text = make_letterboxd_list("Gone", [["Alien", 1979, ""]])
    files = {"ratings.csv": make_csv(RATINGS, JAWS), "deleted/lists/gone.csv": text}
    assert read_lists(parse(files)) == {}
    wrapped = {"export/ratings.csv": files["ratings.csv"], "export/lists/here.csv": text}
    assert read_lists(parse(wrapped)) == {"Gone": [("Alien", "")]}


def test_likes_become_a_list() -> None:
    likes = make_csv(WATCHED, ["2020-01-01", "Alien", 1979, "u"])
    upload = parse({"ratings.csv": make_csv(RATINGS, JAWS), "likes/films.csv": likes})
    assert read_lists(upload) == {"Letterboxd likes": [("Alien", "")]}
    [entry] = upload.lists[0].entries.values()
    assert entry.added_at == datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert not entry.film.is_seen


@pytest.mark.parametrize(
    "text",
    [
        "Letterboxd list export v7\nDate,Name\n2021-03-04,Sharks\n",
        'Letterboxd list export v7\nDate,Name\n2021-03-04,"Sharks\n',
    ],
)
def test_broken_list_is_named_with_what_to_do(text: str) -> None:
    with pytest.raises(UploadRefusedError) as caught:
        parse({"ratings.csv": make_csv(RATINGS, JAWS), "lists/sharks.csv": text})
    assert say(caught.value.note) == (
        "lists/sharks.csv begins as a list of Letterboxd and has no films below: export it anew, "
        "or take it out of the zip."
    )


def test_two_lists_of_one_name_are_told_apart_the_same_way_each_time() -> None:
    files = {
        "lists/a.csv": make_letterboxd_list("Best", [["Jaws", 1975, ""]]),
        "lists/b.csv": make_letterboxd_list("best", [["Alien", 1979, ""]]),
    }
    expected = {"Best": [("Jaws", "")], "best (2)": [("Alien", "")]}
    assert read_lists(parse(files)) == expected


def test_too_many_lists_films_and_letters_are_cut_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "MAX_LISTS", 1)
    monkeypatch.setattr(contents, "MAX_FILMS", 2)
    monkeypatch.setattr(parsing, "MAX_FILMS", 2)
    films = [[f"Film {number}", 2000, "x" * 501] for number in range(3)]
    text = make_letterboxd_list("n" * 101, films, note="y" * 1001)
    upload = parse({"lists/a.csv": text, "lists/b.csv": text})
    [one] = upload.lists
    assert [len(entry.note) for entry in one.entries.values()] == [500, 500]
    assert (len(one.name), len(one.note)) == (100, 1000)
    assert [film.title for film in upload.films] == ["Film 0", "Film 1"]
    assert say_remarks(upload) == [
        "4 texts are longer than is kept here and were cut; the first: lists/a.csv.",
        "lists/a.csv has more than 2 films: the first 2 are taken.",
        "It holds more than 1 lists: the first 1 are taken.",
    ]


def test_our_lists_get_what_the_index_says_of_them_else_the_name_of_their_file() -> None:
    index = make_csv(
        "File,Name,Note,IsPublic,CreatedAt,UpdatedAt",
        ["lists/001-sharks.csv", "Sharks!", "With, teeth", "Yes", "2020-01-01", "2020-01-02"],
    )
    table = make_csv(OURS, [2, 7, "", "", "Jaws", 1975, "big", "2020-01-05"], [1, 8, *[""] * 5, ""])
    files = {"lists/001-sharks.csv": table, "lists/002-more-sharks.csv": table, "lists.csv": index}
    first, second = parse(files).lists
    assert (first.name, first.note, first.is_public) == ("Sharks!", "With, teeth", True)
    assert first.changed_at == datetime(2020, 1, 2, 12, tzinfo=UTC)
    assert [(entry.position, entry.film.movie_id) for entry in first.entries.values()] == [
        (2, 7),
        (1, 8),
    ]
    assert (second.name, second.is_public) == ("more sharks", False)


def test_reviews_become_notes_that_join_and_days_of_the_diary() -> None:
    rows = [
        ["2021-05-02", "Jaws", 1975, "u", "4", "", "<i>Teeth</i> &lt;3", "", "2021-05-01"],
        ["2020-05-02", "Jaws", 1975, "v", "3.5", "", "Fins", "", ""],
        ["2021-05-03", "Alien", 1979, "w", "", "", "Space", "", ""],
    ]
    upload = parse({"reviews.csv": make_csv(REVIEWS, *rows)})
    jaws, alien = upload.films
    assert jaws.note == "2020-05-02: Fins\n\n2021-05-02: Teeth <3"
    assert jaws.noted_at == datetime(2020, 5, 2, 12, tzinfo=UTC)
    assert list(jaws.days) == ["2021-05-01"]
    assert (alien.note, alien.is_seen, alien.stars) == ("Space", True, None)


def test_very_long_review_is_cut_and_unreadable_letters_do_no_harm() -> None:
    rows = [["2021-05-02", "Jaws", 1975, "u", "", "", "a\x00" + "b" * 6000, "", ""]]
    padding = ["2021-05-02", "Alien", 1979, "u", "", "", "x" * 5000, "", ""]
    upload = parse({"reviews.csv": make_csv(REVIEWS, padding, *rows)})
    assert len(upload.films[1].note) == 5000
    assert upload.films[1].note.startswith("a\ufffdb")
    assert "were cut; the first: reviews.csv:3." in say_remarks(upload)[0]


def test_trakt_lists_have_their_names_and_ranks_and_notes_are_read() -> None:
    listed = "2022-01-01T00:00:00.000Z"
    written = {"id": 1, "created_at": listed}
    files: dict[str, Any] = {
        "lists-list-42-old-slug.json": [
            make_trakt("Alien", 1979, rank=2, listed_at=listed, notes="space"),
            make_trakt("Jaws", 1975, rank=1, listed_at=listed, notes=None),
            {"type": "show", "rank": 3, "listed_at": listed, "show": {"title": "Lost"}},
        ],
        "lists-lists.json": [
            {"name": "Beasts", "description": "Big", "privacy": "public", "ids": {"trakt": 42}}
        ],
        "lists-favorites.json": [make_trakt("Up", 2009, rank=1, listed_at=listed)],
        "notes-movies.json": [make_trakt("Jaws", 1975, note=written | {"notes": "Teeth"})],
        "comments-movies.json": [
            make_trakt("Alien", 1979, comment=written | {"comment": "Hm", "parent_id": 0}),
            make_trakt("Up", 2009, comment=written | {"comment": "Yes!", "parent_id": 7}),
        ],
    }
    upload = parse({name: json.dumps(content) for name, content in files.items()})
    assert read_lists(upload) == {
        "Beasts": [("Alien", "space"), ("Jaws", "")],
        "favorites": [("Up", "")],
    }
    assert (upload.lists[0].note, upload.lists[0].is_public) == ("Big", False)
    assert [entry.position for entry in upload.lists[0].entries.values()] == [2, 1]
    assert {film.title: film.note for film in upload.films} == {
        "Jaws": "Teeth",
        "Alien": "Hm",
        "Up": "",
    }
    assert not any(film.is_seen or film.is_listed for film in upload.films)
    assert upload.skipped_count == 1


def test_lone_json_of_ours_is_told_by_what_it_holds() -> None:
    hidden = [{"movie_id": 7, "hidden_at": "2022-01-01T00:00:00Z", "title": "Jaws", "year": 1975}]
    [film] = parse(json.dumps(hidden), "some.json").films
    assert (film.movie_id, film.marks) == (7, {"hidden": "2022-01-01T00:00:00+00:00"})
    assert not (film.is_seen or film.is_listed)
    lists = [{"name": "Sharks", "note": "x", "is_public": True, "films": [{"movie_id": 7}, 3]}]
    [one] = parse(json.dumps(lists), "some.json").lists
    assert (one.name, one.is_public, len(one.entries)) == ("Sharks", True, 1)


def test_json_of_ours_with_nonsense_in_it_names_the_line() -> None:
    ratings = [
        {"movie_id": 7, "stars": "4.5", "is_date_known": False, "watched_at": "2022-01-01T00:00Z"},
        {"movie_id": 8, "stars": "many", "is_date_known": True},
        {"movie_id": 9, "stars": "4"},
    ]
    upload = parse(json.dumps(ratings), "ratings.json")
    assert [film.movie_id for film in upload.films] == [7, 9]
    assert upload.problems[0]["where"] == "ratings.json:2"
