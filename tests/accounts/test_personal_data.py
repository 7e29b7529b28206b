import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts import personal_data
from accounts.archive import PIECE_BYTES, stream_zip
from accounts.data_views import EXPORTS_AN_HOUR
from accounts.models import User
from accounts.personal_data import ExportedFile, split_csv, write_csv, write_json
from accounts.services import create_api_token
from catalog.services import add_to_watchlist, set_rating
from recommender.dials import Dials
from recommender.services import hide_movie, set_dials
from tests.accounts.steps import NAME
from tests.catalog.factories import count_queries_of, make_member, make_movie


def download(client: Client) -> dict[str, str]:
    answer = client.get("/export/movieshow.zip")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    packed = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_export_holds_all_that_is_known_and_no_secret(browser: Client, zaphod: User) -> None:
    make_movie(1, "Toy Story, Again", year=1995, imdb_id="tt0114709", tmdb_id=862)
    set_rating(user=zaphod, movie_id=1, stars=4.5)
    add_to_watchlist(user=zaphod, movie_id=1)
    hide_movie(user=zaphod, movie_id=1)
    set_dials(user=zaphod, dials=Dials(obscurity=0.25, variety=0.75))
    token, key = create_api_token(user=zaphod, name="my phone")
    files = download(browser)

    assert files["ratings.csv"].splitlines()[0] == (
        "movieId,imdbID,tmdbID,Title,Year,Rating,WatchedDate,WatchedAt,PlacedAt,RatedAt"
    )
    assert '1,tt0114709,862,"Toy Story, Again",1995,4.5,,,20' in files["ratings.csv"]
    assert "Toy Story" in files["watchlist.csv"]
    assert "Toy Story" in files["hidden.csv"]
    assert json.loads(files["json/ratings.json"])[0]["stars"] == "4.5"
    assert json.loads(files["json/account.json"])[0]["username"] == NAME
    assert json.loads(files["json/api-tokens.json"])[0]["name"] == "my phone"
    assert len(json.loads(files["json/rating-changes.json"])) == 1
    taste = json.loads(files["json/taste.json"])[0]
    assert (taste["obscurity"], taste["variety"], taste["newness"]) == (0.25, 0.75, 0.0)
    everything = "".join(files.values())
    for secret in (key, token.key_hash, zaphod.password, browser.session.session_key):
        assert str(secret) not in everything
    for name, text in files.items():
        if name.startswith("json/"):
            json.loads(text)


def test_export_is_of_ones_own(browser: Client) -> None:
    make_movie(1, "Secret Film")
    set_rating(user=make_member("bob"), movie_id=1, stars=4)
    assert "Secret Film" not in "".join(download(browser).values())


def test_guest_takes_their_data_along_and_somebody_new_has_none(
    as_guest: Client,
    guest: User,
) -> None:
    make_movie(1, "Some Film")
    set_rating(user=guest, movie_id=1, stars=4)
    assert "Some Film" in download(as_guest)["ratings.csv"]
    assert Client().get("/export/movieshow.zip")["Location"] == "/export/"
    assert "Nothing is kept" in Client().get("/export/").content.decode()


def test_export_too_often_is_refused_to_that_person_alone(browser: Client) -> None:
    for _ in range(EXPORTS_AN_HOUR):
        assert browser.get("/export/movieshow.zip").status_code == 200
    answer = browser.get("/export/movieshow.zip")
    assert (answer.status_code, answer["Content-Type"][:9]) == (429, "text/html")
    assert "come back in an hour" in answer.text
    other = Client()
    other.force_login(make_member("bob"))
    assert other.get("/export/movieshow.zip").status_code == 200


def test_export_answers_only_reads(browser: Client) -> None:
    for url in ("/export/", "/export/movieshow.zip"):
        assert browser.post(url).status_code == 405


def test_queries_of_the_export_do_not_grow_with_the_data(browser: Client, zaphod: User) -> None:
    def rate(first: int, last: int) -> None:
        for pk in range(first, last):
            make_movie(pk)
            set_rating(user=zaphod, movie_id=pk, stars=4)

    rate(1, 3)
    few = count_queries_of(browser, "/export/")
    rate(3, 30)
    assert count_queries_of(browser, "/export/") == few


def test_zip_is_made_piece_by_piece() -> None:
    asked: list[int] = []

    def write() -> Iterator[str]:
        import random

        chance = random.Random(1)
        for number in range(40):
            asked.append(number)
            yield "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=100_000))

    stream = stream_zip([ExportedFile("a.txt", write())])
    first = next(stream)
    assert len(asked) < 10
    pieces = [first, *stream]
    assert max(map(len, pieces)) < 4 * PIECE_BYTES
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert len(archive.read("a.txt")) == 4_000_000


def test_tables_and_lists_of_any_length_are_whole() -> None:
    rows = [(number, f"film, {number}") for number in range(1201)]
    text = "".join(write_csv(("id", "title"), rows))
    assert len(text.splitlines()) == 1202
    assert json.loads("".join(write_json({"id": one} for one, _title in rows)))[-1] == {"id": 1200}
    assert json.loads("".join(write_json([]))) == []


def test_table_is_split_between_rows_by_bytes() -> None:
    rows = [("é" * 10, "a\nb"), ("x",), ("y" * 90,), ("z",)]
    files = {
        one.name: "".join(one.pieces) for one in split_csv("t", ("id",), iter(rows), most_bytes=35)
    }
    assert files == {
        "t.csv": f'id\n{"é" * 10},"a\nb"\nx\n',
        "t-2.csv": f"id\n{'y' * 90}\n",
        "t-3.csv": "id\nz\n",
    }
    [empty] = split_csv("t", ("id",), [], most_bytes=35)
    assert (empty.name, list(empty.pieces)) == ("t.csv", ["id\n"])


def test_two_exporters_or_erasers_of_one_name_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        personal_data.register_exporter("accounts", lambda _user: [])
    with pytest.raises(ImproperlyConfigured):
        personal_data.register_eraser("accounts", lambda _user: None)
