"""Plots as numbers for SVG: whole ones, for a template would write halves as its language does."""

from collections.abc import Sequence
from dataclasses import dataclass

BAR = 100
GAP = 20
HEIGHT = 1000
# One bar alone is no wall: it is as wide as if there were so many, amid its own place.
LEAST_PLACES = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, what it is called, how many it stands for, and their mean stars.

    `tick` is what is written below it, empty where there is no room; `percent` is its share of all.
    """

    label: str
    tick: str
    count: int
    percent: float
    mean: float | None
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Bars side by side, as wide as `width` units; `marked` is the label of one to stand out."""

    bars: tuple[Bar, ...]
    width: int
    marked: str = ""
    height: int = HEIGHT


def draw_bars(rows: Sequence[tuple[str, str, int, float | None]], *, marked: str = "") -> BarPlot:
    """Return bars of (label, tick, count, mean), the greatest as high as the plot."""
    counts = [count for _, _, count, _ in rows]
    most, total = max(counts, default=0) or 1, sum(counts) or 1
    thickness = (BAR - GAP) * min(len(rows), LEAST_PLACES) // LEAST_PLACES
    bars = []
    for place, (label, tick, count, mean) in enumerate(rows):
        # What there is can be seen, however little it is beside the greatest.
        height = max(round(HEIGHT * count / most), 12) if count else 0
        bars.append(
            Bar(
                label=label,
                tick=tick,
                count=count,
                percent=100 * count / total,
                mean=mean,
                x=place * BAR + (BAR - thickness) // 2,
                y=HEIGHT - height,
                width=thickness,
                height=height,
            )
        )
    return BarPlot(tuple(bars), width=max(len(rows), 1) * BAR, marked=marked)


def draw_lengths(counts: Sequence[int]) -> list[int]:
    """Return how long the bars of a table are, of a thousand, the greatest all of it."""
    most = max(counts, default=0) or 1
    return [max(round(1000 * count / most), 6) if count else 0 for count in counts]


def place_stars(stars: float, *, length: int) -> int:
    """Return how far along an axis of this length so many stars stand, 0.5 to 5."""
    return round(length * (stars - 0.5) / 4.5)
