"""What is compared with what in self-supervised learning and distillation: lists of runs. `skelkit record` runs them; notebooks show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from ..data import ClipSet, load
from ..data.default_split import TrainTestSplit, load_split
from ..data.mapping import as_skeleton
from ..data.merging import merge
from ..deploy.distillation import distill
from ..deploy.sparsity import prune
from ..models import parameters
from ..models.classifier import Classifier
from ..ops import augment
from ..selfsup.evaluation import ensemble, evaluate
from ..selfsup.pretrained import Pretrained, together
from ..selfsup.pretraining import METHODS, pretrain
from ..selfsup.protocols import accuracy
from ..training.inputs import PreparedClips

EVALUATIONS = ("knn", "linear", "finetune", "semi 10 %", "semi 1 %")
"""How every method is judged."""


@dataclass(frozen=True)
class Variant:
    """One way of pre-training, to be run with several seeds.

    Args:
        label: how the notebooks call it.
        method: of `METHODS`.
        judged: names as in `EVALUATIONS`; "joined", "aligned", "first alone", "second alone" are linear evaluations of two encoders; "streams" is
            joint, bone and motion, each alone, as an ensemble, side by side and aligned.
        changes: of settings.
        elsewhere: pre-trained on other data sets than those it is judged on.
    """

    label: str
    method: str
    judged: tuple[str, ...] = EVALUATIONS
    changes: dict = field(default_factory=dict)
    elsewhere: bool = False

    @property
    def main(self) -> str:
        """The number that is told as runs end."""
        return "linear" if "linear" in self.judged else self.judged[-1]

    def run(self, dataset: str, seed: int, preset: str, sources: Sequence[str] = ()) -> dict:
        """One run, as it is kept: shares of test clips that are right, what it cost, what was learnt from."""
        setting = load_split(dataset, preset, seed)
        clips = merged_sources(sources, preset, seed) if self.elsewhere and sources else setting.train
        sided = (
            {"mirror": 0.0} if augment.sides(setting.train.classes) else {}
        )  # those it will be judged on, wherever it learns
        begun = time.perf_counter()
        made = pretrain(self.method, clips, preset=preset, seed=seed, progress=False, **sided | self.changes)
        found: dict[str, float] = {}
        for name in self.judged:
            found |= evaluate_by(name, made, setting, clips, seed, preset)
        return {
            "label": self.label,
            "seed": seed,
            "variant": asdict(self),
            **found,
            "parameters": made.parameters,
            "head": made.head,
            "mirror": made.settings.mirror,
            "rank": made.ranks[-1] if made.ranks else None,
            "loss": made.losses[-1] if made.losses else None,
            "clips": len(clips),
            "pretraining_seconds": made.seconds,
            "total_seconds": time.perf_counter() - begun,
            "divided": describe_split(setting),
        }


def describe_split(setting: TrainTestSplit) -> str:
    return f"{len(setting.train.labels.unique())} classes, {len(setting.train)} clips to train, {len(setting.test)} to test, {setting.method}"


def evaluate_by(
    name: str, made: Pretrained, setting: TrainTestSplit, clips: ClipSet, seed: int, preset: str
) -> dict[str, float]:
    """Accuracy by one of the ways in `EVALUATIONS`, or of two encoders, or of three streams, which are judged in several ways at once."""
    sets = setting.train, setting.test

    def linear(encoders: Pretrained, head: str = "") -> float:
        return evaluate(encoders, *sets, "linear", head=head, seed=seed).accuracy

    if name.startswith("semi"):
        return {
            name: evaluate(made, *sets, "semi", fraction=float(name.split()[1]) / 100, seed=seed).accuracy
        }
    if name in ("joined", "aligned"):
        return {name: linear(made, "linear" if name == "joined" else "aligned")}
    if name in ("first alone", "second alone"):
        one = made.encoders[:1] if name == "first alone" else made.encoders[1:]
        return {name: linear(Pretrained(made.method, made.settings, made.skeleton, one))}
    if name == "streams":
        rest = [
            pretrain(made.method, clips, preset=preset, seed=seed, progress=False, stream=stream)
            for stream in ("bone", "motion")
        ]
        alone = {each.settings.stream: evaluate(each, *sets, "linear", seed=seed) for each in (made, *rest)}
        all_three = together(made, *rest)
        return {stream: e.accuracy for stream, e in alone.items()} | {
            "ensemble": ensemble(*alone.values()),
            "joined": linear(all_three, "linear"),
            "aligned": linear(all_three, "aligned"),
        }
    return {name: evaluate(made, *sets, name, seed=seed).accuracy}


def merged_sources(sources: Sequence[str], preset: str, seed: int) -> ClipSet:
    """The training clips of several data sets as one, on the skeleton of the first; joints that a set does not have are filled in."""
    sets = [
        load_split(source, preset, seed).train if source == "synthetic" else load(source)
        for source in sources
    ]
    return merge(
        *(
            clips if clips.skeleton == sets[0].skeleton else as_skeleton(clips, sets[0].skeleton)
            for clips in sets
        )
    )


def pretraining() -> list[Variant]:
    """Every method with the same encoder, clips, epochs and augmentation; and first weights, which is training with labels alone."""
    return [Variant(name, name) for name in METHODS if " " not in name]


def pairs() -> list[Variant]:
    """Two encoders: f and g, two f, two with random masks; each alone, side by side, aligned."""
    judged = ("first alone", "second alone", "joined", "aligned")
    return [
        Variant(name, method, judged)
        for name, method in (
            ("f and g", "asma"),
            ("two f", "two f"),
            ("two g", "two g"),
            ("two random", "two random"),
        )
    ]


def heads() -> list[Variant]:
    """How large a projector Barlow Twins needs: PSTL with narrower and wider ones, shallow and deep."""
    sizes = [(width, 2) for width in (32, 64, 128, 256, 512, 1024)] + [(256, 1), (256, 3)]
    changes = [
        {"projector": width, "depth": depth, "redundancy": round(1 / width, 6)} for width, depth in sizes
    ]
    return [
        Variant(f"{depth} x {width}", "pstl", ("knn", "linear"), change)
        for (width, depth), change in zip(sizes, changes, strict=True)
    ]


def streams() -> list[Variant]:
    """Joint, bone and motion alone, and what the three say together: PSTL, one encoder a stream, and ASMa, two."""
    return [Variant(name, name, ("linear", "streams")) for name in ("pstl", "asma")]


def mirrored() -> list[Variant]:
    """PSTL whose views are mirrored or not, for data whose classes tell left from right."""
    return [
        Variant(label, "pstl", ("knn", "linear", "finetune"), {"mirror": p})
        for label, p in (("mirrored", 0.5), ("not mirrored", 0.0))
    ]


def transfer() -> list[Variant]:
    """Pre-trained on other data sets, fine-tuned on this one: another sensor, another skeleton; and pre-trained on none."""
    return [
        Variant(name, name, ("linear", "transfer", "semi 10 %"), elsewhere=True)
        for name in ("scratch", "skeletonbt", "pstl", "asma")
    ]


@dataclass(frozen=True)
class StudentsVariant:
    """One teacher, f and g aligned and fine-tuned, and all its students; shares of test clips that are right.

    Args:
        students: label -> settings of `distill`; those of "labels" have no teacher.
        fraction: of the labels that are known, to the teacher too (who has validation clips beside them); a student that learns answers alone
            learns those of all clips.
    """

    label: str = "ASMa, aligned, fine-tuned"
    students: dict = field(default_factory=dict)
    fraction: float = 1.0
    main: ClassVar[str] = "teacher"

    def run(self, dataset: str, seed: int, preset: str, sources: Sequence[str] = ()) -> dict:
        """One run, as it is kept."""
        setting = load_split(dataset, preset, seed)
        begun = time.perf_counter()
        made = pretrain("asma", setting.train, preset=preset, seed=seed, progress=False)
        teacher = evaluate(made, setting.train, setting.test, "finetune", fraction=self.fraction, seed=seed)
        found, options = {"teacher": teacher.accuracy}, {"preset": preset, "seed": seed, "progress": False}
        known = setting.train
        if self.fraction < 1:
            known, options["validation"] = teacher.labelled_clips, 0.0  # too few to choose an epoch by
        test = PreparedClips(setting.test, made.settings.frames)
        made_of: dict[str, Classifier] = {}
        for name, changes in self.students.items():
            clips = setting.train if changes.get("hard") == 0 else known
            made_of[name] = student = distill(
                None if name.startswith("labels") else teacher.network, clips, **options, **changes
            )
            found[name] = accuracy(test.map(student), test.labels)
        if "student" in made_of:
            pruned = prune(made_of["student"])
            again = distill(teacher.network, setting.train, start=pruned, **options, epochs=20, least_steps=0)
            found["student, 2:4"], found["student, 2:4, taught again"] = (
                accuracy(test.map(s), test.labels) for s in (pruned, again)
            )
        return {
            "label": self.label,
            "seed": seed,
            "variant": asdict(self),
            **found,
            "teacher_parameters": parameters(teacher.network),
            "student_parameters": parameters(next(iter(made_of.values()))),
            "labelled": len(known),
            "total_seconds": time.perf_counter() - begun,
            "divided": describe_split(setting),
        }


def students() -> list[StudentsVariant]:
    """A student that learns answers, at several temperatures, with labels, with features; one that learns labels alone, the control. A smaller
    one. And where few labels are known: the student learns what the teacher says of clips without."""
    ways = {
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
    unlabelled = {"answers alone": {"hard": 0.0}, "labels": {}}
    return [
        StudentsVariant(students=ways),
        StudentsVariant("the smallest student", pocket),
        StudentsVariant("ASMa, aligned, fine-tuned with 10 % of the labels", unlabelled, fraction=0.1),
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
