"""How a set of clips is divided where nobody says otherwise: into train and test, and into tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from ..utils.validation import one_of
from . import ClipSet, load
from .ntu.names import TRAINING_PERFORMERS
from .tasks import rank_in_class

TEN_ACTIONS = ("drink", "wave", "wave fast", "clap", "kick", "jump", "sit down", "stand up", "hug", "punch")
"""Ten actions of the embedded set, of one person and of two; some differ by tempo or by the order of time alone."""

_SIZES = {"smoke": (6, 72), "laptop": (10, 600), "gpu": (30, 3_000), "paper": (30, 20_000)}  # classes, clips

FEW_SUBJECTS = 6
"""Below this a cross-subject split would train on too few people; clips of each class are drawn instead."""

LEAST = 3
"""Clips of a class without which it is not taught: one may go to validation."""


class TooFewClips(ValueError):
    """A data set with too few clips to teach on."""


@dataclass(frozen=True)
class TrainTestSplit:
    """Train and test clips, the number of tasks, and in words how the clips were divided."""

    train: ClipSet
    test: ClipSet
    tasks: int
    method: str

    def __repr__(self) -> str:
        classes = len(self.train.labels.unique()) // self.tasks
        return f"{self.tasks} task{'s' * (self.tasks > 1)} x {classes} classes, {len(self.train)} clips to train, {len(self.test)} to test, {self.method}"


def train_test_split(clips: ClipSet, seed: int = 0) -> TrainTestSplit:
    """Cross-subject where there are at least six subjects (two thirds of them train; NTU's forty by the published list), else a
    stratified split, 70 % of each class's clips to train. Classes with fewer than three clips to train or none to test are left out.

    `seed` draws the stratified split alone.

    Raises:
        TooFewClips: fewer than two classes have clips enough.

    >>> from skelkit import load
    >>> train_test_split(load("synthetic", clips=400, classes=["wave", "hug", "kick", "nod"], frames=8))
    2 tasks x 2 classes, 200 clips to train, 200 to test, cross-subject
    """
    if len(clips.labels.unique()) < 2:
        raise TooFewClips(
            "all clips are of one class; say which is of which, by labels or by names of files or folders"
        )
    subjects = [] if clips.subject is None else clips.subject.unique().tolist()
    if len(subjects) >= FEW_SUBJECTS:
        chosen = (
            TRAINING_PERFORMERS[60]
            if subjects == list(range(1, 41))
            else [s for i, s in enumerate(subjects) if i % 3 != 2]
        )
        train, test = clips.split("subject", train=chosen)
        method = "cross-subject"
    else:  # without the subjects, so that validation clips are drawn likewise
        try:
            train, test = replace(clips, subject=None).split("stratified", train=0.7, seed=seed)
        except ValueError as error:
            raise TooFewClips(str(error)) from None
        method = (
            f"stratified ({len(subjects)} subjects only)"
            if subjects
            else "stratified (subjects are not known)"
        )
    return _enough(train, test, method)


def _enough(train: ClipSet, test: ClipSet, method: str) -> TrainTestSplit:
    """With the classes that can be taught, as many as make equal tasks."""
    names = train.classes
    counts = train.labels.bincount(minlength=len(names)).cpu()
    taught = ((counts >= LEAST) & (test.labels.bincount(minlength=len(names)).cpu() > 0)).nonzero().flatten()
    if len(taught) < 2:
        raise TooFewClips(
            f"{len(taught)} of {len(names)} classes have {LEAST} clips to train and 1 to test; two are needed, so give more clips of each class"
        )
    tasks = number_of_tasks(len(taught))
    taught = taught[counts[taught].argsort(descending=True, stable=True)][: len(taught) // tasks * tasks]
    there = counts.nonzero().flatten()
    if len(taught) < len(there):
        method += f", without {', '.join(names[c] for c in there.tolist() if c not in taught)} (too few clips or no place in a task)"
        train, test = (part.select(torch.isin(part.labels.cpu(), taught)) for part in (train, test))
    return TrainTestSplit(train, test, tasks, method)


def load_split(
    dataset: str = "synthetic", preset: str = "laptop", seed: int = 0, device: torch.device | str = "cpu"
) -> TrainTestSplit:
    """Clips to teach networks on, at a preset's size, divided.

    Of the embedded set `TEN_ACTIONS` (or all thirty actions from preset "gpu" on); recordings are used whole, at "smoke" a few clips a class.

    >>> load_split(preset="smoke")
    3 tasks x 2 classes, 38 clips to train, 34 to test, cross-subject
    """
    one_of(preset, _SIZES, "preset")
    classes, size = _SIZES[preset]
    if dataset == "synthetic":
        clips = load(
            "synthetic",
            seed=seed,
            clips=size,
            classes=TEN_ACTIONS[::-1][:classes] if classes <= len(TEN_ACTIONS) else None,
        )
    else:
        clips = load(dataset)
        if preset == "smoke" and len(clips) > size:
            clips = _few(clips, size, classes, seed)
    return train_test_split(clips.to(device), seed)


def _few(clips: ClipSet, size: int, classes: int, seed: int) -> ClipSet:
    """About `size` clips at random, equally many of every class that has any; of some classes alone where each would have fewer than four."""
    labels, generator = clips.labels.cpu(), torch.Generator().manual_seed(seed)
    rank, present = rank_in_class(labels, generator), labels.unique()
    if size // len(present) <= LEAST:
        present = present[torch.randperm(len(present), generator=generator)[:classes]]
    return clips.select(torch.isin(labels, present) & (rank < size // len(present)))


def number_of_tasks(classes: int) -> int:
    """The published 6 of 60 and 12 of 120; else 5, 4, 6, 3 or 2 if that divides the classes into tasks of at least two, else tasks of two.

    >>> [number_of_tasks(c) for c in (60, 120, 10, 8, 7, 3)]
    [6, 12, 5, 4, 3, 1]
    """
    published = {60: 6, 120: 12}
    return published.get(classes) or next(
        (t for t in (5, 4, 6, 3, 2) if classes % t == 0 and classes // t >= 2), classes // 2
    )
