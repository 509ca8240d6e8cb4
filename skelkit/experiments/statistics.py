"""Statistics over seeds: paired comparisons, Holm's correction, and intervals of a mean.

scipy and statsmodels are imported when they are needed, because the core of the package does without them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.95
"""Confidence level of all intervals."""

ALPHA = 0.05
"""A difference is significant if its p value, corrected for the number of comparisons, is below this."""

POWER = 0.8
"""Probability with which the smallest detectable difference would have been significant."""

RESOLUTION = 0.01
"""Percentage points by which two recorded differences may deviate because accuracies have four decimals."""

SIGN_FLIPS = 9_999
"""Random draws of a sign-flip test of too many seeds to try all signs."""

EXACT_SEEDS = 12
"""Up to this number of seeds the sign-flip test tries all signs."""


Key = TypeVar("Key", bound=Hashable)


class Interval(NamedTuple):
    """A mean over seeds with its 95 % interval, which is nan to nan for one seed."""

    mean: float
    low: float
    high: float
    seeds: int


@dataclass(frozen=True)
class Comparison:
    """A difference that was measured with several seeds.

    Attributes:
        mean: of the differences.
        low, high: 95 % interval of the mean, by Student's t; nan for one seed.
        p: probability of a mean at least this far from 0 if there is no difference; nan for one seed. From
            `compare_all`, corrected for the number of comparisons.
        detectable: the smallest difference that would have been significant with probability 0.8, at this
            number of seeds and comparisons and with the spread that was found; nan if there was none.
        seeds: number of differences.
    """

    mean: float
    low: float
    high: float
    p: float
    detectable: float
    seeds: int

    @property
    def significant(self) -> bool:
        """Whether the difference is significant; False for one seed."""
        return self.p < ALPHA

    @property
    def verdict(self) -> str:
        """Whether the difference is significant, in words; otherwise what could have been seen."""
        if self.seeds < 2:
            return "one seed: no test" if self.seeds else "not recorded yet"
        if self.significant:
            return "significant"
        could = f" ({self.detectable:.1f} points could have been seen)" if self.detectable > 0 else ""
        return f"not significant at this size{could}"

    @property
    def difference(self) -> str:
        """Mean and interval in percentage points, in words; empty without any seed."""
        if not self.seeds:
            return ""
        interval = f" [{self.low:+.1f}, {self.high:+.1f}]" if self.seeds > 1 else ""
        return f"{self.mean:+.1f}{interval} points"

    @property
    def p_words(self) -> str:
        """The p value in words, such as "p = 0.02"; empty if there was no test."""
        if math.isnan(self.p):
            return ""
        return "p < 0.001" if self.p < 0.001 else f"p = {self.p:.2g}"

    def __str__(self) -> str:
        """Everything in one clause.

        >>> str(Comparison(mean=2.0, low=1.0, high=3.0, p=0.01, detectable=1.2, seeds=8))
        '+2.0 [+1.0, +3.0] points, p = 0.01, 8 seeds: significant'
        """
        if self.seeds < 2:
            return "; ".join(filter(None, (self.difference, self.verdict)))
        return f"{self.difference}, {self.p_words}, {self.seeds} seeds: {self.verdict}"


def paired_comparison(
    a: Sequence[float],
    b: Sequence[float] | None = None,
    *,
    test: Literal["t", "sign flip"] = "t",
    comparisons: int = 1,
) -> Comparison:
    """Compare two variants that ran with the same seeds.

    Args:
        a, b: one value per seed in percentage points, in the same order. Without `b`, `a` are the
            differences.
        test: "t": paired t test. "sign flip": under the null hypothesis each difference may as well have the
            other sign; all signs are tried for up to 12 seeds, random ones for more. Differences that are
            equal as far as they were recorded have no spread for a t test, and are tested by sign flips.
        comparisons: number of comparisons among which this one is corrected; it makes `detectable` larger.
            The p value of a single comparison is not corrected; `compare_all` does that.

    Raises:
        ValueError: `a` and `b` differ in length.

    >>> paired_comparison([3.0, 4.0, 5.0], [1.0, 1.0, 1.0]).verdict
    'significant'
    >>> paired_comparison([3.0], [1.0]).verdict
    'one seed: no test'
    """
    if b is not None and len(a) != len(b):
        raise ValueError(f"{len(a)} values with {len(b)}: a paired comparison needs the same seeds in both")
    differences = np.asarray(a, float) - (0.0 if b is None else np.asarray(b, float))
    mean, low, high, seeds = mean_interval(differences)
    if seeds < 2:
        return Comparison(mean, low, high, math.nan, math.nan, seeds)
    spread = float(differences.std(ddof=1))
    equal = spread <= RESOLUTION
    if equal or test == "sign flip":
        p = _sign_flip(differences)
    else:
        p = float(scipy_stats().ttest_rel(differences, np.zeros(seeds)).pvalue)
    detectable = math.nan if equal else spread * _detectable_effect(seeds, ALPHA / comparisons)
    return Comparison(mean, low, high, p, detectable, seeds)


def compare_all(differences: Mapping[Key, Sequence[float]]) -> dict[Key, Comparison]:
    """Comparisons of one figure or table, with p values corrected together by Holm's method.

    Args:
        differences: name -> differences, one per seed. Those of fewer than two seeds are not tested and do
            not count in the correction.
    """
    tested = [name for name, values in differences.items() if len(values) > 1]
    found = {
        name: paired_comparison(values, comparisons=max(1, len(tested)))
        for name, values in differences.items()
    }
    corrected = holm([found[name].p for name in tested])
    return found | {name: replace(found[name], p=p) for name, p in zip(tested, corrected, strict=True)}


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number by Holm's step-down method. (Holm, 1979.)

    The probability of any false positive among all of them stays below the level at which they are compared.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    if not len(p_values):
        return []
    try:
        from statsmodels.stats.multitest import multipletests
    except ImportError:
        raise ImportError(_MISSING) from None
    return multipletests(list(p_values), method="holm")[1].tolist()


def mean_interval(values: ArrayLike) -> Interval:
    """Mean over seeds and its 95 % interval by Student's t.

    >>> mean, low, high, seeds = mean_interval([1.0, 2.0, 3.0])
    >>> mean, round(low, 2), round(high, 2), seeds
    (2.0, -0.48, 4.48, 3)
    """
    values = np.asarray(values, float)
    mean = float(values.mean()) if len(values) else math.nan
    if len(values) < 2:
        return Interval(mean, math.nan, math.nan, len(values))
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    margin = float(scipy_stats().t.ppf((1 + LEVEL) / 2, len(values) - 1)) * error
    return Interval(mean, mean - margin, mean + margin, len(values))


def in_percent(shares: Sequence[float]) -> str:
    """Mean of accuracies from 0 to 1 and, of several, its 95 % interval, cut off at 0 and 100 %.

    >>> in_percent([0.6, 0.65, 0.7]), in_percent([0.25])
    ('65.0 % [52.6, 77.4]', '25.0 %')
    """
    mean, low, high, seeds = mean_interval([100 * share for share in shares])
    return f"{mean:.1f} %" + (f" [{max(low, 0):.1f}, {min(high, 100):.1f}]" if seeds > 1 else "")


@cache
def _detectable_effect(seeds: int, alpha: float) -> float:
    """Smallest mean, in standard deviations, that a two-sided t test finds with probability `POWER`."""
    from scipy.optimize import brentq

    stats, freedom = scipy_stats(), seeds - 1
    critical = stats.t.isf(alpha / 2, freedom)

    def missing_power(effect: float) -> float:  # the probability of the wrong sign is negligible
        return float(stats.nct.sf(critical, freedom, effect * math.sqrt(seeds))) - POWER

    highest = 1.0
    while missing_power(highest) < 0:
        highest *= 2
    return float(brentq(missing_power, 0.0, highest))


def _sign_flip(differences: np.ndarray) -> float:
    """Two-sided p value of the mean if every difference may as well have the other sign."""
    exact = len(differences) <= EXACT_SEEDS
    found = scipy_stats().permutation_test(
        (differences,),
        lambda x, axis: x.mean(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2 ** len(differences) if exact else SIGN_FLIPS,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


_MISSING = "statistics need scipy and statsmodels; install them with: pip install 'skelkit[notebooks]'"


def scipy_stats() -> Any:
    """The module scipy.stats, or an error that says what to install."""
    try:
        from scipy import stats
    except ImportError:
        raise ImportError(_MISSING) from None
    return stats
