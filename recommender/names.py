"""Genres and streaming services by what people call them."""

from collections.abc import Sequence

from catalog.models import Genre, Service

LISTED_NAMES = 40


class UnknownNameError(Exception):
    """A name is no genre's or no streaming service's; the message lists some that there are."""


def find_genre_ids(names: Sequence[str]) -> list[int]:
    """Return the ids of genres given by name or slug, in any case; one query.

    Raises:
        UnknownNameError: a name is no genre's.
    """
    return _find_ids(names, Genre, what="genre")


def find_service_ids(names: Sequence[str]) -> list[int]:
    """Return the ids of streaming services given by name or slug, in any case; one query.

    Raises:
        UnknownNameError: a name is no service's.
    """
    return _find_ids(names, Service, what="service")


def _find_ids(names: Sequence[str], model: type[Genre | Service], *, what: str) -> list[int]:
    if not names:
        return []
    rows = list(model._default_manager.values_list("pk", "name", "slug"))
    by_name = {key.casefold(): pk for pk, name, slug in rows for key in (name, slug)}
    for name in names:
        if name.casefold() not in by_name:
            known = _list_names([name for _pk, name, _slug in rows])
            raise UnknownNameError(f"{name!r} is no {what}. There are: {known}.")
    return [by_name[name.casefold()] for name in names]


def _list_names(names: Sequence[str]) -> str:
    rest = ", …" if len(names) > LISTED_NAMES else ""
    return ", ".join(sorted(names)[:LISTED_NAMES]) + rest if names else "none"
