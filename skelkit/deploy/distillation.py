"""Knowledge distillation: train a small student on a large teacher's logits. (Hinton et al., 2015; ASMa.)"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import ClipSet
from ..data.fingerprints import fingerprints
from ..data.tasks import split_into_tasks
from ..models import STGCN
from ..models.block import initialise
from ..models.classifier import Classifier
from ..ops import augment
from ..training import loop
from ..training.inputs import PreparedClips
from ..training.settings import choose
from ..utils.checkpoint import raw_bytes
from ..utils.precision import in_float32
from ..utils.progress import ProgressBar
from ..utils.validation import instance_of, listed
from . import sparsity
from .distillation_presets import DISTILLATION_PRESETS, Settings


@dataclass(frozen=True)
class DistillationProgress:
    """What a callback receives after each epoch.

    Attributes:
        epoch: counted from 1.
        epochs: epochs in all.
        loss: mean loss of the epoch.
        accuracy: on the validation clips, 0 to 1; 0 if there are none.
        student: as it is now.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    student: Classifier


def soft_labels(logits: Tensor, temperature: float) -> Tensor:
    """softmax(logits / τ), [N, classes] -> [N, classes]; the higher τ, the more uniform.

    >>> [round(v, 2) for v in soft_labels(torch.tensor([[4.0, 2.0]]), 4.0)[0].tolist()]
    [0.62, 0.38]
    """
    return (logits / temperature).softmax(-1)


@in_float32
def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """τ² KL(softmax(teacher / τ) ‖ softmax(student / τ)), mean over clips. (Hinton et al., 2015, equation 4.)

    Logits [N, classes] of both -> scalar. The factor τ² makes the size of the gradient independent of τ.
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
    **changes: Any,
) -> Classifier:
    """Train a small ST-GCN on a teacher's logits. Returns the student of the best validation accuracy.

    Args:
        teacher: maps centred clips [N, 3, T, V, M] to logits [N, classes], such as a `selfsup.Downstream`.
            None trains the student on labels alone, as a control.
        train: training clips; their labels are used only with hard > 0 or without a teacher.
        preset: a name in `DISTILLATION_PRESETS`.
        seed: of the splits, initial weights, augmentation and batches.
        validation: share of the training subjects (or clips) that choose the epoch; 0: the last epoch.
        start: student to continue from; weights that are zero stay zero (see `sparsity.prune`). Default: a
            new one.
        callback: called after each epoch; `loop.Stopped` raised in it ends the training.
        checkpoints: folder of checkpoints, from which an interrupted run resumes. Default: none are written.
        every: seconds between checkpoints.
        progress: show a progress bar. Default: in a notebook or terminal.
        changes: settings that differ from the preset, by name.

    Raises:
        ValueError: An unknown preset or setting, a teacher of other classes, or a checkpoint with other
            settings, of other clips, or of a teacher with other weights.

    >>> from skelkit import load
    >>> clips = load("synthetic", clips=24, classes=["wave", "hug"])
    >>> distill(None, clips, preset="smoke", epochs=1).classes
    ('wave', 'hug')
    """
    instance_of(ClipSet, train, "train", "sk.load")
    _check_teacher(teacher, train)
    if teacher is None:
        changes = {"soft": 0.0, "hard": 1.0, "features": 0.0} | changes
    s = choose(DISTILLATION_PRESETS, preset, changes)
    generator = torch.Generator().manual_seed(seed)
    scenario = split_into_tasks(train, train, 1, seed=seed, validation=validation)
    student = deepcopy(start) if start is not None else _new_student(train, s, generator)
    training = StudentTraining(
        student, teacher, PreparedClips(scenario.train, s.frames, crop=None), s, generator
    )
    held_out = PreparedClips(scenario.validation, s.frames) if scenario.validation is not None else None
    epochs = max(s.epochs, -(-s.least_steps // -(-len(scenario.train) // s.batch)))
    description = asdict(s) | {
        "seed": seed,
        "clips": len(train),
        "frames of clips": len(train.poses),
        "taught by": type(teacher).__name__,
    }
    if checkpoints is not None:
        description |= fingerprints(training=train) | {"weights of the teacher": _weights(teacher)}
    stateful: dict[str, loop.Stateful] = {"student": student, "lesson": training, "generator": generator}
    run = loop.Run(stateful, description, checkpoints, every)
    with ProgressBar("student", epochs, progress, unit="epoch") as bar:
        for epoch in run.loop("epoch", range(epochs)):
            loss = training.epoch(epoch, epochs)
            accuracy = _accuracy(student, held_out)
            training.best.offer(accuracy, epoch + 1)
            bar.update(f"epoch {epoch + 1} of {epochs}", loss, 1)
            if callback is not None:
                callback(DistillationProgress(epoch + 1, epochs, loss, accuracy, student))
    training.best.restore()
    return student.eval()


def _check_teacher(teacher: object, train: ClipSet) -> None:
    """Raise ValueError unless the teacher can be called and its classes, if known, are those of the clips."""
    if teacher is not None and not callable(teacher):
        raise ValueError(
            f"the teacher is a {type(teacher).__name__}, expected a function from clips to logits, "
            "such as evaluate(…, 'finetune').network"
        )
    if (classes := getattr(teacher, "classes", ())) and tuple(classes) != tuple(train.classes):
        raise ValueError(
            f"the teacher knows {listed(classes)}, the clips are of {listed(train.classes)}; "
            "train it on the same classes"
        )


def _weights(teacher: object) -> str:
    """Hash of the weights of a network, sixteen hexadecimal digits; "" for other functions."""
    if not isinstance(teacher, nn.Module):
        return ""
    digest = hashlib.sha256()
    for name, weights in teacher.state_dict().items():
        if isinstance(weights, Tensor):
            digest.update(f"{name} {weights.dtype} {list(weights.shape)}".encode())
            digest.update(raw_bytes(weights.detach().cpu()))
    return digest.hexdigest()[:16]


def _new_student(train: ClipSet, s: Settings, generator: torch.Generator) -> Classifier:
    """A student with initial weights, and the frame rate and duration that it needs when it is deployed."""
    encoder = STGCN(train.skeleton, s.size, generator, classes=len(train.classes))
    seconds = float((train.lengths / train.fps).median())
    return Classifier(encoder, None, train.classes, s.frames, train.fps, seconds, s.stream).to(train.device)


@torch.no_grad()
def _accuracy(student: Classifier, clips: PreparedClips | None) -> float:
    """Accuracy on the clips, 0 to 1; 0 without clips, so that the last epoch is the best."""
    if clips is None:
        return 0.0
    return float((clips.map(student.eval()).argmax(1) == clips.labels).float().mean())


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
