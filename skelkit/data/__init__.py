"""Clips: where they come from and how they are kept."""

from .clips import Clip, ClipSet

__all__ = ["Clip", "ClipSet"]
