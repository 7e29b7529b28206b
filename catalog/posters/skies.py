"""Motifs of light and distance, for films of other worlds."""

from catalog.posters.dice import Dice
from catalog.posters.palettes import Palette


def draw_horizon(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a striped sun that sets behind a plain of grid lines."""
    x, y, radius = w / 2, h * dice.between(0.58, 0.68), w * dice.between(0.24, 0.32)
    cuts = "".join(
        f'<rect y="{y - radius + radius * (0.5 + 0.26 * row):.0f}" width="{w:.0f}" '
        f'height="{3 + 2 * row}" fill="{ink.ground}"/>'
        for row in range(6)
    )
    lines = "".join(
        f'<path d="M{x + spoke * 16:.0f} {y:.0f}L{x + spoke * 96:.0f} {h:.0f}"/>'
        for spoke in range(-10, 11)
    )
    for row in range(1, 8):
        lines += f'<path d="M0 {y + (h - y) * (row / 7) ** 2:.0f}H{w:.0f}"/>'
    return (
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{ink.second}"/>{cuts}'
        f'<rect y="{y:.0f}" width="{w:.0f}" height="{h - y:.0f}" fill="{ink.ground}"/>'
        f'<g stroke="{ink.first}" stroke-width="2">{lines}<path d="M0 {y:.0f}H{w:.0f}"/></g>'
    )


def draw_beam(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a saucer and the beam that falls from it."""
    x, y, spread = w * dice.between(0.35, 0.65), h * 0.3, dice.between(64, 110)
    stars = "".join(
        f'<circle cx="{dice.roll() * w:.0f}" cy="{dice.roll() * h * 0.8:.0f}" '
        f'r="{dice.between(0.6, 2.0):.1f}"/>'
        for _ in range(30)
    )
    left, right = f"{x - 22:.0f},{y:.0f} {x + 22:.0f},{y:.0f}", f"{x + spread:.0f},{h:.0f}"
    beam = f"{left} {right} {x - spread:.0f},{h:.0f}"
    return (
        f'<g fill="{ink.ink}">{stars}</g>'
        f'<polygon points="{beam}" fill="{ink.second}" opacity=".85"/>'
        f'<g transform="translate({x:.0f} {y:.0f})"><path d="M-34-14a34 30 0 0 1 68 0z" '
        f'fill="{ink.third}"/><ellipse rx="78" ry="17" fill="{ink.first}"/><g fill="{ink.ground}">'
        '<circle cx="-44" r="4"/><circle cx="-15" cy="5" r="4"/><circle cx="15" cy="5" r="4"/>'
        '<circle cx="44" r="4"/></g></g>'
    )


def draw_eclipse(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw one world passing before another, rims of light around both."""
    x, y, radius = w / 2, h * dice.between(0.44, 0.56), min(w, h) * dice.between(0.32, 0.4)
    lean = dice.between(-0.5, 0.5) * radius
    haloes = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius + 26 * ring:.0f}" fill="{ink.first}" '
        'opacity=".28"/>'
        for ring in (4, 3, 2, 1)
    )
    return (
        f'{haloes}<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{ink.second}"/>'
        f'<circle cx="{x + lean:.0f}" cy="{y + radius * 0.16:.0f}" r="{radius * 0.93:.0f}" '
        f'fill="{ink.ground}"/><circle cx="{x - radius:.0f}" cy="{y - radius * 0.6:.0f}" r="11" '
        f'fill="{ink.third}"/>'
    )
