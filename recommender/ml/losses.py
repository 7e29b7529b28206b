"""What training minimises: how badly the film watched next was foreseen.

Every loss takes hidden states `hidden` (N, D), `targets` (N,) int64 rows (item_idx - 1), and the
model's output vectors, and returns the mean over N as a float32 scalar.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from recommender.ml.negatives import (
    find_columns,
    mask_collisions,
    uniform_negatives,
    unseen_negatives,
)
from recommender.ml.softmax_loss import full_softmax_loss, sampled_softmax_loss
from recommender.ml.tokens import items_of
from recommender.ml.transformer import SequenceTransformer


@dataclass(frozen=True)
class LossConfig:
    """Which loss, of how many negatives, and their corrections.

    Negatives are shared by a batch; with `own_negatives` each position has some of its own, never
    a film of its window, as SASRec's one (Kang & McAuley 2018, section III-E). `later_weight` and
    `later_span` are those of `batch_loss`. With `mask_seen` a softmax leaves out the films that its
    window holds up to the position, as ranking does with what a person has seen: the films most
    like the target are often among them, and no capacity is spent on telling those apart.
    """

    kind: Literal["cross_entropy", "sampled_softmax", "bce", "gbce"] = "sampled_softmax"
    num_negatives: int = 1024
    own_negatives: bool = False
    correct_sampling: bool = False
    calibration: float = 0.75
    label_smoothing: float = 0.0
    later_weight: float = 0.0
    later_span: int = 3
    mask_seen: bool = False

    def __post_init__(self) -> None:
        """Refuse what no loss can mean."""
        if self.kind not in ("cross_entropy", "sampled_softmax", "bce", "gbce"):
            raise ValueError(
                f"loss kind must be cross_entropy, sampled_softmax, bce or gbce, not {self.kind!r}"
            )
        if self.num_negatives < 1 or not 0.0 <= self.calibration <= 1.0:
            raise ValueError("num_negatives must be at least 1 and calibration within 0..1")
        if self.later_weight < 0 or self.later_span < 2:
            raise ValueError("later_weight must be at least 0 and later_span at least 2")
        if self.later_weight and self.own_negatives:
            raise ValueError("later_weight goes with shared negatives; leave own_negatives out")
        if self.mask_seen and (self.own_negatives or self.label_smoothing or "bce" in self.kind):
            raise ValueError(
                "mask_seen is for a softmax over shared films; leave own_negatives and "
                "label_smoothing out, or take kind cross_entropy or sampled_softmax"
            )


def sampled_softmax(positive: Tensor, negative: Tensor, correction: float = 0.0) -> Tensor:
    """Cross-entropy of the target against negatives alone: positive (N,), negative (N, K).

    `correction` is added to the negatives' logits: log(V / K) makes the sum over K uniform draws
    an unbiased estimate of the sum over V (Bengio & Senécal 2008).
    """
    negative = (negative + correction).float()
    normaliser = torch.logaddexp(positive, torch.logsumexp(negative, dim=-1))
    return (normaliser - positive).mean()


def binary_cross_entropy(positive: Tensor, negative: Tensor, beta: float = 1.0) -> Tensor:
    """-log sigmoid(positive)^beta - sum log(1 - sigmoid(negative)): positive (N,), negative (N, K).

    With beta 1 and one negative this is SASRec's loss (Kang & McAuley 2018, eq. 7); with beta from
    `gbce_beta` it is gBCE (Petrov & Macdonald 2023, eq. 7).
    """
    return (-beta * functional.logsigmoid(positive) + functional.softplus(negative).sum(-1)).mean()


def gbce_beta(num_negatives: int, num_items: int, calibration: float) -> float:
    """Return beta = a (t (1 - 1/a) + 1/a) with a = K / (V - 1) (Petrov & Macdonald 2023, eq. 9)."""
    rate = num_negatives / (num_items - 1)
    return rate * (calibration * (1 - 1 / rate) + 1 / rate)


def compute_loss(
    model: SequenceTransformer,
    hidden: Tensor,
    targets: Tensor,
    config: LossConfig,
    generator: torch.Generator,
    *,
    own_rows: Tensor | None = None,
    seen: Tensor | None = None,
) -> Tensor:
    """Return the mean loss of hidden states (N, D) whose next items are `targets` (N,) rows.

    `own_rows` (N, K) int64 are each state's own negatives, in place of some shared by all. A
    softmax leaves out the rows `seen` (N, T) int64, but never a target.
    """
    if config.kind == "cross_entropy":
        return full_cross_entropy(model, hidden, targets, config.label_smoothing, seen=seen)
    rows = targets[:0]  # shared by the batch
    if own_rows is None:
        rows = uniform_negatives(config.num_negatives, model.num_items, generator)
    rows = rows if seen is None else torch.unique(rows)  # of two alike one could be hidden
    positive, others, bias = _look_up(model, hidden, targets, rows)
    if own_rows is not None:
        negative = score_own(model, hidden, own_rows)
    elif config.kind == "sampled_softmax":
        wide = sampling_correction(config, model.num_items)
        columns = None if seen is None else find_columns(rows, seen, model.num_items)
        return sampled_softmax_loss(
            hidden,
            others,
            bias,
            targets,
            rows=rows,
            positive=positive,
            correction=wide,
            seen=columns,
        )
    else:
        negative = mask_collisions(score(hidden, others, bias), rows, targets)
    return pairwise_loss(positive, negative, config, model.num_items)


def _look_up(
    model: SequenceTransformer, hidden: Tensor, targets: Tensor, rows: Tensor
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return the targets' logits (N,), and vectors (K, D) and bias (K,) of rows, by one look-up."""
    looked_up, count = torch.cat([targets, rows]), len(targets)
    own, others = torch.split(model.output_vectors(looked_up), [count, len(rows)])
    positive = (hidden.float() * own.float()).sum(-1)
    if model.bias is None:
        return positive, others, None
    bias = model.bias.index_select(0, looked_up)
    return positive + bias[:count], others, bias[count:]


def pairwise_loss(positive: Tensor, negative: Tensor, config: LossConfig, num_items: int) -> Tensor:
    """Return the mean loss of targets' logits (N,) against negatives' (N, K)."""
    if config.kind == "sampled_softmax":
        return sampled_softmax(positive, negative, sampling_correction(config, num_items))
    if config.kind == "bce":
        return binary_cross_entropy(positive, negative.float())
    beta = gbce_beta(config.num_negatives, num_items, config.calibration)
    return binary_cross_entropy(positive, negative.float(), beta)


def sampling_correction(config: LossConfig, num_items: int) -> float:
    """Return what is added to negatives' logits: log(V / K), or 0 where it is not asked for."""
    return math.log(num_items / config.num_negatives) if config.correct_sampling else 0.0


def full_cross_entropy(
    model: SequenceTransformer,
    hidden: Tensor,
    targets: Tensor,
    label_smoothing: float,
    *,
    seen: Tensor | None = None,
) -> Tensor:
    """Return the mean cross-entropy over the whole catalogue, or over all but `seen` (N, T)."""
    vectors = model.output_vectors()
    if not label_smoothing:
        answers = targets[:, None]
        weights = torch.ones_like(answers, dtype=torch.float32)
        return full_softmax_loss(hidden, vectors, model.bias, answers, weights, seen=seen)
    logits = score(hidden, vectors, model.bias).float()
    return functional.cross_entropy(logits, targets, label_smoothing=label_smoothing)


def score(hidden: Tensor, vectors: Tensor, bias: Tensor | None) -> Tensor:
    """Return logits (N, K) of hidden states (N, D) against item vectors (K, D)."""
    logits = hidden @ vectors.T
    return logits if bias is None else logits + bias


def draw_own_rows(
    inputs: Tensor,
    targets: Tensor,
    config: LossConfig,
    num_items: int,
    generator: torch.Generator,
) -> Tensor | None:
    """Return (N, K) rows, negatives of each of the N targets of a batch; None if they are shared.

    `inputs` and `targets` (B, T) are those of a Batch.
    """
    if not config.own_negatives or config.kind == "cross_entropy":
        return None
    drawn = unseen_negatives(items_of(inputs), targets, config.num_negatives, num_items, generator)
    return drawn[targets > 0]


def score_own(model: SequenceTransformer, hidden: Tensor, rows: Tensor) -> Tensor:
    """Return float32 logits (N, K) of hidden states (N, D), each against its own `rows` (N, K)."""
    vectors = model.output_vectors(rows)  # (N, K, D)
    logits = (hidden[:, None].float() * vectors.float()).sum(-1)
    return logits if model.bias is None else logits + model.bias[rows]
