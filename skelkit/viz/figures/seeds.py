"""Several values of one quantity, one per seed: mean, standard deviation, and words for both."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def percent(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation (0 for one value) of shares, in percent.

    >>> percent([0.5])
    (50.0, 0.0)
    """
    shares = 100 * torch.as_tensor(values, dtype=torch.float64).flatten()
    return float(shares.mean()), float(shares.std()) if len(shares) > 1 else 0.0


def percents(rows: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Means and standard deviations of several rows of seeds, in percent."""
    means, deviations = zip(*map(percent, rows), strict=True)
    return means, deviations


def in_words(values: Sequence[float]) -> str:
    """Mean and, of several values, the standard deviation.

    >>> in_words([0.25]), in_words([0.25, 0.25])
    ('25.0 %', '25.0 % ± 0.0')
    """
    mean, deviation = percent(values)
    return f"{mean:.1f} %" + (f" ± {deviation:.1f}" if len(values) > 1 else "")
