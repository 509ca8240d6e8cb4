"""Which built-in layout poses have, where the file does not say it: decided by their geometry.

Each layout with as many joints is laid over the poses. It fits if the bones have the proportions of a body,
left and right are equally long, and the joints from head to feet are in order. Angles, sizes and axes do not
matter.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..skeletons.layouts import AmbiguousLayout, layouts_of
from ..skeletons.skeleton import Skeleton
from . import anatomy, reference_body

WORST, MARGIN = 0.3, 0.1
"""Largest misfit of a layout that fits, and how much worse all others must fit.

The right layout of recordings of depth cameras and of motion capture has 0.05 to 0.15, a wrong one 0.4 to
0.9, and so have hands and random numbers.
"""

MOST_POSES = 400
"""Poses that are looked at, spread over the clips."""


class LayoutChosen(UserWarning):
    """A layout was chosen by the geometry of the poses; several have as many joints."""


@dataclass(frozen=True)
class Fit:
    """How well a layout fits poses.

    Attributes:
        deviation: share of the total length of the bones that is in other bones than in a body, 0 to 1.
        asymmetry: difference of the lengths of left and right bones, over their sum.
        order: share of the levels from head to feet that are in order; None if the layout has no such joints.
    """

    deviation: float
    asymmetry: float
    order: float | None

    @property
    def misfit(self) -> float:
        """One number, near 0 for the right layout."""
        return self.deviation + self.asymmetry + (0 if self.order is None else (1 - self.order) / 2)

    def __str__(self) -> str:
        order = "" if self.order is None else f", {self.order:.0%} in order from head to feet"
        return f"bones {self.deviation:.0%} off a body's, left and right {self.asymmetry:.0%} apart{order}"


def fit(poses: Tensor, skeleton: Skeleton) -> Fit | None:
    """How well a skeleton fits poses [F, V, 3]; None without poses or known lengths of most bones.

    A joint at (0, 0, 0) is missing, except for one that always is, amid the others: positions are then
    relative to it.
    """
    if not len(poses):
        return None
    present = (poses != 0).any(-1)  # [F, V]
    never = ~present.any(0)
    if int(never.sum()) == 1 and _surrounded(poses[:, ~never]):
        present = present | never
    poses = poses.double().where(present[..., None], torch.nan)
    parent, child = (list(joints) for joints in zip(*skeleton.edges, strict=True))
    measured = (poses[:, child] - poses[:, parent]).norm(dim=-1).nanmedian(0).values
    expected = reference_body.lengths(skeleton).double()
    known = measured.isfinite() & expected.isfinite()
    total = measured[known].sum()
    if 2 * int(known.sum()) < len(known) or not total > 0:
        return None
    shares = measured[known] / total - expected[known] / expected[known].sum()
    return Fit(
        float(shares.abs().sum() / 2),
        _asymmetry(measured, skeleton),
        anatomy.in_order(anatomy.heights(poses, skeleton)[0]),
    )


def _surrounded(poses: Tensor) -> bool:
    """Whether (0, 0, 0) is amid the joints [F, V, 3] in most poses."""
    return bool(((poses.amin(1) <= 0) & (poses.amax(1) >= 0)).all(1).float().mean() > 0.5)


def _asymmetry(lengths: Tensor, skeleton: Skeleton) -> float:
    """Difference of the lengths [V - 1] of mirrored bones over their sum; unknown ones are NaN."""
    mirror, place = skeleton.mirror.tolist(), {frozenset(e): i for i, e in enumerate(skeleton.edges)}
    images = [place.get(frozenset((mirror[a], mirror[b])), i) for i, (a, b) in enumerate(skeleton.edges)]
    left, right = ([pair[side] for pair in enumerate(images) if pair[0] < pair[1]] for side in (0, 1))
    difference, both = (
        (lengths[left] - lengths[right]).abs().nansum(),
        (lengths[left] + lengths[right]).nansum(),
    )
    return float(difference / both) if both > 0 else 0.0


def choose(clips: Sequence[Tensor] | Sequence[np.ndarray]) -> Skeleton:
    """The built-in skeleton of clips [T, M, V, 3].

    The only layout with as many joints, if the poses fit it or cannot be measured. Of several, the one that
    fits, if all others fit much worse; a `LayoutChosen` warning states the evidence.

    Raises:
        AmbiguousLayout: several fit, or none; with the evidence.
        ValueError: no built-in skeleton has as many joints.
    """
    known = layouts_of(clips[0].shape[2])
    poses = _some_poses(clips)
    fits = {name: fit(poses, skeleton) for name, skeleton in known.items()}
    if len(known) == 1 and None in fits.values():
        return next(iter(known.values()))
    misfits = {name: np.inf if found is None else found.misfit for name, found in fits.items()}
    best, *others = sorted(misfits, key=misfits.__getitem__)
    evidence = "; ".join(f"{name}: {found or 'no bones of known length'}" for name, found in fits.items())
    clear = all(misfits[name] - misfits[best] >= MARGIN for name in others)
    if misfits[best] > WORST or not clear:
        raise AmbiguousLayout(len(known[best]), list(known), evidence)
    if others:
        warnings.warn(
            f"{len(known[best])} joints may be in {len(known)} orders; {best} was taken, since it fits the "
            f"poses ({evidence}); skeleton={best!r} (--skeleton {best}) says so",
            LayoutChosen,
            stacklevel=3,
        )
    return known[best]


@np.errstate(over="ignore", invalid="ignore")  # infinite coordinates are refused with their place later
def _some_poses(clips: Sequence[Tensor] | Sequence[np.ndarray]) -> Tensor:
    """At most about `MOST_POSES` poses [F, V, 3] of persons that are present, spread over the clips."""
    alike = [clip for clip in clips if clip.shape[2] == clips[0].shape[2]]
    chosen = alike[:: -(-len(alike) // MOST_POSES)]
    each = -(-MOST_POSES // len(chosen))
    parts = [clip[:: -(-len(clip) // each)] for clip in chosen]
    frames = [p.float() if isinstance(p, Tensor) else torch.from_numpy(p.astype(np.float32)) for p in parts]
    poses = torch.cat([part.flatten(0, 1) for part in frames])
    poses = poses[(poses != 0).any(-1).any(-1)]
    return poses[:: -(-max(len(poses), 1) // MOST_POSES)]
