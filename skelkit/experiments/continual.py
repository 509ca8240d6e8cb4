"""What is compared with what: lists of runs, each a learner with a memory and settings. `record` runs them; notebooks show what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import ClassVar

from ..continual.learning import learn
from ..data.default_split import load_split

MEMORY = "20 clips"
"""Budget of small sets: two uncompressed clips a class where there are ten classes."""

SLOTS = "80 slots"
"""Where codecs are compared at an equal number of stored clips: 500 clips of 60 classes, scaled to ten."""

COMPONENTS = ("compression", "masking", "probing")
"""The three mechanisms of CHARON."""


@dataclass(frozen=True)
class Variant:
    """One way of learning, to be run with several seeds.

    Args:
        label: how the notebooks call it.
        tasks: overrides the protocol's number of tasks; 1 learns everything at once.
    """

    label: str
    learner: str
    memory: str = MEMORY
    changes: dict = field(default_factory=dict)
    tasks: int | None = None
    main: ClassVar[str] = "faa"

    def run(self, dataset: str, seed: int, preset: str, sources: Sequence[str] = ()) -> dict:
        """One run, as it is kept."""
        setting = load_split(dataset, preset, seed)
        history = learn(
            self.learner,
            setting.train,
            setting.test,
            self.tasks or setting.tasks,
            memory=self.memory,
            preset=preset,
            seed=seed,
            progress=False,
            **self.changes,
        )
        numbers = history.as_dict()
        seconds = numbers.pop("seconds")
        return {
            "label": self.label,
            "seed": seed,
            "variant": asdict(self),
            **numbers,
            "total_seconds": sum(seconds.values()),
            "seconds": seconds,
            "divided": repr(setting),
        }


def methods() -> list[Variant]:
    """Every learner, with the same network and at equal bytes."""
    return [
        Variant(name, name)
        for name in ("fine-tuning", "ewc", "lwf", "er", "der++", "icarl", "charon", "joint")
    ]


def ablation() -> list[Variant]:
    """CHARON's three parts on and off, in every combination, at two sizes of the memory.

    Without masking nothing is hidden and nothing reconstructed; logits are refreshed in all, for that is no part of the three.
    """
    variants = []
    for memory, on in product(("10 clips", "40 clips"), product((False, True), repeat=3)):
        compression, masking, probing = on
        changes = {
            "compression": compression,
            "masking": masking,
            "reconstruction": masking,
            "probing": probing,
        }
        variants.append(Variant(f"{component_names(on)}, {memory}", "charon", memory, changes))
    return variants


def component_names(on: Sequence[bool]) -> str:
    """Which of CHARON's parts are on.

    >>> component_names((True, False, True))
    'compression + probing'
    """
    return " + ".join(part for part, each in zip(COMPONENTS, on, strict=True) if each) or "none"


def codecs() -> list[Variant]:
    """The same clips kept, in ever fewer bytes."""
    ways = {"float32, every frame": {"compression": False}}
    ways |= {
        f"{dtype}, every {s}th frame": {"interval": s, "dtype": dtype}
        for dtype, s in (("float32", 5), ("int8", 5), ("int8", 12), ("int8", 20), ("int8", 30))
    }
    ways |= {f"int8, {k} cosines": {"codec": "dct", "coefficients": k, "dtype": "int8"} for k in (5, 3)}
    ways |= {"int8, 5 keyframes": {"codec": "adaptive", "keyframes": 5, "dtype": "int8"}}
    return [Variant(label, "charon", SLOTS, changes) for label, changes in ways.items()]


def intervals() -> list[Variant]:
    """At equal bytes: the coarser the clips, the more of them."""
    return [
        Variant(f"s = {s}", "charon", "10 clips", {"interval": s, "compression": s > 1})
        for s in (1, 2, 5, 10, 20, 30)
    ]


def ratios() -> list[Variant]:
    """Everything learnt at once, with ever more of each clip hidden."""
    return [
        Variant(f"{ratio:.0%}", "charon", MEMORY, {"ratio": ratio, "probing": False}, tasks=1)
        for ratio in (0.0, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9)
    ]


def extras() -> list[Variant]:
    """One thing at a time changed in CHARON: what the paper does not have, or does otherwise."""
    changes = {
        "CHARON": {},
        "mask ratio follows accuracy": {"adaptive": "difficulty", "ratio": 0.6},
        "mask ratio follows memory use": {"adaptive": "memory", "ratio": 0.6},
        "position of tuples known": {"temporal_position": True},
        "memory in int8": {"dtype": "int8"},
        "adaptive keyframes": {"codec": "adaptive", "keyframes": 12},
        "half-pixel restore": {"restore": "half_pixel"},
        "no reconstruction": {"reconstruction": False},
        "no logit refresh": {"refresh": False},
        "no recalibration": {"recalibrate": False},
        "separate passes, as published": {"fused": False},
        "tanh attention": {"attention": "tanh"},
    }
    return [Variant(label, "charon", changes=change) for label, change in changes.items()]


EXPERIMENTS: dict[str, Callable[[], list[Variant]]] = {
    "methods": methods,
    "ablation": ablation,
    "codecs": codecs,
    "intervals": intervals,
    "ratios": ratios,
    "extras": extras,
}
