"""Copies to a GPU for which the host does not wait, and constants that stay on a device."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

Values = tuple[int, ...] | tuple[float, ...] | tuple[bool, ...]


def to_device(x: Tensor, device: torch.device | str) -> Tensor:
    """x on `device`. From the CPU to a GPU it goes through pinned memory, and the host does not wait."""
    device = torch.device(device)
    if device.type == "cuda" and x.device.type == "cpu":
        return x.pin_memory().to(device, non_blocking=True)
    return x.to(device)


def constant(values: Values, device: torch.device) -> Tensor:
    """These values as a tensor on `device`, copied there once. It is shared: do not write to it.

    >>> constant((2, 0, 1), torch.device("cpu"))
    tensor([2, 0, 1])
    """
    return torch.tensor(values) if device.type == "cpu" else _kept(values, device)


@lru_cache(maxsize=512)
def _kept(values: Values, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # a tensor of that mode could not take part in a backward pass later
        return to_device(torch.tensor(values), device)
