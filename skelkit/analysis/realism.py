"""Motion statistics of clips beside those of NTU RGB+D.

The measures need no labels and work on clips of any skeleton. The targets are medians or means over 11 bodies
of NTU RGB+D clips: 25 joints, one and two persons, 54 to 158 frames, 30 fps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.clips import ClipSet
from ..ops import codecs, fidelity, masks, motion
from .bones import length_variation

RECONSTRUCTION_MM = {2: 4.9, 3: 7.1, 5: 10.3, 8: 13.3, 12: 16.7, 24: 23.8}
"""Error of linear interpolation between every s-th of 120 frames: mm for each s, median over bodies."""

SPEED_BY_DEGREE = {1: 0.684, 2: 0.368, 3: 0.080, 4: 0.072}
"""Mean speed in m/s of the joints with this many bones: the ends of limbs are fast, the trunk is slow."""

SPEED_BY_JOINT = (
    0.080, 0.060, 0.080, 0.091, 0.141, 0.316, 0.575, 0.797, 0.089, 0.266, 0.580, 0.659, 0.096, 0.231,
    0.238, 0.929, 0.087, 0.160, 0.235, 0.613, 0.072, 0.948, 1.066, 0.837, 0.952,
)  # fmt: skip
"""Mean speed in m/s of each of NTU's 25 joints."""

BANDS = ((0.0, 1.0), (1.0, 3.0), (3.0, 6.0), (6.0, 15.0))
"""Frequency bands, Hz."""

POWER_SHARE = (0.766, 0.126, 0.046, 0.062)
"""Share of the power of the coordinates in each band, without the mean position."""

BONE_LENGTH_CV = 0.069
"""Standard deviation of a bone's length over its mean, median over bones and bodies."""


class Row(NamedTuple):
    """One statistic.

    Attributes:
        name: name and unit.
        target: value of NTU RGB+D.
        found: value of these clips.
        ratio: found / target.
    """

    name: str
    target: float
    found: float
    ratio: float


def compare(clips: ClipSet) -> list[Row]:
    """All statistics: interpolation errors, speeds by degree, power shares, bone lengths.

    A statistic that the clips do not have (no joint with four bones, say) is left out.
    """
    speeds, degrees = speed_by_joint(clips), clips.skeleton.degrees.to(clips.device)
    found = [
        (f"restore error at s = {s} (mm)", RECONSTRUCTION_MM[s], e)
        for s, e in zip(
            RECONSTRUCTION_MM, reconstruction_errors(clips, tuple(RECONSTRUCTION_MM)), strict=True
        )
    ]
    found += [
        (f"speed, degree {k} (m/s)", v, float(speeds[degrees == k].mean()))
        for k, v in SPEED_BY_DEGREE.items()
        if (degrees == k).any()
    ]
    found += [
        (f"power share, {a:g} to {b:g} Hz", v, p)
        for (a, b), v, p in zip(BANDS, POWER_SHARE, power_shares(clips), strict=True)
    ]
    found.append(("bone length variation", BONE_LENGTH_CV, bone_variation(clips)))
    return [Row(name, target, value, value / target) for name, target, value in found]


def reconstruction_errors(clips: ClipSet, intervals: tuple[int, ...], frames: int = 120) -> list[float]:
    """Error of linear interpolation, mm, for each interval s between kept frames.

    Frames 0, s, 2s, … of `frames` are kept, joined linearly, and the last one is held. The error of a body
    is the root of the mean squared distance over joints and frames; the result is the median over bodies.
    """
    errors: list[list[Tensor]] = [[] for _ in intervals]
    for index in _chunks(clips):
        x = clips.batch(index, frames=frames)
        count = motion.presence(motion.to_frames(x)).sum(1)  # [N, M]
        for found, s in zip(errors, intervals, strict=True):
            codec = codecs.Uniform(s)
            squared = fidelity.joint_error(x, codec.decode(codec.encode(x))).square().mean(2).sum(1)  # [N, M]
            found.append((squared / count.clamp_min(1)).sqrt()[count > 0])
    return [1000 * float(torch.cat(found).median()) for found in errors]


def speed_by_joint(clips: ClipSet) -> Tensor:
    """Mean speed of each joint, m/s, [V]: mean over the frames of each body, then over bodies."""
    both, clip = _steps(clips)
    steps = (clips.poses[1:].float() - clips.poses[:-1].float()).norm(dim=-1)  # [F - 1, M, V]
    steps = steps * both[..., None]
    total = steps.new_zeros(len(clips), *steps.shape[1:]).index_add_(0, clip, steps)
    count = steps.new_zeros(len(clips), steps.shape[1]).index_add_(0, clip, both.to(steps.dtype))
    return (total[count > 0] / count[count > 0][:, None]).mean(0) * clips.fps


def jitter_at_rest(
    clips: ClipSet, joints: list[int], cutoff: float = 3.0, within: float = 0.1
) -> tuple[float, float, int]:
    """Apparent speed of joints at rest: mean speed, mean speed below `cutoff` (m/s), and number of joints.

    A joint of the first person is at rest if its motion below 1 Hz stays within `within` metres during the
    whole clip. Its motion above `cutoff` Hz is then mostly sensor noise. Without such joints both speeds
    are 0.

    Args:
        clips: N clips.
        joints: joint indices to examine.
        cutoff: Hz.
        within: metres.
    """
    speeds = []
    for index in range(len(clips)):
        x = clips[index].batch[..., :1]
        slow = motion.low_pass(x, 1.0, clips.fps)[0, :, :, joints, 0]  # [C, T, joints]
        at_rest = (slow.amax(1) - slow.amin(1)).norm(dim=0) < within
        both = [masks.joint_motion(x, clips.fps, c)[0, joints][at_rest] for c in (None, cutoff)]
        speeds.append(torch.stack(both, 1))
    found = torch.cat(speeds)
    raw, smooth = found.mean(0).tolist() if len(found) else (0.0, 0.0)
    return raw, smooth, len(found)


def power_shares(clips: ClipSet, bands: tuple[tuple[float, float], ...] = BANDS) -> list[float]:
    """Share of the power of the coordinates in each frequency band, mean over bodies.

    Periodogram of each body over its whole clip, at its own frame rate: coordinates minus their mean, times
    a Hann window (without which a clip that ends elsewhere than it began would leak into all bands), summed
    over joints and coordinates. Persons who are not present in all frames are left out.
    """
    nyquist, shares = clips.fps / 2, []
    points = 1 << max(6, int(clips.lengths.max() - 1).bit_length())
    frequency = torch.fft.rfftfreq(points, 1 / clips.fps, device=clips.device)
    member = torch.stack([(frequency >= a) & ((frequency < b) | (b >= nyquist)) for a, b in bands]).float()
    for index in _chunks(clips, 64):
        power = _periodograms(clips, index, points)
        banded = power @ member.T
        shares.append((banded / banded.sum(1, keepdim=True))[banded.sum(1) > 0])
    return torch.cat(shares).mean(0).tolist()


def _periodograms(clips: ClipSet, index: Tensor, points: int) -> Tensor:
    """Power of each body that is present in all frames of its clip, [bodies, frequencies]."""
    length = clips.lengths[index]
    time = torch.arange(int(length.max()), device=clips.device)
    inside = time < length[:, None]  # [n, T]
    rows = (clips.starts[index][:, None] + time).clamp_max(len(clips.poses) - 1)
    window = torch.sin(torch.pi * (time + 0.5) / length[:, None]).square() * inside
    whole = (clips.present[rows] | ~inside[..., None]).all(1)  # [n, M]
    x = clips.poses[rows].float().flatten(3)  # [n, T, M, V * C]
    # Without the mean under the window, nothing at 0 Hz leaks into the lowest band.
    weights = window[..., None, None]
    mean = (x * weights).sum(1, keepdim=True) / window.sum(1)[:, None, None, None]
    x = (x - mean) * weights
    return torch.fft.rfft(x.movedim(1, -1), points).abs().square().sum(2)[whole]


def bone_variation(clips: ClipSet) -> float:
    """Standard deviation of a bone's length over its mean within one body, median over bones and bodies."""
    variation, frames = length_variation(clips)
    return float(variation[frames > 0].median())


def _steps(clips: ClipSet) -> tuple[Tensor, Tensor]:
    """Steps between frames: persons present in both frames, bool[F - 1, M], and the clip, Long[F - 1]."""
    clip = torch.arange(len(clips), device=clips.device).repeat_interleave(clips.lengths)
    return clips.present[1:] & clips.present[:-1] & (clip[1:] == clip[:-1])[:, None], clip[:-1]


def _chunks(clips: ClipSet, size: int = 256) -> Iterator[Tensor]:
    return iter(torch.arange(len(clips), device=clips.device).split(size))
