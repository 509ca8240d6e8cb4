"""Augmentation: every clip of a batch is changed by its own draw, on the batch's device.

x is [N, C, T, V, M]; the generator may live on the CPU (same draws for any device) or on the device.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from ..utils.random import uniform
from . import motion
from .motion import check_batch


def rotate(x: Tensor, generator: torch.Generator, limit: float = 0.3) -> Tensor:
    """One rotation a clip, each Euler angle ~ U[-limit, limit] radians, the same for every frame. (CHARON.)"""
    return motion.rotate(
        x, motion.rotation(uniform((len(check_batch(x)), 3), x.device, generator, -limit, limit))
    )


def tilt(x: Tensor, generator: torch.Generator, main: float = 30.0, others: float = 1.0) -> Tensor:
    """One axis, drawn per clip, turns by up to `main` degrees, the other two by up to `others`. (PSTL, rotation.)"""
    axis = (uniform((len(check_batch(x)),), x.device, generator) * 3).long()
    limits = torch.where(torch.arange(3, device=x.device) == axis[:, None], main, others)
    return motion.rotate(
        x, motion.rotation(uniform((len(x), 3), x.device, generator, -1, 1) * torch.deg2rad(limits))
    )


def shear(x: Tensor, generator: torch.Generator, amplitude: float = 1.0) -> Tensor:
    """Off-diagonal entries ~ U[-amplitude, amplitude]. (PSTL.) Differs from the authors: one shear a clip, not one a batch."""
    matrix = uniform((len(check_batch(x)), 3, 3), x.device, generator, -amplitude, amplitude)
    return motion.rotate(x, torch.where(torch.eye(3, dtype=torch.bool, device=x.device), 1.0, matrix))


def crop(x: Tensor, generator: torch.Generator, padding: float = 1 / 6) -> Tensor:
    """Mirror-pad by padding * T frames at each end and cut T frames back out, starting anywhere. (PSTL.)

    The mirror stands at the first and at the last frame, which are not repeated.
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
    """With probability p a clip becomes its mirror image: left and right joints change places *and* x changes sign.

    Differs from the authors: the published flip swaps the joints without mirroring x, which no mirror does.
    """
    check_batch(x, skeleton)
    image = x[:, :, :, skeleton.mirror.to(x.device)] * x.new_tensor([-1, 1, 1]).reshape(1, 3, 1, 1, 1)
    return torch.where(_coin(x, p, generator), image, x)


def sides(classes: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of classes whose names differ in left and right alone: the mirror image of a clip of one is a clip of the other.

    >>> sides(["left punch", "right punch", "kick"])
    [('left punch', 'right punch')]
    """
    other = {
        "left": "right",
        "right": "left",
        "Left": "Right",
        "Right": "Left",
        "LEFT": "RIGHT",
        "RIGHT": "LEFT",
    }
    images = {name: re.sub("|".join(other), lambda side: other[side[0]], name) for name in classes}
    return [(name, image) for name, image in images.items() if name < image and image in images]


def flip(x: Tensor, generator: torch.Generator, p: float = 0.5) -> Tensor:
    """With probability p a clip runs backwards."""
    return torch.where(_coin(check_batch(x), p, generator), x.flip(2), x)


def _coin(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}: a probability lies between 0 and 1")
    return (uniform((len(check_batch(x)),), x.device, generator) < p)[:, None, None, None, None]
