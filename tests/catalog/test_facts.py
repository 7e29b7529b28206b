import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog import facts
from catalog.models import Availability, Credit, Movie, Person, Service, TmdbRecord
from catalog.selectors import get_movie_cards
from tests.catalog.factories import count_queries, make_movie

pytestmark = pytest.mark.django_db
Job, Offer = Credit.Job, Availability.Offer


@pytest.fixture(autouse=True)
def two_countries(settings: Settings) -> None:
    settings.SERVICE_COUNTRIES = ["US", "DE"]


def credit(movie: Movie, name: str, job: str = Job.ACTOR, order: int = 0) -> Person:
    person, _ = Person.objects.get_or_create(name=name)
    Credit.objects.create(movie=movie, person=person, job=job, order=order)
    return person


def offer(movie: Movie, slug: str, kind: str = Offer.SUBSCRIPTION, country: str = "US") -> Service:
    service, _ = Service.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
    Availability.objects.create(movie=movie, service=service, country=country, offer=kind)
    return service


def test_film_of_which_nothing_is_known_has_empty_facts(movie: Movie) -> None:
    found = facts.get_movie_facts(movie)
    assert found.runtime_minutes is None
    assert (found.directors, found.cast, found.offers, found.overview) == ((), (), (), "")
    assert not found.has_tmdb


def test_facts_of_a_film_come_in_three_queries(movie: Movie) -> None:
    movie.runtime_minutes = 136
    credit(movie, "Second", order=1)
    credit(movie, "First", order=0)
    credit(movie, "Boss", Job.DIRECTOR)
    offer(movie, "streamly")
    TmdbRecord.objects.create(
        movie=movie, tmdb_id=603, overview="A hacker wakes.", fetched_at=timezone.now()
    )
    found = facts.get_movie_facts(movie)
    assert [person.name for person in found.cast] == ["First", "Second"]
    assert [person.name for person in found.directors] == ["Boss"]
    assert [(one.service.slug, one.offer) for one in found.offers] == [("streamly", "subscription")]
    assert (found.runtime_minutes, found.overview, found.has_tmdb) == (136, "A hacker wakes.", True)
    assert count_queries(lambda: facts.get_movie_facts(movie)) == 3


def test_service_is_named_once_by_its_cheapest_offer(movie: Movie) -> None:
    for kind in (Offer.BUY, Offer.RENT, Offer.ADS):
        offer(movie, "many", kind)
    offer(movie, "abroad", country="DE")
    offer(movie, "best")
    found = facts.get_offers(movie.pk)
    assert [(one.service.slug, one.offer) for one in found] == [
        ("best", "subscription"),
        ("many", "ads"),
    ]
    assert found[1].offer_label == "free with advertisements"


def test_services_are_of_the_country_of_the_site(movie: Movie, settings: Settings) -> None:
    abroad = offer(movie, "abroad", country="DE")
    assert facts.get_services() == []
    settings.SERVICE_COUNTRIES = ["DE", "US"]
    assert [one.service for one in facts.get_offers(movie.pk)] == [abroad]
    assert facts.get_services() == [abroad]


def test_what_costs_extra_is_not_on_my_services(movie: Movie) -> None:
    offer(movie, "shop", Offer.BUY)
    streamly = offer(movie, "streamly")
    offer(movie, "streamly", Offer.FREE)
    assert facts.get_services() == [streamly]
    assert list(facts.iterate_service_links()) == [(movie.pk, streamly.pk)]


def test_film_nobody_told_of_is_unknown_rather_than_on_no_service() -> None:
    told, named, untold, abroad = (make_movie(number) for number in range(1, 5))
    TmdbRecord.objects.create(movie=told, tmdb_id=1, fetched_at="2026-01-01T00:00Z")
    TmdbRecord.objects.create(movie=untold, tmdb_id=3)
    offer(named, "streamly")
    offer(abroad, "streamly", country="FR")
    assert list(facts.iterate_movies_with_service_facts()) == [told.pk, named.pk]


def test_somebody_may_direct_and_act() -> None:
    known = make_movie(1)
    ada = credit(known, "Ada", order=3)
    credit(known, "Ada", Job.DIRECTOR)
    assert facts.get_people_of([known.pk]) == {
        known.pk: {"director": [(ada.pk, "Ada", "")], "actor": [(ada.pk, "Ada", "")]}
    }


def test_cards_tell_the_runtime_where_it_is_known() -> None:
    make_movie(1, runtime_minutes=90)
    make_movie(2)
    assert [card.runtime_minutes for card in get_movie_cards([1, 2])] == [90, None]
