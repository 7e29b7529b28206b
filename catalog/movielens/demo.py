"""The set that ships with the project: MovieLens latest-small, and what Wikipedia says of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from django.db import connection, transaction

from accounts.models import User
from catalog.movielens.importing import import_dataset
from catalog.movielens.source import DatasetError
from catalog.services import bump_catalogue_version

DEMO_DIR = Path(__file__).resolve().parent.parent / "demo"
DEMO_DATASET = "ml-latest-small"


def is_demo_loaded() -> bool:
    """Whether the demo set is in the database; it goes in whole or not at all."""
    return User.objects.filter(dataset=DEMO_DATASET).exists()


@transaction.atomic
def load_demo(*, is_quiet: bool = True) -> int:
    """Import the demo set and its texts in one transaction; return how many ratings it brought.

    Raises:
        DatasetError: A shipped file is missing or damaged.
    """
    result = import_dataset(path=DEMO_DIR / DEMO_DATASET, name=DEMO_DATASET, is_quiet=is_quiet)
    if load_texts(path=DEMO_DIR / "wikipedia.jsonl.gz"):
        bump_catalogue_version()
    return result.ratings


def load_texts(*, path: Path) -> int:
    """Give movies that have no text the Wikipedia extract and page; return how many got one.

    Raises:
        DatasetError: The file is missing or a line malformed.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [
                (text["movieId"], text["page"], text["extract"]) for text in map(json.loads, lines)
            ]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error!r}).") from error
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.staged_text")
        cursor.execute(
            "CREATE TEMPORARY TABLE staged_text (movie_id integer, page text, extract text) "
            "ON COMMIT DROP"
        )
        with cursor.copy("COPY staged_text FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "UPDATE catalog_movie AS movie SET extract = text.extract, "
            "wikipedia_page = text.page, updated_at = now() FROM staged_text AS text "
            "WHERE movie.id = text.movie_id AND movie.extract = ''"
        )
        return int(cursor.rowcount)
