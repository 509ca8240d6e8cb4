"""Notebook 04, Forgetting: what each method keeps, in this run and in the recorded ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from .. import study
from ..continual import CONTINUAL_PRESETS
from ..continual.history import History
from ..data import ClipSet
from ..experiments.recordings import Recording
from ..study import recorded
from ..viz import learning, show

WHOLE = "s = 1"
"""The interval that keeps every frame, as the recording of intervals names it."""

UNCOMPRESSED = "float32, every frame"
"""The codec that keeps everything, as the recording of codecs names it."""


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
        f"Ranking of this run, from lowest to highest: {ranked}.",
        f"This single run does not rank as in the paper (CHARON above DER++ above ER): {ranked}.",
    )


def means(recording: Recording, metric: str = "faa") -> dict[str, float]:
    """Mean over seeds of one metric for each variant of a recording."""
    return {label: mean for label, (mean, _, _) in recording.summary(metric).items()}


def show_recorded_methods(found: Recording, faa: Mapping[str, float], preset: str) -> None:
    """Draw the recorded accuracy of all methods, with this run's if it has the same preset, and rank them."""
    here = {name: [value] for name, value in faa.items()} if preset == found.about["preset"] else None
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "Final average accuracy over seeds", live=here))
    mean = means(found)
    lowest, highest = min(mean, key=mean.__getitem__), max(mean, key=mean.__getitem__)
    bounds = f"fine-tuning has {found.points('fine-tuning')}, joint training {found.points('joint')}"
    study.finding(
        lowest == "fine-tuning" and highest == "joint",
        f"Over the seeds, fine-tuning is lowest ({found.points('fine-tuning')}) and joint training highest "
        f"({found.points('joint')}).",
        f"Over the seeds, {lowest} is lowest ({found.points(lowest)}) and {highest} highest "
        f"({found.points(highest)}); {bounds}.",
    )
    three = (
        f"At equal bytes, CHARON has {found.points('charon')}, DER++ {found.points('der++')}, "
        f"ER {found.points('er')} and iCaRL {found.points('icarl')}"
    )
    study.finding(
        mean["charon"] > mean["der++"] > mean["er"],
        f"{three}: CHARON, DER++ and ER rank as in the paper.",
        f"{three}: CHARON, DER++ and ER do not rank as in the paper.",
    )


def show_recorded_intervals(setup: study.Setup) -> None:
    """Draw the recorded accuracy over the interval s at equal bytes, if there is a recording."""
    found = recorded.find("intervals", setup)
    if not found:
        return
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "CHARON at equal bytes: the interval s", lower="", upper=""))
    mean, stored = means(found), means(found, "stored")
    best = max(mean, key=mean.__getitem__)
    study.finding(
        best != WHOLE,
        f"At equal bytes, {best} is best: {stored[best]:.0f} clips stored, {found.points(best)}. Whole "
        "clips: "
        f"{stored[WHOLE]:.0f} stored, {found.points(WHOLE)}.",
        f"At equal bytes, whole clips are best: {stored[WHOLE]:.0f} stored, {found.points(WHOLE)}.",
    )
    near = mean[best] - found.summary()[best][1]
    alike = [label for label in mean if label != best and mean[label] > near]
    if alike:
        study.finding(
            WHOLE not in alike,
            f"Within one standard deviation of the best: {', '.join(alike)}. The seeds do not tell which of "
            "them "
            "is best; whole clips are worse.",
            f"Within one standard deviation of the best: {', '.join(alike)}.",
        )


def codec_family(label: str) -> str:
    """Family of a codec in the recording of codecs, such as "int8 keyframes".

    >>> codec_family("int8, 10 keyframes"), codec_family("float32, every frame")
    ('int8 keyframes', 'whole')
    """
    if label == UNCOMPRESSED:
        return "whole"
    kind = next((f" {word}" for word in ("cosines", "keyframes") if word in label), ", every s-th frame")
    return label.split(",")[0] + kind


def show_recorded_codecs(setup: study.Setup, clips: ClipSet) -> None:
    """Draw the recorded accuracy over the bytes per clip, if there is a recording.

    Args:
        clips: training clips; their persons and joints say how many bytes an uncompressed clip takes.
    """
    found = recorded.find("codecs", setup)
    if not found:
        return
    size = means(found, "bytes_per_clip")
    series: dict[str, list[tuple[float, list[float]]]] = {}
    for label in found.labels:
        series.setdefault(codec_family(label), []).append((size[label], found.of(label)))
    show(learning.by_budget(series))
    mean = means(found)
    frames = CONTINUAL_PRESETS["laptop"].frames
    uncompressed = clips.poses.shape[1] * 3 * 4 * len(clips.skeleton) * frames
    near = [label for label in mean if mean[label] > mean[UNCOMPRESSED] - 0.01]
    smallest = min(near, key=size.__getitem__)
    times = uncompressed / size[smallest]
    words = (
        f"Within one point of whole clips ({found.points(UNCOMPRESSED)}), '{smallest}' is smallest: "
        f"{size[smallest]:.0f} bytes per clip with label and logits, "
    )
    rest = f"{times:.0f} times smaller than the clip with all person slots; {found.points(smallest)}."
    study.finding(times >= 100, words + rest, f"{words}only {rest}")


def show_recorded_extras(setup: study.Setup) -> None:
    """Draw the recorded changes of CHARON, one change at a time, and compare each with CHARON."""
    found = recorded.find("extras", setup)
    if not found:
        return
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "CHARON with one change at a time", lower="", upper=""))
    changes = {label: found.paired_differences(label, "CHARON") for label in found.labels[1:]}
    recorded.verdicts("Compared with CHARON unchanged", changes)


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
