"""Models are installed whole or not at all, and one at most is active."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from catalog.models import Movie
from recommender import model_versions
from recommender.artifacts import fetch_artifact
from recommender.models import ModelVersion


def copy_model(source: Path, target: Path, *, note: str = "") -> Path:
    """Copy a model; a note in its card gives it another hash."""
    shutil.copytree(source, target)
    if note:
        card = target / "card.json"
        card.write_text(card.read_text() + note)
    return target


def active_id() -> int | None:
    return ModelVersion.objects.filter(is_active=True).values_list("pk", flat=True).first()


def install_finetuned(base: ModelVersion, directory: Path) -> ModelVersion:
    return model_versions.install_model(
        directory=directory,
        publication=model_versions.Publication(kind=ModelVersion.Kind.FINETUNED, base=base),
    )


def test_installing_stores_the_files_and_the_card(active_model: ModelVersion) -> None:
    _, names = storages["artifacts"].listdir(active_model.artifact_prefix)
    graphs = {"model.onnx", "occlusion.onnx"}
    assert {*graphs, "model.pt", "items.npz", "card.json", "manifest.json"} == set(names)
    assert active_model.metrics["card"]["license"] == "for tests"
    assert active_id() == active_model.pk


def test_folder_without_a_model_makes_no_version(db: None, tmp_path: Path) -> None:
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "card.json").write_text("{}")
    for folder in (tmp_path / "junk", tmp_path / "nowhere"):
        with pytest.raises(model_versions.UnusableModelError):
            model_versions.install_model(directory=folder, activate=True)
    assert not ModelVersion.objects.exists()


def test_shipped_model_is_installed_once(
    db: None, model_directory: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SHIPPED_MODEL_DIR = model_directory
    call_command("install_shipped_model")
    call_command("install_shipped_model")
    assert ModelVersion.objects.count() == 1
    assert "Installed before" in capsys.readouterr().out


def test_new_shipped_model_becomes_a_new_active_version(
    db: None, model_directory: Path, tmp_path: Path
) -> None:
    first, _ = model_versions.install_shipped_model(directory=model_directory)
    second, is_new = model_versions.install_shipped_model(
        directory=copy_model(model_directory, tmp_path / "new", note="\n")
    )
    assert is_new
    assert active_id() == second.pk != first.pk


def test_known_shipped_model_does_not_displace_the_operators_choice(
    db: None, model_directory: Path, tmp_path: Path
) -> None:
    model_versions.install_shipped_model(directory=model_directory)
    chosen = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "own", note="\n"), activate=True
    )
    model_versions.install_shipped_model(directory=model_directory)
    assert active_id() == chosen.pk


def test_missing_shipped_model_is_a_clear_error(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("install_shipped_model", directory=tmp_path / "nowhere")


def test_roll_back_returns_to_the_version_served_before(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path
) -> None:
    second = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"), activate=True
    )
    model_versions.install_model(directory=copy_model(model_directory, tmp_path / "3", note=" "))
    assert model_versions.roll_back().pk == active_model.pk
    assert active_id() == active_model.pk
    with pytest.raises(model_versions.UnknownModelVersionError):
        model_versions.roll_back()
    call_command("activate_model", str(second.pk))
    assert active_id() == second.pk


def test_rejected_retired_and_unknown_versions_are_not_activated(
    active_model: ModelVersion,
) -> None:
    rejected = ModelVersion.objects.create(
        name="x", kind="finetuned", status="rejected", artifact_prefix="rejected/1", sha256=""
    )
    with pytest.raises(CommandError, match="rejected"):
        call_command("activate_model", str(rejected.pk))
    with pytest.raises(CommandError, match="424242"):
        call_command("activate_model", "424242")
    assert active_id() == active_model.pk


@contextmanager
def retiring_before_the_lock(version: ModelVersion) -> Iterator[None]:
    """Retire a version once its files were checked, just before the right to activate is taken."""

    def follow(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if "pg_advisory_xact_lock" in sql:
            ModelVersion.objects.filter(pk=version.pk).update(status="retired")
        return execute(sql, *args)

    with connection.execute_wrapper(follow):
        yield


def test_version_retired_while_it_is_being_activated_is_refused(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path
) -> None:
    version = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n")
    )
    refusal = pytest.raises(model_versions.UnusableModelError, match="retired")
    with retiring_before_the_lock(version), refusal:
        model_versions.activate_model_version(version_id=version.pk)
    assert active_id() == active_model.pk


def test_version_with_corrupt_files_is_not_activated(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path, settings: Settings
) -> None:
    version = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n")
    )
    stored = Path(storages["artifacts"].path(f"{version.artifact_prefix}/items.npz"))
    stored.write_bytes(stored.read_bytes()[:-7])
    with pytest.raises(model_versions.UnusableModelError, match=r"items\.npz"):
        model_versions.activate_model_version(version_id=version.pk)
    assert active_id() == active_model.pk


def test_publishing_over_another_activation_is_refused(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path
) -> None:
    tuned = install_finetuned(active_model, copy_model(model_directory, tmp_path / "2", note="\n"))
    assert not model_versions.publish_if_unchanged(tuned, expected_active_id=None)
    assert active_id() == active_model.pk
    assert model_versions.publish_if_unchanged(tuned, expected_active_id=active_model.pk)
    assert active_id() == tuned.pk


def test_old_finetuned_versions_lose_their_files_but_the_last_few(
    active_model: ModelVersion, model_directory: Path
) -> None:
    tuned = [install_finetuned(active_model, model_directory) for _ in range(5)]
    model_versions.activate_model_version(version_id=tuned[0].pk)
    assert model_versions.retire_old_versions(keep=2) == 2
    states = list(
        ModelVersion.objects.filter(kind="finetuned")
        .order_by("pk")
        .values_list("status", flat=True)
    )
    assert states == ["ready", "retired", "retired", "ready", "ready"]
    assert not Path(storages["artifacts"].path(tuned[1].artifact_prefix)).exists()
    assert Path(storages["artifacts"].path(active_model.artifact_prefix)).exists()


def test_retired_versions_leave_no_copy_on_any_host(
    active_model: ModelVersion, model_directory: Path, tmp_path: Path, settings: Settings
) -> None:
    first, second = (
        install_finetuned(
            active_model, copy_model(model_directory, tmp_path / str(blanks), note=" " * blanks)
        )
        for blanks in (1, 2)
    )
    homes = [tmp_path / "here", tmp_path / "there"]
    for home in homes:
        settings.MOVIESHOW_HOME = home
        fetch_artifact(prefix=first.artifact_prefix, sha256=first.sha256)
    copies = [home / "cache" / "models" / first.sha256 for home in homes]
    settings.MOVIESHOW_HOME = homes[0]
    assert model_versions.retire_old_versions(keep=1) == 1
    assert [copy.exists() for copy in copies] == [False, True]
    settings.MOVIESHOW_HOME = homes[1]  # which nobody has told
    fetch_artifact(prefix=second.artifact_prefix, sha256=second.sha256)
    assert {path.name for path in copies[1].parent.iterdir()} == {
        second.sha256,
        f".origin-{second.sha256}",
    }


def test_catalogue_is_not_needed_to_install(db: None, model_directory: Path) -> None:
    assert not Movie.objects.exists()
    assert model_versions.install_model(directory=model_directory, activate=True).is_active
