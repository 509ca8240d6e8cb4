"""Masks: choose joints, frames or tuples to hide, and the probability of each to be hidden.

A mask is called: ``hidden = DegreeJoints(ratio=0.3)(x, skeleton, generator)``, bool, true where hidden; its
``probability(x, skeleton)`` has the same shape. The built-in masks are also functions of their
parameters, such as ``degree_joints(x, skeleton, ratio, generator)``.

To add a mask, write a subclass of `Mask` and add it to `MASKS`.
"""

from .asymmetry import JointsBy
from .frames import (
    HighMotionFrames,
    LowMotionFrames,
    MotionAttentiveFrames,
    RandomFrames,
    high_motion_frames,
    low_motion_frames,
    motion_attentive_frames,
    random_frames,
)
from .hiding import hide, interpolate_frames
from .inclusion_probability import inclusion
from .joints import (
    DegreeDraws,
    DegreeJoints,
    InverseDegreeJoints,
    RandomJoints,
    degree_draws,
    degree_joints,
    inverse_degree_joints,
    random_joints,
)
from .mask import Mask
from .matched import MatchedFrames, MatchedJoints, motion_share
from .motion_energy import frame_motion, joint_motion
from .sampling import TUPLE
from .tubes import MotionTubes, motion_tubes
from .tuples import RandomTuples, kept_tuples, random_tuples
from .views import View, asymmetric_views

MASKS: dict[str, type[Mask]] = {
    "random_joints": RandomJoints,
    "degree_joints": DegreeJoints,
    "inverse_degree_joints": InverseDegreeJoints,
    "degree_draws": DegreeDraws,
    "joints_by": JointsBy,
    "matched_joints": MatchedJoints,
    "random_frames": RandomFrames,
    "low_motion_frames": LowMotionFrames,
    "high_motion_frames": HighMotionFrames,
    "motion_attentive_frames": MotionAttentiveFrames,
    "matched_frames": MatchedFrames,
    "random_tuples": RandomTuples,
    "motion_tubes": MotionTubes,
}
"""Every mask by its name."""

straight_lines = interpolate_frames  # its name in version 0.1

__all__ = [
    "MASKS",
    "TUPLE",
    "DegreeDraws",
    "DegreeJoints",
    "HighMotionFrames",
    "InverseDegreeJoints",
    "JointsBy",
    "LowMotionFrames",
    "Mask",
    "MatchedFrames",
    "MatchedJoints",
    "MotionAttentiveFrames",
    "MotionTubes",
    "RandomFrames",
    "RandomJoints",
    "RandomTuples",
    "View",
    "asymmetric_views",
    "degree_draws",
    "degree_joints",
    "frame_motion",
    "hide",
    "high_motion_frames",
    "inclusion",
    "interpolate_frames",
    "inverse_degree_joints",
    "joint_motion",
    "kept_tuples",
    "low_motion_frames",
    "motion_attentive_frames",
    "motion_share",
    "motion_tubes",
    "random_frames",
    "random_joints",
    "random_tuples",
    "straight_lines",
]
