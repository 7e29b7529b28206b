"""The network: what it may see, what it counts, and that it is the published one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from recommender.ml.config import load_config
from recommender.ml.transformer import (
    ModelConfig,
    SequenceTransformer,
    rotate,
    sinusoidal_positions,
)
from tests.ml.tiny_models import CONFIGS, NUM_ITEMS, SMALL, VARIANTS, small_model

ITEMS = torch.tensor([[3, 17, 5, 40, 1, 9]])


@pytest.mark.parametrize("variant", VARIANTS)
def test_future_items_do_not_change_earlier_states(variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    changed = ITEMS.clone()
    changed[0, 4:] = torch.tensor([22, 30])
    with torch.no_grad():
        before, after = model(ITEMS), model(changed)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])


@pytest.mark.parametrize("variant", VARIANTS)
def test_padding_does_not_change_a_sequence(variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    padded = nn.functional.pad(ITEMS, (0, 5))
    with torch.no_grad():
        torch.testing.assert_close(model(padded)[:, :6], model(ITEMS))


@pytest.mark.parametrize("variant", VARIANTS)
def test_encoding_the_last_position_alone_equals_encoding_all(variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    batch = torch.stack([ITEMS[0], torch.tensor([8, 2, 0, 0, 0, 0])])
    with torch.no_grad():
        last = model.encode_last(batch, torch.tensor([6, 2]))
        states = model(batch)
    torch.testing.assert_close(last, torch.stack([states[0, 5], states[1, 1]]))


def test_paper_config_has_the_published_number_of_parameters() -> None:
    config = load_config(CONFIGS / "paper.toml").model
    model = SequenceTransformer(27_278, config)
    assert sum(p.numel() for p in model.parameters()) == 4_284_672
    assert sum(p.numel() for p in model.blocks[0].parameters()) == 198_272


def test_paper_config_computes_what_torch_encoder_layers_compute() -> None:
    config = replace(load_config(CONFIGS / "paper.toml").model, num_blocks=2)
    torch.manual_seed(0)
    model = SequenceTransformer(NUM_ITEMS, config).eval()
    x = model.items[ITEMS - 1] * 128**0.5 + sinusoidal_positions(50, 128)[:6]
    mask = nn.Transformer.generate_square_subsequent_mask(6)
    for block in model.blocks:
        layer = nn.TransformerEncoderLayer(128, 8, 512, batch_first=True).eval()
        state = block.state_dict()
        names = {
            "self_attn.in_proj_": "attention.qkv.",
            "self_attn.out_proj.": "attention.out.",
            "linear1.": "ffn.up.",
            "linear2.": "ffn.down.",
            "norm1.": "norm1.",
            "norm2.": "norm2.",
        }
        layer.load_state_dict(
            {
                f"{a}{kind}": state[f"{b}{kind}"]
                for a, b in names.items()
                for kind in ("weight", "bias")
            }
        )
        x = layer(x, src_mask=mask)
    torch.testing.assert_close(model(ITEMS), x, atol=2e-5, rtol=1e-4)


def test_sinusoidal_positions_follow_the_formula() -> None:
    table = sinusoidal_positions(4, 6)
    assert table[3, 2] == pytest.approx(torch.sin(torch.tensor(3 / 10_000 ** (2 / 6))))
    assert table[3, 5] == pytest.approx(torch.cos(torch.tensor(3 / 10_000 ** (4 / 6))))


def test_rotary_positions_turn_each_pair_by_its_angle() -> None:
    # Head size 4 at position 2: angles 2 and 2 / 100; a vector's halves are the pairs' sides.
    angles = torch.tensor([[2.0, 2.0 / 100.0]])
    turned = rotate(torch.tensor([1.0, 0.0, 0.0, 3.0]).view(1, 1, 1, 4), angles).flatten()
    expected = [math.cos(2.0), -3 * math.sin(0.02), math.sin(2.0), 3 * math.cos(0.02)]
    assert turned.tolist() == pytest.approx(expected)


def test_rotary_attention_turns_queries_and_keys_by_their_positions() -> None:
    attention = small_model(positions="rotary").blocks[0].attention
    x = torch.randn(1, 1, 16).expand(1, 5, 16)  # the same film at every position
    with torch.no_grad():
        q, k, v = attention.project(x)
    head = 8
    for t in range(5):
        for pair in range(head // 2):
            angle = t * 10_000 ** (-2 * pair / head)
            a, b = q[0, 0, 0, pair].item(), q[0, 0, 0, pair + head // 2].item()
            found = q[0, 0, t, pair].item()
            assert found == pytest.approx(a * math.cos(angle) - b * math.sin(angle), abs=1e-5)
    products = (q @ k.transpose(-1, -2))[0, 0]
    for back in range(5):  # a product depends on the distance alone
        torch.testing.assert_close(products.diagonal(-back), products[back, 0].expand(5 - back))
    torch.testing.assert_close(v, v[:, :, :1].expand_as(v))


def test_cosine_scores_lie_within_one_over_temperature() -> None:
    model = small_model(scoring="cosine", temperature=0.1)
    with torch.no_grad():
        scores = model(ITEMS) @ model.output_vectors().T
    assert scores.abs().max() <= 10.0 + 1e-4


@pytest.mark.parametrize(
    "options", [{"num_heads": 3}, {"activation": "tanh"}, {"num_heads": 16, "positions": "rotary"}]
)
def test_impossible_networks_are_refused(options: dict[str, object]) -> None:
    values = {**SMALL.__dict__, **options}
    with pytest.raises(ValueError, match=r"must|need"):
        ModelConfig(**values)
