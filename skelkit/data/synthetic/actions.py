"""Thirty everyday actions, each described by key poses over time and a rhythm: what the synthetic data set performs.

A pose is a row of `DOFS`, degrees of freedom of a body. Hand and foot targets are in arm and leg lengths, so that one
description fits every subject; angles are radians. What a pose does not name keeps its value in `REST`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache

import torch
from torch import Tensor

_TRUNK = (
    "side",
    "lift",
    "forward",
    "go",
    "turn",
    "tilt",
    "list",
    "bend",
    "lean",
    "twist",
    "nod",
    "look",
    "cock",
)

_ARM, _LEG = ("out", "up", "fwd", "elbow", "flex", "roll"), ("step_out", "step_up", "step_fwd", "point")

DOFS = _TRUNK + tuple(f"{s}_{n}" for s in "rl" for n in _ARM) + tuple(f"{s}_{n}" for s in "rl" for n in _LEG)
"""Degrees of freedom. Pelvis over the feet: side (left +), lift, forward, in leg lengths; go moves the feet too; turn,
tilt (forward +), list: its yaw, pitch, roll. Spine: bend, lean, twist; head: nod, look, cock. Wrist of each arm from its
shoulder, in the chest's frame, in arm lengths: out (away from the body), up, fwd; elbow swings the elbow out, flex bends
the wrist, roll turns the palm. Ankle of each leg from where it stands: step_*, in leg lengths; point lowers the toes."""

SIDEWAYS = ("side", "turn", "list", "lean", "twist", "look", "cock")
"""Degrees of freedom that change sign in the mirror."""

Pose = dict[str, float]

RESTING = {
    "r_out": 0.13,
    "r_up": -0.955,
    "r_fwd": 0.08,
    "l_out": 0.13,
    "l_up": -0.955,
    "l_fwd": 0.08,
    "r_flex": 0.1,
    "l_flex": 0.1,
}


@dataclass(frozen=True)
class Action:
    """One action: `keys` are (time in 0..1, pose), joined by minimum-jerk curves; `rhythm` oscillates on top of them.

    `rhythm` maps a degree of freedom to (amplitude, harmonic 0, 1 or 2, phase in turns) at `rate` Hz, faded in and out
    over the `window`; harmonic 0 is a plain offset. With `stride`, the body travels that many leg lengths per cycle and
    the rhythm follows the distance walked. `reply` is the second person's part. `reverse` plays the action backwards.
    """

    seconds: float
    keys: tuple[tuple[float, Pose], ...]
    rhythm: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    rate: float = 1.0
    window: tuple[float, float] = (0.2, 0.8)
    stride: float = 0.0
    reply: Action | None = None
    distance: float = 0.0  # metres between two persons
    reverse: bool = False


def _pose(right=None, left=None, **more: float) -> Pose:
    """Wrist targets (out, up, fwd[, elbow[, flex[, roll]]]) and any other degrees of freedom by name."""
    arms = {
        f"{s}_{n}": v for s, arm in (("r", right), ("l", left)) for n, v in zip(_ARM, arm or (), strict=False)
    }
    return arms | more


def _there_and_back(start: Pose, pose: Pose, peak: Pose | None = None) -> tuple[tuple[float, Pose], ...]:
    return (
        (0, start),
        (0.04, start),
        (0.42, pose),
        *(((0.5, peak),) if peak else ()),
        (0.58, pose),
        (0.92, start),
        (1, start),
    )


_SEAT = {
    "lift": -0.49,
    "forward": -0.46,
    "bend": 0.06,
    "r_up": -0.62,
    "r_fwd": 0.5,
    "l_up": -0.62,
    "l_fwd": 0.5,
}

_DESK = _SEAT | _pose(left=(-0.22, -0.42, 0.58, 0, -0.1, 0.6), nod=0.42, bend=0.24)

_HOLDING = _pose((-0.13, -0.22, 0.54, 0.1, 0.1, 0.4))

_BITE = _pose((-0.12, 0.06, 0.42, 0.1, 0.5))

_WATCH = _pose(left=(-0.25, -0.22, 0.5, 0.7, 0, 0.8), nod=0.4, look=0.12)

_SHAKE = _pose((-0.12, -0.3, 0.8), forward=0.03)

_GIVE = _pose((-0.1, -0.28, 0.8), forward=0.03, nod=0.2)

_EMPTY = _pose((0.0, -0.55, 0.5))

_BOTH = _pose((-0.16, -0.26, 0.52, 0.1), (-0.16, -0.26, 0.52, 0.1), nod=0.22)

_LOW = _pose((0.0, -0.25, 0.9), (0.1, -0.85, 0.3), lift=-0.14, forward=-0.12, tilt=0.32, bend=0.36, nod=-0.1)

_HUG = _pose((-0.2, -0.02, 0.8, 0.5), (-0.15, 0.12, 0.78, 0.5), bend=0.14, forward=0.08, cock=0.2, nod=0.1)

_READY = _pose((-0.05, -0.38, 0.55, 0.1), (-0.08, -0.38, 0.52, 0.1))

_NEAR = _pose((-0.1, -0.38, 0.64))

_SIT = (
    (0, {}),
    (0.12, {}),
    (
        0.5,
        {
            "lift": -0.22,
            "forward": -0.27,
            "tilt": 0.18,
            "bend": 0.32,
            "r_up": -0.8,
            "l_up": -0.8,
            "r_fwd": 0.3,
            "l_fwd": 0.3,
        },
    ),
    (0.9, _SEAT),
    (1, _SEAT),
)

_JACKET = (
    (0, _BOTH),
    (0.3, _pose((0.4, -0.45, 0.0, 0.3), (-0.22, -0.28, 0.5), twist=-0.18, look=-0.25)),
    (0.64, _pose((-0.05, -0.25, 0.42, 0.4), (0.4, -0.48, 0.0, 0.3), twist=0.18, look=0.2)),
    (1, _pose((-0.08, -0.1, 0.4, 0.5), (-0.08, -0.1, 0.4, 0.5), bend=0.08, nod=0.15)),
)

_GLASSES = (
    (0, _BOTH),
    (0.12, _BOTH),
    (0.55, _pose((0.02, 0.28, 0.4, 0.3, -0.3), (0.02, 0.28, 0.4, 0.3, -0.3), nod=0.12)),
    (0.75, _pose((0.04, 0.31, 0.33, 0.4, -0.4), (0.04, 0.31, 0.33, 0.4, -0.4))),
    (1, _pose((0.04, 0.02, 0.42, 0.2), (0.04, 0.02, 0.42, 0.2))),
)

_LIFT = ((0, {}), (0.08, {}), (0.48, _LOW), (0.88, _HOLDING), (1, _HOLDING))

_RAISED = _pose((0.3, 0.2, 0.34, 0.5, 0, 0.3))

_WAVE = _there_and_back(_pose((0.28, 0.02, 0.38, 0.4, 0, 0.2)), _RAISED)

_WAVING = {"r_out": (0.085, 1, 0), "r_roll": (0.3, 1, 0), "r_up": (-0.02, 2, 0)}

_WALKING = {
    "l_step_fwd": (-1, 1, 0),
    "r_step_fwd": (1, 1, 0),
    "l_step_up": (-0.07, 1, 0.25),
    "r_step_up": (0.07, 1, 0.25),
    "r_fwd": (-0.2, 1, 0.02),
    "l_fwd": (0.2, 1, 0.02),
    "twist": (-0.09, 1, 0),
    "turn": (0.05, 1, 0),
    "lift": (0.012, 2, 0.25),
    "side": (0.02, 1, 0.25),
}


def _seated(rate: float, start: tuple, end: tuple, **rhythm: tuple) -> Action:
    """Seated at a table, the left hand resting on it: only the right hand tells what is being done."""
    return Action(3.4, ((0, _DESK | _pose(start)), (1, _DESK | _pose(end))), rhythm, rate, (0.02, 0.98))


def _walk(seconds: float, rate: float, stride: float) -> Action:
    """A foot that swings back as fast as the body goes forward stands still: its amplitude is stride / 2 pi."""
    rhythm = {k: (a * stride / 6.2832 if "step_fwd" in k else a, h, p) for k, (a, h, p) in _WALKING.items()}
    return Action(seconds, ((0, {}), (1, {"bend": 0.03})), rhythm, rate, (0.1, 0.92), stride)


def _two(
    seconds: float,
    distance: float,
    first: tuple,
    second: tuple,
    rhythm: dict | None = None,
    rate: float = 1.0,
) -> Action:
    reply = Action(seconds, second, rhythm or {}, rate, (0.3, 0.75))
    return Action(seconds, first, rhythm or {}, rate, (0.3, 0.75), reply=reply, distance=distance)


_ALONE = {
    "drink": Action(
        3.6,
        _there_and_back(
            _HOLDING, _pose((-0.14, 0.06, 0.43, 0.2, 0.4, 0.5)), _pose((-0.14, 0.13, 0.42, 0.4, 0.6, 0.5))
        ),
    ),
    "eat": Action(3.6, ((0, _HOLDING), (0.3, _BITE), (0.52, _HOLDING), (0.76, _BITE), (1, _HOLDING))),
    "brush teeth": Action(
        3.6,
        _there_and_back(_pose((-0.1, -0.1, 0.45, 0.3, 0.2)), _pose((-0.1, 0.08, 0.42, 0.5, 0.2))),
        {"r_out": (0.05, 1, 0), "r_flex": (0.15, 1, 0.1)},
        2.4,
    ),
    "wave": Action(3.0, _WAVE, _WAVING, 1.15, (0.1, 0.9)),
    "wave fast": Action(3.0, _WAVE, _WAVING, 1.9, (0.1, 0.9)),
    "clap": Action(
        2.8,
        _there_and_back(_BOTH, _pose((-0.2, -0.25, 0.55, 0.1), (-0.2, -0.25, 0.55, 0.1))),
        {"r_out": (0.065, 1, 0), "l_out": (0.065, 1, 0)},
        1.9,
        (0.1, 0.9),
    ),
    "brush hair": Action(
        3.6,
        _there_and_back(_pose((0.12, 0.32, 0.3, 0.5, 0.1)), _pose((0.12, 0.45, 0.24, 0.6, 0.2), cock=-0.1)),
        {"r_up": (0.07, 1, 0), "r_fwd": (0.08, 1, 0.25), "r_flex": (0.25, 1, 0.3)},
        0.9,
        (0.1, 0.9),
    ),
    "look at watch": Action(2.8, _there_and_back(_pose(left=(-0.14, -0.42, 0.48, 0.4)), _WATCH)),
    "nod": Action(
        2.6, _there_and_back({}, {"nod": 0.12}), {"nod": (0.26, 1, 0), "bend": (0.025, 1, 0.05)}, 1.3
    ),
    "throw": Action(
        2.6,
        (
            (0, _HOLDING),
            (0.42, _pose((0.45, 0.2, -0.1, 0.4), (0, -0.6, 0.5), twist=-0.3, lean=-0.06, forward=-0.04)),
            (0.64, _pose((0.05, 0.15, 0.85, 0.2), (0.25, -0.8, 0.1), twist=0.2, bend=0.1, forward=0.04)),
            (0.78, _pose((-0.15, -0.35, 0.7), twist=0.25, bend=0.14, forward=0.05)),
            (1, _pose((0, -0.6, 0.5), bend=0.05)),
        ),
    ),
    "kick": Action(
        2.4,
        (
            (0, {}),
            (0.14, {"side": 0.06}),
            (
                0.4,
                _pose(
                    (0.2, -0.8, 0.25),
                    (0.35, -0.8, 0),
                    side=0.08,
                    r_step_fwd=-0.28,
                    r_step_up=0.16,
                    r_point=0.5,
                ),
            ),
            (
                0.6,
                _pose(
                    (0.25, -0.8, -0.15),
                    (0.3, -0.75, 0.35),
                    side=0.08,
                    tilt=-0.08,
                    bend=0.1,
                    r_step_fwd=0.5,
                    r_step_up=0.26,
                    r_point=0.3,
                ),
            ),
            (0.86, {"side": 0.03, "r_step_fwd": 0.04}),
            (1, {}),
        ),
    ),
    "jump": Action(
        2.9,
        (
            (0, {}),
            (0.12, {}),
            (
                0.42,
                _pose(
                    (0.2, -0.85, -0.25), (0.2, -0.85, -0.25), lift=-0.12, forward=-0.05, tilt=0.16, bend=0.14
                ),
            ),
            (
                0.55,
                _pose(
                    (0.2, -0.4, 0.6),
                    (0.2, -0.4, 0.6),
                    lift=0.11,
                    r_step_up=0.12,
                    l_step_up=0.12,
                    r_point=0.6,
                    l_point=0.6,
                ),
            ),
            (
                0.68,
                _pose((0.3, -0.75, 0.3), (0.3, -0.75, 0.3), lift=-0.08, forward=-0.03, tilt=0.1, bend=0.08),
            ),
            (0.96, {}),
        ),
    ),
    "walk slowly": _walk(3.8, 0.45, 0.48),
    "walk briskly": _walk(3.4, 0.8, 0.48),
    "write": _seated(
        1.5,
        (-0.33, -0.44, 0.58, 0, 0.2),
        (-0.18, -0.44, 0.58, 0, 0.2),
        r_out=(0.03, 1, 0),
        r_up=(0.012, 2, 0),
        r_flex=(0.12, 2, 0.2),
    ),
    "type": _seated(
        2.4,
        (-0.24, -0.42, 0.58, 0, -0.1, 0.6),
        (-0.24, -0.42, 0.58, 0, -0.1, 0.6),
        r_up=(0.03, 1, 0),
        r_flex=(0.3, 1, 0.1),
    ),
    "use phone": _seated(
        0.8,
        (-0.24, -0.36, 0.54, 0, 0.1, -0.5),
        (-0.26, -0.36, 0.54, 0, 0.1, -0.5),
        r_flex=(0.3, 1, 0),
        r_up=(0.035, 1, 0),
        r_roll=(0.3, 1, 0.2),
    ),
    "sit down": Action(3.7, _SIT),
    "stand up": Action(3.7, _SIT, reverse=True),
    "put on jacket": Action(4.4, _JACKET),
    "take off jacket": Action(4.4, _JACKET, reverse=True),
    "put on glasses": Action(3.4, _GLASSES),
    "take off glasses": Action(3.4, _GLASSES, reverse=True),
    "pick up": Action(3.7, _LIFT),
    "put down": Action(3.7, _LIFT, reverse=True),
}

_TOGETHER = {
    "shake hands": _two(
        3.0, 1.12, _there_and_back(_NEAR, _SHAKE), _there_and_back(_NEAR, _SHAKE), {"r_up": (0.06, 1, 0)}, 1.9
    ),
    "push": _two(
        2.6,
        0.95,
        (
            (0, _READY),
            (
                0.46,
                _pose(
                    (-0.05, -0.08, 0.9, 0.2, -0.6), (-0.05, -0.08, 0.9, 0.2, -0.6), bend=0.12, forward=0.08
                ),
            ),
            (0.9, _READY),
        ),
        (
            (0, {}),
            (0.34, {}),
            (
                0.56,
                _pose(
                    (0.25, -0.8, 0.25),
                    (0.25, -0.8, 0.25),
                    bend=-0.12,
                    nod=0.2,
                    forward=-0.08,
                    l_step_up=0.1,
                    l_step_fwd=-0.16,
                ),
            ),
            (0.76, {"go": -0.16, "l_step_up": 0.02, "r_step_up": 0.06, "r_step_fwd": 0.08, "bend": 0.04}),
            (0.95, {"go": -0.18}),
        ),
    ),
    "hug": _two(
        3.4,
        0.62,
        _there_and_back(_READY, _HUG),
        _there_and_back(_READY, _HUG | {"r_up": 0.12}),
        {"r_up": (0.035, 1, 0)},
        1.6,
    ),
    "hand over": _two(
        3.0,
        1.15,
        ((0, _HOLDING), (0.45, _GIVE), (0.6, _GIVE), (1, _EMPTY)),
        ((0, _EMPTY), (0.48, _GIVE), (0.62, _pose((-0.1, -0.28, 0.78), nod=0.2)), (1, _HOLDING)),
    ),
    "punch": _two(
        2.4,
        0.95,
        (
            (0, _READY),
            (0.28, _pose((0.08, -0.25, 0.25, 0.3), (-0.1, -0.15, 0.4), twist=-0.15)),
            (0.5, _pose((-0.2, 0.05, 0.93, 0.3), (-0.05, -0.2, 0.35), twist=0.25, forward=0.05, bend=0.05)),
            (0.7, _pose((0.0, -0.15, 0.4, 0.2), (-0.1, -0.1, 0.4))),
            (1, _READY),
        ),
        (
            (0, _READY),
            (0.36, _READY),
            (
                0.58,
                _pose(
                    (0, -0.05, 0.42, 0.4),
                    (0, -0.05, 0.42, 0.4),
                    bend=-0.14,
                    lean=0.1,
                    look=0.35,
                    nod=-0.15,
                    forward=-0.06,
                ),
            ),
            (0.95, _READY | {"bend": 0.03}),
        ),
    ),
}

_CATALOGUE: dict[str, Action] = _ALONE | _TOGETHER

ACTIONS: tuple[str, ...] = tuple(_CATALOGUE)
"""The names of the thirty actions, in the order of their labels."""

TWO_PERSON: tuple[str, ...] = tuple(name for name, action in _CATALOGUE.items() if action.reply)
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
"""Actions hard to tell apart, by the one thing that tells them apart."""


@dataclass(frozen=True)
class Scores:
    """All actions as tensors; row a is action a's first person, row len(ACTIONS) + a the second person's part."""

    keys: Tensor  # [2A, K, D]
    times: Tensor  # [2A, K]; unused keys lie beyond 1
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
    """The catalogue as tensors."""
    actions = [*_CATALOGUE.values(), *(a.reply or a for a in _CATALOGUE.values())]
    most = max(len(a.keys) for a in actions)
    keys = torch.stack(
        [torch.stack([_row(p) for _, p in (*a.keys, *[a.keys[-1]] * (most - len(a.keys)))]) for a in actions]
    )
    times = torch.tensor(
        [[t for t, _ in a.keys] + [2.0 + i for i in range(most - len(a.keys))] for a in actions]
    )

    def column(name: str) -> Tensor:
        return torch.tensor([getattr(a, name) for a in actions])

    rhythm = torch.stack([_rhythm(a) for a in actions])
    return Scores(
        keys,
        times,
        rhythm,
        *(column(n) for n in ("rate", "window", "stride", "seconds", "distance", "reverse")),
    )


def _row(pose: Pose) -> Tensor:
    values = RESTING | pose
    unknown = set(values) - set(DOFS)
    if unknown:
        raise ValueError(
            f"a pose names unknown degrees of freedom: {', '.join(sorted(unknown))}; known: {', '.join(DOFS)}"
        )
    return torch.tensor([values.get(d, 0.0) for d in DOFS])


def _rhythm(action: Action) -> Tensor:
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
