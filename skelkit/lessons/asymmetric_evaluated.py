"""Notebook 06, the evaluations of this run: k-NN and linear, aligned encoders, another skeleton."""

from __future__ import annotations

from collections.abc import Mapping

from .. import study
from ..data import ClipSet
from ..data.mapping import as_skeleton, match
from ..selfsup import Evaluation, Pretrained, evaluate
from ..skeletons import COCO17, KINECT20
from ..study.display import show_html
from ..utils.tables import html_table
from . import shares

Accuracies = dict[str, dict[str, float]]
"""Evaluation ("knn", "linear") -> method -> test accuracy, 0 to 1."""

OTHERS = ("autoencoder", "skeleton2vec", "skeletonbt")
"""Methods that are compared with PSTL and ASMa, besides an encoder without pre-training."""


def evaluate_methods(
    pretrained: Mapping[str, Pretrained], train: ClipSet, test: ClipSet, seed: int
) -> Accuracies:
    """Evaluate encoders by k-NN and linearly on the test clips, and show a table."""
    found: Accuracies = {
        way: {name: evaluate(each, train, test, way, seed=seed).accuracy for name, each in pretrained.items()}
        for way in ("knn", "linear")
    }
    rows = []
    for name, each in pretrained.items():
        accuracy = [shares.in_words(found[way][name], len(test)) for way in found]
        size = f"{len(each.encoders)}", f"{each.parameters:,}", f"{len(each.losses)}", f"{each.seconds:.0f}"
        rows.append((name, *size, *accuracy))
    heads = ("", "encoders", "parameters", "epochs", "seconds", "k-NN", "linear")
    caption = (
        f"Test accuracy of this run, {len(test)} clips (in brackets the 95 % interval; the most frequent "
        f"class alone: {shares.guessing(test.labels):.0%})"
    )
    lines = [caption, *("   ".join(row) for row in rows)]
    show_html(f'<div style="overflow-x:auto">{html_table(rows, heads, caption)}</div>', "\n".join(lines))
    return found


def compare_alignment(joined: Evaluation, aligned: Evaluation, control: Evaluation) -> None:
    """Compare f and g concatenated, aligned, and two untrained encoders aligned, on the test clips."""
    ways = {"f and g concatenated": joined, "aligned": aligned, "two untrained encoders, aligned": control}
    clips = len(aligned.labels)
    values = ", ".join(f"{name} {shares.in_words(each.accuracy, clips)}" for name, each in ways.items())
    right = [each.logits.argmax(1) == each.labels for each in (aligned, control)]
    only = [int((a & ~b).sum()) for a, b in (right, right[::-1])]
    p = shares.sign_test(*only)
    values += (
        f" of {clips} test clips (the most frequent class alone {shares.guessing(aligned.labels):.0%}); only "
        f"with pre-training right for {only[0]}, only without for {only[1]}, p = {p:.2g}, one seed"
    )
    study.finding(
        p < 0.05 and only[0] > only[1],
        f"Under the same module, pre-trained encoders are better than untrained ones: {values}.",
        f"Under the same module, pre-training makes no difference that these clips could show: {values}.",
    )


def on_another_skeleton(
    encoders: Pretrained, train: ClipSet, test: ClipSet, seed: int, with_all: float
) -> None:
    """Evaluate encoders on the same clips with fewer joints; claims that the missing ones are left out.

    Args:
        with_all: test accuracy of the linear evaluation with all joints.
    """
    other = COCO17 if train.skeleton.name != COCO17.name else KINECT20
    try:
        mapping = match(other, train.skeleton)
    except ValueError as error:
        study.finding(False, "", f"This skeleton shares no joint name with {other.name}: {error}")
        return
    print(mapping)
    found = evaluate(encoders, as_skeleton(train, other), as_skeleton(test, other), "linear", seed=seed)
    study.claim(
        f"The same encoder reads the same clips as {other.name}, without {len(found.missing_joints)} of its "
        f"{len(train.skeleton)} joints.",
        set(found.missing_joints) == set(mapping.missing),
    )
    print(
        f"linear evaluation of {len(test)} test clips: {shares.in_words(found.accuracy, len(test))} without "
        f"these joints, {shares.in_words(with_all, len(test))} with all"
    )
