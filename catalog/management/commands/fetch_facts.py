"""`manage.py fetch_facts`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Movie
from catalog.tmdb.fetching import FetchReport, fetch_wanted
from catalog.tmdb.requesting import (
    forget_old_facts,
    is_tmdb_on,
    request_all_films,
    request_due_films,
    request_films,
)

ROUND_SECONDS = 30.0


class Command(BaseCommand):
    """Fetches facts and posters from TMDB."""

    help = (
        "Fetch facts and posters from TMDB: of the films that are new or due again, of all, or of "
        "the movies named by id. Stopped, it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("movie_ids", nargs="*", type=int, metavar="ID", default=[])
        which.add_argument("--all", action="store_true", help="of all films, however fresh")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Fetch in rounds, telling after each how far it is."""
        if not is_tmdb_on():
            raise CommandError("TMDB_API_KEY is not set; see docs/operations.md")
        movie_ids: list[int] = options["movie_ids"]
        self._request(movie_ids, is_all=options["all"])
        while True:
            report = fetch_wanted(max_seconds=ROUND_SECONDS, only=movie_ids or None)
            self.stdout.write(_describe(report))
            if report.stopped:
                raise CommandError(f"{report.stopped}; run it again to go on")
            if not report.left or not report.done:
                return

    def _request(self, movie_ids: list[int], *, is_all: bool) -> None:
        forget_old_facts()
        if movie_ids:
            known = set(Movie.objects.filter(pk__in=movie_ids).values_list("pk", flat=True))
            if missing := sorted(set(movie_ids) - known):
                raise CommandError(f"there is no movie with id {missing[0]}")
            if request_films(movie_ids) < len(known):
                raise CommandError("some of these movies have no TMDB id; give them one first")
        elif is_all:
            request_all_films()
        else:
            request_due_films()


def _describe(report: FetchReport) -> str:
    return (
        f"{report.fetched:,} fetched, {report.unchanged:,} as before, {report.posters:,} posters, "
        f"{report.unknown:,} unknown to TMDB, {report.failed:,} failed, "
        f"{report.bad_posters:,} posters unusable, {report.left:,} left"
    )
