"""Attention read beside a network is the attention the network mixes by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recommender.ml.attention_weights import attention_reader, attention_weights
from recommender.ml.checkpoint import load_model
from recommender.ml.inference import InferenceModel
from recommender.ml.transformer import Attention
from tests.ml.tiny_models import SMALL, attention_of, small_model

SHIPPED = Path("recommender/artifacts/shipped")
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {"positions": "none", "block": "plain"},
    "rotary": {"positions": "rotary"},
    "relative bias": {"positions": "none", "relative_bias": True},
    "rotary and relative bias": {"positions": "rotary", "relative_bias": True},
}
GRU: dict[str, Any] = {"block": "gru", "positions": "none", "norm": "post", "ffn_dim": 20}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_weights_times_values_are_what_the_module_mixes(options: dict[str, Any]) -> None:
    attention, last = attention_of(**options), torch.tensor([11, 6, 0])
    x = torch.randn(3, 12, SMALL.embedding_dim)
    with torch.no_grad():
        weights, values = attention_weights(attention, x, last)
        mixed = torch.einsum("bht,bhtk->bhk", weights, values).flatten(1)  # (B, D)
        assert torch.allclose(attention.out(mixed), attention(x, last)[:, 0], atol=1e-5)
        every = attention(x)[torch.arange(3), last]
        assert torch.allclose(attention.out(mixed), every, atol=1e-5)


def test_weights_follow_the_bias_of_gaps() -> None:
    attention, last = attention_of(relative_time_bias=True), torch.tensor([11, 6])
    x = torch.randn(2, 12, SMALL.embedding_dim)
    times = 10**9 + torch.randint(0, 10**8, (2, 12)).cumsum(1)
    with torch.no_grad():
        weights, values = attention_weights(attention, x, last, times)
        mixed = torch.einsum("bht,bhtk->bhk", weights, values).flatten(1)
        assert torch.allclose(attention.out(mixed), attention(x, last, times)[:, 0], atol=1e-5)
        assert not torch.allclose(weights, attention_weights(attention, x, last)[0], atol=1e-3)


def test_reader_tells_the_network_when_films_were_watched() -> None:
    network = small_model(relative_time_bias=True)
    read = attention_reader(network)
    assert read is not None
    items, features = np.array([3, 1, 4]), network.config.token_features
    near, far = (
        read(features.make_tokens(items, timestamps=[10**9, 10**9 + gap, 10**9 + 2 * gap]))
        for gap in (1, 10**8)
    )
    assert not np.allclose(near, far, atol=1e-3)


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_weights_sum_to_one_over_what_the_position_can_see(options: dict[str, Any]) -> None:
    x, last = torch.randn(2, 12, SMALL.embedding_dim), torch.tensor([11, 4])
    with torch.no_grad():
        weights, _ = attention_weights(attention_of(**options), x, last)
    assert weights.shape == (2, SMALL.num_heads, 12)
    assert torch.allclose(weights.sum(dim=-1), torch.ones(2, SMALL.num_heads))
    assert (weights[1, :, 5:] == 0).all()
    assert (weights[1, :, :5] > 0).all()


def test_reader_averages_the_last_position_over_heads_and_layers() -> None:
    network, sequence = small_model(relative_bias=True), np.array([3, 1, 4, 15, 9, 2])
    read = attention_reader(network)
    assert read is not None
    tokens, last, expected = torch.from_numpy(sequence)[None], torch.tensor([5]), []
    with torch.no_grad():
        x = network.embed(tokens)
        for block in network.blocks:
            attention = block.get_submodule("attention")
            assert isinstance(attention, Attention)
            weights, _ = attention_weights(attention, block.get_submodule("norm1")(x), last)
            expected.append(weights[0].mean(dim=0).numpy())
            x = block(x)
    assert len(expected) == 2
    assert np.allclose(read(sequence), np.mean(expected, axis=0), atol=1e-6)


def test_films_that_are_not_read_get_no_attention() -> None:
    read = attention_reader(small_model())
    assert read is not None
    weights = read(np.arange(1, SMALL.max_seq_len + 6))
    assert (weights[:5] == 0).all()
    assert (weights[5:] > 0).all()
    assert weights.sum() == pytest.approx(1)


def test_reading_leaves_nothing_behind_in_the_network() -> None:
    network = small_model()
    read = attention_reader(network)
    assert read is not None
    read(np.array([1, 2, 3]))
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_a_network_without_attention_has_no_reader() -> None:
    assert attention_reader(small_model(**GRU)) is None


def test_shipped_weights_are_those_of_the_graph_that_is_served() -> None:
    network, served = load_model(SHIPPED / "model.pt").model, InferenceModel.load(SHIPPED)
    sequence = np.arange(1, 31)
    with torch.inference_mode():
        hidden = network.encode_last(torch.from_numpy(sequence)[None], torch.tensor([30]))
    assert np.allclose(hidden.numpy(), served.encode([sequence]), atol=1e-3)
