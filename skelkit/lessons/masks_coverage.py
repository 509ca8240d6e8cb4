"""What two encoders see together, for notebook 02."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .. import study
from ..data import Clip, ClipSet
from ..ops import masks, motion
from ..ops.masks import View
from ..skeletons import Skeleton
from ..viz import figures, player, show
from ..viz.skeleton_player.widget import Player
from .masks import RANDOM, F, G, joint_groups, joint_masks
from .masks_motion import CUTOFF
from .tables import show_table

PAIRS = ("f and g", "two random masks", "f twice", "g twice")
"""Two encoders and their masks of joints."""


def show_views(clip: Clip, f: View, g: View) -> Player:
    """Draw the frames that are hidden from f and from g; the player shows the joints."""
    name, low = clip.class_name.replace("_", " "), masks.frame_motion(clip.batch, clip.fps, CUTOFF)[0].cpu()
    marks = {"hidden from f": f.frames[0].cpu(), "hidden from g": g.frames[0].cpu()}
    title = f"{name}: motion below 3 Hz, and frames hidden from f and g"
    show(figures.motion_over_time(low, clip.fps, marks, title, height=270))
    shown = player(
        *(clip, clip),
        labels=["spatial stream of f", "spatial stream of g"],
        masked=[f.joints[0].cpu(), g.joints[0].cpu()],
        title=f"{name}: hollow joints are hidden",
        height=300,
    )
    shown.frame = int(low.argmax())
    return shown


def check_frames(clips: ClipSet, ratio: float = 0.2) -> dict[str, float]:
    """Claim that no frame is hidden from both f and g; returns the share of the motion that each sees."""
    seen, total, both, frames = [0.0, 0.0], 0.0, 0, 0
    for clip in clips:
        x = clip.batch
        low, high = (m(x, ratio=ratio) for m in (masks.low_motion_frames, masks.high_motion_frames))
        energy = masks.frame_motion(x).double()
        total += float(energy.sum())
        seen = [s + float(energy[~hidden].sum()) for s, hidden in zip(seen, (low, high), strict=True)]
        both, frames = both + int((low & high).sum()), frames + len(clip)
    seen_f, seen_g = (s / max(total, 1e-12) for s in seen)
    study.claim(
        f"Of {frames:,} frames none is hidden from both f and g. f sees {seen_f:.0%} of the motion energy, "
        f"g sees {seen_g:.0%}. Two random masks would each see {1 - ratio:.0%}, and together lack "
        f"{ratio**2:.0%} of the frames.",
        both == 0 and seen_f >= seen_g,
    )
    return {"energy_seen_by_f": seen_f, "energy_seen_by_g": seen_g}


def hidden_from_both(probability: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Probability that each joint is hidden from both encoders, for each of `PAIRS`, [V].

    Args:
        probability: mask name (`F`, `G`, `RANDOM`) -> probability that each joint is hidden, [V].
    """
    f, g, uniform = probability[F], probability[G], probability[RANDOM]
    return dict(zip(PAIRS, (f * g, uniform * uniform, f * f, g * g), strict=True))


def check_covariance(probability: Mapping[str, Tensor], count: int) -> dict[str, float]:
    """Claim that the mean of `hidden_from_both` is (k/V)² plus a covariance; shows the numbers.

    Args:
        probability: as in `hidden_from_both`.
        count: k, the number of joints that each mask hides.

    Returns:
        The mean over the joints for each of `PAIRS`.
    """
    masks_of = dict(zip(PAIRS, ((F, G), (RANDOM, RANDOM), (F, F), (G, G)), strict=True))
    both = {pair: float(p.mean()) for pair, p in hidden_from_both(probability).items()}
    joints = len(probability[F])
    base, furthest, rows = (count / joints) ** 2, 0.0, []
    for pair, (one, other) in masks_of.items():
        a, b = (probability[name] - probability[name].mean() for name in (one, other))
        covariance = float((a * b).mean())
        furthest = max(furthest, abs(both[pair] - base - covariance))
        rows.append([pair, f"{base:.4f}", f"{covariance:+.4f}".replace("-", "−"), f"{both[pair]:.4f}"])
    heads = ["masks", f"(k/V)² = ({count}/{joints})²", "covariance", "hidden from both"]
    show_table(heads, rows)
    order = [both[pair] for pair in PAIRS]
    study.claim(
        f"Hidden from both on average: {both['f and g']:.1%} of the joints with f and g, "
        f"{both['two random masks']:.1%} with two random masks, {min(order[2:]):.1%} or more with the same "
        "mask twice, as the equation says.",
        furthest < 1e-4 and order[0] <= order[1] + 1e-6 and order[1] <= min(order[2:]) + 1e-6,
    )
    return both


def compare_groups(probability: Mapping[str, Tensor], skeleton: Skeleton) -> dict[str, float]:
    """Draw `hidden_from_both` for each group of joints; returns the highest mean of a group for each pair."""
    groups = joint_groups(skeleton)
    by_group = {
        pair: {name: float(p[joints].mean()) for name, joints in groups.items()}
        for pair, p in hidden_from_both(probability).items()
    }
    title = "How often a joint is hidden from both encoders"
    show(figures.bars(by_group, title, "joints", "probability", height=360))
    worst = {pair: max(values.values()) for pair, values in by_group.items()}
    study.finding(
        worst["f and g"] < min(worst["f twice"], worst["g twice"]),
        f"If both encoders use f, one group of joints is hidden from both {worst['f twice']:.0%} of the "
        f"time; if both use g, {worst['g twice']:.0%}. With f and g it is at most {worst['f and g']:.0%} for "
        f"every group, with two random masks {worst['two random masks']:.0%}.",
        f"On this skeleton f and g hide one group of joints from both encoders {worst['f and g']:.0%} of the "
        "time, no less often than the same mask used twice.",
    )
    return worst


def check_draws(
    expected: float, skeleton: Skeleton, share: float, draws: int, generator: torch.Generator
) -> None:
    """Claim that independent draws of f and g hide this share of the joints from both."""
    kinds, x = joint_masks(share), torch.ones(draws, 3, 1, len(skeleton), 1)
    drawn = (kinds[F](x, skeleton, generator) & kinds[G](x, skeleton, generator)).float().mean(1)
    noise = 5 * float(drawn.std()) / draws**0.5 + 1e-6
    study.claim(
        f"In {draws:,} draws, {float(drawn.mean()):.2%} of the joints are hidden from both f and g, expected "
        f"{expected:.2%}; five standard errors are {noise:.2%}.",
        abs(float(drawn.mean()) - expected) < noise,
    )


def compare_tubes(clips: ClipSet, ratio: float, generator: torch.Generator, frames: int = 60) -> None:
    """Say whether tubes hide the joints that move, over all clips resized to `frames`."""
    x = clips.select(clips.persons.cpu() > 0).batch(slice(None), frames=frames)
    tubes = masks.motion_tubes(x, clips.skeleton, ratio=ratio, generator=generator)
    speed = motion.velocity(x).norm(dim=1).sum(-1)  # [N, T, V]
    inside, outside = ((speed * m).sum((1, 2)) / m.sum((1, 2)).clamp_min(1) for m in (tubes, ~tubes))
    times, more = float(inside.mean() / outside.mean().clamp_min(1e-9)), int((inside > outside).sum())
    words = (
        f"Tubes hide {float(tubes.float().mean()):.0%} of the joint positions. The hidden ones move "
        f"{times:.1f} times as fast as the visible ones (in {more} of {len(x)} clips faster); at random it "
        "would be 1.0 times (half of the clips)"
    )
    study.finding(more > len(x) / 2 + len(x) ** 0.5, f"{words}.", f"{words}: no clear difference.")


def show_tubes(clip: Clip, ratio: float, generator: torch.Generator, frames: int = 60) -> Player:
    """A player of one clip, resized to `frames`, with joints hidden in tubes."""
    x = motion.resize(clip.batch, frames)
    tubes = masks.motion_tubes(x, clip.skeleton, ratio=ratio, generator=generator)
    shown = player(
        x.cpu(),
        skeleton=clip.skeleton,
        fps=frames / clip.seconds,
        labels=[f"{clip.class_name.replace('_', ' ')}: tubes"],
        masked=tubes[0].cpu(),
        height=300,
    )
    shown.frame = int(masks.frame_motion(x)[0].argmax())
    return shown
