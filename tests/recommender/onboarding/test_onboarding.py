"""The posters of the welcome: which are chosen, what can be said of them, and how pages follow."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import merge_guest
from catalog.models import Genre, Movie, SeenMovie
from recommender import services
from recommender.answers import NO_FILTERS
from recommender.models import ModelVersion
from recommender.onboarding import picking as onboarding
from recommender.onboarding.selectors import get_onboarding_movies
from recommender.recommending import rank_films
from recommender.serving import model_server, read_state
from recommender.taste.reading import read_taste
from tests.catalog.factories import count_queries_of
from tests.pages import read
from tests.recommender.conftest import NUM_MOVIES, Watch

PAGE = "/welcome/films/"
HTMX = {"HX-Request": "true", "HX-Target": "posters"}


def shown_on(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="rate-(\d+)"', page)]


def next_of(page: str, **pressed: str) -> str:
    """Return the address that a button of the page's form leads to."""
    form = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]  # type: ignore[index]
        for name in ("shown", "passed")
    }
    return PAGE + "?" + "&".join(f"{name}={text}" for name, text in {**form, **pressed}.items())


def test_posters_are_of_the_chosen_genres_alone(active_model: ModelVersion, viewer: User) -> None:
    genres = list(Genre.objects.filter(name__in=["Action", "Drama"]))
    services.save_onboarding(user=viewer, genre_ids=[genre.pk for genre in genres])
    films = get_onboarding_movies(user=viewer, limit=12)
    assert len(films) == len(set(films)) == 12
    assert Movie.objects.filter(pk__in=films, genres__in=genres).count() == 12


def test_posters_are_not_simply_the_best_known(active_model: ModelVersion) -> None:
    films = get_onboarding_movies(user=None, limit=6)
    assert set(films) != set(range(1, 7))
    assert {pk % 3 for pk in films} == {0, 1, 2}
    assert films == get_onboarding_movies(user=None, limit=6)


def test_next_posters_follow_the_answers(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    first = get_onboarding_movies(user=viewer, limit=6)
    unknown = get_onboarding_movies(user=viewer, passed=first, limit=6)
    watch(viewer, *(pk for pk in first if pk % 3 == 1))
    answered = get_onboarding_movies(user=viewer, passed=first, limit=6)
    assert not set(first) & {*unknown, *answered}
    assert unknown != answered


def test_answered_hidden_and_shown_films_are_not_asked_about_again(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 2)
    services.hide_movie(user=viewer, movie_id=3)
    SeenMovie.objects.create(user=viewer, movie_id=4)
    films = get_onboarding_movies(user=viewer, passed=[5], showing=[6], limit=NUM_MOVIES)
    assert sorted(films) == list(range(7, NUM_MOVIES + 1))


def test_without_a_model_the_best_known_of_each_genre_are_shown(
    catalogue: list[Movie], viewer: User
) -> None:
    genres = list(Genre.objects.filter(name__in=["Action", "Drama"]))
    services.save_onboarding(user=viewer, genre_ids=[genre.pk for genre in genres])
    films = get_onboarding_movies(user=viewer, limit=12)
    assert len(set(films)) == 12
    counts = [Movie.objects.filter(pk__in=films, genres=genre).count() for genre in genres]
    assert min(counts) >= 4


def test_model_of_a_catalogue_that_nobody_rated_still_asks(active_model: ModelVersion) -> None:
    Movie.objects.update(rating_count=0)
    model_server.forget()
    onboarding._kept.clear()
    assert len(get_onboarding_movies(user=None, limit=18)) == 18


def test_don_t_know_changes_that_film_alone(active_model: ModelVersion) -> None:
    page = read(Client(), PAGE)
    films = shown_on(page)
    assert len(films) == 18
    after = shown_on(read(Client(), next_of(page, unknown=str(films[4]))))
    assert after[:4] == films[:4]
    assert after[5:] == films[5:]
    assert after[4] not in films


def test_don_t_know_by_htmx_sends_the_posters_and_their_address(active_model: ModelVersion) -> None:
    page = read(Client(), PAGE)
    films = shown_on(page)
    answer: Any = Client().get(next_of(page, unknown=str(films[0])), headers=HTMX)
    fragment = answer.content.decode()
    assert "<html" not in fragment
    assert "HX-Request" in answer["Vary"]
    fresh = shown_on(fragment)[0]
    assert re.search(rf'value="{fresh}"[^>]*autofocus', fragment)
    query = parse_qs(urlsplit(answer["HX-Replace-Url"]).query)
    assert query["passed"] == [str(films[0])]
    assert shown_on(read(Client(), answer["HX-Replace-Url"])) == shown_on(fragment)


def test_pages_repeat_no_film_and_end(active_model: ModelVersion) -> None:
    address, seen = PAGE, list[int]()
    for _ in range(10):
        page = read(Client(), address)
        seen += shown_on(page)
        if 'name="more"' not in page:
            break
        address = next_of(page, more="1")
    assert sorted(seen) == list(range(1, NUM_MOVIES + 1))
    assert "nothing left to ask" in page


def test_rating_without_javascript_comes_back_to_the_same_posters(
    active_model: ModelVersion,
) -> None:
    client = Client()
    films = shown_on(page := read(client, PAGE))
    back = re.search(r'name="next" value="([^"]+)"', page)
    assert back
    target = back[1].replace("&amp;", "&")
    answer: Any = client.post(f"/movies/{films[0]}/rating/", {"stars": "4.0", "next": target})
    assert shown_on(read(client, answer["Location"])) == films


@pytest.mark.parametrize(
    "query",
    ["shown=0,x,,9", "shown=99999999999", "passed=" + "1," * 5000, "unknown=-1", "more=&shown=1"],
)
def test_addresses_that_make_no_sense_are_read_as_far_as_they_do(
    query: str, active_model: ModelVersion
) -> None:
    read(Client(), f"{PAGE}?{query}")


def test_seen_without_stars_is_kept_and_taken_back(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    films = shown_on(page := read(browser, PAGE))
    url = f"{PAGE}{films[0]}/seen/"
    button = browser.post(url, {"on": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in button
    assert SeenMovie.objects.get(user=viewer).movie_id == films[0]
    again = read(browser, next_of(page))
    assert again.count('aria-pressed="true"') == 1
    answer: Any = browser.post(url, {"on": "0", "next": PAGE})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert not SeenMovie.objects.exists()


def test_film_seen_without_stars_is_not_recommended(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    best = rank_films(snapshot, taste=read_taste(user_id=viewer.pk), filters=NO_FILTERS)[0]
    film = int(snapshot.catalogue.movie_ids[best.positions[0]])
    browser.post(f"{PAGE}{film}/seen/", {"on": "1"})
    ranked = rank_films(snapshot, taste=read_taste(user_id=viewer.pk), filters=NO_FILTERS)[0]
    assert film not in snapshot.catalogue.movie_ids[ranked.positions].tolist()


def test_seen_needs_a_post_a_film_and_the_csrf_token(active_model: ModelVersion) -> None:
    assert Client().get(f"{PAGE}1/seen/").status_code == 405
    assert Client().post(f"{PAGE}999/seen/", {"on": "1"}).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{PAGE}1/seen/", {"on": "1"}).status_code == 403


def test_what_a_guest_answered_goes_into_their_account(
    active_model: ModelVersion, viewer: User
) -> None:
    client = Client()
    client.post("/welcome/", {"genre": [str(Genre.objects.get(name="Drama").pk)]})
    client.post("/movies/1/rating/", {"stars": "4.0"})
    client.post(f"{PAGE}2/seen/", {"on": "1"})
    merge_guest(guest=User.objects.get(is_guest=True), user=viewer)
    taste = read_taste(user_id=viewer.pk)
    assert [item.movie_id for item in taste.history] == [1]
    assert taste.hidden_movie_ids == {2}
    assert len(taste.favourite_genre_ids) == 1


def test_film_rated_in_the_welcome_claims_no_date_of_watching(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    browser.post("/movies/1/rating/", {"stars": "4.0", "counter": "1"})
    assert not viewer.ratings.get().is_date_known


def test_queries_do_not_grow_with_what_was_answered(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    read(browser, PAGE)  # the process has loaded its model
    few = count_queries_of(browser, PAGE)
    watch(viewer, *range(1, 30))
    for pk in range(30, 40):
        SeenMovie.objects.create(user=viewer, movie_id=pk)
    passed = ",".join(map(str, range(1, 40)))
    assert count_queries_of(browser, f"{PAGE}?passed={passed}") <= few + 1 <= 12


def test_page_says_that_stars_train_the_model_until_somebody_says_no(
    active_model: ModelVersion,
) -> None:
    guest = Client()
    assert "help to train the model" in read(guest, PAGE)
    assert 'href="/account/#training"' in read(guest, PAGE)
    # One may say no before the first stars.
    account = read(guest, "/account/")
    assert 'id="training"' in account
    assert re.search(r'id="allows-training"\s+checked', account)
    guest.post("/account/training/", {})
    assert "help to train the model" not in read(guest, PAGE)
    assert not re.search(r'id="allows-training"\s+checked', read(guest, "/account/"))


def test_age_is_asked_with_what_it_is_for(active_model: ModelVersion) -> None:
    page = read(Client(), "/welcome/")
    assert "only shapes the first suggestions" in page
    assert 'aria-describedby="age-band-help"' in page
