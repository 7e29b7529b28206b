"""One unchanging snapshot a request; changes are in force at once; trouble means popularity."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import storages
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Movie
from catalog.services import bump_catalogue_version
from movieshow.health import NotReadyError
from recommender import model_versions
from recommender.ml.scoring import ByteTable
from recommender.models import ModelVersion
from recommender.serving import ModelServer, Snapshot, model_server, read_state
from tests.catalog.factories import add_movie
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch, make_environment
from tests.recommender.experiments.factories import make_experiment
from tests.recommender.test_model_versions import copy_model


def get_snapshot(server: ModelServer = model_server) -> Snapshot:
    return server.get_snapshot(read_state(user_id=None))


def stored_file(version: ModelVersion, name: str) -> Path:
    return Path(storages["artifacts"].path(f"{version.artifact_prefix}/{name}"))


def test_snapshot_joins_model_and_catalogue(active_model: ModelVersion) -> None:
    add_movie("A film nobody trained on")
    snapshot = get_snapshot()
    assert snapshot.model_version == active_model.pk
    assert snapshot.item_idx.tolist() == [*range(1, 61), 0]


def test_same_state_gives_the_same_snapshot(active_model: ModelVersion) -> None:
    assert get_snapshot() is get_snapshot()


def test_activation_and_roll_back_are_served_by_the_next_request(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path
) -> None:
    before = get_snapshot()
    second = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"), activate=True
    )
    assert get_snapshot().model_version == second.pk
    assert before.model_version == active_model.pk
    model_versions.roll_back()
    assert get_snapshot().model_version == active_model.pk


def test_web_process_computes_on_one_thread(active_model: ModelVersion, settings: Settings) -> None:
    """Two processes on two cores: more threads in each would take turns at the same cores."""
    assert settings.RECOMMENDATION_ITEM_TABLE == "int8"
    served = get_snapshot().model
    assert served is not None
    network = served.network
    assert network.occluder is not None
    assert isinstance(network.table, ByteTable)
    for session in (network.encoder, network.occluder, network.table):
        options = session._session.get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)


def test_new_film_is_in_the_next_snapshot_and_the_model_is_kept(
    active_model: ModelVersion,
) -> None:
    before = get_snapshot()
    movie = add_movie("Fresh")
    after = get_snapshot()
    assert after.catalogue.positions_of([movie.pk])[0] >= 0
    assert after.model is before.model


def test_deleted_film_is_recommended_no_more(active_model: ModelVersion) -> None:
    first = get_recommendations(user=None, limit=1).items[0].movie_id
    Movie.objects.get(pk=first).delete()
    bump_catalogue_version()
    shown = [item.movie_id for item in get_recommendations(user=None, limit=100).items]
    assert len(shown) == 59
    assert first not in shown


@pytest.mark.parametrize("name", ["items.npz", "model.onnx", "card.json", "manifest.json"])
def test_corrupt_artefact_means_popularity_and_not_ready(
    active_model: ModelVersion, viewer: User, watch: Watch, name: str
) -> None:
    stored = stored_file(active_model, name)
    stored.write_bytes(b"rubbish" + stored.read_bytes()[7:])
    shutil.rmtree(Path(django_settings.MOVIESHOW_HOME) / "cache", ignore_errors=True)
    watch(viewer, *range(1, 11))
    answer = get_recommendations(user=viewer)
    assert (answer.model_name, answer.model_version) == ("popularity", None)
    assert answer.is_fallback
    assert len(answer.items) == 10
    with pytest.raises(NotReadyError, match=name):
        model_server.check_ready()


def test_missing_artefact_means_popularity_and_not_ready(active_model: ModelVersion) -> None:
    shutil.rmtree(stored_file(active_model, ""))
    shutil.rmtree(Path(django_settings.MOVIESHOW_HOME) / "cache", ignore_errors=True)
    assert get_recommendations(user=None).model_version is None
    with pytest.raises(NotReadyError, match="cannot be read"):
        model_server.check_ready()


def test_repaired_artefact_is_served_again(active_model: ModelVersion) -> None:
    stored = stored_file(active_model, "items.npz")
    sound = stored.read_bytes()
    stored.write_bytes(b"rubbish")
    assert get_snapshot().model is None
    stored.write_bytes(sound)
    model_server._failed = (active_model.pk, 0.0)  # ten seconds have passed
    assert get_snapshot().model_version == active_model.pk
    model_server.check_ready()


def test_model_before_stays_in_service_when_the_next_cannot_be_loaded(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path
) -> None:
    get_snapshot()
    second = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"), activate=True
    )
    shutil.rmtree(stored_file(second, ""))
    assert get_snapshot().model_version == active_model.pk
    with pytest.raises(NotReadyError, match=f"version {second.pk}"):
        model_server.check_ready()


def test_spoilt_cache_is_fetched_again(active_model: ModelVersion) -> None:
    get_snapshot()
    [cached] = (Path(django_settings.MOVIESHOW_HOME) / "cache" / "models").glob("[!.]*")
    (cached / "items.npz").write_bytes(b"rubbish")
    model_server.forget()
    assert get_snapshot().model_version == active_model.pk


def test_no_active_model_is_not_ready(catalogue: list[Movie]) -> None:
    with pytest.raises(NotReadyError, match="install_shipped_model"):
        model_server.check_ready()


# Every kind of page that recommends, and what operators look at, in one process.
WEB_PROGRAM = """
import sys
from django.conf import settings
settings.STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"  # nothing was collected
}
from movieshow.wsgi import application
from django.test import Client
from accounts.models import User
from recommender.models import Experiment, MovieNight

def log_in(name):
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=name))
    return client

def ask(client, url, data=None, *, posts=False, **more):
    answer = (client.post if posts else client.get)(url, data, follow=True, **more)
    assert answer.status_code in (200, 204), (url, answer.status_code, answer.content[-500:])
    return answer

viewer, operator = log_in("viewer"), log_in("operator")
listed = ask(viewer, "/api/v1/me/recommendations?include=reasons").json()
assert listed["model"]["version"] is not None, listed
assert any(result["reasons"] for result in listed["results"]), listed
history = {"history": [{"movie_id": pk, "rating": 4} for pk in (1, 4, 7, 10, 13)]}
ask(viewer, "/api/v1/recommendations/session", history, posts=True,
    content_type="application/json")
for url in (
    "/", "/welcome/", "/welcome/films/", "/movies/20/", "/movies/20/predicted/", "/taste/",
    "/taste/preview/", "/taste/statistics/", "/search/?q=film", "/browse/", "/night/",
    "/ratings/", "/account/", "/readyz", "/metrics", "/api/v1/movies/20/similar", "/api/v1/model",
):
    ask(viewer, url)
ask(viewer, "/tonight/", {"minutes": "120"}, posts=True)
ask(viewer, "/tonight/films/20/", {"verdict": "seen"}, posts=True)
ask(viewer, "/movies/23/rating/", {"stars": "4"}, posts=True)
ask(viewer, "/night/", {"name": "Ada", "rule": "least_misery"}, posts=True)
night = MovieNight.objects.get()
ask(operator, f"/night/join/{night.invite_slug}/", {"name": "Ben"}, posts=True)
ask(viewer, f"/night/{night.pk}/start/", posts=True)
night.refresh_from_db()
assert night.status == "voting", night.status
ask(viewer, f"/night/{night.pk}/")
ask(viewer, f"/night/{night.pk}/state/")
experiment = Experiment.objects.get()
admin = "/admin/recommender"
for url in (
    "/admin/", f"{admin}/modelversion/", f"{admin}/experiment/", f"{admin}/experiment/add/",
    f"{admin}/experiment/{experiment.pk}/change/", f"{admin}/experiment/{experiment.pk}/report/",
    "/admin/queues/",
):
    ask(operator, url)
for step in ("start", "report", "stop"):
    ask(operator, f"{admin}/experiment/{experiment.pk}/{step}/", posts=True)
loaded = sorted(name for name in sys.modules if name.split(".")[0] == "torch")
assert not loaded, loaded
"""


@pytest.mark.django_db(transaction=True)
def test_web_process_serves_every_page_without_torch(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    """Import the site as granian does, use it, and look at what was imported."""
    watch(viewer, 1, 4, 7, 10, 13, 16)
    watch(User.objects.create_superuser("operator"), 2, 5, 8, 11, 14)
    make_experiment()
    done = subprocess.run(
        [sys.executable, "-c", WEB_PROGRAM],
        env={**make_environment(), "DJANGO_SETTINGS_MODULE": "movieshow.settings"},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
