"""Measuring predicted stars: likelihoods, intervals and differences against hand-computed cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recommender.ml.ratings.evaluation import (
    Answers,
    answer_with_head,
    binned_likelihood,
    bootstrap,
    compare,
    describe,
    reliability,
)
from recommender.ml.ratings.questions import RatingQuestion, ask_along, ask_last
from tests.ml.rating_heads import films, plain_head, stars, taste_ratings, taste_vocabulary


def answers(expected: list[float], given: list[float], people: list[int]) -> Answers:
    zeros = np.zeros(len(given))
    return Answers(np.array(people), np.array(given), np.array(expected), zeros)


def test_errors_by_hand() -> None:
    row = describe(answers([3.0, 4.0, 5.0], [4.0, 4.0, 3.0], [0, 0, 1]))
    assert row["rmse"] == pytest.approx(math.sqrt(5 / 3))
    assert row["mae"] == pytest.approx(1.0)
    assert (row["people"], row["ratings"]) == (2, 3)


def test_likelihood_of_whole_and_half_stars_by_hand() -> None:
    inside = math.erf(0.25 / math.sqrt(2))  # mass within a quarter of a star, deviation 1
    within_half = math.erf(0.5 / math.sqrt(2))
    halves, wholes = np.ones(1), np.zeros(1)
    found = binned_likelihood(np.array([3.5]), np.array([3.5]), 1.0, halves)
    assert found[0] == pytest.approx(math.log(inside), abs=1e-5)
    found = binned_likelihood(np.array([3.0]), np.array([3.0]), 1.0, wholes)
    assert found[0] == pytest.approx(math.log(within_half), abs=1e-5)
    impossible = binned_likelihood(np.array([3.5]), np.array([3.5]), 1.0, wholes)
    assert impossible[0] == pytest.approx(math.log(1e-6))


def test_likelihoods_of_all_stars_sum_to_one() -> None:
    every = np.arange(1, 11) / 2
    for share in (0.0, 0.4, 1.0):
        found = binned_likelihood(np.full(10, 4.7), every, 0.8, np.full(10, share))
        assert np.exp(found).sum() == pytest.approx(1.0, abs=1e-4)


def test_predictor_compared_with_itself_leads_by_nothing() -> None:
    ours = answers([3.0, 4.0, 2.0], [4.0, 4.0, 3.0], [0, 1, 2])
    assert compare(ours, ours)["rmse"] == [0.0, 0.0, 0.0]


def test_clear_lead_has_an_interval_below_zero() -> None:
    rng = np.random.default_rng(0)
    given = rng.integers(1, 6, 600).astype(float)
    people = np.repeat(np.arange(100), 6).tolist()
    near = answers((given + 0.3 * rng.normal(size=600)).tolist(), given.tolist(), people)
    far = answers((given + 1.0 * rng.normal(size=600)).tolist(), given.tolist(), people)
    value, low, high = compare(near, far)["rmse"]
    assert low < value < high < 0


def test_interval_of_a_share_knows_that_answers_of_one_person_belong_together() -> None:
    together = np.repeat([0.0, 1.0] * 50, 10)
    apart = bootstrap(np.arange(1000), together)
    grouped = bootstrap(np.repeat(np.arange(100), 10), together)
    assert grouped[1] - grouped[0] > 2 * (apart[1] - apart[0])


def test_reliability_groups_by_what_was_predicted() -> None:
    predicted = np.array([0.1, 0.1, 0.9, 1.0])
    rows = reliability(predicted, np.array([False, True, True, True]))
    assert [row["ratings"] for row in rows] == [2, 2]
    assert rows[0] == {"ratings": 2, "predicted": pytest.approx(0.1), "happened": 0.5}


def test_intervals_are_counted() -> None:
    question = RatingQuestion(0, films(), stars(), films(1, 1), stars(3.5, 0.5))
    row = describe(answer_with_head(plain_head(), [question]))
    assert row["coverage"] == {"50%": 0.5, "80%": 0.5, "90%": 0.5}


def test_last_five_are_asked_from_all_before() -> None:
    people = taste_ratings(10)
    for question in ask_last(people, taste_vocabulary()):
        rows = people.history(question.person)
        assert len(question.history) == rows.stop - rows.start - 5
        np.testing.assert_array_equal(question.answers, people.rating[rows][-5:])
        np.testing.assert_array_equal(question.stars, people.rating[rows][:-5])


def test_shortened_histories_keep_the_newest_and_leave_out_who_has_fewer() -> None:
    people = taste_ratings(40)
    asked = ask_last(people, taste_vocabulary(), lengths=(9, 12))
    assert 0 < len(asked) <= 40
    whole = {question.person: question for question in ask_last(people, taste_vocabulary())}
    for question in asked:
        assert 9 <= len(question.history) <= 12
        size = len(question.history)
        np.testing.assert_array_equal(question.history, whole[question.person].history[-size:])


def test_questions_along_the_way_never_show_what_they_ask() -> None:
    people = taste_ratings(10)
    for question in ask_along(people, taste_vocabulary(), cuts=4, seed=0):
        assert not set(question.history) & set(question.targets)
        assert 1 <= len(question.targets) <= 5
