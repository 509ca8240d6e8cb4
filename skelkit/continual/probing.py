"""Linear probing: the encoder is frozen and the classifier alone learns, so each clip is encoded once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..training import loop
from ..training.inputs import INFERENCE_BATCH
from .losses import derpp_loss, replay_loss
from .memory import ReplayMemory
from .presets import Settings


class FeatureClassifier(Protocol):
    """A network that ends in a linear classifier."""

    @property
    def classifier(self) -> nn.Linear:
        """Features [N, D] -> class logits [N, classes]."""

    def features(self, x: Tensor) -> Tensor:
        """Features [N, D] of clips x [N, 3, T, V, M]."""


def probe(
    network: FeatureClassifier,
    features: Tensor,
    labels: Tensor,
    memory: ReplayMemory | None,
    settings: Settings,
    generator: torch.Generator,
) -> None:
    """Train `network.classifier` on features of the task's and of stored clips. (CHARON, linear probing.)

    The loss is `derpp_loss`; `replay_loss` if the memory stores no logits; cross-entropy alone without stored
    clips. The learning rate falls linearly to 0.

    Args:
        network: in evaluation mode.
        features: [N, D], of the task's clips; labels: Long[N].
        memory: clips of the earlier tasks; None or empty if there are none. Each clip that is
            drawn is encoded once.
    """
    classifier, s = network.classifier, settings
    batches = [
        index
        for _ in range(s.probe_epochs_for(len(labels)))
        for index in torch.randperm(len(labels), generator=generator).split(s.batch)
    ]
    batches = loop.on_device(batches, labels.device)
    fused = loop.fused(labels.device)
    optimiser = torch.optim.AdamW(
        classifier.parameters(), lr=s.probe_lr, weight_decay=s.weight_decay, fused=fused
    )
    replayed = None
    if memory is not None and len(memory) and batches:
        replayed = EncodedDraws(network.features, memory, len(batches), s.batch, generator)
    for step, index in enumerate(batches):
        logits = classifier(features[index])
        if replayed is None:
            loss = F.cross_entropy(logits, labels[index])
        else:
            (first, stored, _), (second, _, second_labels) = replayed.pair(step)
            second_logits = classifier(second)
            if stored is None:
                loss = replay_loss(logits, labels[index], second_logits, second_labels)
            else:
                draws = (classifier(first), stored, second_logits, second_labels)
                loss = derpp_loss(logits, labels[index], *draws, s.alpha, s.beta)
        optimiser.param_groups[0]["lr"] = s.probe_lr * (1 - step / len(batches))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


class EncodedDraws:
    """Two draws from a memory for each training step, encoded: each clip once, however often it is drawn.

    Args:
        encode: clips [n, 3, T, V, M] -> features [n, D].
        steps: number of training steps.
        batch: clips of each draw.
    """

    @torch.no_grad()
    def __init__(
        self,
        encode: Callable[[Tensor], Tensor],
        memory: ReplayMemory,
        steps: int,
        batch: int,
        generator: torch.Generator,
    ):
        draws = [torch.stack([memory.choose(batch, generator) for _ in range(2)]) for _ in range(steps)]
        drawn, self.position = torch.stack(draws).unique(return_inverse=True)  # position [steps, 2, batch]
        features, labels, logits = [], [], []
        for index in drawn.split(INFERENCE_BATCH):
            x, some_labels, some_logits = memory.read(index)
            features.append(encode(x))
            labels.append(some_labels)
            if some_logits is not None:
                logits.append(some_logits)
        self.features, self.labels = torch.cat(features), torch.cat(labels)
        self.logits = torch.cat(logits) if logits else None

    def pair(self, step: int) -> list[tuple[Tensor, Tensor | None, Tensor]]:
        """Features [batch, D], stored logits (None if there are none) and labels of both draws of a step."""
        logits = self.logits
        return [
            (self.features[index], None if logits is None else logits[index], self.labels[index])
            for index in self.position[step]
        ]
