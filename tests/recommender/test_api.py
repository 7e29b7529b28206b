"""The recommendation API: its exact shapes, who may call it, and what bad input gets."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from catalog.services import set_rating
from recommender.models import HiddenMovie, ModelVersion
from tests.recommender.conftest import Watch

MINE = "/api/v1/me/recommendations"
SESSION = "/api/v1/recommendations/session"
HIDDEN = "/api/v1/me/hidden/3"
SIMILAR = "/api/v1/movies/20/similar"
MODEL = "/api/v1/model"
HISTORY = [{"movie_id": movie_id, "rating": 4.0} for movie_id in (20, 23, 26, 29, 32)]


def post_session(**body: Any) -> Any:
    return APIClient().post(SESSION, body, format="json")


def test_my_recommendations_have_the_documented_shape(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    response = api.get(MINE, {"include": "reasons", "limit": "3"})
    body = response.json()
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert set(body) == {
        "recommendation_id",
        "model",
        "fallback",
        "fallback_reason",
        "next_cursor",
        "results",
    }
    assert body["model"] == {"name": "tiny", "version": active_model.pk}
    assert body["fallback"] is False
    assert [result["rank"] for result in body["results"]] == [1, 2, 3]
    first = body["results"][0]
    assert set(first) == {
        "rank",
        "movie",
        "score",
        "predicted_rating",
        "predicted_range",
        "reasons",
    }
    movie = Movie.objects.get(pk=first["movie"]["id"])
    assert first["movie"] == {
        "id": movie.pk,
        "title": movie.title,
        "year": movie.year,
        "genres": [genre.name for genre in movie.genres.all()],
    }
    assert 0.5 <= first["predicted_rating"] <= 5
    [reason] = first["reasons"]
    assert set(reason) == {"kind", "text", "movie_id"}
    assert reason["kind"] == "because_you_watched"
    assert reason["movie_id"] in {20, 23, 26, 29, 32}


def test_reasons_come_only_when_asked_for(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    assert all(result["reasons"] == [] for result in api.get(MINE).json()["results"])


def test_next_answer_of_the_api_reflects_a_rating(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    before = api.get(MINE).json()
    assert api.get(MINE).json() == before
    seen = before["results"][0]["movie"]["id"]
    set_rating(user=viewer, movie_id=seen, stars=4)
    after = api.get(MINE).json()
    assert seen not in [result["movie"]["id"] for result in after["results"]]


def test_cached_answer_of_the_api_takes_one_query(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    api.get(MINE)
    with CaptureQueriesContext(connection) as queries:
        api.get(MINE)
    assert len(queries) == 1


def test_filters_and_pages_work_through_the_api(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    options = {
        "genres": "comedy,Drama",
        "exclude_genres": "Drama",
        "year_min": "1965",
        "limit": "4",
    }
    page = api.get(MINE, options).json()
    assert all(result["movie"]["genres"] == ["Comedy"] for result in page["results"])
    assert all(result["movie"]["year"] >= 1965 for result in page["results"])
    following = api.get(MINE, {**options, "cursor": page["next_cursor"]}).json()
    assert following["recommendation_id"] == page["recommendation_id"]
    assert following["results"][0]["rank"] == 5


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"genres": "Western Noir"}, "genres"),
        ({"year_min": 2000, "year_max": 1990}, "year_max"),
        ({"include": "everything"}, "include"),
        ({"cursor": "rubbish"}, "cursor"),
        ({"min_year": 1990}, "min_year"),
    ],
)
def test_bad_options_are_named_in_a_problem_document(
    active_model: ModelVersion, api: APIClient, options: dict[str, Any], field: str
) -> None:
    response = api.get(MINE, options)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert field in response.json()["errors"]


def test_session_needs_no_account_and_stores_nothing(
    active_model: ModelVersion, catalogue: list[Movie]
) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = post_session(history=HISTORY, limit=5, include="reasons")
    body = response.json()
    assert response.status_code == 200
    assert body["recommendation_id"] is None
    assert body["fallback"] is False
    assert body["results"][0]["movie"]["id"] == 35
    assert body["results"][0]["reasons"]
    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert written == []
    assert not User.objects.exists()


def test_session_takes_reasons_from_the_url_as_well(active_model: ModelVersion) -> None:
    response = APIClient().post(f"{SESSION}?include=reasons", {"history": HISTORY}, format="json")
    assert any(result["reasons"] for result in response.json()["results"])


def test_session_refuses_what_else_the_url_says(active_model: ModelVersion) -> None:
    response = APIClient().post(f"{SESSION}?limit=50&include=reasons", {"history": HISTORY}, "json")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["limit"], response.json()


def test_session_sorts_by_time_only_where_every_item_has_one(active_model: ModelVersion) -> None:
    ordered = [20, 23, 26, 29, 32]
    times = {movie_id: f"2024-01-0{day}T00:00:00Z" for day, movie_id in enumerate(ordered, 1)}
    mixed = [{"movie_id": movie_id, "rated_at": times[movie_id]} for movie_id in reversed(ordered)]
    sorted_answer = post_session(history=mixed).json()["results"]
    given_answer = post_session(history=HISTORY).json()["results"]
    assert [result["movie"] for result in sorted_answer] == [
        result["movie"] for result in given_answer
    ]
    untimed = [{"movie_id": movie_id} for movie_id in reversed(ordered)]
    first = post_session(history=untimed).json()["results"][0]["movie"]["id"]
    assert first != sorted_answer[0]["movie"]["id"]


def test_session_bears_duplicates_unknown_films_and_missing_ratings(
    active_model: ModelVersion,
) -> None:
    messy = [{"movie_id": 987_654}, *HISTORY, {"movie_id": 20, "rating": None}, HISTORY[1]]
    response = post_session(history=messy)
    assert response.status_code == 200
    plain = post_session(history=HISTORY).json()
    assert response.json()["results"] == plain["results"]
    assert response.json()["unknown_movie_ids"] == [987_654]
    assert plain["unknown_movie_ids"] == []


def test_empty_session_gets_what_is_popular(active_model: ModelVersion) -> None:
    body = post_session(history=[]).json()
    assert body["fallback"] is True
    assert len(body["results"]) == 10


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"movie_id": "twenty"}, "movie_id"),
        ({"rating": 4}, "movie_id"),
        ({"movie_id": 0}, "movie_id"),
        ({"movie_id": 1, "rating": 9}, "rating"),
        ({"movie_id": 1, "rating": "NaN"}, "rating"),
        ({"movie_id": 1, "rating": 4.3}, "rating"),
        ({"movie_id": 1, "rating": 0}, "rating"),
        ({"movie_id": 1, "stars": 4}, "stars"),
        ({"movie_id": 1, "rated_at": "yesterday"}, "rated_at"),
        (7, "non_field_errors"),
    ],
)
def test_bad_history_item_is_named(active_model: ModelVersion, item: Any, field: str) -> None:
    response = post_session(history=[*HISTORY[:2], item])
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    errors = response.json()["errors"]["history"]
    named = errors["2"] if isinstance(errors, dict) else errors[2]
    assert field in named


@pytest.mark.parametrize("body", [{}, {"history": "all"}, {"history": None}, [1, 2], "text"])
def test_body_without_a_history_is_refused(active_model: ModelVersion, body: Any) -> None:
    response = APIClient().post(SESSION, body, format="json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_history_of_a_thousand_is_taken_and_one_more_is_refused(active_model: ModelVersion) -> None:
    item = {"movie_id": 1}
    assert post_session(history=[item] * 1000).status_code == 200
    response = post_session(history=[item] * 1001)
    assert response.status_code == 400
    assert "1000" in str(response.json()["errors"])


def test_similar_films_are_listed(active_model: ModelVersion) -> None:
    body = APIClient().get(SIMILAR, {"limit": 4}).json()
    assert len(body["results"]) == 4
    assert 20 not in [result["movie"]["id"] for result in body["results"]]
    assert APIClient().get("/api/v1/movies/987654/similar").status_code == 404


def test_hiding_and_showing_a_film_again(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    assert [api.post(HIDDEN).status_code for _ in range(2)] == [204, 204]
    shown = [r["movie"]["id"] for r in api.get(MINE, {"limit": 100}).json()["results"]]
    assert 3 not in shown
    assert [api.delete(HIDDEN).status_code for _ in range(2)] == [204, 204]
    assert not HiddenMovie.objects.filter(user=viewer).exists()
    assert api.post("/api/v1/me/hidden/987654").status_code == 404


def test_model_card_is_public(active_model: ModelVersion) -> None:
    body = APIClient().get(MODEL).json()
    assert (body["name"], body["version"]) == ("tiny", active_model.pk)
    assert body["card"]["license"] == "for tests"


def test_there_is_no_card_without_a_model(db: None) -> None:
    response = APIClient().get(MODEL)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), [("get", MINE), ("post", HIDDEN), ("delete", HIDDEN)])
def test_own_things_need_an_account(active_model: ModelVersion, method: str, path: str) -> None:
    response = getattr(APIClient(), method)(path)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", MINE),
        ("get", SESSION),
        ("put", HIDDEN),
        ("get", HIDDEN),
        ("post", SIMILAR),
        ("delete", MODEL),
    ],
)
def test_wrong_methods_are_refused(
    active_model: ModelVersion, api: APIClient, method: str, path: str
) -> None:
    response = getattr(api, method)(path)
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
