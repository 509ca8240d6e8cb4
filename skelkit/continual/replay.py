"""Steps of rehearsal that several learners share: draw stored clips, compute logits, finish a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..models import MaskedAutoencoder, STTFormer
from ..ops import augment
from ..training.inputs import PreparedClips
from .memory import ReplayMemory
from .presets import Settings
from .probing import probe


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


def finish_task(
    network: STTFormer | MaskedAutoencoder,
    memory: ReplayMemory,
    clips: PreparedClips,
    settings: Settings,
    generator: torch.Generator,
) -> None:
    """Probe the classifier, offer each clip of the task to the memory once, recompute the stored logits.

    Probing and recomputing happen if the settings say so. If the memory stores logits, it gets those of the
    moment.

    Args:
        network: in evaluation mode.
        memory: of the clips of the earlier tasks.
        clips: of the finished task.
    """
    with_logits = memory.classes > 0
    if settings.probing or with_logits:
        features = clips.map(network.features)
    if settings.probing:
        probe(network, features, clips.labels, memory, settings, generator)
    with torch.no_grad():
        logits = network.classifier(features) if with_logits else None
    for index, x in clips.batches():
        memory.offer(x, clips.labels[index], None if logits is None else logits[index], generator)
    if settings.refresh and with_logits:
        memory.refresh_logits(lambda x: network.classifier(network.features(x)))
