"""Plots as numbers for SVG: whole ones, for a template would write halves as its language does."""

from collections.abc import Sequence
from dataclasses import dataclass

BAR = 100
GAP = 20
HEIGHT = 1000
# The plane on which predictions stand against stars, and the room for what is written beside it.
SIDE = 300
MARGIN = 36
EDGE = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, what it is called, how many it stands for, and their mean stars.

    `tick` is what is written below it, empty where there is no room.
    """

    label: str
    tick: str
    count: int
    mean: float | None
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Bars side by side, as wide as `width` units."""

    bars: tuple[Bar, ...]
    width: int
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Point:
    """A mean and what spreads around it, at whole places of the plane."""

    x: int
    y: int
    low: int
    high: int
    radius: int


def draw_bars(rows: Sequence[tuple[str, str, int, float | None]]) -> BarPlot:
    """Return bars of (label, tick, count, mean), the greatest as high as the plot."""
    most = max((count for _, _, count, _ in rows), default=0) or 1
    bars = []
    for place, (label, tick, count, mean) in enumerate(rows):
        # What there is can be seen, however little it is beside the greatest.
        height = max(round(HEIGHT * count / most), 12) if count else 0
        left = place * BAR + GAP // 2
        bars.append(Bar(label, tick, count, mean, left, HEIGHT - height, BAR - GAP, height))
    return BarPlot(tuple(bars), width=max(len(rows), 1) * BAR)


def draw_lengths(counts: Sequence[int]) -> list[int]:
    """Return how long the bars of a table are, of a thousand, the greatest all of it."""
    most = max(counts, default=0) or 1
    return [max(round(1000 * count / most), 6) if count else 0 for count in counts]


def place_stars(stars: float) -> int:
    """Return how far along an axis of `SIDE` so many stars stand, 0.5 to 5."""
    return round(SIDE * (stars - 0.5) / 4.5)


def draw_point(
    *, across: float, up: float, low: float, high: float, count: int, most: int
) -> Point:
    """Return the point of `across` stars foretold and `up` given; its area grows with the count."""
    return Point(
        x=MARGIN + place_stars(across),
        y=SIDE - place_stars(up),
        low=SIDE - place_stars(low),
        high=SIDE - place_stars(high),
        radius=round(4 + 8 * (count / most) ** 0.5),
    )
