"""Panels: a figure or player with controls around it."""

from .clip_browser import browser
from .codec_panel import compression, restored
from .mask_panel import mask_choices, masked, masking
from .panel import Panel

__all__ = ["Panel", "browser", "compression", "mask_choices", "masked", "masking", "restored"]
