"""Experiments in the admin site: asked before, allowed or not, logged."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from rq import Queue

from accounts.models import User
from recommender.experiments.reports import refresh_report
from recommender.models import Experiment, ModelVersion
from recommender.redis_connection import redis_guard
from tests.catalog.factories import count_queries_of
from tests.recommender.experiments.factories import make_experiment, show

LIST = "/admin/recommender/experiment/"
STEPS = ("start", "stop", "promote", "roll-back")


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator", password="operator's password"))
    return client


def make_staff(*permissions: str) -> Client:
    staff = User.objects.create_user("staff", password="staff's password", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(staff)
    return client


def press(client: Client, experiment: Experiment, step: str, **data: object) -> str:
    answer = client.post(f"{LIST}{experiment.pk}/{step}/", data, follow=True)
    return answer.content.decode()


def status_of(experiment: Experiment) -> str:
    return Experiment.objects.get(pk=experiment.pk).status


def test_steps_ask_first_and_are_logged(operator: Client, active_model: ModelVersion) -> None:
    experiment = make_experiment()
    page = operator.get(f"{LIST}{experiment.pk}/start/").content.decode()
    assert "Let people into this experiment?" in page
    assert status_of(experiment) == "draft"
    for step, status in (("start", "running"), ("stop", "stopped")):
        assert "Done" in press(operator, experiment, step)
        assert status_of(experiment) == status
    assert "Choose an arm" in press(operator, experiment, "promote", arm="x")
    winner = experiment.arms.get(name="popularity")
    assert "popularity" in operator.get(f"{LIST}{experiment.pk}/promote/").content.decode()
    press(operator, experiment, "promote", arm=winner.pk)
    assert status_of(experiment) == "promoted"
    press(operator, experiment, "roll-back")
    assert status_of(experiment) == "rolled_back"
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(said) == ["Start", "Stop", "Promote an arm", "Roll back"]


def test_step_that_cannot_be_taken_says_why(operator: Client, active_model: ModelVersion) -> None:
    experiment = make_experiment()
    assert "this cannot be done now" in press(operator, experiment, "stop")
    assert not LogEntry.objects.exists()
    assert operator.post(f"{LIST}987/start/").status_code == 404


@pytest.mark.parametrize("step", STEPS)
def test_steps_need_their_permission_and_a_right_method(
    step: str, operator: Client, active_model: ModelVersion
) -> None:
    experiment = make_experiment()
    address = f"{LIST}{experiment.pk}/{step}/"
    editor = make_staff("change_experiment", "view_experiment")
    assert editor.get(address).status_code == 403
    assert editor.post(address).status_code == 403
    assert Client().post(address).status_code == 302
    assert operator.put(address).status_code == 405
    assert operator.delete(address).status_code == 405
    assert status_of(experiment) == "draft"


def test_who_may_run_experiments_may_start_one(active_model: ModelVersion) -> None:
    experiment = make_experiment()
    runner = make_staff("run_experiment", "view_experiment")
    assert "Done" in press(runner, experiment, "start")
    assert status_of(experiment) == "running"


def test_report_shows_table_drawing_and_warnings(
    operator: Client, active_model: ModelVersion, viewer: User
) -> None:
    experiment = make_experiment()
    address = f"{LIST}{experiment.pk}/report/"
    assert "Nothing has been counted yet" in operator.get(address).content.decode()
    control, popularity = experiment.arms.all()
    show(control, viewer, did={1: "click"})
    show(control, User.objects.create_user("second"))
    show(popularity, User.objects.create_user("third"), did={1: "click"})
    show(popularity, User.objects.create_user("fourth"))
    Experiment.objects.filter(pk=experiment.pk).update(min_subjects=50)
    refresh_report(experiment_id=experiment.pk)
    page = operator.get(address).content.decode()
    assert "control (control)" in page
    assert "12.50 %" in page
    assert "<svg" in page
    assert "Fewer than 50 people" in page
    assert "fixed horizon" in page
    assert make_staff().get(address).status_code == 403
    assert operator.put(address).status_code == 405


def test_report_is_counted_by_a_worker(operator: Client, active_model: ModelVersion) -> None:
    experiment = make_experiment()
    assert "A worker counts now" in press(operator, experiment, "report")
    with redis_guard() as client:
        [job] = Queue("default", connection=client).jobs
    assert job.args == (experiment.pk,)
    job.perform()
    assert Experiment.objects.get(pk=experiment.pk).report["experiment"] == "popular"


def test_draft_is_made_and_edited_and_what_runs_is_not(
    operator: Client, active_model: ModelVersion
) -> None:
    form = {
        "name": "spread", "surface": "ranking", "min_subjects": "10", "hide_margin": "0.01",
        "arms-TOTAL_FORMS": "2", "arms-INITIAL_FORMS": "0",
        "arms-0-name": "control", "arms-0-is_control": "on", "arms-0-share": "50",
        "arms-0-ranking": "model", "arms-0-row_policy": "fixed",
        "arms-1-name": "spread", "arms-1-share": "50", "arms-1-ranking": "model",
        "arms-1-diversity": "0.5", "arms-1-row_policy": "fixed",
    }  # fmt: skip
    answer = operator.post(f"{LIST}add/", form, follow=True)
    experiment = Experiment.objects.get(name="spread")
    assert answer.status_code == 200
    assert [arm.name for arm in experiment.arms.all()] == ["control", "spread"]
    change = f"{LIST}{experiment.pk}/change/"
    assert operator.get(change).status_code == 200
    press(operator, experiment, "start")
    assert operator.post(change, form).status_code == 403
    assert operator.post(f"{LIST}{experiment.pk}/delete/").status_code == 403
    assert operator.get(change).status_code == 200


def test_list_takes_as_many_queries_for_many_experiments(
    operator: Client, active_model: ModelVersion
) -> None:
    make_experiment("first")
    few = count_queries_of(operator, LIST)
    for number in range(20):
        make_experiment(f"another{number}")
    assert count_queries_of(operator, LIST) <= few
