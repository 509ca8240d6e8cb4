"""Clips: where they come from and how they are kept."""

from __future__ import annotations

from .clips import Clip, ClipSet
from .loading import load

__all__ = ["Clip", "ClipSet", "load"]
