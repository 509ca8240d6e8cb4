"""Batch norm after a short task: its running statistics lag behind the weights, and were taken of masked clips. Take them anew."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def recalibrate(network: nn.Module, batches: Sequence[Tensor]) -> None:
    """Statistics of every batch norm of the encoder = their mean over these batches of clips [n, 3, T, V, M], nothing hidden.

    The network is left in the mode it was in; weights and the statistics of a decoder stay.
    """
    encoder = getattr(network, "encoder", network)
    norms = [m for m in encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta, mode = [m.momentum for m in norms], encoder.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
    encoder.train()
    for x in batches:
        encoder.features(x)
    encoder.train(mode)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
