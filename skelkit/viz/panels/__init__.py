"""Panels: a figure or player with controls around it."""

from .browser import browser
from .compression import compression, restored
from .masking import FRAME_MASKS, JOINT_MASKS, masked, masking
from .panel import Panel

__all__ = [
    "FRAME_MASKS",
    "JOINT_MASKS",
    "Panel",
    "browser",
    "compression",
    "masked",
    "masking",
    "restored",
]
