"""Movies as a page shows them to one person: the card, their stars, their watchlist, a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import User
from catalog.models import Movie, WatchlistEntry
from catalog.posters import find_genre_slug
from catalog.selectors import MovieCard, get_stars


@dataclass(frozen=True, slots=True)
class ShelfMovie:
    """One film on a page; `stars` are the viewer's own, `reason` says why it is shown."""

    card: MovieCard
    stars: Decimal | None = None
    is_on_watchlist: bool = False
    reason: str = ""

    @property
    def tone(self) -> str:
        """The genre whose colour tints the film's page."""
        return find_genre_slug(self.card.genres)


def make_card(movie: Movie) -> MovieCard:
    """Return the card of a movie whose genres are fetched."""
    names = tuple(genre.name for genre in movie.genres.all())
    return MovieCard(
        id=movie.pk,
        title=movie.title,
        year=movie.year,
        genres=names,
        rating_count=movie.rating_count,
        rating_mean=movie.rating_mean,
        runtime_minutes=movie.runtime_minutes,
        poster_key=movie.poster_key,
    )


def make_shelf(
    cards: Sequence[MovieCard],
    *,
    viewer: User | None,
    reasons: Mapping[int, str] | None = None,
    is_unseen: bool = False,
) -> list[ShelfMovie]:
    """Return the cards as `viewer` sees them; two queries, none for somebody new.

    `is_unseen` says that none of the films is rated by the viewer, which saves one query.
    """
    if not cards:
        return []
    ids = [card.id for card in cards]
    stars: dict[int, Decimal] = {}
    listed: set[int] = set()
    if viewer is not None:
        stars = {} if is_unseen else get_stars(user_id=viewer.pk, movie_ids=ids)
        entries = WatchlistEntry.objects.filter(user=viewer, movie_id__in=ids)
        listed = set(entries.values_list("movie_id", flat=True))
    said = reasons or {}
    return [
        ShelfMovie(card, stars.get(card.id), card.id in listed, said.get(card.id, ""))
        for card in cards
    ]
