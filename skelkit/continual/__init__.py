"""Continual learning: tasks come one after the other, and what was learnt must not be lost."""

from __future__ import annotations

from .history import History, Progress
from .learn import LEARNERS, learn
from .memory import ReplayMemory
from .metrics import accuracy, backward_transfer, confusion, doubt, faa, forgetting, forward_transfer
from .presets import PRESETS, Settings, settings

__all__ = [
    "LEARNERS",
    "PRESETS",
    "History",
    "Progress",
    "ReplayMemory",
    "Settings",
    "accuracy",
    "backward_transfer",
    "confusion",
    "doubt",
    "faa",
    "forgetting",
    "forward_transfer",
    "learn",
    "settings",
]
