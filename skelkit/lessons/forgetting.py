"""Notebook 04, Forgetting: what each method keeps in this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from .. import study
from ..continual.history import History


def check_forgetting(history: History) -> None:
    """Say how far the accuracy on earlier tasks falls, and how much of that is confusion between tasks."""
    matrix = history.accuracy
    fresh, left = float(matrix.diagonal()[:-1].mean()), float(matrix[-1, :-1].mean())
    each = ", ".join(f"{matrix[j, j]:.0%} → {matrix[-1, j]:.0%}" for j in range(len(matrix) - 1))
    words = f"Accuracy on each earlier task, right after learning it → after the last task: {each}"
    study.finding(left < fresh / 2, f"{words}. This is catastrophic forgetting.", f"{words}.")
    study.finding(
        history.task_faa > history.faa,
        "If the network knows which task a clip is from (task-incremental), its final accuracy is "
        f"{history.task_faa:.0%} instead of {history.faa:.0%}: much of the loss is confusion between tasks.",
        f"If the network knows which task a clip is from, its final accuracy is {history.task_faa:.0%}, no "
        "higher "
        "than without.",
    )


def print_methods(histories: Mapping[str, History]) -> None:
    """Print accuracy, forgetting, time and memory of each method, one line per method."""
    for name, history in histories.items():
        kept = "every clip" if name == "joint" else "no clips"
        if history.stored:
            kept = f"{history.stored} clips of {history.bytes_per_clip:,.0f} bytes"
        print(
            f"{name:<12} FAA {history.faa:4.0%}   forgetting {100 * history.forgetting:4.0f} points   "
            f"{history.seconds:4.0f} s   stores {kept}"
        )


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


def rank_methods(faa: Mapping[str, float]) -> None:
    """Say whether this run ranks CHARON, DER++ and ER as the paper does."""
    ranked = ", ".join(f"{name} {faa[name]:.0%}" for name in sorted(faa, key=faa.__getitem__))
    study.finding(
        faa["charon"] > faa["der++"] > faa["er"],
        f"Ranking of this run (one seed), from lowest to highest: {ranked}.",
        f"This run (one seed) does not rank as in the paper (CHARON above DER++ above ER): {ranked}.",
    )


def metrics_by_hand(accuracy: Tensor) -> Sequence[float]:
    """FAA, forgetting and backward transfer of an accuracy matrix, [tasks, tasks]; each from 0 to 1.

    >>> import torch
    >>> [round(v, 3) for v in metrics_by_hand(torch.tensor([[1.0, 0.0], [0.25, 0.75]]))]
    [0.5, 0.75, -0.75]
    """
    m, n = accuracy.tolist(), len(accuracy)
    last, past = m[n - 1], range(n - 1)
    faa = sum(last) / n
    if n == 1:
        return faa, 0.0, 0.0
    forgetting = sum(max(m[i][j] for i in range(j, n - 1)) - last[j] for j in past) / (n - 1)
    return faa, forgetting, sum(last[j] - m[j][j] for j in past) / (n - 1)
