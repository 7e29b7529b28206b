"""Later pages after a change of model, catalogue or arm: whole by one version, no repeats."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from catalog.services import bump_catalogue_version
from recommender import model_versions
from recommender.experiments import services as experiments
from recommender.feedback.writing import write_feedback
from recommender.models import Impression, ModelVersion
from tests.recommender.conftest import NUM_MOVIES, Watch
from tests.recommender.experiments.factories import make_experiment

MINE = "/api/v1/me/recommendations"
HISTORY = (20, 23, 26, 29, 32)


@pytest.fixture
def member(viewer: User, watch: Watch) -> User:
    """The viewer, with a history."""
    watch(viewer, *HISTORY)
    return viewer


def ask(api: APIClient, **options: Any) -> dict[str, Any]:
    answer = api.get(MINE, options)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[int]:
    return [item["movie"]["id"] for item in answer["results"]]


def without(whole: dict[str, Any], shown: list[int]) -> list[tuple[int, float]]:
    """Return films and scores of an answer of all films, less those shown before."""
    found = [(item["movie"]["id"], item["score"]) for item in whole["results"]]
    return [(movie_id, score) for movie_id, score in found if movie_id not in shown]


def test_later_pages_after_an_activation_are_of_the_new_model_alone_and_repeat_nothing(
    active_model: ModelVersion, member: User, api: APIClient, spoilt_directory: Path
) -> None:
    page = ask(api, limit=7)
    first, shown = page, ids(page)
    before = without(ask(api, limit=100), shown)
    other = model_versions.install_model(directory=spoilt_directory, activate=True)
    expected = without(ask(api, limit=100), shown)
    assert expected != before
    rest: list[tuple[int, float]] = []
    names = set()
    while page["next_cursor"]:
        page = ask(api, limit=7, cursor=page["next_cursor"])
        assert page["model"]["version"] == other.pk
        assert page["results"][0]["rank"] == 7 + len(rest) + 1
        names.add(page["recommendation_id"])
        rest += without(page, [])
    assert rest == expected
    assert len(shown) + len(rest) == NUM_MOVIES - len(HISTORY)
    assert len(names) == 1
    assert first["recommendation_id"] not in names


def test_each_page_is_credited_to_the_version_that_ranked_it(
    active_model: ModelVersion, member: User, api: APIClient, spoilt_directory: Path
) -> None:
    page = ask(api, limit=5)
    other = model_versions.install_model(directory=spoilt_directory, activate=True)
    following = ask(api, limit=5, cursor=page["next_cursor"])
    write_feedback()
    noted = Impression.objects.values_list("model_version_id", "recommendation_id", "movie_id")
    told = {(version, name.hex, movie_id) for version, name, movie_id in noted}
    assert told == {
        (version, answer["recommendation_id"], movie_id)
        for version, answer in ((active_model.pk, page), (other.pk, following))
        for movie_id in ids(answer)
    }
    assert ids(following) == [pk for pk, _ in without(ask(api, limit=100), ids(page))][:5]


def test_cursor_alone_keeps_filters_and_dials_after_an_activation(
    active_model: ModelVersion, member: User, api: APIClient, spoilt_directory: Path
) -> None:
    options = {"genres": "Drama", "newness": 1, "year_max": 2010}
    page = ask(api, limit=5, **options)
    model_versions.install_model(directory=spoilt_directory, activate=True)
    expected = without(ask(api, limit=100, **options), ids(page))
    following = ask(api, limit=3, cursor=page["next_cursor"])
    last = ask(api, limit=100, cursor=following["next_cursor"])
    assert without(following, []) + without(last, []) == expected
    dramas = set(Movie.objects.filter(genres__name="Drama").values_list("pk", flat=True))
    assert set(ids(following) + ids(last)) < dramas


def test_later_page_after_a_change_of_the_catalogue_goes_on_under_a_new_id(
    active_model: ModelVersion, member: User, api: APIClient
) -> None:
    page = ask(api, limit=5)
    whole = ids(ask(api, limit=100))
    bump_catalogue_version()
    following = ask(api, limit=5, cursor=page["next_cursor"])
    assert ids(following) == whole[5:10]
    assert following["recommendation_id"] != page["recommendation_id"]


def test_page_ranked_before_an_experiment_is_not_gone_on_with_in_its_arm(
    active_model: ModelVersion, member: User, api: APIClient
) -> None:
    page = ask(api, limit=5)
    draft = make_experiment(arms={"control": {}, "same": {"diversity": 0.9}})
    experiments.start_experiment(experiment_id=draft.pk)
    following = ask(api, limit=5, cursor=page["next_cursor"])
    whole = ask(api, limit=100)
    assert following["recommendation_id"] != page["recommendation_id"]
    assert without(following, []) == without(whole, ids(page))[:5]
