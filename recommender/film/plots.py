"""Plots of the page of a film, computed on the server: sizes for SVG, and the same as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from recommender.predicting import PredictedStars

# In units of the drawings.
BAR_WIDTH, BAR_STEP, PLOT_HEIGHT = 26, 32, 96
LEAST_BAR = 1.5
TRACK_LEFT, TRACK_WIDTH = 12, 296


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave these stars; `x`, `y` and `height` place it in the drawing."""

    stars: Decimal
    label: str
    count: int
    percent: float
    x: int
    y: float
    height: float
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the stars of a film spread: ten bars, and the stars that most gave."""

    bars: tuple[Bar, ...]
    total: int
    most_given: Decimal


def draw_histogram(counts: Sequence[int] | None, *, mine: Decimal | None) -> Histogram | None:
    """Return the plot of ten counts, from half a star to five; None where nobody rated."""
    if not counts or not sum(counts):
        return None
    total, highest = sum(counts), max(counts)
    bars = []
    for place, count in enumerate(counts):
        stars = Decimal(place + 1) / 2
        height = max(PLOT_HEIGHT * count / highest, LEAST_BAR)
        bars.append(
            Bar(
                stars=stars,
                label=_label(stars),
                count=count,
                percent=100 * count / total,
                x=place * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2,
                y=round(PLOT_HEIGHT - height, 1),
                height=round(height, 1),
                is_mine=stars == mine,
            )
        )
    return Histogram(tuple(bars), total, bars[list(counts).index(highest)].stars)


def _label(stars: Decimal) -> str:
    """Return the stars as an axis has them: "½", "1", "1½"."""
    whole, half = divmod(stars, 1)
    return f"{int(whole) or ''}{'½' if half else ''}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A whole number of stars on the track."""

    stars: int
    x: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Foretold stars on a track from half a star to five; None in `left` where no range is known.

    `is_hit` says whether the stars that were given lie in the range, None where that is open.
    """

    stars: PredictedStars
    x: float
    left: float | None
    width: float | None
    mine: Decimal | None
    mine_x: float | None
    is_hit: bool | None
    liking_percent: int | None

    ticks = tuple(
        Tick(stars, round(TRACK_LEFT + TRACK_WIDTH * (stars - 0.5) / 4.5, 1))
        for stars in range(1, 6)
    )


def draw_forecast(stars: PredictedStars, *, mine: Decimal | None) -> Forecast:
    """Return foretold stars as they are drawn, beside those that were given, if any."""
    left = width = is_hit = None
    if stars.low is not None and stars.high is not None:
        left = _place(stars.low)
        width = round(_place(stars.high) - left, 1)
        if mine is not None:
            is_hit = _is_within(float(mine), stars.low, stars.high)
    return Forecast(
        stars=stars,
        x=_place(stars.expected),
        left=left,
        width=width,
        mine=mine,
        mine_x=None if mine is None else _place(float(mine)),
        is_hit=is_hit,
        liking_percent=None if stars.liking is None else round(100 * stars.liking),
    )


def _is_within(mine: float, low: float, high: float) -> bool:
    """Whether stars lie in a range as the page tells it, to one place."""
    return round(low, 1) <= mine <= round(high, 1)


def _place(stars: float) -> float:
    return round(TRACK_LEFT + TRACK_WIDTH * (stars - 0.5) / 4.5, 1)
