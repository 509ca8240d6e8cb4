"""What moves: speed against degree, tracker noise, and the ranking of frames by motion, for notebook 02."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .. import study
from ..analysis import realism
from ..data import Clip, ClipSet
from ..data.joint_names import canonical
from ..ops import fidelity, masks, motion
from ..skeletons import NTU25, Skeleton
from ..viz import figures, show
from .masks import joint_groups

CUTOFF = 3.0
"""Frequency in Hz below which motion counts as the person's, not the tracker's."""


def speeds(clips: ClipSet) -> dict[str, Tensor]:
    """Mean speed of each joint at the recorded rate, m/s, [V]: "as recorded" and "below 3 Hz"."""
    smooth = [masks.joint_motion(c.batch, c.fps, CUTOFF)[0] for c in clips if c.persons and len(c) > 1]
    return {
        "as recorded": realism.speed_by_joint(clips).cpu(),
        "below 3 Hz": torch.stack(smooth).mean(0).cpu(),
    }


def fastest_group(skeleton: Skeleton, speed: Tensor) -> tuple[str, str]:
    """The group of `joint_groups` with the highest mean speed (m/s, [V]), and the speeds in words."""
    means = {name: float(speed[joints].mean()) for name, joints in joint_groups(skeleton).items()}
    return max(means, key=means.__getitem__), "; ".join(f"{k}: {v:.2f} m/s" for k, v in means.items()) + "."


def draw_speed_and_degree(skeleton: Skeleton, speed: Mapping[str, Tensor]) -> None:
    """Draw the mean speed of each joint (m/s, [V]) over its degree; NTU-25 beside the published speeds."""
    shown = dict(speed)
    if skeleton.name == NTU25.name:
        shown["real NTU RGB+D"] = torch.tensor(realism.SPEED_BY_JOINT)
    show(figures.degree_and_motion(skeleton, shown, "Speed and degree of the joints"))


def compare_speed_and_degree(skeleton: Skeleton, speed: Tensor) -> tuple[float, dict[int, float]]:
    """Say whether joints of low degree are faster (m/s, [V]), against shuffled degrees.

    Returns:
        Rank correlation of degree and speed over the joints, and the mean speed of the joints of each degree.
    """
    degrees = skeleton.degrees
    correlation = fidelity.rank_correlation(degrees, speed)
    chance = shuffled_correlation(degrees, speed)
    by_degree = {int(d): float(speed[degrees == d].mean()) for d in degrees.unique()}
    low, high = min(by_degree), max(by_degree)
    fastest = int(speed.argmax())
    words = (
        f"rank correlation {correlation:.2f} over {len(speed)} joints (shuffled degrees stay within "
        f"±{chance:.2f} 19 times in 20). Joints of degree {low} move at {by_degree[low]:.2f} m/s on average, "
        f"of degree {high} at {by_degree[high]:.2f}; the fastest is {skeleton.joints[fastest]!r}, of degree "
        f"{int(degrees[fastest])}."
    ).replace("_", " ")
    study.finding(
        correlation < -chance and by_degree[low] > by_degree[high],
        f"The higher the degree, the lower the speed: {words}",
        f"The degree does not predict the speed here: {words}",
    )
    return correlation, by_degree


def shuffled_correlation(a: Tensor, b: Tensor, shuffles: int = 999) -> float:
    """Size of rank correlation that 95 % of random shuffles of `a` stay within."""
    generator = torch.Generator().manual_seed(0)
    found = [
        abs(fidelity.rank_correlation(a[torch.randperm(len(a), generator=generator)], b))
        for _ in range(shuffles)
    ]
    return sorted(found)[int(0.95 * shuffles)]


def resting_joints(skeleton: Skeleton) -> tuple[str, list[int]]:
    """The joints that rest when somebody stands, and what they are: feet, else ankles, else ends of limbs."""
    names = [canonical(joint, skeleton.joints) for joint in skeleton.joints]
    for word, parts in (("feet", ("foot", "heel", "toe")), ("ankles", ("ankle",))):
        found = [j for j, name in enumerate(names) if any(part in name for part in parts)]
        if found:
            return word, found
    return "ends of limbs", (skeleton.degrees == 1).nonzero().flatten().tolist()


def measure_noise(clips: ClipSet) -> dict[str, float]:
    """Say how much of the speed of resting joints is tracker noise.

    Returns:
        For the record: their mean speed as recorded and below 3 Hz, m/s, and the share above 3 Hz.
    """
    what, joints = resting_joints(clips.skeleton)
    recorded, below, count = realism.jitter_at_rest(clips, joints, CUTOFF)
    noise = max(0.0, 1 - below / recorded) if recorded else 0.0
    words = (
        f"{count} resting {what} in {len(clips)} clips have a recorded speed of {recorded:.2f} m/s, below "
        f"3 Hz {below:.2f} m/s: {noise:.0%} lies above 3 Hz"
    )
    if not count:
        study.finding(False, "", f"In none of {len(clips)} clips do the {what} rest.")
    else:
        study.finding(
            noise > 0.5 and recorded > 0.1,
            f"{words}. Most of it is tracker noise.",
            f"{words}, and at most that part is tracker noise.",
        )
    return {"foot_speed": recorded, "foot_speed_below_3_hz": below, "foot_noise": noise}


def frames_in_common(clips: ClipSet, ratio: float) -> Tensor:
    """Share of the `ratio` of frames with the most motion that stay the same after a 3 Hz low-pass, [N].

    nan for clips that are too short to rank.
    """
    shares = []
    for clip in clips:
        x = clip.batch
        raw = masks.high_motion_frames(x, ratio=ratio)
        smooth = masks.high_motion_frames(x, ratio=ratio, cutoff=CUTOFF, fps=clip.fps)
        shares.append(float((raw & smooth).sum() / raw.sum()) if raw.any() else float("nan"))
    return torch.tensor(shares)


def replaced(shared: Tensor) -> float:
    """Mean share of the frames that a low-pass replaces, from `frames_in_common`; 0 if no clip is ranked."""
    known = shared[~shared.isnan()]
    return 1 - float(known.mean()) if len(known) else 0.0


def compare_rankings(shared: Tensor, ratio: float) -> float:
    """Say how many of the frames with most motion a low-pass replaces; returns the share that stays.

    Args:
        shared: result of `frames_in_common`.
        ratio: the fraction of the frames that was ranked highest.
    """
    known = shared[~shared.isnan()]
    if not len(known):
        study.finding(False, "", "All clips are too short to rank their frames.")
        return 1.0
    stays, error = 1 - replaced(shared), 2 * float(known.std(correction=0)) / len(known) ** 0.5
    words = (
        f"{1 - stays:.0%} of the {ratio:.0%} of frames with the most motion (mean of {len(known)} clips, two "
        f"standard errors {100 * error:.0f} points). Frames chosen at random would replace {1 - ratio:.0%}"
    )
    study.finding(
        1 - stays > 0.1,
        f"A low-pass at 3 Hz replaces {words}: the noise has a say in the ranking.",
        f"A low-pass at 3 Hz replaces only {words}.",
    )
    return stays


def still_and_lively(clips: ClipSet, shared: Tensor) -> dict[str, float]:
    """Mean of `frames_in_common` over the quarter of the clips that travels least, and most."""
    path = torch.tensor([travel(clip) for clip in clips])
    known = ~(shared.isnan() | path.isnan())
    path, shared = path[known], shared[known]
    if not len(path):
        return {"still": 1.0, "lively": 1.0}
    chosen = {"still": path <= path.quantile(0.25), "lively": path >= path.quantile(0.75)}
    return {name: float(shared[members].mean()) for name, members in chosen.items()}


def explain_places(stays: Mapping[str, float]) -> str:
    """The result of `still_and_lively` in words."""
    reason = "Noise decides where nothing else moves." if stays["still"] < stays["lively"] else ""
    return (
        f"It replaces {1 - stays['still']:.0%} of the frames in the quarter of the clips that travels least, "
        f"{1 - stays['lively']:.0%} in the quarter that travels most. {reason}"
    )


def travel(clip: Clip) -> float:
    """How far the origin joint of the first person moves during a clip, metres; nan without a person."""
    poses = clip.poses[motion.presence(clip.poses)[:, 0], 0]  # [T, V, C]
    if not len(poses):
        return float("nan")
    path = poses[:, clip.skeleton.index(clip.skeleton.origin)]
    return float((path.amax(0) - path.amin(0)).norm())


def check_ranking(ranked: Callable[[Tensor, float], tuple[Tensor, Tensor]], clips: ClipSet) -> None:
    """Claim that a function hides the frames that the library's f and g hide, where nobody comes or goes.

    Args:
        ranked: (x, ratio) -> frames that f and g hide, bool [N, T] each.
        clips: to compare on.
    """
    present = [motion.presence(clip.poses) for clip in clips]
    steady = [clip.batch for clip, here in zip(clips, present, strict=True) if bool((here == here[0]).all())]
    waves = torch.rand(4, 3, 40, 5, 1, generator=torch.Generator().manual_seed(0)).cumsum(2)
    same = True
    for x in (waves, *steady):
        if x.shape[2] < 2:
            continue
        energy = masks.frame_motion(x)
        for found, library in zip(
            ranked(x, 0.2), (masks.low_motion_frames, masks.high_motion_frames), strict=True
        ):
            expected = library(x, ratio=0.2)
            one, other = ((energy * chosen).sum(1) for chosen in (found, expected))
            same &= torch.equal(found.sum(1), expected.sum(1))
            same &= torch.allclose(one, other, rtol=1e-4)  # rounding may swap equal frames
    study.claim(
        f"These lines hide the frames that the library's f and g hide, in {len(waves) + len(steady)} clips.",
        same,
    )


def check_law(clip: Clip, ratio: float, draws: int, generator: torch.Generator) -> None:
    """Claim the probabilities of the mask that hides half of its frames by rank, the others at random."""
    mask, x = masks.MotionAttentiveFrames(ratio), clip.batch
    probability = mask.probability(x, clip.skeleton)[0].cpu()
    drawn = mask(x.expand(draws, -1, -1, -1, -1), clip.skeleton, generator).float().mean(0).cpu()
    c, h, frames = int((probability == 1).sum()), round(ratio * len(clip)), len(clip)
    print(
        f"T = {frames}, η = {ratio:g}: h = {h} frames are hidden, c = {c} by rank, each other one with "
        f"probability ({h} − {c}) / ({frames} − {c}) = {(h - c) / max(1, frames - c):.1%}"
    )
    off, noise = float((drawn - probability).abs().max()), 5 * (0.25 / draws) ** 0.5
    study.claim(f"{draws:,} draws agree within {off:.3f}; five standard errors are {noise:.3f}.", off < noise)


def liveliest(clips: ClipSet) -> Clip:
    """The clip with the most motion below 3 Hz."""
    return max(clips, key=lambda clip: float(masks.frame_motion(clip.batch, clip.fps, CUTOFF).mean()))
