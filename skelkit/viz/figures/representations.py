"""Figures of representations: features, evaluation protocols, predictions, latency."""

from .features import cross_correlation, scatter
from .predictions import class_probabilities, mean_probabilities
from .protocol_comparison import comparison
from .speed_accuracy import frontier

__all__ = [
    "class_probabilities",
    "comparison",
    "cross_correlation",
    "frontier",
    "mean_probabilities",
    "scatter",
]
