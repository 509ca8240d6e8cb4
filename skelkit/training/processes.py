"""Training in several processes, as torchrun starts them: each computes a share of every batch.

Losses and weights are those of one process with the whole batch: batch norm and losses see all shares, and
every process draws the random numbers of the whole batch and uses those of its own clips.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..utils import random


def rank() -> int:
    """Number of this process, 0 if there is only one."""
    return dist.get_rank() if is_distributed() else 0


def count() -> int:
    """Number of processes."""
    return dist.get_world_size() if is_distributed() else 1


def is_distributed() -> bool:
    """Whether this process belongs to a group of processes that train together."""
    return dist.is_available() and dist.is_initialized()


@contextmanager
def group(device: torch.device) -> Iterator[torch.device]:
    """The group that torchrun describes in the environment; gives the device of this process.

    Without torchrun there is no group, and the device is the given one.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


@contextmanager
def share(index: Tensor) -> Iterator[Tensor]:
    """The part of a batch, Long[n], that this process computes; within it, draws are of the whole batch.

    The shares are equally large; clips that are left over are left out.
    """
    total = len(index) // count() * count()
    mine = index[:total].tensor_split(count())[rank()]
    with random.part_of(total, len(mine) * rank(), len(mine)):
        yield mine


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Average the gradients over all processes, in one exchange."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    if count() < 2 or not gradients:
        return
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= count()
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def gather_rows(z: Tensor) -> Tensor:
    """Rows of all processes in order of rank, [N, D] -> [processes * N, D]; differentiable."""
    return _Gather.apply(z) if count() > 1 else z


def synchronise_batch_norm(network: nn.Module) -> None:
    """Make batch norm in training take its statistics over all processes."""
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.__class__ = SynchronisedBatchNorm


class SynchronisedBatchNorm(_BatchNorm):
    """Batch norm over the rows of all processes, which may be different numbers, 0 included.

    Unlike `torch.nn.SyncBatchNorm` it also runs on a CPU.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            given = self.running_mean, self.running_var, self.weight, self.bias
            return F.batch_norm(x, *given, training=False, eps=self.eps)
        axes, shape = [0, *range(2, x.ndim)], [1, -1] + [1] * (x.ndim - 2)
        wide = x.float()
        rows = x.new_tensor(x.numel() // x.shape[1], dtype=torch.float32)
        *sums, rows = _Sum.apply(torch.cat([wide.sum(axes), rows[None]]))
        mean = torch.stack(sums) / rows
        deviation = wide - mean.view(shape)
        variance = _Sum.apply(deviation.square().sum(axes)) / rows
        self._update(mean.detach(), (variance * rows / (rows - 1)).detach())
        out = deviation * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(x.dtype)

    def _update(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a batch."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        momentum = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked or 1)
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance, momentum)


class _Sum(torch.autograd.Function):
    """Sum over all processes, whose backward pass sums the gradients of all processes."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        total = z.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)  # the loss of every process depends on this sum
        return gradient


class _Gather(torch.autograd.Function):
    """all_gather whose backward pass sums the gradients of all processes."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        parts = [torch.empty_like(z, memory_format=torch.contiguous_format) for _ in range(count())]
        dist.all_gather(parts, z.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)  # the loss of every process depends on these rows
        return gradient.tensor_split(count())[rank()]
