"""Number types of stored values, and quantisation to int8."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

DTYPES = {"float32": torch.float32, "float16": torch.float16, "int8": torch.int8}

ValueType = Literal["float32", "float16", "int8"]


def quantise(values: Tensor, dtype: str, over: tuple[int, int]) -> dict[str, Tensor]:
    if dtype != "int8":
        return {"values": values.to(DTYPES[dtype])}
    values = values.float()
    low, high = values.amin(over, keepdim=True), values.amax(over, keepdim=True)
    offset, scale = (low + high) / 2, ((high - low) / 254).clamp_min(1e-12)
    return {
        "values": ((values - offset) / scale).round().clamp(-127, 127).to(torch.int8),
        "scale": scale,
        "offset": offset,
    }
