"""Named skeleton layouts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..utils.validation import one_of
from .skeleton import Skeleton

Bones = tuple[tuple[str, str], ...]

_ARM = ("shoulder", "elbow", "wrist", "hand")
_LEG = ("hip", "knee", "ankle", "foot")
_FINGERS = ("hand_tip", "thumb")
_MOCAP_ARM = ("Shoulder", "UpperArm", "LowerArm", "Hand")
_MOCAP_LEG = ("UpperLeg", "LowerLeg", "Foot", "Toes")


def _both(*names: str) -> tuple[str, ...]:
    """Names of the left side, then of the right side."""
    return tuple(f"{side}_{name}" for side in ("left", "right") for name in names)


def _mocap(side: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}_{side}" for name in names)


def _chain(*joints: str) -> Bones:
    return tuple(pairwise(joints))


def _limb_chains(start: str, *names: str) -> Bones:
    """Bones of a left and a right limb that begin at the joint `start`."""
    return tuple(
        bone for side in ("left", "right") for bone in _chain(start, *(f"{side}_{n}" for n in names))
    )


def _kinect_body_parts(trunk: tuple[str, ...], fingers: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    body_parts = {"trunk": trunk}
    for side in ("left", "right"):
        body_parts[f"{side} arm"] = tuple(f"{side}_{n}" for n in _ARM + fingers)
        body_parts[f"{side} leg"] = tuple(f"{side}_{n}" for n in _LEG)
    return body_parts


NTU25 = Skeleton(
    "NTU-25",
    joints=(
        *("spine_base", "spine_mid", "neck", "head"),
        *_both(*_ARM),
        *_both(*_LEG),
        "spine_shoulder",
        *_both(*_FINGERS),
    ),
    bones=_chain("spine_base", "spine_mid", "spine_shoulder", "neck", "head")
    + _limb_chains("spine_shoulder", *_ARM, "thumb", "hand_tip")
    + _limb_chains("spine_base", *_LEG),
    root="spine_shoulder",
    origin="spine_mid",
    body_parts=_kinect_body_parts(("spine_base", "spine_mid", "spine_shoulder", "neck", "head"), _FINGERS),
)
"""NTU RGB+D and Kinect v2, 25 joints; hand tip, thumb and hand form one chain, as in the published graphs."""

KINECT20 = Skeleton(
    "Kinect v1-20",
    joints=("hip_center", "spine", "shoulder_center", "head", *_both(*_ARM), *_both(*_LEG)),
    bones=_chain("hip_center", "spine", "shoulder_center", "head")
    + _limb_chains("shoulder_center", *_ARM)
    + _limb_chains("hip_center", *_LEG),
    root="shoulder_center",
    origin="spine",
    body_parts=_kinect_body_parts(("hip_center", "spine", "shoulder_center", "head")),
)
"""Kinect v1, 20 joints."""

_MOCAP_TRUNK = ("Hips", "Spine", "Chest", "Neck", "Head")

MOCAP21 = Skeleton(
    "motion capture-21",
    joints=(
        *_MOCAP_TRUNK,
        *_mocap("L", _MOCAP_ARM),
        *_mocap("R", _MOCAP_ARM),
        *_mocap("L", _MOCAP_LEG),
        *_mocap("R", _MOCAP_LEG),
    ),
    bones=_chain(*_MOCAP_TRUNK)
    + _chain("Chest", *_mocap("L", _MOCAP_ARM))
    + _chain("Chest", *_mocap("R", _MOCAP_ARM))
    + _chain("Hips", *_mocap("L", _MOCAP_LEG))
    + _chain("Hips", *_mocap("R", _MOCAP_LEG)),
    root="Chest",
    origin="Spine",
    body_parts={
        "trunk": _MOCAP_TRUNK,
        "left arm": _mocap("L", _MOCAP_ARM),
        "right arm": _mocap("R", _MOCAP_ARM),
        "left leg": _mocap("L", _MOCAP_LEG),
        "right leg": _mocap("R", _MOCAP_LEG),
    },
)
"""Bandai-Namco motion capture: 21 of the 22 joints; ``joint_Root`` stays at the origin and is left out."""

_COCO_ARM, _COCO_LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")

_FACE: tuple[str, ...] = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")

COCO17 = Skeleton(
    "COCO-17",
    joints=(
        *_FACE,
        *(
            f"{s}_{n}"
            for n in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
            for s in ("left", "right")
        ),
    ),
    bones=_limb_chains("nose", "eye", "ear")
    + _limb_chains("nose", *_COCO_ARM)
    + (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
    + _chain("left_hip", "left_knee", "left_ankle")
    + _chain("right_hip", "right_knee", "right_ankle"),
    root="nose",
    body_parts={"head": _FACE}
    | {f"{s} arm": tuple(f"{s}_{n}" for n in _COCO_ARM) for s in ("left", "right")}
    | {f"{s} leg": tuple(f"{s}_{n}" for n in _COCO_LEG) for s in ("left", "right")},
)
"""COCO key points, 17 joints, connected as one tree through the nose."""

KNOWN: dict[str, Skeleton] = {
    "ntu25": NTU25,
    "kinect20": KINECT20,
    "mocap21": MOCAP21,
    "coco17": COCO17,
}
"""The built-in skeletons by the short names that the command line takes."""


def known_skeleton(skeleton: Skeleton | str | None) -> Skeleton | None:
    """The skeleton itself, or the built-in one of this short name.

    Raises:
        ValueError: no built-in skeleton has this name; lists the known ones.

    >>> known_skeleton("kinect20").name
    'Kinect v1-20'
    """
    if not isinstance(skeleton, str):
        return skeleton
    one_of(skeleton, KNOWN, "built-in skeleton", "; or pass a Skeleton")
    return KNOWN[skeleton]


class AmbiguousLayout(ValueError):
    """Several built-in skeletons have as many joints as the data.

    Attributes:
        joints: their number.
        names: short names of these skeletons.
    """

    def __init__(self, joints: int, names: Sequence[str]) -> None:
        super().__init__(joints, names)
        self.joints, self.names = joints, names

    def __str__(self) -> str:
        return self.message()

    def message(self, on_command_line: bool = False) -> str:
        """What was found and how to choose a layout; on the command line its option comes first."""
        example = self.names[0]
        ways = [
            f"skeleton={example!r} (sk.load) or skeleton=sk.skeletons.KNOWN[{example!r}] (elsewhere)",
            f"--skeleton {example} (command line)",
            f'[skeleton] name = "{example}" (TOML description)',
        ]
        if on_command_line:
            ways.insert(0, ways.pop(1))
        return (
            f"{len(self.names)} built-in skeletons have {self.joints} joints: {', '.join(self.names)}; "
            f"say which one: {', '.join(ways)}"
        )


def of_size(joints: int) -> Skeleton:
    """The built-in skeleton with this many joints, if there is exactly one.

    Raises:
        ValueError: no built-in skeleton has this many joints.
        AmbiguousLayout: several have; the message lists them and how to choose one.

    >>> of_size(20).name
    'Kinect v1-20'
    """
    candidates = [name for name, skeleton in KNOWN.items() if len(skeleton) == joints]
    if len(candidates) == 1:
        return KNOWN[candidates[0]]
    if candidates:
        raise AmbiguousLayout(joints, candidates)
    known = ", ".join(f"{len(s)} ({k})" for k, s in KNOWN.items())
    raise ValueError(
        f"no built-in skeleton has {joints} joints; they have {known}; "
        "pass skeleton=sk.Skeleton(name, joints, bones, root)"
    )
