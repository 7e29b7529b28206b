"""`bench-training`: our loop and a plain one on the same histories, in turn."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recommender.ml.__main__ import main
from recommender.ml.code_version import describe_code, name_code
from recommender.ml.config import load_config
from recommender.ml.errors import UsageError
from recommender.ml.lab.plain_loop import PlainLoop, PlainTransformer
from recommender.ml.lab.speed_report import keep_figures
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
    report = json.loads(file.read_text())
    figures = report["recipes"]["tiny"]
    assert len(figures["rounds"]["ratio"]) == 2
    assert figures["ours"] > 0
    assert figures["plain"] > 0
    assert figures["conditions"]["padding_plain"] > 0
    assert figures["conditions"]["data"] == ["a set"]
    assert {key: figures[key] for key in ("commit", "dirty")} == describe_code()
    page = file.with_suffix(".md").read_text()
    for text in (file.read_text(), page):
        assert str(tmp_path) not in text
    assert f"| tiny | {figures['ours']:,.0f} | {figures['plain']:,.0f} |" in page
    assert f"--rounds 2 --seconds 0.05 --json b.json`{name_code(figures)}." in page
    output = capsys.readouterr().out
    assert "torch.nn.TransformerEncoder" in output
    assert "median of 2 rounds" in output


def described(name: str, ratios: list[float]) -> dict[str, Any]:
    conditions = {
        "model": asdict(tiny_config().model),
        "loss": asdict(tiny_config().loss),
        "padding_ours": 0.02,
        "padding_plain": 0.5,
        "tokens_per_batch": 256,
        "movies": 9,
        "people": 5,
        "data": ["a"],
        "device": "CPU",
        "torch": "2",
        "seconds": 1.0,
    }
    rates = {"ours": 100.0, "plain": 50.0, "ratio": sorted(ratios)[len(ratios) // 2]}
    told = {"created_at": "2026-01-02T03:04:05", "command": "a command", "commit": None}
    return {"config": name, **rates, "rounds": {"ratio": ratios}, **told, "conditions": conditions}


def test_each_run_adds_its_recipe_to_the_page(tmp_path: Path) -> None:
    file = tmp_path / "training.json"
    keep_figures(file, described("first", [3.0, 2.5, 4.0]))
    keep_figures(file, described("second", [1.0, 1.9, 2.5]))
    keep_figures(file, described("first", [2.0, 2.2, 2.1]))
    assert list(json.loads(file.read_text())["recipes"]) == ["first", "second"]
    page = file.with_suffix(".md").read_text()
    assert "| first | 100 | 50 | 2.10 [2.00, 2.20] | reached | 2.0% | 50.0% |" in page
    assert "| second | 100 | 50 | 1.90 [1.00, 2.50] | **missed** | 2.0% | 50.0% |" in page
    assert "Made on 2026-01-02 by `a command`." in page


@pytest.mark.parametrize(
    ("text", "message"), [("[1]", "holds something else"), ("{", "is no JSON")]
)
def test_a_file_of_something_else_is_kept(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "training.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        keep_figures(file, described("first", [2.0]))
    assert file.read_text() == text


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
