import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Genre, Movie, Rating
from catalog.services import set_rating
from recommender.models import HiddenMovie, ModelVersion, TasteProfile
from recommender.services import hide_movie
from tests.catalog.factories import count_queries_of
from tests.pages import read
from tests.recommender.conftest import Watch

HTMX = {"HX-Request": "true"}
PAGES = ("/", "/welcome/", "/welcome/films/", "/movies/1/", "/taste/")


@pytest.mark.parametrize("url", PAGES)
def test_reading_writes_nothing_and_makes_no_guest(url: str, active_model: ModelVersion) -> None:
    with CaptureQueriesContext(connection) as captured:
        read(Client(), url)
    written = [q for q in captured.captured_queries if re.match("INSERT|UPDATE|DELETE", q["sql"])]
    assert written == []


@pytest.mark.parametrize("url", ["/", "/welcome/films/", "/movies/1/", "/taste/"])
def test_pages_answer_only_reads(url: str, catalogue: list[Movie]) -> None:
    assert Client().post(url).status_code == 405


def test_home_takes_few_queries_that_do_not_grow_with_ratings(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    read(Client(), "/")  # the process has loaded its model
    watch(viewer, 1, 4, 7, 10, 13)
    cold = count_queries_of(browser, "/")
    warm = count_queries_of(browser, "/")
    watch(viewer, *range(16, 46, 3))
    assert warm <= cold <= 12
    assert count_queries_of(browser, "/") <= cold


def test_home_invites_somebody_new(active_model: ModelVersion) -> None:
    page = read(Client(), "/")
    assert "Rate five films" in page
    assert "Popular right now" in page


def test_home_says_how_many_ratings_are_missing(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7)
    assert "Rate 2 more films" in read(browser, "/")


def test_home_names_films_of_the_history_as_reasons(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    page = read(browser, "/")
    named = set(re.findall(r"Because you watched Film (\d+)", page))
    assert named
    assert named <= {"1", "4", "7", "10", "13"}
    assert "Top picks for you" in page
    assert "more film" not in page


def test_a_rating_changes_the_next_home(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    before = re.findall(r'id="film-(\d+)"', read(browser, "/"))
    set_rating(user=viewer, movie_id=int(before[0]), stars=5)
    after = re.findall(r'id="film-(\d+)"', read(browser, "/"))
    assert before[0] not in after
    assert before[1:] != after


def test_no_film_stands_twice_on_home(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    shown = re.findall(r'id="film-(\d+)"', read(browser, "/"))
    assert len(shown) == len(set(shown)) > 10


def test_home_without_films_says_what_to_do(db: None) -> None:
    assert "load_demo" in read(Client(), "/")


def test_guest_with_ratings_is_asked_to_sign_up(active_model: ModelVersion) -> None:
    client = Client()
    client.post("/movies/1/rating/", {"stars": "4.0"})
    assert "Keep my ratings" in read(client, "/")


def test_movie_page_shows_the_film_its_source_and_films_like_it(
    active_model: ModelVersion, catalogue: list[Movie]
) -> None:
    Movie.objects.filter(pk=1).update(
        extract="A film.", wikipedia_page="Film_One%27s_(A)", imdb_id="tt0000001", tmdb_id=11
    )
    page = read(Client(), "/movies/1/")
    assert "https://en.wikipedia.org/wiki/Film_One%27s_%28A%29" in page
    assert "creativecommons.org/licenses/by-sa/4.0" in page
    assert "imdb.com/title/tt0000001/" in page
    assert "themoviedb.org/movie/11" in page
    assert "Films like Film 1" in page
    assert page.count('type="radio"') == 10


def test_movie_page_of_no_film_is_not_found(active_model: ModelVersion) -> None:
    answer = Client().get("/movies/999/")
    assert answer.status_code == 404
    assert "This scene was cut" in answer.content.decode()


def test_hiding_by_htmx_turns_the_card_into_an_undo_and_back(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    gone = browser.post("/movies/3/hide/", headers=HTMX).content.decode()
    assert "will not be shown" in gone
    assert "/movies/3/unhide/" in gone
    assert HiddenMovie.objects.get().movie_id == 3
    back = browser.post("/movies/3/unhide/", headers=HTMX).content.decode()
    assert 'id="film-3"' in back
    assert not HiddenMovie.objects.exists()


def test_undo_submitted_without_htmx_leads_back_to_the_page_it_is_in(
    browser: Client, active_model: ModelVersion
) -> None:
    shown = {**HTMX, "HX-Current-URL": "http://testserver/movies/2/?from=home"}
    card = browser.post("/movies/1/hide/", headers=shown).content.decode()
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', card))
    answer = browser.post("/movies/1/unhide/", {"next": form["next"]})
    assert answer.headers["Location"] == "/movies/2/?from=home"


def test_hiding_without_htmx_offers_undo_in_a_message(
    active_model: ModelVersion, browser: Client
) -> None:
    answer: Any = browser.post("/movies/3/hide/", {"next": "/"}, follow=True)
    page = answer.content.decode()
    assert 'action="/movies/3/unhide/"' in page
    assert 'id="film-3"' not in page


@pytest.mark.parametrize("action", ["hide", "unhide"])
def test_hiding_needs_a_post_and_a_film(action: str, active_model: ModelVersion) -> None:
    assert Client().get(f"/movies/1/{action}/").status_code == 405
    assert Client().post(f"/movies/999/{action}/").status_code == 404


def test_welcome_keeps_the_genres_of_a_new_guest(active_model: ModelVersion) -> None:
    client, drama = Client(), Genre.objects.get(name="Drama")
    answer = client.post("/welcome/", {"genre": [str(drama.pk)]})
    assert answer["Location"] == "/welcome/films/"
    profile = TasteProfile.objects.get()
    assert list(profile.favourite_genres.all()) == [drama]
    assert "checked" in read(client, "/welcome/")
    films = re.findall(r'id="rate-(\d+)"', read(client, "/welcome/films/"))
    wanted = set(Movie.objects.filter(genres=drama).values_list("pk", flat=True))
    assert films
    assert {int(pk) for pk in films} <= wanted


@pytest.mark.parametrize(("posted", "kept"), [("35", 35), ("", None), ("34", None), ("x", None)])
def test_welcome_keeps_an_age_that_is_a_band(
    posted: str, kept: int | None, active_model: ModelVersion
) -> None:
    client = Client()
    client.post("/welcome/", {"age_band": posted})
    assert TasteProfile.objects.get().age_band == kept
    assert ("selected" in read(client, "/welcome/")) == (kept is not None)


def test_welcome_refuses_a_genre_that_is_none(active_model: ModelVersion) -> None:
    answer: Any = Client().post("/welcome/", {"genre": ["999", "9" * 30]}, follow=True)
    assert "That genre does not exist any more" in answer.content.decode()


def test_both_steps_of_the_welcome_can_be_skipped(active_model: ModelVersion) -> None:
    assert 'href="/welcome/films/"' in read(Client(), "/welcome/")
    assert 'href="/"' in read(Client(), "/welcome/films/")


def test_rating_in_the_welcome_counts_to_five(active_model: ModelVersion) -> None:
    client = Client()
    headers = {**HTMX, "HX-Target": "rate-status-1"}
    data = {"stars": "4.0", "counter": "1", "size": "small"}
    page = client.post("/movies/1/rating/", data, headers=headers).content.decode()
    assert 'hx-swap-oob="true"' in page
    assert "1 of 5 rated" in page


def test_taste_lists_hidden_films_in_queries_that_do_not_grow(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    hide_movie(user=viewer, movie_id=1)
    few = count_queries_of(browser, "/taste/")
    for movie_id in range(2, 30):
        hide_movie(user=viewer, movie_id=movie_id)
        set_rating(user=viewer, movie_id=movie_id, stars=3)
    assert count_queries_of(browser, "/taste/") <= few + 1 <= 12
    assert "Film 29" in read(browser, "/taste/")
    assert Rating.objects.count() == 28


def test_home_of_somebody_known_is_kept_nowhere(
    client: Client, viewer: User, active_model: ModelVersion
) -> None:
    assert "Cache-Control" not in client.get("/")
    client.force_login(viewer)
    assert client.get("/")["Cache-Control"] == "private, no-store"
