"""Turns open fonts into the outlines that posters are lettered with.

    npm install @fontsource/anton @fontsource/… && pip install fonttools uharfbuzz
    python -m catalog.posters.build_faces node_modules/@fontsource catalog/posters/faces

Run by hand when a face is added: the result is committed, so that a running site needs no fonts.
Every face is under the SIL Open Font License; their notices lie beside the outlines.
"""

import json
import sys
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import uharfbuzz
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

# Face: (fontsource package, file stem, whether it has its own lower case).
FACES = {
    "anton": ("anton", "anton-latin-400-normal", False),
    "league": ("league-gothic", "league-gothic-latin-400-normal", False),
    "limelight": ("limelight", "limelight-latin-400-normal", True),
    "abril": ("abril-fatface", "abril-fatface-latin-400-normal", True),
    "michroma": ("michroma", "michroma-latin-400-normal", False),
    "fredoka": ("fredoka", "fredoka-latin-700-normal", True),
    "rye": ("rye", "rye-latin-400-normal", False),
    "cinzel": ("cinzel", "cinzel-latin-700-normal", False),
    "stencil": ("saira-stencil-one", "saira-stencil-one-latin-400-normal", False),
    "shrikhand": ("shrikhand", "shrikhand-latin-400-normal", True),
    "archivo": ("archivo-black", "archivo-black-latin-400-normal", True),
    "sixcaps": ("six-caps", "six-caps-latin-400-normal", False),
    "instrument": ("instrument-serif", "instrument-serif-latin-400-italic", True),
}
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHARED = "0123456789&!?.,:;'’\"“”-–—()/+*#$%½·²³ "
ACCENTED_UPPER = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒ"
UNITS = 1000


def _wanted(*, has_lower_case: bool) -> str:
    letters = UPPER + ACCENTED_UPPER + SHARED
    return letters + (UPPER + ACCENTED_UPPER).lower() + "ß" if has_lower_case else letters


def _find_kerning(data: bytes, letters: str, scale: float) -> dict[str, int]:
    """Return pair → adjustment in thousandths of an em, as the shaper applies it."""
    font = uharfbuzz.Font(uharfbuzz.Face(data))

    def advance(text: str, *, is_kerned: bool) -> int:
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        uharfbuzz.shape(font, buffer, {"kern": is_kerned, "liga": False})
        return sum(position.x_advance for position in buffer.glyph_positions)

    pairs = {}
    for pair in map("".join, product(letters, repeat=2)):
        kern = advance(pair, is_kerned=True) - advance(pair, is_kerned=False)
        if abs(kern * scale) >= 12:
            pairs[pair] = round(kern * scale)
    return pairs


def build_face(path: Path, *, has_lower_case: bool) -> dict[str, Any]:
    """Return one face: cap height, glyphs as (advance, SVG path, y down), kerning; 1000 an em."""
    font = TTFont(path)
    buffer = BytesIO()
    font.flavor = None
    font.save(buffer)
    scale = UNITS / font["head"].unitsPerEm
    glyphs, cmap = font.getGlyphSet(), font.getBestCmap()
    outlines = {}
    for letter in _wanted(has_lower_case=has_lower_case):
        if (name := cmap.get(ord(letter))) is None:
            continue
        pen = SVGPathPen(glyphs, ntos=lambda number: str(round(number)))
        glyphs[name].draw(TransformPen(pen, (scale, 0, 0, -scale, 0, 0)))
        outlines[letter] = [round(glyphs[name].width * scale), pen.getCommands()]
    kerned = [x for x in outlines if x.isascii() and (x.isalpha() or x in "'.,-")]
    return {
        "cap_height": round(_cap_height(font) * scale),
        "glyphs": outlines,
        "kerning": _find_kerning(buffer.getvalue(), "".join(kerned), scale),
    }


def _cap_height(font: TTFont) -> float:
    glyph = font["glyf"][font.getBestCmap()[ord("H")]]
    return float(glyph.yMax)


def main(packages: Path, target: Path) -> None:
    """Write every face, and the licences of the fonts, into `target`."""
    for face, (package, stem, has_lower_case) in FACES.items():
        source = packages / package
        outlines = build_face(source / "files" / f"{stem}.woff", has_lower_case=has_lower_case)
        text = json.dumps(outlines, ensure_ascii=False, separators=(",", ":"))
        (target / f"{face}.json").write_text(text + "\n", encoding="utf-8")
        (target / f"{face}.LICENSE.txt").write_bytes((source / "LICENSE").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
