"""Experiments of continual learning: lists of variants, each a learner with a memory and settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, ClassVar

import torch

from ..continual.learners import LEARNERS
from ..continual.learning import learn
from ..continual.presets import CONTINUAL_PRESETS
from ..data.default_split import TrainTestSplit
from .components import component_names
from .run_data import TEST_CLIPS, RunData

MEMORY = "20 clips"
"""Memory budget for small data sets: two uncompressed clips per class with ten classes."""

MANY_CLIPS = 8_400
"""Embedded clips, half of them to train on, where a memory is under pressure."""

PRESSURE = "4 clips"
"""Memory budget there: 4 of 4,200 clips uncompressed, and at most one in twenty compressed."""


@dataclass(frozen=True)
class LearnerVariant:
    """One learner with its memory and settings, to be run with several seeds.

    Args:
        label: its name in figures and tables.
        learner: a name in `LEARNERS`.
        memory: budget of the replay memory.
        changes: settings that differ from the preset.
        tasks: number of tasks; 1 learns all classes at once. Default: that of the data set's split.
    """

    label: str
    learner: str
    memory: str = MEMORY
    changes: dict[str, Any] = field(default_factory=dict)
    tasks: int | None = None
    headline: ClassVar[str] = "faa"

    def settings(self, preset: str) -> dict[str, Any]:
        """Settings of a preset, of which `changes` are changed, and those that learners have chosen in it."""
        chosen = {name: each.chosen[preset] for name, each in LEARNERS.items() if preset in each.chosen}
        return CONTINUAL_PRESETS[preset].as_dict() | ({"chosen": chosen} if chosen else {})

    def split(self, data: RunData, seed: int) -> TrainTestSplit:
        """Training and test clips."""
        return data.split(seed)

    def run(self, data: RunData, seed: int) -> dict[str, Any]:
        """Results of one run, as `RunData.results` collects them."""
        split = self.split(data, seed)
        history = learn(
            self.learner,
            split.train,
            split.test,
            self.tasks or split.tasks,
            memory=self.memory,
            preset=data.preset,
            seed=seed,
            progress=False,
            **self.changes,
        )
        numbers = history.as_dict()
        seconds = numbers.pop("seconds")
        return numbers | {
            "order": history.scenario.order,
            "total_seconds": sum(seconds.values()),
            "seconds": seconds,
            "divided": repr(split),
            "test": history.scenario.test,
            "predictions": {
                "accuracy": history.predictions,
                "task_accuracy": history.task_predictions,
            },
        }


@dataclass(frozen=True)
class PressureVariant(LearnerVariant):
    """A learner with a memory so small that compression decides how many of many clips it keeps."""

    def split(self, data: RunData, seed: int) -> TrainTestSplit:
        """Of the embedded set, 8,400 clips of all thirty actions, and as many test clips as elsewhere."""
        split = replace(data, clips=MANY_CLIPS, test_clips=None).split(seed)
        tests = torch.arange(min(data.test_clips or TEST_CLIPS, len(split.test)))
        return replace(split, test=split.test.select(tests))


def methods() -> list[LearnerVariant]:
    """All learners, with the same encoder and the same bytes of memory."""
    names = [name for name in LEARNERS if name != "joint"]
    return [LearnerVariant(name, name) for name in [*names, "joint"]]


def components() -> list[LearnerVariant]:
    """Every learner with a memory, at equal bytes and steps: whole or compressed, probed, logits refreshed.

    iCaRL has no classifier to probe, and only DER++ and CHARON store logits. DER++ is CHARON without masking.
    """
    available: dict[str, tuple[str, ...]] = {
        "icarl": ("compression",),
        "er": ("compression", "probing"),
        "der++": ("compression", "probing", "refresh"),
        "charon": ("compression", "probing", "refresh"),
    }
    variants = []
    for learner, names in available.items():
        for on in product((False, True), repeat=len(names)):
            changes = dict(zip(names, on, strict=True))
            variants.append(
                LearnerVariant(f"{learner}, {component_names(changes)}", learner, changes=changes)
            )
    return variants


def pressure() -> list[LearnerVariant]:
    """Codecs at equal bytes, on 4,200 clips of thirty classes: at most one clip in twenty is kept."""
    ways: dict[str, dict[str, Any]] = {
        f"s = {s}": {"interval": s, "compression": s > 1} for s in (1, 2, 5, 10, 20, 30)
    }
    ways |= {
        "int8, s = 5": {"interval": 5, "dtype": "int8"},
        "8 keyframes": {"codec": "adaptive", "keyframes": 8},
        "8 cosines": {"codec": "dct", "coefficients": 8},
        "int8, 8 cosines": {"codec": "dct", "coefficients": 8, "dtype": "int8"},
    }
    few = {"epochs": 2}  # some 210 steps a task
    return [PressureVariant(label, "charon", PRESSURE, few | changes) for label, changes in ways.items()]


def ratios() -> list[LearnerVariant]:
    """Mask ratios. All classes are learnt in one task, so that forgetting does not hide the effect."""
    return [
        LearnerVariant(f"{ratio:.0%}", "charon", MEMORY, {"ratio": ratio, "probing": False}, tasks=1)
        for ratio in (0.0, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9)
    ]


def extras() -> list[LearnerVariant]:
    """CHARON with one change at a time: additions to the paper, and choices that differ from it."""
    changes: dict[str, dict[str, Any]] = {
        "CHARON": {},
        "mask ratio follows accuracy": {"adaptive": "difficulty", "ratio": 0.6},
        "mask ratio follows memory use": {"adaptive": "memory", "ratio": 0.6},
        "position of tuples known": {"temporal_position": True},
        "half-pixel restore": {"restore": "half_pixel"},
        "no reconstruction": {"reconstruction": False},
        "no recalibration": {"recalibrate": False},
        "separate passes, as published": {"fused": False},
        "tanh attention": {"attention": "tanh"},
    }
    return [LearnerVariant(label, "charon", changes=change) for label, change in changes.items()]


def attention() -> list[LearnerVariant]:
    """The axis of the softmax and the first scale of the scores, crossed; and the published stem."""
    variants = []
    for learner, axis, scale in product(("charon", "joint"), ("inputs", "outputs"), (1.0, 10.0)):
        changes = {"softmax_over": axis, "attention_scale": scale}
        variants.append(LearnerVariant(f"{learner}, over {axis}, scale {scale:g}", learner, changes=changes))
    published = {"softmax_over": "outputs", "attention_scale": 1.0, "stem": "all"}
    return [
        *variants,
        LearnerVariant("charon, as published, stem on all tuples", "charon", changes=published),
    ]


EXPERIMENTS: dict[str, Callable[[], list[LearnerVariant]]] = {
    "methods": methods,
    "components": components,
    "pressure": pressure,
    "ratios": ratios,
    "extras": extras,
    "attention": attention,
}
