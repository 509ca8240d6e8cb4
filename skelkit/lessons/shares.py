"""Shares of test clips in sentences, with their uncertainty and with what guessing would reach."""

from __future__ import annotations

from torch import Tensor

from ..experiments.statistics import scipy_stats


def interval(share: float, clips: int) -> tuple[float, float]:
    """95 % interval of a share of so many clips, from 0 to 1. (Wilson, 1927.)

    >>> low, high = interval(1.0, 20)
    >>> round(low, 2), round(high, 2)
    (0.84, 1.0)
    """
    found = scipy_stats().binomtest(round(share * clips), clips).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def in_words(share: float, clips: int) -> str:
    """A share of clips with its 95 % interval.

    >>> in_words(0.5, 40)
    '50 % [35, 65]'
    """
    low, high = interval(share, clips)
    return f"{100 * share:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def guessing(labels: Tensor) -> float:
    """Accuracy of always answering the most frequent of these labels Long[N], 0 to 1."""
    return float(labels.cpu().bincount().max()) / len(labels)


def sign_test(more: int, fewer: int) -> float:
    """Probability of so unequal a split, or a more unequal one, of more + fewer clips if both are as likely.

    Of two classifiers on the same clips, `more` are right only with the first, `fewer` only with the second.

    >>> round(sign_test(9, 1), 4), sign_test(0, 0)
    (0.0215, 1.0)
    """
    return float(scipy_stats().binomtest(more, more + fewer).pvalue) if more + fewer else 1.0
