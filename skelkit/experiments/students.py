"""Distillation experiments: a teacher and its students."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from ..data import ClipSet
from ..deploy.distillation import distill
from ..deploy.distillation_presets import DISTILLATION_PRESETS
from ..deploy.sparsity import prune
from ..models import parameters
from ..models.classifier import Classifier
from ..selfsup.downstream import Downstream
from ..selfsup.evaluation import evaluate
from ..selfsup.presets import PRETRAINING_PRESETS
from ..selfsup.pretraining import pretrain
from ..training.inputs import PreparedClips
from .predictions import accuracy
from .run_data import RunData, describe_split


@dataclass(frozen=True)
class StudentsVariant:
    """One teacher (f and g, aligned and fine-tuned) and several students.

    Recordings are matched by these fields, so their names must not change.

    Args:
        label: its name in notebooks.
        students: settings of `distill` by label of the student; students whose label begins with "labels"
            have no teacher.
        fraction: share of the labels that teacher and students use. The teacher has validation clips
            besides; a student without labels (hard = 0) learns the teacher's logits of all clips.
    """

    label: str = "ASMa, aligned, fine-tuned"
    students: dict[str, dict[str, Any]] = field(default_factory=dict)
    fraction: float = 1.0
    headline: ClassVar[str] = "teacher"

    def settings(self, preset: str) -> dict[str, Any]:
        """Settings of a preset for the teacher, and for the students, which change some."""
        return {
            "teacher": PRETRAINING_PRESETS[preset].as_dict(),
            "students": asdict(DISTILLATION_PRESETS[preset]),
        }

    def run(self, data: RunData, seed: int) -> dict[str, Any]:
        """Train the teacher and its students once: test accuracies and costs, as they are recorded."""
        split = data.split(seed)
        begun = time.perf_counter()
        pretrained = pretrain("asma", split.train, preset=data.preset, seed=seed, progress=False)
        labels: dict[str, Any] = {"fraction": self.fraction, "head": "aligned", "seed": seed}
        teacher = evaluate(pretrained, split.train, split.test, "finetune", **labels)
        options: dict[str, Any] = {"preset": data.preset, "seed": seed, "progress": False}
        labelled = split.train
        if self.fraction < 1:
            labelled, options["validation"] = teacher.labelled_clips, 0.0  # too few to choose an epoch by
        test = PreparedClips(split.test, pretrained.settings.frames)
        students: dict[str, Classifier] = {}
        for name, changes in self.students.items():
            clips = split.train if changes.get("hard") == 0 else labelled
            network = None if name.startswith("labels") else teacher.network
            students[name] = distill(network, clips, **options, **changes)
        tested = dict(students)
        if "student" in students:
            tested |= _sparse_students(students["student"], teacher.network, split.train, options)
        predicted = {"teacher": teacher.logits.argmax(1)}
        predicted |= {name: test.map(student).argmax(1) for name, student in tested.items()}
        return {
            **{name: accuracy(classes, test.labels) for name, classes in predicted.items()},
            "teacher_parameters": parameters(teacher.network),
            "student_parameters": parameters(next(iter(students.values()))),
            "labelled": len(labelled),
            "total_seconds": time.perf_counter() - begun,
            "divided": describe_split(split),
            "test": split.test,
            "predictions": predicted,
        }


def _sparse_students(
    student: Classifier, teacher: Downstream, clips: ClipSet, options: dict[str, Any]
) -> dict[str, Classifier]:
    """The student after 2:4 pruning, and after distillation has been continued."""
    pruned = prune(student)
    continued = distill(teacher, clips, start=pruned, **options, epochs=20, least_steps=0)
    return {"student, 2:4": pruned, "student, 2:4, taught again": continued}


def students() -> list[StudentsVariant]:
    """Students of one teacher, by loss, temperature and size, and controls that learn from labels alone.

    The last variant knows few labels: its student learns the teacher's logits of unlabelled clips.
    """
    losses: dict[str, dict[str, Any]] = {
        "student": {},
        "labels": {},
        "labels, laptop size": {"size": "laptop"},
        "τ = 1": {"temperature": 1.0},
        "τ = 4": {"temperature": 4.0},
        "τ = 8": {"temperature": 8.0},
        "answers alone": {"hard": 0.0},
        "and features": {"features": 1.0},
    }
    pocket = {"pocket": {"size": "pocket"}, "labels, pocket": {"size": "pocket"}}
    few_labels: dict[str, dict[str, Any]] = {"answers alone": {"hard": 0.0}, "labels": {}}
    return [
        StudentsVariant(students=losses),
        StudentsVariant("the smallest student", pocket),
        StudentsVariant("ASMa, aligned, fine-tuned with 10 % of the labels", few_labels, fraction=0.1),
    ]


EXPERIMENTS: dict[str, Callable[[], list]] = {"students": students}
"""Lists of variants by name of the experiment."""
