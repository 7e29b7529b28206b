"""Reports name the commit of the code they were made by."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from recommender.ml.__main__ import main
from recommender.ml.code_version import describe_code, name_code
from tests.ml.tiny_data import random_rows, write_csv_set

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout" / "package"
    folder.mkdir(parents=True)
    (folder / "code.py").write_text("one = 1\n")
    (folder.parent / "docs").mkdir()
    (folder.parent / "docs" / "report.md").write_text("Old\n")
    git(folder.parent, "init", "-q")
    git(folder.parent, "add", ".")
    git(folder.parent, *AUTHOR, "commit", "-qm", "Begin")
    describe_code.cache_clear()
    return folder


def test_commit_is_that_of_the_checkout(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    assert describe_code(checkout) == {"commit": head[:12], "dirty": False}


def test_changed_code_is_dirty_wherever_in_the_checkout_it_is(checkout: Path) -> None:
    outside = checkout.parent / "other.py"
    outside.write_text("two = 2\n")  # which git does not follow
    assert describe_code(checkout)["dirty"] is False
    git(checkout.parent, "add", "other.py")
    describe_code.cache_clear()
    assert describe_code(checkout)["dirty"] is True


def test_a_report_written_before_makes_nothing_dirty(checkout: Path) -> None:
    (checkout.parent / "docs" / "report.md").write_text("New\n")
    assert describe_code(checkout)["dirty"] is False


def test_code_stays_that_which_was_found_first(checkout: Path) -> None:
    found = describe_code(checkout)
    git(checkout, *AUTHOR, "commit", "-q", "--allow-empty", "-m", "Go on")
    assert describe_code(checkout) == found


def test_code_that_git_does_not_follow_has_no_commit(checkout: Path, tmp_path: Path) -> None:
    assert describe_code(tmp_path) == {"commit": None, "dirty": None}
    installed = checkout.parent / "venv"
    installed.mkdir()
    assert describe_code(installed) == {"commit": None, "dirty": None}


def test_pages_name_commit_and_changes() -> None:
    assert name_code({"commit": "abc", "dirty": False}) == " at commit `abc`"
    assert (
        name_code({"commit": "abc", "dirty": True}) == " at commit `abc` with uncommitted changes"
    )
    assert name_code({"commit": None, "dirty": None}) == ""
    assert name_code({}) == ""


def test_comparison_names_the_commit_of_its_page_and_of_each_answer(tmp_path: Path) -> None:
    data = write_csv_set(tmp_path / "tiny-set", random_rows(60, 30))
    config = tmp_path / "compare_tiny.toml"
    config.write_text("report = 'tiny'\nfraction = 0.3\nmodels = [{ model = 'popularity' }]")
    command = ["compare", str(config), "--data", str(data), "--out", str(tmp_path)]
    assert main([*command, "--results", str(tmp_path / "store")]) == 0
    report, code = json.loads((tmp_path / "tiny.json").read_text()), describe_code()
    assert {key: report[key] for key in ("commit", "dirty")} == code
    [run] = report["models"]["popularity"]["training"]["runs"]
    assert run["commit"] == code["commit"]
    assert f"{name_code(report)} (" in (tmp_path / "tiny.md").read_text()
