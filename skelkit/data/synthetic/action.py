"""Description of one action: degrees of freedom, key poses over time, and a rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_TRUNK = (
    *("side", "lift", "forward", "go", "turn", "tilt", "list"),
    *("bend", "lean", "twist"),
    *("nod", "look", "cock"),
)

_ARM, _LEG = ("out", "up", "fwd", "elbow", "flex", "roll"), ("step_out", "step_up", "step_fwd", "point")

DOFS = _TRUNK + tuple(f"{s}_{n}" for s in "rl" for n in _ARM) + tuple(f"{s}_{n}" for s in "rl" for n in _LEG)
"""Degrees of freedom of a body; angles in radians.

* Pelvis over the feet, in leg lengths: side (left +), lift, forward; go moves the feet too. turn, tilt
(forward +)
  and list are its yaw, pitch and roll.
* Spine: bend, lean, twist. Head: nod, look, cock.
* Wrist of each arm from its shoulder, in the chest's frame, in arm lengths: out (away from the body), up,
fwd. elbow
  swings the elbow out, flex bends the wrist, roll turns the palm.
* Ankle of each leg from its standing position, in leg lengths: step_out, step_up, step_fwd; point lowers
the toes.
"""

SIDEWAYS = ("side", "turn", "list", "lean", "twist", "look", "cock")
"""Degrees of freedom that change sign in the mirror."""

Pose = dict[str, float]
"""Values of some degrees of freedom; the others have their value in `RESTING`, or 0."""

KeyPoses = tuple[tuple[float, Pose], ...]
"""Poses with the time, in [0, 1], at which they are reached."""

Rhythm = dict[str, tuple[float, int, float]]
"""Degree of freedom -> amplitude, harmonic (0, 1 or 2), phase in turns; harmonic 0 is a constant offset."""

Wrist = Sequence[float]
"""Wrist target: out, up, fwd, and optionally elbow, flex and roll."""

RESTING: Pose = {
    **{"r_out": 0.13, "r_up": -0.955, "r_fwd": 0.08},
    **{"l_out": 0.13, "l_up": -0.955, "l_fwd": 0.08},
    **{"r_flex": 0.1, "l_flex": 0.1},
}
"""The pose of a person who stands with hanging arms."""


@dataclass(frozen=True)
class Action:
    """One action.

    Attributes:
        seconds: typical duration.
        keys: key poses, joined by minimum-jerk curves.
        rhythm: oscillations added to the curves.
        rate: of the rhythm, Hz.
        window: begin and end of the rhythm, in [0, 1]; it fades in and out.
        stride: leg lengths per cycle that the body travels; the rhythm then follows the distance walked.
        reply: action of the second person, if there is one.
        distance: metres between two persons.
        reverse: play the action backwards.
    """

    seconds: float
    keys: KeyPoses
    rhythm: Rhythm = field(default_factory=dict)
    rate: float = 1.0
    window: tuple[float, float] = (0.2, 0.8)
    stride: float = 0.0
    reply: Action | None = None
    distance: float = 0.0
    reverse: bool = False


def pose(right: Wrist | None = None, left: Wrist | None = None, **more: float) -> Pose:
    """A pose with these wrist targets and any other degrees of freedom by name."""
    arms = {
        f"{s}_{n}": v for s, arm in (("r", right), ("l", left)) for n, v in zip(_ARM, arm or (), strict=False)
    }
    return arms | more


def there_and_back(start: Pose, reached: Pose, peak: Pose | None = None) -> KeyPoses:
    """From `start` to a pose, perhaps through a `peak` in the middle, and back to `start`."""
    middle = ((0.5, peak),) if peak else ()
    return ((0, start), (0.04, start), (0.42, reached), *middle, (0.58, reached), (0.92, start), (1, start))


HOLDING = pose((-0.13, -0.22, 0.54, 0.1, 0.1, 0.4))
"""The right hand holds something in front of the chest."""
