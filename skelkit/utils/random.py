"""Random numbers from a generator that the caller passes; nothing uses a global seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from .device import to_device

_part: ContextVar[tuple[int, int, int] | None] = ContextVar("part", default=None)


@contextmanager
def part_of(total: int, first: int, size: int) -> Iterator[None]:
    """Within it, clips are `size` of the `total` clips of a batch, from number `first` on.

    >>> def draw(rows): return uniform((rows, 1), "cpu", torch.Generator().manual_seed(0))
    >>> with part_of(total=6, first=2, size=3):
    ...     part = draw(3)
    >>> torch.equal(part, draw(6)[2:5])
    True
    """
    token = _part.set((total, first, size))
    try:
        yield
    finally:
        _part.reset(token)


def uniform(
    shape: Sequence[int],
    device: torch.device | str,
    generator: torch.Generator | None,
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """Samples of U[low, high) on `device`. They depend only on the generator, not on `device`.

    A generator on the CPU serves any device, and the host does not wait for the copy. Within `part_of`, draws
    of one row per clip are the clips' rows of a draw for the whole batch.

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
    drawn = _draw(shape, generator)
    return to_device(drawn, device) * (high - low) + low


def _draw(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    part = _part.get()
    if part is None or not len(shape) or shape[0] != part[2]:
        return torch.rand(shape, generator=generator, device=generator.device)
    total, first, size = part
    whole = torch.rand((total, *shape[1:]), generator=generator, device=generator.device)
    return whole[first : first + size]
