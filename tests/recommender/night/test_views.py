"""The pages of a movie night, from gathering people to the film they watch."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Movie
from catalog.services import bump_catalogue_version
from recommender.models import ModelVersion
from recommender.night.models import MovieNight, NightApproval, NightFilm
from recommender.night.services import create_night, join_night
from recommender.night.voting import cast_ballot, start_vote
from tests.catalog.factories import count_queries_of
from tests.pages import read
from tests.recommender.conftest import Watch
from tests.recommender.night.conftest import RULE, begin_vote, gather_people, make_person
from tests.recommender.night.steps import do, link_of, log_in, url_of

pytestmark = pytest.mark.django_db


def test_two_people_find_a_film_without_scripts(active_model: ModelVersion) -> None:
    ada, ben = Client(), Client()
    page = ada.post("/night/", {"name": "Ada", "rule": RULE}, follow=True).content.decode()
    assert "Who is watching?" in page
    night = MovieNight.objects.get()
    assert link_of(night) in page
    invitation = read(ben, link_of(night))
    assert "Ada asks you to a movie night" in invitation
    assert "What the others see of you" in invitation
    joined = ben.post(link_of(night), {"name": "Ben"}, follow=True).content.decode()
    assert "The host starts the vote" in joined
    assert link_of(night) not in joined
    ballot = do(ada, night, "start")
    assert "Which would you watch?" in ballot
    assert len(re.findall('name="film"', ballot)) == 8
    first, second = re.findall(r'name="film"\s+value="(\d+)"', ballot)[:2]
    assert "1 of 2 have voted" in do(ada, night, "vote", film=[first, second], round=1)
    decided = do(ben, night, "vote", film=[second], round=1)
    title = NightFilm.objects.get(pk=second).movie.title
    assert f"You watch {title}" in decided
    assert "2 votes" in decided
    assert f"You watch {title}" in read(ada, url_of(night))
    assert title in read(ada, "/night/")


def test_others_see_name_and_forecasts_and_that_not_what_one_voted(
    active_model: ModelVersion, watch: Watch
) -> None:
    night, people = gather_people(3)
    watch(people[1], 1, 2, 3, stars=2.0)
    night = start_vote(host=people[0], night_id=night.pk)
    film = NightFilm.objects.filter(night=night)[0]
    cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=[film.pk])
    page = read(log_in(people[0]), url_of(night))
    assert "Person 2" in page
    assert "has voted" in page
    assert "1 vote" not in page
    assert people[1].username not in page


def test_stale_ballot_is_refused_with_a_message(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(2)
    client = log_in(people[0])
    page = do(client, night, "vote", film=films[:1], round=7)
    assert "The night has moved on" in page
    assert not NightApproval.objects.exists()
    assert "moved on" in do(client, night, "vote", film=["abc", "9" * 30], round=1)


def test_host_does_all_there_is_to_do(active_model: ModelVersion) -> None:
    night, people = gather_people(3, rule=MovieNight.Rule.LEAST_MISERY)
    client = log_in(people[0])
    third = night.members.get(user=people[2])
    assert "Person 3 is no longer in" in do(client, night, "remove", third.pk)
    assert "Saved." in do(client, night, "rule", rule=RULE, allows_seen="on")
    assert "Choose one of the three" in do(client, night, "rule", rule="none")
    do(client, night, "start")
    assert "Nobody has voted yet" in do(client, night, "close")
    do(client, night, "vote", round=1)
    assert "No film found" in do(client, night, "close")
    assert "Who is watching?" in do(client, night, "again")
    assert "called off" in do(client, night, "call_off")
    assert not MovieNight.objects.exists()


def test_vote_says_that_films_nobody_has_rated_are_left_out(active_model: ModelVersion) -> None:
    words = "Films that nobody has rated yet are not among these."
    night, people = gather_people(2)
    client = log_in(people[0])
    assert words not in read(client, url_of(night))
    assert words in do(client, night, "start")
    assert count_queries_of(client, url_of(night)) <= 12
    MovieNight.objects.update(rule=MovieNight.Rule.HOST_PICKS)
    assert words not in read(client, url_of(night))
    MovieNight.objects.update(rule=RULE)
    Movie.objects.filter(rating_count=0).update(rating_count=1, rating_mean=3.0)
    bump_catalogue_version()
    assert words not in read(client, url_of(night))


def test_vote_goes_by_the_rule_chosen_on_the_page_saved_or_not(
    active_model: ModelVersion,
) -> None:
    night, people = gather_people(2)
    page = do(log_in(people[0]), night, "start", rule="host_picks")
    assert "not enough films" in page
    assert "Find a film for the list" in page
    assert "the least keen of you" in do(log_in(people[0]), night, "start", rule="least_misery")


def test_host_finds_films_for_the_list_by_name(catalogue: list[Movie]) -> None:
    night, people = gather_people(2, rule=MovieNight.Rule.HOST_PICKS)
    client = log_in(people[0])
    assert "Add Film 33" in read(client, f"{url_of(night)}?q=film 33")
    assert "Take Film 33 off" in do(client, night, "pick", 33)
    assert "Add Film 33" not in read(client, f"{url_of(night)}?q=film 33")
    assert "Film 33" in read(log_in(people[1]), url_of(night))
    assert "Find a film" not in read(log_in(people[1]), url_of(night))
    assert "No film is on the list" in do(client, night, "unpick", 33)
    assert client.post(reverse("night_pick", args=[night.pk, 999])).status_code == 404


def test_night_that_is_over_says_so_and_asks_no_more(db: None) -> None:
    night, people = gather_people(2)
    MovieNight.objects.update(expires_at=timezone.now())
    client = log_in(people[0])
    page = read(client, url_of(night))
    assert "This movie night is over" in page
    assert "hx-get" not in page
    assert "over" in read(client, "/night/")
    assert "This movie night is over." in do(client, night, "start")
    do(client, night, "leave")


def test_newcomers_are_asked_to_rate_and_raters_are_not(
    catalogue: list[Movie], watch: Watch
) -> None:
    night, people = gather_people(2)
    watch(people[0], 1, 2, 3, 4, 5)
    assert "what everybody thinks" not in read(log_in(people[0]), url_of(night))
    assert "what everybody thinks" in read(log_in(people[1]), url_of(night))


def test_queries_do_not_grow_with_people_films_or_nights(active_model: ModelVersion) -> None:
    small, people, _films = begin_vote(2)
    client = log_in(people[0])
    NightFilm.objects.filter(night=small, rank__gt=2).delete()
    few = count_queries_of(client, url_of(small))
    nights = count_queries_of(client, "/night/")
    large = create_night(host=people[0], name="Host", rule=RULE)
    for number in range(5):
        person = make_person(f"more{number}")
        join_night(user=person, slug=large.invite_slug or "", name=f"More {number}")
    start_vote(host=people[0], night_id=large.pk)
    assert count_queries_of(client, url_of(large)) <= few <= 10
    assert count_queries_of(client, "/night/") <= nights <= 5
