"""Training that diverges: an error with advice, and what was saved before stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from recommender.ml.errors import TrainingError
from recommender.ml.training import Trainer
from tests.ml.tiny_models import tiny_config, walk_histories


def test_a_loss_that_is_no_number_stops_training_with_advice() -> None:
    trainer = Trainer(tiny_config(), walk_histories())
    with torch.no_grad():
        trainer.model.items[3] = torch.nan
    with pytest.raises(TrainingError, match=r"the loss became nan in epoch 1.*lower learning_rate"):
        trainer.run()


def test_weights_broken_by_an_epochs_only_step_stop_training_with_advice() -> None:
    config = tiny_config(learning_rate=1e38, warmup_steps=1, tokens_per_batch=8192)
    with pytest.raises(TrainingError, match=r"a weight became NaN.* in epoch 1, step 1; lower"):
        Trainer(config, walk_histories()).run()


def test_weights_broken_by_an_epochs_last_step_keep_the_checkpoint_before(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.pt"
    config = tiny_config(tokens_per_batch=8192, epochs=3, warmup_steps=1)
    trainer = Trainer(config, walk_histories(), checkpoint=path)
    trainer.run_epoch()
    before = path.read_bytes()
    trainer.config = replace(config, training=replace(config.training, learning_rate=1e38))
    with pytest.raises(TrainingError, match=r"a weight became NaN.* in epoch 2, step 2; lower"):
        trainer.run_epoch()
    assert path.read_bytes() == before
    resumed = Trainer(config, walk_histories(), checkpoint=path)
    resumed.run()
    assert len(resumed.records) == 3


def test_an_absurd_learning_rate_is_told_from_a_broken_program() -> None:
    trainer = Trainer(tiny_config(learning_rate=1e35, warmup_steps=1), walk_histories())
    with pytest.raises(TrainingError, match=r"lower learning_rate \(now 1e\+35\)"):
        trainer.run()
