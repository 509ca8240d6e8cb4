"""Data of a run: which clips it trains on and is tested on, at which preset, on which device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..data.default_split import TrainTestSplit, load_split, more_validation_clips, validation_split
from ..utils.machine import pick_device

TEST_CLIPS = 2_000
"""Test clips of the embedded set in recordings.

They are generated, so more of them cost their evaluation alone. An accuracy of 80 % has a standard error of
2.3 points with 300 clips, and of 0.9 points with 2,000.
"""


VALIDATION_CLIPS = 500
"""Clips of the embedded set on which settings are chosen in recordings."""


@dataclass(frozen=True)
class RunData:
    """What all runs of an experiment have in common.

    Args:
        dataset: "synthetic" or a path.
        preset: of the data and of the settings.
        sources: data sets to pre-train on, for "transfer".
        test_clips: number of test clips of the embedded set. Default: that of the preset.
        device: where the runs compute: "auto", "cpu", "cuda".
        clips: number of clips of the embedded set, then of all thirty actions. Default: those of the preset.
    """

    dataset: str = "synthetic"
    preset: str = "laptop"
    sources: Sequence[str] = ()
    test_clips: int | None = None
    device: str = "cpu"
    clips: int | None = None

    def split(self, seed: int) -> TrainTestSplit:
        """Training and test clips of a run with this seed; those of the last seed are kept in memory.

        Of recordings every seed tests other subjects, see `rotating_split`.
        """
        return _load(replace(self, device=str(pick_device(self.device))), seed)

    def inner_split(self, seed: int) -> TrainTestSplit:
        """The training clips of `split` split again: settings are chosen on the second part.

        Of the embedded set more clips of the validation subjects are generated, if `test_clips` is given.
        """
        return _load_inner(replace(self, device=str(pick_device(self.device))), seed)


@lru_cache(maxsize=1)
def _load(data: RunData, seed: int) -> TrainTestSplit:
    preset = "gpu" if data.clips else data.preset
    return load_split(
        data.dataset, preset, seed, data.device, clips=data.clips, test_clips=data.test_clips, rotate=True
    )


@lru_cache(maxsize=1)
def _load_inner(data: RunData, seed: int) -> TrainTestSplit:
    split = validation_split(_load(replace(data, test_clips=None), seed), seed)
    if data.dataset != "synthetic" or data.test_clips is None or data.clips:
        return split
    return more_validation_clips(split, min(data.test_clips, VALIDATION_CLIPS), data.preset, seed)


def describe_split(split: TrainTestSplit) -> str:
    """Numbers of classes and clips, and how they were split."""
    classes, train, test = len(split.train.labels.unique()), len(split.train), len(split.test)
    return f"{classes} classes, {train} clips to train, {test} to test, {split.method}"
