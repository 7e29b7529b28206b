"""Reads of lists; what a page or the API needs, in one or two queries."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.models import User
from catalog.list_models import FilmList, FilmListEntry
from catalog.models import Movie
from catalog.selectors import MovieCard, build_cards

FACES = 4


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list among others: how many films, and the first of them as its face."""

    film_list: FilmList
    film_count: int
    faces: tuple[MovieCard, ...]


@dataclass(frozen=True, slots=True)
class ListChoice:
    """A list that a film may be put on, or is on already."""

    id: int
    name: str
    has_film: bool


def get_lists(user_id: int) -> QuerySet[FilmList]:
    """Return a person's lists, last changed first, each with `film_count`."""
    lists = FilmList.objects.filter(user_id=user_id).annotate(film_count=Count("entries"))
    return lists.order_by("-updated_at", "-id")


def get_list(*, user: User | None, list_id: int) -> FilmList | None:
    """Return a list of this person's own; None where they have none such."""
    return FilmList.objects.filter(user=user, pk=list_id).first() if user else None


def get_shared_list(*, share_key: uuid.UUID) -> FilmList | None:
    """Return the list a link leads to, with owner and `film_count`; None where the link is dead.

    Of somebody who was locked out nothing is shown: they could not take it back.
    """
    lists = FilmList.objects.select_related("user").annotate(film_count=Count("entries"))
    return lists.filter(share_key=share_key, user__is_active=True).first()


def get_entries(film_list: FilmList) -> QuerySet[FilmListEntry]:
    """Return the films of a list in order, movies and genres fetched along."""
    entries = FilmListEntry.objects.filter(film_list=film_list).order_by("position")
    return entries.select_related("movie").prefetch_related("movie__genres")


def summarise_lists(lists: list[FilmList]) -> list[ListSummary]:
    """Return the lists of `get_lists` with the first films of each; two queries."""
    first = FilmListEntry.objects.filter(film_list__in=lists, position__lte=FACES)
    shown = list(first.order_by("position").values_list("film_list_id", "movie_id"))
    movie_ids = {movie_id for _, movie_id in shown}
    cards = {card.id: card for card in build_cards(Movie.objects.filter(pk__in=movie_ids))}
    faces: dict[int, list[MovieCard]] = {}
    for list_id, movie_id in shown:
        faces.setdefault(list_id, []).append(cards[movie_id])
    return [
        ListSummary(found, found.film_count, tuple(faces.get(found.pk, ())))  # type: ignore[attr-defined]
        for found in lists
    ]


def get_list_choices(*, user: User | None, movie_id: int) -> list[ListChoice]:
    """Return a person's lists by name and whether a film stands on each; one query."""
    if user is None:
        return []
    has_film = Exists(FilmListEntry.objects.filter(film_list=OuterRef("pk"), movie_id=movie_id))
    rows = FilmList.objects.filter(user=user).order_by("name", "id")
    return [ListChoice(*row) for row in rows.values_list("pk", "name", has_film)]


def find_listed(film_list: FilmList, movie_ids: Collection[int]) -> set[int]:
    """Return which of these movies are on a list; one query."""
    entries = FilmListEntry.objects.filter(film_list=film_list, movie_id__in=list(movie_ids))
    return set(entries.values_list("movie_id", flat=True))
