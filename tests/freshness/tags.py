"""Tags with the time they were given, of the people who are left after pooling."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.ml.cold.tags import TAG_MEMBERS
from recommender.ml.dataset_files import DatasetError, expand_directories, find_member
from recommender.ml.datasets import RATING_MEMBERS, Interactions


@dataclass(frozen=True)
class TagRow:
    """A tag: by the person of this index, on a film, at this time (unix seconds)."""

    person: int
    movie_id: int
    text: str
    timestamp: int


def read_tags(directories: Sequence[Path], interactions: Interactions) -> list[TagRow]:
    """Return the tags of the people of `interactions`; data sets without tags have none.

    Raises:
        DatasetError: A line is not person, film, tag, time.
    """
    person_of = {key: person for person, key in enumerate(interactions.person_keys)}
    found: list[TagRow] = []
    for directory in expand_directories(directories, RATING_MEMBERS):
        if not any((directory / member).is_file() for member in TAG_MEMBERS):
            continue
        path = find_member(directory, TAG_MEMBERS)
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text))
        next(rows, None)
        for row in rows:
            try:
                key = (directory.name, int(row[0]))
                tag = row[2].strip()
                movie_id, timestamp = int(row[1]), int(row[3])
            except (ValueError, IndexError) as error:
                raise DatasetError(
                    f"{path}:{rows.line_num}: expected person, film, tag, time; found {row!r}"
                ) from error
            if tag and key in person_of:
                found.append(TagRow(person_of[key], movie_id, tag, timestamp))
    return found
