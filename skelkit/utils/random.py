"""Random numbers from a generator that the caller passes; nothing uses a global seed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .device import to_device


def uniform(
    shape: Sequence[int],
    device: torch.device | str,
    generator: torch.Generator | None,
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """Samples of U[low, high) on `device`. They depend only on the generator, not on `device`.

    A generator on the CPU serves any device, and the host does not wait for the copy.

    Raises:
        ValueError: no generator.

    >>> uniform((2,), "cpu", torch.Generator().manual_seed(0)).shape
    torch.Size([2])
    """
    if not isinstance(generator, torch.Generator):
        raise ValueError(
            f"a random draw needs generator=torch.Generator(), got {generator!r}; "
            "generators with the same seed give the same draws"
        )
    drawn = torch.rand(shape, generator=generator, device=generator.device)
    return to_device(drawn, device) * (high - low) + low
