"""Predicting stars with numpy: against hand-computed cases, at the limits, and from the file."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.errors import ArtifactError
from recommender.ml.ratings.forecast import STARS, normal_cdf
from recommender.ml.ratings.inference import RATING_FILE, RatingHead
from tests.ml.rating_heads import films, plain_head, stars


def latent(head: RatingHead, history: list[int], given: list[float], *asked: int) -> np.ndarray:
    person = head._read_person(films(*history), stars(*given))
    centre, _ = head._predict_normal(person, films(*asked))
    return centre


def test_biases_are_those_of_a_ridge_computed_by_hand() -> None:
    # Left over: 4 - 3.5 = .5 and 5 - 4.5 = .5; generosity = 2 * .5 / (2 + 1 / .25) stars.
    generosity = 1.0 / (2 + 4)
    centre = latent(plain_head(), [1, 2], [4.0, 5.0], 1, 3, 4)
    np.testing.assert_allclose(centre, 3.5 + np.array([0, -1, 0.5]) + generosity, rtol=1e-6)


def test_without_ratings_a_film_gets_its_own_mean() -> None:
    np.testing.assert_allclose(latent(plain_head(), [], [], 1, 2, 3), [3.5, 4.5, 2.5])


def test_generosity_is_believed_entirely_after_many_ratings() -> None:
    centre = latent(plain_head(), [1] * 1000, [4.5] * 1000, 1)
    assert centre[0] == pytest.approx(4.5, abs=0.01)


def test_strong_prior_means_no_generosity() -> None:
    head = plain_head(loadings=np.full((5, 1), 1e-4, dtype=np.float32))
    assert latent(head, [1] * 50, [5.0] * 50, 1)[0] == pytest.approx(3.5, abs=1e-3)


def test_old_ratings_weigh_less_than_new_ones() -> None:
    head = plain_head(age_power=1.0, age_scale=1.0)
    rising = latent(head, [1] * 6, [2.0] * 3 + [5.0] * 3, 1)[0]
    falling = latent(head, [1] * 6, [5.0] * 3 + [2.0] * 3, 1)[0]
    assert rising > 3.5 > falling


def test_watching_alone_leans_and_stars_outweigh_it() -> None:
    leaning = np.array([[0], [2], [0], [0], [0]], dtype=np.float32)
    head = plain_head(leaning=leaning)
    # One film that leans by 2, averaged with one that says nothing: 1, times the loading of .5.
    assert latent(head, [1], [np.nan], 2)[0] == pytest.approx(4.5 + 0.5)
    assert latent(head, [], [], 2)[0] == pytest.approx(4.5)
    assert latent(head, [1] * 500, [3.5] * 500, 1)[0] == pytest.approx(3.5, abs=0.02)


def test_film_watched_without_stars_tells_nothing_of_generosity() -> None:
    head = plain_head()
    silent = head.predict(films(1, 2, 1), stars(np.nan, 5, np.nan), films(3))
    plain = head.predict(films(2), stars(5), films(3))
    np.testing.assert_array_equal(silent.probabilities, plain.probabilities)


def test_probabilities_are_the_cells_of_a_normal() -> None:
    head = plain_head(half_share=1.0)
    [row] = head.predict(films(), stars(), films(1)).probabilities
    deviation = math.sqrt(1 + 0.25)
    edges = [-math.inf, *(np.arange(0.75, 5, 0.5) - 3.5) / deviation, math.inf]
    below = [(1 + math.erf(edge / math.sqrt(2))) / 2 for edge in edges]
    np.testing.assert_allclose(row, np.diff(below), atol=1e-6)


def test_cdf_agrees_with_the_error_function() -> None:
    z = np.linspace(-8, 8, 401)
    exact = [(1 + math.erf(value / math.sqrt(2))) / 2 for value in z]
    np.testing.assert_allclose(normal_cdf(z), exact, atol=2e-7)


def test_person_who_gives_whole_stars_is_predicted_whole_stars() -> None:
    head = plain_head()
    whole = head.predict(films(*[1] * 30), stars(*[4.0] * 30), films(1)).probabilities[0]
    halves = head.predict(films(1, 2), stars(4.5, 4.0), films(1)).probabilities[0]
    assert whole[0::2].sum() < 1e-6
    assert halves[0::2].sum() > 0.4
    assert head.share_of_halves(stars()) == pytest.approx(0.25)
    # .25 * .5 against .75
    assert head.share_of_halves(stars(4.0)) == pytest.approx(1 / 7)


def test_person_who_gives_only_fives_is_predicted_high_and_never_above_five() -> None:
    forecast = plain_head().predict(films(*[1, 2, 3, 4] * 50), stars(*[5.0] * 200), films(1, 2, 3))
    low, high = forecast.interval(0.8)
    assert (forecast.expected[:2] > 4).all()
    assert (forecast.expected <= 5).all()
    assert (high <= 5).all()
    assert (low <= forecast.expected).all()


@pytest.mark.parametrize("count", [0, 1, 5, 1000, 3000])
def test_any_number_of_ratings_gives_a_distribution(count: int) -> None:
    rng = np.random.default_rng(count)
    history, given = rng.integers(1, 5, count), rng.integers(1, 11, count) / 2
    forecast = plain_head(spread_weight=12.0).predict(history, given, films(0, 1, 2, 3, 4))
    np.testing.assert_allclose(forecast.probabilities.sum(axis=1), 1, atol=1e-6)
    assert (forecast.probabilities >= 0).all()
    assert np.isfinite(forecast.deviation).all()


def test_unknown_films_of_a_history_are_left_out() -> None:
    head = plain_head()
    with_unknown = head.predict(films(0, 1, 0, 2), stars(0.5, 4, 0.5, 5), films(1, 3))
    without = head.predict(films(1, 2), stars(4, 5), films(1, 3))
    np.testing.assert_array_equal(with_unknown.probabilities, without.probabilities)


def test_unknown_film_takes_the_bias_it_is_given() -> None:
    head = plain_head()
    plain = head.predict(films(), stars(), films(0, 1))
    lifted = head.predict(films(), stars(), films(0, 1), unknown_bias=stars(1.0, 9.0))
    assert lifted.expected[0] > plain.expected[0] + 0.5
    assert lifted.expected[1] == plain.expected[1]


def test_higher_stars_never_lower_what_is_predicted() -> None:
    head = plain_head()
    means = [
        float(head.predict(films(1, 1), stars(given, given), films(2)).expected[0])
        for given in STARS[1::2]
    ]
    assert means == sorted(means)
    assert means[0] < means[-1]


def test_longer_history_narrows_the_range_and_doubt_widens_it() -> None:
    head = plain_head(doubt=np.array([0, 0, 0, 0, 2.0], dtype=np.float32))
    few = head.predict(films(1), stars(3.5), films(1, 4))
    many = head.predict(films(*[1] * 100), stars(*[3.5] * 100), films(1, 4))
    assert many.deviation[0] < few.deviation[0]
    assert few.deviation[1] > few.deviation[0]


def test_scattered_stars_widen_the_range() -> None:
    head = plain_head(spread_weight=10.0)
    steady = head.predict(films(*[1] * 40), stars(*[3.0, 4.0] * 20), films(1))
    scattered = head.predict(films(*[1] * 40), stars(*[1.0, 5.0] * 20), films(1))
    assert scattered.deviation[0] > 1.5 * steady.deviation[0]


def test_wider_levels_contain_narrower_ones() -> None:
    forecast = plain_head().predict(films(1), stars(4), films(1, 2, 3))
    ends = [forecast.interval(level) for level in (0.5, 0.8, 0.9)]
    for (low, high), (wider_low, wider_high) in pairwise(ends):
        assert (wider_low <= low).all()
        assert (wider_high >= high).all()
    with pytest.raises(KeyError):
        forecast.interval(0.33)


def test_liking_grows_with_the_film() -> None:
    forecast = plain_head().predict(films(), stars(), films(3, 1, 4, 2))
    assert np.all(np.diff(forecast.probability_of_liking) > 0)


def test_index_of_unknown_films_is_zero() -> None:
    assert plain_head().index_of([10, 15, 40, 999]).tolist() == [1, 0, 4, 0]


def test_file_gives_back_the_same_head(tmp_path: Path) -> None:
    head = plain_head(age_power=0.3, record={"people": 7})
    head.save(tmp_path / RATING_FILE)
    again = RatingHead.load(tmp_path / RATING_FILE)
    asked = films(0, 1, 2, 3, 4)
    before = head.predict(films(1, 4), stars(4.5, 2), asked)
    after = again.predict(films(1, 4), stars(4.5, 2), asked)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)
    assert after.stretch == before.stretch
    assert again.record == {"people": 7}
    assert [path.name for path in tmp_path.iterdir()] == [RATING_FILE]


@pytest.mark.parametrize("kept", [0, 10, 200, 900])
def test_truncated_file_is_named(tmp_path: Path, kept: int) -> None:
    path = tmp_path / RATING_FILE
    plain_head().save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=RATING_FILE):
        RatingHead.load_beside(tmp_path)


def test_tables_of_different_lengths_are_refused(tmp_path: Path) -> None:
    plain_head(noise=np.ones(4, dtype=np.float32)).save(tmp_path / RATING_FILE)
    with pytest.raises(ArtifactError, match="different lengths"):
        RatingHead.load(tmp_path / RATING_FILE)


def test_model_folder_without_a_head_has_none(tmp_path: Path) -> None:
    assert RatingHead.load_beside(tmp_path) is None
    with pytest.raises(ArtifactError, match="fit-ratings"):
        RatingHead.load(tmp_path / RATING_FILE)


def test_web_side_needs_neither_torch_nor_scipy() -> None:
    code = (
        "import sys, recommender.ml.ratings.inference; "
        "assert not {'torch', 'scipy'} & {name.split('.')[0] for name in sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_expected_stars_of_many_films_are_those_of_the_forecast() -> None:
    head = plain_head()
    past, given = films(1, 0, 2, 3), stars(4.0, 1.0, np.nan, 2.5)
    asked, unknown = films(0, 1, 2, 3, 4, 0), stars(0.4, 0, 0, 0, 0, -9)
    forecast = head.predict(past, given, asked, unknown_bias=unknown)
    expected = head.expect(past, given, asked, unknown_bias=unknown)
    np.testing.assert_allclose(expected, forecast.expected, rtol=1e-6)
    assert expected[-1] == 0.5
