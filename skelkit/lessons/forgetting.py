"""Notebook 04, Forgetting: what each method keeps in this run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from .. import study
from ..continual import settings
from ..continual.history import History
from ..continual.losses import derpp_loss, replay_loss
from ..continual.reservoir import smallest_keys
from ..study import Setup
from ..utils.presets import settings_of
from ..viz import learning, show
from ..viz.figures.matrices import accuracy_matrix
from ..viz.style import readable
from .uncertainty import Accuracy, final, mean_over_tasks, on_task

GUESSES = ("ER", "DER++", "no difference that the seeds can tell")
"""Answers to the question which of two methods with a memory keeps more."""


METHODS = ("fine-tuning", "ewc", "lwf", "er", "der++", "icarl", "charon", "joint")
"""The methods that are compared."""

STEPS = 30
"""Steps in which a small network learns two classes so well that forgetting them shows."""


def enough_steps(preset: str) -> int:
    """Steps of each task, at least, for fine-tuning alone: also at a preset that trains for fewer."""
    return max(STEPS, settings(preset).least_steps)


def memory_clips(preset: str) -> int:
    """Size of the memory of all methods, in uncompressed clips."""
    return {"smoke": 10, "laptop": 20}.get(settings_of(preset), 500)


def first_task(history: History) -> tuple[list[float], str]:
    """Accuracy in % on the first task after each task, and a sentence about guessing and errors."""
    found = [on_task(history, 0, i) for i in range(len(history.accuracy))]
    guessing = ", ".join(f"{one.guessing}" for one in found)
    words = f"Guessing among the classes learnt so far gives {guessing}; two standard errors are at most "
    return [100 * one.value for one in found], f"{words}{100 * max(one.error for one in found):.0f} points."


def show_matrix(history: History) -> None:
    """Draw the accuracy matrix of a run."""
    show(accuracy_matrix(history.accuracy, task_names(history), f"Accuracy matrix of {history.learner}"))


def task_names(history: History) -> list[str]:
    """The classes of each task in words."""
    scenario = history.scenario
    return [", ".join(readable(scenario.test.classes[c]) for c in task) for task in scenario.order]


def check_forgetting(history: History) -> None:
    """Say how far the accuracy on earlier tasks falls, beside guessing and two standard errors."""
    last = len(history.accuracy) - 1
    if not last:
        study.finding(False, "", "With a single task there is nothing to forget.")
        return
    fresh = mean_over_tasks([on_task(history, j, j) for j in range(last)])
    left = mean_over_tasks([on_task(history, j, last) for j in range(last)])
    words = (
        f"Mean accuracy on the earlier tasks, right after each was learnt → after the last one: {fresh} → "
        f"{left} (guessing: {fresh.guessing} → {left.guessing}; ± two standard errors, one seed)."
    )
    fell = fresh.value > left.value and fresh.differs_from(left)
    much = "This is catastrophic forgetting." if left.value < fresh.value / 2 else "This is forgetting."
    nothing = (
        "The fall is no larger than chance allows."
        if fresh.above_chance
        else "No better than guessing from the start: what was not learnt cannot be forgotten."
    )
    study.finding(fresh.above_chance and fell, f"{words} {much}", f"{words} {nothing}")


def told_the_task(history: History) -> tuple[float, str]:
    """Accuracy in % on the earlier tasks if the network knows the task of each clip, and what guessing gives.

    Of a single task, the accuracy on it.
    """
    told = _earlier(history, told=True)
    return 100 * told.value, f"Guessing gives {told.guessing}; two standard errors: {100 * told.error:.0f}."


def check_told(history: History) -> None:
    """Say whether knowing the task of a clip helps beyond guessing among the classes of its task."""
    told, left = _earlier(history, told=True), _earlier(history)
    words = (
        f"Earlier tasks after the last one: {told} if the network is told which task a clip is from, where "
        f"guessing gives {told.guessing}; {left} if it is not, where guessing gives {left.guessing} "
        "(± two standard errors, one seed)."
    )
    study.finding(
        told.above_chance,
        f"{words} The features still tell classes of earlier tasks apart: that part of the loss is confusion "
        "between tasks.",
        f"{words} Told the task, it does no better than guessing: this run does not show that its features "
        "still tell the classes apart.",
    )


def _earlier(history: History, told: bool = False) -> Accuracy:
    last = len(history.accuracy) - 1
    return mean_over_tasks([on_task(history, j, last, told) for j in range(max(1, last))])


def print_methods(histories: Mapping[str, History]) -> None:
    """Print accuracy, forgetting, time and memory of each method, one line per method."""
    for name, history in histories.items():
        kept = "every clip" if name == "joint" else "no clips"
        if history.stored:
            kept = f"{history.stored} clips of {history.bytes_per_clip:,.0f} bytes"
        print(
            f"{name:<12} FAA {final(history)!s:>9}   forgetting {100 * history.forgetting:4.0f} points   "
            f"{history.seconds:4.0f} s   stores {kept}"
        )


def draw_methods(histories: Mapping[str, History]) -> None:
    """Draw the accuracy matrices of all methods, and the accuracy on all tasks so far after each task."""
    names = task_names(next(iter(histories.values())))
    show(learning.accuracy_matrices({n: h.accuracy for n, h in histories.items()}, names=names))
    show(learning.learnt_so_far({n: h.accuracy for n, h in histories.items()}))


def compare_memories(charon: History, der: History) -> None:
    """Claim that CHARON's memory has room for more clips than that of DER++ with the same number of bytes."""
    ours, theirs = charon.memory, der.memory
    assert ours is not None
    assert theirs is not None
    study.claim(
        f"With the same number of bytes ({ours.budget:,}), CHARON's memory has room for "
        f"{ours.slots / theirs.slots:.1f} times as many persons as that of DER++: a slot takes "
        f"{ours.slot_bytes:,} bytes instead of {theirs.slot_bytes:,}.",
        ours.slots > 2 * theirs.slots and all(memory.nbytes <= memory.budget for memory in (ours, theirs)),
    )


def rank_methods(histories: Mapping[str, History]) -> None:
    """Say whether this run ranks CHARON, DER++ and ER as the paper does, beyond what chance allows."""
    found = {name: final(history) for name, history in histories.items()}
    ranked = ", ".join(f"{n} {found[n]}" for n in sorted(found, key=lambda n: found[n].value))
    charon, der, er = (found[name] for name in ("charon", "der++", "er"))
    words = f"From lowest to highest: {ranked}. Guessing gives {er.guessing}; ± two standard errors, one seed"
    apart = charon.differs_from(der) and der.differs_from(er)
    study.finding(
        charon.value > der.value > er.value and apart,
        f"{words}. CHARON is above DER++ and DER++ above ER, as in the paper.",
        f"{words}. "
        + (
            "This is not the ranking of the paper (CHARON above DER++ above ER)."
            if apart
            else "CHARON, DER++ and ER are not all further apart than chance allows: this run does not rank "
            "them."
        ),
    )


def check_derpp(loss: Callable[..., Tensor], seed: int) -> None:
    """Claim that a DER++ loss, written out, is the library's, and contains that of ER."""
    generator = torch.Generator().manual_seed(seed)
    logits, first, stored, second = torch.randn(4, 8, 10, generator=generator)
    labels, replayed = torch.randint(10, (2, 8), generator=generator)
    batches = logits, labels, first, stored, second, replayed
    ours, theirs = float(loss(*batches)), float(derpp_loss(*batches, alpha=0.1, beta=1.0))
    er = float(replay_loss(logits, labels, second, replayed))
    study.claim(
        f"On random logits it is {ours:.4f}, as that of the library: {er:.4f} is the loss of ER, "
        f"0.1 · {10 * (theirs - er):.4f} the distance to the stored logits.",
        abs(ours - theirs) < 1e-5 * abs(theirs) and theirs >= er,
    )


def check_reservoir(reservoir: Callable[..., list[int]], seed: int) -> None:
    """Claim that a reservoir keeps all clips with one probability, as the keys of the library do."""
    clips, size, tries = 24, 6, 4_000
    generator = torch.Generator().manual_seed(seed)
    kept, by_key = torch.zeros(clips), torch.zeros(clips)
    for _ in range(tries):
        kept[reservoir(range(clips), size, generator)] += 1
        key = torch.rand(clips, generator=generator)
        by_key += smallest_keys(key, torch.ones(clips, dtype=torch.long), size - 1)
    expected = size / clips
    bound = 5 * (expected * (1 - expected) / tries) ** 0.5  # five standard errors
    lowest, highest = float(kept.min()) / tries, float(kept.max()) / tries
    study.claim(
        f"{tries:,} streams of {clips} clips, memory of {size}: each clip is kept in {lowest:.1%} to "
        f"{highest:.1%} of them; m/n is {expected:.0%}. The memory of the library does the same.",
        all((counts / tries - expected).abs().max() < bound for counts in (kept, by_key)),
    )


def same_faa() -> tuple[list[list[float]], list[list[float]]]:
    """Two accuracy matrices of three tasks with the same FAA: without forgetting, and with much of it."""
    return (
        [[0.6, 0.0, 0.0], [0.6, 0.6, 0.0], [0.6, 0.6, 0.6]],
        [[1.0, 0.0, 0.0], [0.6, 1.0, 0.0], [0.4, 0.4, 1.0]],
    )


def summary(setup: Setup, histories: Mapping[str, History]) -> dict[str, Any]:
    """Numbers of this run to record, by name."""
    memories = {n: h.memory for n, h in histories.items() if h.memory is not None}
    assert setup.split is not None
    return {
        "tasks": setup.split.tasks,
        "clips_to_train": len(setup.split.train),
        "memory_budget": memories["charon"].budget,
        "slot_bytes": {n: memory.slot_bytes for n, memory in memories.items()},
        "slots": {n: memory.slots for n, memory in memories.items()},
        "learnt": {
            "faa": {n: h.faa for n, h in histories.items()},
            "task_faa": {n: h.task_faa for n, h in histories.items()},
        },
    }
