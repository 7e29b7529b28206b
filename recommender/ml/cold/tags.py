"""What people called films, from MovieLens' `tags.csv`."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from recommender.ml.dataset_files import DatasetError, expand_directories, find_member
from recommender.ml.datasets import RATING_MEMBERS

TAG_MEMBERS = ("tags.csv", "tags.csv.gz")


def load_tags(
    directories: Sequence[Path], people: Collection[tuple[str, int]]
) -> dict[int, list[str]]:
    """Return the tags that `people` (data set, id there) put on each film, by movie id.

    Data sets without tags have none; nobody else's tags are read.

    Raises:
        DatasetError: A line has no person, film and tag.
    """
    allowed = set(people)
    tags: dict[int, list[str]] = {}
    for directory in expand_directories(directories, RATING_MEMBERS):
        if not any((directory / member).is_file() for member in TAG_MEMBERS):
            continue
        path = find_member(directory, TAG_MEMBERS)
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        rows = csv.reader(io.StringIO(text))
        next(rows, None)
        for row in rows:
            try:
                user_id, movie_id, tag = int(row[0]), int(row[1]), row[2]
            except (ValueError, IndexError) as error:
                raise DatasetError(
                    f"{path}:{rows.line_num}: expected person, film, tag; found {row!r}; mend it"
                ) from error
            if (directory.name, user_id) in allowed:
                tags.setdefault(movie_id, []).append(tag)
    return tags
