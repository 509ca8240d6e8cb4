"""Continual learning: tasks come one after the other, and what was learnt must not be lost."""

from __future__ import annotations

from .history import History, TaskProgress
from .learn import LEARNERS, learn
from .memory import ReplayMemory
from .metrics import accuracy, backward_transfer, confusion, two_standard_errors, faa, forgetting, forward_transfer
from .presets import CONTINUAL_PRESETS, Settings, settings

__all__ = [
    "LEARNERS",
    "CONTINUAL_PRESETS",
    "History",
    "TaskProgress",
    "ReplayMemory",
    "Settings",
    "accuracy",
    "backward_transfer",
    "confusion",
    "two_standard_errors",
    "faa",
    "forgetting",
    "forward_transfer",
    "learn",
    "settings",
]
