"""The plots of the statistics page, as its template draws them."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.templatetags.movies import format_stars
from recommender.plots import BarPlot, draw_bars, draw_lengths, place_stars
from recommender.taste.hindsight import CalibrationBin, Hindsight
from recommender.taste.stats import GenreStats, RatingStats

# A first month as late as this leaves no room for its year before the next.
LATE = 10
# The plane on which predictions stand against stars, and the room for what is written beside it.
SIDE = 300
MARGIN = 36
EDGE = 14


@dataclass(frozen=True, slots=True)
class GenreRow:
    """A genre's row: its statistics, its name in the reader's language, its bar of a thousand."""

    stats: GenreStats
    name: str
    length: int


@dataclass(frozen=True, slots=True)
class StatsPlots:
    """The plots of what was rated."""

    stars: BarPlot
    decades: BarPlot
    months: BarPlot
    genres: list[GenreRow]


@dataclass(frozen=True, slots=True)
class AxisTick:
    """A mark of both axes: how far along each it stands, and what is written there."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A mean and what spreads around it, at whole places of the plane."""

    x: int
    y: int
    low: int
    high: int
    radius: int


@dataclass(frozen=True, slots=True)
class PredictionPlot:
    """Stars given over stars predicted, on a plane of `side` beside a `margin`."""

    points: list[tuple[CalibrationBin, Point]]
    ticks: list[AxisTick]
    side: int = SIDE
    margin: int = MARGIN
    edge: int = EDGE
    whole: int = SIDE + MARGIN
    width: int = SIDE + MARGIN + EDGE


def plot_stats(stats: RatingStats) -> StatsPlots:
    """Return the plots of somebody's statistics."""
    stars = [
        (format_stars(half), f"{half:g}" if half % 1 == 0 else "", count, None)
        for half, count in stats.stars
    ]
    decades = [
        (_("%(year)ds") % {"year": year}, f"’{year % 100:02}", share.count, share.mean)
        for year, share in stats.decades
    ]
    months = [
        (
            date_format(day, "F Y"),
            str(day.year) if day.month == 1 or (place == 0 and day.month < LATE) else "",
            share.count,
            share.mean,
        )
        for place, (day, share) in enumerate(stats.months)
    ]
    lengths = draw_lengths([genre.share.count for genre in stats.genres])
    genres = [
        GenreRow(genre, _(genre.name), length)
        for genre, length in zip(stats.genres, lengths, strict=True)
    ]
    return StatsPlots(draw_bars(stars), draw_bars(decades), draw_bars(months), genres)


def plot_predictions(hindsight: Hindsight) -> PredictionPlot:
    """Return what was given over what was predicted."""
    most = max(one.count for one in hindsight.bins)
    points = [(one, _place_point(one, most=most)) for one in hindsight.bins]
    ticks = [
        AxisTick(_place_across(number), _place_up(number), str(number)) for number in range(1, 6)
    ]
    return PredictionPlot(points, ticks)


def _place_point(one: CalibrationBin, *, most: int) -> Point:
    """Return where a bin's mean stands; its area grows with the count."""
    return Point(
        x=_place_across(one.predicted),
        y=_place_up(one.given),
        low=_place_up(one.low),
        high=_place_up(one.high),
        radius=round(4 + 8 * (one.count / most) ** 0.5),
    )


def _place_across(stars: float) -> int:
    return MARGIN + place_stars(stars, length=SIDE)


def _place_up(stars: float) -> int:
    return SIDE - place_stars(stars, length=SIDE)
