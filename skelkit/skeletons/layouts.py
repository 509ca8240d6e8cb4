"""Named skeleton layouts."""

from __future__ import annotations

from itertools import pairwise

from .skeleton import Skeleton


def _both(*names: str) -> list[str]:
    return [f"{side}_{name}" for side in ("left", "right") for name in names]


def _chain(*joints: str) -> list[tuple[str, str]]:
    return list(pairwise(joints))


def _limb_chains(start: str, *names: str) -> list[tuple[str, str]]:
    return [bone for side in ("left", "right") for bone in _chain(start, *(f"{side}_{n}" for n in names))]


_ARM, _LEG, _FINGERS = (
    ("shoulder", "elbow", "wrist", "hand"),
    ("hip", "knee", "ankle", "foot"),
    ("hand_tip", "thumb"),
)


def _kinect_body_parts(trunk: tuple[str, ...], fingers: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    body_parts = {"trunk": trunk}
    for side in ("left", "right"):
        body_parts[f"{side} arm"] = tuple(f"{side}_{n}" for n in _ARM + fingers)
        body_parts[f"{side} leg"] = tuple(f"{side}_{n}" for n in _LEG)
    return body_parts


NTU25 = Skeleton(
    "NTU-25",
    joints=[
        "spine_base",
        "spine_mid",
        "neck",
        "head",
        *_both(*_ARM),
        *_both(*_LEG),
        "spine_shoulder",
        *_both(*_FINGERS),
    ],
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
    joints=["hip_center", "spine", "shoulder_center", "head", *_both(*_ARM), *_both(*_LEG)],
    bones=_chain("hip_center", "spine", "shoulder_center", "head")
    + _limb_chains("shoulder_center", *_ARM)
    + _limb_chains("hip_center", *_LEG),
    root="shoulder_center",
    origin="spine",
    body_parts=_kinect_body_parts(("hip_center", "spine", "shoulder_center", "head")),
)
"""Kinect v1, 20 joints."""

MOCAP21 = Skeleton(
    "motion capture-21",
    joints=["Hips", "Spine", "Chest", "Neck", "Head"]
    + [f"{n}_{s}" for s in "LR" for n in ("Shoulder", "UpperArm", "LowerArm", "Hand")]
    + [f"{n}_{s}" for s in "LR" for n in ("UpperLeg", "LowerLeg", "Foot", "Toes")],
    bones=_chain("Hips", "Spine", "Chest", "Neck", "Head")
    + [
        b
        for s in "LR"
        for b in _chain("Chest", *(f"{n}_{s}" for n in ("Shoulder", "UpperArm", "LowerArm", "Hand")))
    ]
    + [
        b
        for s in "LR"
        for b in _chain("Hips", *(f"{n}_{s}" for n in ("UpperLeg", "LowerLeg", "Foot", "Toes")))
    ],
    root="Chest",
    origin="Spine",
    body_parts={"trunk": ("Hips", "Spine", "Chest", "Neck", "Head")}
    | {
        f"{w} arm": tuple(f"{n}_{s}" for n in ("Shoulder", "UpperArm", "LowerArm", "Hand"))
        for w, s in (("left", "L"), ("right", "R"))
    }
    | {
        f"{w} leg": tuple(f"{n}_{s}" for n in ("UpperLeg", "LowerLeg", "Foot", "Toes"))
        for w, s in (("left", "L"), ("right", "R"))
    },
)
"""The body of the Bandai-Namco motion-capture files: 22 joints there, less ``joint_Root``, which stays at the world's origin."""

COCO17 = Skeleton(
    "COCO-17",
    joints=["nose", "left_eye", "right_eye", "left_ear", "right_ear"]
    + [f"{s}_{n}" for n in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for s in ("left", "right")],
    bones=_limb_chains("nose", "eye", "ear")
    + _limb_chains("nose", "shoulder", "elbow", "wrist")
    + [(f"{s}_shoulder", f"{s}_hip") for s in ("left", "right")]
    + [b for s in ("left", "right") for b in _chain(f"{s}_hip", f"{s}_knee", f"{s}_ankle")],
    root="nose",
    body_parts={"head": ("nose", "left_eye", "right_eye", "left_ear", "right_ear")}
    | {f"{s} arm": tuple(f"{s}_{n}" for n in ("shoulder", "elbow", "wrist")) for s in ("left", "right")}
    | {f"{s} leg": tuple(f"{s}_{n}" for n in ("hip", "knee", "ankle")) for s in ("left", "right")},
)
"""COCO key points, 17 joints, joined as one tree through the nose."""

KNOWN: dict[str, Skeleton] = {"ntu25": NTU25, "kinect20": KINECT20, "mocap21": MOCAP21, "coco17": COCO17}
"""The built-in skeletons by the short names that the command line takes."""


def of_size(joints: int) -> Skeleton:
    """The built-in skeleton with this many joints (the counts are all different).

    >>> of_size(20).name
    'Kinect v1-20'
    """
    for skeleton in KNOWN.values():
        if len(skeleton) == joints:
            return skeleton
    known = ", ".join(f"{len(s)} ({k})" for k, s in KNOWN.items())
    raise ValueError(
        f"no built-in skeleton has {joints} joints; they have {known}; pass skeleton=sk.Skeleton(name, joints, bones, root)"
    )
