"""What happens elsewhere at the moment a vote begins."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from accounts.deletion import delete_account
from accounts.models import User
from catalog.models import Movie
from recommender.models import ModelVersion
from recommender.night.models import MovieNight, NightFilm, NightForecast, NightMember
from recommender.night.services import join_night, pick_film
from recommender.night.suggesting import forecast_films, suggest_films
from recommender.night.voting import MIN_FILMS, start_vote
from tests.recommender.night.conftest import gather_people, make_person
from tests.recommender.night.test_concurrency import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def start_while(
    host: User,
    night: MovieNight,
    meanwhile: Callable[[], object],
    *,
    when: str = "recommender_hiddenmovie",
) -> list[object]:
    """Start the vote, and do something once, elsewhere, while this stands in a query.

    By default that is while tastes are read for the films.
    """
    done: list[object] = []

    def follow(execute: Callable[..., object], sql: str, *args: object) -> object:
        if not done and when in sql:
            done.append(None)
            done.extend(run_at_once([meanwhile]))
        return execute(sql, *args)

    with connection.execute_wrapper(follow):
        start_vote(host=host, night_id=night.pk)
    return done[1:]


def test_nobody_waits_for_the_films_of_a_vote_and_who_joins_meanwhile_is_asked(
    active_model: ModelVersion,
) -> None:
    night, people = gather_people(2)
    late = make_person("late")
    slug = night.invite_slug or ""
    join = partial(join_night, user=late, slug=slug, name="Late")
    assert start_while(people[0], night, join) == [None]
    members = NightMember.objects.filter(night=night)
    assert members.count() == 3
    for film in NightFilm.objects.filter(night=night):
        assert film.forecasts.count() == 3


def test_account_that_goes_while_films_are_looked_for_has_no_stars(
    active_model: ModelVersion,
) -> None:
    night, people = gather_people(3)
    leave = partial(delete_account, user=people[2])
    assert start_while(people[0], night, leave) == [None]
    assert NightMember.objects.filter(night=night).count() == 2
    assert all(film.forecasts.count() == 2 for film in NightFilm.objects.filter(night=night))


@pytest.mark.parametrize("when", ["recommender_hiddenmovie", 'INSERT INTO "recommender_nightfilm"'])
def test_film_deleted_while_it_is_put_up_is_left_out(active_model: ModelVersion, when: str) -> None:
    night, people = gather_people(2)
    ids = [person.pk for person in people]
    [best] = suggest_films(user_ids=ids, strategy="average_without_misery", limit=1)
    delete = Movie.objects.filter(pk=best.movie_id).delete
    assert start_while(people[0], night, delete, when=when) == [None]
    films = NightFilm.objects.filter(night=night)
    assert films.count() >= MIN_FILMS
    assert all(film.forecasts.count() == 2 for film in films)


@pytest.mark.parametrize(
    "when", ["recommender_hiddenmovie", 'INSERT INTO "recommender_nightforecast"']
)
def test_film_of_the_hosts_list_deleted_while_the_vote_begins_is_left_out(
    active_model: ModelVersion, when: str
) -> None:
    night, people = gather_people(2, rule=MovieNight.Rule.HOST_PICKS)
    for movie_id in (40, 41, 42):
        pick_film(host=people[0], night_id=night.pk, movie_id=movie_id)
    delete = Movie.objects.filter(pk=41).delete
    assert start_while(people[0], night, delete, when=when) == [None]
    films = NightFilm.objects.filter(night=night).order_by("rank")
    assert list(films.values_list("movie_id", flat=True)) == [40, 42]
    page = {(one.film.movie_id, one.stars) for one in NightForecast.objects.select_related("film")}
    told = forecast_films(user_ids=[person.pk for person in people], movie_ids=[40, 42])
    assert page == {(film.movie_id, stars) for film in told for stars in film.stars}
