"""`learn`: one method through a sequence of tasks, watched, timed, resumable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from ..data import ClipSet
from ..data.tasks import Scenario
from ..data.tasks import tasks as split_into_tasks
from ..ops import codecs
from ..training import loop
from ..utils.progress import ProgressBar
from ..utils.validation import one_of
from .history import History, TaskProgress
from .learners.base import FineTuning, Joint
from .learners.charon import CHARON
from .learners.ewc import EWC
from .learners.icarl import ICaRL
from .learners.lwf import LwF
from .learners.replay import ER, DERpp
from .memory import ReplayMemory
from .presets import Settings
from .presets import settings as make_settings
from .session import Session

LEARNERS: dict[str, type[FineTuning]] = {
    "fine-tuning": FineTuning,
    "joint": Joint,
    "ewc": EWC,
    "lwf": LwF,
    "er": ER,
    "der++": DERpp,
    "icarl": ICaRL,
    "charon": CHARON,
}


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
    order=None,
    order_seed: int | None = None,
    validation: float = 0.1,
    drop: bool = False,
    callback: Callable[[TaskProgress], None] | None = None,
    checkpoints: str | Path | None = None,
    every: float = 30.0,
    progress: bool | None = None,
    **changes,
) -> History:
    """Learn tasks one after the other, and after each ask how well all tasks so far are still known.

    Args:
        name: of `LEARNERS`.
        train, test: clips, on the device where all of it will happen.
        tasks, classes_per_task, order, validation, drop: as `data.tasks.tasks` takes them.
        memory: budget of the learners that rehearse: bytes, or "500 clips" (uncompressed).
        preset: one of `CONTINUAL_PRESETS`; changes: single settings, by name.
        seed: of everything drawn; order_seed: of the order of classes and the validation part, `seed` unless given.
        callback: called after every epoch and task; raise `loop.Stopped` in it to end the run.
        checkpoints: folder; a run that was killed goes on from there. every: seconds between checkpoints.
        progress: show a bar; unless given, where somebody is watching.

    Raises:
        ValueError: an unknown learner, preset or setting, tasks that cannot be made, a memory that cannot hold a clip, a checkpoint
            of other settings.
        loop.Diverged: a loss that is no number; the last checkpoint is kept.

    >>> from skelkit import load
    >>> train, test = load("synthetic", clips=120, classes=["wave", "hug", "kick", "nod"]).split("subject", train=range(1, 41, 2))
    >>> history = learn("er", train, test, tasks=2, memory="20 clips", preset="smoke", epochs=1)
    >>> history.accuracy.shape, history.bytes_per_clip is not None
    (torch.Size([2, 2]), True)
    """
    one_of(name, LEARNERS, "learner")
    s = make_settings(preset, **changes)
    order_seed = seed if order_seed is None else order_seed
    scenario = split_into_tasks(
        train, test, tasks, classes_per_task, order=order, seed=order_seed, validation=validation, drop=drop
    )
    generator = torch.Generator().manual_seed(seed)
    learner = build(name, scenario, s, memory, generator)
    size, classes = len(scenario), len(train.classes)
    unknown = torch.full((size, size), torch.nan)
    history = History(
        name,
        s,
        scenario,
        unknown,
        unknown.clone(),
        torch.zeros(classes, classes, dtype=torch.long),
        method=learner,
    )
    about = {
        "learner": name,
        "memory": memory,
        "seed": seed,
        "order": scenario.order,
        "order_seed": order_seed,
        "validation": validation,
    }
    about |= {"clips": [len(train), len(test)], "frames of clips": [len(train.poses), len(test.poses)]}
    run = loop.Run(
        {"learner": learner, "generator": generator, "history": history},
        about | s.as_dict(),
        checkpoints,
        every,
    )
    Session(learner, scenario, history, run, callback, ProgressBar(name, size, progress)).go()
    return history


def build(
    name: str, scenario: Scenario, s: Settings, memory: int | str, generator: torch.Generator
) -> FineTuning:
    """A learner with its network and, if it uses_memory, its memory."""
    kind, clips = LEARNERS[name], scenario.train
    classes, joints, persons = len(clips.classes), len(clips.skeleton), clips.poses.shape[1]
    network = kind.build(classes, joints, s, generator).to(clips.device)
    table = None
    if kind.uses_memory:
        codec = s.memory_codec() if kind.compresses_memory else codecs.Uniform(1)
        stored = classes if kind.stores_logits else 0
        table = ReplayMemory(
            memory,
            codec,
            frames=s.frames,
            joints=joints,
            persons=persons,
            classes=stored,
            logits=s.logits,
            device=clips.device,
        )
    return kind(network, s, table, generator)
