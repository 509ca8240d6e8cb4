"""The epochs of a student: what `distill` repeats."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models.block import initialise
from ..models.classifier import Classifier
from ..ops import augment
from ..training import loop
from ..training.inputs import PreparedClips
from . import sparsity
from .distillation_loss import distillation_loss
from .distillation_presets import Settings


class StudentTraining:
    """The epochs of a student, its optimiser and its best weights so far.

    Args:
        teacher: as in `distill`; if `s.features` is positive, it has the methods of a `selfsup.Downstream`.
    """

    def __init__(
        self, student: Classifier, teacher: Any, clips: PreparedClips, s: Settings, generator: torch.Generator
    ):
        self.student, self.teacher, self.clips, self.s, self.generator = student, teacher, clips, s, generator
        self.keep_zeros = sparsity.KeepZeros(student)
        self.best = loop.BestWeights(student)
        self.map: nn.Linear | None = None
        trained = list(student.parameters())
        if s.features:
            self.map = nn.utils.skip_init(nn.Linear, student.encoder.width, teacher.norm.num_features)
            self.map = self.map.to(clips.labels.device)
            initialise(self.map, generator)
            trained += list(self.map.parameters())
        fused = loop.fused(trained[0].device)
        self.optimiser = torch.optim.AdamW(trained, lr=s.lr, weight_decay=s.weight_decay, fused=fused)

    def epoch(self, epoch: int, epochs: int) -> float:
        """One pass over all clips in random order. Returns the mean loss."""
        self.student.train()
        batches = loop.batches(len(self.clips), self.s.batch, self.generator)
        steps = range(epoch * len(batches), (epoch + 1) * len(batches))
        return loop.fit(
            self.loss,
            batches,
            self.optimiser,
            rates=[loop.cosine(self.s.lr, step, epochs * len(batches)) for step in steps],
            clip=self.s.clip,
            precision=self.s.precision,
            what=f"student, epoch {epoch + 1}",
            after_step=self.keep_zeros,
        )

    def loss(self, index: Tensor) -> Tensor:
        """Weighted sum of hard, soft and feature loss of the clips with these indices Long[n]."""
        s = self.s
        x = augment.tilt(augment.crop(self.clips[index], self.generator, s.crop), self.generator, s.tilt)
        features = self.student.encoder.features(self.student.stream_input(x))
        logits = self.student.output_layer(features)
        total = s.hard * F.cross_entropy(logits, self.clips.labels[index]) if s.hard else logits.new_zeros(())
        if s.soft:
            teacher = self.teacher_logits(x, logits.shape[1])
            total = total + s.soft * distillation_loss(logits, teacher, s.temperature)
        if self.map is not None:
            with torch.no_grad():
                target = self.teacher.norm(self.teacher.fuse(self.teacher.tokens(x)))
            total = total + s.features * (1 - F.cosine_similarity(self.map(features), target).mean())
        return total

    @torch.no_grad()
    def teacher_logits(self, x: Tensor, classes: int) -> Tensor:
        """The teacher's logits of clips, [N, 3, T, V, M] -> [N, classes].

        Raises:
            ValueError: They have another shape.
        """
        logits = self.teacher(x)
        if logits.shape != (len(x), classes):
            raise ValueError(
                f"the teacher returns logits {list(logits.shape)} for {len(x)} clips of {classes} classes; "
                "train it on the same classes"
            )
        return logits

    def state_dict(self) -> dict[str, Any]:
        """Best weights so far, optimiser and feature map."""
        return {
            "best": self.best.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "map": self.map and self.map.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self.best.load_state_dict(state["best"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.map is not None:
            self.map.load_state_dict(state["map"])
