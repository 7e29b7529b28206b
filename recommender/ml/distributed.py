"""Several processes that train one network under `torchrun`: shares of a batch, summed gradients.

Every process draws the same batches and negatives and reads every `size`-th window of each batch;
its gradient is weighted by the films it predicts, so the sum is the gradient of one process on the
same batches. Only dropout differs, for each process draws its own. There is no
DistributedDataParallel: it averages over processes, whatever their number of films, and overlaps
sending with computing, which a network of few megabytes does not need; one flat all-reduce a step
does. The first process alone validates, writes and prints.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist

from recommender.ml.errors import TrainingError


@dataclass(frozen=True)
class Workers:
    """The processes of a run, this one being number `rank` of `size`; alone unless told."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Return whether this process is the one that validates, writes and prints."""
        return self.rank == 0

    @property
    def share(self) -> slice:
        """Return which windows of a batch this process reads; it can be none."""
        return slice(self.rank, None, self.size)

    def agree(self, value: Any) -> Any:
        """Return the first process's value.

        Raises:
            TrainingError: Another process is gone.
        """
        if self.size == 1:
            return value
        box = [value]
        try:
            dist.broadcast_object_list(box, src=0)
        except RuntimeError as error:
            raise _other_gone() from error
        return box[0]

    @torch.no_grad()
    def share_weights(self, model: nn.Module) -> None:
        """Give every process the first one's weights.

        Raises:
            TrainingError: Another process is gone.
        """
        if self.size == 1:
            return
        try:
            for parameter in model.parameters():
                dist.broadcast(parameter.data, src=0)
        except RuntimeError as error:
            raise _other_gone() from error

    @torch.no_grad()
    def sum_gradients(self, model: nn.Module, figures: Tensor) -> Tensor:
        """Sum gradients over processes in place, and return the sum of `figures` (F,) float32.

        Raises:
            TrainingError: Another process is gone.
        """
        if self.size == 1:
            return figures
        parameters = [p for p in model.parameters() if p.requires_grad]
        for parameter in parameters:
            if parameter.grad is None:  # no window of the batch was this process's
                parameter.grad = torch.zeros_like(parameter)
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([figures, *(gradient.flatten() for gradient in gradients)])
        try:
            dist.all_reduce(flat)
        except RuntimeError as error:
            raise _other_gone() from error
        figures, *summed = torch.split(flat, [len(figures), *(g.numel() for g in gradients)])
        for gradient, values in zip(gradients, summed, strict=True):
            gradient.copy_(values.view_as(gradient))
        return figures


def join_workers(device: torch.device) -> tuple[Workers, torch.device]:
    """Join the processes that torchrun started, if it did; return them and this one's device.

    Raises:
        TrainingError: The device cannot be shared among processes.
    """
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if size == 1:
        return Workers(), device
    if device.type not in ("cpu", "cuda"):
        raise TrainingError(f"{device.type} cannot be shared; train without torchrun or on the cpu")
    if device.type == "cuda":
        local, present = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if local >= present:
            raise TrainingError(f"there are {present} GPUs; lower --nproc-per-node to that")
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    if rank:
        logging.disable(logging.INFO)
    return Workers(rank, size), device


def leave_workers() -> None:
    """Part from the other processes at the end of a run, if there are any."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _other_gone() -> TrainingError:
    return TrainingError(
        "another process of this run has ended, see its message; "
        "start the same command again to go on after the last whole epoch"
    )
