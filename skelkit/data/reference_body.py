"""The proportions of a standing adult, to tell which layout poses have."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from .joint_names import meanings

Point = tuple[float, float, float]

_MIDDLE: dict[str, Point] = {
    "spine base": (0, 0.95, 0),
    "spine1": (0, 1.05, 0),
    "spine mid": (0, 1.15, 0),
    "spine2": (0, 1.18, 0),
    "spine navel": (0, 1.15, 0),
    "spine3": (0, 1.30, 0),
    "spine chest": (0, 1.32, 0),
    "spine shoulder": (0, 1.42, 0),
    "neck": (0, 1.48, 0),
    "head": (0, 1.62, 0.02),
    "nose": (0, 1.60, 0.10),
}

_LEFT: dict[str, Point] = {
    "eye": (0.03, 1.63, 0.09),
    "eye inner": (0.02, 1.63, 0.09),
    "eye outer": (0.045, 1.63, 0.085),
    "ear": (0.075, 1.61, 0),
    "mouth": (0.025, 1.55, 0.09),
    "clavicle": (0.03, 1.42, 0),
    "shoulder": (0.18, 1.40, 0),
    "elbow": (0.20, 1.12, 0),
    "wrist": (0.21, 0.87, 0.02),
    "hand": (0.21, 0.79, 0.03),
    "hand tip": (0.21, 0.70, 0.04),
    "thumb base": (0.20, 0.87, 0.02),
    "thumb": (0.19, 0.80, 0.07),
    "index": (0.21, 0.78, 0.05),
    "pinky": (0.21, 0.78, 0),
    "hip": (0.09, 0.92, 0),
    "knee": (0.10, 0.50, 0),
    "ankle": (0.10, 0.09, -0.02),
    "heel": (0.10, 0.03, -0.06),
    "foot": (0.11, 0.03, 0.10),
    "toes": (0.11, 0.02, 0.15),
    "foot index": (0.11, 0.03, 0.14),
    "small toe": (0.15, 0.03, 0.10),
}

_PLACES = (
    _MIDDLE
    | {f"left {name}": place for name, place in _LEFT.items()}
    | {f"right {name}": (-x, y, z) for name, (x, y, z) in _LEFT.items()}
)


def standing(skeleton: Skeleton) -> Tensor:
    """The joints of an adult of 1.70 m who stands and faces z, with the arms at the sides, float32 [V, 3].

    Metres, y up, the left at positive x. Joints whose names mean nothing here are NaN.

    >>> from skelkit.skeletons import KINECT20
    >>> standing(KINECT20)[KINECT20.index("left_hand")].tolist()
    [0.20999999344348907, 0.7900000214576721, 0.029999999329447746]
    """
    nowhere = (math.nan,) * 3
    return torch.tensor([_PLACES.get(name.replace("_", " "), nowhere) for name in meanings(skeleton)])


def lengths(skeleton: Skeleton) -> Tensor:
    """Length of each bone of this adult, in the order of `Skeleton.edges`, [V - 1]; NaN if unknown."""
    parent, child = (list(joints) for joints in zip(*skeleton.edges, strict=True))
    places = standing(skeleton)
    return (places[child] - places[parent]).norm(dim=-1)
