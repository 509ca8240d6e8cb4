"""Tasks: a labelled set of clips as a sequence of groups of classes, learnt one after the other. (CHARON, section on protocols.)

Labels and class names stay those of the whole set in every task, so one classifier serves all tasks. The order of the classes is
fixed by a seed, or given. Validation clips come out of the training clips; the test clips are only ever divided by class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..utils.validation import instance_of, one_of
from .clips import ClipSet

PROTOCOLS = {"ntu60": (6, 10), "ntu120": (12, 10)}
"""Tasks and classes per task of the published protocols, Split NTU-60 and Split NTU-120."""

_SPLITS = ("train", "validation", "test")

_REMEDY = {
    "train": "give some, a smaller validation share, or order= without these classes and drop=True",
    "validation": "give a larger validation share, another seed or more clips; validation=0 goes without",
    "test": "split train and test so that both have clips of every class, or have fewer tasks",
}


@dataclass(frozen=True)
class Task:
    """Some classes and their clips. `validation` is None where none was asked for.

    Attributes:
        classes: indices into the class names of the whole set, in the scenario's order.
        names: what those classes are called.
    """

    classes: tuple[int, ...]
    names: tuple[str, ...]
    train: ClipSet
    validation: ClipSet | None
    test: ClipSet

    def __repr__(self) -> str:
        clips = ", ".join(f"{len(s)} {name}" for name in _SPLITS if (s := getattr(self, name)) is not None)
        return f"Task({clips} clips of {', '.join(self.names)})"


@dataclass(frozen=True)
class Scenario:
    """Tasks in the order in which they are learnt; what `tasks` makes. ``scenario[i]`` is task i, copied out.

    Attributes:
        order: classes of each task, as indices; no class twice.
        train, validation, test: the clips of all tasks together.
    """

    order: tuple[tuple[int, ...], ...]
    train: ClipSet
    validation: ClipSet | None
    test: ClipSet

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, i: int) -> Task:
        return self._task(self.order[i])

    def until(self, i: int) -> Task:
        """Tasks 0 to i as one: what joint training, the upper bound, learns in place of task i."""
        if not 0 <= i < len(self):
            raise IndexError(f"until({i}): there are {len(self)} tasks, 0 to {len(self) - 1}")
        return self._task(sum(self.order[: i + 1], ()))

    def _task(self, classes: tuple[int, ...]) -> Task:
        splits = [
            None if clips is None else _of_classes(clips, classes)
            for clips in (self.train, self.validation, self.test)
        ]
        return Task(classes, tuple(self.train.classes[c] for c in classes), *splits)


def tasks(
    train: ClipSet,
    test: ClipSet,
    tasks: int | str | None = None,
    classes_per_task: int | None = None,
    *,
    order: Sequence[int | str] | None = None,
    seed: int = 0,
    validation: float = 0.1,
    drop: bool = False,
) -> Scenario:
    """Split clips into tasks of as many classes each, no class twice.

    Args:
        train, test: with the same classes; classes of which there is no clip at all take no part.
        tasks: how many, or a published protocol: "ntu60" (6 x 10 classes), "ntu120" (12 x 10).
        classes_per_task: unless given, all classes are shared out; unless `tasks` is given, there are as many tasks as it takes.
        order: class indices or names, in the order in which they are learnt; unless given, drawn from `seed`.
        seed: also draws the validation part.
        validation: share of the training subjects whose clips are kept for validation, at least one, but none whom a class needs
            to be trained. Of classes that those subjects do not perform, that share of the clips, at least one. 0: no validation.
        drop: leave out the classes that are too many, from the end of the order, or that `order` does not name.

    Raises:
        ValueError: classes that do not divide or are in no task (unless `drop`), or a task with an empty split (named).

    Differs from the authors: they choose the best epoch on the test clips; here there are validation clips for that.

    >>> from skelkit.data import synthetic
    >>> train, test = synthetic.make(160, classes=["wave", "hug", "kick", "nod"], frames=8).split("subject", train=range(1, 31))
    >>> tasks(train, test, tasks=2)[0]
    Task(54 train, 6 validation, 20 test clips of wave, hug)
    """
    _check_pair(train, test)
    if not 0 <= validation < 1:
        raise ValueError(
            f"validation={validation}: expected a share of the training subjects (or clips) in [0, 1)"
        )
    generator = torch.Generator().manual_seed(seed)
    present = torch.cat([train.labels.cpu(), test.labels.cpu()]).unique()
    drawn = present[torch.randperm(len(present), generator=generator)].tolist()
    ordered = drawn if order is None else _named(order, train.classes)
    count, size = _sizes(tasks, classes_per_task, len(ordered), drop)
    learnt = ordered[: count * size]
    if (left := [train.classes[c] for c in present.tolist() if c not in learnt]) and not drop:
        raise ValueError(
            f"{len(left)} classes are in no task: {', '.join(left)}; share out all of them, or pass drop=True to leave these out"
        )
    train, test = _of_classes(train, learnt), _of_classes(test, learnt)
    kept = (
        _validation(train, validation, generator) if validation else torch.zeros(len(train), dtype=torch.bool)
    )
    parts = train.select(~kept), train.select(kept) if validation else None, test
    scenario = Scenario(tuple(tuple(learnt[i : i + size]) for i in range(0, count * size, size)), *parts)
    _check_filled(scenario)
    return scenario


def _check_pair(train: ClipSet, test: ClipSet) -> None:
    for name, clips in (("train", train), ("test", test)):
        instance_of(ClipSet, clips, name, "sk.load")
    if train.classes != test.classes:
        raise ValueError(
            f"train and test have different classes: {len(train.classes)} and {len(test.classes)}; split one set of clips into the two"
        )
    if train.skeleton != test.skeleton:
        raise ValueError(
            f"train and test have different skeletons: {train.skeleton.name} and {test.skeleton.name}"
        )


def _named(order: Sequence[int | str], names: tuple[str, ...]) -> list[int]:
    """Class indices from indices or names."""
    for value in order:
        if value not in (names if isinstance(value, str) else range(len(names))):
            raise ValueError(
                f"order names a class {value!r}; the classes are 0 to {len(names) - 1}: {', '.join(names)}"
            )
    found = [names.index(value) if isinstance(value, str) else int(value) for value in order]
    if repeated := sorted({names[c] for c in found if found.count(c) > 1}):
        raise ValueError(f"order names a class twice: {', '.join(repeated)}; each class is in one task")
    return found


def _sizes(tasks: int | str | None, per_task: int | None, classes: int, drop: bool) -> tuple[int, int]:
    if isinstance(tasks, str):
        one_of(tasks, PROTOCOLS, "protocol", ", or give the number of tasks")
        tasks, per_task = PROTOCOLS[tasks]
    if tasks is None and per_task is None:
        raise ValueError("give tasks=, classes_per_task= or both")
    for name, value in (("tasks", tasks), ("classes_per_task", per_task)):
        if value is not None and value < 1:
            raise ValueError(f"{name}={value}: expected at least 1")
    if tasks and per_task:
        if tasks * per_task > classes:
            raise ValueError(
                f"{tasks} tasks of {per_task} classes need {tasks * per_task} classes; there are {classes}"
            )
        return tasks, per_task
    if classes % (given := tasks or per_task) and not (drop and given < classes):
        fitting = ", ".join(str(d) for d in range(1, classes + 1) if classes % d == 0)
        what = f"{tasks} tasks" if tasks else f"tasks of {per_task}"
        leave = ", or pass drop=True to leave some classes out" if given < classes else ""
        raise ValueError(f"{classes} classes do not divide into {what}; {fitting} would do{leave}")
    return (tasks, classes // tasks) if tasks else (classes // per_task, per_task)


def _validation(train: ClipSet, share: float, generator: torch.Generator) -> Tensor:
    """Which training clips are kept for validation, bool[N]."""
    labels, kept = train.labels.cpu(), torch.zeros(len(train), dtype=torch.bool)
    if train.subject is not None and len(found := (people := train.subject.cpu()).unique()) >= 2:
        wanted = max(1, round(len(found) * share))
        for person in found[torch.randperm(len(found), generator=generator)]:
            more = kept | (people == person)
            if wanted and len(labels[~more].unique()) == len(labels.unique()):  # every class is still trained
                kept, wanted = more, wanted - 1
    counts = labels.bincount()
    some = (
        rank_in_class(labels, generator) < (counts * share).round().clamp_min(1).minimum(counts - 1)[labels]
    )
    return kept | (some & ~torch.isin(labels, labels[kept]))


def rank_in_class(labels: Tensor, generator: torch.Generator) -> Tensor:
    """The place of each clip among those of its class, drawn at random. Long[N] -> Long[N], from 0; `rank < n` is n clips of every class.

    >>> rank_in_class(torch.tensor([2, 0, 2, 2]), torch.Generator().manual_seed(0)).sort().values.tolist()
    [0, 0, 1, 2]
    """
    order, counts = torch.randperm(len(labels), generator=generator), labels.bincount()
    order = order[labels[order].argsort(stable=True)]  # class by class, at random within each
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels[order]]
    return rank


def _check_filled(scenario: Scenario) -> None:
    for i, classes in enumerate(scenario.order):
        for split in _SPLITS:
            if (clips := getattr(scenario, split)) is None:
                continue
            there = torch.isin(torch.tensor(classes), clips.labels.cpu())
            if not there.any():
                raise ValueError(
                    f"task {i} ({', '.join(scenario.train.classes[c] for c in classes)}) has no {split} clips; {_REMEDY[split]}"
                )
            if split == "train" and not there.all():
                raise ValueError(
                    f"task {i}: no training clips of {scenario.train.classes[classes[int(there.long().argmin())]]}; {_REMEDY[split]}"
                )


def _of_classes(clips: ClipSet, classes: Sequence[int]) -> ClipSet:
    return clips.select(torch.isin(clips.labels, torch.tensor(classes, device=clips.device)))
