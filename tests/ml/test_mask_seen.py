"""A softmax that leaves out what was seen, against one written out plainly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from recommender.ml import softmax_loss
from recommender.ml.batch_loss import batch_loss
from recommender.ml.losses import LossConfig
from recommender.ml.negatives import find_columns, seen_films, uniform_negatives
from recommender.ml.sequences import Batch
from recommender.ml.transformer import SequenceTransformer
from tests.ml.tiny_models import NUM_ITEMS, small_model

# The last window comes back to its first film.
BATCH = Batch(
    np.array([[3, 7, 2, 9], [5, 1, 0, 0], [4, 8, 6, 0]]),
    np.array([[7, 2, 9, 12], [1, 6, 0, 0], [8, 6, 4, 0]]),
)
NUM_TARGETS = 9
SEED = 7
FULL = LossConfig(kind="cross_entropy", mask_seen=True)
SAMPLED = LossConfig(kind="sampled_softmax", num_negatives=30, mask_seen=True)


def test_seen_are_a_windows_films_up_to_the_place() -> None:
    films = torch.tensor([[3, 7, 2], [5, 1, 0]])
    found = seen_films(films, torch.tensor([0, 2, 4]))
    assert [set(row) for row in found.tolist()] == [{2}, {2, 6, 1}, {4, 0}]


def test_columns_are_where_rows_stand_among_the_negatives() -> None:
    negatives = torch.tensor([4, 0, 6])
    found = find_columns(negatives, torch.tensor([[6, 5], [4, 0]]), 7)
    assert found.tolist() == [[2, 3], [0, 1]]


def plain_logits(model: SequenceTransformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return logits (N, V) with what was seen at -inf, a target apart, and the targets (N,)."""
    hidden = model(torch.from_numpy(batch.inputs))
    rows, targets = [], []
    for films, following, states in zip(batch.inputs, batch.targets, hidden, strict=True):
        for place in np.flatnonzero(following):
            logits = states[place] @ model.output_vectors().T + model.bias
            hide = torch.zeros(NUM_ITEMS, dtype=torch.bool)
            hide[torch.from_numpy(films[: place + 1] - 1)] = True
            hide[following[place] - 1] = False
            rows.append(logits.masked_fill(hide, -torch.inf))
            targets.append(int(following[place]) - 1)
    return torch.stack(rows), torch.tensor(targets)


def check_gradients(model: SequenceTransformer, loss: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(loss, wanted)
    assert model.bias is not None
    parameters = [model.items, model.bias]
    found = torch.autograd.grad(loss, parameters)
    for ours, plain in zip(found, torch.autograd.grad(wanted, parameters), strict=True):
        torch.testing.assert_close(ours, plain, atol=1e-6, rtol=1e-4)


def test_full_softmax_leaves_out_what_was_seen_but_never_a_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(softmax_loss, "CACHED_LOGITS", 4 * NUM_ITEMS)  # in more parts than one
    monkeypatch.setattr(softmax_loss, "MIN_ROWS", 1)
    model = small_model(output_bias=True)
    loss, count = batch_loss(model, BATCH, FULL, seed=1)
    assert count == NUM_TARGETS
    logits, targets = plain_logits(model, BATCH)
    assert logits.isinf().any()
    check_gradients(model, loss, functional.cross_entropy(logits, targets))


def test_sampled_softmax_leaves_out_what_was_seen_though_drawn_twice() -> None:
    model = small_model(output_bias=True)
    num_negatives = SAMPLED.num_negatives
    loss, _ = batch_loss(model, BATCH, SAMPLED, seed=SEED)
    drawn = uniform_negatives(num_negatives, NUM_ITEMS, torch.Generator().manual_seed(SEED))
    drawn = torch.tensor(sorted(set(drawn.tolist())))
    assert len(drawn) < num_negatives
    logits, targets = plain_logits(model, BATCH)
    negative = logits[:, drawn].masked_fill(drawn == targets[:, None], -torch.inf)
    assert negative.isinf().sum() > (drawn == targets[:, None]).sum()
    positive = logits.gather(1, targets[:, None])
    wanted = functional.cross_entropy(torch.cat([positive, negative], 1), torch.zeros_like(targets))
    check_gradients(model, loss, wanted)


@pytest.mark.parametrize("config", [FULL, SAMPLED])
def test_later_films_are_asked_for_among_the_unseen(config: LossConfig) -> None:
    model = small_model(output_bias=True)
    config = replace(config, later_weight=0.5, later_span=2)
    hiding, _ = batch_loss(model, BATCH, config, seed=2)
    all_films, _ = batch_loss(model, BATCH, replace(config, mask_seen=False), seed=2)
    assert hiding < all_films
    next_alone, _ = batch_loss(model, BATCH, replace(config, later_weight=0.0), seed=2)
    assert hiding != next_alone


@pytest.mark.parametrize(
    "options",
    [{"kind": "bce"}, {"kind": "gbce"}, {"own_negatives": True}, {"label_smoothing": 0.1}],
)
def test_losses_that_cannot_leave_films_out_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="mask_seen is for a softmax"):
        LossConfig(mask_seen=True, **options)  # type: ignore[arg-type]
