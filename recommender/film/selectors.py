"""What the page of a film reads: the film, those like it, and what one person has to do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.models import User
from catalog.diary.selectors import get_entries_of_movie
from catalog.diary_models import DiaryEntry, MovieNote
from catalog.facts import MovieFacts, get_movie_facts
from catalog.models import Movie, Rating, WatchlistEntry
from catalog.shelves import ShelfMovie, make_card
from recommender.answering import get_cached_answer
from recommender.answers import Taste
from recommender.film.reasons import WhyForYou, explain_film
from recommender.models import HiddenMovie, MutedReason
from recommender.serving import ServingState, Snapshot, model_server, read_state
from recommender.similar import rank_similar_films
from recommender.taste.reading import read_taste

SIMILAR_FILMS = 12
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What one person has to do with a film: their marks, note and diary of it."""

    is_hidden: bool
    is_muted: bool
    note: str
    entries: list[DiaryEntry]


@dataclass(frozen=True, slots=True)
class FilmPage:
    """A film as one person sees it; `why` is None where they have seen it already."""

    movie: Movie
    film: ShelfMovie
    facts: MovieFacts
    similar: list[ShelfMovie]
    own: OwnPart
    why: WhyForYou | None


def get_film_page(*, viewer: User | None, movie_id: int) -> FilmPage | None:
    """Return all that the page of a film shows, None where there is no such film.

    Nine queries at most, whatever is known of the film and however much was rated.
    """
    if movie_id > LARGEST_ID:
        return None
    user_id = viewer.pk if viewer is not None else None
    state = read_state(user_id=user_id)
    snapshot = model_server.get_snapshot(state)
    alike = rank_similar_films(snapshot, movie_id=movie_id, limit=SIMILAR_FILMS)
    similar_ids = [item.movie_id for item in alike]
    films = {movie.pk: movie for movie in _read_movies([movie_id, *similar_ids], viewer)}
    movie: Any = films.get(movie_id)
    if movie is None:
        return None
    entries = get_entries_of_movie(user=viewer, movie_id=movie_id)
    is_seen = movie.own_stars is not None or bool(entries)
    return FilmPage(
        movie=movie,
        film=_make_shelf_movie(movie),
        facts=get_movie_facts(movie),
        similar=[_make_shelf_movie(films[pk]) for pk in similar_ids if pk in films],
        own=OwnPart(movie.is_hidden, movie.is_muted, movie.own_note or "", entries),
        why=None if is_seen else _get_why(state, user_id=user_id, movie_id=movie_id),
    )


def get_why(*, viewer: User, movie_id: int) -> WhyForYou:
    """Return why a film is for somebody; two queries, one where it is cached."""
    return _get_why(read_state(user_id=viewer.pk), user_id=viewer.pk, movie_id=movie_id)


def _get_why(state: ServingState, *, user_id: int | None, movie_id: int) -> WhyForYou:
    def compute(snapshot: Snapshot) -> bytes:
        taste = read_taste(user_id=user_id) if user_id is not None else Taste()
        return explain_film(snapshot, taste=taste, movie_id=movie_id).dump()

    options = str(movie_id)
    return WhyForYou.load(
        get_cached_answer("why", state=state, user_id=user_id, options=options, compute=compute)
    )


def _read_movies(movie_ids: Sequence[int], viewer: User | None) -> QuerySet[Movie]:
    """Return films with their genres and what this person has to do with each; two queries."""
    user_id = viewer.pk if viewer is not None else 0

    def has(model: Any) -> Exists:
        return Exists(model.objects.filter(user_id=user_id, movie_id=OuterRef("pk")))

    def read(model: Any, field: str) -> Subquery:
        own = model.objects.filter(user_id=user_id, movie_id=OuterRef("pk"))
        return Subquery(own.values(field)[:1])

    return (
        Movie.objects.filter(pk__in=movie_ids)
        .prefetch_related("genres")
        .annotate(
            own_stars=read(Rating, "stars"),
            is_listed=has(WatchlistEntry),
            is_hidden=has(HiddenMovie),
            is_muted=has(MutedReason),
            own_note=read(MovieNote, "text"),
        )
    )


def _make_shelf_movie(movie: Any) -> ShelfMovie:
    stars: Decimal | None = movie.own_stars
    return ShelfMovie(make_card(movie), stars, movie.is_listed)
