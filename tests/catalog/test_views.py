import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from catalog.models import Movie, Rating, WatchlistEntry
from catalog.services import add_to_watchlist, set_rating
from tests.catalog.factories import count_queries_of, make_movie

HTMX = {"HX-Request": "true"}
LISTS = ("/search/?q=film", "/browse/", "/ratings/", "/watchlist/")


def rate(client: Client, movie_id: int, **data: Any) -> Any:
    return client.post(reverse("rate_movie", args=[movie_id]), data)


def rate_by_htmx(client: Client, movie_id: int, target: str, **data: Any) -> Any:
    headers = {**HTMX, "HX-Target": target}
    return client.post(reverse("rate_movie", args=[movie_id]), data, headers=headers)


def fill_lists(user: User, first: int, last: int) -> None:
    for pk in range(first, last):
        make_movie(pk, f"Film {pk}", genres=["Drama", f"Genre {pk % 3}"], rating_count=pk)
        set_rating(user=user, movie_id=pk, stars=4)
        add_to_watchlist(user=user, movie_id=pk)


@pytest.mark.parametrize("url", LISTS)
def test_queries_do_not_grow_with_the_list(url: str, logged_in: Client, member: User) -> None:
    fill_lists(member, 1, 4)
    few = count_queries_of(logged_in, url)
    fill_lists(member, 4, 25)
    assert count_queries_of(logged_in, url) == few <= 12


@pytest.mark.parametrize("url", [*LISTS, "/search/"])
def test_reading_writes_nothing(url: str, movie: Movie) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert Client().get(url).status_code == 200
    written = [q for q in captured.captured_queries if re.match("INSERT|UPDATE|DELETE", q["sql"])]
    assert written == []


@pytest.mark.parametrize("url", LISTS)
def test_lists_answer_only_reads(url: str, db: None) -> None:
    assert Client().post(url).status_code == 405


def test_search_finds_a_title_typed_wrong(movie: Movie) -> None:
    make_movie(858, "The Godfather", year=1972)
    page = Client().get("/search/", {"q": "godfater"}).content.decode()
    assert "The Godfather" in page
    assert 'value="godfater"' in page


def test_search_shows_what_is_called_so_apart_from_what_is_nearly(db: None) -> None:
    for pk in range(1, 41):
        make_movie(pk, f"Alien {pk:02}", rating_count=100 - pk)
    make_movie(50, "Alice")
    make_movie(51, "Salieno")
    first = Client().get("/search/", {"q": "alien"}).content.decode()
    assert "40 films called “alien”" in first
    assert "Called nearly that" not in first
    assert 'href="?q=alien&amp;page=2"' in first
    second = Client().get("/search/", {"q": "alien", "page": "2"}).content.decode()
    assert second.index("Alien 40") < second.index("Called nearly that") < second.index("Salieno")


def test_search_that_finds_more_than_it_lists_says_so(db: None) -> None:
    movies = [Movie(pk=pk, title="Alien", search_title="alien") for pk in range(1, 203)]
    Movie.objects.bulk_create(movies)
    page = Client().get("/search/", {"q": "alien"}).content.decode()
    assert "The first 200 films called “alien”" in page


def test_search_by_htmx_sends_only_the_results(movie: Movie) -> None:
    answer = Client().get("/search/", {"q": "matrix"}, headers={**HTMX, "HX-Target": "results"})
    assert "<html" not in answer.content.decode()
    assert "The Matrix" in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_search_that_finds_nothing_offers_well_known_films(movie: Movie) -> None:
    page = Client().get("/search/", {"q": "zzzzqqq"}).content.decode()
    assert "Nothing like" in page
    assert "The Matrix" in page


def test_search_escapes_what_was_typed(db: None) -> None:
    assert b"<script>alert" not in Client().get("/search/", {"q": "<script>alert(1)"}).content


def test_rating_without_htmx_goes_back_to_the_page(
    logged_in: Client, movie: Movie, member: User
) -> None:
    answer = rate(logged_in, movie.pk, stars="3.5", next="/ratings/")
    assert (answer.status_code, answer["Location"]) == (302, "/ratings/")
    assert Rating.objects.get(user=member).stars == Decimal("3.5")
    assert "3.5 stars" in logged_in.get("/ratings/").content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leaves_the_site(target: str, logged_in: Client, movie: Movie) -> None:
    answer = rate(logged_in, movie.pk, stars="3.5", next=target)
    assert answer["Location"] == f"/movies/{movie.pk}/"


def test_first_rating_makes_a_guest(movie: Movie) -> None:
    client = Client()
    rate(client, movie.pk, stars="5.0")
    guest = User.objects.get(is_guest=True)
    assert guest.ratings.get().stars == 5
    rate(client, movie.pk, stars="4.0")
    assert User.objects.filter(is_guest=True).count() == 1


def test_rating_by_htmx_says_it_and_offers_undo(
    logged_in: Client, movie: Movie, member: User
) -> None:
    set_rating(user=member, movie_id=movie.pk, stars=2)
    answer = rate_by_htmx(logged_in, movie.pk, f"rate-status-{movie.pk}", stars="4.5")
    page = answer.content.decode()
    assert "4.5 stars" in page
    assert 'name="stars" value="2.0"' in " ".join(page.split())
    assert "<fieldset" not in page


def test_removing_by_htmx_brings_the_stars_back_empty(
    logged_in: Client, movie: Movie, member: User
) -> None:
    set_rating(user=member, movie_id=movie.pk, stars=2)
    page = rate_by_htmx(logged_in, movie.pk, f"rate-{movie.pk}", stars="").content.decode()
    assert not Rating.objects.exists()
    assert "Rating removed" in page
    assert "checked" not in page


def test_undoing_a_removal_puts_the_film_back_in_its_place(
    logged_in: Client, movie: Movie, member: User
) -> None:
    watched_at = timezone.now() - timedelta(days=400)
    set_rating(user=member, movie_id=movie.pk, stars=2, watched_at=watched_at)
    page = rate_by_htmx(logged_in, movie.pk, f"rate-{movie.pk}", stars="").content.decode()
    found = re.search(r'name="watched_at"\s+value="([^"]+)"', page)
    assert found
    rate_by_htmx(logged_in, movie.pk, f"rate-{movie.pk}", stars="2.0", watched_at=found.group(1))
    assert Rating.objects.get().watched_at == watched_at


@pytest.mark.parametrize("is_date_known", [True, False])
def test_undo_makes_no_date_of_watching_out_of_a_place(
    is_date_known: bool, logged_in: Client, movie: Movie, member: User
) -> None:
    at = timezone.now() - timedelta(days=4)
    set_rating(user=member, movie_id=movie.pk, stars=2, watched_at=at, is_date_known=is_date_known)
    page = rate_by_htmx(logged_in, movie.pk, f"rate-{movie.pk}", stars="").content.decode()
    undo = re.split(r"<form", page)[-1]
    names = ("stars", "watched_at", "is_place_only")
    form = {
        name: found.group(1)
        for name in names
        if (found := re.search(rf'name="{name}"\s+value="([^"]+)"', undo))
    }
    rate_by_htmx(logged_in, movie.pk, f"rate-{movie.pk}", **form)
    rating = Rating.objects.get()
    assert (rating.watched_at, rating.is_date_known) == (at, is_date_known)


def test_ratings_claim_a_date_of_watching_only_where_one_was_given(
    logged_in: Client, movie: Movie, member: User
) -> None:
    set_rating(user=member, movie_id=movie.pk, stars=2)
    page = logged_in.get("/ratings/").content.decode()
    assert "rated " in page
    assert "watched " not in page.split("entries")[1]
    day = timezone.now() - timedelta(days=40)
    set_rating(user=member, movie_id=movie.pk, stars=2, watched_at=day)
    assert f"watched {day.day} {day:%B %Y}" in logged_in.get("/ratings/").content.decode()


@pytest.mark.parametrize("stars", ["0", "0.3", "5.5", "many", "4,5"])
def test_stars_out_of_range_are_refused(stars: str, logged_in: Client, movie: Movie) -> None:
    answer = rate_by_htmx(logged_in, movie.pk, "rate-status", stars=stars)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/plain")
    assert rate(logged_in, movie.pk, stars=stars).status_code == 302
    assert not Rating.objects.exists()


def test_writes_about_an_unknown_film_are_not_found(logged_in: Client) -> None:
    assert rate(logged_in, 999, stars="4.0").status_code == 404
    assert logged_in.post("/movies/999/watchlist/", {"on": "1"}).status_code == 404


def test_numbers_too_large_for_the_database_are_not_found(logged_in: Client) -> None:
    huge = 10**20
    assert logged_in.get(f"/posters/{huge}-0.svg").status_code == 404
    assert logged_in.get(f"/movies/{huge}/").status_code == 404
    assert rate(logged_in, huge, stars="4.0").status_code == 404
    assert rate(logged_in, huge, stars="").status_code == 302
    for action in ("watchlist", "hide", "unhide"):
        assert logged_in.post(f"/movies/{huge}/{action}/", {"on": "1"}).status_code == 404


def test_search_takes_any_text(movie: Movie) -> None:
    for text in ("\x00", "%", "_" * 500, "' OR 1=1 --", "🎬", "\\"):
        assert Client().get("/search/", {"q": text}).status_code == 200


@pytest.mark.parametrize("name", ["rate_movie", "save_watchlist"])
def test_writes_answer_only_posts(name: str, movie: Movie) -> None:
    assert Client().get(reverse(name, args=[movie.pk])).status_code == 405


def test_writes_need_the_csrf_token(movie: Movie) -> None:
    answer = rate(Client(enforce_csrf_checks=True), movie.pk, stars="4.0")
    assert answer.status_code == 403
    assert "Please send that again" in answer.content.decode()


def test_watchlist_button_turns_by_htmx(logged_in: Client, movie: Movie) -> None:
    url = reverse("save_watchlist", args=[movie.pk])
    on = logged_in.post(url, {"on": "1"}, headers=HTMX).content.decode()
    assert 'aria-pressed="true"' in on
    assert WatchlistEntry.objects.count() == 1
    off = logged_in.post(url, {"on": "0"}, headers=HTMX).content.decode()
    assert 'aria-pressed="false"' in off
    assert not WatchlistEntry.objects.exists()


def test_lists_of_other_people_stay_theirs(logged_in: Client, movie: Movie) -> None:
    other = User.objects.create_user("other")
    set_rating(user=other, movie_id=movie.pk, stars=5)
    add_to_watchlist(user=other, movie_id=movie.pk)
    assert "The Matrix" not in logged_in.get("/ratings/").content.decode()
    assert "The Matrix" not in logged_in.get("/watchlist/").content.decode()


def test_poster_is_kept_for_ever_and_an_old_address_leads_to_the_new(movie: Movie) -> None:
    old = Client().get(f"/posters/{movie.pk}-0.svg")
    assert old.status_code == 302
    answer = Client().get(old["Location"])
    assert answer["Content-Type"] == "image/svg+xml"
    assert "immutable" in answer["Cache-Control"]
    assert "Cookie" not in answer.get("Vary", "")
    assert Client().get("/posters/999-0.svg").status_code == 404


def test_pages_allow_no_inline_script_or_style(movie: Movie) -> None:
    answer = Client().get("/browse/")
    assert "unsafe" not in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
