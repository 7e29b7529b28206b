"""Several seeds as one row, and several data sets as one: by hand-computed cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.ml.evaluation import Catalogue, Evaluation
from recommender.ml.lab.seeded_answers import SeededAnswers, join_evaluations
from recommender.ml.significance import relative_lead
from recommender.ml.splits import EvaluationSplit, leave_one_out
from tests.ml.tiny_data import interactions_of

TRAIN = interactions_of([[1, 2], [3, 4], [5, 6]])
CATALOGUE = Catalogue.build(TRAIN, {})


def answers(split: EvaluationSplit, values: list[float], top: list[int]) -> Evaluation:
    return Evaluation(
        model="m",
        split=split,
        per_person={"mrr": np.array(values)},
        ranks=[np.array([1 if value else 50]) for value in values],
        top=np.array([top] * len(values)),
        coverage=len(top) / 6,
    )


def test_people_are_averaged_over_seeds_and_spread_is_of_the_means() -> None:
    split = leave_one_out(TRAIN)
    seeded = SeededAnswers(
        (0, 1), (answers(split, [1.0, 0.0, 0.5], [1]), answers(split, [0.0, 0.0, 0.0], [1, 2]))
    )
    assert seeded.average.per_person["mrr"].tolist() == [0.5, 0.0, 0.25]
    assert seeded.average.coverage == pytest.approx(0.25)  # of 1/6 and 2/6
    # Means .5 and .0: the deviation with n - 1 is .5 / sqrt(2).
    assert seeded.spread()["mrr"] == pytest.approx(0.5 / np.sqrt(2))


def test_one_seed_has_no_spread() -> None:
    only = answers(leave_one_out(TRAIN), [1.0, 0.0, 0.5], [1])
    seeded = SeededAnswers((None,), (only,))
    assert seeded.average is only
    assert seeded.spread() == {}


def test_genres_are_averaged_over_seeds() -> None:
    split = leave_one_out(TRAIN)  # asks for 2, 4 and 6
    runs = (answers(split, [1.0, 1.0, 0.0], [1]), answers(split, [1.0, 0.0, 0.0], [1]))
    table = SeededAnswers((0, 1), runs).by_target_genre({2: ("Drama",), 4: ("Drama", "War")})
    assert table["Drama"]["hit@10"] == pytest.approx(0.75)
    assert table["War"] == {"targets": 1.0, "hit@5": 0.5, "hit@10": 0.5, "hit@20": 0.5}


def test_parts_join_to_the_whole_and_cover_what_either_shows() -> None:
    whole = leave_one_out(TRAIN)
    first, second = whole.select([True, False, False]), whole.select([False, True, True])
    joined = join_evaluations(
        [answers(first, [1.0], [1, 2]), answers(second, [0.0, 0.5], [2, 3])], whole, CATALOGUE
    )
    assert joined.per_person["mrr"].tolist() == [1.0, 0.0, 0.5]
    assert joined.coverage == pytest.approx(3 / 6)
    assert len(joined.ranks) == 3
    with pytest.raises(ValueError, match="other people"):
        join_evaluations([answers(first, [1.0], [1, 2])], whole, CATALOGUE)


def test_relative_lead_is_of_the_means() -> None:
    split = leave_one_out(interactions_of([[1, 2]] * 50))
    worse = answers(split, [0.2] * 50, [1])
    better = answers(split, [0.3] * 50, [1])
    assert relative_lead(better, worse, "mrr") == pytest.approx((0.5, 0.5, 0.5))
    varied = replace(better, per_person={"mrr": np.random.default_rng(0).random(50)})
    found = relative_lead(varied, worse, "mrr")
    assert found is not None
    lead, low, high = found
    assert low < lead < high
    assert lead == pytest.approx(varied.per_person["mrr"].mean() / 0.2 - 1)


def test_relative_lead_over_nothing_is_none() -> None:
    split = leave_one_out(TRAIN)
    nothing = answers(split, [0.0] * 3, [1])
    assert relative_lead(answers(split, [1.0] * 3, [1]), nothing, "mrr") is None
