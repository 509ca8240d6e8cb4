"""Synthetic clips: everyday actions of people of many sizes, three cameras, and a sensor model."""

from __future__ import annotations

from .actions import ACTIONS, PAIRS, TWO_PERSON
from .body import SUBJECTS
from .making import CAMERAS, make

__all__ = ["ACTIONS", "CAMERAS", "PAIRS", "SUBJECTS", "TWO_PERSON", "make"]
