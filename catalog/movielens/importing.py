"""Import of one data set: all of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from tqdm import tqdm

from catalog.movielens import loading, staging
from catalog.movielens.rows import malformed, read_renumbering
from catalog.movielens.source import DatasetError, Member, ReadListener, Source, open_source
from catalog.services import bump_catalogue_version, refresh_movie_statistics

IMPORT_LOCK = 0x6D6C656E73  # one import at a time, whoever runs it
GROWN_TABLES = ("catalog_movie", "catalog_movie_genres", "catalog_rating", "accounts_user")
NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class ImportResult:
    """What an import changed; all zero when it was run before."""

    dataset: str
    movies: int = 0
    people: int = 0
    ratings: int = 0
    tags: int = 0

    @property
    def has_changed(self) -> bool:
        """Whether anything is not as it was."""
        return bool(self.movies or self.people or self.ratings or self.tags)


def import_dataset(*, path: Path, name: str | None = None, is_quiet: bool = True) -> ImportResult:
    """Import movies, links, tags and ratings of a folder or zip, in one transaction.

    People are unique per (`name`, their id there); `name` is the folder's or zip's unless given.
    Movies of a CSV set replace what is known of them; those of the older `::` sets are only added.

    Raises:
        DatasetError: A file is missing or damaged, a line malformed, or a movie unknown. Nothing
            is imported then.
    """
    with open_source(path) as source:
        dataset = name or source.default_name
        if not NAME.fullmatch(dataset):
            raise DatasetError(
                f"{dataset!r} does not do as a data set's name: give 1 to 64 letters, digits, "
                "dots, dashes or underscores with --name."
            )
        with transaction.atomic():
            return _Import(source, dataset, is_quiet=is_quiet).run()


class _Import:
    """One import under way."""

    def __init__(self, source: Source, dataset: str, *, is_quiet: bool) -> None:
        self.source, self.dataset, self.is_quiet = source, dataset, is_quiet
        self.renumbering = read_renumbering(source.members.get("renumbered.csv"))

    def run(self) -> ImportResult:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
            # Checked row by row, not queued in memory until commit.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            staging.create_tables(cursor)
            result = self._load(cursor)
            staging.drop_tables(cursor)
            if result.has_changed:  # the planner must know that these have grown
                cursor.execute(f"ANALYZE {', '.join(GROWN_TABLES)}")
        if result.has_changed:
            refresh_movie_statistics()
            bump_catalogue_version()
        return result

    def _load(self, cursor: CursorWrapper) -> ImportResult:
        movies = 0
        if member := self.source.find("movies"):
            self._stage(cursor, member, staging.stage_movies)
            movies += loading.load_movies(cursor, may_replace=member.is_csv)
        if member := self.source.find("links"):
            self._stage(cursor, member, staging.stage_links)
            movies += loading.load_links(cursor)
        if member := self.source.find("tags"):
            self._stage(cursor, member, staging.stage_tags)
            self._check_movies(cursor, member, "staged_tag", first_line=0)
        if member := self.source.find("ratings"):
            self._stage(cursor, member, staging.stage_ratings)
            self._check_movies(cursor, member, "staged_rating", first_line=int(member.is_csv))
        return ImportResult(
            dataset=self.dataset,
            movies=movies,
            people=loading.load_people(cursor, dataset=self.dataset),
            ratings=self._load_ratings(cursor),
            tags=loading.load_tags(cursor, dataset=self.dataset),
        )

    def _stage(
        self,
        cursor: CursorWrapper,
        member: Member,
        stage: Callable[[CursorWrapper, Member, dict[int, int], ReadListener], None],
    ) -> None:
        name = member.label.rpartition("/")[2]
        with self._progress(f"Reading {name}", member.size, "B") as on_read:
            stage(cursor, member, self.renumbering, on_read)

    def _check_movies(
        self, cursor: CursorWrapper, member: Member, table: str, first_line: int
    ) -> None:
        if found := loading.find_unknown_movie(cursor, table):
            line, movie_id = found
            expected = f"a movie that the set describes, not {movie_id}"
            raise malformed(member, line + first_line, expected)

    def _load_ratings(self, cursor: CursorWrapper) -> int:
        cursor.execute("SELECT count(*) FROM staged_rating")
        with self._progress("Storing ratings", cursor.fetchone()[0], "") as on_rows:
            return loading.load_ratings(cursor, dataset=self.dataset, on_rows=on_rows)

    @contextmanager
    def _progress(self, title: str, total: int, unit: str) -> Iterator[Callable[[int], object]]:
        """Show a bar on a terminal, nothing elsewhere."""
        is_disabled = True if self.is_quiet else None
        with tqdm(
            desc=title, total=total, unit=unit, unit_scale=True, disable=is_disabled
        ) as progress:
            yield progress.update
