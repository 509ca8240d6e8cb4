"""CHARON: a memory of compressed clips, masked training with reconstruction, linear probing."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...models import MaskedAutoencoder
from ...models.autoencoder import draw_hidden
from ...training.inputs import PreparedClips
from ..losses import charon_loss, masked_loss
from ..memory import ReplayMemory
from ..presets import Settings
from ..replay import batch_logits, draw_rotated, draw_rotated_with_logits, finish_task
from .base import BaseLearner, Network, build_encoder

Masked = tuple[Tensor, Tensor]
"""Class logits [n, classes] of masked clips, and their mean squared reconstruction error (m², scalar)."""


class CHARON(BaseLearner):
    """DER++ with a compressed memory, masked training and linear probing. (arXiv 2407.01397.)

    The loss is `charon_loss`. After the task, with the encoder frozen and nothing masked, the classifier
    alone minimises the same loss without the reconstruction terms. Then the clips are offered to the memory,
    and every stored logit is recomputed.

    Settings compression, masking, reconstruction, probing and refresh switch a component off; without all
    five it is DER++.

    Differs from the authors: each clip is offered once, not once per epoch of probing; probing sees clips
    un-augmented, so that each goes through the frozen encoder once; refreshed logits are those of
    un-augmented clips.

    Attributes:
        ratio: share of frame tuples masked in the current epoch.
        unprobed: the classifier as the last task's training left it, before probing; None before the first
            task is over.
        target: option: what the decoder predicts, see `models.MaskedAutoencoder`.
        batch_accuracies: training accuracy of each batch of the current epoch.
    """

    uses_memory: ClassVar[bool] = True
    stores_logits: ClassVar[bool] = True
    published: ClassVar[dict[str, bool]] = {"compression": True, "probing": True, "refresh": True}
    options: ClassVar[tuple[str, ...]] = ("target",)
    target: str = "coordinates"

    network: MaskedAutoencoder
    memory: ReplayMemory
    ratio: float

    def prepare(self) -> None:
        """Create the learner's own state."""
        fixed = self.settings.masking and self.settings.adaptive == "no"
        self.ratio = self.settings.ratio if fixed else 0.0
        self.unprobed: nn.Linear | None = None
        self.batch_accuracies: list[Tensor] = []

    @classmethod
    def build_network(
        cls, classes: int, joints: int, settings: Settings, generator: torch.Generator
    ) -> Network:
        """Untrained STTFormer with the decoder of its size."""
        encoder = build_encoder(classes, joints, settings, generator)
        target = str(settings.by_name().get("target", cls.target))
        return MaskedAutoencoder(encoder, generator, target=target)

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """`charon_loss`; `masked_loss` while the memory is empty."""
        s = self.settings
        if not len(self.memory):
            ((logits, reconstruction),) = self.masked_passes(x)
            self.track_accuracy(logits, y)
            return masked_loss(logits, y, reconstruction, s.gamma)
        first, stored = draw_rotated_with_logits(self.memory, s.batch, self.generator)
        second, labels = draw_rotated(self.memory, s.batch, self.generator)
        stream, *replayed = self.masked_passes(x, first, second)
        self.track_accuracy(stream[0], y)
        return charon_loss(stream, y, replayed[0], stored, replayed[1], labels, s.alpha, s.beta, s.gamma)

    def track_accuracy(self, logits: Tensor, y: Tensor) -> None:
        """Note the accuracy of a batch of the stream, which an adaptive mask ratio follows."""
        self.batch_accuracies.append((logits.detach().argmax(1) == y).float().mean())

    def masked_passes(self, *batches: Tensor) -> Sequence[Masked]:
        """Logits and reconstruction error of each batch [n, 3, T, V, M], randomly masked."""
        if not self.settings.reconstruction:
            every = batch_logits(self._masked_logits, batches, self.settings.fused)
            return [(logits, logits.new_zeros(())) for logits in every]
        if not self.settings.fused:
            separate = [self.network(x, self.ratio, self.generator) for x in batches]
            return [(out.logits, out.loss) for out in separate]
        out = self.network(torch.cat(batches), self.ratio, self.generator)
        lengths = [len(x) for x in batches]
        parts = zip(*(v.split(lengths) for v in (out.logits, out.errors, out.counts)), strict=True)
        return [
            (logits, (errors * counts).sum() / counts.sum().clamp_min(1)) for logits, errors, counts in parts
        ]

    def _masked_logits(self, x: Tensor) -> Tensor:
        return self.network.encoder(x, draw_hidden(x, self.ratio, self.generator))

    def end_epoch(self) -> None:
        """Set the mask ratio of the next epoch, if the settings make it adaptive."""
        s = self.settings
        if s.masking and s.adaptive == "difficulty":
            self.ratio = s.ratio * float(torch.stack(self.batch_accuracies).mean())
        if s.masking and s.adaptive == "memory":
            self.ratio = s.ratio * self.memory.used_bytes / self.memory.nbytes
        self.batch_accuracies.clear()

    def logits(self, x: Tensor) -> Tensor:
        """Class logits [n, classes] of whole clips x [n, 3, T, V, M]."""
        return self.network.encoder(x)

    def end_task(self, clips: PreparedClips) -> None:
        """Probe the classifier, offer the task's clips to the memory, recompute the stored logits."""
        self.unprobed = deepcopy(self.network.classifier)
        finish_task(self.network, self.memory, clips, self.settings, self.generator)

    def state_dict(self) -> dict[str, Any]:
        """The shared state, the mask ratio and the classifier before probing."""
        unprobed = None if self.unprobed is None else self.unprobed.state_dict()
        return super().state_dict() | {"ratio": self.ratio, "unprobed": unprobed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(state)
        self.ratio = state["ratio"]
        if state["unprobed"] is not None:
            self.unprobed = deepcopy(self.network.classifier)
            self.unprobed.load_state_dict(state["unprobed"])
