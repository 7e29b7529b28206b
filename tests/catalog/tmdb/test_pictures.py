import io

import pytest
from PIL import Image

from catalog.posters.kept import SIZES
from catalog.tmdb.parsing import BadAnswerError
from catalog.tmdb.pictures import make_poster_key, make_posters
from tests.catalog.tmdb.stand_in import draw_picture


def encode(size: tuple[int, int] = (500, 750), mode: str = "RGB", kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 0).save(target, format=kind)
    return target.getvalue()


@pytest.mark.parametrize("size", [(780, 1170), (200, 900), (1500, 300), (92, 138)])
def test_posters_have_the_shown_shape_whatever_came(size: tuple[int, int]) -> None:
    made = make_posters(draw_picture("x", size))
    assert set(made) == set(SIZES)
    for name, picture in made.items():
        with Image.open(io.BytesIO(picture)) as image:
            assert (image.format, image.size) == ("WEBP", SIZES[name])
            assert image.width * 3 == image.height * 2


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("L", "JPEG"), ("P", "PNG")])
def test_other_kinds_of_colour_are_taken(mode: str, kind: str) -> None:
    assert make_posters(encode(mode=mode, kind=kind))


def test_metadata_do_not_survive() -> None:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    Image.new("RGB", (500, 750)).save(target, format="JPEG", exif=exif)
    assert b"where I live" in target.getvalue()
    assert all(
        b"where I live" not in picture for picture in make_posters(target.getvalue()).values()
    )


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<html>",
        encode(kind="GIF"),
        encode(kind="BMP"),
        draw_picture("x")[:5000],
        encode()[:200],
        encode((50, 75)),
        encode((5000, 5000)),
    ],
    ids=["empty", "svg", "html", "gif", "bmp", "cut", "cut png", "small", "huge"],
)
def test_what_is_no_poster_is_refused(picture: bytes) -> None:
    with pytest.raises(BadAnswerError):
        make_posters(picture)


def test_key_names_the_bytes() -> None:
    assert make_poster_key(b"a") == make_poster_key(b"a") != make_poster_key(b"b")
    assert len(make_poster_key(b"a")) == 16
