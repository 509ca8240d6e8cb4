"""Self-supervised and distillation experiments, as `skelkit record` runs and notebooks show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from ..data import ClipSet, load
from ..data.default_split import TrainTestSplit, load_split
from ..data.mapping import as_skeleton
from ..data.merging import merge
from ..deploy.distillation import distill
from ..deploy.sparsity import prune
from ..models import parameters
from ..models.classifier import Classifier
from ..ops import augment
from ..selfsup.downstream import Downstream
from ..selfsup.evaluation import Evaluation, ensemble, evaluate
from ..selfsup.objectives import OBJECTIVES
from ..selfsup.pretrained import Pretrained, concatenate_encoders
from ..selfsup.pretraining import pretrain
from ..selfsup.protocols import accuracy
from ..training.inputs import PreparedClips

EVALUATIONS = ("knn", "linear", "finetune", "semi 10 %", "semi 1 %")
"""How every method is evaluated."""


@dataclass(frozen=True)
class PretrainingVariant:
    """One way of pre-training, run with several seeds.

    Recordings are matched by these fields, so their names must not change.

    Args:
        label: its name in notebooks.
        method: a name in `OBJECTIVES`.
        judged: names as in `EVALUATIONS`. Linear evaluations of two encoders: "joined" (concatenated
            features), "aligned", "first alone", "second alone". "streams": joint, bone and motion, each
            alone, as an ensemble, concatenated and aligned.
        changes: settings that differ from the preset.
        elsewhere: pre-train on other data sets than the one of the evaluation.
    """

    label: str
    method: str
    judged: tuple[str, ...] = EVALUATIONS
    changes: dict[str, Any] = field(default_factory=dict)
    elsewhere: bool = False

    @property
    def headline(self) -> str:
        """The result that is printed when a run ends."""
        return "linear" if "linear" in self.judged else self.judged[-1]

    def run(self, dataset: str, seed: int, preset: str, sources: Sequence[str] = ()) -> dict[str, Any]:
        """Pre-train and evaluate once: test accuracies, costs and what was trained on, as it is recorded."""
        split = load_split(dataset, preset, seed)
        clips = merged_sources(sources, preset, seed) if self.elsewhere and sources else split.train
        # The classes of the evaluation decide, whatever data the encoders are trained on.
        mirror = {"mirror": 0.0} if augment.sides(split.train.classes) else {}
        begun = time.perf_counter()
        pretrained = pretrain(
            self.method, clips, preset=preset, seed=seed, progress=False, **mirror | self.changes
        )
        accuracies: dict[str, float] = {}
        for name in self.judged:
            accuracies |= evaluate_by(name, pretrained, split, clips, seed, preset)
        return {
            "label": self.label,
            "seed": seed,
            "variant": asdict(self),
            **accuracies,
            "parameters": pretrained.parameters,
            "head": pretrained.head,
            "mirror": pretrained.settings.mirror,
            "rank": pretrained.ranks[-1] if pretrained.ranks else None,
            "loss": pretrained.losses[-1] if pretrained.losses else None,
            "clips": len(clips),
            "pretraining_seconds": pretrained.seconds,
            "total_seconds": time.perf_counter() - begun,
            "divided": describe_split(split),
        }


def describe_split(split: TrainTestSplit) -> str:
    """Numbers of classes and clips, and how they were split."""
    classes, train, test = len(split.train.labels.unique()), len(split.train), len(split.test)
    return f"{classes} classes, {train} clips to train, {test} to test, {split.method}"


def evaluate_by(
    name: str, pretrained: Pretrained, split: TrainTestSplit, clips: ClipSet, seed: int, preset: str
) -> dict[str, float]:
    """Test accuracies of one evaluation of `PretrainingVariant.judged`; several for "streams".

    Args:
        clips: what the encoders were trained on; those of the other streams are, too.
    """

    def run(encoders: Pretrained, protocol: str = "linear", **options: Any) -> Evaluation:
        return evaluate(encoders, split.train, split.test, protocol, seed=seed, **options)

    if name.startswith("semi"):
        return {name: run(pretrained, "semi", fraction=float(name.split()[1]) / 100).accuracy}
    if name in ("joined", "aligned"):
        return {name: run(pretrained, head="linear" if name == "joined" else "aligned").accuracy}
    if name in ("first alone", "second alone"):
        encoders = pretrained.encoders[:1] if name == "first alone" else pretrained.encoders[1:]
        single = Pretrained(pretrained.method, pretrained.settings, pretrained.skeleton, encoders)
        return {name: run(single).accuracy}
    if name == "streams":
        others = [
            pretrain(pretrained.method, clips, preset=preset, seed=seed, progress=False, stream=stream)
            for stream in ("bone", "motion")
        ]
        alone = {each.settings.stream: run(each) for each in (pretrained, *others)}
        combined = concatenate_encoders(pretrained, *others)
        return {stream: found.accuracy for stream, found in alone.items()} | {
            "ensemble": ensemble(*alone.values()),
            "joined": run(combined, head="linear").accuracy,
            "aligned": run(combined, head="aligned").accuracy,
        }
    return {name: run(pretrained, name).accuracy}


def merged_sources(sources: Sequence[str], preset: str, seed: int) -> ClipSet:
    """Clips of several data sets as one, on the skeleton of the first.

    Joints that a data set lacks are filled in. Of the synthetic clips the training clips are taken, of a file
    all clips.
    """
    sets = [
        load_split(source, preset, seed).train if source == "synthetic" else load(source)
        for source in sources
    ]
    skeleton = sets[0].skeleton
    return merge(*(clips if clips.skeleton == skeleton else as_skeleton(clips, skeleton) for clips in sets))


def pretraining() -> list[PretrainingVariant]:
    """Every method with the same encoder, clips, epochs and augmentation; "scratch" has initial weights."""
    return [PretrainingVariant(name, name) for name in OBJECTIVES if " " not in name]


def pairs() -> list[PretrainingVariant]:
    """Two encoders, with the masks f and g of ASMa, or with two alike; each alone, concatenated, aligned."""
    judged = ("first alone", "second alone", "joined", "aligned")
    return [
        PretrainingVariant(name, method, judged)
        for name, method in (
            ("f and g", "asma"),
            ("two f", "two f"),
            ("two g", "two g"),
            ("two random", "two random"),
        )
    ]


def heads() -> list[PretrainingVariant]:
    """PSTL with projectors of different width and depth."""
    sizes = [(width, 2) for width in (32, 64, 128, 256, 512, 1024)] + [(256, 1), (256, 3)]
    changes = [
        {"projector": width, "depth": depth, "redundancy": round(1 / width, 6)} for width, depth in sizes
    ]
    return [
        PretrainingVariant(f"{depth} x {width}", "pstl", ("knn", "linear"), change)
        for (width, depth), change in zip(sizes, changes, strict=True)
    ]


def streams() -> list[PretrainingVariant]:
    """PSTL (one encoder per stream) and ASMa (two) on joint, bone and motion, alone and combined."""
    return [PretrainingVariant(name, name, ("linear", "streams")) for name in ("pstl", "asma")]


def mirrored() -> list[PretrainingVariant]:
    """PSTL with and without mirrored views, for data whose classes tell left from right."""
    return [
        PretrainingVariant(label, "pstl", ("knn", "linear", "finetune"), {"mirror": p})
        for label, p in (("mirrored", 0.5), ("not mirrored", 0.0))
    ]


def transfer() -> list[PretrainingVariant]:
    """Pre-trained on other data sets (another sensor or skeleton) or not at all, evaluated on this one."""
    return [
        PretrainingVariant(name, name, ("linear", "transfer", "semi 10 %"), elsewhere=True)
        for name in ("scratch", "skeletonbt", "pstl", "asma")
    ]


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

    def run(self, dataset: str, seed: int, preset: str, sources: Sequence[str] = ()) -> dict[str, Any]:
        """Train the teacher and its students once: test accuracies and costs, as they are recorded."""
        split = load_split(dataset, preset, seed)
        begun = time.perf_counter()
        pretrained = pretrain("asma", split.train, preset=preset, seed=seed, progress=False)
        teacher = evaluate(pretrained, split.train, split.test, "finetune", fraction=self.fraction, seed=seed)
        options: dict[str, Any] = {"preset": preset, "seed": seed, "progress": False}
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
        accuracies = {name: accuracy(test.map(student), test.labels) for name, student in tested.items()}
        return {
            "label": self.label,
            "seed": seed,
            "variant": asdict(self),
            "teacher": teacher.accuracy,
            **accuracies,
            "teacher_parameters": parameters(teacher.network),
            "student_parameters": parameters(next(iter(students.values()))),
            "labelled": len(labelled),
            "total_seconds": time.perf_counter() - begun,
            "divided": describe_split(split),
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


EXPERIMENTS: dict[str, Callable[[], list]] = {
    "pretraining": pretraining,
    "pairs": pairs,
    "heads": heads,
    "streams": streams,
    "mirrored": mirrored,
    "transfer": transfer,
    "students": students,
}
"""Lists of variants by name of the experiment."""
