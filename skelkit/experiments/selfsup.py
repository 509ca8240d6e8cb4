"""Self-supervised experiments, as `skelkit record` runs and notebooks show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ..data import ClipSet, load
from ..data.default_split import TrainTestSplit, load_split
from ..data.mapping import as_skeleton
from ..data.merging import merge
from ..ops import augment
from ..selfsup.evaluation import Evaluation, evaluate, mean_probabilities
from ..selfsup.objectives import OBJECTIVES, UNTRAINED
from ..selfsup.presets import PRETRAINING_PRESETS
from ..selfsup.pretrained import Pretrained, concatenate_encoders
from ..selfsup.pretraining import pretrain
from .predictions import accuracy
from .run_data import RunData, describe_split

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
            alone, as an ensemble, concatenated and aligned. "finetune, 300 steps": with so many steps.
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

    def settings(self, preset: str) -> dict[str, Any]:
        """Settings of a preset, of which `changes` are changed."""
        return PRETRAINING_PRESETS[preset].as_dict()

    def split(self, data: RunData, seed: int) -> TrainTestSplit:
        """Training and test clips."""
        return data.split(seed)

    def run(self, data: RunData, seed: int) -> dict[str, Any]:
        """Pre-train and evaluate once: test accuracies, costs and what was trained on, as it is recorded."""
        split = self.split(data, seed)
        clips = split.train
        if self.elsewhere and data.sources:
            clips = merged_sources(data.sources, data.preset, seed).to(data.device)
        # The classes of the evaluation decide, whatever data the encoders are trained on.
        mirror = {"mirror": 0.0} if augment.sides(split.train.classes) else {}
        begun = time.perf_counter()
        pretrained = pretrain(
            self.method, clips, preset=data.preset, seed=seed, progress=False, **mirror | self.changes
        )
        predicted: dict[str, Tensor] = {}
        for name in self.judged:
            predicted |= predict_by(name, pretrained, split, clips, seed, data.preset)
        return {
            **{name: accuracy(classes, split.test.labels) for name, classes in predicted.items()},
            "parameters": pretrained.parameters,
            "head": pretrained.head,
            "mirror": pretrained.settings.mirror,
            "rank": pretrained.ranks[-1] if pretrained.ranks else None,
            "loss": pretrained.losses[-1] if pretrained.losses else None,
            "clips": len(clips),
            "pretraining_seconds": pretrained.seconds,
            "total_seconds": time.perf_counter() - begun,
            "divided": describe_split(split),
            "test": split.test,
            "predictions": predicted,
        }


def predict_by(
    name: str, pretrained: Pretrained, split: TrainTestSplit, clips: ClipSet, seed: int, preset: str
) -> dict[str, Tensor]:
    """Predicted classes of the test clips in one evaluation of `PretrainingVariant.judged`, Long[N].

    Several for "streams".

    Args:
        clips: what the encoders were trained on; those of the other streams are, too.
    """

    def run(encoders: Pretrained, protocol: str = "linear", **options: Any) -> Evaluation:
        return evaluate(encoders, split.train, split.test, protocol, seed=seed, **options)

    def predict(encoders: Pretrained, protocol: str = "linear", **options: Any) -> Tensor:
        return run(encoders, protocol, **options).logits.argmax(1)

    if name.startswith("finetune, "):
        steps = int(name.split()[1])
        return {name: predict(pretrained, "finetune", tune_epochs=1, least_tune_steps=steps)}
    if name.startswith("semi"):
        return {name: predict(pretrained, "semi", fraction=float(name.split()[1]) / 100)}
    if name in ("joined", "aligned"):
        return {name: predict(pretrained, head="linear" if name == "joined" else "aligned")}
    if name in ("first alone", "second alone"):
        encoders = pretrained.encoders[:1] if name == "first alone" else pretrained.encoders[1:]
        single = Pretrained(pretrained.method, pretrained.settings, pretrained.skeleton, encoders)
        return {name: predict(single)}
    if name == "streams":
        others = [
            pretrain(pretrained.method, clips, preset=preset, seed=seed, progress=False, stream=stream)
            for stream in ("bone", "motion")
        ]
        alone = {each.settings.stream: run(each) for each in (pretrained, *others)}
        combined = concatenate_encoders(pretrained, *others)
        return {stream: found.logits.argmax(1) for stream, found in alone.items()} | {
            "ensemble": mean_probabilities(*alone.values()).argmax(1),
            "joined": predict(combined, head="linear"),
            "aligned": predict(combined, head="aligned"),
        }
    return {name: predict(pretrained, name)}


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
    """Every method with the same encoder, clips, steps and augmentation, and two controls without training.

    Linear evaluation is one layer on the concatenated features. Two encoders are also aligned: the control of
    ASMa aligned is two untrained encoders aligned.
    """
    names = [name for name in OBJECTIVES if " " not in name or name in UNTRAINED]
    both = ("asma", "two untrained")
    return [
        PretrainingVariant(name, name, (*EVALUATIONS, "aligned") if name in both else EVALUATIONS)
        for name in names
    ]


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
            ("two untrained", "two untrained"),
        )
    ]


def asymmetry() -> list[PretrainingVariant]:
    """Asymmetries of f and g, each beside its control: uniform masks that hide as much motion.

    f hides joints of high degree, near the root or with little motion and still frames; g the opposite. A
    power makes the two more different; a low-pass takes sensor noise out of the ranking of frames.
    """
    ways: dict[str, dict[str, Any]] = {
        f"{quantity}, power {power:g}": {"quantity": quantity, "power": power}
        for quantity, powers in (("degree", (1.0, 2.0, 4.0)), ("hops", (1.0, 2.0)), ("motion", (1.0, 2.0)))
        for power in powers
    }
    ways["degree, power 1, frames low-passed"] = {"cutoff": 0.12}
    judged = ("knn", "linear", "semi 1 %")
    variants = [PretrainingVariant("two random", "two random", judged)]
    for words, changes in ways.items():
        variants.append(PretrainingVariant(words, "asma", judged, changes))
        variants.append(PretrainingVariant(f"matched to {words}", "two matched", judged, changes))
    return variants


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


EXPERIMENTS: dict[str, Callable[[], list]] = {
    "pretraining": pretraining,
    "pairs": pairs,
    "asymmetry": asymmetry,
    "streams": streams,
    "mirrored": mirrored,
    "transfer": transfer,
}
"""Lists of variants by name of the experiment."""
