"""The twenty-five actions of one person."""

from __future__ import annotations

from .action import HOLDING, Action, KeyPoses, Pose, Rhythm, Wrist, pose, there_and_back

_SEAT: Pose = {
    "lift": -0.49,
    "forward": -0.46,
    "bend": 0.06,
    "r_up": -0.62,
    "r_fwd": 0.5,
    "l_up": -0.62,
    "l_fwd": 0.5,
}

_DESK = _SEAT | pose(left=(-0.22, -0.42, 0.58, 0, -0.1, 0.6), nod=0.42, bend=0.24)

_BITE = pose((-0.12, 0.06, 0.42, 0.1, 0.5))

_WATCH = pose(left=(-0.25, -0.22, 0.5, 0.7, 0, 0.8), nod=0.4, look=0.12)

_BOTH = pose((-0.16, -0.26, 0.52, 0.1), (-0.16, -0.26, 0.52, 0.1), nod=0.22)

_LOW = pose((0.0, -0.25, 0.9), (0.1, -0.85, 0.3), lift=-0.14, forward=-0.12, tilt=0.32, bend=0.36, nod=-0.1)

_SIT: KeyPoses = (
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

_JACKET: KeyPoses = (
    (0, _BOTH),
    (0.3, pose((0.4, -0.45, 0.0, 0.3), (-0.22, -0.28, 0.5), twist=-0.18, look=-0.25)),
    (0.64, pose((-0.05, -0.25, 0.42, 0.4), (0.4, -0.48, 0.0, 0.3), twist=0.18, look=0.2)),
    (1, pose((-0.08, -0.1, 0.4, 0.5), (-0.08, -0.1, 0.4, 0.5), bend=0.08, nod=0.15)),
)

_GLASSES: KeyPoses = (
    (0, _BOTH),
    (0.12, _BOTH),
    (0.55, pose((0.02, 0.28, 0.4, 0.3, -0.3), (0.02, 0.28, 0.4, 0.3, -0.3), nod=0.12)),
    (0.75, pose((0.04, 0.31, 0.33, 0.4, -0.4), (0.04, 0.31, 0.33, 0.4, -0.4))),
    (1, pose((0.04, 0.02, 0.42, 0.2), (0.04, 0.02, 0.42, 0.2))),
)

_LIFT: KeyPoses = ((0, {}), (0.08, {}), (0.48, _LOW), (0.88, HOLDING), (1, HOLDING))

_RAISED = pose((0.3, 0.2, 0.34, 0.5, 0, 0.3))

_WAVE = there_and_back(pose((0.28, 0.02, 0.38, 0.4, 0, 0.2)), _RAISED)

_WAVING: Rhythm = {"r_out": (0.085, 1, 0), "r_roll": (0.3, 1, 0), "r_up": (-0.02, 2, 0)}

_WALKING: Rhythm = {
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


def _seated(rate: float, start: Wrist, end: Wrist, **rhythm: tuple[float, int, float]) -> Action:
    """Seated at a table with the left hand at rest: only the right hand distinguishes the action."""
    return Action(3.4, ((0, _DESK | pose(start)), (1, _DESK | pose(end))), rhythm, rate, (0.02, 0.98))


def _walk(seconds: float, rate: float, stride: float) -> Action:
    """Walking. With amplitude stride / 2 pi a foot swings back as fast as the body moves: no foot slips."""
    rhythm = {k: (a * stride / 6.2832 if "step_fwd" in k else a, h, p) for k, (a, h, p) in _WALKING.items()}
    return Action(seconds, ((0, {}), (1, {"bend": 0.03})), rhythm, rate, (0.1, 0.92), stride)


ACTIONS: dict[str, Action] = {
    "drink": Action(
        3.6,
        there_and_back(
            HOLDING, pose((-0.14, 0.06, 0.43, 0.2, 0.4, 0.5)), pose((-0.14, 0.13, 0.42, 0.4, 0.6, 0.5))
        ),
    ),
    "eat": Action(3.6, ((0, HOLDING), (0.3, _BITE), (0.52, HOLDING), (0.76, _BITE), (1, HOLDING))),
    "brush teeth": Action(
        3.6,
        there_and_back(pose((-0.1, -0.1, 0.45, 0.3, 0.2)), pose((-0.1, 0.08, 0.42, 0.5, 0.2))),
        {"r_out": (0.05, 1, 0), "r_flex": (0.15, 1, 0.1)},
        2.4,
    ),
    "wave": Action(3.0, _WAVE, _WAVING, 1.15, (0.1, 0.9)),
    "wave fast": Action(3.0, _WAVE, _WAVING, 1.9, (0.1, 0.9)),
    "clap": Action(
        2.8,
        there_and_back(_BOTH, pose((-0.2, -0.25, 0.55, 0.1), (-0.2, -0.25, 0.55, 0.1))),
        {"r_out": (0.065, 1, 0), "l_out": (0.065, 1, 0)},
        1.9,
        (0.1, 0.9),
    ),
    "brush hair": Action(
        3.6,
        there_and_back(pose((0.12, 0.32, 0.3, 0.5, 0.1)), pose((0.12, 0.45, 0.24, 0.6, 0.2), cock=-0.1)),
        {"r_up": (0.07, 1, 0), "r_fwd": (0.08, 1, 0.25), "r_flex": (0.25, 1, 0.3)},
        0.9,
        (0.1, 0.9),
    ),
    "look at watch": Action(2.8, there_and_back(pose(left=(-0.14, -0.42, 0.48, 0.4)), _WATCH)),
    "nod": Action(
        2.6, there_and_back({}, {"nod": 0.12}), {"nod": (0.26, 1, 0), "bend": (0.025, 1, 0.05)}, 1.3
    ),
    "throw": Action(
        2.6,
        (
            (0, HOLDING),
            (0.42, pose((0.45, 0.2, -0.1, 0.4), (0, -0.6, 0.5), twist=-0.3, lean=-0.06, forward=-0.04)),
            (0.64, pose((0.05, 0.15, 0.85, 0.2), (0.25, -0.8, 0.1), twist=0.2, bend=0.1, forward=0.04)),
            (0.78, pose((-0.15, -0.35, 0.7), twist=0.25, bend=0.14, forward=0.05)),
            (1, pose((0, -0.6, 0.5), bend=0.05)),
        ),
    ),
    "kick": Action(
        2.4,
        (
            (0, {}),
            (0.14, {"side": 0.06}),
            (
                0.4,
                pose(
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
                pose(
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
                pose(
                    (0.2, -0.85, -0.25), (0.2, -0.85, -0.25), lift=-0.12, forward=-0.05, tilt=0.16, bend=0.14
                ),
            ),
            (
                0.55,
                pose(
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
                pose((0.3, -0.75, 0.3), (0.3, -0.75, 0.3), lift=-0.08, forward=-0.03, tilt=0.1, bend=0.08),
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
"""Name -> action."""
