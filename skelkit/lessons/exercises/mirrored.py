"""Exercise of notebook 00: a clip in a mirror."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import walk


def mirrored(x: Tensor, swap: Tensor) -> Tensor:
    """Clips x [N, C, T, V, M] in a mirror; swap Long [V] is the joint of the other side, for each joint."""
    y = x[:, :, :, swap].clone()
    y[:, 0] = -y[:, 0]
    return y


def _cases() -> list[Case]:
    swap = torch.tensor([0, 2, 1, 4, 3])
    return [Case(f"for clips of {t} frames", (walk(t, joints=5, seed=t), swap)) for t in (4, 7)]


def _flip(x: Tensor, axis: int) -> Tensor:
    y = x.clone()
    y[:, axis] = -y[:, axis]
    return y


EXERCISE = Exercise(
    name="mirrored",
    notebook="00_start_here",
    reference=mirrored,
    cases=_cases,
    mistakes=(
        (
            "The names change sides, the hands do not: x changes its sign, too.",
            lambda x, swap: x[:, :, :, swap],
        ),
        ("A left hand in a mirror is a right hand: swap the joints, too.", lambda x, swap: _flip(x, 0)),
        ("y points up: this stands people on their heads.", lambda x, swap: _flip(x[:, :, :, swap], 1)),
        (
            "z is depth: a mirror in front of people exchanges front and back, not left and right.",
            lambda x, swap: _flip(x[:, :, :, swap], 2),
        ),
        ("All axes are negated; a mirror changes one.", lambda x, swap: -x[:, :, :, swap]),
    ),
    hints=(
        "Joints are axis 3: index it with `swap`.",
        "Channel 0 is x; negate it, in a copy.",
    ),
)
