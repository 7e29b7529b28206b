"""Positions, distances and gaps, by hand and as attention uses them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from recommender.ml.positions import GAP_BUCKETS, gap_buckets, rotate, sinusoidal_positions
from recommender.ml.training import Trainer
from recommender.ml.transformer import SequenceTransformer
from tests.ml.tiny_models import attention_of, small_model, tiny_config, walk_histories

YEAR = 365.25 * 86_400


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
    attention = attention_of(positions="rotary")
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


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0, 1),
        (1, 3),  # 1 + ln 2 / .301 = 3.3
        (60, 14),  # 1 + ln 61 / .301 = 14.7
        (86_400, 38),  # 1 + ln 86,401 / .301 = 38.8
        (round(4.03 * YEAR), 62),
        (round(4.04 * YEAR), 63),
        (round(60 * YEAR), GAP_BUCKETS - 1),
        (-5, 1),  # out of order: taken for no time
    ],
)
def test_gap_is_told_by_its_logarithm(seconds: int, bucket: int) -> None:
    keys = torch.tensor([[2 * 10**9]])
    assert gap_buckets(keys + seconds, keys).tolist() == [[[bucket]]]


def test_unknown_time_has_a_bucket_of_its_own() -> None:
    times = torch.tensor([[0, 10**9, 10**9]])
    assert gap_buckets(times, times).tolist() == [[[0, 0, 0], [0, 1, 1], [0, 1, 1]]]


def test_rounding_moves_next_to_no_gap_into_another_bucket() -> None:
    gaps = torch.arange(1, 2_000_000)[None]
    exact = (torch.log(gaps[0].double() + 1) / 0.301).long() + 1
    found = gap_buckets(gaps + 1, torch.tensor([[1]]))[0, :, 0]
    assert (found != exact.clamp_max(GAP_BUCKETS - 1)).sum() < 20


def read(model: SequenceTransformer, times: list[int]) -> Tensor:
    """Return the hidden states of films 3, 17, 5 watched at these times."""
    items = np.array([3, 17, 5])
    tokens = model.config.token_features.make_tokens(items, timestamps=times)
    with torch.no_grad():
        states: Tensor = model(torch.from_numpy(tokens)[None])
    return states


def test_network_of_gaps_reads_how_long_ago_but_not_when() -> None:
    model = small_model(relative_time_bias=True)
    soon, later, shifted = (
        read(model, [begin, begin + gap, begin + 2 * gap])
        for begin, gap in ((10**9, 60), (10**9, 10**7), (15 * 10**8, 60))
    )
    torch.testing.assert_close(soon, shifted)
    assert not torch.allclose(soon[:, 1:], later[:, 1:], atol=1e-3)
    torch.testing.assert_close(soon[:, 0], later[:, 0])


def test_network_of_gaps_told_no_times_is_the_network_without() -> None:
    model, plain = small_model(relative_time_bias=True), small_model()
    plain.load_state_dict(model.state_dict(), strict=False)
    torch.testing.assert_close(read(model, [0, 0, 0]), read(plain, [0, 0, 0]))
    assert not torch.allclose(read(model, [10**9, 10**9 + 60, 11**9]), read(plain, [0, 0, 0]))


def test_training_teaches_the_bias_of_the_gaps_that_occur() -> None:
    config, data = tiny_config(epochs=1), walk_histories()
    config = replace(config, model=replace(config.model, relative_time_bias=True))
    features = config.model.token_features
    times = 10**9 + 86_400 * np.arange(14)
    read = [features.make_tokens(items, timestamps=times) for items in data.train]
    trainer = Trainer(config, replace(data, train=read))
    trainer.run_epoch()
    table = trainer.model.get_parameter("blocks.0.attention.time_bias.weight")
    moved = set(table.abs().sum(dim=1).nonzero().flatten().tolist())
    gaps = torch.from_numpy(times[None, : config.model.max_seq_len])
    assert moved == set(gap_buckets(gaps, gaps).flatten().tolist())


def test_bias_of_a_gap_is_added_to_the_score_of_that_pair() -> None:
    attention = attention_of(relative_time_bias=True, relative_bias=True)
    times = torch.tensor([[10**9, 10**9 + 60, 10**9 + 60 + 86_400]])
    bias = attention.bias_between(3, None, times)
    by_distance, by_time = attention.bias, attention.time_bias
    assert bias is not None
    assert by_distance is not None
    assert by_time is not None
    assert bias.shape == (1, 2, 3, 3)
    for t, s, bucket in ((1, 0, 14), (2, 1, 38), (2, 2, 1)):
        expected = by_distance.weight[t - s] + by_time.weight[bucket]
        torch.testing.assert_close(bias[0, :, t, s], expected)
    of_last = attention.bias_between(3, torch.tensor([2]), times)
    torch.testing.assert_close(of_last, bias[:, :, 2:])
