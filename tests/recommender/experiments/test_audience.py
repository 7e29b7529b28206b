"""A few people of the simulated audience, over HTTP: what they do is dealt, logged and credited."""

import contextlib
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from recommender.models import Exposure, Impression, ModelVersion, RowDecision, RowPosterior
from tests.audience.people import RealPerson, Watched
from tests.audience.site import find_zone
from tests.audience.trials import AB, run_ranking, run_rows
from tests.audience.visits import HOURS, Visitor
from tests.recommender.conftest import NUM_MOVIES

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12


def make_person(number: int) -> RealPerson:
    """Return somebody who walks up the films of one genre, as those the tiny model learnt from.

    The first three walk so far that the last, disliked, are not opened but hidden where shown.
    """
    stars = [4.0, 3.0] * 6 + [1.0] * 4 if number < 3 else [4.0, 3.0] * 2 + [4.0]
    walk = [(5 * number + 3 * place) % NUM_MOVIES + 1 for place in range(len(stars))]
    films = [Watched(*film) for film in zip(walk, stars, strict=True)]
    return RealPerson(f"walker:{number}", tuple(films[:2]), tuple(films[2:]))


@pytest.fixture
def site(active_model: ModelVersion, live_server: LiveServer, settings: Settings) -> str:
    """The address of a site that believes what a proxy says of its visitors' addresses."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.TRUST_PROXY = True
    return str(live_server.url)


def invite(url: str, *, first: int = 0, accounts: int = 0) -> list[Visitor]:
    return [
        Visitor(url, make_person(number), first + number, has_account=number < accounts)
        for number in range(PEOPLE)
    ]


def count(report: dict[str, Any], rate: str) -> int:
    """Return how many events of all arms a report tells of."""
    events: float = sum(arm["rates"][rate]["value"] * arm["impressions"] for arm in report["arms"])
    return round(events)


def test_what_visitors_do_is_credited_to_the_arm_they_are_dealt(site: str) -> None:
    visitors = invite(site, accounts=2)
    report = run_ranking("a-b", AB, visitors, threads=2)
    assert sum(arm["people"] for arm in report["arms"]) == PEOPLE
    assert all(arm["people"] and arm["impressions"] for arm in report["arms"])
    assert all(0 < arm["diversity"] <= 1 for arm in report["arms"])
    assert all(0 <= arm["cache_hit_rate"] < 1 for arm in report["arms"])
    assert count(report, "click rate") == sum(sum(one.opened.values()) for one in visitors) > 0
    assert count(report, "hide rate") == sum(one.hidden for one in visitors)
    # What was shown but not opened, and liked later on, counts too.
    assert count(report, "acceptance") >= sum(one.liked for one in visitors) > 0
    arms = dict(Exposure.objects.values_list("user_id", "arm__name"))
    assert set(arms.values()) == AB.keys()
    shown = set(Impression.objects.values_list("user_id", "arm__name", "surface"))
    assert {(user, arm) for user, arm, _surface in shown} == set(arms.items())
    assert {surface for _user, _arm, surface in shown} == {"api", "home"}


def test_rows_put_first_are_logged_learnt_and_replayed(site: str) -> None:
    visitors = invite("")
    waves = [
        (contextlib.nullcontext(site), visitors[:8]),
        (contextlib.nullcontext(site), visitors[8:]),
    ]
    report = run_rows(waves, threads=2)
    opened = {uuid.UUID(page) for one in visitors for page in one.opened}
    decisions = list(RowDecision.objects.select_related("arm"))
    logged = {one.recommendation_id for one in decisions}
    # Of some pages the first row is left out below the evening: they are no decisions.
    assert len(logged & opened) > 0
    assert {one.recommendation_id for one in decisions if one.is_clicked} >= logged & opened
    assert all(one.is_learnt for one in decisions)
    assert RowPosterior.objects.exists()
    assert {one.context.partition("/")[2] for one in decisions} == {"phone", "desktop"}
    replay = report["replay"]
    random = [one for one in decisions if one.arm.name == "uniform"]
    assert sum(row["first"] for row in replay["rows"].values()) == len(random) > 0
    assert sum(row["clicked"] for row in replay["rows"].values()) == sum(
        one.is_clicked for one in random
    )
    assert replay["policies"]["thompson"]["click_rate"] is not None


@pytest.mark.parametrize("minute", [0, 59])
def test_each_part_of_the_day_is_somewhere_now(minute: int) -> None:
    for hour in range(24):
        now = datetime(2026, 3, 1, hour, minute, tzinfo=UTC)
        for wanted in HOURS.values():
            assert now.astimezone(ZoneInfo(find_zone(wanted, now=now))).hour == wanted
