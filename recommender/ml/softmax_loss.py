"""Softmax losses that never leave the cache: a few rows at a time, gradients made with the loss.

Written as separate operations, a softmax of N states over K items walks through some ten arrays of
N x K float32 (16 MB each at 4,000 x 1,024); on a CPU that costs several times what the products do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

CACHED_LOGITS = 2**18
"""Logits at work at a time on a CPU: a megabyte of float32."""
MIN_ROWS = 64
"""A product of fewer rows no longer pays."""


def softmax_loss(
    hidden: Tensor,
    vectors: Tensor,
    bias: Tensor | None,
    targets: Tensor,
    *,
    rows: Tensor | None = None,
    positive: Tensor | None = None,
    correction: float = 0.0,
) -> Tensor:
    """Return the mean cross-entropy of hidden states (N, D) whose right answers are `targets` (N,).

    Logits are hidden @ vectors.T + bias, for `vectors` (K, D) and `bias` (K,); inside autocast the
    product is of its type, and the softmax float32 as ever. Without `rows`, `targets` are among
    the K. With `rows` (K,), the vectors are those of negatives, `positive` (N,) float32 is the
    target's own logit, `correction` is added to the others, and a target among them is left out.
    """
    kind = hidden.device.type
    if torch.is_autocast_enabled(kind):
        hidden = hidden.to(torch.get_autocast_dtype(kind))
    vectors = vectors.to(hidden.dtype)
    if bias is None:
        bias = torch.zeros(len(vectors), device=hidden.device)
    bias = bias.float() + correction
    loss: Tensor = _SoftmaxLoss.apply(  # type: ignore[no-untyped-call]
        hidden, vectors, bias, targets, rows, positive
    )
    return loss


class _SoftmaxLoss(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917 - autograd passes by position
        ctx: Any,
        hidden: Tensor,
        vectors: Tensor,
        bias: Tensor,
        targets: Tensor,
        rows: Tensor | None,
        positive: Tensor | None,
    ) -> Tensor:
        count, width = len(hidden), len(vectors)
        step = max(MIN_ROWS, CACHED_LOGITS // width) if hidden.device.type == "cpu" else count
        error = hidden.new_empty(count, width)  # (N, K), gradient of each row's loss by its logits
        losses, bias_grad = bias.new_empty(count), torch.zeros_like(bias)
        for start in range(0, count, step):
            part = slice(start, start + step)
            logits = torch.add(hidden[part] @ vectors.T, bias)  # (n, K) float32
            place = targets[part, None]
            if rows is None:
                own = logits.gather(1, place)[:, 0]
                top = logits.amax(1)
            else:
                assert positive is not None  # noqa: S101 - rows and positive come together
                own = positive[part]
                top = torch.maximum(logits.masked_fill_(rows == place, -torch.inf).amax(1), own)
            shares = logits.sub_(top[:, None]).exp_()
            total = shares.sum(1) if rows is None else shares.sum(1) + (own - top).exp()
            losses[part] = top + total.log() - own
            shares.mul_((1.0 / total)[:, None])
            if rows is None:
                shares.scatter_add_(1, place, shares.new_full((1, 1), -1.0).expand_as(place))
            bias_grad += shares.sum(0)
            error[part] = shares
        own_grad = None if rows is None else (-losses).exp() - 1.0
        ctx.save_for_backward(error @ vectors, error.T @ hidden, bias_grad, own_grad)
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, vectors, bias, positive = ctx.saved_tensors
        scale = grad / len(hidden)
        own = None if positive is None else positive * scale
        return hidden * scale, vectors * scale, bias * scale, None, None, own
