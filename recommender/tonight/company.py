"""Who watches along this evening: people of an open movie night, and the films that suit them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from accounts.models import User
from catalog.text import name_series
from recommender.answers import Filters
from recommender.night.explaining import Forecast, explain_film
from recommender.night.models import MIN_MEMBERS, MovieNight, NightMember
from recommender.night.suggesting import suggest_films
from recommender.serving import Snapshot
from recommender.tonight.series import space_series

RULE = MovieNight.Rule.WITHOUT_MISERY


@dataclass(frozen=True, slots=True)
class Company:
    """Everybody at a movie night by seat: `names` are what they see of each other."""

    night_id: int
    viewer_id: int
    user_ids: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def label(self) -> str:
        """Who the others are, as the viewer says it."""
        seats = zip(self.user_ids, self.names, strict=True)
        *others, last = [name for user_id, name in seats if user_id != self.viewer_id]
        if not others:
            return _("With %(name)s") % {"name": last}
        return _("With %(names)s and %(last)s") % {"names": ", ".join(others), "last": last}


@dataclass(frozen=True, slots=True)
class FilmTogether:
    """A film that suits a company: everybody's predicted stars, and what they come to."""

    movie_id: int
    forecasts: tuple[Forecast, ...]
    why: str


def read_companies(*, user: User | None) -> tuple[Company, ...]:
    """Return the companies somebody may ask for films with, the newest first; one query.

    People let others see forecasts of them for one evening: a night that is decided or over is
    none any more.
    """
    if user is None:
        return ()
    nights = MovieNight.objects.filter(members__user=user, expires_at__gt=timezone.now())
    seats = (
        NightMember.objects.filter(night__in=nights.exclude(status=MovieNight.Status.DECIDED))
        .order_by("-night_id", "seat")
        .values_list("night_id", "user_id", "name")
    )
    companies = []
    for night_id, rows in groupby(seats, key=itemgetter(0)):
        _ids, user_ids, names = zip(*rows, strict=True)
        if len(user_ids) >= MIN_MEMBERS:
            companies.append(Company(night_id, user.pk, user_ids, names))
    return tuple(companies)


def keep_distinct(companies: Sequence[Company], chosen: Company | None) -> list[Company]:
    """Return one company of the same people each: the chosen one, else that of the newest night."""
    kept = {frozenset(each.user_ids): each for each in reversed(companies)}
    if chosen is not None:
        kept[frozenset(chosen.user_ids)] = chosen
    return list(reversed(kept.values()))


def find_company(companies: Sequence[Company], night_id: int) -> Company | None:
    """Return the company of a night; None where it is not among them, whatever the reason."""
    return next((each for each in companies if each.night_id == night_id), None)


def pick_together(
    snapshot: Snapshot, *, company: Company, filters: Filters, skip: int, limit: int
) -> tuple[FilmTogether, ...]:
    """Return films inside the filters that suit everybody, best first, less the first `skip`.

    Nobody has seen or hidden any of them, and one film of a series is enough for a page. One query,
    however many people there are.
    """
    titles = snapshot.catalogue.titles

    def arrange(pools: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        ranked = [pool.tolist() for pool in pools]
        spaced = space_series(ranked, lambda at: name_series(titles[at]), count=skip + limit)
        return np.array(spaced[skip:], dtype=np.int64)

    found = suggest_films(
        user_ids=company.user_ids,
        strategy="average_without_misery",
        limit=limit,
        filters=filters,
        snapshot=snapshot,
        arrange=arrange,
    )
    films = []
    for film in found:
        told = tuple(map(Forecast, company.names, film.stars))
        films.append(FilmTogether(film.movie_id, told, explain_film(rule=RULE, forecasts=told)))
    return tuple(films)
