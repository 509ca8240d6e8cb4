"""Number types of stored values, and quantisation to int8."""

from __future__ import annotations

from typing import Literal, TypedDict

import torch
from torch import Tensor

DTYPES = {"float32": torch.float32, "float16": torch.float16, "int8": torch.int8}

ValueType = Literal["float32", "float16", "int8"]


class Quantised(TypedDict):
    """Stored values; where scale and offset are not None, value = stored * scale + offset."""

    values: Tensor
    scale: Tensor | None
    offset: Tensor | None


def quantise(values: Tensor, dtype: ValueType, over: tuple[int, int]) -> Quantised:
    """Convert values to the stored number type; int8 has one float32 scale and offset over the axes
    `over`."""
    if dtype != "int8":
        return {"values": values.to(DTYPES[dtype]), "scale": None, "offset": None}
    values = values.float()
    low, high = values.amin(over, keepdim=True), values.amax(over, keepdim=True)
    offset, scale = (low + high) / 2, ((high - low) / 254).clamp_min(1e-12)
    stored = ((values - offset) / scale).round().clamp(-127, 127).to(torch.int8)
    return {"values": stored, "scale": scale, "offset": offset}


def stored_bytes(count: int, dtype: ValueType, scales: int) -> int:
    """Bytes of `count` stored values; int8 adds a float32 scale and offset for each of `scales` slices."""
    return count * DTYPES[dtype].itemsize + (8 * scales if dtype == "int8" else 0)
