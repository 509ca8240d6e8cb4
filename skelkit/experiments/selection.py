"""Experiments that choose settings: runs are evaluated on validation subjects, never on the test clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from ..continual.learners import LEARNERS
from ..continual.presets import CONTINUAL_PRESETS
from ..data.default_split import TrainTestSplit
from .continual import LearnerVariant
from .run_data import RunData
from .selfsup import PretrainingVariant

STEPS = (50, 150, 450)
"""Smallest numbers of steps of a task."""

CONVERGING = ("er", "der++", "icarl", "charon", "joint")
"""Learners that get better with more steps; the others forget whatever they learn."""

RATES = (1e-3, 3e-3, 1e-2)
"""Learning rates."""

SCALED: dict[str, tuple[float, ...]] = {"lr": (3e-3, 1e-2), "attention_scale": (10.0,)}
"""Learning rates with ten times the published first scale of the attention."""

PRETRAINING_STEPS = {"pstl": (150, 450, 1350), "asma": (150, 450)}
"""Numbers of steps of pre-training of each method."""

TUNING_STEPS = (75, 225, 675)
"""Numbers of steps of fine-tuning."""

ENOUGH = 450
"""Steps of pre-training after which every number of steps of fine-tuning is tried."""

OWN_WEIGHTS: dict[str, dict[str, tuple[float, ...]]] = {
    "ewc": {"ewc": (0.1, 10.0, 1e3, 1e5)},
    "lwf": {"distillation": (1.0, 3.0, 10.0)},
    "der++": {"alpha": (0.03, 0.1, 0.3)},
    "charon": {"alpha": (0.03, 0.1, 0.3), "gamma": (0.1, 1.0)},
}
"""Weights of the terms of a learner's loss, by setting."""


class OnValidation:
    """A variant that is evaluated on validation subjects."""

    def split(self, data: RunData, seed: int) -> TrainTestSplit:
        """Training clips, and validation clips in place of the test clips."""
        return data.inner_split(seed)


@dataclass(frozen=True)
class ChoiceVariant(OnValidation, LearnerVariant):
    """A learner with settings to choose between."""


@dataclass(frozen=True)
class GridVariant(ChoiceVariant):
    """A learner with the settings of the preset, not those it has chosen, except what the grid tries."""

    def settings(self, preset: str) -> dict[str, Any]:
        """Settings of a preset, of which `changes` are changed."""
        return CONTINUAL_PRESETS[preset].as_dict()

    def run(self, data: RunData, seed: int) -> dict[str, Any]:
        """Results of one run, as for `LearnerVariant`."""
        preset, chosen = self.settings(data.preset), LEARNERS[self.learner].chosen.get(data.preset, {})
        changes = {name: preset[name] for name in chosen} | self.changes
        return ChoiceVariant(self.label, self.learner, changes=changes).run(data, seed)


def _variants(
    learner: str, grid: dict[str, tuple[Any, ...]], kind: type[ChoiceVariant] = GridVariant
) -> list[ChoiceVariant]:
    """A variant for each combination of values of the settings in `grid`."""
    variants = []
    for values in product(*grid.values()):
        changes = dict(zip(grid, values, strict=True))
        words = ", ".join(f"{name} = {value:g}" for name, value in changes.items())
        variants.append(kind(f"{learner}, {words}", learner, changes=changes))
    return variants


def steps() -> list[ChoiceVariant]:
    """Learners with a memory by the number of steps of a task: how many are enough, and which needs more."""
    return [v for learner in CONVERGING for v in _variants(learner, {"least_steps": STEPS}, ChoiceVariant)]


def grid() -> list[ChoiceVariant]:
    """Every learner by its learning rate, the scale of its attention, then the weights of its loss."""
    by_rate = [v for learner in LEARNERS for v in _variants(learner, {"lr": RATES})]
    by_scale = [v for learner in CONVERGING for v in _variants(learner, SCALED)]
    by_weight = [v for learner, weights in OWN_WEIGHTS.items() for v in _variants(learner, weights)]
    return by_rate + by_scale + by_weight


@dataclass(frozen=True)
class PretrainingChoice(OnValidation, PretrainingVariant):
    """A way of pre-training with settings to choose between."""


def curves() -> list[PretrainingChoice]:
    """Pre-training by its number of steps, and fine-tuning by its own, with and without pre-training."""
    tuned = tuple(f"finetune, {steps} steps" for steps in TUNING_STEPS)
    variants = [PretrainingChoice("scratch", "scratch", ("knn", "linear", *tuned))]
    for method, numbers in PRETRAINING_STEPS.items():
        for steps in numbers:
            judged = ("knn", "linear", *(tuned if steps == ENOUGH else tuned[1:2]))
            changes = {"epochs": 1, "least_steps": steps}
            variants.append(PretrainingChoice(f"{method}, {steps} steps", method, judged, changes))
    return variants


def projector() -> list[PretrainingChoice]:
    """PSTL by the width, the depth and the redundancy weight of its projector, one at a time."""
    default = {"projector": 256, "depth": 2, "redundancy": 4e-3}
    ways: dict[str, tuple[float, ...]] = {
        "projector": (32, 64, 128, 512, 1024),
        "depth": (1, 3),
        "redundancy": (2.5e-4, 1e-3, 1.6e-2),
    }
    changes = [default, *(default | {name: v} for name, values in ways.items() for v in values)]
    return [
        PretrainingChoice(
            f"width {c['projector']:g}, depth {c['depth']:g}, λ = {c['redundancy']:g}",
            "pstl",
            ("knn", "linear"),
            c,
        )
        for c in changes
    ]


EXPERIMENTS: dict[str, Callable[[], list]] = {
    "steps": steps,
    "grid": grid,
    "curves": curves,
    "projector": projector,
}
"""Lists of variants by name of the experiment."""
