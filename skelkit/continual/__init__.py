"""Continual learning: tasks come one after the other, and earlier ones must not be forgotten."""

from __future__ import annotations

from .history import History, TaskProgress
from .learners import LEARNERS, BaseLearner, Learner
from .learning import learn
from .memory import ReplayMemory
from .metrics import (
    accuracy,
    backward_transfer,
    confusion,
    faa,
    forgetting,
    forward_transfer,
    two_standard_errors,
)
from .presets import CONTINUAL_PRESETS, Settings, settings

__all__ = [
    "CONTINUAL_PRESETS",
    "LEARNERS",
    "BaseLearner",
    "History",
    "Learner",
    "ReplayMemory",
    "Settings",
    "TaskProgress",
    "accuracy",
    "backward_transfer",
    "confusion",
    "faa",
    "forgetting",
    "forward_transfer",
    "learn",
    "settings",
    "two_standard_errors",
]
