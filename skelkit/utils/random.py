"""Random numbers: always from a generator that the caller gives, drawn where that generator lives."""

from __future__ import annotations

import torch
from torch import Tensor


def uniform(
    shape: tuple[int, ...], device, generator: torch.Generator | None, low: float = 0.0, high: float = 1.0
) -> Tensor:
    """U[low, high) on `device`. A CPU generator gives the same numbers for any device.

    Raises:
        ValueError: no generator given; nothing in this kit draws from a global seed.

    >>> uniform((2,), "cpu", torch.Generator().manual_seed(0)).shape
    torch.Size([2])
    """
    if not isinstance(generator, torch.Generator):
        raise ValueError(
            f"what is drawn at random needs generator=torch.Generator(), got {generator!r}; the same seed draws the same"
        )
    return torch.rand(shape, generator=generator, device=generator.device).to(device) * (high - low) + low
