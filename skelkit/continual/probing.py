"""Linear probing: the encoder is frozen, only the classifier learns; so each clip goes through the encoder once. (CHARON, linear probing.)"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..training.inputs import INFERENCE_BATCH
from .memory import ReplayMemory
from .presets import Settings


def probe(
    network: nn.Module,
    features: Tensor,
    labels: Tensor,
    memory: ReplayMemory | None,
    settings: Settings,
    generator: torch.Generator,
) -> None:
    """Train `network.classifier` for some epochs on what the frozen encoder says of the task and of draws from the memory.

    loss = CE(stream) + α · MSE(logits of draw 1, stored) + β · CE(draw 2), as in training but without reconstruction. The learning rate
    falls evenly to nothing.

    Args:
        features: of the task's clips, [N, D]; labels: Long[N].
        memory: of the tasks before, if there is one; its clips that are drawn are encoded here, each once, however often they are drawn.
    """
    steps = [
        b
        for _ in range(settings.probe_epochs_for(len(labels)))
        for b in torch.randperm(len(labels), generator=generator).split(settings.batch)
    ]
    classifier = network.classifier
    optimiser = torch.optim.AdamW(
        classifier.parameters(), lr=settings.probe_lr, weight_decay=settings.weight_decay
    )
    draws = (
        [[memory.choose(settings.batch, generator) for _ in range(2)] for _ in steps]
        if memory is not None and len(memory)
        else None
    )
    if draws:
        drawn, place = torch.stack([torch.stack(pair) for pair in draws]).unique(
            return_inverse=True
        )  # place [steps, 2, batch]
        old, old_labels, stored = _encode_memory(network, memory, drawn)
    for k, index in enumerate(steps):
        index = index.to(labels.device)
        loss = F.cross_entropy(classifier(features[index]), labels[index])
        if draws:
            first, second = place[k]
            loss = loss + settings.alpha * F.mse_loss(classifier(old[first]), stored[first])
            loss = loss + settings.beta * F.cross_entropy(classifier(old[second]), old_labels[second])
        optimiser.param_groups[0]["lr"] = settings.probe_lr * (1 - k / len(steps))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


@torch.no_grad()
def _encode_memory(network: nn.Module, memory: ReplayMemory, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Features, labels and stored logits of clips of the memory; restored a few at a time."""
    parts = []
    for some in index.split(INFERENCE_BATCH):
        x, labels, logits = memory.read(some)
        parts.append((network.features(x), labels, logits))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))
