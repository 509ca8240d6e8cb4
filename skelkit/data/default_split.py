"""The default train/test split of a data set, with the number of tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..utils.presets import settings_of
from ..utils.validation import one_of
from .clips import ClipSet
from .loading import load
from .ntu.names import TRAINING_PERFORMERS
from .tasks import rank_in_class

TEN_ACTIONS = ("drink", "wave", "wave fast", "clap", "kick", "jump", "sit down", "stand up", "hug", "punch")
"""Ten actions of the embedded set, of one person and of two; some differ only in tempo or time order."""

_SIZES = {"smoke": (6, 72), "laptop": (10, 600), "gpu": (30, 3_000), "paper": (30, 20_000)}
"""Preset -> number of classes and of clips of the embedded set."""

FEW_SUBJECTS = 6
"""With fewer subjects a cross-subject split would train on too few people; the split is then stratified."""

NTU_SUBJECTS = list(range(1, 41))
"""Subjects of NTU RGB+D, which has a published cross-subject split."""

LEAST = 3
"""Fewest training clips of a class that is kept; one of them may become a validation clip."""


class TooFewClips(ValueError):
    """A data set with too few clips to train on."""


@dataclass(frozen=True)
class TrainTestSplit:
    """A data set split into training and test clips.

    Attributes:
        train, test: the clips; both have the same classes.
        tasks: number of tasks for continual learning; divides the number of classes.
        method: description of the split, such as "cross-subject".
    """

    train: ClipSet
    test: ClipSet
    tasks: int
    method: str

    def __repr__(self) -> str:
        classes = len(self.train.labels.unique()) // self.tasks
        return (
            f"{self.tasks} task{'s' * (self.tasks > 1)} x {classes} classes, "
            f"{len(self.train)} clips to train, {len(self.test)} to test, {self.method}"
        )


def train_test_split(clips: ClipSet, seed: int = 0) -> TrainTestSplit:
    """Cross-subject split if there are at least six subjects, otherwise a stratified split.

    Two thirds of the subjects are for training; for the forty subjects of NTU RGB+D, the published ones.
    A stratified split trains on 70 % of the clips of each class. Classes with fewer than three training clips
    or no test clips are left out.

    Args:
        clips: the whole data set.
        seed: of the stratified split.

    Raises:
        TooFewClips: fewer than two classes have enough clips.

    >>> train_test_split(load("synthetic", clips=400, classes=["wave", "hug", "kick", "nod"], frames=8))
    2 tasks x 2 classes, 200 clips to train, 200 to test, cross-subject
    """
    if len(clips.labels.unique()) < 2:
        raise TooFewClips(
            "all clips have the same class; give the classes as labels or in the names of files or folders"
        )
    subjects = [] if clips.subject is None else clips.subject.unique().tolist()
    if len(subjects) >= FEW_SUBJECTS:
        every_third_tests = [s for i, s in enumerate(subjects) if i % 3 != 2]
        chosen = list(TRAINING_PERFORMERS[60]) if _is_ntu(clips) else every_third_tests
        return _trainable(*_by_codes(clips, chosen), "cross-subject")
    try:  # without subjects, so that validation clips are stratified too
        train, test = replace(clips, subject=None).split("stratified", train=0.7, seed=seed)
    except ValueError as error:
        raise TooFewClips(str(error)) from None
    reason = f"{len(subjects)} subjects only" if subjects else "subjects are not known"
    return _trainable(train, test, f"stratified ({reason})")


def rotating_split(clips: ClipSet, seed: int = 0) -> TrainTestSplit:
    """A third of the subjects are for testing, others for each seed: three seeds in a row test every subject.

    Without three subjects, or with those of NTU RGB+D, `train_test_split`.

    Args:
        clips: the whole data set.
        seed: its third part draws how the subjects are dealt out in three groups, its remainder picks one.

    Raises:
        TooFewClips: as in `train_test_split`.

    >>> clips = load("synthetic", clips=400, classes=["wave", "hug", "kick", "nod"], frames=8)
    >>> clips = clips.select(clips.subject < 7)
    >>> [rotating_split(clips, seed).test.subject.unique().tolist() for seed in range(3)]
    [[3, 6], [1, 4], [2, 5]]
    """
    subjects = torch.empty(0) if clips.subject is None else clips.subject.unique().cpu()
    if len(subjects) < 3 or _is_ntu(clips):
        return train_test_split(clips, seed)
    shuffled = subjects[torch.randperm(len(subjects), generator=torch.Generator().manual_seed(seed // 3))]
    first, last = (fold * len(subjects) // 3 for fold in (seed % 3, seed % 3 + 1))
    tested = shuffled[first:last].tolist()
    kept = [s for s in subjects.tolist() if s not in tested]
    method = f"{len(tested)} of {len(subjects)} subjects left out"
    return _trainable(*_by_codes(clips, kept), method)


def validation_split(split: TrainTestSplit, seed: int = 0) -> TrainTestSplit:
    """The training clips split again, to choose settings without the test clips.

    Every fourth training subject validates, another quarter for each seed modulo 4; with fewer than four
    subjects a quarter of the clips of each class.

    Raises:
        TooFewClips: as in `train_test_split`.

    >>> validation_split(load_split(preset="laptop"))
    5 tasks x 2 classes, 225 clips to train, 75 to test, validation subjects
    """
    clips = split.train
    subjects = [] if clips.subject is None else clips.subject.unique().tolist()
    if len(subjects) >= 4:
        kept = [s for i, s in enumerate(subjects) if i % 4 != seed % 4]
        return _trainable(*_by_codes(clips, kept), "validation subjects")
    train, rest = replace(clips, subject=None).split("stratified", train=0.75, seed=seed)
    return _trainable(train, rest, "validation clips")


def _by_codes(clips: ClipSet, kept: Sequence[int]) -> tuple[ClipSet, ClipSet]:
    """The clips of the subjects with these codes, and all others.

    `ClipSet.split` takes names where subjects are named; codes serve both kinds.
    """
    assert clips.subject is not None
    chosen = torch.isin(clips.subject, torch.tensor(kept, device=clips.device))
    return clips.select(chosen), clips.select(~chosen)


def _is_ntu(clips: ClipSet) -> bool:
    """Whether the subjects are the forty numbered ones of NTU RGB+D; names have codes from 0."""
    named = bool((clips.group_names or {}).get("subject"))
    return clips.subject is not None and not named and clips.subject.unique().tolist() == NTU_SUBJECTS


def _trainable(train: ClipSet, test: ClipSet, method: str) -> TrainTestSplit:
    """The classes with enough clips, as many of them as make equal tasks."""
    names = train.classes
    train_counts, test_counts = _counts(train), _counts(test)
    taught = ((train_counts >= LEAST) & (test_counts > 0)).nonzero().flatten()
    if len(taught) < 2:
        raise TooFewClips(
            f"{len(taught)} of {len(names)} classes have {LEAST} clips to train and 1 to test; "
            "two are needed, so give more clips of each class"
        )
    tasks = number_of_tasks(len(taught))
    largest_first = taught[train_counts[taught].argsort(descending=True, stable=True)]
    taught = largest_first[: len(taught) // tasks * tasks]
    present = train_counts.nonzero().flatten()
    if len(taught) < len(present):
        left_out = ", ".join(names[c] for c in present.tolist() if c not in taught)
        method += f", without {left_out} (too few clips or no place in a task)"
        train, test = (side.select(torch.isin(side.labels.cpu(), taught)) for side in (train, test))
    return TrainTestSplit(train, test, tasks, method)


def _counts(clips: ClipSet) -> Tensor:
    """Number of clips of each class, Long[classes], on the CPU."""
    return clips.labels.bincount(minlength=len(clips.classes)).cpu()


def load_split(
    dataset: str = "synthetic",
    preset: str = "laptop",
    seed: int = 0,
    device: torch.device | str = "cpu",
    *,
    clips: int | None = None,
    test_clips: int | None = None,
    rotate: bool = False,
) -> TrainTestSplit:
    """Load a data set at the size of a preset, and split it with `train_test_split`.

    Args:
        dataset: "synthetic", or a path that `skelkit.load` reads.
        preset: of the embedded set, "smoke" uses six of `TEN_ACTIONS`, "laptop" all ten, larger presets
            all thirty actions. Recordings are used whole; "smoke" uses only a few clips of each class.
        seed: of the embedded set, of the clips that "smoke" draws, and of the split.
        device: where the clips are put.
        clips: number of clips of the embedded set. Default: that of the preset.
        test_clips: number of test clips of the embedded set, of which more can be generated. The training
            clips are the same, and the first test clips too. Default: those of the preset.
        rotate: split recordings with `rotating_split`, so that every seed tests other subjects.

    Raises:
        ValueError: an unknown preset, fewer test clips than the preset has, or what `skelkit.load` raises.
        TooFewClips: as in `train_test_split`.

    >>> load_split(preset="smoke")
    3 tasks x 2 classes, 38 clips to train, 34 to test, cross-subject
    """
    some, size = _embedded(preset)
    size = clips or size
    if dataset == "synthetic":
        split = train_test_split(load("synthetic", seed=seed, clips=size, classes=some).to(device), seed)
        if test_clips is None:
            return split
        assert split.train.subject is not None  # embedded clips have subjects
        people = set(split.train.subject.tolist())
        return _more_test_clips(split, test_clips, size, seed, some, lambda person: person not in people)
    whole = load(dataset)
    if preset == "smoke" and len(whole) > size:
        whole = _sample(whole, size, _SIZES[preset][0], seed)
    return (rotating_split if rotate else train_test_split)(whole.to(device), seed)


def more_validation_clips(split: TrainTestSplit, count: int, preset: str, seed: int) -> TrainTestSplit:
    """A `validation_split` of the embedded set with `count` validation clips; the first ones are the same."""
    classes, size = _embedded(preset)
    assert split.test.subject is not None  # embedded clips have subjects
    people = set(split.test.subject.tolist())
    return _more_test_clips(split, count, size, seed, classes, lambda person: person in people)


def _embedded(preset: str) -> tuple[Sequence[str] | None, int]:
    """Actions, None for all thirty, and number of clips of the embedded set at a preset."""
    preset = settings_of(preset)
    one_of(preset, _SIZES, "preset")
    classes, size = _SIZES[preset]
    return (TEN_ACTIONS[::-1][:classes] if classes <= len(TEN_ACTIONS) else None), size


def _more_test_clips(
    split: TrainTestSplit,
    count: int,
    size: int,
    seed: int,
    classes: Sequence[str] | None,
    wanted: Callable[[int], bool],
) -> TrainTestSplit:
    """The split of the first `size` embedded clips with `count` test clips, whose first ones are the same.

    A clip does not depend on the number of clips that are generated.

    Args:
        wanted: whether clips of a subject are for testing.
    """
    if count < len(split.test):
        raise ValueError(f"test_clips={count}: this preset has {len(split.test)}; give at least as many")
    size, tests = max(size, 2 * count), torch.zeros(0)  # at most half of the subjects are for testing
    while int(tests.sum()) < count:
        clips = load("synthetic", seed=seed, clips=size, classes=classes)
        assert clips.subject is not None
        tests = torch.tensor([wanted(subject) for subject in clips.subject.tolist()])
        size += max(count, size * count // max(1, int(tests.sum())) - size)
    chosen = tests.nonzero().flatten()[:count]
    return replace(split, test=clips.select(chosen).to(split.test.device))


def _sample(clips: ClipSet, size: int, classes: int, seed: int) -> ClipSet:
    """About `size` random clips, equally many of every class.

    If every class would have fewer than four, only `classes` random classes.
    """
    labels, generator = clips.labels.cpu(), torch.Generator().manual_seed(seed)
    rank, present = rank_in_class(labels, generator), labels.unique()
    if size // len(present) <= LEAST:
        present = present[torch.randperm(len(present), generator=generator)[:classes]]
    return clips.select(torch.isin(labels, present) & (rank < size // len(present)))


def number_of_tasks(classes: int) -> int:
    """Number of tasks for a number of classes.

    The published 6 for 60 and 12 for 120 classes; otherwise the first of 5, 4, 6, 3 and 2 that divides the
    classes into tasks of at least two; otherwise tasks of two.

    >>> [number_of_tasks(c) for c in (60, 120, 10, 8, 7, 3)]
    [6, 12, 5, 4, 3, 1]
    """
    published = {60: 6, 120: 12}
    divisors = (t for t in (5, 4, 6, 3, 2) if classes % t == 0 and classes // t >= 2)
    return published.get(classes) or next(divisors, classes // 2)
