"""Exercise of notebook 02: how much moves from one frame to the next, where persons come and go."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import one_absent, walk


def frame_motion(x: Tensor) -> Tensor:
    """Mean squared displacement to the next frame of x [N, C, T, V, M], over joints and persons: [N, T].

    Persons count who are in both frames; the last frame repeats the value before it.
    """
    here = (x != 0).any(3).any(1)  # [N, T, M]
    both = here[:, 1:] & here[:, :-1]
    squared = x.diff(dim=2).square().sum(1).mean(2)  # [N, T - 1, M]
    moved = (squared * both).sum(2) / both.sum(2).clamp(min=1)
    return torch.cat([moved, moved[:, -1:]], 1)


def _cases() -> list[Case]:
    enters = walk(9, persons=2, seed=3)
    enters[:, :, :4, :, 1] = 0
    return [
        Case("for one person", (walk(8),)),
        Case("where the second person of a clip is absent", (one_absent(7),)),
        Case("where a person enters in frame 4", (enters,)),
    ]


def _variant(x: Tensor, jumps: bool = False, slots: bool = False) -> Tensor:
    here = (x != 0).any(3).any(1)
    both = torch.ones_like(here[:, 1:]) if slots else here[:, 1:] & here[:, :-1]
    counted = here[:, 1:] | here[:, :-1] if jumps or slots else both
    squared = x.diff(dim=2).square().sum(1).mean(2)
    moved = (squared * counted).sum(2) / (counted if jumps and not slots else both).sum(2).clamp(min=1)
    return torch.cat([moved, moved[:, -1:]], 1)


def _all_slots(x: Tensor) -> Tensor:
    here = (x != 0).any(3).any(1)
    share = (here[:, 1:] & here[:, :-1]).float().mean(2)  # of the slots
    motion = frame_motion(x)[:, :-1] * share
    return torch.cat([motion, motion[:, -1:]], 1)


def _zero_at_the_end(x: Tensor) -> Tensor:
    motion = frame_motion(x).clone()
    motion[:, -1] = 0
    return motion


EXERCISE = Exercise(
    name="frame_motion",
    notebook="02_masks",
    reference=frame_motion,
    cases=_cases,
    mistakes=(
        (
            "It counts the jump of a person who comes or goes, from zeros to a place in the room.",
            lambda x: _variant(x, jumps=True),
        ),
        (
            "It counts the jump of a person who comes or goes, and divides by absent persons too.",
            lambda x: _variant(x, slots=True),
        ),
        ("It divides by all slots for persons, also the empty ones.", _all_slots),
        ("The last frame has no next one: it repeats the value before it.", _zero_at_the_end),
        ("The last frame is missing: there are T values.", lambda x: frame_motion(x)[:, :-1]),
        ("Squared displacement, not its root.", lambda x: frame_motion(x).sqrt()),
        ("It adds up the joints; asked is their mean.", lambda x: frame_motion(x) * x.shape[3]),
        (
            "It also averages over x, y and z: a squared displacement is their sum.",
            lambda x: frame_motion(x) / 3,
        ),
    ),
    hints=(
        "`x.diff(dim=2)` is the displacement to the next frame, [N, C, T − 1, V, M].",
        "Square it, add up the coordinates (axis 1), and average over the joints.",
        "A person is in a frame if any coordinate is not zero: `(x != 0).any(3).any(1)`, [N, T, M].",
    ),
    tolerance=1e-6,
)
