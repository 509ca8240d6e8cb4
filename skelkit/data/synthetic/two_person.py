"""The five actions of two persons."""

from __future__ import annotations

from .action import HOLDING, Action, KeyPoses, Rhythm, pose, there_and_back

_SHAKE = pose((-0.12, -0.3, 0.8), forward=0.03)

_GIVE = pose((-0.1, -0.28, 0.8), forward=0.03, nod=0.2)

_EMPTY = pose((0.0, -0.55, 0.5))

_HUG = pose((-0.2, -0.02, 0.8, 0.5), (-0.15, 0.12, 0.78, 0.5), bend=0.14, forward=0.08, cock=0.2, nod=0.1)

_READY = pose((-0.05, -0.38, 0.55, 0.1), (-0.08, -0.38, 0.52, 0.1))

_NEAR = pose((-0.1, -0.38, 0.64))


def _two(
    seconds: float,
    distance: float,
    first: KeyPoses,
    second: KeyPoses,
    rhythm: Rhythm | None = None,
    rate: float = 1.0,
) -> Action:
    """Two persons who share a rhythm, `distance` metres apart."""
    reply = Action(seconds, second, rhythm or {}, rate, (0.3, 0.75))
    return Action(seconds, first, rhythm or {}, rate, (0.3, 0.75), reply=reply, distance=distance)


ACTIONS: dict[str, Action] = {
    "shake hands": _two(
        3.0, 1.12, there_and_back(_NEAR, _SHAKE), there_and_back(_NEAR, _SHAKE), {"r_up": (0.06, 1, 0)}, 1.9
    ),
    "push": _two(
        2.6,
        0.95,
        (
            (0, _READY),
            (
                0.46,
                pose((-0.05, -0.08, 0.9, 0.2, -0.6), (-0.05, -0.08, 0.9, 0.2, -0.6), bend=0.12, forward=0.08),
            ),
            (0.9, _READY),
        ),
        (
            (0, {}),
            (0.34, {}),
            (
                0.56,
                pose(
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
        there_and_back(_READY, _HUG),
        there_and_back(_READY, _HUG | {"r_up": 0.12}),
        {"r_up": (0.035, 1, 0)},
        1.6,
    ),
    "hand over": _two(
        3.0,
        1.15,
        ((0, HOLDING), (0.45, _GIVE), (0.6, _GIVE), (1, _EMPTY)),
        ((0, _EMPTY), (0.48, _GIVE), (0.62, pose((-0.1, -0.28, 0.78), nod=0.2)), (1, HOLDING)),
    ),
    "punch": _two(
        2.4,
        0.95,
        (
            (0, _READY),
            (0.28, pose((0.08, -0.25, 0.25, 0.3), (-0.1, -0.15, 0.4), twist=-0.15)),
            (0.5, pose((-0.2, 0.05, 0.93, 0.3), (-0.05, -0.2, 0.35), twist=0.25, forward=0.05, bend=0.05)),
            (0.7, pose((0.0, -0.15, 0.4, 0.2), (-0.1, -0.1, 0.4))),
            (1, _READY),
        ),
        (
            (0, _READY),
            (0.36, _READY),
            (
                0.58,
                pose(
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
"""Name -> action; `Action.reply` is the part of the second person."""
