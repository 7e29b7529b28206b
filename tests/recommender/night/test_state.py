"""A page that asks again what has become of its night."""

import re
from typing import Any

import pytest
from django.urls import reverse

from catalog.models import Movie
from recommender.models import ModelVersion
from recommender.night.voting import cast_ballot
from tests.catalog.factories import count_queries
from tests.pages import read
from tests.recommender.night.conftest import begin_vote, gather_people
from tests.recommender.night.steps import do, log_in, url_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_page_that_asks_again_gets_nothing_until_something_changes(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(3)
    client = log_in(people[0])
    page = read(client, url_of(night))
    found = re.search(r'hx-get="([^"]+)"', page)
    assert found
    url = found[1].replace("&amp;", "&")
    assert client.get(url, headers=HTMX).status_code == 204
    assert count_queries(lambda: client.get(url, headers=HTMX)) <= 3
    cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=films[:1])
    answer: Any = client.get(url, headers=HTMX)
    assert answer.status_code == 200
    assert "1 of 3 have voted" in answer.content.decode()
    assert 'name="film"' not in answer.content.decode()
    for person in (people[0], people[2]):
        cast_ballot(user=person, night_id=night.pk, round_number=1, film_ids=[])
    over = client.get(url, headers=HTMX)
    assert (over.status_code, over["HX-Refresh"]) == (204, "true")


def test_page_of_a_guest_follows_the_hosts_choices(catalogue: list[Movie]) -> None:
    night, people = gather_people(2)
    client = log_in(people[1])
    found = re.search(r'hx-get="([^"]+)"', read(client, url_of(night)))
    assert found
    url = found[1].replace("&amp;", "&")
    assert "HX-Refresh" not in client.get(url, headers=HTMX)
    do(log_in(people[0]), night, "rule", rule="host_picks")
    assert client.get(url, headers=HTMX)["HX-Refresh"] == "true"


def test_page_of_whoever_was_removed_goes_to_their_nights(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[1])
    seat = night.members.get(user=people[1])
    do(log_in(people[0]), night, "remove", seat.pk)
    answer = client.get(reverse("night_state", args=[night.pk]) + "?version=1&stage=gathering-1")
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/night/")
