"""A small student learns what a large teacher says of every class, not only which class is right. (Hinton et al., 2015; ASMa, distillation.)"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import ClipSet
from ..data.tasks import split_into_tasks
from ..models import STGCN
from ..models.block import initialise
from ..models.classifier import Classifier
from ..ops import augment
from ..training import loop
from ..training.inputs import PreparedClips
from ..training.settings import check, choose
from ..utils.progress import ProgressBar
from ..utils.validation import instance_of
from . import sparsity


@dataclass(frozen=True)
class Settings:
    """How a student is built and taught.

    Args:
        size: of the student, a name in `models.GRAPH_SIZES`; frames: T; stream: what it sees, as in `selfsup`.
        temperature: τ, by which both networks' logits are divided; soft: weight of τ² KL(teacher ‖ student); hard: of cross-entropy with the
            labels; features: of the cosine distance between the teacher's fused feature and a linear map of the student's.
        epochs, batch, lr, weight_decay: of AdamW; least_steps: few clips are repeated more often, so that it takes at least so many.
        crop, tilt: of augmentation; teacher and student see the same augmented clip.
    """

    size: str = "student"
    frames: int = 50
    stream: Literal["joint", "bone", "motion"] = "joint"
    temperature: float = 2.0
    soft: float = 1.0
    hard: float = 0.5
    features: float = 0.0
    epochs: int = 60
    least_steps: int = 600
    batch: int = 32
    lr: float = 5e-3
    weight_decay: float = 1e-4
    crop: float = 1 / 6
    tilt: float = 30.0
    clip: float = 5.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def __post_init__(self):
        check(self, {"epochs": 1, "batch": 2, "frames": 1, "soft": 0, "hard": 0, "features": 0})
        if not self.temperature > 0:
            raise ValueError(
                f"temperature={self.temperature}: expected a positive number; 1 leaves the teacher's answers as they are"
            )


DISTILLATION_PRESETS = {
    "smoke": Settings(frames=20, epochs=8, batch=16, least_steps=0),
    "laptop": Settings(),
    "gpu": Settings(size="laptop", epochs=100, batch=128),
    "paper": Settings(size="laptop", epochs=100, batch=128),
}


@dataclass(frozen=True)
class DistillationProgress:
    """What a callback gets after each epoch: counted from 1, its mean loss, accuracy on the validation clips, the student as it is now."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    student: Classifier


def soft_labels(logits: Tensor, temperature: float) -> Tensor:
    """softmax(logits / τ): the higher τ, the more is seen of classes that are not the likeliest. [N, classes].

    >>> [round(v, 2) for v in soft_labels(torch.tensor([[4.0, 2.0]]), 4.0)[0].tolist()]
    [0.62, 0.38]
    """
    return (logits / temperature).softmax(-1)


def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """τ² KL(softmax(teacher / τ) ‖ softmax(student / τ)), mean over clips. [N, classes] twice -> scalar. (Hinton et al., 2015, equation 4.)

    τ² keeps the size of the gradient whatever the temperature.
    """
    target = soft_labels(teacher, temperature)
    return temperature**2 * F.kl_div((student / temperature).log_softmax(-1), target, reduction="batchmean")


def distill(
    teacher: Callable[[Tensor], Tensor] | None,
    train: ClipSet,
    *,
    preset: str = "laptop",
    seed: int = 0,
    validation: float = 0.15,
    start: Classifier | None = None,
    callback: Callable[[DistillationProgress], None] | None = None,
    checkpoints: str | Path | None = None,
    every: float = 30.0,
    progress: bool | None = None,
    **changes,
) -> Classifier:
    """Train a small ST-GCN on a teacher's answers.

    Args:
        teacher: centred clips [N, 3, T, V, M] -> logits [N, classes]; a `selfsup.Downstream`, say. None: the control, a student that is
            taught by the labels alone.
        train: clips; their labels are used only with hard > 0, or without a teacher.
        preset: one of `DISTILLATION_PRESETS`; changes: single settings, by name.
        validation: share of the training subjects (or clips) by which the epoch is chosen; 0 takes the last.
        start: a student to go on from, instead of first weights; of `sparsity.prune`, say: weights that are zero stay zero.
        checkpoints, every, callback, progress: as in `selfsup.pretrain`.

    Raises:
        ValueError: an unknown preset or setting, a teacher of other classes, a checkpoint of other settings.

    >>> from skelkit import load
    >>> distill(None, load("synthetic", clips=24, classes=["wave", "hug"]), preset="smoke", epochs=1).classes
    ('wave', 'hug')
    """
    instance_of(ClipSet, train, "train", "sk.load")
    if teacher is not None and not callable(teacher):
        raise ValueError(
            f"the teacher is a {type(teacher).__name__}, expected what answers clips with logits: evaluate(…, 'finetune').network, say"
        )
    if (theirs := getattr(teacher, "classes", ())) and tuple(theirs) != tuple(train.classes):
        raise ValueError(
            f"the teacher knows {', '.join(theirs)}, the clips are of {', '.join(train.classes)}; train it on the same classes"
        )
    s = choose(
        DISTILLATION_PRESETS,
        preset,
        {"soft": 0.0, "hard": 1.0, "features": 0.0} | changes if teacher is None else changes,
    )
    generator = torch.Generator().manual_seed(seed)
    scenario = split_into_tasks(train, train, 1, seed=seed, validation=validation)
    student = deepcopy(start) if start is not None else _student(train, s, generator)
    lesson = _Lesson(student, teacher, PreparedClips(scenario.train, s.frames, crop=None), s, generator)
    asked = PreparedClips(scenario.validation, s.frames) if validation else None
    epochs = max(s.epochs, -(-s.least_steps // -(-len(scenario.train) // s.batch)))
    about = asdict(s) | {
        "seed": seed,
        "clips": len(train),
        "frames of clips": len(train.poses),
        "taught by": type(teacher).__name__,
    }
    run = loop.Run({"student": student, "lesson": lesson, "generator": generator}, about, checkpoints, every)
    with ProgressBar("student", epochs, progress, unit="epoch") as shown:
        for epoch in run.loop("epoch", range(epochs)):
            loss = lesson.epoch(epoch, epochs)
            right = (
                _right(student, asked) if asked is not None else 0.0
            )  # without validation clips the last epoch counts
            lesson.best.offer(right, epoch + 1)
            shown.update(f"epoch {epoch + 1} of {epochs}", loss, 1)
            if callback is not None:
                callback(DistillationProgress(epoch + 1, epochs, loss, right, student))
    lesson.best.restore()
    return student.eval()


def _student(train: ClipSet, s: Settings, generator: torch.Generator) -> Classifier:
    """First weights, and what of the recordings has to be known to use it."""
    encoder = STGCN(train.skeleton, s.size, generator, classes=len(train.classes))
    seconds = float((train.lengths / train.fps).median())
    return Classifier(encoder, None, train.classes, s.frames, train.fps, seconds, s.stream).to(train.device)


@torch.no_grad()
def _right(student: Classifier, clips: PreparedClips) -> float:
    """Share of clips that the student names rightly."""
    return float((clips.map(student.eval()).argmax(1) == clips.labels).float().mean())


class _Lesson:
    """The epochs of a student, and its best weights so far by validation clips."""

    def __init__(
        self, student: Classifier, teacher, clips: PreparedClips, s: Settings, generator: torch.Generator
    ):
        self.student, self.teacher, self.clips, self.s, self.generator = student, teacher, clips, s, generator
        self.keep_zeros = sparsity.Frozen(student)
        self.best = loop.BestWeights(student)
        self.map = None
        learnt = list(student.parameters())
        if s.features:
            self.map = nn.utils.skip_init(nn.Linear, student.encoder.width, teacher.norm.num_features).to(
                clips.labels.device
            )
            initialise(self.map, generator)
            learnt += list(self.map.parameters())
        self.optimiser = torch.optim.AdamW(learnt, lr=s.lr, weight_decay=s.weight_decay)

    def epoch(self, epoch: int, epochs: int) -> float:
        self.student.train()
        batches = loop.batches(len(self.clips), self.s.batch, self.generator)
        rates = [
            loop.cosine(self.s.lr, epoch * len(batches) + k, epochs * len(batches))
            for k in range(len(batches))
        ]
        what = f"student, epoch {epoch + 1}"
        return loop.fit(
            self.loss,
            batches,
            self.optimiser,
            rates=rates,
            clip=self.s.clip,
            precision=self.s.precision,
            what=what,
            after_step=self.keep_zeros,
        )

    def loss(self, index: Tensor) -> Tensor:
        s, index = self.s, index.to(self.clips.labels.device)
        x = augment.tilt(augment.crop(self.clips[index], self.generator, s.crop), self.generator, s.tilt)
        features = self.student.encoder.features(self.student.stream_input(x))
        logits = self.student.output_layer(features)
        total = s.hard * F.cross_entropy(logits, self.clips.labels[index]) if s.hard else logits.new_zeros(())
        if s.soft:
            total = total + s.soft * distillation_loss(logits, self.ask(x, logits.shape[1]), s.temperature)
        if self.map is not None:
            with torch.no_grad():
                wanted = self.teacher.norm(self.teacher.fuse(self.teacher.tokens(x)))
            total = total + s.features * (1 - F.cosine_similarity(self.map(features), wanted).mean())
        return total

    @torch.no_grad()
    def ask(self, x: Tensor, classes: int) -> Tensor:
        """The teacher's logits."""
        answer = self.teacher(x)
        if answer.shape != (len(x), classes):
            raise ValueError(
                f"the teacher answers {list(answer.shape)} for {len(x)} clips of {classes} classes; train it on the same classes"
            )
        return answer

    def state_dict(self) -> dict:
        return {
            "best": self.best.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "map": self.map and self.map.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        self.best.load_state_dict(state["best"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.map is not None:
            self.map.load_state_dict(state["map"])
