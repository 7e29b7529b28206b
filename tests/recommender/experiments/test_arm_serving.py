"""Two arms side by side: each answers from its own model, under its own key, and is noted."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from recommender import model_versions
from recommender.artifacts import MANIFEST
from recommender.dials import Dials
from recommender.experiments import arm_snapshots
from recommender.experiments import services as experiments
from recommender.experiments.arms import get_live_experiments
from recommender.experiments.reports import analyse_experiment, refresh_report
from recommender.experiments.tables import format_report
from recommender.feedback.writing import write_feedback
from recommender.models import Arm, Experiment, Exposure, Impression, ModelVersion
from recommender.services import set_dials
from recommender.serving import model_server, read_state
from tests.recommender.conftest import Watch
from tests.recommender.experiments.factories import make_experiment, show
from tests.recommender.test_model_versions import copy_model

MINE = "/api/v1/me/recommendations"
HISTORY = (20, 23, 26, 29, 32)


def ask(user: User, **options: float) -> dict[str, Any]:
    client = APIClient()
    client.force_authenticate(user)
    body: dict[str, Any] = client.get(MINE, options).json()
    return body


def find_people(watch: Watch, experiment: Experiment) -> dict[str, User]:
    """Return one person of each arm, by its name."""
    names = {arm.pk: arm.name for arm in experiment.arms.all()}
    found: dict[str, User] = {}
    for number in range(60):
        user = User.objects.create_user(f"person{number}")
        arm = read_state(user_id=user.pk).ranking_arm
        assert arm is not None
        if names[arm.arm_id] not in found:
            watch(user, *HISTORY)
            found[names[arm.arm_id]] = user
    return found


def test_each_arm_answers_by_itself_and_is_noted_once(
    active_model: ModelVersion, watch: Watch
) -> None:
    experiment = experiments.start_experiment(experiment_id=make_experiment().pk)
    people = find_people(watch, experiment)
    control, popular = ask(people["control"]), ask(people["popularity"])
    assert control["model"] == {"name": "tiny", "version": active_model.pk}
    assert popular["model"] == {"name": "popularity", "version": None}
    assert (control["fallback_reason"], popular["fallback_reason"]) == (None, "no_model")
    assert popular["fallback"] is True
    assert control["results"] != popular["results"]
    assert [ask(people["control"]), ask(people["popularity"])] == [control, popular]
    write_feedback()
    exposed = Exposure.objects.values_list("arm__name", "user__username")
    assert sorted(exposed) == sorted((name, user.username) for name, user in people.items())
    shown = Impression.objects.filter(arm__name="popularity")
    assert set(shown.values_list("model_version_id", flat=True)) == {None}
    assert shown.count() == 10


def test_arm_goes_on_serving_its_model_when_another_is_activated(
    active_model: ModelVersion, watch: Watch, model_directory: Any, tmp_path: Any
) -> None:
    experiment = experiments.start_experiment(experiment_id=make_experiment().pk)
    people = find_people(watch, experiment)
    newer = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"),
        name="newer",
        activate=True,
    )
    assert ask(people["control"])["model"] == {"name": "tiny", "version": active_model.pk}
    experiments.stop_experiment(experiment_id=experiment.pk)
    for user in people.values():
        assert ask(user)["model"] == {"name": "newer", "version": newer.pk}


def test_running_experiment_is_told_from_a_promoted_one_whose_id_ends_its_own(db: None) -> None:
    for pk, status in ((1, "promoted"), (11, "running")):
        draft = Experiment.objects.create(pk=pk, name=status, salt="ab", started_at=timezone.now())
        arm = Arm.objects.create(experiment=draft, name="control", is_control=True)
        winner, is_in_force = (arm, True) if status == "promoted" else (None, False)
        Experiment.objects.filter(pk=pk).update(
            status=status, winner=winner, is_in_force=is_in_force
        )
    live = get_live_experiments("1:promoted:ab,11:running:ab")
    assert [arm.experiment_id for arm in live.running["ranking"].arms] == [11]
    assert live.in_force["ranking"].experiment_id == 1


def test_arm_whose_model_is_gone_answers_from_the_active_one_uncached(
    active_model: ModelVersion, watch: Watch, model_directory: Any, tmp_path: Any
) -> None:
    second = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"), name="second"
    )
    arms = {"control": {}, "second": {"model_version": second}}
    experiment = experiments.start_experiment(experiment_id=make_experiment(arms=arms).pk)
    people = find_people(watch, experiment)
    ModelVersion.objects.filter(pk=second.pk).update(artifact_prefix="models/gone", sha256="0")
    get_live_experiments.cache_clear()
    answer = ask(people["second"])
    assert answer["model"]["version"] == active_model.pk
    assert ask(people["second"])["recommendation_id"] != answer["recommendation_id"]


def test_arm_that_is_loaded_answers_while_another_is_being_loaded(
    active_model: ModelVersion, watch: Watch, model_directory: Path, tmp_path: Path
) -> None:
    arms: dict[str, dict[str, Any]] = {"control": {}}
    for number, name in enumerate(("first", "second"), start=1):
        version = model_versions.install_model(
            directory=copy_model(model_directory, tmp_path / name, note="\n" * number), name=name
        )
        arms[name] = {"model_version": version}
    experiment = experiments.start_experiment(experiment_id=make_experiment(arms=arms).pk)
    people = find_people(watch, experiment)
    first, second = (read_state(user_id=people[name].pk) for name in ("first", "second"))
    model_server.get_snapshot(first)
    # The second model's list of files comes through a pipe: who reads it waits for who writes it.
    shutil.rmtree(Path(settings.MOVIESHOW_HOME) / "cache")
    prefix = ModelVersion.objects.get(name="second").artifact_prefix
    stored = Path(storages["artifacts"].path(f"{prefix}/{MANIFEST}"))
    manifest = stored.read_bytes()
    stored.unlink()
    os.mkfifo(stored)
    with ThreadPoolExecutor(2) as pool:
        loading = pool.submit(model_server.get_snapshot, second)
        with stored.open("wb") as pipe:
            beside = pool.submit(model_server.get_snapshot, first)
            done, _ = wait([beside], timeout=20)
            pipe.write(manifest)
        assert beside in done
        assert [found.result().model_name for found in (beside, loading)] == ["first", "second"]


def test_memory_for_models_of_arms_is_bounded_and_given_back(
    active_model: ModelVersion, watch: Watch, model_directory: Any, tmp_path: Any
) -> None:
    arms: dict[str, dict[str, Any]] = {"control": {}}
    for number in range(arm_snapshots.MAX_PINNED_MODELS + 1):
        version = model_versions.install_model(
            directory=copy_model(model_directory, tmp_path / str(number), note="\n" * (number + 1)),
            name=f"model{number}",
        )
        arms[f"arm{number}"] = {"model_version": version}
    draft = make_experiment(arms=arms)
    with pytest.raises(experiments.ExperimentError, match="at most 3 models"):
        experiments.start_experiment(experiment_id=draft.pk)
    draft.arms.filter(name="arm3").delete()
    experiment = experiments.start_experiment(experiment_id=draft.pk)
    people = find_people(watch, experiment)
    for name, user in people.items():
        assert ask(user)["model"]["name"] == name.replace("arm", "model").replace("control", "tiny")
    assert len(model_server._arms._snapshots) == 3
    experiments.stop_experiment(experiment_id=experiment.pk)
    ask(people["control"])
    assert not model_server._arms._snapshots


def test_strength_of_diversity_is_the_arms(active_model: ModelVersion, watch: Watch) -> None:
    arms = {"control": {"diversity": 0.0}, "spread": {"diversity": 1.0}}
    experiment = experiments.start_experiment(experiment_id=make_experiment(arms=arms).pk)
    people = find_people(watch, experiment)
    plain = [item["score"] for item in ask(people["control"])["results"]]
    spread = [item["score"] for item in ask(people["spread"])["results"]]
    assert plain == sorted(plain, reverse=True)
    assert spread != sorted(spread, reverse=True)


def test_dials_of_an_arm_hold_for_people_who_have_not_turned_theirs(
    active_model: ModelVersion, watch: Watch, catalogue: list[Movie]
) -> None:
    arms = {"control": {}, "new": {"newness": 1.0}}
    experiment = experiments.start_experiment(experiment_id=make_experiment(arms=arms).pk)
    people = find_people(watch, experiment)

    def mean_year(name: str) -> float:
        years = [item["movie"]["year"] for item in ask(people[name])["results"]]
        return float(np.mean(years))

    plain, new = mean_year("control"), mean_year("new")
    assert new > plain
    set_dials(user=people["new"], dials=Dials(newness=-1.0))
    assert mean_year("new") < plain


def test_dial_that_a_request_sets_to_its_middle_is_not_the_arms(
    active_model: ModelVersion, watch: Watch
) -> None:
    arms = {"control": {}, "new": {"newness": 1.0}}
    experiment = experiments.start_experiment(experiment_id=make_experiment(arms=arms).pk)
    people = find_people(watch, experiment)
    plain = ask(people["control"])["results"]
    assert ask(people["new"], newness=0)["results"] == plain != ask(people["new"])["results"]


def test_report_counts_what_people_did_in_their_arm(
    active_model: ModelVersion, watch: Watch, django_assert_max_num_queries: Any
) -> None:
    experiment = experiments.start_experiment(experiment_id=make_experiment().pk)
    control, popularity = experiment.arms.all()
    people = [User.objects.create_user(f"p{number}") for number in range(5)]
    show(control, people[0], did={1: "click", 2: "liked"})
    show(control, people[1], films=6, did={1: "watchlisted", 3: "hidden"})
    show(popularity, people[2])
    show(popularity, people[3], did={4: "watched"})
    # Two arms seen by one person: left out of both, and said.
    show(control, people[4])
    Exposure.objects.create(
        experiment=experiment, arm=popularity, user=people[4], subject_key=-1,
        first_at=timezone.now(),
    )  # fmt: skip
    with django_assert_max_num_queries(8):
        found = analyse_experiment(experiment)
    ours, theirs = found.arms
    assert (ours.people, ours.impressions, theirs.people, theirs.impressions) == (2, 10, 2, 8)
    assert {name: rate.value for name, rate in ours.rates.items()} == pytest.approx(
        {"click rate": 0.1, "acceptance": 0.2, "hide rate": 0.1}
    )
    assert all(rate.value == 0 for rate in theirs.rates.values())
    assert ours.coverage == 6 / 60
    # Of four films one pair of six is of one genre, of six films three of 15.
    assert ours.diversity == pytest.approx((5 / 6 + 0.8 + 5 / 6) / 3)
    assert theirs.diversity == pytest.approx(5 / 6)
    assert any("1 people saw two arms" in warning for warning in found.warnings)


def test_report_tells_how_often_an_arm_was_answered_from_the_cache(
    active_model: ModelVersion, watch: Watch
) -> None:
    experiment = experiments.start_experiment(experiment_id=make_experiment().pk)
    people = find_people(watch, experiment)
    for arm, times in (("control", 4), ("popularity", 1)):
        for _ in range(times):
            ask(people[arm])
    found = {arm.name: arm.cache_hit_rate for arm in analyse_experiment(experiment).arms}
    assert found == {"control": 0.75, "popularity": 0.0}
    report = refresh_report(experiment_id=experiment.pk)
    assert "| 75.0 % |" in format_report(report)
    for arm in report["arms"]:  # as reports were that were counted before
        del arm["diversity"], arm["cache_hit_rate"]
    assert "| – | – |" in format_report(report)


def test_broken_guardrail_stops_the_experiment_once(
    active_model: ModelVersion, watch: Watch
) -> None:
    experiment = experiments.start_experiment(experiment_id=make_experiment().pk)
    control, popularity = experiment.arms.all()
    users = User.objects.bulk_create(User(username=f"u{number}") for number in range(120))
    for number, user in enumerate(users):
        did = {1: "hidden", 2: "hidden", 3: "hidden"} if number % 2 and number % 7 else {}
        show(popularity if number % 2 else control, user, did=did)
    assert refresh_report(experiment_id=experiment.pk)["guardrail"] == {"popularity": "broken"}
    experiment.refresh_from_db()
    assert experiment.status == "stopped"
    broken_at = experiment.guardrail_broken_at
    assert broken_at is not None
    refresh_report(experiment_id=experiment.pk)
    experiment.refresh_from_db()
    assert experiment.guardrail_broken_at == broken_at
