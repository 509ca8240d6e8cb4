"""Size and orientation of bodies: units, axes and the order of joints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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


@dataclass(frozen=True)
class BodySize:
    """Measurements of one frame of the first person of each clip.

    Attributes:
        height: median extent of a first person along y, metres.
        upright: share of clips in which y is the longest extent of the first person.
        longest: axis of the longest extent in most clips, "x", "y" or "z".
        human: whether the skeleton has a head and feet by name.
        inverted: clips in which the head is below the feet; empty without such joints.
        reach: mean distance between the ends of a bone over that between any two joints, see `FAR_BONES`;
            None if it does not apply.
        odd: clips whose body is more than `ODD_HEIGHT` times as tall or as small as the median one.
    """

    height: float
    upright: float
    longest: str
    human: bool
    inverted: tuple[int, ...]
    reach: float | None
    odd: tuple[int, ...]

    @property
    def disordered(self) -> bool:
        """Whether joints seem to be in another order than the skeleton's."""
        return self.reach is not None and self.reach > FAR_BONES

    @property
    def sized(self) -> bool:
        """Whether bodies have a plausible height in metres."""
        return 0.5 < self.height < 2.5


def measure(clips: ClipSet, origin: int | None) -> BodySize:
    """Measure one frame of the first person of each clip, without missing joints.

    Args:
        clips: on the CPU.
        origin: a joint that counts although it is at the origin.
    """
    frame = _occupied_frames(clips)
    known = clips.present[frame, 0].nonzero().flatten()
    above, below = _joints_named(clips.skeleton, HEADS), _joints_named(clips.skeleton, FEET)
    human = bool(above and below)
    if not len(known):
        return BodySize(0.0, 0.0, "y", human, (), None, ())
    poses = clips.poses[frame[known], 0].float()
    present = (poses != 0).any(-1)  # [N, V]
    if origin is not None:
        present[:, origin] = True
    poses = poses.where(present[..., None], torch.nan)
    extent = poses.nan_to_num(nan=-torch.inf).amax(1) - poses.nan_to_num(nan=torch.inf).amin(1)  # [N, 3]
    tall, axis = extent.max(1)
    times = (tall / tall.median().clamp_min(1e-9)).clamp_min(1e-9)
    odd = known[(times > ODD_HEIGHT) | (times < 1 / ODD_HEIGHT)].tolist()
    inverted = []
    if human:
        inverted = known[poses[:, above, 1].nanmean(1) < poses[:, below, 1].nanmean(1)].tolist()
    return BodySize(
        float(median(extent[:, 1])),
        float((axis == 1).float().mean()),
        "xyz"[int(axis.bincount(minlength=3).argmax())],
        human,
        tuple(inverted),
        _reach(poses, clips.skeleton) if human and len(clips.skeleton) >= MANY else None,
        tuple(odd),
    )


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


def _occupied_frames(clips: ClipSet) -> Tensor:
    """A frame of each clip in which the first person is present, if one of three candidates is, Long[N]."""
    frame = clips.starts[:-1]
    for position in (0.25, 0.5):
        later = (clips.starts[:-1] + position * clips.lengths).long()
        frame = torch.where(clips.present[frame, 0], frame, later)
    return frame


def _joints_named(skeleton: Skeleton, words: tuple[str, ...]) -> list[int]:
    return [i for i, name in enumerate(skeleton.joints) if any(word in name.lower() for word in words)]


def _reach(poses: Tensor, skeleton: Skeleton) -> float:
    """Mean distance between the ends of a bone, over that between any two joints. poses [N, V, 3]."""
    parent, child = (list(joints) for joints in zip(*skeleton.edges, strict=True))
    apart = (poses[:, :, None] - poses[:, None]).norm(dim=-1).nanmean(0)  # [V, V]
    mean = apart.nansum() / (len(apart) * (len(apart) - 1))
    return float(apart[parent, child].nanmean() / mean.clamp_min(1e-9))
