"""Panels: a figure or player with controls around it."""

from .browser import browser
from .compression import RESTORES, compression, restored
from .masking import FRAME_MASKS, JOINT_MASKS, masked, masking
from .panel import Panel

__all__ = [
    "FRAME_MASKS",
    "JOINT_MASKS",
    "RESTORES",
    "Panel",
    "browser",
    "compression",
    "masked",
    "masking",
    "restored",
]
