"""Opening a night and coming in by its link."""

import re
from typing import Any

import pytest
from django.test import Client

from movieshow.middleware import RequestLogMiddleware
from recommender.models import ModelVersion
from recommender.night import views
from recommender.night.models import MovieNight
from recommender.night.voting import start_vote
from tests.pages import read
from tests.recommender.night.conftest import RULE, gather_people, make_person
from tests.recommender.night.steps import do, link_of, log_in, url_of

pytestmark = pytest.mark.django_db


def test_name_that_is_taken_is_told_and_kept(db: None) -> None:
    night, _people = gather_people(2)
    answer: Any = Client().post(link_of(night), {"name": "person  2"})
    assert answer.status_code == 409
    assert "has that name already" in answer.content.decode()
    assert 'value="person  2"' in answer.content.decode()


def test_link_that_opens_nothing_says_so(db: None) -> None:
    night, people = gather_people(2)
    old = link_of(night)
    do(log_in(people[0]), night, "link", do="renew")
    for client in (Client(), log_in(make_person("x"))):
        assert "opens nothing any more" in read(client, old, 404)
        assert client.post(old, {"name": "X"}).status_code == 404


def test_link_is_closed_and_made_anew(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[0])
    assert "nobody else can come in" in do(client, night, "link", do="close")
    night.refresh_from_db()
    assert night.invite_slug is None
    assert "/night/join/" in do(client, night, "link", do="renew")


def test_full_night_and_begun_vote_show_no_form(active_model: ModelVersion) -> None:
    night, people = gather_people(6)
    assert "All seats are taken" in read(Client(), link_of(night))
    start_vote(host=people[0], night_id=night.pk)
    page = read(Client(), link_of(night))
    assert "The vote has begun" in page
    assert 'name="name"' not in page
    assert Client().post(link_of(night), {"name": "Late"}).status_code == 409


def test_member_with_the_link_is_led_to_the_night(db: None) -> None:
    night, people = gather_people(2)
    answer = log_in(people[1]).get(link_of(night))
    assert answer["Location"] == url_of(night)


def test_link_stays_out_of_searches_referrers_caches_and_the_log(db: None) -> None:
    night, _people = gather_people(1)
    answer = Client().get(link_of(night))
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    logged = RequestLogMiddleware.format_request(answer.wsgi_request)
    assert logged == "GET /night/join/.../"


def test_one_address_starts_and_joins_only_so_many(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ENTRIES_PER_ADDRESS", 2)
    night, _people = gather_people(1)
    assert Client().post("/night/", {"name": "A", "rule": RULE}).status_code == 302
    assert Client().post(link_of(night), {"name": "B"}).status_code == 302
    refused: Any = Client().post(link_of(night), {"name": "C"})
    assert refused.status_code == 429
    assert "wait an hour" in refused.content.decode()
    assert Client().post("/night/", {"name": "D", "rule": RULE}).status_code == 429


def test_form_says_what_is_wrong_and_keeps_what_was_typed(db: None) -> None:
    answer: Any = Client().post("/night/", {"name": "  ", "rule": "least_misery"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This field is required" in page
    assert re.search(r'value="least_misery"[^>]*checked', page)
    odd: Any = Client().post("/night/", {"name": "A\u202eB", "rule": RULE})
    assert odd.status_code == 422
    assert "that can be seen" in odd.content.decode()
    assert Client().post("/night/", {"name": "A", "rule": "worst"}).status_code == 422
    assert not MovieNight.objects.exists()


def test_link_that_no_night_could_have_is_not_found(client: Client) -> None:
    for slug in ("%00", "a%00b", "%F0%9F%8E%AC"):
        assert client.get(f"/night/join/{slug}/").status_code == 404
