"""The recurrent network behind GRU4Rec: causal, blind to padding, able to learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recommender.ml.__main__ import main
from recommender.ml.errors import ArtifactError
from recommender.ml.onnx_graph import build_graph
from recommender.ml.training import Trainer
from recommender.ml.transformer import ModelConfig
from tests.ml.tiny_models import CONFIGS, NUM_ITEMS, small_model, tiny_config, walk_histories

GRU: dict[str, Any] = {"block": "gru", "positions": "none", "norm": "post", "ffn_dim": 20}


def test_later_films_do_not_change_earlier_states() -> None:
    model = small_model(**GRU)
    first, second = torch.tensor([[3, 1, 4, 1, 5]]), torch.tensor([[3, 1, 4, 9, 2]])
    assert torch.equal(model(first)[:, :3], model(second)[:, :3])
    assert not torch.allclose(model(first)[:, 3], model(second)[:, 3])


def test_padding_changes_nothing_and_the_last_state_is_that_of_the_last_film() -> None:
    model = small_model(**GRU)
    rows = torch.tensor([[3, 1, 4, 0, 0], [5, 9, 2, 6, 7]])
    alone = model(torch.tensor([[3, 1, 4]]))
    assert torch.allclose(model(rows)[0, :3], alone[0], atol=1e-6)
    last = model.encode_last(rows, torch.tensor([3, 5]))
    assert torch.allclose(last, model(rows)[[0, 1], [2, 4]], atol=1e-6)


def test_the_order_of_films_matters() -> None:
    model = small_model(**GRU)
    forth, back = torch.tensor([[3, 1, 4]]), torch.tensor([[4, 1, 3]])
    assert not torch.allclose(model(forth)[0, -1], model(back)[0, 0])


def test_it_learns_who_follows_whom() -> None:
    config = tiny_config(epochs=12, learning_rate=1e-2, patience=12, tokens_per_batch=48)
    config = replace(
        config,
        model=replace(config.model, block="gru", positions="none", norm="post", dropout=0.0),
        initialisation=replace(config.initialisation, kind="random"),
        loss=replace(config.loss, kind="cross_entropy"),
    )
    trainer = Trainer(config, walk_histories(num_people=60))
    trainer.run()
    assert trainer.best_record.hit_at_10 > 0.9


def test_it_cannot_be_exported_and_training_for_that_says_so_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = replace(ModelConfig(), block="gru")
    with pytest.raises(ArtifactError, match='block = "gru" cannot be served'):
        build_graph(config, {"items": np.zeros((NUM_ITEMS, 128), dtype=np.float32)}, NUM_ITEMS)
    files = ["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out")]
    assert main(["train", str(CONFIGS / "gru4rec.toml"), *files]) == 2
    assert 'block = "gru" cannot be served' in capsys.readouterr().err
