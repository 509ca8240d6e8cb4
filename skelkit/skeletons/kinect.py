"""Layouts of depth cameras and of the data sets recorded with them."""

from __future__ import annotations

from dataclasses import replace

from .building import alternating, both, chain, limb_chains, limbs
from .skeleton import Skeleton

_ARM = ("shoulder", "elbow", "wrist", "hand")
_LEG = ("hip", "knee", "ankle", "foot")
_FINGERS = ("hand_tip", "thumb")
_TRUNK20 = ("hip_center", "spine", "shoulder_center", "head")

NTU25 = Skeleton(
    "NTU-25",
    joints=(
        *("spine_base", "spine_mid", "neck", "head"),
        *both(*_ARM),
        *both(*_LEG),
        "spine_shoulder",
        *both(*_FINGERS),
    ),
    bones=chain("spine_base", "spine_mid", "spine_shoulder", "neck", "head")
    + limb_chains("spine_shoulder", *_ARM, "thumb", "hand_tip")
    + limb_chains("spine_base", *_LEG),
    root="spine_shoulder",
    origin="spine_mid",
    body_parts={"trunk": ("spine_base", "spine_mid", "spine_shoulder", "neck", "head")}
    | limbs(_ARM + _FINGERS, _LEG),
)
"""NTU RGB+D and Kinect v2, 25 joints; hand tip, thumb and hand form one chain, as in the published graphs.

Metres, y up.
"""

KINECT20 = Skeleton(
    "Kinect v1-20",
    joints=(*_TRUNK20, *both(*_ARM), *both(*_LEG)),
    bones=chain(*_TRUNK20) + limb_chains("shoulder_center", *_ARM) + limb_chains("hip_center", *_LEG),
    root="shoulder_center",
    origin="spine",
    body_parts={"trunk": _TRUNK20} | limbs(_ARM, _LEG),
)
"""Kinect v1, 20 joints in the order of its SDK: the centre of the hips first.

Metres, y up.
"""

KINECT20_HEAD = replace(
    KINECT20,
    name="Kinect v1-20, head first",
    joints=("head", "shoulder_center", "spine", "hip_center", *both(*_ARM), *both(*_LEG)),
)
"""Kinect v1, 20 joints in the order of UTD-MHAD: the trunk from the head down.

Metres, y up. (`datasets/utd_mhad/constants.py` of github.com/mduhme/fusion-gcn.)
"""

MSR20 = replace(
    KINECT20,
    name="MSR-Action3D-20",
    joints=(
        *alternating("shoulder"),
        *("shoulder_center", "spine"),
        *alternating("hip"),
        "hip_center",
        *alternating("elbow", "wrist", "hand", "knee", "ankle", "foot"),
        "head",
    ),
)
"""Kinect v1, 20 joints in the order of MSR-Action3D: shoulders first, head last.

Pixels and depth, y down, in the screen coordinates of the data set; y up in its real-world ones.
(Bones: `show_skel_MSRA.m` of github.com/fdsa1860/skeletal.)
"""

AZURE32 = Skeleton(
    "Azure Kinect-32",
    joints=(
        *("pelvis", "spine_navel", "spine_chest", "neck"),
        *both("clavicle", *_ARM, *_FINGERS),
        *both(*_LEG),
        *("head", "nose", "left_eye", "left_ear", "right_eye", "right_ear"),
    ),
    bones=chain("pelvis", "spine_navel", "spine_chest", "neck", "head", "nose")
    + limb_chains("spine_chest", "clavicle", *_ARM, "hand_tip")
    + limb_chains("", "wrist", "thumb")
    + limb_chains("pelvis", *_LEG)
    + tuple(("head", joint) for joint in both("eye", "ear")),
    root="spine_chest",
    origin="spine_navel",
    body_parts={
        "trunk": ("pelvis", "spine_navel", "spine_chest", "neck"),
        "head": ("head", "nose", *both("eye", "ear")),
    }
    | limbs(("clavicle", *_ARM, *_FINGERS), _LEG),
)
"""Azure Kinect body tracking, 32 joints.

Millimetres, y down. ("Azure Kinect body tracking joints", learn.microsoft.com.)
"""

_ENDS = ("shoulder", "elbow", "hand"), ("hip", "knee", "foot")

SBU15 = Skeleton(
    "SBU-15",
    joints=("head", "neck", "torso", *both(*_ENDS[0]), *both(*_ENDS[1])),
    bones=chain("head", "neck", "torso") + limb_chains("neck", *_ENDS[0]) + limb_chains("torso", *_ENDS[1]),
    root="neck",
    origin="torso",
    body_parts={"trunk": ("head", "neck", "torso")} | limbs(*_ENDS),
)
"""SBU Kinect Interaction (OpenNI), 15 joints; hands and feet end the limbs (README of the data set)."""

_SHORT = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")

FLORENCE15 = Skeleton(
    "Florence-15",
    joints=("head", "neck", "spine", *both(*_SHORT[0]), *both(*_SHORT[1])),
    bones=chain("head", "neck", "spine") + limb_chains("neck", *_SHORT[0]) + limb_chains("spine", *_SHORT[1]),
    root="neck",
    origin="spine",
    body_parts={"trunk": ("head", "neck", "spine")} | limbs(*_SHORT),
)
"""Florence 3D Actions, 15 joints; wrists and ankles end the limbs.

(Bones: code of Vemulapalli et al., "Human Action Recognition by Representing 3D Skeletons as Points in a Lie
Group", 2014.)
"""
