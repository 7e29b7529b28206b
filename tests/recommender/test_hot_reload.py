"""Activation and rolling back under load, in this process and in another: never two versions."""

import itertools
import json
import random
import threading
import time
import urllib.request
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from catalog.services import bump_catalogue_version
from recommender import model_versions
from recommender.models import ModelVersion
from tests.audience.site import run_web
from tests.recommender.conftest import Watch, make_environment

pytestmark = pytest.mark.django_db(transaction=True)
HISTORY = (1, 4, 7, 10, 13, 16)
SESSION = "/api/v1/recommendations/session"
MINE = "/api/v1/me/recommendations"
BODY = {"history": [{"movie_id": pk, "rating": 4.0} for pk in HISTORY], "limit": 20}


@pytest.fixture
def other_model(active_model: ModelVersion, spoilt_directory: Path) -> ModelVersion:
    """A version with other weights, not in service."""
    return model_versions.install_model(directory=spoilt_directory)


def ask(user: User, number: int) -> dict[str, Any]:
    """Request one of some answers: posted ones are computed each time, own ones come cached too."""
    client = APIClient()
    client.force_authenticate(user)
    if number % 2:
        answer = client.post(SESSION, BODY, format="json")
    else:
        answer = client.get(f"{MINE}?limit={1 + number % 20}&include=reasons")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def show(answer: dict[str, Any]) -> str:
    return json.dumps(answer["results"], sort_keys=True)


def ask_two_pages(user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """Request a page that nobody has asked for, and the one that its cursor leads to."""
    client = APIClient()
    client.force_authenticate(user)
    # Longer than all films: it asks nothing, and makes a ranking of its own.
    query = f"{MINE}?limit=9&max_runtime={random.randrange(1000, 6000)}"
    page = client.get(query)
    following = client.get(f"{query}&cursor={page.json()['next_cursor']}")
    assert (page.status_code, following.status_code) == (200, 200)
    return page.json(), following.json()


def collect_scores(user: User, versions: list[ModelVersion]) -> dict[int, dict[int, float]]:
    """Return each version's score of every film."""
    found: dict[int, dict[int, float]] = {}
    for version in versions:
        model_versions.activate_model_version(version_id=version.pk)
        client = APIClient()
        client.force_authenticate(user)
        results = client.get(f"{MINE}?limit=100").json()["results"]
        found[version.pk] = {item["movie"]["id"]: item["score"] for item in results}
    return found


def wait_for_answers(
    answered: Counter[int], version: ModelVersion, running: list[Future[None]]
) -> None:
    """Wait until a version has answered four more requests, or one who asks has failed."""
    goal, deadline = answered[version.pk] + 4, time.monotonic() + 60
    while answered[version.pk] < goal and not any(one.done() for one in running):
        assert time.monotonic() < deadline, f"version {version.pk} never answered"
        time.sleep(0.01)


def check_pages(
    page: dict[str, Any], following: dict[str, Any], scores: dict[int, dict[int, float]]
) -> None:
    """Check that two pages hold no film twice, each with the scores of one version alone."""
    films = [item["movie"]["id"] for item in (*page["results"], *following["results"])]
    assert len(set(films)) == len(films) == 18
    for answer in (page, following):
        own = scores[answer["model"]["version"]]
        told = {item["movie"]["id"]: item["score"] for item in answer["results"]}
        assert told == {movie_id: own[movie_id] for movie_id in told}


def collect_answers(user: User, versions: list[ModelVersion]) -> dict[tuple[int, int], str]:
    """Return what each of two versions answers to each of the requests; no two are the same."""
    expected: dict[tuple[int, int], str] = {}
    for version in versions:
        model_versions.activate_model_version(version_id=version.pk)
        expected |= {(version.pk, number): show(ask(user, number)) for number in range(20)}
    before, after = versions
    assert all(expected[before.pk, place] != expected[after.pk, place] for place in range(20))
    return expected


def test_requests_during_a_hot_reload_are_all_answered_each_whole_by_one_version(
    active_model: ModelVersion, other_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    versions = [other_model, active_model]
    expected, scores = collect_answers(viewer, versions), collect_scores(viewer, versions)
    answered, is_over = Counter[int](), threading.Event()

    def request_for_ever(first: int) -> None:
        try:
            for number in itertools.takewhile(
                lambda _: not is_over.is_set(), itertools.count(first)
            ):
                answer = ask(viewer, number % 20)
                version = answer["model"]["version"]
                assert show(answer) == expected[version, number % 20]
                answered[version] += 1
        finally:
            connection.close()

    def page_for_ever() -> None:
        try:
            while not is_over.is_set():
                check_pages(*ask_two_pages(viewer), scores)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(request_for_ever, first) for first in range(3)]
        running += [pool.submit(page_for_ever)]
        try:
            for version in versions * 3:  # every second activation is what rolling back does
                model_versions.activate_model_version(version_id=version.pk)
                bump_catalogue_version()
                wait_for_answers(answered, version, running)
        finally:
            is_over.set()
    for one in running:
        one.result()
    assert ask(viewer, 0)["model"]["version"] == active_model.pk


def test_another_process_answers_its_next_request_from_what_is_activated_or_rolled_back_here(
    active_model: ModelVersion,
    other_model: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """No time is given: what is active is read with every request, so the very next one has it."""
    for name, value in make_environment().items():
        monkeypatch.setenv(name, value)

    def find_version(url: str) -> int:
        asked = urllib.request.Request(
            f"{url}{SESSION}", json.dumps(BODY).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            found: int = json.load(answer)["model"]["version"]
        return found

    with run_web(log=tmp_path / "web.log") as url:
        assert find_version(url) == active_model.pk
        model_versions.activate_model_version(version_id=other_model.pk)
        assert find_version(url) == other_model.pk
        model_versions.roll_back()
        assert find_version(url) == active_model.pk
