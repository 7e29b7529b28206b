"""The question for the evening as its form shows it: choices, and which are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.utils.translation import gettext as _

from catalog.selectors import is_offered
from recommender.catalogue_arrays import CatalogueArrays
from recommender.home.selectors import Visitor
from recommender.tonight.company import Company, keep_distinct
from recommender.tonight.picking import TonightAnswers, list_genres

USUAL_MINUTES = (90, 120, 150)


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to check."""

    value: str
    label: str
    is_checked: bool


class TonightForm:
    """Minutes, company, genres and services, checked as answered; `problems` of the address."""

    def __init__(
        self,
        answers: TonightAnswers,
        *,
        catalogue: CatalogueArrays,
        visitor: Visitor,
        companies: Sequence[Company] = (),
    ) -> None:
        self.problems = answers.problems
        self.minutes = _choose_minutes(answers.minutes)
        self.companies = [Choice("", _("Just me"), answers.company is None)]
        self.companies += [
            Choice(str(each.night_id), each.label, each == answers.company)
            for each in keep_distinct(companies, answers.company)
        ]
        genres = [
            Choice(name, _(name), name in answers.genre_names)
            for name in list_genres(catalogue)
            if is_offered(name) or name in answers.genre_names
        ]
        self.genres = sorted(genres, key=attrgetter("label"))
        services = catalogue.services
        self.services = [
            Choice(str(pk), name, pk in visitor.service_ids)
            for pk, name in zip(services.ids, services.names, strict=True)
        ]
        self.num_genres = len(answers.genre_names)
        self.num_services = sum(choice.is_checked for choice in self.services)
        self.knows_lengths = bool(catalogue.runtimes.any())
        # Where no length is known minutes are no question; an address with some is answered.
        self.asks_minutes = self.knows_lengths or answers.minutes is not None


def _choose_minutes(minutes: int | None) -> list[Choice]:
    """Return the usual lengths, and the one asked for where it is none of them."""
    offered = sorted({*USUAL_MINUTES, *([minutes] if minutes else [])})
    choices = [Choice("", _("Any length"), minutes is None)]
    for number in offered:
        label = _("%(number)d min") % {"number": number}
        choices.append(Choice(str(number), label, number == minutes))
    return choices
