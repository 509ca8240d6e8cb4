"""2:4 sparsity: of every four weights in a row two are zero, the pattern that some GPUs multiply at twice the rate. (Mishra et al., 2021.)"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn


def two_of_four(weight: Tensor) -> Tensor:
    """Which weights stay: of every four inputs of an output the two largest. [out, ...] -> bool, the same shape.

    Rows whose length is no multiple of four are filled up in thought: the last few may all stay if there are two or fewer.

    >>> two_of_four(torch.tensor([[3.0, -4.0, 1.0, 2.0]])).tolist()
    [[True, True, False, False]]
    """
    rows = weight.detach().abs().flatten(1)
    padded = nn.functional.pad(rows, (0, -rows.shape[1] % 4), value=-1.0).unflatten(
        1, (-1, 4)
    )  # [out, groups, 4]
    stay = torch.zeros_like(padded, dtype=torch.bool).scatter_(2, padded.topk(2, dim=2).indices, True)
    return stay.flatten(1)[:, : rows.shape[1]].reshape(weight.shape)


def layers(network: nn.Module) -> list[nn.Module]:
    """The convolutions and linear layers that are pruned: those with at least four inputs an output."""
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear) and m.weight[0].numel() >= 4]


@torch.no_grad()
def prune(network: nn.Module) -> nn.Module:
    """A copy whose convolutions and linear layers are 2:4 sparse; biases, norms and edges stay."""
    network = deepcopy(network)
    for layer in layers(network):
        layer.weight.mul_(two_of_four(layer.weight))
    return network


def density(network: nn.Module) -> float:
    """Share of the weights of those layers that are not zero."""
    weights = [layer.weight for layer in layers(network)]
    return sum(int(w.count_nonzero()) for w in weights) / sum(w.numel() for w in weights)


class Frozen:
    """Zeros that stay zeros while a network is trained on: call it after every step."""

    def __init__(self, network: nn.Module):
        self.masks = [(layer.weight, layer.weight != 0) for layer in layers(network)]

    @torch.no_grad()
    def __call__(self) -> None:
        for weight, stay in self.masks:
            weight.mul_(stay)
