"""Motifs made of plain shapes. Each fills a box of w × h from its corner with three colours."""

from math import cos, pi, sin, tau

from catalog.posters.dice import Dice
from catalog.posters.palettes import Palette


def draw_rings(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw circles around one point, each in the next colour."""
    x, y = dice.between(0.3, 0.7) * w, dice.between(0.4, 0.6) * h
    step = dice.between(16, 26)
    radius = step * round(max(w, h) * 0.72 / step)
    parts, turn = [], 0
    while radius > 4:
        colour = (ink.first, ink.ground, ink.second, ink.ground)[turn % 4]
        parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{colour}"/>')
        radius, turn = radius - step, turn + 1
    return "".join(parts) + f'<circle cx="{x:.0f}" cy="{y:.0f}" r="9" fill="{ink.third}"/>'


def draw_rays(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a burst of beams from a point on the lower edge or within."""
    x, y = dice.between(0.2, 0.8) * w, dice.pick((0.55, 0.75, 1.0)) * h
    count = dice.pick((18, 24, 30))
    parts = []
    for beam in range(count):
        start, end = tau * beam / count, tau * (beam + 0.5) / count
        points = " ".join(f"{x + 700 * cos(a):.0f},{y + 700 * sin(a):.0f}" for a in (start, end))
        colour = ink.second if beam % 3 == 0 else ink.first
        parts.append(f'<polygon points="{x:.0f},{y:.0f} {points}" fill="{colour}"/>')
    radius = dice.between(38, 64)
    return (
        "".join(parts) + f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{ink.third}"/>'
    )


def draw_slant(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw slanted bands that cross the whole box."""
    lean, x, parts = dice.pick((-1, 1)) * dice.between(90, 190), -220.0, []
    while x < w + 220:
        band = dice.between(10, 58)
        colour = dice.pick((ink.first, ink.first, ink.second, ink.third))
        points = f"{x:.0f},0 {x + band:.0f},0 {x + band + lean:.0f},{h:.0f} {x + lean:.0f},{h:.0f}"
        parts.append(f'<polygon points="{points}" fill="{colour}"/>')
        x += band + dice.between(6, 26)
    return "".join(parts)


def draw_blinds(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw light through window blinds, thrown across a wall."""
    lean, slats = dice.between(-70, 70), dice.pick((8, 10, 12))
    left, right, step = dice.between(0.05, 0.25) * w, dice.between(0.75, 0.95) * w, h / slats
    parts = [f'<rect width="{w:.0f}" height="{h:.0f}" fill="{ink.third}"/>']
    for slat in range(-2, slats + 3):
        y, thick = slat * step, step * 0.56
        points = (
            f"{left:.0f},{y:.0f} {right:.0f},{y + lean:.0f} "
            f"{right:.0f},{y + lean + thick:.0f} {left:.0f},{y + thick:.0f}"
        )
        parts.append(f'<polygon points="{points}" fill="{ink.first}"/>')
    x, y = dice.between(0.36, 0.64) * w, h * 0.48
    parts.append(
        f'<g fill="{ink.second}" transform="translate({x:.0f} {y:.0f})">'
        '<path d="M-31-16c0 44 14 62 31 62s31-18 31-62z"/>'
        '<path d="M-70-14c10-9 22-11 32-12 2-26 10-46 22-46 8 0 10 5 16 5s8-5 16-5c12 0 20 20 22 '
        "46 "
        '10 1 22 3 32 12-20 8-44 10-70 10s-50-2-70-10z"/>'
        '<path d="M-16 30h32v26c34 8 76 22 88 60v300h-208v-300c12-38 54-52 88-60z"/></g>'
    )
    return "".join(parts)


def draw_tiles(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a quilt of quarter circles, half circles and squares."""
    cell = w / dice.pick((3, 4))
    parts = []
    for row in range(int(h / cell) + 1):
        for column in range(round(w / cell)):
            x, y = column * cell, row * cell
            back, front = dice.pick(
                ((ink.first, ink.second), (ink.second, ink.third), (ink.third, ink.first))
            )
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell + 0.5:.1f}" '
                f'height="{cell + 0.5:.1f}" fill="{back}"/>'
            )
            parts.append(_draw_tile_shape(dice, front, x, y, cell))
    return "".join(parts)


def _draw_tile_shape(dice: Dice, colour: str, x: float, y: float, cell: float) -> str:
    shape = dice.pick(("quarter", "quarter", "circle", "half", "triangle"))
    middle_x, middle_y, turn = x + cell / 2, y + cell / 2, dice.pick((0, 90, 180, 270))
    if shape == "circle":
        place = f'cx="{middle_x:.1f}" cy="{middle_y:.1f}" r="{cell * 0.3:.1f}"'
        return f'<circle {place} fill="{colour}"/>'
    start, half = f"M{x:.1f} {y:.1f}h{cell:.1f}", cell / 2
    paths = {
        "quarter": f"{start}a{cell:.1f} {cell:.1f} 0 0 1 -{cell:.1f} {cell:.1f}z",
        "half": f"{start}a{half:.1f} {half:.1f} 0 0 1 -{cell:.1f} 0z",
        "triangle": f"{start}l-{cell:.1f} {cell:.1f}z",
    }
    rotation = f"rotate({turn} {middle_x:.1f} {middle_y:.1f})"
    return f'<path d="{paths[shape]}" fill="{colour}" transform="{rotation}"/>'


def draw_bubbles(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw round friendly balls, the last with a glint."""
    parts = [f'<rect width="{w:.0f}" height="{h:.0f}" fill="{ink.first}"/>']
    for number in range(dice.pick((6, 7, 9))):
        radius = dice.between(18, 84)
        x, y = dice.roll() * w, dice.roll() * h
        colour = (ink.second, ink.third, ink.ground)[number % 3]
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{colour}"/>'
            f'<circle cx="{x - radius * 0.35:.0f}" cy="{y - radius * 0.35:.0f}" '
            f'r="{radius * 0.16:.0f}" fill="#fff" opacity=".75"/>'
        )
    return "".join(parts)


def draw_confetti(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw cut paper: squiggles, dots and bars in an easy scatter."""
    parts = [f'<rect width="{w:.0f}" height="{h:.0f}" fill="{ink.first}"/>']
    for row in range(int(h / 62) + 1):
        for column in range(5):
            x = (column + dice.between(0.15, 0.85)) * w / 5
            y = (row + dice.between(0.15, 0.85)) * 62
            colour = dice.pick((ink.second, ink.third, ink.ground))
            turn = dice.between(0, 180)
            piece = dice.pick(
                (
                    f'<circle r="13" fill="{colour}"/>',
                    f'<rect x="-5" y="-22" width="10" height="44" rx="5" fill="{colour}"/>',
                    f'<path d="M-24 0q8-18 16 0t16 0 16 0" fill="none" stroke="{colour}" '
                    'stroke-width="8" stroke-linecap="round"/>',
                    f'<path d="M-16 12A16 16 0 0 1 16 12z" fill="{colour}"/>',
                )
            )
            parts.append(
                f'<g transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})">{piece}</g>'
            )
    return "".join(parts)


def draw_waves(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw rolling bands one before the other."""
    rows, length, parts = dice.pick((4, 6, 8)), dice.pick((60, 100, 150, 300)), []
    parts.append(f'<rect width="{w:.0f}" height="{h:.0f}" fill="{ink.second}"/>')
    for row in range(1, rows):
        y, shift = h * row / rows, -length * dice.roll()
        colour = (ink.first, ink.third, ink.second)[row % 3]
        crest = f"q{length / 4:.0f} {-length / 3:.0f} {length / 2:.0f} 0t{length / 2:.0f} 0"
        repeat = crest * (int(w / length) + 2)
        parts.append(
            f'<path d="M{shift:.0f} {y:.0f}{repeat}V{h + 60:.0f}H{shift:.0f}z" fill="{colour}"/>'
        )
    return "".join(parts)


def draw_discs(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw two discs that meet, their overlap in the third colour."""
    radius = min(w, h) * dice.between(0.3, 0.37)
    turn, reach = dice.between(-0.9, 0.9), radius * dice.between(0.45, 0.7)
    x, y = w / 2, h / 2
    one = (x - reach * cos(turn), y - reach * sin(turn))
    two = (x + reach * cos(turn), y + reach * sin(turn))
    return (
        f'<circle cx="{one[0]:.0f}" cy="{one[1]:.0f}" r="{radius:.0f}" fill="{ink.first}"/>'
        f'<circle cx="{two[0]:.0f}" cy="{two[1]:.0f}" r="{radius:.0f}" fill="{ink.second}"/>'
        f'<clipPath id="c"><circle cx="{one[0]:.0f}" cy="{one[1]:.0f}" r="{radius:.0f}"/>'
        "</clipPath>"
        f'<circle cx="{two[0]:.0f}" cy="{two[1]:.0f}" r="{radius:.0f}" fill="{ink.third}" '
        'clip-path="url(#c)"/>'
    )


def draw_spiral(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a spiral that falls into its middle."""
    x, y, grow, way = (
        w * dice.between(0.35, 0.65),
        h / 2,
        dice.between(3.6, 5.2),
        dice.pick((1, -1)),
    )
    points = []
    for step in range(360):
        angle = step * pi / 22
        radius = grow * angle
        points.append(f"{x + radius * cos(way * angle):.1f},{y + radius * sin(way * angle):.1f}")
    return (
        f'<rect width="{w:.0f}" height="{h:.0f}" fill="{ink.first}"/>'
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{ink.second}" '
        f'stroke-width="{grow * 2.6:.1f}"/><circle cx="{x:.0f}" cy="{y:.0f}" r="10" '
        f'fill="{ink.third}"/>'
    )


def draw_halftone(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw printed dots that grow towards one corner."""
    x, y, step, parts = dice.pick((0, w)), dice.pick((0.0, h)), 20, []
    reach = (w * w + h * h) ** 0.5
    for row in range(int(h / step) + 2):
        for column in range(int(w / step) + 2):
            at_x, at_y = (column + 0.5 * (row % 2)) * step, row * step
            away = ((at_x - x) ** 2 + (at_y - y) ** 2) ** 0.5 / reach
            radius = step * 0.72 * (1 - min(away, 1.0))
            if radius > 1:
                parts.append(f'<circle cx="{at_x:.0f}" cy="{at_y}" r="{radius:.1f}"/>')
    big = dice.between(0.24, 0.32) * w
    return (
        f'<circle cx="{w - x * 0.7 - w * 0.15:.0f}" cy="{h - y * 0.7 - h * 0.15:.0f}" '
        f'r="{big:.0f}" fill="{ink.second}"/><g fill="{ink.first}">{"".join(parts)}</g>'
    )


def draw_bars(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw upright bars, an equaliser or a row of organ pipes."""
    count = dice.pick((7, 9, 12))
    step, parts = w / count, []
    for bar in range(count):
        tall = h * (0.3 + 0.6 * abs(sin(bar * dice.between(0.5, 0.7) + dice.roll())))
        colour = (ink.first, ink.second, ink.first, ink.third)[bar % 4]
        parts.append(
            f'<rect x="{bar * step + 3:.1f}" y="{h - tall:.0f}" width="{step - 6:.1f}" '
            f'height="{tall + 40:.0f}" rx="{step / 2 - 3:.1f}" fill="{colour}"/>'
        )
    return "".join(parts)


def draw_chevrons(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a column of chevrons, as on a sleeve."""
    way, step, thick, parts = dice.pick((1, -1)), h / dice.pick((4, 5, 6)), 0.52, []
    for row in range(-2, 9):
        y = row * step
        rise = way * w * 0.26
        colour = (ink.first, ink.second, ink.first, ink.third)[row % 4]
        parts.append(
            f'<path d="M0 {y:.0f}L{w / 2:.0f} {y - rise:.0f} {w:.0f} {y:.0f}v{step * thick:.0f}'
            f'L{w / 2:.0f} {y - rise + step * thick:.0f} 0 {y + step * thick:.0f}z" '
            f'fill="{colour}"/>'
        )
    return "".join(parts)
