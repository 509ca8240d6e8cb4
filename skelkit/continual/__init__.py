"""Continual learning: tasks come one after the other, and what was learnt must not be lost."""

from .memory import ReplayMemory
from .metrics import accuracy, backward_transfer, faa, forgetting, forward_transfer

__all__ = ["ReplayMemory", "accuracy", "backward_transfer", "faa", "forgetting", "forward_transfer"]
