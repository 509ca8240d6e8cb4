"""`learn`: train one method on a sequence of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..data import ClipSet
from ..data.fingerprints import fingerprints
from ..data.tasks import Scenario, split_into_tasks
from ..training import loop
from ..utils.progress import ProgressBar
from ..utils.validation import one_of
from .history import History
from .learners import LEARNERS
from .learners.base import BaseLearner, Learner
from .memory import ReplayMemory
from .presets import Settings
from .presets import settings as make_settings
from .stages import Callback, ContinualRun


def learn(
    name: str,
    train: ClipSet,
    test: ClipSet,
    tasks: int | str | None = None,
    *,
    classes_per_task: int | None = None,
    memory: int | str = "500 clips",
    preset: str = "laptop",
    seed: int = 0,
    order: Sequence[int | str] | None = None,
    order_seed: int | None = None,
    validation: float = 0.1,
    drop: bool = False,
    callback: Callback | None = None,
    checkpoints: str | Path | None = None,
    every: float = 30.0,
    progress: bool | None = None,
    **changes: Any,
) -> History:
    """Learn tasks one after the other; after each, evaluate on the test clips of all tasks so far.

    Args:
        name: a name in `LEARNERS`.
        train, test: clips, on the device where the training runs.
        tasks, classes_per_task, order, validation, drop: as in `data.tasks.split_into_tasks`.
        memory: budget of the learners that use a memory: bytes, or "500 clips" (uncompressed).
        preset: a name in `CONTINUAL_PRESETS`.
        seed: of all random draws.
        order_seed: seed of the class order and the validation set. Default: `seed`.
        callback: called after every epoch and every task; raise `loop.Stopped` in it to end the run.
        checkpoints: folder; a killed run resumes from there.
        every: seconds between checkpoints.
        progress: whether to show a progress bar. Default: in an interactive session.
        changes: single settings, by name, and options of the learner and of the codec.

    Raises:
        ValueError: an unknown learner, preset or setting, tasks that cannot be made, a memory that cannot
            hold a clip, a checkpoint written with other settings or clips.
        loop.Diverged: the loss is not finite; the last checkpoint is kept.

    >>> from skelkit import load
    >>> clips = load("synthetic", clips=120, classes=["wave", "hug", "kick", "nod"])
    >>> train, test = clips.split("subject", train=range(1, 41, 2))
    >>> history = learn("er", train, test, tasks=2, memory="20 clips", preset="smoke", epochs=1)
    >>> history.accuracy.shape, history.bytes_per_clip is not None
    (torch.Size([2, 2]), True)
    """
    start = prepare(
        name,
        train,
        test,
        tasks,
        classes_per_task=classes_per_task,
        memory=memory,
        preset=preset,
        seed=seed,
        order=order,
        order_seed=order_seed,
        validation=validation,
        drop=drop,
        **changes,
    )
    identity = start.identity | (fingerprints(training=train, test=test) if checkpoints is not None else {})
    stateful: dict[str, loop.Stateful] = {
        "learner": start.learner,
        "generator": start.learner.generator,
        "history": start.history,
    }
    run = loop.Run(stateful, identity, checkpoints, every)
    bar = ProgressBar(name, len(start.scenario), progress)
    ContinualRun(start.learner, start.scenario, start.history, run, callback, bar).go()
    return start.history


class Start(NamedTuple):
    """A run that has not begun.

    Attributes:
        learner: untrained.
        scenario: tasks to learn.
        history: empty.
        identity: plain values that decide the result, besides the clips: learner, seed, order, settings, ….
    """

    learner: BaseLearner
    scenario: Scenario
    history: History
    identity: dict[str, Any]


def prepare(
    name: str,
    train: ClipSet,
    test: ClipSet,
    tasks: int | str | None = None,
    *,
    memory: int | str = "500 clips",
    preset: str = "laptop",
    seed: int = 0,
    order_seed: int | None = None,
    validation: float = 0.1,
    classes_per_task: int | None = None,
    order: Sequence[int | str] | None = None,
    drop: bool = False,
    **changes: Any,
) -> Start:
    """Everything that `learn` makes before it trains; arguments and errors are those of `learn`."""
    one_of(name, LEARNERS, "learner")
    s = make_settings(preset, LEARNERS[name], **changes)
    order_seed = seed if order_seed is None else order_seed
    scenario = split_into_tasks(
        train, test, tasks, classes_per_task, order=order, seed=order_seed, validation=validation, drop=drop
    )
    learner = build_learner(name, scenario, s, memory, torch.Generator().manual_seed(seed))
    identity = {
        "learner": name,
        "memory": memory,
        "seed": seed,
        "order": scenario.order,
        "order_seed": order_seed,
        "validation": validation,
        "clips": [len(train), len(test)],
        "frames of clips": [len(train.poses), len(test.poses)],
    }
    history = empty_history(name, learner, scenario)
    return Start(learner, scenario, history, identity | learner.settings.as_dict())


def build_learner(
    name: str, scenario: Scenario, s: Settings, memory: int | str, generator: torch.Generator
) -> BaseLearner:
    """Untrained learner with its network and, if it uses one, its empty memory.

    Args:
        name: a name in `LEARNERS`.
        memory: budget, as `ReplayMemory` takes it.
        generator: draws the network's weights, and everything that the learner draws later.
    """
    kind, clips = LEARNERS[name], scenario.train
    s = kind.complete(s)
    classes, joints, persons = len(clips.classes), len(clips.skeleton), clips.poses.shape[1]
    network = kind.build_network(classes, joints, s, generator).to(clips.device)
    replay_memory = None
    if kind.uses_memory:
        replay_memory = ReplayMemory(
            memory,
            s.memory_codec(),
            frames=s.frames,
            joints=joints,
            persons=persons,
            classes=classes if kind.stores_logits else 0,
            logits=s.logits,
            device=clips.device,
        )
    return kind(network, s, replay_memory, generator)


def empty_history(name: str, learner: Learner, scenario: Scenario) -> History:
    """History of a run that has not begun: accuracies are nan, counts are 0."""
    size, classes = len(scenario), len(scenario.train.classes)
    unseen = torch.full((size, len(scenario.test)), -1, dtype=torch.int16)
    return History(
        name,
        learner.settings,
        scenario,
        accuracy=torch.full((size, size), torch.nan),
        task_accuracy=torch.full((size, size), torch.nan),
        confusion=torch.zeros(classes, classes, dtype=torch.long),
        method=learner,
        predictions=unseen,
        task_predictions=unseen.clone(),
    )
