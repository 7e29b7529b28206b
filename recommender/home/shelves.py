"""The films of the home page as its viewer sees them, fetched all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import User
from catalog.models import Movie
from catalog.selectors import MovieCard, get_movie_cards
from catalog.shelves import ShelfMovie, make_shelf
from recommender.answers import HomeRow, Recommendation
from recommender.catalogue_arrays import FilmLabel
from recommender.home.selectors import HomePage, TonightPicks
from recommender.tonight.company import FilmTogether

REWATCH = "rewatch"


@dataclass(frozen=True, slots=True)
class TonightFilm:
    """A film suggested for the evening; what is None in `label` is not known of it.

    `together` is None where somebody watches alone.
    """

    film: ShelfMovie
    item: Recommendation
    label: FilmLabel
    about: Movie | None
    together: FilmTogether | None = None


@dataclass(frozen=True, slots=True)
class TonightShelf:
    """The films for the evening, and what they were asked by."""

    picks: TonightPicks
    films: list[TonightFilm]

    @property
    def next_page(self) -> int:
        """The page that "three more" asks for."""
        return self.picks.answers.page + 1


@dataclass(frozen=True, slots=True)
class RowOnPage:
    """A row of the home page with its films as the viewer sees them."""

    row: HomeRow
    films: list[ShelfMovie]


@dataclass(frozen=True, slots=True)
class HomeShelves:
    """Everything on the home page; `watched` is a film whose stars are asked for.

    `fan` are films beside the invitation, which stand nowhere else.
    """

    tonight: TonightShelf
    rows: list[RowOnPage]
    fan: list[ShelfMovie]
    watched: MovieCard | None


def fill_page(page: HomePage, *, viewer: User | None) -> HomeShelves:
    """Fetch the films of a whole page; three queries, however many rows it has."""
    items = [*page.tonight.items, *(item for row in page.rows for item in row.items)]
    watched_id = page.visitor.watched_movie_id
    extra = [*page.fan_ids, *([watched_id] if watched_id else [])]
    shelf = _make_shelf(items, viewer=viewer, extra_ids=extra)
    rows = [RowOnPage(row, _fill_row(row, shelf)) for row in page.rows]
    watched = shelf.get(watched_id) if watched_id else None
    return HomeShelves(
        tonight=_fill_tonight(page.tonight, shelf),
        rows=[row for row in rows if row.films],
        fan=[shelf[movie_id] for movie_id in page.fan_ids if movie_id in shelf],
        watched=watched.card if watched else None,
    )


def fill_tonight(picks: TonightPicks, *, viewer: User | None) -> TonightShelf:
    """Fetch the films for the evening alone; three queries."""
    return _fill_tonight(picks, _make_shelf(picks.items, viewer=viewer))


def _fill_tonight(picks: TonightPicks, shelf: Mapping[int, ShelfMovie]) -> TonightShelf:
    shown = [item for item in picks.items if item.movie_id in shelf]
    about = Movie.objects.only("title", "extract", "wikipedia_page").in_bulk(
        [item.movie_id for item in shown]
    )
    films = [
        TonightFilm(
            film=shelf[item.movie_id],
            item=item,
            label=picks.labels[item.movie_id],
            about=found if (found := about.get(item.movie_id)) and found.extract else None,
            together=picks.together.get(item.movie_id),
        )
        for item in shown
        if item.movie_id in picks.labels
    ]
    return TonightShelf(picks, films)


def _fill_row(row: HomeRow, shelf: Mapping[int, ShelfMovie]) -> list[ShelfMovie]:
    films = [(shelf[item.movie_id], item) for item in row.items if item.movie_id in shelf]
    if row.kind != REWATCH:
        return [film for film, _ in films]
    # They carry the stars they were given, so that nobody has to ask for them.
    return [
        ShelfMovie(film.card, Decimal(str(item.score)), film.is_on_watchlist, film.reason)
        for film, item in films
    ]


def _make_shelf(
    items: Sequence[Recommendation], *, viewer: User | None, extra_ids: Sequence[int] = ()
) -> dict[int, ShelfMovie]:
    reasons = {item.movie_id: item.reasons[0].text for item in items if item.reasons}
    cards = get_movie_cards([*(item.movie_id for item in items), *extra_ids])
    films = make_shelf(cards, viewer=viewer, reasons=reasons, is_unseen=True)
    return {film.card.id: film for film in films}
