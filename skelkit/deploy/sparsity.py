"""2:4 sparsity: two of every four weights are zero. (Mishra et al., 2021.)

Some GPUs multiply matrices with this pattern at twice the rate.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def two_of_four(weight: Tensor) -> Tensor:
    """Mask of the weights to keep, [out, ...] -> bool[out, ...]: the two largest of every four inputs.

    Where the number of inputs is no multiple of four, the last group is smaller and keeps at most two.

    >>> two_of_four(torch.tensor([[3.0, -4.0, 1.0, 2.0]])).tolist()
    [[True, True, False, False]]
    """
    rows = weight.detach().abs().flatten(1)  # [out, inputs]
    padded = nn.functional.pad(rows, (0, -rows.shape[1] % 4), value=-1.0)
    groups = padded.unflatten(1, (-1, 4))  # [out, groups, 4]
    keep = torch.zeros_like(groups, dtype=torch.bool).scatter_(2, groups.topk(2, dim=2).indices, True)
    return keep.flatten(1)[:, : rows.shape[1]].reshape(weight.shape)


def layers(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    """The layers that are pruned: convolutions and linear layers with at least four inputs per output."""
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear) and m.weight[0].numel() >= 4]


@torch.no_grad()
def prune(network: Network) -> Network:
    """A copy with 2:4 sparse convolutions and linear layers; biases, norms and edge weights are unchanged."""
    network = deepcopy(network)
    for layer in layers(network):
        layer.weight.mul_(two_of_four(layer.weight))
    return network


def density(network: nn.Module) -> float:
    """Share of non-zero weights in the layers that `prune` prunes, 0 to 1."""
    weights = [layer.weight for layer in layers(network)]
    return sum(int(w.count_nonzero()) for w in weights) / sum(w.numel() for w in weights)


class KeepZeros:
    """Called after each training step, it resets the weights that were zero at the start to zero."""

    def __init__(self, network: nn.Module):
        self.masks = [(layer.weight, layer.weight != 0) for layer in layers(network)]

    @torch.no_grad()
    def __call__(self) -> None:
        for weight, keep in self.masks:
            weight.mul_(keep)
