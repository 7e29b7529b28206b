"""Motifs that show a place or a thing. Each fills a box of w × h with three colours."""

from math import cos, sin, tau

from catalog.posters.dice import Dice
from catalog.posters.palettes import Palette


def _draw_ground(colour: str, w: float, h: float) -> str:
    return f'<rect width="{w:.0f}" height="{h:.0f}" fill="{colour}"/>'


def _draw_stars(dice: Dice, colour: str, w: float, h: float, count: int) -> str:
    dots = "".join(
        f'<circle cx="{dice.roll() * w:.0f}" cy="{dice.roll() * h:.0f}" '
        f'r="{dice.between(0.6, 2.1):.1f}"/>'
        for _ in range(count)
    )
    return f'<g fill="{colour}">{dots}</g>'


def draw_planet(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a banded planet with a ring among stars."""
    x, y, radius = w * dice.between(0.35, 0.7), h * dice.between(0.42, 0.6), dice.between(72, 104)
    tilt = dice.between(-28, 28)
    bands = "".join(
        f'<rect x="{-radius:.0f}" y="{radius * at:.0f}" width="{2 * radius:.0f}" '
        f'height="{radius * dice.between(0.1, 0.24):.0f}" fill="{ink.second}"/>'
        for at in (-0.7, -0.3, 0.05, 0.45)
    )
    ring = (
        f'<path d="M{-radius * 1.7:.0f} 0A{radius * 1.7:.0f} {radius * 0.42:.0f} 0 0 0 '
        f'{radius * 1.7:.0f} 0" fill="none" stroke="{ink.third}" stroke-width="9"/>'
    )
    return (
        _draw_stars(dice, ink.ink, w, h, 46)
        + f'<g transform="translate({x:.0f} {y:.0f}) rotate({tilt:.0f})">'
        f'<clipPath id="p"><circle r="{radius:.0f}"/></clipPath><circle r="{radius:.0f}" '
        f'fill="{ink.first}"/><g clip-path="url(#p)">{bands}</g>{ring}</g>'
    )


def draw_orbits(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a sun and the paths around it, a world on each."""
    x, y, parts = w * dice.between(0.3, 0.7), h * dice.between(0.8, 1.0), []
    for number, radius in enumerate(range(70, 420, int(dice.between(38, 52)))):
        angle = -tau * dice.between(0.12, 0.4)
        colour = (ink.second, ink.third, ink.ink)[number % 3]
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius}" fill="none" stroke="{ink.second}" '
            f'stroke-width="1.5"/><circle cx="{x + radius * cos(angle):.0f}" '
            f'cy="{y + radius * sin(angle):.0f}" r="{dice.between(5, 15):.0f}" fill="{colour}"/>'
        )
    sun = f'<circle cx="{x:.0f}" cy="{y:.0f}" r="46" fill="{ink.first}"/>'
    return _draw_stars(dice, ink.ink, w, h, 26) + "".join(parts) + sun


def draw_mesa(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a low sun over flat-topped rocks."""
    x, y = w * dice.between(0.3, 0.7), h * dice.between(0.45, 0.6)
    parts = [_draw_ground(ink.first, w, h)]
    parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{w * 0.26:.0f}" fill="{ink.second}"/>')
    for base, colour in ((0.7, ink.third), (0.86, ink.ground)):
        at, path = 0.0, f"M0 {h:.0f}V{h * base:.0f}"
        while at < w:
            gap, top, rise = dice.between(20, 70), dice.between(40, 90), dice.between(24, 92)
            path += f"h{gap:.0f}l10 {-rise:.0f}h{top:.0f}l10 {rise:.0f}"
            at += gap + top + 20
        parts.append(f'<path d="{path}V{h:.0f}z" fill="{colour}"/>')
    return "".join(parts)


def draw_peaks(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw ranges of mountains under a sun or a moon."""
    x, y = w * dice.between(0.2, 0.8), h * dice.between(0.22, 0.4)
    parts = [_draw_ground(ink.first, w, h)]
    parts.append(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{dice.between(28, 54):.0f}" fill="{ink.second}"/>'
    )
    for level, (colour, seen) in enumerate(((ink.second, 0.45), (ink.third, 1), (ink.ground, 1))):
        base, at, is_up = h * (0.56 + 0.17 * level), -20.0, False
        points = f"-20,{h:.0f}"
        while at < w + 40:
            tall = dice.between(50, 110) if is_up else dice.between(-16, 8)
            points += f" {at:.0f},{base - tall:.0f}"
            at, is_up = at + dice.between(26, 60), not is_up
        parts.append(
            f'<polygon points="{points} {w + 20:.0f},{h:.0f}" fill="{colour}" opacity="{seen}"/>'
        )
    return "".join(parts)


def draw_castle(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw towers before a huge moon."""
    x, y = w / 2, h * 0.46
    parts = [_draw_ground(ink.first, w, h), _draw_stars(dice, ink.ink, w, h * 0.7, 22)]
    parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{w * 0.34:.0f}" fill="{ink.second}"/>')
    for number in range(5):
        wide, at = dice.between(26, 44), w * (0.14 + 0.18 * number)
        top = h * dice.between(0.3, 0.66)
        colour = (ink.third, ink.ground)[number % 2]
        parts.append(
            f'<path d="M{at - wide / 2:.0f} {h:.0f}V{top:.0f}h-5l{wide / 2 + 5:.0f} '
            f'{-wide * 1.5:.0f} {wide / 2 + 5:.0f} {wide * 1.5:.0f}h-5V{h:.0f}z" fill="{colour}"/>'
            f'<rect x="{at - 3:.0f}" y="{top + 20:.0f}" width="6" height="13" rx="3" '
            f'fill="{ink.second}"/>'
        )
    return "".join(parts)


def draw_eye(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a single staring eye."""
    x, y, reach = w / 2, h * dice.between(0.46, 0.56), w * dice.between(0.4, 0.46)
    open_by = reach * dice.between(0.52, 0.8)
    lashes = "".join(
        f'<path d="M{x + reach * 0.86 * (i / 6):.0f} {y - open_by * (1.05 - (i / 6) ** 2):.0f}'
        f'l{i * 5:.0f} {-34 + abs(i) * 2:.0f}" stroke="{ink.first}" stroke-width="5"/>'
        for i in range(-6, 7)
    )
    return (
        f'{lashes}<path d="M{x - reach:.0f} {y:.0f}Q{x:.0f} {y - 2 * open_by:.0f} {x + reach:.0f} '
        f'{y:.0f}Q{x:.0f} {y + 2 * open_by:.0f} {x - reach:.0f} {y:.0f}z" fill="{ink.first}"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{open_by * 0.86:.0f}" fill="{ink.second}"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{open_by * 0.42:.0f}" fill="{ink.third}"/>'
        f'<circle cx="{x + 12:.0f}" cy="{y - 14:.0f}" r="7" fill="#fff"/>'
    )


def draw_claws(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw long rips down a wall."""
    lean, parts = dice.between(-70, 70), [_draw_ground(ink.third, w, h)]
    for number in range(dice.pick((4, 5))):
        x = w * (0.14 + 0.2 * number) + dice.between(-8, 8)
        top, low, wide = dice.between(-30, 40), h * dice.between(0.74, 1.05), dice.between(10, 18)
        parts.append(
            f'<path d="M{x:.0f} {top:.0f}q{wide + lean / 2:.0f} {(low - top) / 2:.0f} {lean:.0f} '
            f"{low - top:.0f}q{-wide - 12 - lean * 0.6:.0f} {-(low - top) * 0.5:.0f} {-lean:.0f} "
            f'{top - low:.0f}z" fill="{(ink.first, ink.second)[number % 2]}"/>'
        )
    return "".join(parts)


def draw_forest(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw bare trunks in fog, a light between them."""
    parts = [_draw_ground(ink.third, w, h)]
    x = w * dice.between(0.35, 0.65)
    parts.append(
        f'<circle cx="{x:.0f}" cy="{h * 0.4:.0f}" r="{dice.between(40, 66):.0f}" '
        f'fill="{ink.second}"/>'
    )
    for colour, count, wide in ((ink.first, 7, 9), (ink.ground, 5, 18)):
        for number in range(count):
            at, sway = w * (number + dice.roll()) / count, dice.between(-14, 14)
            parts.append(
                f'<path d="M{at:.0f} 0q{sway:.0f} {h / 2:.0f} {-sway / 2:.0f} {h:.0f}h{wide}'
                f'q{sway:.0f} {-h / 2:.0f} {-wide * 0.4 + sway / 2:.0f} {-h:.0f}z" '
                f'fill="{colour}"/>'
            )
    return "".join(parts)


def draw_keyhole(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw light falling through a keyhole."""
    x, y, size = w / 2, h * dice.between(0.28, 0.36), dice.between(40, 54)
    spread = dice.between(70, 130)
    return (
        _draw_ground(ink.first, w, h)
        + f'<polygon points="{x - size * 0.4:.0f},{y + size:.0f} {x + size * 0.4:.0f},'
        f'{y + size:.0f} {x + spread:.0f},{h:.0f} {x - spread:.0f},{h:.0f}" fill="{ink.second}"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{size * 1.5:.0f}" fill="{ink.third}"/>'
        f'<path d="M{x - size * 0.36:.0f} {y:.0f}L{x - size * 0.62:.0f} {y + size * 2.1:.0f}H'
        f'{x + size * 0.62:.0f}L{x + size * 0.36:.0f} {y:.0f}z" fill="{ink.second}"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{size * 0.66:.0f}" fill="{ink.second}"/>'
    )


def draw_road(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a road to the horizon."""
    x, y = w * dice.between(0.35, 0.65), h * dice.between(0.38, 0.52)
    radius, dashes = dice.between(34, 70), ""
    for step in range(5):
        top, low = y + (h - y) * (step / 5) ** 1.6, y + (h - y) * ((step + 0.55) / 5) ** 1.6
        wide = 1 + step * 1.7
        dashes += (
            f'<rect x="{x - wide + (w / 2 - x) * (step / 5) ** 1.6:.0f}" y="{top:.0f}" '
            f'width="{2 * wide:.0f}" height="{max(low - top, 1):.0f}" fill="{ink.second}"/>'
        )
    return (
        _draw_ground(ink.first, w, h)
        + f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{ink.second}"/>'
        f'<rect y="{y:.0f}" width="{w:.0f}" height="{h - y:.0f}" fill="{ink.third}"/>'
        f'<polygon points="{x:.0f},{y:.0f} {w * 0.86:.0f},{h:.0f} {w * 0.14:.0f},{h:.0f}" '
        f'fill="{ink.ground}"/>{dashes}'
    )


def draw_frame(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a strip of film with something round in its frames."""
    tilt, holes, frames = dice.between(-14, 14), "", ""
    for number in range(-2, 14):
        holes += "".join(
            f'<rect x="{x}" y="{number * 36}" width="15" height="20" rx="4"/>' for x in (58, 227)
        )
    for number in range(-1, 4):
        y, lift = number * 150 + 8, dice.between(20, 96)
        frames += (
            f'<rect x="84" y="{y}" width="132" height="134" fill="{ink.second}"/><circle '
            f'cx="{dice.between(112, 188):.0f}" cy="{y + lift:.0f}" r="26" fill="{ink.first}"/>'
            f'<rect x="84" y="{y + 104}" width="132" height="30" fill="{ink.first}"/>'
        )
    turn = f"rotate({tilt:.0f} {w / 2:.0f} {h / 2:.0f})"
    return (
        f'<g transform="{turn}"><rect x="48" y="-80" width="204" height="640" '
        f'fill="{ink.third}"/><g fill="{ink.ground}">{holes}</g>{frames}</g>'
    )


def draw_steps(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a staircase, a small figure upon it."""
    count, way = dice.pick((6, 7, 8)), dice.pick((1, -1))
    run, rise = w / count, h * 0.8 / count
    path = f"M0 {h:.0f}"
    for step in range(count):
        path += f"V{h - rise * (step + 1):.0f}h{run:.1f}"
    on = dice.pick((2, 3, 4))
    x, y = run * (on + 0.5), h - rise * (on + 1)
    mirror = f' transform="translate({w:.0f} 0) scale(-1 1)"' if way < 0 else ""
    return (
        _draw_ground(ink.first, w, h)
        + f'<g{mirror}><circle cx="{w * 0.28:.0f}" cy="{h * 0.3:.0f}" r="{w * 0.17:.0f}" '
        f'fill="{ink.second}"/><path d="{path}V{h:.0f}z" fill="{ink.third}"/>'
        f'<path d="M{x - 9:.0f} {y:.0f}l3-44q6-8 12 0l3 44z" fill="{ink.ground}"/>'
        f'<circle cx="{x:.0f}" cy="{y - 56:.0f}" r="8" fill="{ink.ground}"/></g>'
    )


def draw_city(dice: Dice, ink: Palette, w: float, h: float) -> str:
    """Draw a skyline with lit windows."""
    parts = [_draw_ground(ink.first, w, h)]
    x = w * dice.between(0.2, 0.8)
    parts.append(f'<circle cx="{x:.0f}" cy="{h * 0.3:.0f}" r="52" fill="{ink.second}"/>')
    for colour, low, high in ((ink.third, 0.42, 0.74), (ink.ground, 0.2, 0.5)):
        at = -8.0
        while at < w:
            wide, tall = dice.between(26, 58), h * dice.between(low, high)
            parts.append(
                f'<rect x="{at:.0f}" y="{h - tall:.0f}" width="{wide:.0f}" height="{tall:.0f}" '
                f'fill="{colour}"/>'
            )
            parts.extend(
                f'<rect x="{at + dice.between(0.15, 0.7) * wide:.0f}" '
                f'y="{h - tall + dice.between(0.08, 0.9) * tall:.0f}" width="5" height="8" '
                f'fill="{ink.second}"/>'
                for _ in range(3)
            )
            at += wide
    return "".join(parts)
