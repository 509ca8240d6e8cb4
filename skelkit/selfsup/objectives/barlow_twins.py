"""Barlow Twins: what two views of a clip share, and nothing twice. (Zbontar et al., 2021; PSTL and ASMa, loss.)"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


def cross_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Correlation of every feature of one view with every feature of the other, over the batch. [N, D], [N, D] -> [D, D].

    Where several processes train together (torch.distributed), the batch is that of all of them.

    Raises:
        ValueError: fewer than two clips; there is no correlation over one.
    """
    a, b = of_all(a), of_all(b)
    if len(a) < 2:
        raise ValueError(
            f"a batch of {len(a)}: Barlow Twins correlates features over the clips of a batch and needs at least 2; choose a larger batch"
        )
    return _standard(a).T @ _standard(b) / len(a)


def barlow_twins(a: Tensor, b: Tensor, redundancy: float = 2e-4) -> Tensor:
    """sum_i (1 - C_ii)^2 + redundancy * sum_{i != j} C_ij^2 with C the cross-correlation of the views. [N, D], [N, D] -> scalar.

    The first term asks that both views say the same of a clip; the second that no two features say the same, which keeps the network from
    answering one thing to everything.

    >>> z = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> barlow_twins(z, z).item() < 1e-6, round(barlow_twins(z, -z).item(), 3)
    (True, 8.0)
    """
    c = cross_correlation(a, b)
    diagonal = c.diagonal()
    return (1 - diagonal).square().sum() + redundancy * (c.square().sum() - diagonal.square().sum())


def of_all(z: Tensor) -> Tensor:
    """The rows of all processes, as many of each, in order of rank; gradients flow back to whoever has them. Alone: z itself."""
    alone = not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1)
    return z if alone else _Gather.apply(z)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z: Tensor) -> Tensor:
        parts = [
            torch.empty_like(z, memory_format=torch.contiguous_format) for _ in range(dist.get_world_size())
        ]
        dist.all_gather(parts, z.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)  # every process asks something of these rows
        return gradient.tensor_split(dist.get_world_size())[dist.get_rank()]


def _standard(z: Tensor, eps: float = 1e-5) -> Tensor:
    """Each feature with mean 0 and variance 1 over the batch, in float32."""
    z = z.float()
    z = z - z.mean(0)
    return z * (z.square().mean(0) + eps).rsqrt()


def effective_rank(features: Tensor) -> float:
    """How many directions features use: exp of the entropy of their covariance's eigenvalues. [N, D] -> 1 to min(N - 1, D).

    1, or not a number for constant features, means collapse: all clips lie on one line, or on one point. (Roy and Vetterli, 2007.)

    >>> round(effective_rank(torch.eye(4)), 2), round(effective_rank(torch.arange(4.0)[:, None].expand(4, 3)), 2)
    (3.0, 1.0)
    """
    values = torch.linalg.svdvals((features - features.mean(0)).double()).square()
    share = values / values.sum()
    return float(torch.special.entr(share).sum().exp())
