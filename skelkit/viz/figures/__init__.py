"""Figures: pure functions from numbers to plotly figures."""

from .axes import DASHES, GREY, SYMBOLS, bars, label_places, nice_log
from .body import on_body, reference_pose
from .compression import by_class, error_by_interval, rate_distortion, tracks
from .dataset import against_target, lengths
from .masks import degree_and_motion, motion_over_time

__all__ = [
    "DASHES",
    "GREY",
    "SYMBOLS",
    "against_target",
    "bars",
    "by_class",
    "degree_and_motion",
    "error_by_interval",
    "label_places",
    "lengths",
    "motion_over_time",
    "nice_log",
    "on_body",
    "rate_distortion",
    "reference_pose",
    "tracks",
]
