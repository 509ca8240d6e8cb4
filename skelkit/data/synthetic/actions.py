"""The thirty everyday actions of the synthetic data set, and their description as tensors.

Targets of hands and feet are in arm and leg lengths, so that one description fits every subject.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import torch
from torch import Tensor

from . import one_person, two_person
from .action import DOFS, RESTING, Action, Pose

_CATALOGUE: dict[str, Action] = one_person.ACTIONS | two_person.ACTIONS

ACTIONS: tuple[str, ...] = tuple(_CATALOGUE)
"""Names of the thirty actions, in the order of their labels."""

TWO_PERSON: tuple[str, ...] = tuple(two_person.ACTIONS)
"""The actions of two persons."""

PAIRS: dict[str, tuple[tuple[str, ...], ...]] = {
    "time order": (
        ("sit down", "stand up"),
        ("put on jacket", "take off jacket"),
        ("put on glasses", "take off glasses"),
        ("pick up", "put down"),
    ),
    "end effector": (("write", "type", "use phone"), ("drink", "eat", "brush teeth")),
    "tempo": (("wave", "wave fast"), ("walk slowly", "walk briskly")),
}
"""Actions that are hard to distinguish, by the only feature that distinguishes them."""


@dataclass(frozen=True)
class Scores:
    """All A actions as tensors; row a is the first person of action a, row A + a the second person."""

    keys: Tensor  # [2A, K, D]
    times: Tensor  # [2A, K]; unused keys are beyond 1
    rhythm: Tensor  # [2A, 5, D]: factors of sin, cos, sin 2, cos 2 of the phase, and of 1
    rate: Tensor  # [2A] Hz
    window: Tensor  # [2A, 2]
    stride: Tensor  # [2A] leg lengths per cycle
    seconds: Tensor  # [2A]
    distance: Tensor  # [2A] metres
    reverse: Tensor  # bool[2A]

    def of(self, rows: Tensor) -> Scores:
        """The scores of these rows, on their device."""
        return Scores(*(getattr(self, f.name).to(rows.device)[rows] for f in fields(self)))


@cache
def scores() -> Scores:
    """All actions as tensors, computed once. Do not write to them."""
    actions = [*_CATALOGUE.values(), *(a.reply or a for a in _CATALOGUE.values())]
    most = max(len(a.keys) for a in actions)
    padded = [(*a.keys, *[a.keys[-1]] * (most - len(a.keys))) for a in actions]
    keys = torch.stack([torch.stack([_pose_row(pose) for _, pose in row]) for row in padded])
    times = torch.tensor(
        [[t for t, _ in a.keys] + [2.0 + i for i in range(most - len(a.keys))] for a in actions]
    )
    columns = ("rate", "window", "stride", "seconds", "distance", "reverse")
    return Scores(
        keys,
        times,
        torch.stack([_rhythm_rows(action) for action in actions]),
        *(torch.tensor([getattr(action, name) for action in actions]) for name in columns),
    )


def _pose_row(pose: Pose) -> Tensor:
    """Values of all degrees of freedom, [D]."""
    values = RESTING | pose
    unknown = set(values) - set(DOFS)
    if unknown:
        raise ValueError(
            f"a pose names unknown degrees of freedom: {', '.join(sorted(unknown))}; known: {', '.join(DOFS)}"
        )
    return torch.tensor([values.get(d, 0.0) for d in DOFS])


def _rhythm_rows(action: Action) -> Tensor:
    """Factors of sin, cos, sin 2, cos 2 of the phase, and of 1, [5, D]."""
    table = torch.zeros(5, len(DOFS))
    for name, (amplitude, harmonic, phase) in action.rhythm.items():
        angle = torch.tensor(2 * torch.pi * phase)
        column = table[:, DOFS.index(name)]
        if harmonic == 0:
            column[4] += amplitude
        else:
            column[2 * harmonic - 2] += amplitude * angle.cos()
            column[2 * harmonic - 1] += amplitude * angle.sin()
    return table
