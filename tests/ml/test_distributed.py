"""Training by several processes: the curve of one, and a clear end when one of them dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from recommender.ml.__main__ import main
from recommender.ml.distributed import Workers, join_workers
from recommender.ml.errors import TrainingError
from tests.ml.tiny_data import random_rows, write_csv_set
from tests.ml.tiny_models import CONFIGS

ROOT = Path(__file__).parents[2]


def _write_config(path: Path, *, epochs: int, loss: str = "") -> Path:
    text = (CONFIGS / "tiny.toml").read_text().replace("dropout = 0.1", "dropout = 0.0")
    text = text.replace("epochs = 2", f"epochs = {epochs}\npatience = {epochs}")
    path.write_text(re.sub(r'kind = "sampled_softmax"\n', loss or r"\g<0>", text))
    return path


def _start(config: Path, data: Path, out: Path) -> subprocess.Popen[str]:
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "recommender.ml", "train", str(config), "--data", str(data), "--out", str(out)]
    return subprocess.Popen(
        [sys.executable, *words, "--device", "cpu"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("loss", ["", 'kind = "bce"\nown_negatives = true\n'])
def test_two_processes_have_the_loss_curve_of_one(tmp_path: Path, loss: str) -> None:
    data = write_csv_set(tmp_path / "set", random_rows(60, 30))
    config = _write_config(tmp_path / "c.toml", epochs=3, loss=loss)
    process = _start(config, data, tmp_path / "two")
    one = ["train", str(config), "--data", str(data), "--out", str(tmp_path / "one")]
    assert main([*one, "--device", "cpu"]) == 0
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert output.count("best epoch") == 1  # only the first process prints
    cards = [json.loads((tmp_path / name / "card.json").read_text()) for name in ("one", "two")]
    assert [card["processes"] for card in cards] == [1, 2]
    assert cards[1]["command"].startswith("torchrun --nproc-per-node 2 -m recommender.ml train ")
    for alone, shared in zip(*(card["epochs"] for card in cards), strict=True):
        for figure in ("train_loss", "validation_loss"):
            assert shared[figure] == pytest.approx(alone[figure], abs=1e-4)


def test_a_killed_process_ends_the_others_with_a_message(tmp_path: Path) -> None:
    data = write_csv_set(tmp_path / "set", random_rows(60, 30))
    process = _start(_write_config(tmp_path / "c.toml", epochs=100_000), data, tmp_path / "model")
    deadline = time.monotonic() + 240
    while not (tmp_path / ".model.training" / "checkpoint.pt").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    workers = psutil.Process(process.pid).children()
    assert len(workers) == 2
    next(w for w in workers if w.environ()["RANK"] == "1").send_signal(signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "another process of this run has ended" in output or "SIGKILL" in output
    assert not any(worker.is_running() for worker in workers)
    assert not (tmp_path / "model").exists()


def test_a_device_that_cannot_be_shared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match="mps cannot be shared"):
        join_workers(torch.device("mps"))


def test_every_window_is_read_by_one_process() -> None:
    windows = list(range(7))
    shares = [windows[Workers(rank, 3).share] for rank in range(3)]
    assert sorted(window for share in shares for window in share) == windows
    assert windows[:1][Workers(1, 2).share] == []
