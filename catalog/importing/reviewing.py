"""Reads of imports for the pages that show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User
from catalog.diary_models import MovieNote
from catalog.import_models import HistoryImport, ImportedFilm, ImportedList, ImportedListEntry
from catalog.importing.notes import Problem, say
from catalog.list_models import FilmList
from catalog.models import Rating
from catalog.search import find_movie_ids
from catalog.selectors import MovieCard, get_movie_cards

LISTED_IMPORTS = 20
SEARCH_RESULTS = 8
Match = ImportedFilm.Match


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many films of an import there are of each kind."""

    matched: int
    doubtful: int
    unmatched: int
    refused: int
    rated: int
    seen: int
    listed: int
    days: int
    noted: int
    noted_before: int
    hidden: int
    muted: int
    rated_before: int
    differing: int

    @property
    def left_out(self) -> int:
        """How many will not be imported as things stand."""
        return self.doubtful + self.unmatched + self.refused


@dataclass(frozen=True, slots=True)
class FilmOnPage:
    """A film under review: what it was taken for, or may be."""

    film: ImportedFilm
    card: MovieCard | None
    candidates: list[MovieCard]
    is_on_list: bool


@dataclass(frozen=True, slots=True)
class ListOnPage:
    """A list under review: how many films it has, how many of them were found."""

    imported: ImportedList
    film_count: int
    found_count: int
    is_known: bool  # the person has a list of this name, which takes the films


@dataclass(frozen=True, slots=True)
class ProblemOnPage:
    """A line that could not be read, in the reader's language."""

    where: str
    text: str


def get_imports(*, user: User | None) -> list[HistoryImport]:
    """Return a person's imports, newest first; one query, none for somebody new."""
    if user is None:
        return []
    mine = HistoryImport.objects.filter(user=user).defer("problems", "remarks")
    return list(mine.order_by("-created_at", "-pk")[:LISTED_IMPORTS])


def get_import(*, user: User | None, import_id: int) -> HistoryImport | None:
    """Return one of a person's own imports, or None."""
    if user is None:
        return None
    return HistoryImport.objects.filter(user=user, pk=import_id).first()


def count_films(batch: HistoryImport) -> ImportCounts:
    """Return how many films of an import there are of each kind; one query."""
    mine = Rating.objects.filter(user_id=batch.user_id, movie_id=OuterRef("movie_id"))
    other = Q(match=Match.MATCHED, stars__isnull=False)
    noted = MovieNote.objects.filter(user_id=batch.user_id, movie_id=OuterRef("movie_id"))
    films = batch.films.annotate(
        is_noted_before=Exists(noted.exclude(text=OuterRef("note"))),
        is_rated_before=Exists(mine),
        is_other=Exists(mine.exclude(stars=OuterRef("stars"))),
    )
    found = Q(match=Match.MATCHED)
    counts = films.aggregate(
        matched=Count("pk", filter=found),
        doubtful=Count("pk", filter=Q(match=Match.DOUBTFUL)),
        unmatched=Count("pk", filter=Q(match=Match.UNMATCHED)),
        refused=Count("pk", filter=Q(match=Match.REFUSED)),
        rated=Count("pk", filter=other),
        seen=Count("pk", filter=found & Q(stars=None, is_seen=True)),
        listed=Count("pk", filter=found & Q(is_listed=True)),
        days=Count("pk", filter=found & ~Q(days=[])),
        noted=Count("pk", filter=found & ~Q(note="")),
        noted_before=Count("pk", filter=found & ~Q(note="") & Q(is_noted_before=True)),
        hidden=Count("pk", filter=found & Q(marks__has_key="hidden")),
        muted=Count("pk", filter=found & Q(marks__has_key="muted")),
        rated_before=Count("pk", filter=other & Q(is_rated_before=True)),
        differing=Count("pk", filter=other & Q(is_other=True)),
    )
    return ImportCounts(**counts)


def get_films(batch: HistoryImport, match: str) -> QuerySet[ImportedFilm]:
    """Return the films of an import that are matched so; films first that say most."""
    films = batch.films.filter(match=match)
    return films.order_by(F("stars").desc(nulls_last=True), "position")


def show_lists(batch: HistoryImport) -> list[ListOnPage]:
    """Return the lists of an import, in the order of its file; one query."""
    same = FilmList.objects.filter(
        Exact(Lower("name"), Lower(OuterRef("name"))), user_id=batch.user_id
    )
    found = Q(entries__film__match=Match.MATCHED, entries__film__movie__isnull=False)
    lists = batch.lists.annotate(
        film_count=Count("entries"),
        found_count=Count("entries", filter=found),
        is_known=Exists(same),
    )
    return [
        ListOnPage(one, one.film_count, one.found_count, one.is_known)
        for one in lists.order_by("position")
    ]


def show_films(films: Sequence[ImportedFilm]) -> list[FilmOnPage]:
    """Return films with the cards of the movies they are or may be; two queries."""
    places = ImportedListEntry.objects.filter(film__in=films)
    on_lists = set(places.values_list("film_id", flat=True).distinct())
    ids = {movie_id for film in films for movie_id in (film.movie_id, *film.candidates)}
    cards = {card.id: card for card in get_movie_cards([pk for pk in ids if pk is not None])}
    return [
        FilmOnPage(
            film,
            cards.get(film.movie_id or 0),
            [cards[movie_id] for movie_id in film.candidates if movie_id in cards],
            film.pk in on_lists,
        )
        for film in films
    ]


def search_for_film(film: ImportedFilm, query: str) -> list[MovieCard]:
    """Return movies that the film may be, by what was typed, else by its own title."""
    return get_movie_cards(find_movie_ids(query or film.title, limit=SEARCH_RESULTS))


def show_problems(problems: Iterable[Problem]) -> list[ProblemOnPage]:
    """Return lines that could not be read, in the reader's language."""
    return [ProblemOnPage(problem["where"], say(problem)) for problem in problems]
