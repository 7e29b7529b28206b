"""Full disks and killed writers: a clear error, and never half of a model or a checkpoint."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.ml.errors import ArtifactError
from recommender.ml.inference import InferenceModel
from recommender.ml.training import Trainer
from tests.ml.full_disks import room_for
from tests.ml.tiny_models import tiny_config, walk_histories, write_small_model

ROOT = Path(__file__).parents[2]
KILLING = """
import os, random, signal, sys, time
from pathlib import Path
from recommender.ml.checkpoint import load_model
from recommender.ml.inference import InferenceModel
from tests.ml.full_disks import room_for
from tests.ml.tiny_models import write_small_model
random.seed(0)
out, found = Path(sys.argv[1]), 0
for round in range(60):  # later and later: a busy machine writes slowly
    writer = os.fork()
    if writer == 0:
        while True:
            write_small_model(out)
    time.sleep(random.uniform(0.01, 0.05 * (round + 1)))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    if out.exists():
        InferenceModel.load(out)
        load_model(out / "model.pt")
        found += 1
    if found == 8:
        break
print("whole each time", found)
"""


def test_no_room_for_a_checkpoint_keeps_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    trainer = Trainer(tiny_config(), walk_histories(), checkpoint=path)
    trainer.run_epoch()
    before = path.read_bytes()
    with room_for(len(before) // 2), pytest.raises(ArtifactError, match=r"c\.pt: .*disk full\?"):
        trainer.run_epoch()
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]
    assert len(Trainer(tiny_config(), walk_histories(), checkpoint=path).records) == 1


def test_no_room_for_a_model_leaves_none(tmp_path: Path) -> None:
    with room_for(9000), pytest.raises(ArtifactError, match=r"model.*disk full\?"):
        write_small_model(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_a_model_keeps_the_one_before(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    with room_for(9000), pytest.raises(ArtifactError):
        write_small_model(tmp_path / "model")
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    InferenceModel.load(tmp_path / "model")


def test_a_killed_writer_leaves_a_whole_model_or_none(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLING, str(tmp_path / "model")],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) > 0
