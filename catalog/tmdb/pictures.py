"""Turns a picture from outside into posters of our own making: decoded, cropped, encoded anew.

Nothing of the bytes that came is served: what Pillow cannot read as one of three formats is no
poster, and no metadata survives.
"""

import io
from hashlib import blake2b

from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.posters.kept import SIZES
from catalog.tmdb.parsing import BadAnswerError

FORMATS = ("JPEG", "PNG", "WEBP")
# A poster of TMDB at 780 wide has 0.9 million; this bounds what decoding may take.
MAX_PIXELS = 12_000_000
MIN_WIDTH, MIN_HEIGHT = 92, 138
QUALITY = 80
# Part of every key: raise it when sizes or encoding change.
ENCODING = b"1"


def make_poster_key(picture: bytes) -> str:
    """Return what names the posters made from these bytes: 16 characters 0-9a-f."""
    return blake2b(picture, digest_size=8, person=ENCODING).hexdigest()


def make_posters(picture: bytes) -> dict[str, bytes]:
    """Return WebP pictures by the names of `SIZES`, cut to 2:3 about the middle.

    Raises:
        BadAnswerError: The bytes are no whole picture, or one of a size no poster has.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
            _check_size(image)
            image.draft("RGB", SIZES["large"])
            image.load()
            whole = image.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadAnswerError("the poster is no picture in JPEG, PNG or WebP") from error
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for broken files
        raise BadAnswerError("the poster is broken") from error
    return {name: _encode(whole, size) for name, size in SIZES.items()}


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadAnswerError(f"the poster has {width} × {height} dots, more than are decoded")
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        raise BadAnswerError(f"the poster has {width} × {height} dots, too few to show")


def _encode(image: Image.Image, size: tuple[int, int]) -> bytes:
    target = io.BytesIO()
    cut = ImageOps.fit(image, size, method=Image.Resampling.LANCZOS)
    cut.save(target, format="WEBP", quality=QUALITY, method=4)
    return target.getvalue()
