"""Tasks for continual learning: a sequence of groups of classes, with their clips. (CHARON, protocols.)

Labels and class names are those of the whole set in every task, so that one classifier serves all tasks. The
order of the classes is drawn from a seed, or given. Validation clips are taken from the training clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..utils.validation import instance_of, listed, one_of, printable
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
    """Some classes and their clips.

    Attributes:
        classes: class indices, in the order of the scenario.
        names: names of these classes.
        train, validation, test: the clips of these classes; `validation` is None if there is no validation.
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
    """Tasks in the order in which they are learnt. ``scenario[i]`` is task i, with copies of its clips.

    Attributes:
        order: class indices of each task; every class is in one task only.
        train, validation, test: the clips of all tasks; `validation` is None if there is no validation.
    """

    order: tuple[tuple[int, ...], ...]
    train: ClipSet
    validation: ClipSet | None
    test: ClipSet

    def __len__(self) -> int:
        """Number of tasks."""
        return len(self.order)

    def __getitem__(self, i: int) -> Task:
        return self._task(self.order[i])

    def until(self, i: int) -> Task:
        """Tasks 0 to i as one task, for joint training (the upper bound). Raises IndexError for other i."""
        if not 0 <= i < len(self):
            raise IndexError(f"until({i}): there are {len(self)} tasks, 0 to {len(self) - 1}")
        return self._task(sum(self.order[: i + 1], ()))

    def _task(self, classes: tuple[int, ...]) -> Task:
        return Task(
            classes,
            tuple(self.train.classes[c] for c in classes),
            _of_classes(self.train, classes),
            None if self.validation is None else _of_classes(self.validation, classes),
            _of_classes(self.test, classes),
        )


def split_into_tasks(
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
    """Split clips into tasks with equally many classes each; every class is in one task only.

    Args:
        train, test: sets with the same classes. Classes without any clip are ignored.
        tasks: number of tasks, or a published protocol: "ntu60" (6 x 10 classes), "ntu120" (12 x 10).
            Default: as many as `classes_per_task` gives.
        classes_per_task: Default: all classes, divided by the number of tasks.
        order: class indices or names, in the order in which they are learnt. Default: drawn from `seed`.
        seed: of the class order and the validation clips.
        validation: share of the training subjects whose clips are the validation clips: at least one subject,
            but none whom a class needs for training. For classes that those subjects do not perform, and
            without subjects, the share of the clips, at least one. 0: no validation.
        drop: leave out classes that `order` does not name, and the last classes if they do not fill a task.

    Raises:
        ValueError: classes that do not divide or are in no task (without `drop`), a task without clips, or
            train and test of different classes or skeletons.

    Differs from the authors: they choose the best epoch on the test clips; here validation clips serve that.

    >>> from skelkit.data import synthetic
    >>> clips = synthetic.make(160, classes=["wave", "hug", "kick", "nod"], frames=8)
    >>> train, test = clips.split("subject", train=range(1, 31))
    >>> split_into_tasks(train, test, tasks=2)[0]
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
    ordered = drawn if order is None else _class_indices(order, train.classes)
    count, size = _sizes(tasks, classes_per_task, len(ordered), drop)
    learnt = ordered[: count * size]
    if (left := [train.classes[c] for c in present.tolist() if c not in learnt]) and not drop:
        raise ValueError(
            f"{len(left)} classes are in no task: {', '.join(left)}; "
            "assign each class to a task, or pass drop=True to leave these out"
        )
    train, test = _of_classes(train, learnt), _of_classes(test, learnt)
    held_out = None
    if validation:
        chosen = _validation_clips(train, validation, generator)
        train, held_out = train.select(~chosen), train.select(chosen)
    groups = tuple(tuple(learnt[i : i + size]) for i in range(0, count * size, size))
    scenario = Scenario(groups, train, held_out, test)
    _check_filled(scenario)
    return scenario


def _check_pair(train: ClipSet, test: ClipSet) -> None:
    for name, clips in (("train", train), ("test", test)):
        instance_of(ClipSet, clips, name, "sk.load")
    if train.classes != test.classes:
        raise ValueError(
            f"train and test have different classes: {len(train.classes)} and {len(test.classes)}; "
            "split one set of clips into the two"
        )
    if train.skeleton != test.skeleton:
        raise ValueError(
            f"train and test have different skeletons: {train.skeleton.name} and {test.skeleton.name}"
        )


def _class_indices(order: Sequence[int | str], names: tuple[str, ...]) -> list[int]:
    """Class indices from indices or names. Raises ValueError for an unknown class and for one named twice."""
    for value in order:
        if value not in (names if isinstance(value, str) else range(len(names))):
            raise ValueError(
                f"order names a class {value!r}; the classes are 0 to {len(names) - 1}: {', '.join(names)}"
            )
    indices = [names.index(value) if isinstance(value, str) else int(value) for value in order]
    if repeated := sorted({names[c] for c in indices if indices.count(c) > 1}):
        raise ValueError(f"order names a class twice: {listed(repeated)}; each class is in one task")
    return indices


def _sizes(tasks: int | str | None, per_task: int | None, classes: int, drop: bool) -> tuple[int, int]:
    """Number of tasks and classes per task. Raises ValueError if the classes do not divide."""
    if isinstance(tasks, str):
        one_of(tasks, PROTOCOLS, "protocol", ", or give the number of tasks")
        tasks, per_task = PROTOCOLS[tasks]
    for name, value in (("tasks", tasks), ("classes_per_task", per_task)):
        if value is not None and value < 1:
            raise ValueError(f"{name}={value}: expected at least 1")
    if tasks and per_task:
        if tasks * per_task > classes:
            raise ValueError(
                f"{tasks} tasks of {per_task} classes need {tasks * per_task} classes; there are {classes}"
            )
        return tasks, per_task
    given = tasks or per_task
    if given is None:
        raise ValueError("give tasks=, classes_per_task= or both")
    if classes % given and not (drop and given < classes):
        divisors = ", ".join(str(d) for d in range(1, classes + 1) if classes % d == 0)
        what = f"{tasks} tasks" if tasks else f"tasks of {per_task}"
        leave = ", or pass drop=True to leave some classes out" if given < classes else ""
        raise ValueError(f"{classes} classes do not divide into {what}; {divisors} would do{leave}")
    return (given, classes // given) if tasks else (classes // given, given)


def _validation_clips(train: ClipSet, share: float, generator: torch.Generator) -> Tensor:
    """Mask of the training clips that become validation clips, bool[N]."""
    labels = train.labels.cpu()
    chosen = torch.zeros(len(train), dtype=torch.bool)
    if train.subject is not None and len(subjects := (subject := train.subject.cpu()).unique()) >= 2:
        wanted = max(1, round(len(subjects) * share))
        for person in subjects[torch.randperm(len(subjects), generator=generator)]:
            more = chosen | (subject == person)
            every_class_is_trained = len(labels[~more].unique()) == len(labels.unique())
            if wanted and every_class_is_trained:
                chosen, wanted = more, wanted - 1
    counts = labels.bincount()
    per_class = (counts * share).round().clamp_min(1).minimum(counts - 1)
    of_each_class = rank_in_class(labels, generator) < per_class[labels]
    return chosen | (of_each_class & ~torch.isin(labels, labels[chosen]))


def rank_in_class(labels: Tensor, generator: torch.Generator) -> Tensor:
    """Random rank of each clip among the clips of its class, from 0. Long[N] -> Long[N].

    `rank < n` selects n clips of every class at random.

    >>> rank_in_class(torch.tensor([2, 0, 2, 2]), torch.Generator().manual_seed(0)).sort().values.tolist()
    [0, 0, 1, 2]
    """
    order, counts = torch.randperm(len(labels), generator=generator), labels.bincount()
    order = order[labels[order].argsort(stable=True)]  # class by class, in random order within each
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels[order]]
    return rank


def _check_filled(scenario: Scenario) -> None:
    """Raise ValueError for the first task without clips, and for a class without training clips."""
    names = scenario.train.classes
    for i, classes in enumerate(scenario.order):
        for split in _SPLITS:
            clips = getattr(scenario, split)
            if clips is None:
                continue
            present = torch.isin(torch.tensor(classes), clips.labels.cpu())
            if not present.any():
                known = listed(names[c] for c in classes)
                raise ValueError(f"task {i} ({known}) has no {split} clips; {_REMEDY[split]}")
            if split == "train" and not present.all():
                missing = names[classes[int(present.long().argmin())]]
                raise ValueError(f"task {i}: no training clips of {printable(missing)}; {_REMEDY[split]}")


def _of_classes(clips: ClipSet, classes: Sequence[int]) -> ClipSet:
    return clips.select(torch.isin(clips.labels, torch.tensor(classes, device=clips.device)))
