"""Clocks that go back, films unknown to the model, hundreds of writers, models that are gone."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import django_rq
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import RatingEvent
from catalog.services import set_rating
from recommender import jobs, queueing, training_data
from recommender.answers import HistoryItem
from recommender.models import ModelVersion, TasteProfile
from tests.catalog.factories import add_movie
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch

FAILURES = "movieshow_model_load_failures_total"
RATERS = 25


def shown(user: User) -> list[int]:
    return [item.movie_id for item in get_recommendations(user=user, limit=100).items]


def test_model_that_cannot_be_loaded_is_counted_told_and_replaced_by_popularity(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *range(1, 11))
    storage = storages["artifacts"]
    storage.delete(f"{active_model.artifact_prefix}/model.onnx")
    before = REGISTRY.get_sample_value(FAILURES) or 0.0
    answer = get_recommendations(user=viewer)
    assert (answer.model_name, len(answer.items)) == ("popularity", 10)
    assert REGISTRY.get_sample_value(FAILURES) == before + 1
    ready = Client().get("/readyz")
    assert ready.status_code == 503
    assert "model.onnx" in ready.json()["checks"]["model"]


def test_films_the_active_model_does_not_know_are_history_all_the_same(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    strangers = [add_movie(f"Stranger {number}").pk for number in range(3)]
    watch(viewer, 1, strangers[0], 4, 7, strangers[1], 10, 13)
    known = [HistoryItem(pk, 4.0) for pk in (1, 4, 7, 10, 13)]
    same = get_recommendations(user=None, history=known, limit=100).items
    gone = set(strangers[:2])
    assert shown(viewer) == [item.movie_id for item in same if item.movie_id not in gone]
    assert strangers[2] in shown(viewer)


def test_history_of_unknown_films_alone_is_answered(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    strangers = [add_movie(f"Stranger {number}").pk for number in range(6)]
    watch(viewer, *strangers)
    answer = get_recommendations(user=viewer, include_reasons=True)
    assert len(answer.items) == 10
    assert answer.is_fallback


def test_clock_that_goes_back_loses_no_rating_and_no_freshness(
    active_model: ModelVersion, viewer: User, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    first = shown(viewer)[0]
    set_rating(user=viewer, movie_id=first, stars=4)
    second = shown(viewer)[0]
    earlier = timezone.now() - timedelta(hours=3)
    monkeypatch.setattr(timezone, "now", lambda: earlier)
    set_rating(user=viewer, movie_id=second, stars=4)
    assert not {first, second} & set(shown(viewer))
    assert viewer.ratings.count() == 7


def assert_all_are_kept(viewer: User) -> None:
    """Each of ten stars of each of fifty films came once, and the last of a film is its rating."""
    events = RatingEvent.objects.filter(user=viewer).order_by("id")
    every = {(film, Decimal(half) / 2): 1 for film in range(1, 51) for half in range(1, 11)}
    assert Counter((event.movie_id, event.stars) for event in events) == every
    last = {event.movie_id: event.stars for event in events}
    assert {rating.movie_id: rating.stars for rating in viewer.ratings.all()} == last
    assert TasteProfile.objects.get(user=viewer).version == 500


@pytest.mark.django_db(transaction=True)
def test_five_hundred_concurrent_ratings_of_one_person_are_all_kept_and_learnt_in_two_finetunes(
    active_model: ModelVersion, viewer: User, audience: None, settings: Settings
) -> None:
    """Five clients rate each film, each with stars of its own, so every call changes something."""
    settings.FINETUNE_MAX_SECONDS = 2

    def rate(rater: int) -> list[int]:
        team, seat = rater % 5, rater // 5
        films = [1 + 10 * team + (seat + place) % 10 for place in range(10)]
        try:
            client = APIClient()
            client.force_authenticate(viewer)
            return [
                client.put(
                    f"/api/v1/me/ratings/{film}", {"rating": seat + stars}, format="json"
                ).status_code
                for stars in (0.5, 1.0)
                for film in films
            ]
        finally:
            connection.close()

    with ThreadPoolExecutor(RATERS) as pool:
        raters = [pool.submit(rate, rater) for rater in range(RATERS)]
        while not RatingEvent.objects.exists() and not any(one.done() for one in raters):
            time.sleep(0.01)
        assert jobs.finetune_if_due() in {"published", "not_due"}
        statuses = Counter(status for one in raters for status in one.result())
    assert set(statuses) <= {200, 201}
    assert statuses.total() == 500
    assert_all_are_kept(viewer)
    assert django_rq.get_queue(queueing.FINETUNE_QUEUE).count == 1
    tuned = ModelVersion.objects.filter(kind="finetuned")
    jobs.finetune_if_due()
    tuned.update(created_at=timezone.now() - timedelta(hours=1))
    jobs.finetune_if_due()
    assert 1 <= tuned.count() <= 2
    active = ModelVersion.objects.get(is_active=True)
    assert active.kind == "finetuned"
    assert not training_data.is_new_data(active)
