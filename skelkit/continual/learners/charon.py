"""CHARON: a memory of compressed clips, masked training with reconstruction, linear probing. ("Mask and Compress", arXiv 2407.01397.)"""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...models import MaskedAutoencoder
from ...models.autoencoder import Output, draw_hidden
from ...training.inputs import PreparedClips
from ..presets import Settings
from ..probing import probe
from .replay import DERpp


class CHARON(DERpp):
    """DER++ whose memory is compressed, whose network sees a part of each clip and restores the rest, and whose classifier is probed.

    loss = CE(stream) + γ·rec(stream) + α·[MSE(logits of draw 1, stored) + γ·rec(draw 1)] + β·[CE(draw 2) + γ·rec(draw 2)].
    After the task, with the encoder frozen and nothing hidden, the classifier alone learns the same without rec; then the clips are offered
    to the memory, and every stored logit is computed anew.

    Settings compression, masking, reconstruction, probing and refresh switch a part off; without all five it is DER++.

    Differs from the authors: each clip is offered once, not once per epoch of probing; probing sees clips un-augmented, so that each
    goes through the frozen encoder once; refreshed logits are those of un-augmented clips.
    """

    compresses_memory = True

    def __init__(self, *args):
        super().__init__(*args)
        s = self.settings
        self.ratio = s.ratio if s.masking and s.adaptive == "no" else 0.0
        self.unprobed: nn.Linear | None = None  # the classifier as the last task's training left it
        self.right: list[Tensor] = []  # share of each batch of this epoch that was recognised

    @classmethod
    def build(cls, classes: int, joints: int, settings: Settings, generator: torch.Generator) -> nn.Module:
        return MaskedAutoencoder(super().build(classes, joints, settings, generator), generator)

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        s = self.settings
        if not len(self.memory):
            ((now, rec),) = self.masked(x)
            return self.stream_loss(now, y) + s.gamma * rec
        (old, _, stored), (other, labels, _) = self.replay(), self.replay()
        (now, rec), (then, rec1), (again, rec2) = self.masked(x, old, other)
        loss = self.stream_loss(now, y) + s.gamma * rec
        return (
            loss
            + s.alpha * (F.mse_loss(then, stored) + s.gamma * rec1)
            + s.beta * (F.cross_entropy(again, labels) + s.gamma * rec2)
        )

    def stream_loss(self, logits: Tensor, y: Tensor) -> Tensor:
        self.right.append((logits.detach().argmax(1) == y).float().mean())
        return F.cross_entropy(logits, y)

    def masked(self, *batches: Tensor) -> list[tuple[Tensor, Tensor | float]]:
        """Logits and reconstruction loss (m^2) of each batch, from what the mask leaves of it: a pass each, or one for all."""
        lengths = [len(x) for x in batches]
        out = [self.one_pass(x) for x in ([torch.cat(batches)] if self.settings.fused else batches)]
        if not self.settings.reconstruction:
            logits = [o.logits for o in out] if not self.settings.fused else out[0].logits.split(lengths)
            return [(v, 0.0) for v in logits]
        if not self.settings.fused:
            return [(o.logits, o.loss) for o in out]
        parts = zip(*(v.split(lengths) for v in (out[0].logits, out[0].errors, out[0].counts)), strict=True)
        return [
            (logits, (errors * counts).sum() / counts.sum().clamp_min(1)) for logits, errors, counts in parts
        ]

    def one_pass(self, x: Tensor) -> Output:
        if self.settings.reconstruction:
            return self.network(x, self.ratio, self.generator)
        return Output(self.network.encoder(x, draw_hidden(x, self.ratio, self.generator)))

    def end_epoch(self) -> None:
        s = self.settings
        if s.masking and s.adaptive == "difficulty":
            self.ratio = s.ratio * float(torch.stack(self.right).mean())
        if s.masking and s.adaptive == "memory":
            self.ratio = s.ratio * self.memory.used_bytes / self.memory.nbytes
        self.right.clear()

    def logits(self, x: Tensor) -> Tensor:
        return self.network.encoder(x)

    def end_task(self, clips: PreparedClips) -> None:
        features, classifier = clips.map(self.network.features), self.network.classifier
        self.unprobed = deepcopy(classifier)
        if self.settings.probing:
            probe(self.network, features, clips.labels, self.memory, self.settings, self.generator)
        with torch.no_grad():
            logits = classifier(features)
        for index, x in clips.batches():
            self.memory.offer(x, clips.labels[index], logits[index], self.generator)
        if self.settings.refresh:
            self.memory.refresh_logits(self.network.encoder)

    def state_dict(self) -> dict:
        return super().state_dict() | {
            "ratio": self.ratio,
            "unprobed": self.unprobed and self.unprobed.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        super().load_state_dict(state)
        self.ratio = state["ratio"]
        if state["unprobed"] is not None:
            self.unprobed = deepcopy(self.network.classifier)
            self.unprobed.load_state_dict(state["unprobed"])
