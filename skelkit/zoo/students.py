"""Students of the zoo: small networks that were taught by a teacher, or by labels alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ..data import ClipSet
from ..data.default_split import load_split
from ..deploy import distillation
from ..models.classifier import Classifier
from ..selfsup.protocols import accuracy
from ..training import loop
from ..training.inputs import PreparedClips
from ..utils.presets import EXPLORE
from ..utils.weights import weights_hash
from . import card as cards
from .tape import Tape, load_last
from .teachers import TeacherRecipe


@dataclass(frozen=True)
class StudentRecipe:
    """How a student of the zoo is made.

    Attributes:
        name: of the entry.
        what: one sentence.
        teacher: recipe of its teacher; None for labels alone.
        changes: settings that differ from the preset.
    """

    name: str
    what: str
    teacher: TeacherRecipe | None
    changes: dict[str, Any] = field(default_factory=dict)

    def start(self, seed: int) -> distillation.Start:
        """The distillation before it begins, on the embedded data."""
        train = load_split("synthetic", EXPLORE, seed).train
        teacher = None
        if self.teacher is not None:
            _, tape = cards.read(cards.path_of(self.teacher.name))
            teacher = self.teacher.network(self.teacher.start(seed), tape, "")
        return distillation.prepare(teacher, train, preset=EXPLORE, seed=seed, **self.changes)

    def identity(self, start: distillation.Start) -> dict[str, Any]:
        """What decides the training, besides the clips."""
        return _identity(start)

    def clips(self, start: distillation.Start) -> dict[str, ClipSet]:
        """The clips, by the word that names them."""
        return _sets(start)

    def record(self, start: distillation.Start) -> tuple[Tape, list[dict[str, Any]]]:
        """Train once: the weights of the best epoch, and notes of all."""
        notes: list[dict[str, Any]] = []

        def note(now: distillation.DistillationProgress) -> None:
            notes.append({"loss": now.loss, "accuracy": now.accuracy})

        start.go(loop.Run({}), note)
        tape = Tape()
        tape.keep(start.training.student.state_dict())
        return tape, notes

    def results(
        self, start: distillation.Start, tape: Tape, notes: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        """Accuracy of the stored weights on the test clips, as a card holds it."""
        test = load_split("synthetic", EXPLORE, start.identity["seed"]).test
        student = self.network(start, tape, "")
        clips = PreparedClips(test, student.frames)
        return cards.accuracy(accuracy(clips.map(student), clips.labels), len(test))

    def network(self, start: distillation.Start, tape: Tape, part: str) -> Classifier:
        """The student, in evaluation mode."""
        cards.refuse_part(self.name, part)
        return load_last(start.training.student, tape)


def distill(
    teacher: Callable[[Tensor], Tensor] | None,
    train: ClipSet,
    *,
    preset: str = EXPLORE,
    progress: bool | None = None,
    **options: Any,
) -> Classifier:
    """`sk.distill`; at preset "explore" without training where the zoo has this very student.

    Args:
        options: as for `sk.distill`.

    Raises:
        ValueError: as `sk.distill`.
        DamagedFile: an entry of the zoo is damaged.
    """
    if preset == EXPLORE and not {"callback", "checkpoints"} & set(options):
        start = distillation.prepare(teacher, train, preset=preset, **options)
        if (found := cards.find(_identity(start), _sets(start))) is not None:
            return load_last(start.training.student, found[1])
    return distillation.distill(teacher, train, preset=preset, progress=progress, **options)


def _identity(start: distillation.Start) -> dict[str, Any]:
    """What decides the training: teacher, untrained student, settings."""
    teacher, student = weights_hash(start.training.teacher), weights_hash(start.training.student)
    return start.identity | {"weights of the teacher": teacher, "first weights": student}


def _sets(start: distillation.Start) -> dict[str, ClipSet]:
    """The clips of a distillation, by the word that names them."""
    return {"training clips": start.training.clips.clips}
