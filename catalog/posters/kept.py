"""Where copies of posters lie and how they are called; knows nothing of where they come from."""

import re
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

# Twice what a card and a film's page show, for screens of two dots a pixel; all of 2:3, so that
# they stand exactly where a drawn poster would.
SIZES = {"small": (342, 513), "large": (600, 900)}
KEY = re.compile(r"[0-9a-f]{16}")


def get_storage() -> Storage:
    """Return where posters are kept."""
    return storages["posters"]


def name_poster(movie_id: int, key: str, size: str) -> str:
    """Return the name of a poster in the storage.

    Raises:
        ValueError: The key or the size is none of ours.
    """
    if not KEY.fullmatch(key) or size not in SIZES:
        raise ValueError(f"no poster is called {key!r} in size {size!r}")
    return f"{movie_id % 1000:03d}/{movie_id}-{key}-{size}.webp"


def keep_poster(*, movie_id: int, key: str, pictures: dict[str, bytes]) -> None:
    """Put the pictures of a film into the storage, by size; name them in the movie only after it.

    What a process that died left under the same names is replaced.
    """
    for size, picture in pictures.items():
        name = name_poster(movie_id, key, size)
        get_storage().delete(name)
        get_storage().save(name, ContentFile(picture))


def drop_poster(*, movie_id: int, key: str) -> None:
    """Delete the pictures of a film; nothing happens where there are none."""
    for size in SIZES:
        get_storage().delete(name_poster(movie_id, key, size))


def open_poster(*, movie_id: int, key: str, size: str) -> IO[bytes] | None:
    """Return a picture of a film as an open file, or None where it is not kept."""
    if not KEY.fullmatch(key):
        return None
    try:
        return get_storage().open(name_poster(movie_id, key, size))
    except FileNotFoundError:
        return None
