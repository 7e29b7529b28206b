"""Reading who has which film into bits, from real rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Availability, Movie, Service
from recommender.catalogue_arrays import load_catalogue
from recommender.service_arrays import make_no_services


@pytest.fixture
def services(catalogue: list[Movie]) -> list[Service]:
    """Ten services; the first has films 1 to 3, the tenth film 3 and, to buy, film 4."""
    made = [Service.objects.create(slug=f"s{n}", name=f"Service {n}") for n in range(10)]
    for movie_id, number, offer in (
        (1, 0, "subscription"),
        (2, 0, "free"),
        (3, 0, "ads"),
        (3, 9, "subscription"),
        (4, 9, "buy"),
    ):
        Availability.objects.create(
            movie_id=movie_id, service=made[number], country="US", offer=offer
        )
    Availability.objects.create(movie_id=5, service=made[0], country="DE")
    return made


def test_catalogue_knows_who_has_which_film(services: list[Service]) -> None:
    read = load_catalogue(version=1).services
    names = {number + 1: read.names_at(number) for number in range(5)}
    assert names == {
        1: ("Service 0",),
        2: ("Service 0",),
        3: ("Service 0", "Service 9"),
        4: (),
        5: None,
    }
    assert read.names == ("Service 0", "Service 9")


def test_filter_by_services_keeps_what_nobody_knows(services: list[Service]) -> None:
    catalogue = load_catalogue(version=1)
    mask = catalogue.services.may_be_on([services[9].pk])
    assert catalogue.movie_ids[~mask].tolist() == [1, 2, 4]


def test_runtimes_are_read_and_zero_where_unknown(catalogue: list[Movie]) -> None:
    Movie.objects.filter(pk=2).update(runtime_minutes=95)
    read = load_catalogue(version=1)
    assert read.runtimes[:3].tolist() == [0, 95, 0]
    assert read.label(1).runtime_minutes == 95
    assert read.label(0).runtime_minutes is None


def test_queries_do_not_grow_with_services(services: list[Service]) -> None:
    with CaptureQueriesContext(connection) as few:
        load_catalogue(version=1)
    Availability.objects.bulk_create(
        Availability(movie_id=movie_id, service=service, country="US")
        for movie_id in range(10, 40)
        for service in services
    )
    with CaptureQueriesContext(connection) as many:
        load_catalogue(version=1)
    assert len(many) == len(few) <= 6


def test_catalogue_without_services_filters_nothing_out(catalogue: list[Movie]) -> None:
    read = load_catalogue(version=1).services
    assert read.ids == ()
    assert read.may_be_on([1, 2]).all()
    assert make_no_services(3).may_be_on([1]).tolist() == [True] * 3
    assert make_no_services(3).names_at(0) is None
