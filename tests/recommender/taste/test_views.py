"""The pages of somebody's taste: dials, exclusions, what is hidden and muted, statistics."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Genre, Movie
from recommender.dials import Dials
from recommender.models import ModelVersion, MutedReason, TasteProfile
from recommender.services import exclude_genres, save_onboarding, set_dials
from recommender.taste import views as taste_views
from tests.catalog.factories import count_queries_of
from tests.pages import read
from tests.recommender.conftest import Watch

HTMX = {"HX-Request": "true"}
AS_IT_COMES = {"obscurity": "0.0", "adventure": "0.0", "newness": "0.0"}


def test_dials_are_turned_and_shown_as_they_stand(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    drama = Genre.objects.get(name="Drama")
    data = {
        "obscurity": "0.5",
        "adventure": "-1.0",
        "newness": "0.0",
        "variety": "0.8",
        "last_years": "20",
        "genre": [str(drama.pk)],
    }
    assert browser.post("/taste/dials/", data)["Location"] == "/taste/"
    profile = TasteProfile.objects.get(user=viewer)
    assert (profile.obscurity, profile.adventure, profile.newness) == (0.5, -1.0, 0.0)
    assert (profile.variety, profile.last_years) == (0.8, 20)
    assert list(profile.excluded_genres.all()) == [drama]
    page = " ".join(read(browser, "/taste/").split())
    assert len(re.findall(r"<input[^>]*\bchecked\b", page)) == 4
    assert 'value="20"' in page
    assert re.search(r'value="0.8" selected', page)


def test_turning_back_forgets_years_and_genres(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    set_dials(user=viewer, dials=Dials(variety=0.5, last_years=9))
    exclude_genres(user=viewer, genre_ids=[Genre.objects.get(name="Drama").pk])
    browser.post("/taste/dials/", {**AS_IT_COMES, "last_years": "", "variety": ""})
    profile = TasteProfile.objects.get(user=viewer)
    assert (profile.variety, profile.last_years) == (None, None)
    assert not profile.excluded_genres.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"obscurity": "0.3"},
        {"newness": ""},
        {"last_years": "0"},
        {"last_years": "151"},
        {"last_years": "x"},
        {"variety": "2"},
        {"genre": "999"},
        {"genre": "x"},
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_kept(
    wrong: dict[str, str], active_model: ModelVersion, browser: Client
) -> None:
    answer = browser.post("/taste/dials/", {**AS_IT_COMES, "adventure": "0.5", **wrong})
    assert answer.status_code == 422
    page = " ".join(answer.content.decode().split())
    assert "field__error" in page
    assert re.search(r'name="adventure" value="0.5"[^>]* checked', page)
    assert TasteProfile.objects.filter(adventure=0.5).count() == 0


def test_dials_of_somebody_new_make_a_guest(active_model: ModelVersion) -> None:
    client = Client()
    client.post("/taste/dials/", {**AS_IT_COMES, "last_years": "5"})
    assert TasteProfile.objects.get().last_years == 5
    assert 'value="5"' in read(client, "/taste/")


def test_preview_follows_the_dials_and_keeps_nothing(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    drama = Genre.objects.get(name="Drama").pk
    query = {**AS_IT_COMES, "last_years": "30", "genre": str(drama)}
    answer: Any = browser.get("/taste/preview/", query, headers=HTMX)
    shown = [int(pk) for pk in re.findall(r'href="/movies/(\d+)/"', answer.content.decode())]
    assert len(shown) == 6
    allowed = Movie.objects.exclude(genres=drama).filter(year__gt=1990)
    assert set(shown) <= set(allowed.values_list("pk", flat=True))
    assert not TasteProfile.objects.filter(last_years=30).exists()


def test_preview_says_when_nothing_is_left_or_something_is_wrong(
    active_model: ModelVersion, browser: Client
) -> None:
    every = [str(pk) for pk in Genre.objects.values_list("pk", flat=True)]
    nothing: Any = browser.get("/taste/preview/", {**AS_IT_COMES, "genre": every})
    assert "No film is left" in nothing.content.decode()
    wrong: Any = browser.get("/taste/preview/", {**AS_IT_COMES, "last_years": "x"})
    assert "from 1 to 150" in wrong.content.decode()


def test_nobody_asks_for_more_previews_than_a_hand_can_turn_dials(
    active_model: ModelVersion, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taste_views, "PREVIEWS_A_MINUTE", 1)
    for client in (browser, Client()):
        codes = [client.get("/taste/preview/", AS_IT_COMES).status_code for _ in range(2)]
        assert codes == [200, 429]


def test_excluding_a_favourite_and_choosing_an_excluded_genre(
    catalogue: list[Movie], viewer: User
) -> None:
    drama, comedy = (Genre.objects.get(name=name) for name in ("Drama", "Comedy"))
    save_onboarding(user=viewer, genre_ids=[drama.pk, comedy.pk])
    exclude_genres(user=viewer, genre_ids=[drama.pk])
    profile = TasteProfile.objects.get(user=viewer)
    assert list(profile.favourite_genres.all()) == [comedy]
    save_onboarding(user=viewer, genre_ids=[drama.pk])
    assert not profile.excluded_genres.exists()


def test_muted_films_are_listed(active_model: ModelVersion, browser: Client, viewer: User) -> None:
    MutedReason.objects.create(user=viewer, movie_id=5)
    page = read(browser, "/taste/")
    assert 'id="muted-5"' in page


def test_hiding_again_from_the_list_brings_the_entry_back(
    active_model: ModelVersion, browser: Client
) -> None:
    browser.post("/movies/3/hide/")
    shown = browser.post("/movies/3/unhide/", {"style": "list"}, headers=HTMX).content.decode()
    assert "may be shown again" in shown
    assert "/movies/3/hide/" in shown
    back = browser.post("/movies/3/hide/", {"style": "list"}, headers=HTMX).content.decode()
    assert 'class="entry"' in back
    assert "/movies/3/unhide/" in back


def test_statistics_draw_what_was_rated(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *range(1, 31), stars=4.0)
    watch(viewer, *range(31, 41), stars=2.5)
    page = read(browser, "/taste/statistics/")
    assert "40 films rated, 3.63 stars on average." in page
    assert "predicted from your other ratings" in page
    assert page.count("<svg") >= 6
    assert page.count("<table") == 5
    assert "style=" not in page


def test_statistics_of_nothing_say_what_to_do(active_model: ModelVersion, browser: Client) -> None:
    for client in (browser, Client()):
        assert "Rate some films" in read(client, "/taste/statistics/")


def test_statistics_of_few_ratings_say_nothing_of_predictions(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 2, 3)
    assert "With ten ratings" in read(browser, "/taste/statistics/")


@pytest.mark.parametrize("url", ["/taste/", "/taste/statistics/", "/taste/preview/"])
def test_queries_are_few_and_do_not_grow_with_ratings(
    url: str, active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *range(1, 13), stars=3.0)
    MutedReason.objects.create(user=viewer, movie_id=1)
    read(browser, url)  # the process has loaded its model
    watch(viewer, 13, stars=5.0)
    few = count_queries_of(browser, url)
    watch(viewer, *range(14, 50), stars=4.0)
    MutedReason.objects.bulk_create(
        MutedReason(user=viewer, movie_id=movie_id) for movie_id in range(2, 20)
    )
    assert count_queries_of(browser, url) <= few <= 12


def test_pages_answer_the_methods_they_know(active_model: ModelVersion) -> None:
    for url in ("/taste/", "/taste/statistics/", "/taste/preview/"):
        assert Client().post(url).status_code == 405
    assert Client().get("/taste/dials/").status_code == 405
    answer = Client(enforce_csrf_checks=True).post("/taste/dials/", AS_IT_COMES)
    assert answer.status_code == 403
