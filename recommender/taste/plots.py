"""The plots of the statistics page, as its template draws them."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.templatetags.movies import format_stars
from recommender.plots import (
    EDGE,
    MARGIN,
    SIDE,
    BarPlot,
    Point,
    draw_bars,
    draw_lengths,
    draw_point,
    place_stars,
)
from recommender.taste.hindsight import Calibration, Hindsight
from recommender.taste.stats import GenreStats, RatingStats

# A first month as late as this leaves no room for its year before the next.
LATE = 10


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
class Tick:
    """A mark of both axes: how far along each it stands, and what is written there."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class PredictionPlot:
    """Stars given over stars foretold, on a plane of `side` beside a `margin`."""

    points: list[tuple[Calibration, Point]]
    ticks: list[Tick]
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
    """Return what was given over what was foretold."""
    most = max(one.count for one in hindsight.bins)
    points = [
        draw_point(
            across=one.predicted,
            up=one.given,
            low=one.low,
            high=one.high,
            count=one.count,
            most=most,
        )
        for one in hindsight.bins
    ]
    ticks = [
        Tick(MARGIN + place_stars(number), SIDE - place_stars(number), str(number))
        for number in range(1, 6)
    ]
    return PredictionPlot(list(zip(hindsight.bins, points, strict=True)), ticks)
