"""Reads of films' facts: runtimes, people, services, TMDB's text. Unknown is never an error.

What is not known is None, an empty string or absent: show it as unknown, and never filter a film
out for it in silence. Where TMDB's words or posters are shown, show `TMDB_NOTICE` on the page.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.fact_models import Availability, Credit, Service, TmdbRecord
from catalog.models import Movie

# TMDB's terms ask for these words; JustWatch is where its services come from.
TMDB_NOTICE = _("This product uses the TMDB API but is not endorsed or certified by TMDB.")
SERVICES_NOTICE = _("Where films can be watched comes from JustWatch by way of TMDB.")
CHUNK = 4000
Job = Credit.Job


class FilmPerson(NamedTuple):
    """Somebody of a film; `character` is empty for directors and where it is not known."""

    id: int
    name: str
    character: str = ""


class FilmOffer(NamedTuple):
    """A service that has a film; `offer` is one of `Availability.Offer`."""

    service: Service
    offer: str

    @property
    def offer_label(self) -> str:
        """What it takes to watch it there, in words."""
        return str(Availability.Offer(self.offer).label)


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """All facts of one film; `offers` are of one country, the included ones first.

    `overview` and `tagline` are TMDB's: show `TMDB_NOTICE` beside them.
    """

    runtime_minutes: int | None
    directors: tuple[FilmPerson, ...]
    cast: tuple[FilmPerson, ...]
    offers: tuple[FilmOffer, ...]
    overview: str
    tagline: str
    has_tmdb: bool


def get_default_country() -> str:
    """Return the country whose services are are told of, such as "US"."""
    return settings.SERVICE_COUNTRIES[0]


def get_movie_facts(movie: Movie) -> MovieFacts:
    """Return what is known of a film; three queries."""
    people = get_people_of([movie.pk]).get(movie.pk, {})
    record = TmdbRecord.objects.filter(movie_id=movie.pk).first()
    return MovieFacts(
        runtime_minutes=movie.runtime_minutes,
        directors=tuple(people.get(Job.DIRECTOR, ())),
        cast=tuple(people.get(Job.ACTOR, ())),
        offers=get_offers(movie.pk),
        overview=record.overview if record else "",
        tagline=record.tagline if record else "",
        has_tmdb=bool(movie.poster_key or (record and record.fetched_at)),
    )


def get_people_of(movie_ids: Collection[int]) -> dict[int, dict[str, list[FilmPerson]]]:
    """Return movie id → job ("director", "actor") → people in their order; one query."""
    people: dict[int, dict[str, list[FilmPerson]]] = defaultdict(lambda: defaultdict(list))
    credits = Credit.objects.filter(movie_id__in=set(movie_ids)).order_by("order", "id")
    rows = credits.values_list("movie_id", "job", "person_id", "person__name", "character")
    for movie_id, job, person_id, name, character in rows:
        people[movie_id][job].append(FilmPerson(person_id, name, character))
    return {movie_id: dict(jobs) for movie_id, jobs in people.items()}


def get_offers(movie_id: int) -> tuple[FilmOffer, ...]:
    """Return who has a film, each service by its cheapest offer; one query."""
    rank = {offer: place for place, offer in enumerate(Availability.Offer.values)}
    offers = Availability.objects.filter(
        movie_id=movie_id, country=get_default_country()
    ).select_related("service")
    cheapest: dict[int, FilmOffer] = {}
    for offer in sorted(offers, key=lambda offer: (rank[offer.offer], offer.service.name)):
        cheapest.setdefault(offer.service_id, FilmOffer(offer.service, offer.offer))
    return tuple(cheapest.values())


def get_services() -> list[Service]:
    """Return the services that have films without further payment; one query."""
    offers = _included().filter(service_id=OuterRef("pk"))
    return list(Service.objects.filter(Exists(offers)).order_by("name"))


def iterate_service_links() -> Iterator[tuple[int, int]]:
    """Yield (movie id, service id) of every film a service has without further payment.

    One query, streamed; ascending by movie, each pair once. A film that never comes is on no
    service or not known of: `iterate_movies_with_service_facts` tells which.
    """
    rows = _included().order_by("movie_id", "service_id")
    pairs = rows.values_list("movie_id", "service_id").distinct()
    yield from pairs.iterator(chunk_size=CHUNK)


def iterate_movies_with_service_facts() -> Iterator[int]:
    """Yield the ids of films of which it is known where they can be watched, if anywhere.

    Those TMDB told of, and those any service is named for; one query, ascending.
    """
    named = Availability.objects.filter(movie_id=OuterRef("pk"), country=get_default_country())
    told = TmdbRecord.objects.filter(movie_id=OuterRef("pk"), fetched_at__isnull=False)
    ids = (
        Movie.objects.filter(Q(Exists(named)) | Q(Exists(told)))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    yield from ids.iterator(chunk_size=CHUNK)


def _included() -> QuerySet[Availability]:
    return Availability.objects.filter(
        country=get_default_country(), offer__in=Availability.INCLUDED
    )
