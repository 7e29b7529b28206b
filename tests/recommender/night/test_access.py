"""Who may read a night and act in it, and by which method."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from recommender.models import ModelVersion
from recommender.night.models import MovieNight
from tests.pages import read
from tests.recommender.night.conftest import RULE, begin_vote, gather_people, make_person
from tests.recommender.night.steps import link_of, log_in, url_of

pytestmark = pytest.mark.django_db
ACTIONS = ("start", "vote", "close", "again", "leave", "call_off", "link", "rule")
HOSTED = ("start", "close", "again", "call_off", "link", "rule")


def action_urls(night: MovieNight) -> list[str]:
    plain = [reverse(f"night_{name}", args=[night.pk]) for name in ACTIONS]
    return plain + [
        reverse(f"night_{name}", args=[night.pk, 1]) for name in ("remove", "pick", "unpick")
    ]


def test_reading_writes_nothing_and_makes_no_guest(active_model: ModelVersion) -> None:
    night, people, _films = begin_vote(2)
    MovieNight.objects.update(status="gathering")
    visits = [(Client(), "/night/"), (Client(), link_of(night)), (log_in(people[0]), url_of(night))]
    for client, url in visits:
        with CaptureQueriesContext(connection) as captured:
            read(client, url)
        written = [q for q in captured.captured_queries if re.match("INSERT|UPDATE", q["sql"])]
        assert written == []


def test_actions_answer_posts_alone(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[0])
    assert {client.get(url).status_code for url in action_urls(night)} == {405}


def test_pages_refuse_other_methods(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[0])
    assert client.post(url_of(night)).status_code == 405
    assert client.post(reverse("night_state", args=[night.pk])).status_code == 405
    assert client.put("/night/").status_code == 405
    assert client.put(link_of(night)).status_code == 405


def test_strangers_find_no_night(db: None) -> None:
    night, _people = gather_people(2)
    for client in (Client(), log_in(make_person("stranger"))):
        read(client, url_of(night), 404)
        assert {client.post(url).status_code for url in action_urls(night)} == {404}
    assert not User.objects.filter(is_guest=True).exists()


def test_members_do_not_do_what_the_host_does(active_model: ModelVersion) -> None:
    night, people = gather_people(2)
    client = log_in(people[1])
    for name in HOSTED:
        assert (
            client.post(reverse(f"night_{name}", args=[night.pk]), {"rule": RULE}).status_code
            == 403
        )
    seat = night.members.get(is_host=True)
    assert client.post(reverse("night_remove", args=[night.pk, seat.pk])).status_code == 403
    page = read(client, url_of(night))
    assert "Start the vote" not in page
    assert "Remove" not in page


def test_page_says_in_digits_how_many_may_watch(db: None) -> None:
    assert "One film for 2 to 6 of you" in read(Client(), "/night/")
    german = read(Client(), "/night/", 200, **{"Accept-Language": "de"})
    assert "Ein Film für 2 bis 6 von euch" in german
