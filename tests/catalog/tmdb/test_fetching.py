from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.facts import get_movie_facts
from catalog.models import Availability, Credit, Movie, Person, Service, TmdbRecord
from catalog.posters.kept import SIZES, open_poster
from catalog.tmdb.client import TmdbClient
from catalog.tmdb.fetching import fetch_wanted
from catalog.tmdb.requesting import (
    forget_old_facts,
    request_all_films,
    request_due_films,
    request_films,
)
from tests.catalog.factories import make_movie, read_catalogue_version
from tests.catalog.tmdb.stand_in import StandIn
from tests.catalog.tmdb.steps import FILM, PICTURE, age, fetch

pytestmark = pytest.mark.django_db


def test_film_gets_its_facts_and_its_poster(client_of_tmdb: TmdbClient, keeper: Movie) -> None:
    before = read_catalogue_version()
    report = fetch(client_of_tmdb)
    assert (report.fetched, report.posters, report.left, report.failed) == (1, 1, 0, 0)
    keeper.refresh_from_db()
    facts = get_movie_facts(keeper)
    assert facts.runtime_minutes == 95
    assert [person.name for person in facts.directors] == ["Ada Lens"]
    assert [person.character for person in facts.cast] == ["The keeper", "A gull"]
    assert [(one.service.slug, one.offer) for one in facts.offers] == [
        ("streamly", "subscription"),
        ("reel-rental", "rent"),
    ]
    assert facts.has_tmdb
    for size in SIZES:
        assert open_poster(movie_id=1, key=keeper.poster_key, size=size) is not None
    assert not Availability.objects.filter(country="FR").exists()  # not among the settings'
    assert read_catalogue_version() > before


def test_due_film_costs_little_where_nothing_changed(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    fetch(client_of_tmdb)
    version = read_catalogue_version()
    assert fetch(client_of_tmdb).done == 0  # not due
    age(160)
    tmdb.asked.clear()
    report = fetch(client_of_tmdb)
    assert (report.fetched, report.unchanged, report.posters) == (0, 1, 0)
    assert all("If-None-Match" in one.headers for one in tmdb.asked)
    record = TmdbRecord.objects.get()
    assert record.fetched_at is not None
    assert record.poster_fetched_at is not None
    assert min(record.fetched_at, record.poster_fetched_at) > timezone.now() - timedelta(hours=1)
    assert read_catalogue_version() == version


def test_facts_are_asked_for_again_within_six_months(
    client_of_tmdb: TmdbClient, keeper: Movie
) -> None:
    fetch(client_of_tmdb)
    due = TmdbRecord.objects.get().refresh_due_at
    assert due is not None
    assert timedelta(days=130) < due - timezone.now() < timedelta(days=155)


def test_change_at_tmdb_arrives_and_what_is_gone_goes(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    fetch(client_of_tmdb)
    old_key = Movie.objects.get().poster_key
    tmdb.films[603] |= {
        "runtime": 100,
        "poster_path": "/other.jpg",
        "credits": {"cast": [{"id": 81, "name": "Dora Last"}], "crew": []},
        "watch/providers": {"results": {}},
    }
    fetch(client_of_tmdb, 1)
    found = Movie.objects.get()
    facts = get_movie_facts(found)
    assert (facts.runtime_minutes, facts.directors, facts.offers) == (100, (), ())
    assert [person.name for person in facts.cast] == ["Dora Last"]
    assert found.poster_key not in ("", old_key)
    assert open_poster(movie_id=1, key=old_key, size="small") is None
    assert Service.objects.count() == 2  # a service may have other films tomorrow


def test_what_an_operator_said_stays(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    Movie.objects.update(runtime_minutes=99)
    dora = Person.objects.create(name="Dora F.", tmdb_id=81)
    Credit.objects.create(movie=keeper, person=dora, job="actor", order=7, character="Herself")
    streamly = Service.objects.create(slug="streamly", name="Streamly (ours)")
    Availability.objects.create(movie=keeper, service=streamly, country="US", offer="rent")
    fetch(client_of_tmdb)
    forget = TmdbRecord.objects.get()
    assert Movie.objects.get().runtime_minutes == 99
    assert Credit.objects.get(person=dora).character == "Herself"
    streamly.refresh_from_db()
    assert (streamly.tmdb_id, streamly.name) == (8, "Streamly (ours)")
    assert Availability.objects.filter(service=streamly).count() == 2
    age(200)
    assert forget_old_facts() == 1
    assert Movie.objects.get().runtime_minutes == 99
    assert Credit.objects.get().person == dora
    assert Availability.objects.get().offer == "rent"
    assert forget.pk == keeper.pk


def test_facts_older_than_six_months_are_forgotten_even_without_a_key(
    client_of_tmdb: TmdbClient,
    keeper: Movie,
    tmdb_settings: Settings,
    django_capture_on_commit_callbacks: Any,
) -> None:
    fetch(client_of_tmdb)
    key = Movie.objects.get().poster_key
    tmdb_settings.TMDB_API_KEY = ""
    age(179)
    assert forget_old_facts() == 0
    age(181)
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_old_facts() == 1
    found, record = Movie.objects.get(), TmdbRecord.objects.get()
    assert (found.runtime_minutes, found.poster_key) == (None, "")
    assert (record.overview, record.tagline, record.poster_path, record.etag) == ("", "", "", "")
    assert not Credit.objects.exists()
    assert not Person.objects.exists()
    assert not Availability.objects.exists()
    assert open_poster(movie_id=1, key=key, size="large") is None


def test_film_tmdb_forgot_loses_its_facts(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    fetch(client_of_tmdb)
    del tmdb.films[603]
    report = fetch(client_of_tmdb, 1)
    assert (report.unknown, report.left) == (1, 0)
    assert Movie.objects.get().runtime_minutes is None
    assert "no such film" in TmdbRecord.objects.get().error


def test_film_that_got_another_id_gets_the_facts_of_that(
    client_of_tmdb: TmdbClient, keeper: Movie
) -> None:
    fetch(client_of_tmdb)
    Movie.objects.update(tmdb_id=604)
    assert fetch(client_of_tmdb).fetched == 1
    assert Movie.objects.get().runtime_minutes == 120
    assert TmdbRecord.objects.get().tmdb_id == 604


def test_answer_without_people_keeps_those_known(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    fetch(client_of_tmdb)
    del tmdb.films[603]["credits"]
    fetch(client_of_tmdb, 1)
    assert Credit.objects.count() == 3


def test_country_added_to_the_settings_is_read_from_an_unchanged_answer(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb_settings: Settings
) -> None:
    fetch(client_of_tmdb)
    tmdb_settings.SERVICE_COUNTRIES = ["US", "FR"]
    assert fetch(client_of_tmdb, 1).fetched == 1
    assert Availability.objects.get(country="FR").service.name == "Lumière"


def test_films_without_an_id_are_passed_over(
    client_of_tmdb: TmdbClient, tmdb_settings: Settings, tmdb: StandIn
) -> None:
    make_movie(5)
    assert request_films([5]) == 0
    assert fetch(client_of_tmdb).done == 0
    assert request_all_films() == 0
    assert tmdb.asked == []


def test_asking_twice_is_asking_once(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    assert [request_films([1]), request_films([1]), request_due_films()] == [1, 1, 1]
    assert fetch_wanted(max_seconds=60, client=client_of_tmdb).fetched == 1
    assert tmdb.paths() == [FILM, PICTURE]


def test_nothing_is_asked_without_a_key_or_beside_another_worker(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb_settings: Settings, tmdb: StandIn
) -> None:
    request_films([1])
    tmdb_settings.TMDB_API_KEY = ""
    assert "no TMDB_API_KEY" in fetch_wanted(max_seconds=60, client=client_of_tmdb).stopped
    assert tmdb.asked == []


def test_posters_of_the_best_known_films_alone_are_kept(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb_settings: Settings
) -> None:
    tmdb_settings.TMDB_MAX_POSTERS = 1
    make_movie(2, tmdb_id=604, rating_count=9)
    report = fetch(client_of_tmdb)
    assert (report.fetched, report.posters) == (2, 1)
    assert Movie.objects.get(pk=2).poster_key
    assert not Movie.objects.get(pk=1).poster_key
