"""Clips: loading, storing, splitting and mapping them."""

from __future__ import annotations

from .clip import Clip
from .clips import ClipSet
from .loading import load

__all__ = ["Clip", "ClipSet", "load"]
