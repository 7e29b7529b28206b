"""Why a film is up for the vote, from the very stars that are shown beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from recommender.ml.groups import MISERY
from recommender.night.models import MovieNight


@dataclass(frozen=True, slots=True)
class Forecast:
    """The stars somebody is predicted to give a film; None where nobody can say."""

    name: str
    stars: float | None

    @property
    def shown(self) -> str:
        """The stars with one decimal, as everywhere on the site."""
        return "?" if self.stars is None else format_number(self.stars)


def format_number(stars: float) -> str:
    """Return stars with one decimal."""
    return floatformat(stars, 1)


def explain_film(*, rule: str, forecasts: Sequence[Forecast]) -> str:
    """Return one or two sentences, each true of these forecasts.

    "None of you is predicted below 3.5 stars" names the highest half star that all reach.
    """
    said = _explain_forecasts(rule, forecasts)
    # Not by whom: the host of then may have left.
    return f"{_('Picked by hand.')} {said}" if rule == MovieNight.Rule.HOST_PICKS else said


def _explain_forecasts(rule: str, forecasts: Sequence[Forecast]) -> str:
    known = [(each.stars, each.name) for each in forecasts if each.stars is not None]
    unknown = [each.name for each in forecasts if each.stars is None]
    if unknown or not known:
        names = ", ".join(unknown)
        if not names:
            return _("We cannot say how it would please you.")
        return _("We cannot say how it would please %(names)s.") % {"names": names}
    least, name = min(known)
    mean = sum(stars for stars, _name in known) / len(known)
    facts = {
        "name": name,
        "least": format_number(least),
        "mean": format_number(mean),
        "half": floatformat(math.floor(least * 2 + 1e-6) / 2, -1),
    }
    if rule == MovieNight.Rule.LEAST_MISERY:
        return _("Even %(name)s, the least keen of you, is predicted %(least)s stars.") % facts
    if least < MISERY:
        return (
            _("%(name)s is predicted only %(least)s stars; the average of you all is %(mean)s.")
            % facts
        )
    return _("None of you is predicted below %(half)s stars; the average is %(mean)s.") % facts
