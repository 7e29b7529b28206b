"""Three films for this evening: the best of the ranking that fit what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import read_number
from catalog.selectors import is_genre
from catalog.text import name_series
from recommender.answers import Filters, Recommendation
from recommender.catalogue_arrays import CatalogueArrays
from recommender.home.draft import HomeDraft
from recommender.tonight.company import Company, find_company
from recommender.tonight.series import FILMS, space_series

# "Three more" can be asked for until so many films have been looked at.
POOL = 90
MAX_PAGE = POOL // FILMS
MIN_MINUTES, MAX_MINUTES = 10, 600


@dataclass(frozen=True, slots=True)
class TonightAnswers:
    """What was answered in the address, which can be shared: `page` counts threes from 1.

    `genre_names` are those of the catalogue; without `company` somebody watches alone; `problems`
    says what of the address is no answer.
    """

    minutes: int | None = None
    genre_names: tuple[str, ...] = ()
    page: int = 1
    company: Company | None = None
    problems: tuple[str, ...] = field(default=(), compare=False)

    def make_filters(
        self, catalogue: CatalogueArrays, *, service_ids: tuple[int, ...] = ()
    ) -> Filters:
        """Return the filters that these answers and the services of the person come to."""
        wanted = set(self.genre_names)
        ids = zip(catalogue.genre_names, catalogue.genre_ids.tolist(), strict=True)
        return Filters(
            genre_ids=tuple(sorted(pk for name, pk in ids if name in wanted)),
            max_runtime=self.minutes,
            service_ids=service_ids,
        )

    @property
    def address(self) -> str:
        """The page that shows these answers, to share and to come back to."""
        pairs: list[tuple[str, str | int]] = []
        if self.minutes is not None:
            pairs.append(("minutes", self.minutes))
        if self.company is not None:
            pairs.append(("with", self.company.night_id))
        pairs += [("genre", name) for name in self.genre_names]
        if self.page > 1:
            pairs.append(("page", self.page))
        return reverse("home") + (f"?{urlencode(pairs)}" if pairs else "")


def read_answers(
    query: QueryDict, catalogue: CatalogueArrays, *, companies: Sequence[Company] = ()
) -> TonightAnswers:
    """Return what an address or a form answers; what is no answer is left out and said.

    `companies` are those the person who asks may watch with.
    """
    problems = []
    given = query.get("minutes", "").strip()
    minutes = _read_number(given, least=MIN_MINUTES, most=MAX_MINUTES)
    if given and minutes is None:
        ends = {"given": given[:20], "least": MIN_MINUTES, "most": MAX_MINUTES}
        problems.append(
            _("“%(given)s” is no time to spend: give %(least)d to %(most)d minutes.") % ends
        )
    night = query.get("with", "").strip()
    company = find_company(companies, read_number(night))
    if night and company is None:
        problems.append(
            _("There is no such movie night of yours, or it is over: say again who is watching.")
        )
    by_name = {name.casefold(): name for name in list_genres(catalogue)}
    named = dict.fromkeys(name.strip() for name in query.getlist("genre") if name.strip())
    found = [by_name[name.casefold()] for name in named if name.casefold() in by_name]
    if unknown := [name for name in named if name.casefold() not in by_name]:
        problems.append(_("There is no genre “%(name)s” here.") % {"name": unknown[0][:40]})
    page = _read_number(query.get("page", ""), least=1, most=MAX_PAGE) or 1
    return TonightAnswers(minutes, tuple(dict.fromkeys(found)), page, company, tuple(problems))


def _read_number(text: str, *, least: int, most: int) -> int | None:
    number = read_number(text)
    return number if least <= number <= most else None


def list_genres(catalogue: CatalogueArrays) -> list[str]:
    """Return the genres that can be asked for; what has none is nobody's mood."""
    return [name for name in catalogue.genre_names if is_genre(name)]


def pick_films(draft: HomeDraft, *, page: int) -> tuple[Recommendation, ...]:
    """Return the films of a page with reasons, and the first of the next page if there is one.

    Films predicted stars clearly below the person's own mean come last, whatever their rank, and
    one film of a series is enough for a page; but no film of which it is not known whether it fits
    comes before one that does.
    """
    titles = draft.snapshot.catalogue.titles
    skipped = FILMS * (page - 1)
    chosen = space_series(
        draft.take_best(POOL),
        lambda index: name_series(titles[int(draft.positions[index])]),
        count=skipped + FILMS + 1,
    )[skipped:]
    return draft.present(chosen, reasons=draft.explain(chosen), first_rank=skipped + 1)
