"""Exports as the sites write them, made small."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

RATINGS = "Date,Name,Year,Letterboxd URI,Rating"
WATCHED = "Date,Name,Year,Letterboxd URI"
DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date"
REVIEWS = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date"
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,"
    "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors"
)


def make_csv(header: str, *rows: Sequence[object], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def make_zip(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # Of one moment, so that the same files make the same zip however slow the machine is.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def make_letterboxd() -> bytes:
    """A zip with all the files Letterboxd puts into it."""
    uri = "https://boxd.it/2a9q"
    other = "https://boxd.it/AbCd"
    return make_zip(
        {
            "profile.csv": "Date Joined,Username,Given Name\n2015-01-01,ada,Ada\n",
            "ratings.csv": make_csv(
                RATINGS,
                ["2020-02-01", "The Matrix", 1999, uri, "4.5"],
                ["2020-02-02", "Amélie", 2001, other, "5"],
            ),
            "watched.csv": make_csv(
                WATCHED,
                ["2020-02-01", "The Matrix", 1999, uri],
                ["2020-02-02", "Amélie", 2001, other],
                ["2020-02-03", "Jaws", 1975, other],
            ),
            "diary.csv": make_csv(
                DIARY,
                ["2021-05-02", "The Matrix", 1999, other, "4", "Yes", "", "2021-05-01"],
            ),
            "watchlist.csv": make_csv(WATCHED, ["2022-01-01", "Solaris", 1972, other]),
            "reviews.csv": REVIEWS + "\n",
            "comments.csv": "Date,Content,Comment\n",
            "deleted/diary.csv": make_csv(
                DIARY,
                ["2010-01-01", "Never Seen", 1990, other, "1", "", "", "2010-01-01"],
            ),
            "likes/films.csv": make_csv(WATCHED, ["2020-01-01", "Amélie", 2001, other]),
        }
    )


def make_letterboxd_list(name: str, films: Sequence[Sequence[object]], *, note: str = "") -> str:
    """A list of Letterboxd's from (title, year, note)."""
    head = make_csv("Date,Name,Tags,URL,Description", ["2021-03-04", name, "", "u", note])
    rows = [[place, *film[:2], "u", *film[2:]] for place, film in enumerate(films, start=1)]
    table = make_csv("Position,Name,Year,URL,Description", *rows)
    return f"Letterboxd list export v7\n{head}\n{table}"


def make_imdb(*rows: Sequence[object]) -> str:
    """IMDb's ratings from (const, stars, date, title, type, year)."""
    return make_csv(
        IMDB,
        *(
            [const, stars, date, title, title, "", kind, "8.7", "136", year, "", "1", "", ""]
            for const, stars, date, title, kind, year in rows
        ),
    )


def make_trakt(title: str, year: int, *, imdb: str = "", **fields: Any) -> dict[str, Any]:
    ids = {"trakt": 1, "slug": "x", "imdb": imdb or None, "tmdb": None}
    return {"type": "movie", "movie": {"title": title, "year": year, "ids": ids}, **fields}


def make_trakt_zip() -> bytes:
    """A zip with the files Trakt puts into it, one of them a list of one's own."""
    matrix, solaris, alien = ("The Matrix", 1999), ("Solaris", 1972), ("Alien", 1979)
    imdb, listed_at = "tt0133093", "2022-01-01T00:00:00.000Z"
    files: dict[str, Any] = {
        "ratings-movies.json": [
            make_trakt(*matrix, imdb=imdb, rated_at="2021-03-04T05:06:07.000Z", rating=9),
            {"type": "episode", "rated_at": listed_at, "rating": 7, "episode": {}},
        ],
        "watched-history-1.json": [
            make_trakt(*matrix, imdb=imdb, id=1, watched_at="2022-01-02T20:00:00.000Z"),
            make_trakt("Jaws", 1975, id=2, watched_at="1970-01-01T00:00:00.000Z"),
        ],
        "lists-watchlist.json": [make_trakt(*solaris, rank=1, listed_at=listed_at)],
        "lists-favourites.json": [make_trakt(*alien, rank=1, listed_at=listed_at)],
        "user-profile.json": {"username": "ada"},
    }
    return make_zip({name: json.dumps(content) for name, content in files.items()})
