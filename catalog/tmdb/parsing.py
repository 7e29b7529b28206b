"""Takes from an answer of TMDB what the catalogue keeps; what is missing stays unknown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.fact_models import COUNTRY_PATTERN, Availability

MAX_DIRECTORS = 5
MAX_CAST = 10
MAX_MINUTES = 6000
MAX_ID = 2**31 - 1
MAX_OVERVIEW = 5000
POSTER_PATH = re.compile(r"/[A-Za-z0-9_-]{1,80}\.(?:jpg|jpeg|png|webp)")
Offer = Availability.Offer
OFFERS = {
    "flatrate": Offer.SUBSCRIPTION,
    "free": Offer.FREE,
    "ads": Offer.ADS,
    "rent": Offer.RENT,
    "buy": Offer.BUY,
}


class BadAnswerError(Exception):
    """The answer is not what TMDB's API promises; asking again at once would not help."""


class NamedPerson(NamedTuple):
    """Somebody by their id at TMDB."""

    tmdb_id: int
    name: str
    character: str = ""


class NamedOffer(NamedTuple):
    """A service by its id at TMDB, and what it takes to watch the film there in a country."""

    tmdb_id: int
    name: str
    country: str
    offer: str


@dataclass(frozen=True, slots=True)
class FilmAnswer:
    """What TMDB says of a film; None where it does not say, which is not the same as "nobody"."""

    overview: str
    tagline: str
    runtime_minutes: int | None
    poster_path: str
    directors: tuple[NamedPerson, ...] | None
    cast: tuple[NamedPerson, ...] | None
    offers: tuple[NamedOffer, ...] | None


def parse_film(answer: Any, *, tmdb_id: int) -> FilmAnswer:
    """Return what is kept of the answer to `/movie/{tmdb_id}`.

    Raises:
        BadAnswerError: It is no film, or another one.
    """
    if not isinstance(answer, dict) or answer.get("id") != tmdb_id:
        raise BadAnswerError("the answer is not about the film that was asked for")
    credits = answer.get("credits")
    told = credits if isinstance(credits, dict) else {}
    return FilmAnswer(
        overview=clean_text(answer.get("overview"), MAX_OVERVIEW),
        tagline=clean_text(answer.get("tagline"), 500),
        runtime_minutes=_read_number(answer.get("runtime"), MAX_MINUTES),
        poster_path=_read_poster_path(answer.get("poster_path")),
        directors=_read_directors(told.get("crew")),
        cast=_read_cast(told.get("cast")),
        offers=_read_offers(answer.get("watch/providers")),
    )


def clean_text(value: Any, length: int) -> str:
    """Return a text without control characters, which Postgres refuses or pages show as boxes."""
    if not isinstance(value, str):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(printable.split())[:length].rstrip()


def _read_number(value: Any, most: int) -> int | None:
    """Return a whole number from 1 to `most`; TMDB writes 0 where it does not know."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 1 <= value <= most else None


def _read_poster_path(value: Any) -> str:
    return value if isinstance(value, str) and POSTER_PATH.fullmatch(value) else ""


def _read_directors(crew: Any) -> tuple[NamedPerson, ...] | None:
    if not isinstance(crew, list):
        return None
    directing = [one for one in _dicts(crew) if one.get("job") == "Director"]
    return _read_people(directing, MAX_DIRECTORS)


def _read_cast(cast: Any) -> tuple[NamedPerson, ...] | None:
    if not isinstance(cast, list):
        return None
    in_order = sorted(_dicts(cast), key=lambda one: _read_number(one.get("order"), 10_000) or 0)
    return _read_people(in_order, MAX_CAST)


def _read_people(rows: list[dict[str, Any]], most: int) -> tuple[NamedPerson, ...]:
    """Return the first people that have an id and a name, each once."""
    people: dict[int, NamedPerson] = {}
    for row in rows:
        person_id, name = _read_number(row.get("id"), MAX_ID), clean_text(row.get("name"), 200)
        if person_id and name:
            character = clean_text(row.get("character"), 200)
            people.setdefault(person_id, NamedPerson(person_id, name, character))
    return tuple(people.values())[:most]


def _read_offers(providers: Any) -> tuple[NamedOffer, ...] | None:
    """Return the offers of all countries, each once."""
    results = providers.get("results") if isinstance(providers, dict) else None
    if not isinstance(results, dict):
        return None
    return tuple(dict.fromkeys(_walk_offers(results)))


def _walk_offers(results: dict[str, Any]) -> Iterator[NamedOffer]:
    for country, kinds in results.items():
        if not re.fullmatch(COUNTRY_PATTERN, country) or not isinstance(kinds, dict):
            continue
        for kind, offer in OFFERS.items():
            rows = kinds.get(kind)
            for row in _dicts(rows if isinstance(rows, list) else []):
                service_id = _read_number(row.get("provider_id"), MAX_ID)
                name = clean_text(row.get("provider_name"), 100)
                if service_id and name:
                    yield NamedOffer(service_id, name, country, offer.value)


def _dicts(rows: list[Any]) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)]
