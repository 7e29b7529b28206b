"""What the list of all movies is narrowed to, in words: its heading."""

from collections.abc import Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from catalog.browsing import BrowseForm

MAX_GENRES_NAMED = 3
FILMS_OF_GENRE = {
    "(no genres listed)": gettext_noop("films without a genre"),
    "Action": gettext_noop("action films"),
    "Adventure": gettext_noop("adventure films"),
    "Animation": gettext_noop("animated films"),
    "Children": gettext_noop("children’s films"),
    "Comedy": gettext_noop("comedies"),
    "Crime": gettext_noop("crime films"),
    "Documentary": gettext_noop("documentaries"),
    "Drama": gettext_noop("dramas"),
    "Fantasy": gettext_noop("fantasy films"),
    "Film-Noir": gettext_noop("films noirs"),
    "Horror": gettext_noop("horror films"),
    "IMAX": gettext_noop("IMAX films"),
    "Musical": gettext_noop("musicals"),
    "Mystery": gettext_noop("mysteries"),
    "Romance": gettext_noop("romances"),
    "Sci-Fi": gettext_noop("sci-fi films"),
    "Thriller": gettext_noop("thrillers"),
    "War": gettext_noop("war films"),
    "Western": gettext_noop("westerns"),
}
LENGTHS = {
    "short": gettext_noop("up to 1½ hours long"),
    "usual": gettext_noop("1½ to 2 hours long"),
    "long": gettext_noop("2 to 2½ hours long"),
    "epic": gettext_noop("longer than 2½ hours"),
}


def describe_filters(form: BrowseForm) -> str:
    """Return what is asked for, such as "Comedies of the 1990s, not yet seen"; "" for all films.

    The form has been asked whether it is valid; what is not, is not said.
    """
    asked = form.cleaned_data
    limiting = [name for name in (*form.MORE, *form.GENRES, "decade") if name != "unknown"]
    filters = any(asked.get(name) for name in limiting)
    if not filters:
        return _("“%(query)s”") % {"query": asked["q"]} if asked.get("q") else ""
    films = _name_films(form.get_genre_names("genre")) or _("films")
    said = capfirst(", ".join([_add_years(films, asked), *_list_limits(form)]))
    if asked.get("q"):
        return _("“%(query)s”: %(films)s") % {"query": asked["q"], "films": said}
    return said


def _name_films(genres: Sequence[str]) -> str:
    """Return the films of any of these genres in words."""
    if len(genres) > MAX_GENRES_NAMED:
        return _("films of %(number)d genres") % {"number": len(genres)}
    named = [
        _(FILMS_OF_GENRE[name])
        if name in FILMS_OF_GENRE
        else _("%(genre)s films") % {"genre": name}
        for name in genres
    ]
    if len(named) <= 1:
        return "".join(named)
    return _("%(films)s or %(others)s") % {"films": ", ".join(named[:-1]), "others": named[-1]}


def _add_years(films: str, asked: dict[str, Any]) -> str:
    if asked.get("decade"):
        decade = _("%(year)ds") % {"year": asked["decade"]}
        films = _("%(films)s of the %(decade)s") % {"films": films, "decade": decade}
    first, last = asked.get("year_from"), asked.get("year_to")
    words = {"films": films, "first": first, "last": last}
    if first is not None and first == last:
        return _("%(films)s of %(first)d") % words
    if first is not None and last is not None:
        return _("%(films)s from %(first)d to %(last)d") % words
    if first is not None:
        return _("%(films)s from %(first)d on") % words
    return films if last is None else _("%(films)s up to %(last)d") % words


def _list_limits(form: BrowseForm) -> list[str]:
    asked, limits = form.cleaned_data, list[str]()
    if unwanted := _name_films(form.get_genre_names("without")):
        limits.append(_("no %(films)s") % {"films": unwanted})
    if asked.get("runtime"):
        limits.append(_(LENGTHS[asked["runtime"]]))
    if asked.get("rating") is not None:
        stars = number_format(asked["rating"], decimal_pos=1)
        limits.append(_("rated %(stars)s stars or more") % {"stars": stars})
    if asked.get("unseen"):
        limits.append(_("not yet seen"))
    return limits
