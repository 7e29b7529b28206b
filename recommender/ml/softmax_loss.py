"""Softmax losses that never leave the cache: a few rows at a time, gradients made with the loss.

Written as separate operations, a softmax of N states over K items walks through some ten arrays of
N x K float32 (16 MB each at 4,000 x 1,024); on a CPU that costs several times what the products do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

CACHED_LOGITS = 2**18
"""Logits at work at a time on a CPU: a megabyte of float32."""
MIN_ROWS = 64
"""A product of fewer rows no longer pays."""


def full_softmax_loss(
    hidden: Tensor,
    vectors: Tensor,
    bias: Tensor | None,
    answers: Tensor,
    weights: Tensor,
    *,
    seen: Tensor | None = None,
) -> Tensor:
    """Return the mean over hidden states (N, D) of the cross-entropies of their `answers` (N, A).

    Each answer, a row of `vectors` (K, D), counts by its weight in `weights` (N, A) float32: one
    softmax serves them all. It runs over all rows but those of `seen` (N, S) int64 that are no
    answer. Logits are hidden @ vectors.T + bias, for `bias` (K,); inside autocast the product is of
    its type, and the softmax float32 as ever.
    """
    hidden, vectors, bias = _prepare(hidden, vectors, bias)
    loss: Tensor = _FullSoftmax.apply(  # type: ignore[no-untyped-call]
        hidden, vectors, bias, answers, weights, seen
    )
    return loss


def sampled_softmax_loss(
    hidden: Tensor,
    vectors: Tensor,
    bias: Tensor | None,
    targets: Tensor,
    *,
    rows: Tensor,
    positive: Tensor,
    correction: float = 0.0,
    seen: Tensor | None = None,
) -> Tensor:
    """Return the mean cross-entropy of `targets` (N,) against negatives `rows` (K,) alone.

    `vectors` (K, D) and `bias` (K,) are the negatives', `positive` (N,) float32 are the targets'
    own logits; `correction` is added to the negatives', and a target among them is left out, as are
    the columns `seen` (N, S) int64, where K is none of them.
    """
    hidden, vectors, bias = _prepare(hidden, vectors, bias)
    bias = bias + correction
    if seen is not None:  # column K: a negative that is never there
        vectors, rows = (
            functional.pad(vectors, (0, 0, 0, 1)),
            functional.pad(rows, (0, 1), value=-1),
        )
        bias = functional.pad(bias, (0, 1), value=-torch.inf)
    loss: Tensor = _SampledSoftmax.apply(  # type: ignore[no-untyped-call]
        hidden, vectors, bias, targets, rows, positive, seen
    )
    return loss


def _prepare(hidden: Tensor, vectors: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return all three in the types that the products and sums are made in."""
    kind = hidden.device.type
    if torch.is_autocast_enabled(kind):
        hidden = hidden.to(torch.get_autocast_dtype(kind))
    if bias is None:
        bias = torch.zeros(len(vectors), device=hidden.device)
    return hidden, vectors.to(hidden.dtype), bias.float()


def _parts(hidden: Tensor, width: int) -> Iterator[slice]:
    """Yield slices of the states whose logits over `width` items fit the cache."""
    count = len(hidden)
    step = max(MIN_ROWS, CACHED_LOGITS // width) if hidden.device.type == "cpu" else max(1, count)
    return (slice(start, start + step) for start in range(0, count, step))


class _FullSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917 - autograd passes by position
        ctx: Any,
        hidden: Tensor,
        vectors: Tensor,
        bias: Tensor,
        answers: Tensor,
        weights: Tensor,
        seen: Tensor | None,
    ) -> Tensor:
        # (N, K), gradient of each row's loss by its logits
        error = hidden.new_empty(len(hidden), len(vectors))
        losses, bias_grad = bias.new_empty(len(hidden)), torch.zeros_like(bias)
        for part in _parts(hidden, len(vectors)):
            logits = torch.add(hidden[part] @ vectors.T, bias)  # (n, K) float32
            weight = weights[part]
            own = logits.gather(1, answers[part])
            if seen is not None:
                logits.scatter_(1, seen[part], -torch.inf).scatter_(1, answers[part], own)
            all_weight = weight.sum(1)
            top = logits.amax(1)
            shares = logits.sub_(top[:, None]).exp_()
            total = shares.sum(1)
            losses[part] = all_weight * (top + total.log()) - (own * weight).sum(1)
            shares.mul_((all_weight / total)[:, None])
            shares.scatter_add_(1, answers[part], -weight)
            bias_grad += shares.sum(0)
            error[part] = shares
        ctx.save_for_backward(error @ vectors, error.T @ hidden, bias_grad)
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, vectors, bias = ctx.saved_tensors
        scale = grad / len(hidden)
        return hidden * scale, vectors * scale, bias * scale, None, None, None


class _SampledSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917 - autograd passes by position
        ctx: Any,
        hidden: Tensor,
        vectors: Tensor,
        bias: Tensor,
        targets: Tensor,
        rows: Tensor,
        positive: Tensor,
        seen: Tensor | None,
    ) -> Tensor:
        # (N, K), gradient of each row's loss by its logits
        error = hidden.new_empty(len(hidden), len(vectors))
        losses, bias_grad = bias.new_empty(len(hidden)), torch.zeros_like(bias)
        for part in _parts(hidden, len(vectors)):
            logits = torch.add(hidden[part] @ vectors.T, bias)  # (n, K) float32
            logits.masked_fill_(rows == targets[part, None], -torch.inf)
            if seen is not None:
                logits.scatter_(1, seen[part], -torch.inf)
            own = positive[part]
            top = torch.maximum(logits.amax(1), own)
            shares = logits.sub_(top[:, None]).exp_()
            total = shares.sum(1) + (own - top).exp()
            losses[part] = top + total.log() - own
            shares.mul_((1.0 / total)[:, None])
            bias_grad += shares.sum(0)
            error[part] = shares
        own_grad = (-losses).exp() - 1.0
        ctx.save_for_backward(error @ vectors, error.T @ hidden, bias_grad, own_grad)
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, vectors, bias, positive = ctx.saved_tensors
        scale = grad / len(hidden)
        return hidden * scale, vectors * scale, bias * scale, None, None, positive * scale, None
