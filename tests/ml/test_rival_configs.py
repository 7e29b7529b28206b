"""The configs of published networks are what their papers say, and can be trained."""

from __future__ import annotations

import dataclasses

import pytest

from recommender.ml.config import ExperimentConfig, load_config
from recommender.ml.training import Trainer
from tests.ml.tiny_models import CONFIGS, walk_histories


def load(name: str) -> ExperimentConfig:
    return load_config(CONFIGS / f"{name}.toml")


def test_paper_has_the_recipe_of_the_design_page() -> None:
    model, training = load("paper").model, load("paper").training
    shape = (model.embedding_dim, model.num_heads, model.num_blocks, model.ffn_dim)
    assert (*shape, model.max_seq_len, model.dropout) == (128, 8, 4, 512, 50, 0.1)
    assert (model.positions, model.norm, model.block) == ("sinusoidal", "post", "plain")
    assert (training.learning_rate, training.weight_decay, training.clip) == (1e-4, 0.01, 1.0)
    assert (training.warmup_steps, training.epochs, training.patience) == (1000, 10, 3)
    assert (training.tokens_per_batch, training.accumulation) == (256 * model.max_seq_len, 4)
    assert load("paper").loss.kind == "cross_entropy"


def test_sasrec_is_that_of_kang_and_mcauley() -> None:
    config = load("sasrec")
    assert (config.model.num_blocks, config.model.num_heads) == (2, 1)
    assert (config.model.max_seq_len, config.model.positions) == (200, "learned")
    assert (config.model.block, config.model.norm, config.model.activation) == (
        "plain",
        "pre",
        "relu",
    )
    assert config.model.ffn_dim == config.model.embedding_dim
    assert (config.loss.kind, config.loss.num_negatives, config.loss.own_negatives) == (
        "bce",
        1,
        True,
    )
    assert config.initialisation.kind == "random"


def test_sasrec_plus_is_sasrec_with_cross_entropy() -> None:
    plus, plain = load("sasrec_plus"), load("sasrec")
    sizes = ("embedding_dim", "ffn_dim", "dropout")
    same = {size: getattr(plain.model, size) for size in sizes}
    assert dataclasses.replace(plus.model, **same) == plain.model
    assert plus.loss.kind == "cross_entropy"


@pytest.mark.parametrize("name", ["sasrec", "sasrec_plus", "gru4rec", "paper"])
def test_a_config_trains_and_its_loss_falls(name: str) -> None:
    config = load(name)
    training = dataclasses.replace(
        config.training, epochs=6, patience=6, learning_rate=3e-3, warmup_steps=2, accumulation=1
    )
    trainer = Trainer(dataclasses.replace(config, training=training), walk_histories(60))
    trainer.run()
    losses = [record.train_loss for record in trainer.records]
    assert losses[-1] < 0.97 * losses[0]
