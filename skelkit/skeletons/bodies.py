"""Layouts of motion capture and of body models."""

from __future__ import annotations

from dataclasses import replace

from .building import alternating, both, chain, limb_chains, limbs
from .skeleton import Skeleton

_MOCAP_ARM = ("Shoulder", "UpperArm", "LowerArm", "Hand")
_MOCAP_LEG = ("UpperLeg", "LowerLeg", "Foot", "Toes")
_MOCAP_TRUNK = ("Hips", "Spine", "Chest", "Neck", "Head")


def _mocap(side: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}_{side}" for name in names)


MOCAP21 = Skeleton(
    "motion capture-21",
    joints=(
        *_MOCAP_TRUNK,
        *_mocap("L", _MOCAP_ARM),
        *_mocap("R", _MOCAP_ARM),
        *_mocap("L", _MOCAP_LEG),
        *_mocap("R", _MOCAP_LEG),
    ),
    bones=chain(*_MOCAP_TRUNK)
    + chain("Chest", *_mocap("L", _MOCAP_ARM))
    + chain("Chest", *_mocap("R", _MOCAP_ARM))
    + chain("Hips", *_mocap("L", _MOCAP_LEG))
    + chain("Hips", *_mocap("R", _MOCAP_LEG)),
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
"""Bandai-Namco motion capture: 21 of the 22 joints; ``joint_Root`` stays at the origin and is left out.

Centimetres, y up, in its BVH files.
"""

_ARM, _LEG = ("collar", "shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "foot")
_SPINE = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")

SMPL22 = Skeleton(
    "SMPL-22",
    joints=(
        *("pelvis", *alternating("hip"), "spine1", *alternating("knee"), "spine2", *alternating("ankle")),
        *("spine3", *alternating("foot"), "neck", *alternating("collar"), "head"),
        *alternating("shoulder", "elbow", "wrist"),
    ),
    bones=chain(*_SPINE) + limb_chains("spine3", *_ARM) + limb_chains("pelvis", *_LEG),
    root="spine3",
    origin="pelvis",
    body_parts={"trunk": _SPINE} | limbs(_ARM, _LEG),
)
"""The body of SMPL, SMPL-H (AMASS) and SMPL-X without hands and face: their first 22 joints.

Metres; y up in the model, z up in AMASS. (Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015.)
"""

SMPL24 = Skeleton(
    "SMPL-24",
    joints=SMPL22.joints + alternating("hand"),
    bones=SMPL22.bones + limb_chains("", "wrist", "hand"),
    root="spine3",
    origin="pelvis",
    body_parts={"trunk": _SPINE} | limbs((*_ARM, "hand"), _LEG),
)
"""SMPL, 24 joints: those of `SMPL22` and the hands. Metres, y up."""

HUMANML22 = replace(SMPL22, name="HumanML3D-22")
"""HumanML3D, 22 joints: those of `SMPL22`.

Metres, y up. (Guo et al., "Generating Diverse and Natural 3D Human Motions from Text", 2022.)
"""

_KIT_ARM, _KIT_LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "foot", "toes")
_KIT_TRUNK = ("pelvis", "spine", "chest", "neck", "head")

KIT21 = Skeleton(
    "KIT-ML-21",
    joints=(
        *_KIT_TRUNK,
        *both(*_KIT_ARM)[3:],
        *both(*_KIT_ARM)[:3],
        *both(*_KIT_LEG)[5:],
        *both(*_KIT_LEG)[:5],
    ),
    bones=chain(*_KIT_TRUNK) + limb_chains("neck", *_KIT_ARM) + limb_chains("pelvis", *_KIT_LEG),
    root="neck",
    origin="spine",
    body_parts={"trunk": _KIT_TRUNK} | limbs(_KIT_ARM, _KIT_LEG),
)
"""KIT-ML as HumanML3D processes it, 21 joints, right limbs first.

(Its `motion_representation`: hip 11 is right, 16 left. TEMOS names the sides the other way round.)
"""

_H36M_ARM, _H36M_LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
_H36M_TRUNK = ("spine", "thorax", "nose", "head")

H36M17 = Skeleton(
    "Human3.6M-17",
    joints=(
        *("pelvis", *both(*_H36M_LEG)[3:], *both(*_H36M_LEG)[:3]),
        *_H36M_TRUNK,
        *both(*_H36M_ARM),
    ),
    bones=chain("pelvis", *_H36M_TRUNK)
    + limb_chains("thorax", *_H36M_ARM)
    + limb_chains("pelvis", *_H36M_LEG),
    root="thorax",
    origin="spine",
    body_parts={"trunk": ("pelvis", *_H36M_TRUNK)} | limbs(_H36M_ARM, _H36M_LEG),
)
"""The 17 joints of Human3.6M that results are reported on, right leg and left arm first.

Metres, z up, in VideoPose3D's npz. The joint between thorax and head is named neck or nose.
(`h36m_skeleton` of VideoPose3D, 17 joints.)
"""

_HAND, _FOOT = ("thumb_base", "thumb", "hand", "hand_tip"), ("foot", "toes")

H36M32 = Skeleton(
    "Human3.6M-32",
    joints=(
        *("pelvis", *both(*_H36M_LEG, *_FOOT)[5:], *both(*_H36M_LEG, *_FOOT)[:5]),
        *("spine_base", *_H36M_TRUNK),
        *both("clavicle", *_H36M_ARM, *_HAND),
    ),
    bones=chain("pelvis", "spine_base", *_H36M_TRUNK)
    + limb_chains("spine", "clavicle", *_H36M_ARM, "thumb_base", "thumb")
    + limb_chains("", "wrist", "hand", "hand_tip")
    + limb_chains("pelvis", *_H36M_LEG, *_FOOT),
    root="spine",
    origin="pelvis",
    body_parts={"trunk": ("pelvis", "spine_base", *_H36M_TRUNK)}
    | limbs(("clavicle", *_H36M_ARM, *_HAND), (*_H36M_LEG, *_FOOT)),
)
"""All 32 joints of Human3.6M.

Some are at one place: pelvis and base of the spine, thorax and clavicles, wrist and base of the thumb.
Metres, z up, in VideoPose3D's npz.
(`h36m_skeleton` of VideoPose3D.)
"""
