"""Fine-tuning in real worker processes, one of them killed."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings as django_settings
from django_rq.cron import DjangoCronScheduler
from pytest_django.fixtures import Settings

from accounts.models import User
from recommender import queueing
from recommender.models import ModelVersion
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import make_environment
from tests.recommender.finetuning_steps import active_version, rate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    settings.FINETUNE_MIN_INTERVAL_SECONDS = 0
    settings.FINETUNE_MAX_SECONDS = 5


def kill_with_children(process: psutil.Process) -> None:
    """Kill a worker and the work horse it forked, which leads a process group of its own."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        member.kill()
    psutil.wait_procs(family)


@contextmanager
def run_worker() -> Iterator[psutil.Process]:
    """Run a real worker in a process of its own, which forks for each job."""
    process = psutil.Popen(
        [sys.executable, "manage.py", "rqworker", queueing.FINETUNE_QUEUE],
        env={
            **make_environment(),
            "FINETUNE_MIN_RATINGS": "1",
            "FINETUNE_MIN_INTERVAL_SECONDS": "0",
            "FINETUNE_MAX_SECONDS": "60",
        },
        cwd=django_settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        kill_with_children(process)


@pytest.fixture
def worker() -> Iterator[psutil.Process]:
    with run_worker() as process:
        yield process


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_forked_worker_publishes(
    active_model: ModelVersion,
    viewer: User,
    audience: None,
    worker: psutil.Process,
) -> None:
    rate(viewer, 20, 23, 26)
    wait_for(lambda: active_version() != active_model)
    assert get_recommendations(user=viewer).model_version == active_version().pk


def test_worker_killed_half_way_leaves_the_old_model_and_the_job_runs_again(
    active_model: ModelVersion,
    viewer: User,
    audience: None,
    worker: psutil.Process,
) -> None:
    rate(viewer, 20, 23, 26)
    work_folder = Path(django_settings.MOVIESHOW_HOME) / "finetuning"
    wait_for(work_folder.is_dir)
    kill_with_children(worker)
    assert active_version() == active_model
    assert not ModelVersion.objects.filter(kind="finetuned").exists()
    # The dead worker's job still holds its id, so nothing can be queued under that.
    assert not queueing.queue_finetuning()
    schedule = DjangoCronScheduler()
    schedule.load_config_from_file("recommender.cron")
    schedule.enqueue_jobs()
    with run_worker():
        wait_for(lambda: active_version() != active_model)
        wait_for(lambda: list(work_folder.iterdir()) == [])
    [tuned] = ModelVersion.objects.filter(kind="finetuned")
    assert active_version() == tuned
