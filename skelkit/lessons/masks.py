"""Notebook 02, Masks: how often a mask that draws joints by weight hides each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .. import study
from ..data import ClipSet
from ..ops import masks
from ..skeletons import Skeleton
from ..viz import figures, show
from .tables import show_table

F, G, RANDOM = "high degree (f)", "low degree (g)", "random"
"""Names of the joint masks that notebook 02 compares."""


def joint_masks(share: float) -> dict[str, masks.Mask]:
    """The three masks that hide `share` of the joints, by name."""
    return {
        RANDOM: masks.RandomJoints(share),
        F: masks.DegreeJoints(share),
        G: masks.InverseDegreeJoints(share),
    }


def joint_groups(skeleton: Skeleton) -> dict[str, Tensor]:
    """Joints grouped by degree, bool [V] each: ends of limbs, between, and where most bones meet."""
    degrees = skeleton.degrees
    middle = degrees == degrees.max() if degrees.max() < 3 else degrees >= 3
    groups = {
        "ends (degree 1)": degrees == 1,
        "between": (degrees > 1) & ~middle,
        "where most bones meet": middle,
    }
    return {name: joints for name, joints in groups.items() if joints.any()}


def hidden_joints(share: float, skeleton: Skeleton) -> int:
    """Number of joints that a mask of this share hides."""
    return round(share * len(skeleton))


def check_algorithm(
    draw: Callable[[Tensor, int, int, torch.Generator], Tensor],
    probability: Callable[[Tensor, int], Tensor],
    skeleton: Skeleton,
    share: float,
    seed: int,
) -> None:
    """Claim that two functions do what the library does, for equal weights, degrees and inverse degrees.

    Args:
        draw: (weights [V], number to hide, number of clips, generator) -> bool [clips, V].
        probability: (weights [V], number to hide) -> [V].
        skeleton: whose degrees are the weights.
        share: of the joints to hide.
        seed: of the draws.
    """
    clips, count = 500, hidden_joints(share, skeleton)
    x = torch.ones(clips, 3, 1, len(skeleton), 1)
    weights = {RANDOM: torch.ones(len(skeleton)), F: skeleton.degrees.float(), G: 1 / skeleton.degrees}
    same, furthest = True, 0.0
    for name, mask in joint_masks(share).items():
        one, other = (torch.Generator().manual_seed(seed) for _ in range(2))
        same &= torch.equal(draw(weights[name], count, clips, one), mask(x, skeleton, other))
        off = probability(weights[name], count) - masks.inclusion(weights[name], count)
        furthest = max(furthest, float(off.abs().max()))
    study.claim(
        f"The first function hides the same joints as the library's three masks, in {clips} clips; the "
        f"probabilities of the second differ from the library's by {furthest:.0e} at most.",
        same and furthest < 1e-3,
    )


def times_as_often(skeleton: Skeleton, share: float) -> float:
    """How many times as often f hides a joint of the highest degree as one of the lowest."""
    hidden = masks.inclusion(skeleton.degrees, hidden_joints(share, skeleton))
    return float(hidden[skeleton.degrees.argmax()] / hidden[skeleton.degrees.argmin()])


def work_out(skeleton: Skeleton, share: float) -> None:
    """Show the probabilities of a joint of each degree; claim what they add up to."""
    degrees, count = skeleton.degrees, hidden_joints(share, skeleton)
    total, x = int(degrees.sum()), torch.ones(1, 3, 1, len(skeleton), 1)
    with_repetition = masks.DegreeDraws(count).probability(x, skeleton)[0]
    without = masks.inclusion(degrees, count)
    known = [int((degrees == d).nonzero()[0]) for d in degrees.unique()]
    rows = [
        [
            f"{degrees[j]} ({skeleton.joints[j].replace('_', ' ')})",
            f"{degrees[j]}/{total} = {float(degrees[j]) / total:.1%}",
            f"{with_repetition[j]:.1%}",
            f"{without[j]:.1%}",
        ]
        for j in known
    ]
    heads = ["bones", "first draw", f"{count} draws, repetition", f"{count} draws, none twice"]
    show_table(heads, rows, "Probability that f hides a joint")
    few, many = known[0], known[-1]
    study.claim(
        f"Without repetition the probabilities add up to {float(without.sum()):.2f}, the number of joints "
        f"that are hidden; with repetition to {float(with_repetition.sum()):.2f} distinct joints. The "
        f"weights of the extremes have the ratio {degrees[many] / degrees[few]:.1f}, the probabilities "
        f"{without[many] / without[few]:.1f}: a joint that is out is not drawn again.",
        abs(float(without.sum()) - count) < 1e-3
        and float(with_repetition.sum()) <= count
        and without[many] / without[few] <= degrees[many] / degrees[few] + 1e-4,
    )


def draw_probabilities(clips: ClipSet, share: float) -> dict[str, Tensor]:
    """Draw on the body how often each mask hides each joint; returns name -> probability, [V]."""
    x = clips[0].batch[:, :, :1]
    probability = {
        name: mask.probability(x, clips.skeleton)[0].cpu() for name, mask in joint_masks(share).items()
    }
    pose, axis = figures.reference_pose(clips), "probability of being hidden"
    show(figures.on_body(pose, clips.skeleton, probability, "Which joints are hidden", axis, low=0.0))
    return probability


def check_frequencies(
    probability: Mapping[str, Tensor],
    skeleton: Skeleton,
    share: float,
    draws: int,
    generator: torch.Generator,
) -> float:
    """Claim that draws hide each joint as often as its probability says.

    Args:
        probability: mask name -> probability that each joint is hidden, [V].
        skeleton: of the joints.
        share: of the joints that the masks hide.
        draws: number of draws.
        generator: of the draws.

    Returns:
        The expected number of distinct joints in 8 draws with repetition.
    """
    x = torch.ones(draws, 3, 1, len(skeleton), 1)
    drawn = {name: mask(x, skeleton, generator).float().mean(0) for name, mask in joint_masks(share).items()}
    furthest = max(float((drawn[name] - probability[name]).abs().max()) for name in drawn)
    noise = 5 * (0.25 / draws) ** 0.5
    study.claim(
        f"In {draws:,} draws the frequency with which a joint is hidden differs from its probability by at "
        f"most {furthest:.3f}. Five standard errors are {noise:.3f}.",
        furthest < noise,
    )
    repeated = float(masks.degree_draws(x, skeleton, 8, generator).sum(1).float().mean())
    expected = float(masks.DegreeDraws(8).probability(x[:1], skeleton)[0].sum())
    study.claim(
        f"8 draws with repetition hide {repeated:.2f} distinct joints on average (expected {expected:.2f}).",
        abs(repeated - expected) < 0.1 and expected < 8,
    )
    return expected


def print_kept_tuples() -> None:
    """Print how many of 20 tuples a mask keeps with rounding, and with truncation to an integer."""
    for eta in (0.1, 0.3, 0.5, 0.6, 0.7, 0.9):
        kept, truncated = masks.kept_tuples(20, eta), int(20 * (1 - eta))
        print(f"ratio {eta}: round keeps {kept:2d} of 20, int {truncated:2d}")
