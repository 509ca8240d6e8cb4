"""Notebook 02, Masks: joint speed against degree, tracker noise, and how often a mask hides a joint."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .. import study
from ..analysis import realism
from ..data import ClipSet
from ..ops import masks
from ..ops.masks import View
from ..skeletons import NTU25, Skeleton
from ..viz import figures, show

F, G, RANDOM = "high degree (f)", "low degree (g)", "random"
"""Names of the joint masks that notebook 02 compares."""


def draw_speed_and_degree(skeleton: Skeleton, recorded: Tensor, smooth: Tensor) -> None:
    """Draw the mean speed of each joint (m/s, [V]) over its degree, as recorded and after a low-pass."""
    speeds = {"as recorded": recorded, "below 3 Hz": smooth}
    if skeleton.name == NTU25.name:
        speeds["real NTU RGB+D"] = torch.tensor(realism.SPEED_BY_JOINT)
    show(figures.degree_and_motion(skeleton, speeds, "Speed and degree of the joints"))


def compare_speed_and_degree(correlation: float, by_degree: Mapping[int, float]) -> None:
    """Say whether joints of low degree are faster.

    Args:
        correlation: rank correlation of degree and speed over joints.
        by_degree: degree -> mean speed of its joints, m/s.
    """
    low, high = min(by_degree), max(by_degree)
    speeds = (
        f"Joints of degree {low} move at {by_degree[low]:.2f} m/s, joints of degree {high} at "
        f"{by_degree[high]:.2f} m/s."
    )
    study.finding(
        correlation < -0.2 and by_degree[low] > by_degree[high],
        f"The higher the degree, the lower the speed: rank correlation {correlation:.2f}. {speeds}",
        f"The degree predicts the speed poorly here: rank correlation {correlation:.2f}. {speeds}",
    )


def foot_joints(skeleton: Skeleton) -> list[int]:
    """Indices of the feet; on a skeleton without feet, of all joints at the ends of limbs."""
    feet = ("foot", "left_foot", "right_foot")
    found = [j for j, name in enumerate(skeleton.joints) if name.lower().startswith(feet)]
    return found or (skeleton.degrees == 1).nonzero().flatten().tolist()


def measure_noise(clips: ClipSet, joints: list[int]) -> tuple[float, float, float]:
    """How much of the speed of resting joints is tracker noise.

    Returns:
        Mean speed as recorded and below 3 Hz, in m/s, and the fraction of the speed that lies above 3 Hz.
    """
    recorded, below, count = realism.jitter_at_rest(clips, joints)
    noise = 1 - below / max(recorded, 1e-9)
    print(f"{count} resting joints: {recorded:.3f} m/s as recorded, {below:.3f} m/s below 3 Hz")
    study.finding(
        noise > 0.5 and recorded > 0.1,
        f"Resting feet have a recorded speed of {recorded:.2f} m/s, and {noise:.0%} of it lies above 3 Hz: "
        "most "
        "of it is tracker noise.",
        f"Resting feet have a recorded speed of {recorded:.3f} m/s, and {noise:.0%} of it lies above 3 Hz: "
        "at "
        "most this part is tracker noise.",
    )
    return recorded, below, noise


def compare_rankings(raw: Tensor, smooth: Tensor, ratio: float) -> float:
    """Fraction of the frames with the highest motion that stay the same after a low-pass.

    Args:
        raw: frames ranked highest without low-pass, bool [N, T].
        smooth: the same after a low-pass at 3 Hz.
        ratio: the fraction of the frames that was ranked highest.
    """
    overlap = float((raw & smooth).sum() / raw.sum())
    study.claim(
        f"A 3 Hz low-pass before the ranking replaces {1 - overlap:.0%} of the {ratio:.0%} of frames with "
        "the "
        "highest motion.",
        bool(0 <= overlap <= 1 and raw.sum() == smooth.sum()),
    )
    return overlap


def check_frequencies(drawn: Mapping[str, Tensor], probability: Mapping[str, Tensor], draws: int) -> None:
    """Claim that each joint is hidden as often as its probability says.

    Args:
        drawn: mask name -> fraction of the draws in which each joint was hidden, [V].
        probability: mask name -> probability that each joint is hidden, [V].
        draws: number of draws.
    """
    furthest = max(float((drawn[name].cpu() - probability[name]).abs().max()) for name in drawn)
    noise = 5 * (0.25 / draws) ** 0.5
    study.claim(
        f"In {draws:,} draws, the frequency with which a joint is hidden differs from its probability by at "
        "most "
        f"{furthest:.3f}. Five standard errors are {noise:.3f}.",
        furthest < noise,
    )


def check_distinct(repeated: float, expected: float, count: int) -> None:
    """Claim the number of distinct joints in 8 draws with repetition: the mean drawn and the expected one.

    Args:
        repeated: mean number of distinct joints in 8 draws.
        expected: its expected value.
        count: number of joints that the masks without repetition hide.
    """
    study.claim(
        f"8 draws with repetition hide {repeated:.2f} distinct joints on average (expected {expected:.2f}). "
        f"The masks above hide exactly {count}.",
        abs(repeated - expected) < 0.1 and expected < 8,
    )


def check_frames(x: Tensor, f: View, g: View) -> tuple[float, float]:
    """Compare the frames that f and g hide; returns the fraction of the motion energy that each sees."""
    energy = masks.frame_motion(x)
    seen_f, seen_g = (float((energy * ~v.frames).sum() / energy.sum()) for v in (f, g))
    study.claim(
        f"f and g see the same number of frames. f sees {seen_f:.0%} of the motion energy (mean squared "
        "frame "
        f"difference), g sees {seen_g:.0%}.",
        seen_f > seen_g,
    )
    study.claim(
        f"No frame is hidden from both: together they see all {x.shape[2]} frames, each alone sees "
        f"{float((~f.frames).float().mean()):.0%}.",
        not (f.frames & g.frames).any(),
    )
    return seen_f, seen_g


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


def hidden_from_both(
    probability: Mapping[str, Tensor], groups: Mapping[str, Tensor]
) -> tuple[dict[str, float], dict[str, float]]:
    """Probability that two independent masks hide the same joint, drawn for each group of joints.

    Args:
        probability: mask name (`F`, `G`, `RANDOM`) -> probability that each joint is hidden, [V].
        groups: group name -> its joints, bool [V].

    Returns:
        The mean over all joints, and the mean of the group with the highest value, for each pair of masks.
    """
    f, g, uniform = probability[F], probability[G], probability[RANDOM]
    both = {"two random masks": uniform * uniform, "f and g": f * g, "f twice": f * f, "g twice": g * g}
    by_group = {
        pair: {name: float(p[joints].mean()) for name, joints in groups.items()} for pair, p in both.items()
    }
    title = "How often a joint is hidden from both encoders"
    show(figures.bars(by_group, title, "joints", "probability"))
    worst = {pair: max(values.values()) for pair, values in by_group.items()}
    study.finding(
        worst["f and g"] < min(worst["f twice"], worst["g twice"]),
        f"If both encoders use f, one group of joints is hidden from both {worst['f twice']:.0%} of the "
        "time; if "
        f"both use g, {worst['g twice']:.0%}. With f and g it is at most {worst['f and g']:.0%} for every "
        "group, "
        f"close to two random masks ({worst['two random masks']:.0%}).",
        f"On this skeleton f and g hide one group of joints from both encoders {worst['f and g']:.0%} of the "
        "time, "
        "no less often than the same mask used twice.",
    )
    order = ("f and g", "f twice", "g twice", "two random masks")
    return {pair: float(both[pair].mean()) for pair in order}, worst


def check_hidden_from_both(drawn: float, expected: float, draws: int) -> None:
    """Claim that f and g hide the same joint as often as the product of their probabilities says."""
    study.claim(
        f"In {draws:,} draws, {drawn:.2%} of the joints are hidden from both f and g. The product of the "
        f"probabilities gives {expected:.2%}.",
        abs(drawn - expected) < 0.005,
    )


def print_kept_tuples() -> None:
    """Print how many of 20 tuples a mask keeps with rounding, and with truncation to an integer."""
    for eta in (0.1, 0.3, 0.5, 0.6, 0.7, 0.9):
        print(
            f"ratio {eta}: round keeps {masks.kept_tuples(20, eta):2d} of 20 tuples, int keeps "
            f"{int(20 * (1 - eta)):2d}"
        )


def compare_tubes(tubes: Tensor, speed: Tensor) -> None:
    """Say whether tubes hide the joints that move.

    Args:
        tubes: hidden joints, bool [1, T, V].
        speed: speed of the same joints, [1, T, V].
    """
    inside, outside = float(speed[tubes].mean()), float(speed[~tubes].mean())
    share = f"Tubes hide {float(tubes.float().mean()):.0%} of the joint positions."
    study.finding(
        inside > outside,
        f"{share} The hidden positions move {inside / max(outside, 1e-9):.1f} times as fast as the visible "
        "ones.",
        f"{share} In this draw the hidden positions move no faster than the visible ones.",
    )


def joints_until_half(skeleton: Skeleton, middle: Tensor) -> tuple[int, float]:
    """Number of hidden joints from which f hides a joint of `middle` (bool [V]) at least every second time.

    Returns:
        The number, and the probability with one hidden joint less.
    """

    def probability(count: int) -> float:
        if not count:
            return 0.0
        return float(masks.inclusion(skeleton.degrees, count)[middle].mean())

    half = next(k for k in range(1, len(skeleton)) if probability(k) >= 0.5)
    return half, probability(half - 1)


def ranking_agreement(x: Tensor, origin: int, raw: Tensor, smooth: Tensor) -> dict[str, float]:
    """Fraction of frames that two rankings share, on the quarter of the clips that travels least and most.

    Args:
        x: clips, [N, C, T, V, M].
        origin: joint whose path says how far a clip travels.
        raw: frames ranked highest without low-pass, bool [N, T].
        smooth: the same after a low-pass.
    """
    path = x[:, :, :, origin, 0]  # [N, C, T]
    travel = (path.amax(2) - path.amin(2)).norm(dim=1)
    chosen = {"still": travel <= travel.quantile(0.25), "lively": travel >= travel.quantile(0.75)}
    return {name: float((raw & smooth)[m].sum() / raw[m].sum()) for name, m in chosen.items()}
