"""Strategies judged by what real members gave: small groups, by hand."""

from pathlib import Path

import numpy as np
import pytest

from recommender.ml.group_measure import Group, draw_groups, measure_groups
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.ratings.inference import RATING_FILE
from tests.ml.rating_heads import plain_head
from tests.ml.tiny_models import NUM_ITEMS, movie_ids, write_small_model


@pytest.fixture
def rating_model(tmp_path: Path) -> InferenceModel:
    """A small model that knows all its films alike, and predicts stars."""
    rows = NUM_ITEMS + 1
    write_small_model(tmp_path)
    columns = np.full((rows, 1), 0.5, dtype=np.float32)
    head = plain_head(
        movie_ids=movie_ids(),
        bias=np.linspace(1, -1, rows).astype(np.float32),
        loadings=columns,
        noise=columns[:, 0],
        doubt=columns[:, 0],
        leaning=columns * 0,
    )
    head.save(tmp_path / RATING_FILE)
    return InferenceModel.load(tmp_path)


def make_group(
    truth: list[list[float]], stars: list[list[float]], members: tuple[int, ...]
) -> Group:
    predicted = np.array(stars, dtype=np.float32)
    return Group(members, np.array(truth, dtype=np.float32), predicted, predicted)


def test_outcomes_are_those_of_the_film_put_first() -> None:
    # The average takes film 0 (4.0 against 3.5), the other two film 1: nobody is below 3 there.
    stars = [[5.0, 3.5, 2.0], [3.0, 3.5, 2.0], [2.9, 3.5, 2.0]]
    group = make_group([[5.0, 4.0, 1.0], [4.0, 3.0, 1.0], [1.0, 3.5, 1.0]], stars, (0, 1, 2))
    table = measure_groups([group], 3)
    assert table["average"]["least"] == 1.0
    assert table["average"]["mean"] == pytest.approx(10 / 3)
    assert table["average"]["misery"] == 1.0
    for strategy in ("least_misery", "average_without_misery"):
        assert table[strategy]["least"] == 3.0
        assert table[strategy]["misery"] == 0.0
        assert table[strategy]["least_lead"][0] == 2.0
    assert table["any film"]["least"] == pytest.approx((1 + 3 + 1) / 3)
    assert table["best there is"]["least"] == 3.0


def test_interval_of_a_lead_that_all_groups_have_is_that_lead() -> None:
    truth, stars = [[5.0, 3.0], [1.0, 3.0]], [[5.0, 3.5], [2.5, 3.5]]
    groups = [make_group(truth, stars, pair) for pair in ((0, 1), (1, 2), (0, 2))]
    lead = measure_groups(groups, 3)["least_misery"]["least_lead"]
    assert lead == pytest.approx((2.0, 2.0, 2.0))


def test_films_asked_about_are_no_longer_in_any_history(rating_model: InferenceModel) -> None:
    rng = np.random.default_rng(0)
    ids = rating_model.movie_ids[1:]
    people = [
        History(
            rng.permutation(ids)[:30],
            (rng.integers(1, 11, 30) / 2).astype(np.float32),
            np.arange(30),
        )
        for _ in range(6)
    ]
    groups = list(draw_groups(rating_model, people, size=2, count=5))
    assert groups
    for group in groups:
        assert len(set(group.members)) == 2
        assert 12 <= group.truth.shape[1] <= 25
        assert group.truth.shape == group.stars.shape == group.suits.shape
        assert ((group.stars >= 0.5) & (group.stars <= 5.0)).all()
        assert np.isfinite(group.suits).all()
