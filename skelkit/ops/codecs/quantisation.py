"""Number types of stored values, and quantisation to int8."""

from __future__ import annotations

import math
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


class ValuesOutOfRange(ValueError):
    """Values that a stored number type cannot hold: not finite, or too large.

    Attributes:
        dtype: the number type.
        largest: largest absolute value, inf or nan if some value is.

    >>> print(ValuesOutOfRange("float16", 7e4))
    values up to 70000: dtype='float16' holds finite numbers up to 65504; coordinates should be metres, \
or pass dtype='float32'
    """

    def __init__(self, dtype: str, largest: float) -> None:
        super().__init__(dtype, largest)
        self.dtype, self.largest = dtype, largest

    def __str__(self) -> str:
        limit = f" up to {torch.finfo(torch.float16).max:g}" if self.dtype == "float16" else ""
        found, fix = f"a value {self.largest:g}", "fill or drop such coordinates"
        if math.isfinite(self.largest):
            found = f"values up to {self.largest:g}"
            fix = "coordinates should be metres, or pass dtype='float32'"
        return f"{found}: dtype={self.dtype!r} holds finite numbers{limit}; {fix}"


def quantise(values: Tensor, dtype: ValueType, over: tuple[int, int]) -> Quantised:
    """Convert values to the stored number type; int8 has one float32 scale and offset over the axes
    `over`.

    Raises:
        ValuesOutOfRange: float16 or int8 cannot hold a value. float32 stores every value as it is.
    """
    if dtype != "int8":
        stored = values.to(DTYPES[dtype])
        if dtype == "float16" and not stored.isfinite().all():
            raise ValuesOutOfRange(dtype, float(values.abs().max()))
        return {"values": stored, "scale": None, "offset": None}
    values = values.float()
    low, high = values.amin(over, keepdim=True), values.amax(over, keepdim=True)
    offset, scale = (low + high) / 2, ((high - low) / 254).clamp_min(1e-12)
    if not (offset.isfinite() & scale.isfinite()).all():
        raise ValuesOutOfRange(dtype, float(values.abs().max()))
    stored = ((values - offset) / scale).round().clamp(-127, 127).to(torch.int8)
    return {"values": stored, "scale": scale, "offset": offset}


def stored_bytes(count: int, dtype: ValueType, scales: int) -> int:
    """Bytes of `count` stored values; int8 adds a float32 scale and offset for each of `scales` slices."""
    return count * DTYPES[dtype].itemsize + (8 * scales if dtype == "int8" else 0)
