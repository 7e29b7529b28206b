"""Predicted stars on the site: from the rating head, by biases without one, null when unknown."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from django.core.cache import cache as site_cache
from django.core.files.storage import storages
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from catalog.services import bump_catalogue_version
from recommender.answers import HistoryItem
from recommender.home.selectors import HomeReader
from recommender.ml.ratings.inference import RATING_FILE, RatingHead
from recommender.model_versions import UnusableModelError, install_model
from recommender.models import ModelVersion
from recommender.predicting import PredictedStars, predict_stars
from recommender.selectors import (
    get_predicted_rating,
    get_similar_movies,
)
from recommender.serving import Snapshot, model_server, read_state
from tests.ml.rating_heads import plain_head
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import NUM_MOVIES, Watch

UNRATED, UNTRAINED = 1_000_001, 1_000_002


def make_head() -> RatingHead:
    """Return a head of the sixty films: one loved more than the next, odd against even."""
    rows = NUM_MOVIES + 1
    side = np.where(np.arange(rows) % 2, 0.6, -0.6)
    return plain_head(
        movie_ids=np.arange(rows, dtype=np.int64),
        bias=np.linspace(0.5, -0.5, rows).astype(np.float32),
        loadings=np.stack([np.full(rows, 0.4), side], axis=1).astype(np.float32),
        noise=np.full(rows, 0.6, dtype=np.float32),
        doubt=np.zeros(rows, dtype=np.float32),
        leaning=np.zeros((rows, 2), dtype=np.float32),
    )


@pytest.fixture
def rating_model(catalogue: list[Movie], model_directory: Path, tmp_path: Path) -> ModelVersion:
    """The tiny model with a rating head, active; two films beyond it are in the catalogue."""
    site_cache.clear()
    Movie.objects.create(pk=UNRATED, title="Nobody saw it", search_title="nobody saw it")
    Movie.objects.create(
        pk=UNTRAINED, title="New", search_title="new", rating_count=400, rating_mean=4.6
    )
    bump_catalogue_version()
    folder = tmp_path / "with head"
    shutil.copytree(model_directory, folder)
    make_head().save(folder / RATING_FILE)
    return install_model(directory=folder, activate=True)


def snapshot_now() -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def predict(*movie_ids: int, history: list[HistoryItem] | None = None) -> list[float]:
    snapshot = snapshot_now()
    positions = snapshot.catalogue.positions_of(list(movie_ids))
    found = predict_stars(snapshot, history=history or [], positions=positions)
    return [stars.expected if stars else float("nan") for stars in found]


def test_recommendations_carry_stars_and_their_range(
    rating_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    for items in (
        get_recommendations(user=viewer).items,
        get_recommendations(user=viewer).items,  # from the cache
        HomeReader(user=viewer).read_rows()[0].items,
        tuple(get_similar_movies(movie_id=7)),
    ):
        item = items[0]
        assert item.predicted_rating is not None
        assert item.predicted_range is not None
        low, high = item.predicted_range
        assert 0.5 <= low < item.predicted_rating < high <= 5


def test_api_gives_the_range_that_the_head_gives(rating_model: ModelVersion) -> None:
    history = [{"movie_id": pk, "rating": 5.0} for pk in (1, 3, 5, 7, 9)]
    url = "/api/v1/recommendations/session"
    body = APIClient().post(url, {"history": history, "limit": 50}, format="json").json()
    items = [HistoryItem(pk, 5.0) for pk in (1, 3, 5, 7, 9)]
    for result in body["results"]:
        pk = result["movie"]["id"]
        snapshot = snapshot_now()
        positions = snapshot.catalogue.positions_of([pk])
        [stars] = predict_stars(snapshot, history=items, positions=positions)
        assert result["predicted_rating"] == (stars.expected if stars else None)
        assert result["predicted_range"] == (list(stars.range or ()) if stars else None)
    stars_of = {result["movie"]["id"]: result["predicted_rating"] for result in body["results"]}
    assert stars_of[11] > stars_of[12] + 0.5


def test_stars_of_the_history_decide_and_their_absence_does_not(
    rating_model: ModelVersion,
) -> None:
    seen = (1, 2, 3, 4, 5)
    fond = [HistoryItem(pk, 5.0 if pk % 2 else 1.0) for pk in seen]
    averse = [HistoryItem(pk, 1.0 if pk % 2 else 5.0) for pk in seen]
    silent = [HistoryItem(pk) for pk in seen]
    assert predict(31, history=fond) > predict(31) > predict(31, history=averse)
    assert predict(31, history=silent) == predict(31)


def test_film_of_no_training_takes_its_mean_from_the_catalogue(
    rating_model: ModelVersion,
) -> None:
    assert predict(UNTRAINED)[0] > 4.0
    assert np.isnan(predict(UNRATED)[0])
    mixed = predict(UNRATED, 5, UNTRAINED)
    assert mixed[1:] == [*predict(5), *predict(UNTRAINED)]


def test_model_without_a_head_goes_by_biases_without_a_range(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, stars=5.0)
    generous = get_predicted_rating(user=viewer, movie_id=1)
    plain = get_predicted_rating(user=None, movie_id=1)
    assert generous is not None
    assert plain is not None
    assert generous.expected > plain.expected
    assert generous.range is None
    assert get_recommendations(user=viewer).items[0].predicted_range is None


def test_no_model_at_all_goes_by_biases(catalogue: list[Movie]) -> None:
    assert get_predicted_rating(user=None, movie_id=1) is not None


def test_own_rating_of_a_film_is_no_evidence_for_it(
    rating_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 11, 13, stars=1.0)
    watch(viewer, 31, stars=5.0)
    found = get_predicted_rating(user=viewer, movie_id=31)
    items = [HistoryItem(11, 1.0), HistoryItem(13, 1.0)]
    assert found is not None
    assert [found.expected] == predict(31, history=items)


def test_unknown_movie_has_no_predicted_rating(rating_model: ModelVersion, viewer: User) -> None:
    assert get_predicted_rating(user=viewer, movie_id=987_654) is None
    assert get_predicted_rating(user=viewer, movie_id=UNRATED) is None
    found = get_predicted_rating(user=viewer, movie_id=1)
    assert isinstance(found, PredictedStars)
    assert found.liking is not None
    assert 0 <= found.liking <= 1


def test_asking_for_no_films_gives_none(rating_model: ModelVersion) -> None:
    assert predict_stars(snapshot_now(), history=[], positions=np.zeros(0, dtype=np.int64)) == []


def test_broken_head_is_refused_at_installation(
    catalogue: list[Movie], model_directory: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "broken head"
    shutil.copytree(model_directory, folder)
    (folder / RATING_FILE).write_bytes(b"rubbish")
    with pytest.raises(UnusableModelError, match=RATING_FILE):
        install_model(directory=folder)


def test_head_spoilt_in_the_storage_means_popularity(rating_model: ModelVersion) -> None:
    stored = Path(storages["artifacts"].path(f"{rating_model.artifact_prefix}/{RATING_FILE}"))
    stored.write_bytes(b"rubbish" + stored.read_bytes()[7:])
    assert get_recommendations(user=None).model_version is None
