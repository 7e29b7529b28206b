"""Learning stars: films' factors, scales set on other people, and torch equal to numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.ml.datasets import Interactions
from recommender.ml.errors import TrainingError
from recommender.ml.ratings.baselines import bias_predictor, global_mean, tune_bias_predictor
from recommender.ml.ratings.batches import make_batches
from recommender.ml.ratings.calibration import (
    Calibration,
    Scales,
    calibrate,
    fit_stretch,
)
from recommender.ml.ratings.config import RatingConfig
from recommender.ml.ratings.evaluation import (
    answer_with,
    answer_with_head,
    describe,
    shares_of_halves,
)
from recommender.ml.ratings.factors import FactorFit, RatingFactors, RatingMatrix, fit_biases
from recommender.ml.ratings.inference import LEVELS, RatingHead
from recommender.ml.ratings.leaning import centre_vectors, fit_leaning
from recommender.ml.ratings.questions import ask_along, ask_last
from recommender.ml.ratings.training import fit_factors, fit_rating_head
from tests.ml.rating_heads import films, stars, taste_ratings, taste_vectors, taste_vocabulary

CONFIG = RatingConfig(num_factors=3, rounds=10, factor_shrinkage=2.0, calibration_steps=40)


@pytest.fixture(scope="module")
def head() -> RatingHead:
    torch.set_num_threads(1)
    train, validation = taste_ratings(seed=1), taste_ratings(60, seed=2)
    return fit_rating_head(train, validation, taste_vocabulary(), taste_vectors(), CONFIG)


def matrix(*rows: tuple[int, int, float]) -> RatingMatrix:
    person, item, given = zip(*rows, strict=True)
    return RatingMatrix(
        np.array(person), np.array(item), np.array(given, dtype=np.float32), 1 + max(person), 4
    )


def test_biases_of_two_films_by_hand() -> None:
    ratings = matrix((0, 1, 5.0), (0, 2, 3.0))
    mean, item = fit_biases(ratings, user_shrinkage=1e9, item_shrinkage=1.0)
    assert mean == 4.0
    # One star above and below, each (1 rating) / (1 + 1 of shrinkage).
    np.testing.assert_allclose(item, [0, 0.5, -0.5, 0])


def test_biases_without_shrinkage_are_means_and_vanish_with_all_of_it() -> None:
    ratings = matrix((0, 1, 5.0), (1, 1, 4.0), (0, 2, 3.0), (1, 2, 2.0))
    _, free = fit_biases(ratings, user_shrinkage=1e9, item_shrinkage=1e-9)
    _, bound = fit_biases(ratings, user_shrinkage=1e9, item_shrinkage=1e9)
    np.testing.assert_allclose(free, [0, 1, -1, 0], atol=1e-6)
    np.testing.assert_allclose(bound, 0, atol=1e-6)


def test_each_round_fits_no_worse() -> None:
    fit = FactorFit(RatingMatrix.build(taste_ratings(), taste_vocabulary()), CONFIG)
    errors = [fit.step() for _ in range(8)]
    assert errors[-1] < errors[0]
    assert np.isfinite(fit.loadings).all()
    assert (fit.noise > 0).all()


def test_ratings_of_unknown_films_alone_are_refused() -> None:
    unknown = replace(taste_ratings(3), movie_id=np.full_like(taste_ratings(3).movie_id, 999_999))
    with pytest.raises(TrainingError, match="no ratings"):
        RatingMatrix.build(unknown, taste_vocabulary())


def test_nobody_to_calibrate_on_is_said() -> None:
    nobody = Interactions(
        person=np.zeros(0, np.int32),
        movie_id=np.zeros(0, np.int32),
        rating=np.zeros(0, np.float32),
        timestamp=np.zeros(0, np.int64),
        person_keys=[],
    )
    config = replace(CONFIG, calibration_share=0.0)
    with pytest.raises(TrainingError, match="validation_fraction"):
        fit_rating_head(taste_ratings(), nobody, taste_vocabulary(), taste_vectors(), config)


def test_taste_of_somebody_new_is_read_from_a_few_stars(head: RatingHead) -> None:
    even, odd = films(2, 4, 6, 8), films(1, 3, 5, 7)
    past, given = np.concatenate([even, odd]), stars(*[5.0] * 4, *[1.0] * 4)
    asked = films(20, 21)
    fond = head.predict(past, given, asked).expected
    averse = head.predict(past, 6 - given, asked).expected
    assert fond[0] > fond[1] + 1
    assert averse[1] > averse[0] + 1


def test_head_beats_biases_on_people_never_seen(head: RatingHead) -> None:
    ratings = RatingMatrix.build(taste_ratings(seed=1), taste_vocabulary())
    asked = ask_last(taste_ratings(80, seed=3), taste_vocabulary())
    ours = describe(answer_with_head(head, asked))
    validation = ask_along(taste_ratings(60, seed=2), taste_vocabulary(), cuts=2, seed=0)
    for predictor in (global_mean(ratings), tune_bias_predictor(ratings, validation)):
        theirs = describe(answer_with(predictor, asked, 1.0, shares_of_halves(head, asked)))
        assert ours["rmse"] < 0.8 * theirs["rmse"]
        assert ours["log_likelihood"] > theirs["log_likelihood"]


def test_intervals_hold_as_often_as_they_say(head: RatingHead) -> None:
    asked = ask_along(taste_ratings(200, seed=4), taste_vocabulary(), cuts=3, seed=5)
    coverage = describe(answer_with_head(head, asked))["coverage"]
    assert coverage["50%"] == pytest.approx(0.5, abs=0.06)
    assert coverage["80%"] == pytest.approx(0.8, abs=0.05)
    assert coverage["90%"] == pytest.approx(0.9, abs=0.04)


def test_training_with_one_seed_gives_one_head(head: RatingHead) -> None:
    people = taste_ratings(seed=1), taste_ratings(60, seed=2)
    again = fit_rating_head(*people, taste_vocabulary(), taste_vectors(), CONFIG)
    np.testing.assert_array_equal(again.loadings, head.loadings)
    np.testing.assert_array_equal(again.stretch, head.stretch)


def test_stretch_of_synthetic_errors_is_their_quantile() -> None:
    errors = np.linspace(0, 1, 1001)
    lengths = np.where(np.arange(1001) % 2, 0, 50)
    few, some, many, most = fit_stretch(errors, lengths).T
    np.testing.assert_allclose(few, LEVELS, atol=0.01)
    np.testing.assert_allclose(many, LEVELS, atol=0.01)
    np.testing.assert_allclose(some, LEVELS, atol=0.01)  # nobody there: those of all
    np.testing.assert_array_equal(most, some)


def test_calibration_finds_how_noisy_stars_are() -> None:
    """Films are known exactly; only the scale of the noise is wrong by a factor of four."""
    rng = np.random.default_rng(0)
    size = 400
    given = np.clip(np.round((3.2 + 0.4 * rng.normal(size=size)) * 2) / 2, 0.5, 5)
    people = Interactions(
        person=np.repeat(np.arange(20, dtype=np.int32), 20),
        movie_id=np.full(size, 10, np.int32),
        rating=given.astype(np.float32),
        timestamp=np.arange(size, dtype=np.int64),
        person_keys=[("noise", number) for number in range(20)],
    )
    rows = len(taste_vocabulary())
    factors = RatingFactors(
        3.2,
        np.zeros(rows, np.float32),
        np.full((rows, 1), 0.05, np.float32),
        np.full(rows, 0.64, np.float32),
        np.zeros(rows, np.float32),
        np.zeros((rows, 1), np.float32),
    )
    questions = ask_along(people, taste_vocabulary(), cuts=4, seed=0)
    before = Calibration(factors)
    likelihood = float(before.log_likelihood(next(make_batches(questions))).detach())
    scales = calibrate(factors, questions, RatingConfig())
    head = scales.head(factors, taste_vocabulary().movie_ids, {})
    forecast = head.predict(films(*[1] * 10), stars(*[3.0, 3.5] * 5), films(1))
    assert scales.log_likelihood > likelihood + 0.1
    assert forecast.deviation[0] == pytest.approx(given.std(), abs=0.1)


def test_torch_and_numpy_predict_the_same(head: RatingHead) -> None:
    factors = fit_factors(taste_ratings(seed=1), taste_vocabulary(), taste_vectors(), CONFIG)
    calibration = Calibration(factors)
    with torch.no_grad():  # away from the start, so that every parameter plays its part
        for parameter in calibration.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    generosity = float(calibration.log_generosity.detach().exp())
    scales = Scales(calibration.scales(), generosity, head.stretch, 0.0)
    served = scales.head(factors, taste_vocabulary().movie_ids, {})
    questions = ask_along(taste_ratings(20, seed=6), taste_vocabulary(), cuts=3, seed=1)
    questions.sort(key=lambda question: len(question.history))
    assert len(questions[0].history) == 0
    [batch] = make_batches(questions)
    in_torch = calibration(batch).detach().numpy()
    for question, rows in zip(questions, in_torch, strict=True):
        in_numpy = served.predict(question.history, question.stars, question.targets).probabilities
        # Tables are kept as float16.
        np.testing.assert_allclose(rows[: len(in_numpy)], in_numpy, atol=2e-3)


def test_choices_alone_speak_for_a_taste() -> None:
    """Whoever watches mostly even films has the first factor, whoever watches odd ones has not."""
    rng = np.random.default_rng(0)
    side = rng.choice([-1.0, 1.0], 200)
    seen = [2 * rng.integers(1, 20, 15) + (0 if taste > 0 else 1) for taste in side]
    ratings = RatingMatrix(
        person=np.repeat(np.arange(200), 15),
        item=np.concatenate(seen),
        stars=np.full(3000, 4.0, np.float32),
        num_people=200,
        num_items=len(taste_vocabulary()),
    )
    means = np.stack([np.zeros(200), side], axis=1).astype(np.float32)
    leaning = fit_leaning(ratings, means, taste_vectors(), CONFIG)
    assert leaning.shape == (len(taste_vocabulary()), 2)
    assert leaning[2::2, 1].min() > 0 > leaning[3::2, 1].max()
    np.testing.assert_allclose(leaning[:, 0], 0, atol=1e-6)
    np.testing.assert_array_equal(leaning[0], 0)


def test_vectors_are_centred_where_viewers_look() -> None:
    vectors = np.array([[9, 9], [2, 0], [0, 1]], dtype=np.float32)
    centred = centre_vectors(vectors, np.array([0, 3, 1]))
    expected = np.array([[0, 0], [0.25, -0.25], [-0.75, 0.75]])
    np.testing.assert_allclose(centred, expected)


def test_world_of_equal_stars_is_predicted_and_stays_finite() -> None:
    same = taste_ratings(60)
    same = replace(same, rating=np.full_like(same.rating, 5.0))
    head = fit_rating_head(same, same, taste_vocabulary(), taste_vectors(), CONFIG)
    forecast = head.predict(films(1, 2), stars(5, 5), films(0, 3))
    assert np.isfinite(forecast.probabilities).all()
    assert forecast.expected[1] == pytest.approx(5.0, abs=0.05)
    assert forecast.probability_of_liking[1] > 0.95


def test_too_few_people_are_refused() -> None:
    few = taste_ratings(40, seed=1)
    config = replace(CONFIG, calibration_share=0.999999)
    with pytest.raises(TrainingError, match="too few"):
        fit_rating_head(few, few, taste_vocabulary(), taste_vectors(), config)


def test_bias_predictor_by_hand() -> None:
    ratings = matrix((0, 1, 5.0), (0, 2, 3.0))
    predictor = bias_predictor(ratings, user_shrinkage=1.0, item_shrinkage=1e9)
    [question] = ask_last(_one_person(5.0, *[3.0] * 5), taste_vocabulary())
    # One rating, one star above the mean of four, with one of shrinkage: half a star.
    np.testing.assert_allclose(predictor.expect(question)[:1], 4.5)


def _one_person(*given: float) -> Interactions:
    size = len(given)
    return Interactions(
        person=np.zeros(size, np.int32),
        movie_id=np.full(size, 10, np.int32),
        rating=np.array(given, np.float32),
        timestamp=np.arange(size, dtype=np.int64),
        person_keys=[("one", 1)],
    )
