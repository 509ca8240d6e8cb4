"""Errors of a depth camera's body tracker: jitter, drifting bone lengths, and limbs lost for a while.

The errors resemble those of Kinect v2: small and slow at the spine, large and fast at hands and feet,
larger for joints hidden by the body, and correlated in time. Vectors are [25, 3, R] for R frames; random
lattices run along R.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...skeletons.layouts import NTU25

_JITTER: dict[str, float] = {
    "spine_base": 0.4,
    "spine_mid": 0.4,
    "neck": 0.4,
    "head": 0.5,
    "spine_shoulder": 0.3,
    "hip": 0.5,
    "shoulder": 0.6,
    "elbow": 2.2,
    "wrist": 4.7,
    "hand": 6.0,
    "hand_tip": 7.9,
    "thumb": 8.9,
    "knee": 1.6,
    "ankle": 2.0,
    "foot": 8.4,
}
"""Frame-to-frame jitter in full view: standard deviation per coordinate, mm."""

_DRIFT: dict[str, float] = {
    "spine_base": 5,
    "spine_mid": 4,
    "neck": 5,
    "head": 5,
    "spine_shoulder": 4,
    "hip": 6,
    "shoulder": 9,
    "elbow": 14,
    "wrist": 14,
    "hand": 13,
    "hand_tip": 13,
    "thumb": 13,
    "knee": 13,
    "ankle": 13,
    "foot": 13,
}
"""Slow error of the joint position, which changes bone lengths: standard deviation, mm."""

_ENDS = (
    ("left_wrist", "left_hand", "left_hand_tip", "left_thumb"),
    ("right_wrist", "right_hand", "right_hand_tip", "right_thumb"),
    ("left_ankle", "left_foot"),
    ("right_ankle", "right_foot"),
)
"""Joints that the tracker loses together."""

BODY_SPREAD, JOINT_SPREAD = 0.5, 0.5
"""Standard deviation of the log of the jitter over bodies, and over the joints of one body."""

EVERY = (1, 3, 45)
"""Frames between draws of the jitter, of the correlated jitter and of the drift."""

CORRELATED = 0.95
"""Weight of the correlated jitter."""

HIDDEN = 1.5
"""How much more a hidden joint jitters, relative."""

LOST, LOST_HIDDEN = 1.75, 0.8
"""A limb is lost above this many standard deviations; how much lower the threshold is when it is hidden."""

JUMP, FREEZE = 0.028, 0.5
"""Jump of a lost limb, metres per coordinate; share of lost limbs that freeze instead."""


def _per_joint(values: dict[str, float]) -> Tensor:
    return torch.tensor([values.get(j, values.get(j.split("_", 1)[-1])) for j in NTU25.joints]) / 1000


def sense(truth: Tensor, performer: Tensor, step: Tensor, draw: torch.Generator) -> Tensor:
    """Joints [25, 3, R] with the errors of the sensor.

    Args:
        truth: joints in camera coordinates, [25, 3, R], metres.
        performer: of each frame, Long[R]; frames of one performer are consecutive.
        step: frame number within the clip, Long[R].
        draw: generator on the CPU, so that the errors are the same on every device.
    """
    frames, performers = truth.shape[-1], int(performer[-1]) + 1
    hidden = self_occlusion(truth)
    each, whole = torch.randn(len(NTU25), performers, generator=draw), torch.randn(performers, generator=draw)
    # Clothes and light make the tracker worse for some people.
    quality = (JOINT_SPREAD * each + BODY_SPREAD * whole).exp().to(truth.device)[:, performer]
    gain = quality * (1 + HIDDEN * hidden)
    fine, middle, slow = (
        _lattice(75, frames, every, draw).view(25, 3, frames).to(truth.device) for every in EVERY
    )
    jitter, drift = (_per_joint(v).to(truth.device)[:, None] for v in (_JITTER, _DRIFT))
    seen = (
        truth
        + (fine + CORRELATED * middle) * (jitter * gain)[:, None]
        + slow * (drift * (1 + hidden))[:, None]
    )
    return _lose(seen, hidden, performer, step, draw)


def self_occlusion(joints: Tensor) -> Tensor:
    """Degree, 0 to 1, to which the trunk hides each joint from the camera: [25, 3, R] -> [25, R].

    A hidden joint is farther from the camera than the mid-spine, and within a shoulder's width of it in the
    image.
    """
    middle = joints[NTU25.index("spine_mid")]
    behind = ((joints[:, 2] - middle[2]) / 0.12).clamp(0, 1)
    across = (1.6 - (joints[:, 0] - middle[0]).abs() / 0.12).clamp(0, 1)
    return behind * across


def _lattice(rows: int, frames: int, every: int, draw: torch.Generator) -> Tensor:
    """Normal noise of variance 1, [rows, frames], drawn every `every` frames and linear in between."""
    if every == 1:
        return torch.randn(rows, frames, generator=draw)
    coarse = torch.randn(1, rows, -(-frames // every) + 1, generator=draw)
    fine = F.interpolate(coarse, size=(coarse.shape[-1] - 1) * every + 1, mode="linear", align_corners=True)
    # Halfway between two draws the variance is a half; on average it is two thirds.
    return fine[0, :, :frames] * 1.5**0.5


def _lose(seen: Tensor, hidden: Tensor, performer: Tensor, step: Tensor, draw: torch.Generator) -> Tensor:
    """Hands and feet that are lost in bursts: they freeze, or jump about.

    A limb is lost while a slow random signal exceeds a threshold, which is lower for a hidden limb.
    """
    frames = seen.shape[-1]
    signal = _lattice(len(_ENDS), frames, 7, draw).to(seen.device)
    limbs_freeze = torch.rand(len(_ENDS), int(performer[-1]) + 1, generator=draw).to(seen.device) < FREEZE
    frozen = limbs_freeze[:, performer]
    jumps = torch.randn(len(_ENDS), 3, -(-frames // 4), generator=draw)
    jumps = jumps.repeat_interleave(4, -1)[..., :frames].to(seen.device)
    now = torch.arange(frames, device=seen.device)
    seen = seen.clone()
    for end, names in enumerate(_ENDS):
        index = [NTU25.index(n) for n in names]
        lost = (signal[end] > LOST - LOST_HIDDEN * hidden[index[1]]) & (step > 0)
        last = (
            torch.where(lost & frozen[end], 0, now).cummax(0).values
        )  # the last frame in which it was tracked
        offset = jumps[end] * (JUMP * (lost & ~frozen[end]))
        for depth, joint in enumerate(index):
            seen[joint] = seen[joint][:, last] + offset * (0.5 + 0.5 * (depth > 0))
    return seen
