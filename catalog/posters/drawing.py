"""Draws the poster of a film from its title, year and genres."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.utils.html import escape

from catalog.posters.dice import Dice
from catalog.posters.lettering import (
    Alignment,
    Face,
    Line,
    draw_line,
    draw_lines,
    draw_system_text,
    fit_lines,
    load_face,
    measure_height,
)
from catalog.posters.palettes import PALETTES, Palette
from catalog.posters.styles import STYLES, Style, find_genre_slug

WIDTH, HEIGHT, MARGIN = 300.0, 450.0, 22.0
INNER = WIDTH - 2 * MARGIN
TITLE_ROOM = 176.0
CREDIT_FACE = "league"
# Part of every poster's address: raise it when the drawing changes, and browsers fetch anew.
DESIGN = 1
# One number among many under which the best-known films differ most from one another.
SALT = 4786


@dataclass(frozen=True, slots=True)
class _Title:
    main: str
    subtitle: str


def compute_poster_key(*, title: str, year: int | None, genres: Sequence[str]) -> str:
    """Return eight letters that change whenever the drawing of this film would."""
    facts = "|".join((str(DESIGN), title, str(year), *sorted(genres)))
    return blake2b(facts.encode(), digest_size=4).hexdigest()


def draw_poster(*, movie_id: int, title: str, year: int | None, genres: Sequence[str]) -> str:
    """Return the poster as an SVG document of 300 × 450 units, a few kilobytes."""
    dice = Dice(movie_id * SALT)
    slug = find_genre_slug(genres)
    style, palette = STYLES[slug], dice.pick(PALETTES[slug])
    parts = _split_title(title)
    align: Alignment = "left" if style.is_stacked or dice.roll() < 0.45 else "centre"
    is_title_low = dice.roll() < 0.68
    block, height = _set_title(parts, style, load_face(dice.pick(style.faces)), align)
    art_height = HEIGHT - height - 86.0
    art_y = 0.0 if is_title_low else HEIGHT - art_height
    title_y = art_height + 26.0 if is_title_low else 58.0
    credit_y = HEIGHT - 20.0 if is_title_low else 36.0
    motif = dice.pick(style.motifs)(dice, palette, WIDTH, art_height)
    credit = _draw_credit(year, genres, slug, align, credit_y)
    name = f"{title} ({year})" if year else title
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 450" role="img">'
        f'<title>{escape(name)}</title><rect width="300" height="450" fill="{palette.ground}"/>'
        f'<svg y="{art_y:.0f}" width="300" height="{art_height:.0f}" '
        f'viewBox="0 0 300 {art_height:.0f}" preserveAspectRatio="none">{motif}</svg>'
        f"{_draw_edge(palette, art_y, art_height)}"
        f'<g fill="{palette.ink}"><g transform="translate(0 {title_y:.1f})">{block}</g>{credit}</g>'
        "</svg>"
    )


def _split_title(title: str) -> _Title:
    """Part "Star Wars: Episode IV - A New Hope (a.k.a. …)" into its name and what follows it."""
    plain = re.sub(r"\s*\([^)]*\)", "", title).strip() or title
    main, _, subtitle = plain.partition(": ")
    if not subtitle:
        main, _, subtitle = plain.partition(" - ")
    if len(main) < 3:
        return _Title(plain, "")
    return _Title(main, subtitle)


def _set_title(title: _Title, style: Style, face: Face, align: Alignment) -> tuple[str, float]:
    """Return the lettering from y = 0 down, and its height."""
    main = face.prepare(title.main)
    if main is None or not main.strip():
        return draw_system_text(title.main, x=MARGIN, y=0, size=30), 140.0
    room = TITLE_ROOM - (34.0 if title.subtitle else 0.0)
    lines = fit_lines(
        face, main, width=INNER, height=room, gap=style.gap, is_stacked=style.is_stacked
    )
    if not style.is_stacked:
        lines = [_cap_size(line, 92.0) for line in lines]
    block = draw_lines(face, lines, x=MARGIN, y=0, width=INNER, gap=style.gap, align=align)
    height = measure_height(lines, gap=style.gap)
    return _add_subtitle(title.subtitle, block, height, align)


def _cap_size(line: Line, size: float) -> Line:
    """Keep a short title from shouting: no letter larger than `size`."""
    if line.size <= size:
        return line
    ratio = size / line.size
    return Line(line.text, size, line.height * ratio, line.width * ratio)


def _add_subtitle(text: str, block: str, height: float, align: Alignment) -> tuple[str, float]:
    face = load_face(CREDIT_FACE)
    prepared = face.prepare(text) if text else None
    if not prepared:
        return block, height
    lines = fit_lines(face, prepared, width=INNER, height=40.0, gap=0.4, is_stacked=False)
    lines = [_cap_size(line, 24.0) for line in lines]
    below = draw_lines(face, lines, x=MARGIN, y=height + 14.0, width=INNER, gap=0.4, align=align)
    return block + below, height + 14.0 + measure_height(lines, gap=0.4)


def _draw_credit(
    year: int | None, genres: Sequence[str], slug: str, align: Alignment, baseline: float
) -> str:
    """Return the small line with the year at one side and the genre at the other."""
    face = load_face(CREDIT_FACE)
    named = [genre for genre in genres if genre.lower() != "(no genres listed)"][:2]
    words = " / ".join(named) if slug != "none" else ""
    texts = [text for text in (str(year or ""), words) if text]
    parts = []
    for number, text in enumerate(texts):
        prepared = face.prepare(text) or ""
        width = face.measure(prepared) * 17.0
        x = MARGIN if number == 0 else WIDTH - MARGIN - width
        if align == "centre" and len(texts) == 1:
            x = (WIDTH - width) / 2
        line = Line(prepared, 17.0, 17.0, width)
        parts.append(draw_line(face, line, x=x, baseline=baseline))
    return f'<g opacity=".82">{"".join(parts)}</g>'


def _draw_edge(palette: Palette, art_y: float, art_height: float) -> str:
    """Return the thin rule between picture and lettering."""
    y = art_height if art_y == 0 else art_y
    return f'<rect y="{y - 1.5:.1f}" width="300" height="3" fill="{palette.ink}"/>'
