"""Clips: where they come from and how they are kept."""

from .clips import Clip, ClipSet
from .files import load

__all__ = ["Clip", "ClipSet", "load"]
