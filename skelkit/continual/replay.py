"""Steps of rehearsal that several learners share: draw stored clips, compute logits, offer clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..ops import augment
from ..training.inputs import PreparedClips
from .memory import ReplayMemory


def draw_rotated(memory: ReplayMemory, clips: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Stored clips drawn and rotated at random: x [clips, 3, T, V, M] in metres, labels Long[clips]."""
    x, labels, _ = memory.draw(clips, generator)
    return augment.rotate(x, generator), labels


def draw_rotated_with_logits(
    memory: ReplayMemory, clips: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """As `draw_rotated`, but x and the stored logits [clips, classes].

    Raises:
        ValueError: the memory stores no logits.
    """
    x, _, logits = memory.draw(clips, generator)
    if logits is None:
        raise ValueError("this memory stores no logits; create it with classes= the number of classes")
    return augment.rotate(x, generator), logits


def batch_logits(
    network: Callable[[Tensor], Tensor], batches: Sequence[Tensor], fused: bool
) -> Sequence[Tensor]:
    """Logits [n, classes] of each batch [n, 3, T, V, M]; in one pass for all if `fused`, else in one each.

    With one pass, batch norm normalises all batches by their common statistics.
    """
    if not fused:
        return [network(x) for x in batches]
    return network(torch.cat(list(batches))).split([len(x) for x in batches])


def offer_task(
    memory: ReplayMemory,
    clips: PreparedClips,
    generator: torch.Generator,
    network: Callable[[Tensor], Tensor] | None = None,
) -> None:
    """Offer each clip of a finished task to the memory once.

    Args:
        network: x [n, 3, T, V, M] -> logits [n, classes] to store with the clips. Default: no logits are
            stored.
    """
    with torch.no_grad():
        for index, x in clips.batches():
            logits = None if network is None else network(x)
            memory.offer(x, clips.labels[index], logits, generator)
