"""Items drawn to stand for all that was not watched next, and those that had been watched."""

import torch
from torch import Tensor


def uniform_negatives(count: int, num_items: int, generator: torch.Generator) -> Tensor:
    """Draw rows (item_idx - 1) uniformly with replacement: (count,) int64 in 0..num_items-1.

    Uniform draws beat popular ones for a softmax over many negatives, because every item's vector
    then keeps being pushed away from where it does not belong (gSASRec, Petrov & Macdonald 2023).
    """
    device = generator.device
    return torch.randint(0, num_items, (count,), generator=generator, device=device)


def unseen_negatives(
    inputs: Tensor, targets: Tensor, count: int, num_items: int, generator: torch.Generator
) -> Tensor:
    """Draw rows of their own for each position of each window, none of them in that window.

    `inputs` and `targets` (B, T) int64 item_idx are those of a Batch, each film once a window.
    Returns (B, T, count) int64 in 0..num_items-1, uniform over the films that are not in it.

    The n-th unseen row is found without trying: it is n plus the number of seen rows that have at
    most n unseen rows below them.
    """
    batch, length = targets.shape
    window = torch.cat([inputs[:, :1], targets], dim=1)  # (B, T + 1)
    beyond = num_items + length + 1
    seen = torch.where(window > 0, window - 1, beyond).sort(dim=1).values
    unseen_below = seen - torch.arange(length + 1, device=seen.device)
    num_unseen = num_items - (seen < num_items).sum(dim=1, keepdim=True)  # (B, 1)
    shape = (batch, length * count)
    drawn = torch.rand(shape, generator=generator, device=seen.device)
    place = (drawn * num_unseen).long()
    rows = place + torch.searchsorted(unseen_below, place, right=True)
    # Whoever has seen the whole catalogue gets a film that was seen.
    return rows.clamp_max(num_items - 1).view(batch, length, count)


def seen_films(films: Tensor, places: Tensor) -> Tensor:
    """Return the films of each place's window up to it: rows (N, T) int64.

    `films` (B, T) int64 are the item_idx of windows, `places` (N,) index them flattened. A window's
    first film, always seen, fills up each row.
    """
    length = films.shape[1]
    rows = (films - 1).index_select(0, places // length)
    is_later = torch.arange(length, device=films.device) > (places % length)[:, None]
    return torch.where(is_later, rows[:, :1], rows)


def find_columns(negatives: Tensor, rows: Tensor, num_items: int) -> Tensor:
    """Return where among `negatives` (K,), each there once, each of `rows` (N, T) is: (N, T).

    K stands for those that are not among them.
    """
    count = len(negatives)
    columns = negatives.new_full((num_items,), count)
    columns[negatives] = torch.arange(count, device=negatives.device)
    return columns[rows]


def mask_collisions(logits: Tensor, negatives: Tensor, targets: Tensor) -> Tensor:
    """Put -inf where a negative is the row's own target: logits (N, K), targets (N,)."""
    return logits.masked_fill(negatives[None, :] == targets[:, None], -torch.inf)
