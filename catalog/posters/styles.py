"""Which face, motifs and setting belong to which genre."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.text import slugify

from catalog.posters import geometric, scenic, skies
from catalog.posters.dice import Dice
from catalog.posters.palettes import Palette

Motif = Callable[[Dice, Palette, float, float], str]


@dataclass(frozen=True, slots=True)
class Style:
    """How the posters of one genre are set."""

    faces: tuple[str, ...]
    motifs: tuple[Motif, ...]
    is_stacked: bool = False
    gap: float = 0.16


STYLES = {
    "film-noir": Style(
        ("limelight",), (geometric.draw_blinds, scenic.draw_steps, scenic.draw_city), gap=0.32
    ),
    "western": Style(("rye",), (scenic.draw_mesa, geometric.draw_rays, scenic.draw_road), gap=0.26),
    "horror": Style(
        ("sixcaps", "league"),
        (scenic.draw_eye, scenic.draw_claws, scenic.draw_forest, geometric.draw_spiral),
        is_stacked=True,
        gap=0.1,
    ),
    "animation": Style(
        ("fredoka", "shrikhand"),
        (geometric.draw_bubbles, geometric.draw_tiles, scenic.draw_peaks, geometric.draw_waves),
        gap=0.34,
    ),
    "musical": Style(
        ("limelight", "shrikhand"),
        (geometric.draw_bars, geometric.draw_rays, geometric.draw_discs),
        gap=0.34,
    ),
    "war": Style(
        ("stencil",), (geometric.draw_chevrons, scenic.draw_peaks, geometric.draw_slant), gap=0.2
    ),
    "documentary": Style(
        ("archivo",), (geometric.draw_halftone, scenic.draw_frame, geometric.draw_rings), gap=0.4
    ),
    "sci-fi": Style(
        ("michroma",),
        (
            scenic.draw_planet,
            scenic.draw_orbits,
            skies.draw_horizon,
            skies.draw_beam,
            skies.draw_eclipse,
            geometric.draw_rings,
            geometric.draw_halftone,
        ),
        gap=0.5,
    ),
    "fantasy": Style(
        ("cinzel",), (scenic.draw_castle, scenic.draw_peaks, scenic.draw_forest), gap=0.3
    ),
    "children": Style(
        ("fredoka",),
        (geometric.draw_tiles, geometric.draw_bubbles, geometric.draw_confetti),
        gap=0.34,
    ),
    "mystery": Style(
        ("abril", "limelight"),
        (scenic.draw_keyhole, geometric.draw_rings, scenic.draw_forest, scenic.draw_steps),
        gap=0.34,
    ),
    "crime": Style(
        ("league", "anton"),
        (scenic.draw_city, geometric.draw_blinds, geometric.draw_slant, scenic.draw_road),
        is_stacked=True,
        gap=0.12,
    ),
    "romance": Style(
        ("instrument", "abril"),
        (geometric.draw_discs, geometric.draw_waves, scenic.draw_peaks, skies.draw_eclipse),
        gap=0.36,
    ),
    "action": Style(
        ("anton",),
        (geometric.draw_slant, geometric.draw_rays, scenic.draw_city, geometric.draw_chevrons),
        is_stacked=True,
        gap=0.1,
    ),
    "thriller": Style(
        ("league", "archivo"),
        (geometric.draw_spiral, geometric.draw_rings, scenic.draw_road, geometric.draw_slant),
        is_stacked=True,
    ),
    "adventure": Style(
        ("anton", "cinzel"), (scenic.draw_peaks, scenic.draw_road, geometric.draw_waves), gap=0.2
    ),
    "comedy": Style(
        ("shrikhand", "fredoka"),
        (geometric.draw_confetti, geometric.draw_waves, geometric.draw_tiles, geometric.draw_rays),
        gap=0.34,
    ),
    "drama": Style(
        ("abril", "instrument", "archivo"),
        (
            scenic.draw_steps,
            scenic.draw_road,
            geometric.draw_discs,
            geometric.draw_waves,
            scenic.draw_peaks,
            geometric.draw_halftone,
        ),
        gap=0.34,
    ),
    "none": Style(("archivo",), (scenic.draw_frame, geometric.draw_halftone), gap=0.36),
}


def find_genre_slug(genres: Iterable[str]) -> str:
    """Return the genre that says most about a film: rarer ones come first in `STYLES`."""
    slugs = {slugify(genre) for genre in genres}
    return next((slug for slug in STYLES if slug in slugs), "none")
