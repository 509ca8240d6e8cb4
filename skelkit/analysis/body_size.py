"""Size and orientation of bodies: units, axes and the order of joints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import anatomy
from ..data.clips import ClipSet
from ..skeletons.skeleton import Skeleton
from ..utils.statistics import median

HEADS, FEET = ("head", "nose"), ("foot", "ankle", "toe")
"""Words in the names of the top and bottom joints of a standing body."""


ODD_HEIGHT = 2.5
"""A clip whose body is this many times taller or smaller than the median one probably has another unit."""

FAR_BONES = 0.6
"""Bones of this mean length, in mean distances between any two joints, connect the wrong joints.

Correct skeletons have 0.3 to 0.4, permuted joints 0.8 to 1.1.
"""

MANY = 12
"""Fewest joints of a skeleton for which `FAR_BONES` is applied."""


LEAST_ORDER = 0.8
"""Least share of neighbouring levels of the body, from head to feet, that are in order in real recordings.

People who stand, walk, sit and kick have 0.95 to 1, Kinect joints that are read in another order 0.4 to 0.7.
"""

FRAMES = 9
"""Frames of each clip that are measured, spread over it. (The first frame alone may be a T-pose.)"""

SEGMENT = 2048
"""Clips that are measured at once, so that large sets need little memory."""


@dataclass(frozen=True)
class BodySize:
    """Measurements of `FRAMES` frames of the first person of each clip; of each clip the median counts.

    Attributes:
        height: median extent of a first person along y, metres.
        upright: share of clips in which y is the longest extent of the first person.
        longest: axis of the longest extent in most clips, "x", "y" or "z".
        human: whether the skeleton has a head and feet by name.
        inverted: clips in which the head is below the feet; empty without such joints.
        reach: mean distance between the ends of a bone over that between any two joints, see `FAR_BONES`;
            None if it does not apply.
        order: share of the levels of the body that are in order from head to feet, along the direction from
            the feet to the shoulders; None without such joints. See `LEAST_ORDER`.
        misplaced: the two neighbouring levels that are most often in the wrong order, and in which share of
            the frames; None if all are in order.
        odd: clips whose body is more than `ODD_HEIGHT` times as tall or as small as the median one.
    """

    height: float
    upright: float
    longest: str
    human: bool
    inverted: tuple[int, ...]
    reach: float | None
    order: float | None
    misplaced: tuple[str, str, float] | None
    odd: tuple[int, ...]

    @property
    def disordered(self) -> bool:
        """Whether joints seem to be in another order than the skeleton's."""
        far = self.reach is not None and self.reach > FAR_BONES
        return far or (self.order is not None and self.order < LEAST_ORDER)

    @property
    def sized(self) -> bool:
        """Whether bodies have a plausible height in metres."""
        return 0.5 < self.height < 2.5


def measure(clips: ClipSet, origin: int | None) -> BodySize:
    """Measure some frames of the first person of each clip, without missing joints.

    Args:
        clips: on the CPU.
        origin: a joint that counts although it is at the origin.
    """
    above, below = _joints_named(clips.skeleton, HEADS), _joints_named(clips.skeleton, FEET)
    human = bool(above and below)
    extents, falls, levels, middles = [], [], [], []
    for begin in range(0, len(clips), SEGMENT):
        poses = _poses(clips, begin, min(begin + SEGMENT, len(clips)), origin)  # [N, FRAMES, V, 3]
        extent = poses.nan_to_num(nan=-torch.inf).amax(2) - poses.nan_to_num(nan=torch.inf).amin(2)
        extents.append(extent.where(extent.isfinite(), torch.nan).nanmedian(1).values)
        falls.append(
            (poses[:, :, above, 1].nanmean(2) - poses[:, :, below, 1].nanmean(2)).nanmedian(1).values
        )
        middles.append(poses[:, FRAMES // 2])
        heights, names = anatomy.heights(poses.flatten(0, 1), clips.skeleton)
        levels.append(heights)
    extent, fall, heights = torch.cat(extents), torch.cat(falls), torch.cat(levels)
    known = extent.isfinite().all(1).nonzero().flatten()
    if not len(known):
        return BodySize(0.0, 0.0, "y", human, (), None, None, None, ())
    tall, axis = extent[known].max(1)
    times = (tall / tall.median().clamp_min(1e-9)).clamp_min(1e-9)
    measured = human and len(clips.skeleton) >= MANY
    return BodySize(
        float(median(extent[known, 1])),
        float((axis == 1).float().mean()),
        "xyz"[int(axis.bincount(minlength=3).argmax())],
        human,
        tuple(known[fall[known] < 0].tolist()) if human else (),
        _reach(torch.cat(middles)[known], clips.skeleton) if measured else None,
        anatomy.in_order(heights) if measured else None,
        _misplaced(heights, names) if measured else None,
        tuple(known[(times > ODD_HEIGHT) | (times < 1 / ODD_HEIGHT)].tolist()),
    )


def _misplaced(heights: Tensor, names: list[str]) -> tuple[str, str, float] | None:
    """Neighbouring levels that are most often in the wrong order, and the share of poses; heights [F, L]."""
    steps = heights[:, :-1] - heights[:, 1:]
    known = ~steps.isnan()
    wrong = ((steps <= 0) & known).sum(0) / known.sum(0).clamp_min(1)
    if not wrong.any():
        return None
    worst = int(wrong.argmax())
    return names[worst], names[worst + 1], float(wrong[worst])


def origin_joint(clips: ClipSet, never_present: list[int]) -> int | None:
    """The joint relative to which all positions are given: at the origin, with the others around it.

    Args:
        clips: on the CPU.
        never_present: joints that are at the origin in all frames.
    """
    if len(never_present) != 1:
        return None
    joint = never_present[0]
    poses = clips.poses[:, 0][clips.present[:, 0]].float()
    others = poses[:, [v for v in range(poses.shape[1]) if v != joint]]
    amid = ((others.amin(1) <= 0) & (others.amax(1) >= 0)).all(1)
    return joint if bool(amid.float().mean() > 0.5) else None


def _poses(clips: ClipSet, begin: int, end: int, origin: int | None) -> Tensor:
    """First persons in some frames of clips, [N, FRAMES, V, 3]; NaN for absent persons and missing joints."""
    share = torch.linspace(0, 1, FRAMES)
    starts, lengths = clips.starts[begin:end, None], clips.lengths[begin:end, None]
    frame = starts + ((lengths - 1) * share).round().long()
    poses = clips.poses[frame, 0].float()
    present = (poses != 0).any(-1)
    if origin is not None:
        present[..., origin] = clips.present[frame, 0]
    return poses.where(present[..., None], torch.nan)


def _joints_named(skeleton: Skeleton, words: tuple[str, ...]) -> list[int]:
    return [i for i, name in enumerate(skeleton.joints) if any(word in name.lower() for word in words)]


def _reach(poses: Tensor, skeleton: Skeleton) -> float:
    """Mean distance between the ends of a bone, over that between any two joints; poses [N, V, 3]."""
    parent, child = (list(joints) for joints in zip(*skeleton.edges, strict=True))
    apart = (poses[:, :, None] - poses[:, None]).norm(dim=-1).nanmean(0)  # [V, V]
    mean = apart.nansum() / (len(apart) * (len(apart) - 1))
    return float(apart[parent, child].nanmean() / mean.clamp_min(1e-9))
