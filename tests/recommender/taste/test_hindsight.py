"""How right predictions were is told of each rating from the others alone."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from accounts.models import User
from catalog.models import Movie, Rating
from recommender.answers import HistoryItem
from recommender.ml.ratings.inference import RatingHead
from recommender.models import ModelVersion
from recommender.predicting import predict_stars
from recommender.services import bump_taste
from recommender.serving import Snapshot, model_server, read_state
from recommender.taste.hindsight import get_hindsight, judge_predictions
from tests.recommender.conftest import NUM_MOVIES, Watch

SHIPPED = Path("recommender/artifacts/shipped/rating.npz")
HISTORY = tuple(
    HistoryItem(number, stars)
    for number, stars in enumerate((4.0, 2.5, 5.0, 3.0, 1.0, 4.5, 3.5, 0.5, 4.0, 2.0, 5.0, 3.0), 1)
)


@pytest.fixture
def snapshot(active_model: ModelVersion) -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def with_head(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with the shipped head, its first films called 1 to 60."""
    head = RatingHead.load(SHIPPED)
    tables = ("bias", "loadings", "noise", "doubt", "leaning")
    some = {name: getattr(head, name)[: NUM_MOVIES + 1] for name in tables}
    head = dataclasses.replace(head, movie_ids=np.arange(NUM_MOVIES + 1), **some)
    assert snapshot.model is not None
    network = dataclasses.replace(snapshot.model.network, rating_head=head)
    model = dataclasses.replace(snapshot.model, network=network)
    return dataclasses.replace(snapshot, model=model)


def predict_each(snapshot: Snapshot) -> list[float]:
    """Return what the film's own page would have said before each was rated."""
    told = []
    for place, item in enumerate(HISTORY):
        others = HISTORY[:place] + HISTORY[place + 1 :]
        positions = snapshot.catalogue.positions_of([item.movie_id])
        found = predict_stars(snapshot, history=others, positions=positions)[0]
        assert found is not None
        told.append(found.expected)
    return told


@pytest.mark.parametrize("has_head", [True, False])
def test_each_rating_is_predicted_as_its_page_would_without_it(
    has_head: bool, snapshot: Snapshot
) -> None:
    snapshot = with_head(snapshot) if has_head else snapshot
    found = judge_predictions(snapshot, history=HISTORY)
    assert found is not None
    given = np.array([item.stars for item in HISTORY], dtype=float)
    off = np.abs(given - np.array(predict_each(snapshot)))
    assert found.count == len(HISTORY)
    assert found.error == pytest.approx(off.mean(), abs=0.006)
    assert found.close_share == pytest.approx((off <= 0.5).mean(), abs=0.09)
    others = (given.sum() - given) / (len(given) - 1)
    assert found.plain_error == pytest.approx(np.abs(given - others).mean())
    assert (found.inside_share is not None) is has_head


def test_bins_hold_every_film_once_and_surprises_are_the_greatest(snapshot: Snapshot) -> None:
    found = judge_predictions(with_head(snapshot), history=HISTORY)
    assert found is not None
    assert sum(one.count for one in found.bins) == found.count
    assert all(one.low <= one.given <= one.high for one in found.bins if one.count > 1)
    gaps = [one.given - one.predicted for one in found.loved]
    assert gaps == sorted(gaps, reverse=True)
    assert all(gap >= 1 for gap in gaps)
    assert all(one.given <= one.predicted - 1 for one in found.let_down)


def test_too_few_ratings_say_nothing(snapshot: Snapshot) -> None:
    assert judge_predictions(snapshot, history=HISTORY[:9]) is None
    assert judge_predictions(snapshot, history=()) is None


def test_a_new_rating_is_looked_at_at_once(
    active_model: ModelVersion, viewer: User, watch: Watch, catalogue: list[Movie]
) -> None:
    watch(viewer, *range(1, 12), stars=4.0)
    first = get_hindsight(user=viewer)
    assert first is not None
    assert get_hindsight(user=viewer) == first
    Rating.objects.filter(user=viewer, movie_id=1).update(stars=0.5)
    bump_taste(user_id=viewer.pk)
    second = get_hindsight(user=viewer)
    assert second is not None
    assert second.error > first.error
    assert get_hindsight(user=None) is None
