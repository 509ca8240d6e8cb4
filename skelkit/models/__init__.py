"""Networks, and what they cost."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from .autoencoder import DECODERS, MaskedAutoencoder
from .classifier import Classifier
from .heads import Alignment, Projector
from .stgcn import GRAPH_SIZES, STGCN, GraphSize
from .sttformer import SIZES, Size, STTFormer

__all__ = [
    "DECODERS",
    "GRAPH_SIZES",
    "SIZES",
    "STGCN",
    "Alignment",
    "Classifier",
    "GraphSize",
    "MaskedAutoencoder",
    "Projector",
    "STTFormer",
    "Size",
    "macs",
    "parameters",
]


def parameters(model: nn.Module) -> int:
    """How many numbers the model learns.

    >>> parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in model.parameters())


def macs(model: nn.Module, *inputs, **options) -> int:
    """Multiply-adds of ``model(*inputs, **options)`` in the mode the model is in: convolutions and matrix products only.

    A FLOP count is twice this. The model itself is not touched: batch-norm statistics stay as they were.

    >>> macs(nn.Linear(3, 2), torch.zeros(5, 3))
    30
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        deepcopy(model)(*inputs, **options)
    return counter.get_total_flops() // 2
