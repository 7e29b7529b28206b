"""Small networks, histories and model directories for tests."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.ml.config import ExperimentConfig, load_config
from recommender.ml.export import export_model
from recommender.ml.training import TrainingData
from recommender.ml.transformer import Attention, ModelConfig, SequenceTransformer

CONFIGS = Path(__file__).parents[2] / "recommender" / "configs"
NUM_ITEMS = 40
SMALL = ModelConfig(
    embedding_dim=16, num_heads=2, num_blocks=2, ffn_dim=24, dropout=0.0, max_seq_len=12
)
VARIANTS: dict[str, dict[str, Any]] = {
    "gated": {},
    "paper-like": {
        "positions": "sinusoidal",
        "norm": "post",
        "block": "plain",
        "activation": "relu",
        "scale_embeddings": True,
    },
    "rotary cosine": {"positions": "rotary", "scoring": "cosine", "output_bias": True},
    "relative untied": {"positions": "none", "relative_bias": True, "tied": False},
    "stars and times": {"star_features": True, "time_features": True, "relative_bias": True},
    "time gaps": {"relative_time_bias": True, "relative_bias": True, "time_features": True},
    "time gaps alone": {"relative_time_bias": True, "positions": "rotary", "block": "plain"},
    "plain gelu": {"block": "plain", "activation": "gelu", "relative_bias": True},
}


def small_model(seed: int = 0, **options: Any) -> SequenceTransformer:
    """Return an untrained network whose every weight, biases and gates too, is at work."""
    torch.manual_seed(seed)
    model = SequenceTransformer(NUM_ITEMS, replace(SMALL, **options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def attention_of(**options: Any) -> Attention:
    """Return the first layer's attention of a network whose every weight is at work."""
    module = small_model(**options).blocks[0].get_submodule("attention")
    assert isinstance(module, Attention)
    return module


def movie_ids() -> NDArray[np.int64]:
    """Return (V,) ids with gaps: 0 for padding, then 10, 20, 30 …."""
    return np.arange(NUM_ITEMS + 1, dtype=np.int64) * 10


def write_small_model(directory: Path, **options: Any) -> SequenceTransformer:
    """Export a small network to a model directory and return it."""
    model = small_model(**options)
    popularity = np.arange(NUM_ITEMS + 1, dtype=np.int64)[::-1].copy()
    card = {"name": "small", "model": asdict(model.config)}
    export_model(directory, model, movie_ids(), popularity, card)
    return model


def walk_histories(num_people: int = 30, length: int = 14, seed: int = 0) -> TrainingData:
    """Return people who watch films in the order of their numbers, from where they happen on."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, NUM_ITEMS, size=num_people)
    histories = [((start + np.arange(length)) % NUM_ITEMS + 1).astype(np.int64) for start in starts]
    return TrainingData(histories[5:], histories[:5], movie_ids())


def tiny_config(**training: Any) -> ExperimentConfig:
    """Return the `tiny` config with options of [training] changed."""
    config = load_config(CONFIGS / "tiny.toml")
    return replace(config, training=replace(config.training, **training))
