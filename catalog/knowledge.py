"""What is asked of films' facts, and films of which it is not known whether they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from catalog.models import Genre
from catalog.selectors import has_genre, is_genre, lacks_genre


@dataclass(frozen=True, slots=True)
class Fact:
    """What is asked of one fact: the movies it holds for, and those of which it is not known.

    The two have no movie in common; `is_unknown` is empty where the fact is known of every movie.
    """

    fits: Q
    is_unknown: Q


def ask_year(first: int | None, last: int | None) -> Fact:
    """Return the question whether a movie is of the years from `first` to `last`, if given."""
    fits = Q() if first is None else Q(year__gte=first)
    return Fact(fits if last is None else fits & Q(year__lte=last), Q(year=None))


def ask_rating(least: float) -> Fact:
    """Return the question whether a movie's mean is at least so many stars."""
    return Fact(Q(rating_mean__gte=least), Q(rating_mean=None))


def ask_genres(wanted: Sequence[Genre], *, genres: Sequence[Genre]) -> Fact:
    """Return the question whether a movie is of any of the wanted genres, of all there are.

    Who asks for "(no genres listed)" has asked for those not known.
    """
    fits = Q(has_genre([genre.pk for genre in wanted]))
    if not all(is_genre(genre.name) for genre in wanted):
        return Fact(fits, Q())
    # By the few that are none: Postgres need not look for each of the many.
    none = [genre.pk for genre in genres if not is_genre(genre.name)]
    return Fact(fits, lacks_genre(but=none))


def may_lack(facts: Sequence[Fact]) -> bool:
    """Whether any of the facts may be unknown of a movie."""
    return any(fact.is_unknown for fact in facts)


def keep_fitting(facts: Sequence[Fact]) -> Q:
    """Return the condition that all facts hold."""
    return reduce(and_, (fact.fits for fact in facts), Q())


def keep_fitting_or_unknown(facts: Sequence[Fact]) -> Q:
    """Return the condition that all facts hold as far as they are known."""
    return reduce(and_, (fact.fits | fact.is_unknown for fact in facts), Q())


def keep_unknown(facts: Sequence[Fact]) -> Q | None:
    """Return the condition that a movie may fit, and that of one fact at least it is not known.

    None where there is no such movie. The last fact's conditions are in it once each, which is why
    genres come last: they make Postgres read all links of movies to genres.
    """
    if not may_lack(facts):
        return None
    *others, last = facts
    may_fit = keep_fitting_or_unknown(others)
    lacks_other = reduce(or_, (fact.is_unknown for fact in others if fact.is_unknown), Q())
    if not lacks_other:
        return may_fit & last.is_unknown
    if not last.is_unknown:
        return may_fit & lacks_other & last.fits
    return may_fit & (last.is_unknown | lacks_other & last.fits)
