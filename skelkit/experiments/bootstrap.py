"""The interval of an accuracy that counts both seeds and test clips."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .statistics import LEVEL, Interval, scipy_stats


def accuracy_interval(
    correct_by_seed: Sequence[ArrayLike], *, shared_clips: bool, resamples: int = 4_000, seed: int = 0
) -> Interval:
    """Mean accuracy over seeds, and its 95 % interval by a bootstrap over seeds and test clips.

    Args:
        correct_by_seed: whether each test clip was classified correctly, bool[N] for each seed.
        shared_clips: whether all seeds were tested on the same clips, in the same order, as on a data set
            that was recorded. Then seeds and clips are drawn independently. Otherwise each seed had its own
            clips, as on the embedded data, and a seed is drawn together with its clips. With one seed, only
            clips are drawn.
        resamples: number of draws.
        seed: of the draws.

    The bootstrap of few seeds is too narrow; its deviations are therefore widened by the ratio of Student's t
    to the normal distribution, and by √(S / (S - 1)) for S seeds. (Hesterberg, 2015.)

    Raises:
        ValueError: no seed, or shared clips of different numbers.

    >>> accuracy_interval([[True] * 60 + [False] * 40], shared_clips=True)
    Interval(mean=0.6, low=0.51, high=0.69, seeds=1)
    """
    clips, seeds = {len(np.asarray(each)) for each in correct_by_seed}, len(correct_by_seed)
    if not seeds or 0 in clips or (shared_clips and len(clips) > 1):
        raise ValueError(
            f"{seeds} seeds with {sorted(clips)} test clips: nothing that could be drawn together"
        )
    stats, random = scipy_stats(), np.random.default_rng(seed)
    per_seed = np.array([np.asarray(each, float).mean() for each in correct_by_seed])
    deviations = np.zeros(resamples)
    if seeds > 1:
        ratio = stats.t.ppf((1 + LEVEL) / 2, seeds - 1) / stats.norm.ppf((1 + LEVEL) / 2)
        widened = ratio * math.sqrt(seeds / (seeds - 1))
        deviations += widened * (random.choice(per_seed, (resamples, seeds)).mean(1) - per_seed.mean())
    if shared_clips or seeds == 1:
        correct = np.asarray(correct_by_seed, float)
        per_clip = correct.mean(0)
        drawn = random.choice(per_clip, (resamples, len(per_clip))).mean(1) - per_clip.mean()
        deviations += math.sqrt(_share_of_clips(correct)) * drawn
    ends = np.quantile(deviations, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) + per_seed.mean()
    low, high = np.clip(ends, 0.0, 1.0).round(12).tolist()
    return Interval(float(per_seed.mean()), low, high, seeds)


def _share_of_clips(correct: np.ndarray) -> float:
    """Share of the variance between clips that is not chance of single answers, which the seeds account for.

    `correct` is 0 or 1, [seeds, clips]. The share is 1 for one seed.
    """
    seeds, clips = correct.shape
    if seeds == 1 or clips == 1:
        return 1.0
    per_clip, per_seed = correct.mean(0, keepdims=True), correct.mean(1, keepdims=True)
    chance = ((correct - per_clip - per_seed + correct.mean()) ** 2).sum() / (seeds - 1) / (clips - 1)
    variance = per_clip.var(ddof=1)
    return max(0.0, 1 - chance / seeds / variance) if variance > 0 else 0.0
