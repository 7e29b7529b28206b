"""Genres and streaming services by what people call them."""

from collections.abc import Iterable, Sequence

from catalog.models import Genre, Service


class UnknownGenreNameError(Exception):
    """A name is no genre's; the message lists the genres there are."""


class UnknownServiceNameError(Exception):
    """A name is no streaming service's; the message lists some that there are."""


LISTED_NAMES = 40
NamedRow = tuple[int, str, str]


def find_genre_ids(names: Sequence[str]) -> list[int]:
    """Return the ids of genres given by name or slug, in any case; one query.

    Raises:
        UnknownGenreNameError: a name is no genre's.
    """
    if not names:
        return []
    rows = list(Genre.objects.values_list("pk", "name", "slug"))
    ids, unknown = _find_ids(names, rows)
    if unknown:
        raise UnknownGenreNameError(f"{unknown!r} is no genre. There are: {_list_names(rows)}.")
    return ids


def find_service_ids(names: Sequence[str]) -> list[int]:
    """Return the ids of streaming services given by name or slug, in any case; one query.

    Raises:
        UnknownServiceNameError: a name is no service's.
    """
    if not names:
        return []
    rows = list(Service.objects.values_list("pk", "name", "slug"))
    ids, unknown = _find_ids(names, rows)
    if unknown:
        known = _list_names(rows) or "none"
        raise UnknownServiceNameError(f"{unknown!r} is no service. There are: {known}.")
    return ids


def _find_ids(names: Sequence[str], rows: Iterable[NamedRow]) -> tuple[list[int], str]:
    """Return the ids of the names, and the first name that is nobody's, if any."""
    by_name = {key.casefold(): pk for pk, name, slug in rows for key in (name, slug)}
    ids: list[int] = []
    for name in names:
        found = by_name.get(name.casefold())
        if found is None:
            return ids, name
        ids.append(found)
    return ids, ""


def _list_names(rows: Sequence[NamedRow]) -> str:
    names = sorted(row[1] for row in rows)
    rest = ", …" if len(names) > LISTED_NAMES else ""
    return ", ".join(names[:LISTED_NAMES]) + rest
