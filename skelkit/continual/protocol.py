"""How a set of clips is divided for continual learning where nobody says otherwise: into train and test, and into tasks."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..data import ClipSet, load

LESSON = ("drink", "wave", "wave fast", "clap", "kick", "jump", "sit down", "stand up", "hug", "punch")
"""Ten actions of the embedded set, of one person and of two; some differ by tempo or by the order of time alone."""
_SIZES = {"smoke": (6, 96), "laptop": (10, 600), "gpu": (30, 3_000), "paper": (30, 20_000)}  # classes, clips
FEW_SUBJECTS = 6
"""Below this a cross-subject split would train on too few people; clips of each class are drawn instead."""
_NTU60 = (1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38)


@dataclass(frozen=True)
class Protocol:
    """Train and test clips, the number of tasks, and in words how the clips were divided."""

    train: ClipSet
    test: ClipSet
    tasks: int
    how: str

    def __repr__(self) -> str:
        classes = len(self.train.classes) // self.tasks
        return f"{self.tasks} tasks x {classes} classes, {len(self.train)} clips to train, {len(self.test)} to test, {self.how}"


def protocol(clips: ClipSet, seed: int = 0) -> Protocol:
    """Cross-subject where there are at least six subjects (two thirds of them train; NTU's forty by the published list), else a
    stratified split, 70 % of each class's clips to train. Classes make 5 tasks, or 4, 6, 3, 2 where they do not divide by 5.

    `seed` draws the stratified split alone.

    >>> from skelkit import load
    >>> protocol(load("synthetic", clips=400, classes=["wave", "hug", "kick", "nod"], frames=8))
    2 tasks x 2 classes, 200 clips to train, 200 to test, cross-subject
    """
    subjects = [] if clips.subject is None else clips.subject.unique().tolist()
    if len(subjects) >= FEW_SUBJECTS:
        chosen = _NTU60 if subjects == list(range(1, 41)) else [s for i, s in enumerate(subjects) if i % 3 != 2]
        train, test = clips.split("subject", train=chosen)
        how = "cross-subject"
    else:
        train, test = clips.split("stratified", train=0.7, seed=seed)
        how = f"stratified (only {len(subjects)} subjects)" if subjects else "stratified (subjects are not known)"
    return Protocol(train, test, number_of_tasks(len(clips.labels.unique())), how)


def lesson(dataset: str = "synthetic", preset: str = "laptop", seed: int = 0, device: torch.device | str = "cpu") -> Protocol:
    """Clips to teach networks on, at a preset's size, divided.

    Of the embedded set `LESSON` (or all thirty actions from preset "gpu" on); recordings are used whole, at "smoke" a few clips a class.

    >>> lesson(preset="smoke")
    3 tasks x 2 classes, 51 clips to train, 45 to test, cross-subject
    """
    if preset not in _SIZES:
        raise ValueError(f"no preset {preset!r}; known: {', '.join(_SIZES)}")
    classes, size = _SIZES[preset]
    if dataset == "synthetic":
        clips = load("synthetic", seed=seed, clips=size, classes=LESSON[::-1][:classes] if classes <= len(LESSON) else None)
    else:
        clips = load(dataset)
        if preset == "smoke" and len(clips) > size:
            clips = _few(clips, size // classes, seed)
    return protocol(clips.to(device), seed)


def _few(clips: ClipSet, count: int, seed: int) -> ClipSet:
    """So many clips of each class, or all it has, at random."""
    order = torch.randperm(len(clips), generator=torch.Generator().manual_seed(seed))
    order = order[clips.labels.cpu()[order].argsort(stable=True)]
    sizes = clips.labels.cpu().bincount(minlength=len(clips.classes))
    rank = torch.arange(len(order)) - (sizes.cumsum(0) - sizes)[clips.labels.cpu()[order]]
    return clips.select(order[rank < count].sort().values)


def number_of_tasks(classes: int) -> int:
    """The published 6 of 60 and 12 of 120; else 5, 4, 6, 3 or 2 if that divides the classes into tasks of at least two, else one each.

    >>> [number_of_tasks(c) for c in (60, 120, 10, 8, 7)]
    [6, 12, 5, 4, 7]
    """
    published = {60: 6, 120: 12}
    return published.get(classes) or next((t for t in (5, 4, 6, 3, 2) if classes % t == 0 and classes // t >= 2), classes)
