"""Several values of one quantity, one per seed: mean, 95 % interval, and words for both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...experiments.statistics import in_percent, mean_interval

INTERVAL = "mean with 95 % interval over seeds"
"""Name of marks and axes that show both."""


def percent(values: Sequence[float]) -> tuple[float, float]:
    """Mean of shares, in percent, and half the width of its 95 % interval, by Student's t; 0 for one value.

    >>> percent([0.5])
    (50.0, 0.0)
    """
    mean, low, _, seeds = mean_interval(100 * np.asarray(values, float).flatten())
    return mean, mean - low if seeds > 1 else 0.0


def percents(rows: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Means and half widths of the 95 % intervals of several rows of seeds, in percent."""
    means, margins = zip(*map(percent, rows), strict=True)
    return means, margins


def in_words(values: Sequence[float]) -> str:
    """Mean and, of several values, the 95 % interval.

    >>> in_words([0.25]), in_words([0.25, 0.35])
    ('25.0 %', '30.0 % [0.0, 93.5]')
    """
    return in_percent(np.asarray(values, float).flatten().tolist())
