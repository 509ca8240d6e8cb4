"""Notebook 00, Start here: claims about the batch, presence, the data card and realism."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .. import study
from ..analysis.realism import Row
from ..data import ClipSet
from ..data.synthetic import ACTIONS, CAMERAS, SUBJECTS
from ..skeletons import Skeleton
from ..viz import figures, show

WITHIN = 1.5
"""A statistic within this factor of the NTU RGB+D value counts as realistic."""


def check_axes(x: Tensor, skeleton: Skeleton, frames: int) -> None:
    """Claim that a batch has three channels, `frames` frames and the joints of the skeleton."""
    N, C, T, V, M = x.shape
    study.claim(
        f"The batch has N={N} clips, C={C} channels, T={T} frames, V={V} joints, M={M} person slots.",
        (C, T, V) == (3, frames, len(skeleton)),
    )


def print_joints_by_degree(skeleton: Skeleton) -> None:
    """Print the joints of degree 1 to 4, one line per degree."""
    for degree in (1, 2, 3, 4):
        joints = [j for j, d in zip(skeleton.joints, skeleton.degrees.tolist(), strict=True) if d == degree]
        print(degree, "bone: " if degree == 1 else "bones:", ", ".join(joints).replace("_", " "))


def check_presence(x: Tensor, present: Tensor, dropped: Tensor, clips: ClipSet) -> float:
    """Compare two presence tests; returns the fraction of present persons that the sign of the sum drops.

    Args:
        x: centred clips, [N, C, T, V, M].
        present: persons with some coordinate that is not zero, [N, M].
        dropped: persons that are present, but whose coordinates have a sum of at most zero, [N, M].
        clips: the clips of `x`; they know how many persons each has.
    """
    lost = int(dropped.sum()) / int(present.sum())
    study.claim(
        f"{len(x)} centred clips show {int(present.sum())} persons. The sign of the sum would drop "
        f"{int(dropped.sum())} of them ({lost:.0%}); 'any coordinate is not zero' keeps all.",
        int(present.sum()) == int(clips.persons.sum()),
    )
    if absent := int((~present).sum()):
        study.claim(
            f"{absent} person slots are empty, and every number in them is exactly 0.",
            bool((x.permute(0, 4, 1, 2, 3)[~present] == 0).all()),
        )
    return lost


def print_card(clips: ClipSet) -> dict:
    """Print the data card and claim the number of clips per class; returns the card."""
    card = clips.card()
    for name, value in card.items():
        if name != "per class":
            print(f"{name:<12} {study.words(value)}")
    per_class = card["per class"]
    fewest, most = min(per_class.values()), max(per_class.values())
    study.claim(
        f"The data set has {card['clips']} clips in {len(per_class)} classes, "
        f"{fewest if fewest == most else f'{fewest} to {most}'} clips per class.",
        sum(per_class.values()) == len(clips),
    )
    return card


def compare_with_ntu(rows: Sequence[Row], card: dict, embedded: bool) -> None:
    """Print and draw statistics beside those of NTU RGB+D, and say which differ.

    Args:
        rows: from `realism.compare`.
        card: the data card of the clips.
        embedded: the clips are the embedded ones, which must be realistic.
    """
    for row in rows:
        print(f"{row.name:<40} NTU {row.target:8.3f}   here {row.found:8.3f}   x {row.ratio:.2f}")
    points = [(r.name, r.target, r.found) for r in rows]
    show(figures.against_target(points, "These clips against real NTU RGB+D", "Statistics"))
    worst = max(rows, key=lambda r: max(r.ratio, 1 / r.ratio))
    far = sum(not 1 / WITHIN <= r.ratio <= WITHIN for r in rows)
    if embedded:
        study.claim(
            f"The embedded clips show {card['classes']} actions by {card['subjects']} people, "
            f"seen by {card['views']} cameras.",
            (card["classes"], card["subjects"], card["views"]) == (len(ACTIONS), SUBJECTS, len(CAMERAS)),
        )
        study.claim(
            f"All {len(rows)} statistics lie within a factor of {WITHIN} of NTU's. The furthest is "
            f"'{worst.name}' (x {worst.ratio:.2f}).",
            not far,
        )
        return
    study.finding(
        not far,
        f"These recordings move like NTU's: all {len(rows)} statistics lie within a factor of {WITHIN}.",
        f"These recordings differ from NTU's: {far} of {len(rows)} statistics differ by more than a factor "
        f"of {WITHIN}, '{worst.name}' the most (x {worst.ratio:.2g}).",
    )


def show_speed(clips: ClipSet, speed: Tensor) -> tuple[str, float]:
    """Draw the mean speed of each joint (m/s, [V]) on the body; returns the fastest joint and its speed."""
    skeleton = clips.skeleton
    pose = figures.reference_pose(clips)
    title, axis = "Mean speed of each joint", "mean speed (m/s)"
    show(figures.on_body(pose, skeleton, {"mean over all clips": speed}, title, axis, low=0.0))
    fast, slow = int(speed.argmax()), int(speed.argmin())
    names = [joint.replace("_", " ") for joint in skeleton.joints]
    study.claim(
        f"The fastest joint is '{names[fast]}' with {float(speed[fast]):.2f} m/s, "
        f"{float(speed[fast] / speed[slow]):.0f} times as fast as the slowest, '{names[slow]}'. "
        f"Their degrees are {int(skeleton.degrees[fast])} and {int(skeleton.degrees[slow])}.",
        bool(speed[fast] >= speed[slow]),
    )
    return skeleton.joints[fast], float(speed[fast])


def middle_half_start(clips: ClipSet, index: int = 0) -> tuple[float, Tensor]:
    """Where the middle half of a clip starts, in frames, and the interpolated pose there, [M, V, C]."""
    poses = clips[index].poses
    start = (len(poses) - 1) / 4
    before, after = poses[int(start)], poses[min(int(start) + 1, len(poses) - 1)]
    return start, torch.lerp(before.float(), after.float(), start % 1)
