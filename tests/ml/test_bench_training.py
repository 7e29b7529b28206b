"""`bench-training`: our loop and a plain one on the same histories, in turn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recommender.ml.__main__ import main
from recommender.ml.config import load_config
from recommender.ml.lab.plain_loop import PlainLoop, PlainTransformer
from recommender.ml.model_building import build_model
from tests.ml.tiny_data import random_rows, write_csv_set
from tests.ml.tiny_models import CONFIGS, tiny_config, walk_histories


def test_both_loops_are_measured_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = write_csv_set(tmp_path / "a set", random_rows(60, 30)), tmp_path / "b.json"
    arguments = ["bench-training", str(CONFIGS / "tiny.toml"), "--data", str(data)]
    threads = torch.get_num_threads()
    try:
        assert main([*arguments, "--rounds", "2", "--seconds", "0.05", "--json", str(file)]) == 0
    finally:
        torch.set_num_threads(threads)
    figures = json.loads(file.read_text())
    assert len(figures["rounds"]["ratio"]) == 2
    assert figures["ours"] > 0
    assert figures["plain"] > 0
    assert figures["conditions"]["padding_plain"] > 0
    assert str(tmp_path) not in file.read_text()
    output = capsys.readouterr().out
    assert "torch.nn.TransformerEncoder" in output
    assert "median of 2 rounds" in output


def test_no_rounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench-training", str(CONFIGS / "tiny.toml"), "--data", "x", "--rounds", "0"]
    assert main(arguments) == 2
    assert "--rounds" in capsys.readouterr().err


def test_the_plain_network_is_as_large_as_ours() -> None:
    config = load_config(CONFIGS / "shipped.toml")
    # What the plain one knows nothing of is small, but for the table of half-years.
    config = replace(config, model=replace(config.model, time_features=False))
    plain = sum(p.numel() for p in PlainTransformer(500, config.model).parameters())
    ours = build_model(config, [np.arange(1, 400, dtype=np.int64)], 500)
    assert plain == pytest.approx(sum(p.numel() for p in ours.parameters()), rel=0.01)


@pytest.mark.parametrize("kind", ["cross_entropy", "sampled_softmax"])
def test_the_plain_loop_learns(kind: str) -> None:
    config, data = tiny_config(learning_rate=0.01), walk_histories()
    config = replace(config, loss=replace(config.loss, kind=kind))  # type: ignore[arg-type]
    loop = PlainLoop(len(data.movie_ids) - 1, config)
    losses = [loop.train_step([history[:13] for history in data.train]) for _ in range(40)]
    assert losses[-1] < losses[0] / 2
