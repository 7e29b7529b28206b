"""Items drawn to stand for all that was not watched next."""

import torch
from torch import Tensor


def uniform_negatives(count: int, num_items: int, generator: torch.Generator) -> Tensor:
    """Draw rows (item_idx - 1) uniformly with replacement: (count,) int64 in 0..num_items-1.

    Uniform draws beat popular ones for a softmax over many negatives, because every item's vector
    then keeps being pushed away from where it does not belong (gSASRec, Petrov & Macdonald 2023).
    """
    device = generator.device
    return torch.randint(0, num_items, (count,), generator=generator, device=device)


def mask_collisions(logits: Tensor, negatives: Tensor, targets: Tensor) -> Tensor:
    """Put -inf where a negative is the row's own target: logits (N, K), targets (N,)."""
    return logits.masked_fill(negatives[None, :] == targets[:, None], -torch.inf)
