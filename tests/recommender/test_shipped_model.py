"""The shipped model behind the public API: real MovieLens histories and four well-known tastes."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache as site_cache
from django.db import transaction
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from catalog.models import Rating
from catalog.movielens.demo import load_demo
from recommender.answers import NO_FILTERS, HistoryItem, Taste
from recommender.home.composing import MAX_CAUSE_ROWS, NEAR, VERY_NEAR, compute_home_rows
from recommender.home.draft import start_draft
from recommender.ml.datasets import MovieInfo
from recommender.ml.personas import PERSONAS, Persona
from recommender.models import ModelVersion
from recommender.recommending import make_ranking
from recommender.services import install_shipped_model
from recommender.serving import model_server, read_state

SESSION = "/api/v1/recommendations/session"


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo catalogue and its ratings, for this module alone."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def shipped(demo: None, db: None) -> ModelVersion:
    """The shipped model, active."""
    site_cache.clear()
    version, _ = install_shipped_model(directory=settings.SHIPPED_MODEL_DIR)
    return version


def ask(history: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    response = APIClient().post(SESSION, {"history": history, **options}, format="json")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def test_real_histories_get_ranked_movies_none_already_seen(shipped: ModelVersion) -> None:
    rows = Rating.objects.order_by("user_id", "watched_at", "id").values_list(
        "user_id", "movie_id", "stars", "watched_at"
    )
    people = [list(films) for _user, films in groupby(rows[:6000], key=itemgetter(0))][:25]
    assert len(people) == 25
    for films in people:
        history = [
            {"movie_id": movie_id, "rating": float(stars), "rated_at": at.isoformat()}
            for _user, movie_id, stars, at in films[-1000:]
        ]
        body = ask(history, limit=20)
        shown = [result["movie"]["id"] for result in body["results"]]
        assert body["model"]["version"] == shipped.pk
        assert body["fallback"] is False
        assert [result["rank"] for result in body["results"]] == list(range(1, 21))
        assert len(set(shown)) == 20
        assert not set(shown) & {item["movie_id"] for item in history}


@pytest.mark.parametrize("persona", PERSONAS, ids=[persona.name for persona in PERSONAS])
def test_well_known_taste_gets_fitting_films_with_true_reasons(
    shipped: ModelVersion, persona: Persona
) -> None:
    history = [{"movie_id": movie_id, "rating": 5.0} for movie_id in persona.history]
    results = ask(history, include="reasons")["results"]
    movies = [result["movie"] for result in results]
    fitting = [
        movie["title"]
        for movie in movies
        if persona.fits(MovieInfo(movie["title"], movie["year"], tuple(movie["genres"])))
    ]
    assert len(results) == 10
    assert len(fitting) >= 6, (persona.name, fitting, movies)
    assert not {movie["id"] for movie in movies} & set(persona.history)
    assert all(result["reasons"] for result in results)
    named = {
        reason["movie_id"]
        for result in results
        for reason in result["reasons"]
        if reason["kind"] == "because_you_watched"
    }
    assert named
    assert named <= set(persona.history)


def test_several_rows_name_the_film_they_come_from_and_theirs_are_like_it(
    shipped: ModelVersion,
) -> None:
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    catalogue, numbers = snapshot.catalogue, list[int]()
    for user_id in Rating.objects.order_by("user_id").values("user_id").distinct()[:96:12]:
        rated = Rating.objects.filter(**user_id).order_by("watched_at", "id")
        films = rated.values_list("movie_id", "stars")[:60]
        taste = Taste(history=tuple(HistoryItem(pk, float(stars)) for pk, stars in films))
        whole = make_ranking(snapshot, taste=taste, filters=NO_FILTERS)
        rows = compute_home_rows(start_draft(snapshot, taste=taste, whole=whole))
        because = [row for row in rows if row.kind == "because"]
        numbers.append(len(because))
        for row in because:
            ids = [item.movie_id for item in row.items]
            cause = catalogue.positions_of([int(row.key.removeprefix("because-"))] * len(ids))
            places = catalogue.positions_of(ids)
            cosine = (snapshot.unit_vectors(places) * snapshot.unit_vectors(cause)).sum(axis=1)
            shares = (catalogue.genres[places] & catalogue.genres[cause]).any(axis=1)
            assert (cosine[shares] >= NEAR).all()
            assert (cosine[~shares] >= VERY_NEAR).all()
    assert max(numbers) == MAX_CAUSE_ROWS == 3
    assert sum(number >= 2 for number in numbers) >= len(numbers) // 2
