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

from recommender.ml.negatives import mask_collisions, uniform_negatives, unseen_negatives
from recommender.ml.softmax_loss import full_softmax_loss, sampled_softmax_loss
from recommender.ml.tokens import items_of
from recommender.ml.transformer import SequenceTransformer


@dataclass(frozen=True)
class LossConfig:
    """Which loss, of how many negatives, and their corrections.

    Negatives are shared by a batch; with `own_negatives` each position has some of its own, never
    a film of its window, as SASRec's one (Kang & McAuley 2018, section III-E). `later_weight` and
    `later_span` are those of `batch_loss`.
    """

    kind: Literal["cross_entropy", "sampled_softmax", "bce", "gbce"] = "sampled_softmax"
    num_negatives: int = 1024
    own_negatives: bool = False
    correct_sampling: bool = False
    calibration: float = 0.75
    label_smoothing: float = 0.0
    later_weight: float = 0.0
    later_span: int = 3

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
) -> Tensor:
    """Return the mean loss of hidden states (N, D) whose next items are `targets` (N,) rows.

    `own_rows` (N, K) int64 are each state's own negatives, in place of some shared by all.
    """
    if config.kind == "cross_entropy":
        return full_cross_entropy(model, hidden, targets, config.label_smoothing)
    rows = targets[:0]  # shared by the batch
    if own_rows is None:
        rows = uniform_negatives(config.num_negatives, model.num_items, generator)
    looked_up = torch.cat([targets, rows])
    count = len(targets)
    own, others = torch.split(model.output_vectors(looked_up), [count, len(rows)])  # one look-up
    bias = None if model.bias is None else model.bias.index_select(0, looked_up)
    positive = (hidden.float() * own.float()).sum(-1)
    if bias is not None:
        positive, bias = positive + bias[:count], bias[count:]
    wide = math.log(model.num_items / config.num_negatives) if config.correct_sampling else 0.0
    if own_rows is not None:
        negative = score_own(model, hidden, own_rows)
    elif config.kind == "sampled_softmax":
        return sampled_softmax_loss(
            hidden, others, bias, targets, rows=rows, positive=positive, correction=wide
        )
    else:
        negative = mask_collisions(score(hidden, others, bias), rows, targets)
    if config.kind == "sampled_softmax":
        return sampled_softmax(positive, negative, wide)
    if config.kind == "bce":
        return binary_cross_entropy(positive, negative.float())
    beta = gbce_beta(config.num_negatives, model.num_items, config.calibration)
    return binary_cross_entropy(positive, negative.float(), beta)


def full_cross_entropy(
    model: SequenceTransformer, hidden: Tensor, targets: Tensor, label_smoothing: float
) -> Tensor:
    """Return the mean cross-entropy over the whole catalogue."""
    vectors = model.output_vectors()
    if not label_smoothing:
        answers = targets[:, None]
        return full_softmax_loss(
            hidden, vectors, model.bias, answers, torch.ones_like(answers, dtype=torch.float32)
        )
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
