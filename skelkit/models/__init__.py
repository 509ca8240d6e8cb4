"""Networks, their number of parameters and their number of multiply-adds."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

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
    """Number of parameters of a model.

    >>> parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in model.parameters())


def macs(model: nn.Module, *inputs: Any, **options: Any) -> int:
    """Number of multiply-adds of ``model(*inputs, **options)``: convolutions and matrix products only.

    The number of FLOPs is twice as large. The model is copied, so that its batch-norm statistics do not
    change; it runs in its current mode (training or evaluation).

    >>> macs(nn.Linear(3, 2), torch.zeros(5, 3))
    30
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        deepcopy(model)(*inputs, **options)
    return counter.get_total_flops() // 2
