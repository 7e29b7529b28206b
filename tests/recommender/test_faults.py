"""Clocks that go back, films unknown to the model, hundreds of writers, models that are gone."""

import threading
from datetime import timedelta

import django_rq
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY

from accounts.models import User
from catalog.models import Movie, RatingEvent
from catalog.services import set_rating
from recommender import queueing
from recommender.answers import HistoryItem
from recommender.models import ModelVersion, TasteProfile
from recommender.selectors import get_recommendations
from tests.catalog.factories import add_movie
from tests.recommender.conftest import Watch

FAILURES = "movieshow_model_load_failures_total"
RATERS, EACH = 25, 20


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


@pytest.mark.django_db(transaction=True)
def test_five_hundred_concurrent_ratings_of_one_person_are_all_counted(
    active_model: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    def rate(number: int) -> None:
        try:
            for step in range(EACH):
                stars = ((number + step) % 10 + 1) / 2
                set_rating(user=viewer, movie_id=1 + (number * 7 + step) % 60, stars=stars)
        finally:
            connection.close()

    threads = [threading.Thread(target=rate, args=(number,)) for number in range(RATERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = RatingEvent.objects.filter(user=viewer).order_by("id")
    last = {event.movie_id: event.stars for event in events}
    assert {rating.movie_id: rating.stars for rating in viewer.ratings.all()} == last
    assert TasteProfile.objects.get(user=viewer).version == len(events)
    assert len(events) > RATERS * EACH / 2
    assert django_rq.get_queue(queueing.FINETUNE_QUEUE).count == 1
