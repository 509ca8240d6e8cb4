"""Exercise of notebook 00: which persons of a batch are present."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import one_absent, walk


def presence(x: Tensor) -> Tensor:
    """Whether each person of clips x [N, C, T, V, M] is in some frame, bool [N, M]."""
    return (x != 0).any(3).any(2).any(1)


def _cases() -> list[Case]:
    late, leaves, below = one_absent(6), one_absent(6), one_absent(6, seed=2)
    late[1, :, :3, :, 1] = 0  # comes in after three frames
    leaves[1, :, 3:, :, 1] = 0
    below = torch.where(below == 0, below, below - 3)
    around = below.clone()
    around[:, :, :, 0] = -0.2 * around[:, :, :, 0]  # one joint on the other side of the origin
    one_joint = walk(5, persons=2, seed=4)
    one_joint[0, :, :, 1:, 1] = 0  # all other joints were not seen
    return [
        Case("where one person comes in later", (late,)),
        Case("where one person leaves", (leaves,)),
        Case("where all coordinates are negative", (below,)),
        Case("where most coordinates are negative", (around,)),
        Case("where a single joint was seen", (one_joint,)),
    ]


EXERCISE = Exercise(
    name="presence",
    notebook="00_start_here",
    reference=presence,
    cases=_cases,
    mistakes=(
        (
            "The sign of the sum says on which side of the origin a person is, not whether there is one.",
            lambda x: x.sum((1, 2, 3)) > 0,
        ),
        (
            "It looks at the first frame only; a person may come in later.",
            lambda x: (x[:, :, 0] != 0).any(2).any(1),
        ),
        (
            "A person with one missing joint is still there: any coordinate is enough.",
            lambda x: (x != 0).all(3).any(2).any(1),
        ),
        (
            "A person who is there in some frames only is present in the clip.",
            lambda x: (x != 0).any(3).all(2).any(1),
        ),
        ("It keeps the frames: asked is one answer for a clip and person.", lambda x: (x != 0).any(3).any(1)),
        (
            "Coordinates may be negative: compare with 0, not with what is above it.",
            lambda x: (x > 0).any(3).any(2).any(1),
        ),
    ),
    hints=(
        "An absent person is all zeros, so one coordinate that is not zero is enough.",
        "`(x != 0)` has the axes N, C, T, V, M; the answer keeps the first and the last.",
        "`.any(3).any(2).any(1)` goes over joints, frames and channels.",
    ),
)
