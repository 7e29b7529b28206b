"""Aggregation strategies, by hand: three people, four films."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.ml.groups import STRATEGIES, add_appeal, aggregate, average_without_misery

STARS = np.array(
    [
        [5.0, 4.0, 3.5, 2.0],
        [5.0, 3.5, 3.5, 2.5],
        [2.0, 3.0, 3.5, 1.0],
    ],
    dtype=np.float32,
)


def order(values: np.ndarray) -> list[int]:
    return [int(place) for place in np.argsort(-values, kind="stable")]


def test_average_takes_the_film_two_love_and_one_hates() -> None:
    values = aggregate("average", STARS)
    assert values == pytest.approx([4.0, 3.5, 3.5, 5.5 / 3])
    assert order(values)[0] == 0


def test_least_misery_takes_the_film_nobody_minds() -> None:
    values = aggregate("least_misery", STARS)
    assert values == pytest.approx([2.0, 3.0, 3.5, 1.0])
    assert order(values) == [2, 1, 0, 3]


def test_average_without_misery_puts_miserable_films_last_by_least_misery() -> None:
    # Films 0 and 3 have somebody below 3 stars: 2 - 10 and 1 - 10.
    values = aggregate("average_without_misery", STARS)
    assert values == pytest.approx([-8.0, 3.5, 3.5, -9.0])
    assert order(values) == [1, 2, 0, 3]


def test_film_at_the_threshold_is_no_misery() -> None:
    assert average_without_misery(STARS, STARS)[1] == pytest.approx(3.5)
    lower = STARS - np.float32(0.1)
    assert average_without_misery(lower, lower)[1] == pytest.approx(-7.1)


def test_misery_is_judged_by_stars_not_by_appeal() -> None:
    suits = STARS + 2
    values = aggregate("average_without_misery", STARS, suits=suits)
    assert values == pytest.approx([-6.0, 5.5, 5.5, -7.0])


def test_appeal_is_a_quarter_of_a_star_a_standard_deviation() -> None:
    stars = np.full((1, 3), 3.0, dtype=np.float32)
    # Mean 2, deviation sqrt(2 / 3): the outer films are 1.2247 deviations off.
    relevance = np.array([[1.0, 2.0, 3.0]], dtype=np.float32)
    assert add_appeal(stars, relevance)[0] == pytest.approx([2.6938, 3.0, 3.3062], abs=1e-4)


def test_film_without_a_score_has_the_least_appeal_of_the_person() -> None:
    stars = np.full((2, 3), 3.0, dtype=np.float32)
    relevance = np.array([[1.0, 3.0, -np.inf], [-np.inf] * 3], dtype=np.float32)
    suits = add_appeal(stars, relevance)
    assert suits[0] == pytest.approx([2.75, 3.25, 2.75])
    assert suits[1] == pytest.approx([3.0, 3.0, 3.0])


def test_nobody_and_unknown_strategies_are_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        aggregate("average", STARS[:0])
    with pytest.raises(ValueError, match="least_misery"):
        aggregate("loudest", STARS)  # type: ignore[arg-type]


@given(
    arrays(np.float32, (4, 6), elements=st.floats(0.5, 5.0, width=32)),
    st.permutations(range(4)),
)
def test_who_comes_first_makes_no_difference(stars: np.ndarray, seats: list[int]) -> None:
    for strategy in STRATEGIES:
        seated = aggregate(strategy, stars[seats])
        assert seated == pytest.approx(aggregate(strategy, stars), abs=1e-5)


@given(arrays(np.float32, (3, 5), elements=st.floats(0.5, 5.0, width=32)))
def test_film_without_misery_comes_before_any_with(stars: np.ndarray) -> None:
    values = aggregate("average_without_misery", stars)
    miserable = stars.min(axis=0) < 3.0
    if miserable.any() and not miserable.all():
        assert values[~miserable].min() > values[miserable].max()
