"""Sets lines of text as outlines, so that a poster looks the same on every machine.

Sizes are the em in poster units; a line's height is its capitals' height.
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Literal

from django.utils.html import escape

FACES_DIR = Path(__file__).parent / "faces"
UNITS = 1000
MAX_LINES = 6
SMALL_WORDS = frozenset({"the", "a", "an", "of the", "and the", "in the", "of", "and"})

Alignment = Literal["left", "centre"]


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface as outlines: thousandths of an em, y down."""

    cap_height: int
    glyphs: dict[str, tuple[int, str]]
    kerning: dict[str, int]

    @property
    def has_lower_case(self) -> bool:
        """Whether it has letters of lower case."""
        return "a" in self.glyphs

    def prepare(self, text: str) -> str | None:
        """Return the text in letters this face has, or None where it cannot be written in it."""
        text = text if self.has_lower_case else text.upper()
        letters = [self._find_letter(letter) for letter in text]
        return None if None in letters else "".join(filter(None, letters))

    def _find_letter(self, letter: str) -> str | None:
        if letter in self.glyphs:
            return letter
        plain = "".join(x for x in unicodedata.normalize("NFKD", letter) if x in self.glyphs)
        return plain or (" " if unicodedata.category(letter).startswith(("P", "S", "Z")) else None)

    def measure(self, text: str) -> float:
        """Return the width of the text in ems."""
        advances = sum(self.glyphs[letter][0] for letter in text)
        kerns = sum(self.kerning.get(first + second, 0) for first, second in pairwise(text))
        return (advances + kerns) / UNITS


@lru_cache(maxsize=32)
def load_face(name: str) -> Face:
    """Read one of the committed faces."""
    data = json.loads((FACES_DIR / f"{name}.json").read_text(encoding="utf-8"))
    glyphs = {letter: (advance, path) for letter, (advance, path) in data["glyphs"].items()}
    return Face(data["cap_height"], glyphs, data["kerning"])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text at its size."""

    text: str
    size: float
    height: float
    width: float


def _break_lines(words: list[str], count: int) -> Iterator[list[str]]:
    for cuts in combinations(range(1, len(words)), count - 1):
        bounds = [0, *cuts, len(words)]
        yield [" ".join(words[start:end]) for start, end in pairwise(bounds)]


def _set_lines(
    face: Face, texts: list[str], *, width: float, height: float, gap: float, is_stacked: bool
) -> list[Line]:
    """Scale the lines into the box; stacked ones each fill its width where the height allows."""
    cap = face.cap_height / UNITS
    widths = [max(face.measure(text), 0.01) for text in texts]
    sizes = [width / each for each in widths]
    sizes = _balance_sizes(texts, sizes) if is_stacked else [min(sizes)] * len(texts)
    room = height / (sum(sizes) * cap + gap * max(sizes) * cap * (len(texts) - 1))
    sizes = [size * min(1.0, room) for size in sizes]
    return [
        Line(text, size, size * cap, each * size)
        for text, size, each in zip(texts, sizes, widths, strict=True)
    ]


def _balance_sizes(texts: list[str], sizes: list[float]) -> list[float]:
    """Keep short lines from shouting, and set a line that is a mere article small."""
    words = [size for text, size in zip(texts, sizes, strict=True) if not _is_small(text)]
    smallest = min(words or sizes)
    return [
        min(size, (0.5 if words and _is_small(text) else 1.75) * smallest)
        for text, size in zip(texts, sizes, strict=True)
    ]


def _is_small(text: str) -> bool:
    return text.lower() in SMALL_WORDS


def fit_lines(
    face: Face, text: str, *, width: float, height: float, gap: float, is_stacked: bool
) -> list[Line]:
    """Break and scale the text so that it fills as much of the box as it can."""
    words = text.split()[:14]
    best: list[Line] = []
    best_score = -1.0
    for count in range(1, min(MAX_LINES, len(words)) + 1):
        for texts in _break_lines(words, count):
            lines = _set_lines(
                face, texts, width=width, height=height, gap=gap, is_stacked=is_stacked
            )
            score = min(
                line.size for line in lines if not _is_small(line.text) or len(lines) == 1
            ) * (sum(line.width * line.height for line in lines) ** 0.25)
            if score > best_score:
                best, best_score = lines, score
    return best


def draw_line(face: Face, line: Line, *, x: float, baseline: float) -> str:
    """Return the line as SVG paths, its left end at x."""
    scale = line.size / UNITS
    parts, at, before = [], 0, ""
    for letter in line.text:
        advance, path = face.glyphs[letter]
        at += face.kerning.get(before + letter, 0)
        if path:
            parts.append(f'<path transform="translate({at})" d="{path}"/>')
        at, before = at + advance, letter
    transform = f"translate({x:.1f} {baseline:.1f}) scale({scale:.4f})"
    return f'<g transform="{transform}">{"".join(parts)}</g>'


def draw_lines(
    face: Face, lines: list[Line], *, x: float, y: float, width: float, gap: float, align: Alignment
) -> str:
    """Return the lines as SVG, top of the first capitals at y."""
    parts = []
    for line in lines:
        y += line.height
        left = x if align == "left" else x + (width - line.width) / 2
        parts.append(draw_line(face, line, x=left, baseline=y))
        y += gap * max(each.height for each in lines)
    return "".join(parts)


def measure_height(lines: list[Line], *, gap: float) -> float:
    """Return the height of the lines with the gaps between them."""
    tallest = max((line.height for line in lines), default=0.0)
    return sum(line.height for line in lines) + gap * tallest * max(len(lines) - 1, 0)


def draw_system_text(text: str, *, x: float, y: float, size: float) -> str:
    """Return text in the viewer's own font, for scripts that no face here has."""
    step = 12
    rows = [text[start : start + step] for start in range(0, min(len(text), 48), step)]
    spans = "".join(
        f'<tspan x="{x:.0f}" dy="{size * 1.15:.0f}">{escape(row)}</tspan>' for row in rows
    )
    return f'<text y="{y:.0f}" font-size="{size:.0f}" font-family="sans-serif">{spans}</text>'
