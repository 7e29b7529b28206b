"""Plots of the page of a film, computed on the server: sizes for SVG, and the same as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.templatetags.movies import format_stars
from recommender.plots import BarPlot, draw_bars, place_stars
from recommender.predicting import PredictedStars

# In units of the drawing.
TRACK_LEFT, TRACK_WIDTH = 12, 296


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the stars of a film spread: ten bars, and the stars that most gave."""

    plot: BarPlot
    total: int
    most_given: Decimal


def draw_histogram(counts: Sequence[int] | None, *, mine: Decimal | None) -> Histogram | None:
    """Return the plot of ten counts, from half a star to five; None where nobody rated."""
    if not counts or not sum(counts):
        return None
    halves = [Decimal(place) / 2 for place in range(1, len(counts) + 1)]
    rows = [
        (format_stars(stars), _make_tick(stars), count, None)
        for stars, count in zip(halves, counts, strict=True)
    ]
    return Histogram(
        plot=draw_bars(rows, marked="" if mine is None else format_stars(mine)),
        total=sum(counts),
        most_given=halves[list(counts).index(max(counts))],
    )


def _make_tick(stars: Decimal) -> str:
    """Return the stars as an axis has them: "½", "1", "1½"."""
    whole, half = divmod(stars, 1)
    return f"{int(whole) or ''}{'½' if half else ''}"


@dataclass(frozen=True, slots=True)
class StarTick:
    """A whole number of stars on the track."""

    stars: int
    x: int


@dataclass(frozen=True, slots=True)
class ForecastPlot:
    """Predicted stars on a track from half a star to five; None in `left` where no range is known.

    `is_hit` says whether the stars that were given lie in the range, None where that is open.
    """

    stars: PredictedStars
    x: int
    left: int | None
    width: int | None
    mine: Decimal | None
    mine_x: int | None
    is_hit: bool | None
    liking_percent: int | None

    @property
    def ticks(self) -> list[StarTick]:
        """The whole stars below the track."""
        return [StarTick(stars, _place(stars)) for stars in range(1, 6)]


def draw_forecast(stars: PredictedStars, *, mine: Decimal | None) -> ForecastPlot:
    """Return predicted stars as they are drawn, beside those that were given, if any."""
    left = width = is_hit = None
    if stars.low is not None and stars.high is not None:
        left = _place(stars.low)
        width = _place(stars.high) - left
        if mine is not None:
            is_hit = _is_within(float(mine), stars.low, stars.high)
    return ForecastPlot(
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


def _place(stars: float) -> int:
    return TRACK_LEFT + place_stars(stars, length=TRACK_WIDTH)
