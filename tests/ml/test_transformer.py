"""The network: what it may see, what it counts, and that it is the published one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.ml.config import load_config
from recommender.ml.positions import sinusoidal_positions
from recommender.ml.transformer import ModelConfig, SequenceTransformer
from tests.ml.tiny_models import CONFIGS, NUM_ITEMS, SMALL, VARIANTS, small_model

ITEMS = torch.tensor([[3, 17, 5, 40, 1, 9]])
DAY = 86_400
TIMES = np.array([10**9, 10**9, 10**9 + 50, 10**9 + DAY, 10**9 + 9 * DAY, 10**9 + 900 * DAY])


def tokens_of(
    model: SequenceTransformer, items: Tensor, times: NDArray[np.int64] = TIMES
) -> Tensor:
    """Return items (1, T) with all that the network reads of their watching."""
    stars = np.arange(1, items.shape[1] + 1) / 2
    made = model.config.token_features.make_tokens(
        items[0].numpy(), stars=stars, timestamps=times[: items.shape[1]]
    )
    return torch.from_numpy(made)[None]


@pytest.mark.parametrize("variant", VARIANTS)
def test_future_items_do_not_change_earlier_states(variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    changed = ITEMS.clone()
    changed[0, 4:] = torch.tensor([22, 30])
    later = TIMES + DAY * np.array([0, 0, 0, 0, 3, 500])
    with torch.no_grad():
        before, after = model(tokens_of(model, ITEMS)), model(tokens_of(model, changed, later))
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])


@pytest.mark.parametrize("variant", VARIANTS)
def test_padding_does_not_change_a_sequence(variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    tokens = tokens_of(model, ITEMS)
    padded = nn.functional.pad(tokens, (0, 5))
    with torch.no_grad():
        torch.testing.assert_close(model(padded)[:, :6], model(tokens))


@pytest.mark.parametrize("variant", VARIANTS)
def test_encoding_the_last_position_alone_equals_encoding_all(variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    short = tokens_of(model, torch.tensor([[8, 2]]))
    batch = torch.cat([tokens_of(model, ITEMS), nn.functional.pad(short, (0, 4))])
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


def test_cosine_scores_lie_within_one_over_temperature() -> None:
    model = small_model(scoring="cosine", temperature=0.1)
    with torch.no_grad():
        scores = model(ITEMS) @ model.output_vectors().T
    assert scores.abs().max() <= 10.0 + 1e-4


@pytest.mark.parametrize(
    "options",
    [
        {"num_heads": 3},
        {"activation": "tanh"},
        {"num_heads": 16, "positions": "rotary"},
        {"block": "gru", "relative_time_bias": True},
    ],
)
def test_impossible_networks_are_refused(options: dict[str, object]) -> None:
    values = {**SMALL.__dict__, **options}
    with pytest.raises(ValueError, match=r"must|need"):
        ModelConfig(**values)
