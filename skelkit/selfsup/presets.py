"""Settings and presets of self-supervised pre-training and of its evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..training.settings import WithOptions, check, choose


@dataclass(frozen=True)
class Settings(WithOptions):
    """Encoder, pre-training and evaluation. (ASMa and PSTL, implementation details.)

    Args:
        size: of every encoder, a name in `models.GRAPH_SIZES`.
        frames: T; every clip is resampled to it.
        stream: input of the encoders: "joint", "bone" (child minus parent) or "motion" (frame differences).
        epochs: number of pre-training epochs. least_steps: with few clips more epochs are run, so that there
            are at least this many steps. (The recorded curves: with 150 linear evaluation is below first
            weights on all three data sets, with 450 at least as good.)
        batch: clips per step of pre-training and fine-tuning.
        lr: peak learning rate of Adam in pre-training.
        weight_decay: of every optimiser but that of linear evaluation.
        warmup: share of the steps over which the rate rises; afterwards it falls along a cosine.
        projector: width of the Barlow Twins projector.
        depth: number of layers of the projector.
        redundancy: λ, weight of the redundancy-reduction term.
        joints: share of the joints removed in the spatial view. joint_draws: if not 0, PSTL instead removes
            the joints of so many draws, the same for a batch; see `masks.DegreeDraws`, without replacement.
        hidden: share of the frames dropped in the temporal view: half of them are those that move most (or
            least), half are random.
        shear: amplitude of the random shear.
        tilt: largest rotation about the vertical axis, in degrees.
        mirror: probability that a view is mirrored.
        crop: share of padding before the random temporal crop. All of these: see `augment`.
        covered: share of the coordinates that are masked (Skeleton2vec, masked autoencoder).
        tube: frames of a masked tube.
        top: number of last layers that serve as targets (Skeleton2vec).
        ema: decay of the teacher's moving average (Skeleton2vec).
        linear_epochs: number of epochs of linear evaluation.
        linear_lr: learning rate of linear evaluation.
        tune_epochs, least_tune_steps: the same for fine-tuning.
        tune_lr: learning rate of the encoders in fine-tuning.
        tune_factor: the head's learning rate in fine-tuning, as a multiple of `tune_lr`.
        smoothing: label smoothing in fine-tuning.
        clip: largest norm of the gradient; `math.inf` for no limit.
        precision: "fp32", "bf16" (autocast) or "auto" (bf16 on a GPU that supports it).
        options: of the objective, as in `WithOptions`.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    size: str = "laptop"
    frames: int = 36
    stream: Literal["joint", "bone", "motion"] = "joint"
    epochs: int = 30
    least_steps: int = 450
    batch: int = 32
    lr: float = 5e-3
    weight_decay: float = 1e-5
    warmup: float = 0.067
    projector: int = 256
    depth: int = 2
    redundancy: float = 4e-3
    joints: float = 0.3
    joint_draws: int = 0
    hidden: float = 0.4
    shear: float = 0.1
    tilt: float = 30.0
    mirror: float = 0.5
    crop: float = 1 / 6
    covered: float = 0.5
    tube: int = 5
    top: int = 2
    ema: float = 0.98
    linear_epochs: int = 100
    linear_lr: float = 0.01
    tune_epochs: int = 15
    tune_lr: float = 1e-3
    tune_factor: float = 10.0
    least_tune_steps: int = 675
    smoothing: float = 0.1
    clip: float = 5.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def __post_init__(self) -> None:
        check(
            self,
            dict.fromkeys(("frames", "depth", "projector", "tube", "top"), 1)
            | dict.fromkeys(("epochs", "redundancy", "weight_decay", "joint_draws"), 0)
            | dict.fromkeys(("least_steps", "least_tune_steps"), 0),
        )
        if self.batch < 2:
            raise ValueError(
                f"batch={self.batch}: Barlow Twins compares features over a batch; "
                "give at least 2 clips, better 32"
            )

    def epochs_for(self, clips: int) -> int:
        """Number of epochs of pre-training on `clips` clips."""
        return max(self.epochs, -(-self.least_steps // -(-clips // self.batch)))

    def steps_for(self, clips: int) -> int:
        """Number of steps of pre-training on `clips` clips."""
        return self.epochs_for(clips) * -(-clips // self.batch)

    def tune_epochs_for(self, clips: int) -> int:
        """Number of epochs of fine-tuning on `clips` clips."""
        return max(self.tune_epochs, -(-self.least_tune_steps // -(-clips // self.batch)))

    def changed(self, **changes: Any) -> Settings:
        """A copy with some settings changed.

        Raises:
            ValueError: An unknown setting or an invalid value.
        """
        return choose({"": self}, "", _whole(changes))


PRETRAINING_PRESETS = {
    "smoke": Settings(
        frames=20,
        epochs=2,
        least_steps=0,
        batch=16,
        linear_epochs=20,
        tune_epochs=6,
        least_tune_steps=0,
        projector=64,
    ),
    "laptop": Settings(),
    "gpu": Settings(
        size="paper",
        frames=50,
        shear=0.3,
        epochs=60,
        least_steps=0,
        least_tune_steps=100,
        batch=128,
        projector=1024,
        redundancy=1e-3,
        linear_epochs=100,
        tune_epochs=30,
    ),
    "paper": Settings(
        size="published",
        frames=50,
        shear=1.0,
        epochs=150,
        least_steps=0,
        batch=128,
        warmup=10 / 150,
        projector=6144,
        depth=3,
        redundancy=2e-4,
        joint_draws=8,
        clip=math.inf,
        linear_epochs=150,
        tune_epochs=150,
        tune_lr=5e-3,
        tune_factor=1.0,
        least_tune_steps=0,
        smoothing=0.0,
    ),
}
"""smoke: seconds, everything runs. laptop: minutes on two cores. gpu: larger. paper: as published by PSTL,
whose values ASMa takes over; what still differs stands under "Differs from the authors" of `SiameseEncoder`
and `models.STGCN`."""


def settings(preset: str = "laptop", objective: object = None, **changes: Any) -> Settings:
    """A preset with some settings changed.

    Args:
        preset: a name in `PRETRAINING_PRESETS`.
        objective: entry of `OBJECTIVES` whose options may be changed, too.
        changes: settings and options, by name. A number of epochs is taken at its word: the least number of
            steps is then 0, unless it is given, too.

    Raises:
        ValueError: An unknown preset or setting (lists the known ones), or an invalid value.

    >>> settings("laptop", stream="bone").stream
    'bone'
    >>> settings("laptop", epochs=2).least_steps
    0
    """
    return choose(PRETRAINING_PRESETS, preset, _whole(changes), lambda _: (objective,))


def _whole(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, with no least number of steps where epochs are given."""
    least = {"epochs": "least_steps", "tune_epochs": "least_tune_steps"}
    return {steps: 0 for epochs, steps in least.items() if epochs in changes} | dict(changes)
