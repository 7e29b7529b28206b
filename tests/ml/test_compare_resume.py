"""`compare` goes on where it stopped, whatever stopped it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.ml.__main__ import main
from recommender.ml.lab.results_store import ResultsStore
from tests.ml.tiny_data import random_rows, write_csv_set

ROOT = Path(__file__).parents[2]
TINY = ROOT / "recommender" / "configs" / "tiny.toml"
CONFIG = f"""
report = "tiny"
fraction = 0.3
compare_to = "network"
[[models]]
model = "popularity"
[[models]]
model = "{TINY}"
label = "network"
"training.epochs" = 8
"training.patience" = 8
seeds = [0, 1]
[[models]]
model = "transitions"
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    data = write_csv_set(tmp_path / "tiny-set", random_rows(100, 40))
    (tmp_path / "compare_tiny.toml").write_text(CONFIG)
    words = ["compare", str(tmp_path / "compare_tiny.toml"), "--data", str(data)]
    return [*words, "--out", str(tmp_path / "out"), "--results", str(tmp_path / "store")]


def report_in(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "out" / "tiny.json").read_text())
    return found


def figures_of(report: dict[str, Any]) -> dict[str, Any]:
    rows = report["data_sets"]["tiny-set"]["models"]
    return {label: (row["metrics"], row["by_seed"], row["behind"]) for label, row in rows.items()}


def answers_in(tmp_path: Path) -> dict[str, float]:
    return {p.name: p.stat().st_mtime_ns for p in (tmp_path / "store" / "answers").glob("*.npz")}


def run_until(command: list[str], is_time: Callable[[], bool]) -> None:
    """Start a process of its own and SIGKILL it at the moment wanted."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "recommender.ml", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not is_time() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    assert process.poll() is None, "it ended before the moment to kill it came"
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_killed_between_entries_goes_on_with_those_missing(
    tmp_path: Path, command: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    run_until(command, lambda: len(answers_in(tmp_path)) >= 2)
    before = answers_in(tmp_path)
    assert not (tmp_path / "out").exists()
    with caplog.at_level("INFO"):
        assert main(command) == 0
    assert "popularity, tiny-set, last-5 (stored)" in caplog.text
    assert "popularity: fitted" not in caplog.text
    assert "transitions: fitted" in caplog.text
    after = answers_in(tmp_path)
    assert len(after) == 8  # four fits, each asked and with shuffled histories
    assert {name: after[name] for name in before} == before
    assert not list((tmp_path / "store" / "answers").glob(".*"))
    resumed = figures_of(report_in(tmp_path))
    assert main([*command, "--fresh"]) == 0
    assert figures_of(report_in(tmp_path)) == resumed


def test_killed_inside_a_training_goes_on_after_its_last_epoch(
    tmp_path: Path, command: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    training = tmp_path / "store" / "training"
    run_until(command, lambda: bool(list(training.glob("*/checkpoint.pt"))))
    with caplog.at_level("INFO"):
        assert main(command) == 0
    assert "going on after epoch" in caplog.text
    assert not list(training.glob("*"))
    resumed = figures_of(report_in(tmp_path))
    assert main([*command, "--fresh"]) == 0
    assert figures_of(report_in(tmp_path)) == resumed


def test_second_run_fits_nothing_and_a_changed_entry_alone_is_fitted_anew(
    tmp_path: Path, command: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main(command) == 0
    first, stored = report_in(tmp_path), answers_in(tmp_path)
    caplog.clear()
    with caplog.at_level("INFO"):
        assert main(command) == 0
    assert "(fitted)" not in caplog.text
    assert report_in(tmp_path) == first
    config = tmp_path / "compare_tiny.toml"
    config.write_text(CONFIG + "history_decay = 0.5\n")
    caplog.clear()
    with caplog.at_level("INFO"):
        assert main(command) == 0
    assert caplog.text.count("(fitted)") == 2
    assert {name: answers_in(tmp_path)[name] for name in stored} == stored
    assert report_in(tmp_path)["models"]["transitions"]["options"] == {"history_decay": 0.5}
    assert figures_of(report_in(tmp_path))["network"] == figures_of(first)["network"]


def test_broken_answer_is_found_anew(
    tmp_path: Path, command: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main(command) == 0
    first = figures_of(report_in(tmp_path))
    for path in (tmp_path / "store" / "answers").glob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    assert main(command) == 0
    assert caplog.text.count("is broken") == 8
    assert figures_of(report_in(tmp_path)) == first


def test_answers_of_earlier_code_count_only_where_asked_and_the_report_says_so(
    tmp_path: Path, command: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main(command) == 0
    first = figures_of(report_in(tmp_path))
    for path in (tmp_path / "store" / "answers").glob("*.npz"):
        path.rename(path.with_name(f"{path.name.partition('-')[0]}-0123456789abcdef.npz"))
    caplog.clear()
    with caplog.at_level("INFO"):
        assert main([*command, "--any-code"]) == 0
    assert "(fitted)" not in caplog.text
    assert figures_of(report_in(tmp_path)) == first
    said = "Answers of an earlier version of the code: popularity, network, transitions."
    assert said in (tmp_path / "out" / "tiny.md").read_text()
    assert main(command) == 0
    assert caplog.text.count("(fitted)") == 8
    assert said not in (tmp_path / "out" / "tiny.md").read_text()


def test_two_at_once_on_one_store_are_refused(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with ResultsStore(tmp_path / "store"):
        assert main(command) == 2
    assert f"process {os.getpid()} works there" in capsys.readouterr().err


def test_seeds_are_shown_one_by_one_with_their_spread(tmp_path: Path, command: list[str]) -> None:
    assert main(command) == 0
    report = report_in(tmp_path)
    row = report["data_sets"]["tiny-set"]["models"]["network"]
    seeds = [row["by_seed"][seed]["ndcg@10"] for seed in ("0", "1")]
    assert row["metrics"]["ndcg@10"] == pytest.approx(sum(seeds) / 2)
    assert row["spread"]["ndcg@10"] == pytest.approx(abs(seeds[0] - seeds[1]) / 2**0.5)
    training = report["models"]["network"]["training"]
    assert [run["seed"] for run in training["runs"]] == [0, 1]
    assert training["parameters"] > 0
    assert " ± " in (tmp_path / "out" / "tiny.md").read_text()
