import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.importing.parsing import parse_upload
from catalog.lists.services import add_film, create_list
from catalog.services import set_rating
from tests.catalog.factories import make_member, make_movie

pytestmark = pytest.mark.django_db


def download(client: Client) -> bytes:
    answer: Any = client.get("/export/movieshow.zip")
    return b"".join(answer.streaming_content)


def read_files(packed: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_export_holds_each_list_in_its_order(logged_in: Client, member: User) -> None:
    make_movie(1, "Toy Story", year=1995, imdb_id="tt0114709", tmdb_id=862)
    make_movie(2, "Jumanji, Again", year=1995)
    for name in ("Für Oma & Opa", "fur oma opa"):
        made = create_list(user=member, name=name, note="dark", is_public=name.startswith("F"))
        for movie_id in (2, 1):
            add_film(user=member, list_id=made.pk, movie_id=movie_id, note=f"note {movie_id}")
    create_list(user=make_member("bob"), name="Secret list")
    files = read_files(download(logged_in))
    assert {name for name in files if name.startswith("lists/")} == {
        "lists/001-fur-oma-opa.csv",
        "lists/002-fur-oma-opa.csv",
    }
    lines = files["lists/001-fur-oma-opa.csv"].splitlines()
    assert lines[0] == "Position,movieId,imdbID,tmdbID,Title,Year,Description,AddedAt"
    assert lines[1].startswith('1,2,,,"Jumanji, Again",1995,note 2,20')
    assert lines[2].startswith("2,1,tt0114709,862,Toy Story,1995,note 1,20")
    index = files["lists.csv"].splitlines()
    assert index[0] == "File,Name,Note,IsPublic,CreatedAt,UpdatedAt"
    assert index[1].startswith("lists/001-fur-oma-opa.csv,Für Oma & Opa,dark,Yes,20")
    assert index[2].startswith("lists/002-fur-oma-opa.csv,fur oma opa,dark,,20")
    first, second = json.loads(files["json/lists.json"])
    assert (first["name"], first["note"], first["is_public"]) == ("Für Oma & Opa", "dark", True)
    assert [film["movie_id"] for film in first["films"]] == [2, 1]
    assert second["share_key"] is None
    assert "Secret" not in "".join(files.values())


def test_lists_are_not_taken_for_ratings_when_an_export_is_read(
    logged_in: Client, member: User
) -> None:
    make_movie(1, "Toy Story", year=1995)
    make_movie(2, "Jumanji", year=1995)
    set_rating(user=member, movie_id=1, stars=4)
    made = create_list(user=member, name="Watchlist of ratings")
    add_film(user=member, list_id=made.pk, movie_id=2)
    rated, listed = parse_upload(download(logged_in), name="movieshow.zip").films
    assert rated.title == "Toy Story"
    assert (listed.title, listed.stars) == ("Jumanji", None)
    assert not (listed.is_seen or listed.is_listed)
