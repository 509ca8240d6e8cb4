"""Augmentation of clips x [N, C, T, V, M]: each clip of a batch is changed by its own random draw.

The generator may be on the CPU, which gives the same draws for any device, or on the device of x. Every
function raises ValueError without a generator, and if x does not have 5 axes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from ..utils.device import constant
from ..utils.random import uniform
from . import motion
from .motion import check_batch


def rotate(x: Tensor, generator: torch.Generator, limit: float = 0.3) -> Tensor:
    """Rotate each clip by three Euler angles, each ~ U[-limit, limit] radians, the same in all frames.

    (CHARON.)

    Raises:
        ValueError: x does not have 5 axes.
    """
    angles = uniform((len(check_batch(x)), 3), x.device, generator, -limit, limit)
    return motion.rotate(x, motion.rotation(angles))


def tilt(x: Tensor, generator: torch.Generator, main: float = 30.0, others: float = 1.0) -> Tensor:
    """Rotate each clip by up to `main` degrees about a random axis, and up to `others` about the other two.

    (PSTL, rotation.)

    Raises:
        ValueError: x does not have 5 axes.
    """
    axis = (uniform((len(check_batch(x)),), x.device, generator) * 3).long()
    limits = torch.where(torch.arange(3, device=x.device) == axis[:, None], main, others)
    angles = uniform((len(x), 3), x.device, generator, -1, 1) * torch.deg2rad(limits)
    return motion.rotate(x, motion.rotation(angles))


def shear(x: Tensor, generator: torch.Generator, amplitude: float = 1.0) -> Tensor:
    """Shear each clip: off-diagonal entries of its matrix ~ U[-amplitude, amplitude]. (PSTL.)

    Differs from the authors: one draw per clip, not one per batch.

    Raises:
        ValueError: x does not have 5 axes.
    """
    matrix = uniform((len(check_batch(x)), 3, 3), x.device, generator, -amplitude, amplitude)
    return motion.rotate(x, torch.where(torch.eye(3, dtype=torch.bool, device=x.device), 1.0, matrix))


def crop(x: Tensor, generator: torch.Generator, padding: float = 1 / 6) -> Tensor:
    """Pad each clip by its mirror image in time, and cut T frames from a random start. (PSTL.)

    The first and the last frame are not repeated in the mirror image.

    Args:
        padding: frames of padding at each end, as a fraction of T.

    Raises:
        ValueError: a padding outside [0, 1).
    """
    frames = check_batch(x).shape[2]
    if not 0 <= padding < 1:
        raise ValueError(f"padding={padding}: the share of a clip to mirror at each end lies in [0, 1)")
    pad = int(frames * padding)
    start = (uniform((len(x),), x.device, generator) * (2 * pad + 1)).long() - pad
    time = (start[:, None] + torch.arange(frames, device=x.device)).abs()  # mirrored at frame 0
    time = (frames - 1) - (frames - 1 - time).abs()  # and at the last
    return x.gather(2, time[:, None, :, None, None].expand_as(x))


def mirror(x: Tensor, skeleton: Skeleton, generator: torch.Generator, p: float = 0.5) -> Tensor:
    """With probability p, replace a clip by its mirror image: swap left and right joints, and negate x.

    Differs from the authors: the published flip swaps the joints without negating x, which is not a mirror
    image.

    Raises:
        ValueError: a probability outside [0, 1].
    """
    check_batch(x, skeleton)
    other_side = constant(tuple(skeleton.mirror.tolist()), x.device)
    signs = constant((-1.0, 1.0, 1.0), x.device).to(x.dtype)
    image = x[:, :, :, other_side] * signs.reshape(1, 3, 1, 1, 1)
    return torch.where(_bernoulli(x, p, generator), image, x)


def sides(classes: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of class names that differ only in left and right, so that mirroring turns one into the other.

    Clockwise and counter-clockwise (or anticlockwise) are such sides, too.

    >>> sides(["left punch", "right punch", "kick"])
    [('left punch', 'right punch')]
    >>> sides(["circle (clockwise)", "circle (counter clockwise)"])
    [('circle (clockwise)', 'circle (counter clockwise)')]
    """
    pairs = [("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT")]
    other = dict(pairs) | {right: left for left, right in pairs}
    # One spelling each, of which neither is a part of the other.
    spelt = {
        name: _CLOCKWISE.sub(lambda found: "against the clock" if found[1] else "clockwise", name)
        for name in classes
    }
    names = {each: name for name, each in spelt.items()}
    other |= {"against the clock": "clockwise", "clockwise": "against the clock"}
    images = {
        name: re.sub("|".join(other), lambda side: other[side[0]], each) for name, each in spelt.items()
    }
    return [(name, names[image]) for name, image in images.items() if image in names and name < names[image]]


_CLOCKWISE = re.compile(r"((?:counter|anti)[-_ ]?)?clockwise", re.IGNORECASE)


def flip(x: Tensor, generator: torch.Generator, p: float = 0.5) -> Tensor:
    """With probability p, reverse a clip in time.

    Raises:
        ValueError: a probability outside [0, 1].
    """
    return torch.where(_bernoulli(check_batch(x), p, generator), x.flip(2), x)


def _bernoulli(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """True with probability p for each clip, bool [N, 1, 1, 1, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}: a probability lies between 0 and 1")
    return (uniform((len(check_batch(x)),), x.device, generator) < p)[:, None, None, None, None]
