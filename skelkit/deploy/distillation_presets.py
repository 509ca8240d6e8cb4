"""Settings and presets of distillation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..training.settings import check


@dataclass(frozen=True)
class Settings:
    """Student and training.

    Args:
        size: of the student, a name in `models.GRAPH_SIZES`.
        frames: T; every clip is resampled to it.
        stream: input of the student: "joint", "bone" or "motion".
        temperature: τ, which divides the logits of teacher and student.
        soft: weight of τ² KL(teacher ‖ student).
        hard: weight of the cross-entropy with the labels.
        features: weight of the cosine distance between the teacher's fused feature and a linear map of the
            student's.
        epochs: number of epochs.
        least_steps: smallest number of steps; with few clips more epochs are run to reach it.
        batch: clips per step.
        lr: initial learning rate of AdamW; it falls along a cosine.
        weight_decay: of AdamW.
        crop: share of padding before the random temporal crop; teacher and student see the same views.
        tilt: largest rotation about the vertical axis, in degrees.
        clip: largest norm of the gradient.
        precision: "fp32", "bf16" (autocast) or "auto" (bf16 on a GPU that supports it).

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    size: str = "student"
    frames: int = 36
    stream: Literal["joint", "bone", "motion"] = "joint"
    temperature: float = 2.0
    soft: float = 1.0
    hard: float = 0.5
    features: float = 0.0
    epochs: int = 60
    least_steps: int = 600
    batch: int = 32
    lr: float = 5e-3
    weight_decay: float = 1e-4
    crop: float = 1 / 6
    tilt: float = 30.0
    clip: float = 5.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def __post_init__(self) -> None:
        check(self, {"epochs": 1, "batch": 2, "frames": 1, "soft": 0, "hard": 0, "features": 0})
        if not self.temperature > 0:
            raise ValueError(
                f"temperature={self.temperature}: expected a positive number; "
                "1 leaves the teacher's probabilities unchanged"
            )


DISTILLATION_PRESETS = {
    "smoke": Settings(frames=20, epochs=8, batch=16, least_steps=0),
    "laptop": Settings(),
    "gpu": Settings(size="laptop", frames=50, epochs=100, batch=128),
    "paper": Settings(size="laptop", frames=50, epochs=100, batch=128),
}
"""smoke: seconds, everything runs. laptop: minutes on two cores. gpu and paper: a larger student."""
