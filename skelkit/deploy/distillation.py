"""Knowledge distillation: train a small student on a large teacher's logits. (Hinton et al., 2015; ASMa.)"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..data import ClipSet
from ..data.fingerprints import fingerprints
from ..data.tasks import split_into_tasks
from ..models import STGCN
from ..models.classifier import Classifier
from ..training import loop
from ..training.inputs import PreparedClips
from ..training.settings import choose
from ..utils.progress import ProgressBar
from ..utils.validation import instance_of, listed
from ..utils.weights import weights_hash
from .distillation_loss import distillation_loss, soft_labels
from .distillation_presets import DISTILLATION_PRESETS, Settings
from .student_training import StudentTraining

__all__ = ["DistillationProgress", "Start", "distill", "distillation_loss", "prepare", "soft_labels"]


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
    begun = prepare(teacher, train, preset=preset, seed=seed, validation=validation, start=start, **changes)
    identity = begun.identity
    if checkpoints is not None:
        identity |= fingerprints(training=train) | {"weights of the teacher": weights_hash(teacher)}
    training = begun.training
    stateful: dict[str, loop.Stateful] = {
        "student": training.student,
        "lesson": training,
        "generator": training.generator,
    }
    begun.go(loop.Run(stateful, identity, checkpoints, every), callback, progress)
    return training.student.eval()


class Start(NamedTuple):
    """A distillation that has not begun.

    Attributes:
        training: with the untrained student.
        held_out: clips that choose the epoch; None without.
        epochs: their number.
        identity: plain values that decide the result, besides the clips and the teacher's weights.
    """

    training: StudentTraining
    held_out: PreparedClips | None
    epochs: int
    identity: dict[str, Any]

    def go(
        self,
        run: loop.Run,
        callback: Callable[[DistillationProgress], None] | None = None,
        progress: bool | None = False,
    ) -> None:
        """Run all epochs and load the best weights into the student."""
        training, epochs = self.training, self.epochs
        with ProgressBar("student", epochs, progress, unit="epoch") as bar:
            for epoch in run.loop("epoch", range(epochs)):
                loss = training.epoch(epoch, epochs)
                accuracy = _accuracy(training.student, self.held_out)
                training.best.offer(accuracy, epoch + 1)
                bar.update(f"epoch {epoch + 1} of {epochs}", loss, 1)
                if callback is not None:
                    callback(DistillationProgress(epoch + 1, epochs, loss, accuracy, training.student))
        training.best.restore()


def prepare(
    teacher: Callable[[Tensor], Tensor] | None,
    train: ClipSet,
    *,
    preset: str = "laptop",
    seed: int = 0,
    validation: float = 0.15,
    start: Classifier | None = None,
    **changes: Any,
) -> Start:
    """Everything that `distill` makes before it trains; arguments and errors are those of `distill`."""
    instance_of(ClipSet, train, "train", "sk.load")
    _check_teacher(teacher, train)
    if teacher is None:
        changes = {"soft": 0.0, "hard": 1.0, "features": 0.0} | changes
    s = choose(DISTILLATION_PRESETS, preset, changes)
    generator = torch.Generator().manual_seed(seed)
    scenario = split_into_tasks(train, train, 1, seed=seed, validation=validation)
    student = deepcopy(start) if start is not None else _new_student(train, s, generator)
    clips = PreparedClips(scenario.train, s.frames, crop=None)
    held_out = PreparedClips(scenario.validation, s.frames) if scenario.validation is not None else None
    epochs = max(s.epochs, -(-s.least_steps // -(-len(scenario.train) // s.batch)))
    identity = asdict(s) | {
        "seed": seed,
        "clips": len(train),
        "frames of clips": len(train.poses),
        "taught by": type(teacher).__name__,
    }
    return Start(StudentTraining(student, teacher, clips, s, generator), held_out, epochs, identity)


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
