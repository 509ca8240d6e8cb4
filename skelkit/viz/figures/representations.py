"""Figures of representations: features, evaluation protocols, predictions, latency."""

from .features import inside, scatter
from .predictions import by_clip, soft_answers
from .protocol_comparison import comparison
from .speed_accuracy import frontier

__all__ = ["by_clip", "comparison", "frontier", "inside", "scatter", "soft_answers"]
