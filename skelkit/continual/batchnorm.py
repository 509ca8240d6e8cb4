"""Recompute the running statistics of batch norm, which lag behind the weights after a short task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


@torch.no_grad()
def recalibrate(network: nn.Module, batches: Sequence[Tensor]) -> None:
    """Set the running mean and variance of every batch norm of the encoder to their mean over these batches.

    Clips are not masked. The network stays in its mode; its weights and the statistics of a decoder do not
    change.

    Args:
        network: an encoder with `features`, or a network with such an `encoder`.
        batches: clips [n, 3, T, V, M] each.
    """
    encoder: Any = getattr(network, "encoder", network)
    norms = [m for m in encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta, mode = [m.momentum for m in norms], encoder.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch then takes the plain mean over all batches
    encoder.train()
    for x in batches:
        encoder.features(x)
    encoder.train(mode)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
