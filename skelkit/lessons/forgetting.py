"""Notebook 04, Forgetting: what each method keeps in this run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .. import study
from ..continual.history import History
from ..continual.losses import derpp_loss
from ..continual.reservoir import smallest_keys


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


def check_metrics(history: History, final: Tensor, forgetting: Tensor, transfer: Tensor) -> None:
    """Claim that three numbers computed from the accuracy matrix are those of the history."""
    found = [float(value) for value in (final, forgetting, transfer)]
    expected = history.faa, history.forgetting, history.backward_transfer
    study.claim(
        f"FAA {found[0]:.1%}, forgetting {100 * found[1]:.1f} points, backward transfer "
        f"{100 * found[2]:.1f} points, as the library computes them.",
        all(abs(a - b) < 1e-6 for a, b in zip(found, expected, strict=True)),
    )


def check_derpp(loss: Callable[..., Tensor], seed: int) -> None:
    """Claim that a DER++ loss, written out, is the library's: on random logits of eight clips."""
    generator = torch.Generator().manual_seed(seed)
    logits, first, stored, second = torch.randn(4, 8, 10, generator=generator)
    labels, replayed = torch.randint(10, (2, 8), generator=generator)
    batches = logits, labels, first, stored, second, replayed
    ours, theirs = float(loss(*batches)), float(derpp_loss(*batches, alpha=0.1, beta=1.0))
    study.claim(
        f"On random logits it is {ours:.4f}, as that of the library.", abs(ours - theirs) < 1e-5 * abs(theirs)
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
        f"{highest:.1%} of them; m/n is {expected:.0%}. Random keys give the same.",
        all((counts / tries - expected).abs().max() < bound for counts in (kept, by_key)),
    )


def same_faa() -> tuple[list[list[float]], list[list[float]]]:
    """Two accuracy matrices of three tasks with the same FAA: without forgetting, and with much of it."""
    return (
        [[0.6, 0.0, 0.0], [0.6, 0.6, 0.0], [0.6, 0.6, 0.6]],
        [[1.0, 0.0, 0.0], [0.6, 1.0, 0.0], [0.4, 0.4, 1.0]],
    )
