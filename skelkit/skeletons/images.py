"""Layouts of pose estimators that find key points in images: pixels, or shares of the image, y down."""

from __future__ import annotations

from .building import Bones, alternating, both, chain, limb_chains, limbs
from .skeleton import Skeleton

_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
_FOOT = ("big_toe", "small_toe", "heel")
_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_FEET: Bones = limb_chains("", "ankle", "big_toe", "small_toe") + limb_chains("", "ankle", "heel")

COCO17 = Skeleton(
    "COCO-17",
    joints=_FACE + alternating(*_ARM, *_LEG),
    bones=limb_chains("nose", "eye", "ear")
    + limb_chains("nose", *_ARM)
    + (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
    + limb_chains("", *_LEG),
    root="nose",
    body_parts={
        "head": _FACE,
        "left arm": tuple(f"left_{n}" for n in _ARM),
        "right arm": tuple(f"right_{n}" for n in _ARM),
        "left leg": tuple(f"left_{n}" for n in _LEG),
        "right leg": tuple(f"right_{n}" for n in _LEG),
    },
)
"""COCO key points, 17 joints, connected as one tree through the nose."""

WHOLEBODY23 = Skeleton(
    "COCO-WholeBody-23",
    joints=COCO17.joints + both(*_FOOT),
    bones=COCO17.bones + _FEET,
    root="nose",
    body_parts={"head": _FACE} | limbs(_ARM, _LEG + _FOOT),
)
"""Body and feet of COCO-WholeBody: its first 23 of 133 key points.

(Jin et al., "Whole-Body Human Pose Estimation in the Wild", 2020.)
"""

HALPE26 = Skeleton(
    "Halpe-26",
    joints=COCO17.joints + ("head", "neck", "mid_hip") + alternating(*_FOOT),
    bones=chain("nose", "head", "neck", "mid_hip")
    + limb_chains("nose", "eye", "ear")
    + limb_chains("neck", *_ARM)
    + limb_chains("mid_hip", *_LEG)
    + _FEET,
    root="neck",
    origin="mid_hip",
    body_parts={"head": (*_FACE, "head"), "trunk": ("neck", "mid_hip")} | limbs(_ARM, _LEG + _FOOT),
)
"""Halpe, 26 key points, as AlphaPose writes them (README of github.com/Fang-Haoshu/Halpe-FullBody)."""

_RIGHT_FIRST = ("right", "left")


def _openpose(*names: str) -> tuple[str, ...]:
    """Joints of the right limb, then of the left."""
    return tuple(f"{side}_{name}" for side in _RIGHT_FIRST for name in names)


def _openpose_face(*names: str) -> tuple[str, ...]:
    """The right and the left joint of each name."""
    return tuple(f"{side}_{name}" for name in names for side in _RIGHT_FIRST)


BODY25 = Skeleton(
    "OpenPose BODY-25",
    joints=(
        *("nose", "neck", *_openpose(*_ARM), "mid_hip", *_openpose(*_LEG)),
        *_openpose_face("eye", "ear"),
        *both(*_FOOT),
    ),
    bones=chain("nose", "neck", "mid_hip")
    + limb_chains("nose", "eye", "ear")
    + limb_chains("neck", *_ARM)
    + limb_chains("mid_hip", *_LEG)
    + _FEET,
    root="neck",
    origin="mid_hip",
    body_parts={"head": _FACE, "trunk": ("neck", "mid_hip")} | limbs(_ARM, _LEG + _FOOT),
)
"""OpenPose BODY_25, 25 key points, right limbs first (`POSE_BODY_25_BODY_PARTS` of OpenPose)."""

COCO18 = Skeleton(
    "OpenPose COCO-18",
    joints=("nose", "neck", *_openpose(*_ARM), *_openpose(*_LEG), *_openpose_face("eye", "ear")),
    bones=chain("nose", "neck")
    + limb_chains("nose", "eye", "ear")
    + limb_chains("neck", *_ARM)
    + limb_chains("neck", *_LEG),
    root="neck",
    body_parts={"head": _FACE, "trunk": ("neck",)} | limbs(_ARM, _LEG),
)
"""OpenPose COCO, 18 key points, right limbs first; the layout of Kinetics-skeleton."""

_EYES = ("eye_inner", "eye", "eye_outer")
_HAND, _SOLE = ("pinky", "index", "thumb"), ("heel", "foot_index")

MEDIAPIPE33 = Skeleton(
    "MediaPipe-33",
    joints=(
        *("nose", *both(*_EYES)),
        *("left_ear", "right_ear", "mouth_left", "mouth_right"),
        *alternating(*_ARM, *_HAND, *_LEG, *_SOLE),
    ),
    bones=limb_chains("nose", *_EYES, "ear")
    + (("nose", "mouth_left"), ("nose", "mouth_right"))
    + limb_chains("nose", *_ARM)
    + tuple(bone for finger in _HAND for bone in limb_chains("", "wrist", finger))
    + (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
    + limb_chains("", *_LEG, *_SOLE),
    root="nose",
    body_parts={"head": ("nose", *both(*_EYES, "ear"), "mouth_left", "mouth_right")}
    | limbs(_ARM + _HAND, _LEG + _SOLE),
)
"""MediaPipe Pose, 33 landmarks, connected as one tree through the nose.

Shares of the image, y down; world landmarks are metres, y down. ("Pose landmark detection guide",
ai.google.dev/edge/mediapipe.)
"""
