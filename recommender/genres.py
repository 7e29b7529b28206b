"""Genres by what people call them."""

from collections.abc import Sequence

from catalog.models import Genre


class UnknownGenreNameError(Exception):
    """A name is no genre's; the message lists the genres there are."""


def find_genre_ids(names: Sequence[str]) -> list[int]:
    """Return the ids of genres given by name or slug, in any case; one query.

    Raises:
        UnknownGenreNameError: a name is no genre's.
    """
    if not names:
        return []
    genres = list(Genre.objects.values_list("pk", "name", "slug"))
    by_name = {key.casefold(): pk for pk, name, slug in genres for key in (name, slug)}
    ids = []
    for name in names:
        found = by_name.get(name.casefold())
        if found is None:
            known = ", ".join(sorted(genre[1] for genre in genres))
            raise UnknownGenreNameError(f"{name!r} is no genre. There are: {known}.")
        ids.append(found)
    return ids
