"""Plots by hand-computed cases."""

from decimal import Decimal

import pytest

from recommender.film.plots import draw_forecast, draw_histogram
from recommender.predicting import PredictedStars

COUNTS = [0, 1, 0, 0, 0, 0, 0, 2, 4, 1]


def test_bars_are_as_high_as_their_counts() -> None:
    found = draw_histogram(COUNTS, mine=Decimal("4.0"))
    assert found is not None
    assert (found.total, found.most_given) == (8, Decimal("4.5"))
    bars = found.plot.bars
    assert [bar.count for bar in bars] == COUNTS
    assert (bars[7].height, bars[8].height) == (found.plot.height / 2, found.plot.height)
    assert [bar.percent for bar in bars if bar.count] == [12.5, 25, 50, 12.5]
    assert [bar.tick for bar in bars] == ["½", "1", "1½", "2", "2½", "3", "3½", "4", "4½", "5"]
    assert [bar.label == found.plot.marked for bar in bars].index(True) == 7


@pytest.mark.parametrize("counts", [None, [], [0] * 10])
def test_film_that_nobody_rated_has_no_plot(counts: list[int] | None) -> None:
    assert draw_histogram(counts, mine=None) is None


def test_forecast_stands_where_its_stars_are() -> None:
    found = draw_forecast(PredictedStars(2.75, 0.5, 5.0, 0.256), mine=Decimal("5.0"))
    assert (found.left, found.width, found.x) == (12, 296, 160)
    assert (found.mine_x, found.is_hit, found.liking_percent) == (308, True, 26)


@pytest.mark.parametrize(
    ("mine", "is_hit"), [("3.0", False), ("3.5", True), ("4.5", True), ("5.0", False), (None, None)]
)
def test_stars_hit_a_range_as_the_page_tells_it(mine: str | None, is_hit: bool | None) -> None:
    given = None if mine is None else Decimal(mine)
    found = draw_forecast(PredictedStars(4.0, 3.46, 4.54), mine=given)
    assert found.is_hit is is_hit


def test_forecast_without_a_range_claims_none() -> None:
    found = draw_forecast(PredictedStars(4.0), mine=Decimal("4.0"))
    assert (found.left, found.width, found.is_hit, found.liking_percent) == (None,) * 4
