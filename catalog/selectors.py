"""Reads of the catalogue; what a page or the recommender needs, in one or two queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from catalog.models import Genre, Movie, Rating, WatchlistEntry
from catalog.search import find_movie_ids

CARD_FIELDS = (
    "id", "title", "year", "rating_count", "rating_mean", "runtime_minutes", "poster_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MovieCard:
    """What a list of movies shows of one; `genres` are names, `rating_mean` is 0.5..5.0.

    `runtime_minutes` is None where it is not known; `poster_key` is empty where no picture is kept
    and the poster is drawn.
    """

    id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    rating_count: int
    rating_mean: float | None
    runtime_minutes: int | None = None
    poster_key: str = ""

    def __str__(self) -> str:
        """Return the title with the year where it is known."""
        return f"{self.title} ({self.year})" if self.year else self.title


def build_cards(movies: QuerySet[Movie]) -> list[MovieCard]:
    """Return cards of a query of movies in its order; one query."""
    names = ArrayAgg(
        "genres__name",
        filter=Q(genres__isnull=False),
        order_by="genres__name",
        default=[],
    )
    rows = movies.annotate(genre_names=names).values_list(*CARD_FIELDS, "genre_names")
    return [
        MovieCard(movie_id, title, year, tuple(genres), count, mean, runtime, poster_key)
        for movie_id, title, year, count, mean, runtime, poster_key, genres in rows
    ]


def get_movie_cards(movie_ids: Sequence[int]) -> list[MovieCard]:
    """Return the cards of movies in the order of their ids, unknown ids left out; one query."""
    if not movie_ids:
        return []
    found = {card.id: card for card in build_cards(Movie.objects.filter(pk__in=set(movie_ids)))}
    return [found[movie_id] for movie_id in movie_ids if movie_id in found]


def search_movies(query: str, limit: int = 20) -> list[MovieCard]:
    """Return the movies whose title is, starts with, contains or resembles `query`, best first.

    Works as one types, without accents, articles or exact spelling; two queries.
    """
    return get_movie_cards(find_movie_ids(query, limit=limit))


def get_title(movie_id: int) -> str | None:
    """Return what a movie is called, None where there is no such movie; one query."""
    return Movie.objects.filter(pk=movie_id).values_list("title", flat=True).first()


def get_stars(*, user_id: int, movie_ids: Iterable[int]) -> dict[int, Decimal]:
    """Return the stars a person gave those of these movies they rated; one query."""
    rows = Rating.objects.filter(user_id=user_id, movie_id__in=set(movie_ids))
    return dict(rows.values_list("movie_id", "stars"))


def get_ratings(user_id: int) -> QuerySet[Rating]:
    """Return a person's ratings, last watched first, movies and genres fetched along."""
    ratings = Rating.objects.filter(user_id=user_id).order_by("-watched_at", "-id")
    return ratings.select_related("movie").prefetch_related("movie__genres")


def get_watchlist(user_id: int) -> QuerySet[WatchlistEntry]:
    """Return a person's watchlist, newest first, movies and genres fetched along."""
    entries = WatchlistEntry.objects.filter(user_id=user_id).order_by("-added_at", "-id")
    return entries.select_related("movie").prefetch_related("movie__genres")


def has_genre(genre_ids: Collection[int]) -> Exists:
    """Return the condition that a movie has any of the genres."""
    return Exists(
        Movie.genres.through.objects.filter(movie_id=OuterRef("pk"), genre_id__in=list(genre_ids))
    )


def lacks_genre(*, but: Collection[int]) -> Q:
    """Return the condition that a movie has no genre, or none but these."""
    links = Movie.genres.through.objects.filter(movie_id=OuterRef("pk"))
    return ~Q(Exists(links.exclude(genre_id__in=list(but)) if but else links))


def get_popular_movies(*, limit: int) -> list[MovieCard]:
    """Return the most rated movies; two queries."""
    chosen = Movie.objects.order_by("-rating_count", "id").values_list("pk", flat=True)
    return get_movie_cards(list(chosen[:limit]))


def get_genres() -> list[Genre]:
    """Return all genres by what they are called in the present language."""
    return sorted(Genre.objects.all(), key=lambda genre: gettext(genre.name))


def is_genre(name: str) -> bool:
    """Whether a genre is one to choose: of some films MovieLens says "(no genres listed)"."""
    return not name.startswith("(")


def is_offered(name: str) -> bool:
    """Whether a genre is offered where tastes are asked: IMAX is how a film is shown, no taste."""
    return is_genre(name) and name != "IMAX"


def get_named_genres() -> list[Genre]:
    """Return the genres to choose from, by name."""
    return [genre for genre in get_genres() if is_offered(genre.name)]
