"""The virtual environment is made again exactly when what it is made from has changed."""

from pathlib import Path

import pytest

from movieshow.environment import Environment

PYPROJECT = """
[project]
dependencies = ["numpy"]
[project.optional-dependencies]
dev = ["pytest"]
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\n")
    return tmp_path


def test_development_needs_what_running_needs_and_more(checkout: Path) -> None:
    environment = Environment(checkout)
    assert environment.requirements(is_dev=False) == ["numpy"]
    assert environment.requirements(is_dev=True) == ["numpy", "pytest"]


def test_a_changed_constraint_changes_the_fingerprint(checkout: Path) -> None:
    before = Environment(checkout).fingerprint(is_dev=False)
    (checkout / "constraints.txt").write_text("numpy==2.4.7\n")
    assert Environment(checkout).fingerprint(is_dev=False) != before


def test_a_moved_checkout_has_another_fingerprint(checkout: Path) -> None:
    before = Environment(checkout).fingerprint(is_dev=False)
    moved = checkout.rename(checkout.with_name("moved"))
    assert Environment(moved).fingerprint(is_dev=False) != before


def test_a_checkout_without_environment_is_not_current(checkout: Path) -> None:
    assert not Environment(checkout).is_current(is_dev=False)
