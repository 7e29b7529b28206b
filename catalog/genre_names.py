"""MovieLens' genres, so that their names can be said in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_noop

GENRE_NAMES = (
    gettext_noop("(no genres listed)"),
    gettext_noop("Action"),
    gettext_noop("Adventure"),
    gettext_noop("Animation"),
    gettext_noop("Children"),
    gettext_noop("Comedy"),
    gettext_noop("Crime"),
    gettext_noop("Documentary"),
    gettext_noop("Drama"),
    gettext_noop("Fantasy"),
    gettext_noop("Film-Noir"),
    gettext_noop("Horror"),
    gettext_noop("IMAX"),
    gettext_noop("Musical"),
    gettext_noop("Mystery"),
    gettext_noop("Romance"),
    gettext_noop("Sci-Fi"),
    gettext_noop("Thriller"),
    gettext_noop("War"),
    gettext_noop("Western"),
)


def say_genres(names: Iterable[str]) -> str:
    """Return the names of genres in the present language, with commas; unknown ones as they are."""
    return ", ".join(gettext(name) for name in names)
