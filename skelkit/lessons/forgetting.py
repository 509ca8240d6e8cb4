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
        f"Ranking of this run (one seed), from lowest to highest: {ranked}.",
        f"This run (one seed) does not rank as in the paper (CHARON above DER++ above ER): {ranked}.",
    )


def show_recorded_methods(found: Recording, faa: Mapping[str, float], preset: str) -> None:
    """Draw the recorded accuracy of all methods, with this run's if it has the same preset, and rank them."""
    here = {name: [value] for name, value in faa.items()} if preset == found.about["preset"] else None
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "Final average accuracy over seeds", live=here))
    mean = found.means()
    lowest, highest = min(mean, key=mean.__getitem__), max(mean, key=mean.__getitem__)
    bounds = f"fine-tuning has {found.percent('fine-tuning')}, joint training {found.percent('joint')}"
    study.finding(
        lowest == "fine-tuning" and highest == "joint",
        f"On average over the seeds, fine-tuning is lowest ({found.percent('fine-tuning')}) and joint "
        f"training highest ({found.percent('joint')}).",
        f"On average over the seeds, {lowest} is lowest ({found.percent(lowest)}) and {highest} highest "
        f"({found.percent(highest)}); {bounds}.",
    )
    three = (
        f"At equal bytes, CHARON has {found.percent('charon')}, DER++ {found.percent('der++')}, "
        f"ER {found.percent('er')} and iCaRL {found.percent('icarl')}"
    )
    study.finding(
        mean["charon"] > mean["der++"] > mean["er"],
        f"{three}: the means of CHARON, DER++ and ER rank as in the paper.",
        f"{three}: the means of CHARON, DER++ and ER do not rank as in the paper.",
    )
    others = ("der++", "er", "icarl", "joint")
    recorded.verdicts({"CHARON compared with": {o: found.paired_differences("charon", o) for o in others}})


def show_recorded_intervals(setup: study.Setup) -> None:
    """Draw the recorded accuracy over the interval s at equal bytes, if there is a recording."""
    found = recorded.find("intervals", setup)
    if not found:
        return
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "CHARON at equal bytes: the interval s", lower="", upper=""))
    mean, stored = found.means(), found.means("stored")
    best = max(mean, key=mean.__getitem__)
    study.finding(
        best != WHOLE,
        f"At equal bytes, {best} has the highest mean: {stored[best]:.0f} clips stored, "
        f"{found.percent(best)}. Whole clips: {stored[WHOLE]:.0f} stored, {found.percent(WHOLE)}.",
        f"At equal bytes, whole clips have the highest mean: {stored[WHOLE]:.0f} stored, "
        f"{found.percent(WHOLE)}.",
    )
    recorded.verdicts({"Compared with whole clips": found.differences_from(WHOLE)})


def codec_family(label: str) -> str:
    """Family of a codec in the recording of codecs, whose labels say type, number and kind.

    >>> codec_family("int8, 10 keyframes"), codec_family("float32, every frame")
    ('int8 keyframes', 'whole')
    >>> codec_family("int8, every 5th frame"), codec_family("int8, 3 splines")
    ('int8, every s-th frame', 'int8 splines')
    """
    if label == UNCOMPRESSED:
        return "whole"
    dtype, _, size = label.partition(", ")
    return f"{dtype}, every s-th frame" if size.startswith("every") else f"{dtype} {size.split(' ', 1)[-1]}"


def show_recorded_codecs(setup: study.Setup, clips: ClipSet) -> None:
    """Draw the recorded accuracy over the bytes per clip, if there is a recording.

    Args:
        clips: training clips; their persons and joints say how many bytes an uncompressed clip takes.
    """
    found = recorded.find("codecs", setup)
    if not found:
        return
    size = found.means("bytes_per_clip")
    series: dict[str, list[tuple[float, list[float]]]] = {}
    for label in found.labels:
        series.setdefault(codec_family(label), []).append((size[label], found.of(label)))
    show(learning.by_budget(series))
    mean = found.means()
    frames = CONTINUAL_PRESETS["laptop"].frames
    uncompressed = clips.poses.shape[1] * 3 * 4 * len(clips.skeleton) * frames
    near = [label for label in mean if mean[label] > mean[UNCOMPRESSED] - 0.01]
    smallest = min(near, key=size.__getitem__)
    times = uncompressed / size[smallest]
    words = (
        f"On average within one point of whole clips ({found.percent(UNCOMPRESSED)}), '{smallest}' is "
        f"smallest: {size[smallest]:.0f} bytes per clip with label and logits, "
    )
    rest = f"{times:.0f} times smaller than the clip with all person slots; {found.percent(smallest)}."
    study.finding(times >= 100, words + rest, f"{words}only {rest}")
    recorded.verdicts({"Compared with whole clips": found.differences_from(UNCOMPRESSED)})


def show_recorded_extras(setup: study.Setup) -> None:
    """Draw the recorded changes of CHARON, one change at a time, and compare each with CHARON."""
    found = recorded.find("extras", setup)
    if not found:
        return
    rows = {label: found.of(label) for label in found.labels}
    show(learning.methods(rows, "CHARON with one change at a time", lower="", upper=""))
    recorded.verdicts({"Compared with CHARON unchanged": found.differences_from("CHARON")})


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
