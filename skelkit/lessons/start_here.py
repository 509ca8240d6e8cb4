"""Notebook 00, Start here: claims about the batch, presence, the data card and realism."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .. import study
from ..analysis.realism import Row
from ..data import ClipSet
from ..data.synthetic import ACTIONS, CAMERAS, SUBJECTS
from ..ops import masks, motion
from ..skeletons import Skeleton
from ..viz import figures, show
from .masks import joint_groups
from .shares import sign_test

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
    """Print the joints of each degree, one line per degree."""
    for degree in sorted(set(skeleton.degrees.tolist())):
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


def fastest_group(clips: ClipSet) -> tuple[str, str]:
    """Which group of `joint_groups` is fastest on average, and the speeds of all of them in words."""
    speed = _speeds(clips).mean(0)
    means = {name: float(speed[of].mean()) for name, of in joint_groups(clips.skeleton).items()}
    words = ", ".join(f"{name} {value:.2f} m/s" for name, value in means.items())
    return max(means, key=means.__getitem__), f"Means over {len(clips)} clips: {words}."


def show_speed(clips: ClipSet, speed: Tensor, sample: ClipSet) -> tuple[str, float]:
    """Draw the mean speed of each joint (m/s, [V]) on the body; returns the fastest joint and its speed.

    Says in how many clips of `sample` the ends of limbs are faster than the joints where most bones meet.
    """
    skeleton = clips.skeleton
    pose = figures.reference_pose(clips)
    title, axis = "Mean speed of each joint", "mean speed (m/s)"
    show(figures.on_body(pose, skeleton, {"mean over all clips": speed}, title, axis, low=0.0))
    fast, slow = int(speed.argmax()), int(speed.argmin())
    names, bones = [joint.replace("_", " ") for joint in skeleton.joints], skeleton.degrees.tolist()
    print(
        f"fastest: '{names[fast]}', {float(speed[fast]):.2f} m/s, degree {bones[fast]}; slowest: "
        f"'{names[slow]}', {float(speed[slow]):.2f} m/s, degree {bones[slow]}; over {len(clips)} clips"
    )
    per_clip, degrees = _speeds(sample), skeleton.degrees
    ends, middle = (per_clip[:, degrees == d].mean(1) for d in (degrees.min(), degrees.max()))
    faster, slower = int((ends > middle).sum()), int((ends < middle).sum())
    p = sign_test(faster, slower)
    words = (
        f"In {faster} of {len(sample)} clips the joints of degree {int(degrees.min())} are faster on average "
        f"than those of degree {int(degrees.max())}, in {slower} slower (p = {p:.2g})"
    )
    single = "" if bones[fast] == int(degrees.min()) else ". The fastest joint of all is none of them"
    study.finding(
        faster > slower and p < 0.05,
        f"{words}: the degree tells something about the speed{single}.",
        f"{words}: the degree tells nothing about the speed that chance could not.",
    )
    return skeleton.joints[fast], float(speed[fast])


def _speeds(clips: ClipSet) -> Tensor:
    """Mean speed of each joint of each clip, m/s, [N, V]."""
    return torch.stack([masks.joint_motion(clip.batch, fps=clip.fps)[0].cpu() for clip in clips])


def sign_of_sum(lost: float, clips: ClipSet) -> tuple[float, str]:
    """The answer in % to how many persons the sign of the sum loses, and of how many."""
    return 100 * lost, f"Of {int(clips.persons.sum())} persons in {len(clips)} clips."


def check_resample(resample: Callable[[Tensor, int, float], Tensor], clips: ClipSet) -> None:
    """Claim that a function which resizes one clip does what `ClipSet.batch` does, on clips without gaps.

    Args:
        resample: (poses [L, M, V, C], frames, share that is cropped) -> [frames, M, V, C].
        clips: to compare on.
    """
    worst, tried = 0.0, 0
    for k, clip in enumerate(clips):
        present = (clip.poses != 0).flatten(2).any(2)  # [L, M]
        if not bool((present.any(0) == present.all(0)).all()):
            continue
        for frames, crop in ((60, 1.0), (7, 0.5), (200, 0.95)):
            theirs = clips.batch([k], frames=frames, crop=crop)[0].permute(1, 3, 2, 0)  # [T, M, V, C]
            ours = resample(clip.poses.float(), frames, crop)
            worst = max(worst, float((ours - theirs[:, : ours.shape[1]]).abs().max()))
        tried += 1
    study.claim(
        f"These lines resize {tried} clips as the library does; the largest difference is "
        f"{1000 * worst:.3f} mm.",
        worst < 1e-4,
    )


def check_rotation(x: Tensor) -> str:
    """Which statistics a quarter turn changes: an answer; claims that the mean speed stays."""
    quarter = motion.rotation(torch.tensor([[0.0, torch.pi / 2, 0.0]])).to(x.device)
    before, after = (
        masks.joint_motion(v).mean() for v in (x, motion.rotate(x, quarter.expand(len(x), 3, 3)))
    )
    study.claim(
        f"The mean speed is {before:.4f} m/s before and {after:.4f} m/s after a turn by 90°. Bone lengths, "
        "reconstruction errors and the power summed over x, y, z do not depend on the camera either.",
        torch.allclose(before, after, rtol=1e-4),
    )
    return "none"


def middle_half_start(clips: ClipSet, index: int = 0) -> tuple[float, Tensor]:
    """Where the middle half of a clip starts, in frames, and the interpolated pose there, [M, V, C]."""
    poses = clips[index].poses
    start = (len(poses) - 1) / 4
    before, after = poses[int(start)], poses[min(int(start) + 1, len(poses) - 1)]
    return start, torch.lerp(before.float(), after.float(), start % 1)
