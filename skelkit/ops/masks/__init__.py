"""Masks: which joints, frames or tuples are hidden, and how probable that is."""

from .frames import (
    frame_motion,
    high_motion_frames,
    joint_motion,
    kept_tuples,
    low_motion_frames,
    motion_attentive_frames,
    random_frames,
    random_tuples,
)
from .hiding import hide, straight_lines
from .joints import degree_draws, degree_joints, inclusion, inverse_degree_joints, random_joints
from .sampling import TUPLE
from .tubes import motion_tubes
from .views import View, asymmetric_views

__all__ = [
    "TUPLE",
    "View",
    "asymmetric_views",
    "degree_draws",
    "degree_joints",
    "frame_motion",
    "hide",
    "high_motion_frames",
    "inclusion",
    "inverse_degree_joints",
    "joint_motion",
    "kept_tuples",
    "low_motion_frames",
    "motion_attentive_frames",
    "motion_tubes",
    "random_frames",
    "random_joints",
    "random_tuples",
    "straight_lines",
]
