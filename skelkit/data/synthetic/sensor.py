"""What a depth camera's body tracker adds to the truth: jitter, drifting bone lengths, and limbs lost for a while.

The errors have the character of Kinect v2's: small and slow at the spine, large and fast at hands and feet, larger where
the body hides a joint, and correlated in time. Vectors are [25, 3, R] for R frames; random lattices run along R.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...skeletons.layouts import NTU25

_JITTER = {
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

_DRIFT = {
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
"""Slow error, that is, where the tracker believes the joint to be: it makes bones longer and shorter. mm."""

_ENDS = (
    ("left_wrist", "left_hand", "left_hand_tip", "left_thumb"),
    ("right_wrist", "right_hand", "right_hand_tip", "right_thumb"),
    ("left_ankle", "left_foot"),
    ("right_ankle", "right_foot"),
)
"""Joints that are lost together."""

BODY_SPREAD, JOINT_SPREAD = (
    0.5,
    0.5,
)  # spread of the log of the jitter over bodies, and over one body's joints

EVERY, CORRELATED = (
    (1, 3, 45),
    0.95,
)  # frames between draws of jitter, correlated jitter and drift; the second's weight

HIDDEN = 1.5  # a hidden joint jitters so much more

LOST, LOST_HIDDEN = (
    1.75,
    0.8,
)  # a limb is lost above this many standard deviations; how much lower this is when hidden

JUMP, FREEZE = 0.028, 0.5  # metres per coordinate; share of limbs that freeze when lost, the others jump


def _per_joint(values: dict[str, float]) -> Tensor:
    return torch.tensor([values.get(j, values.get(j.split("_", 1)[-1])) for j in NTU25.joints]) / 1000


def sense(truth: Tensor, who: Tensor, step: Tensor, draw: torch.Generator) -> Tensor:
    """Add the sensor's errors to joints [25, 3, R] in camera coordinates.

    Args:
        who: Long[R], the performer in each frame; frames of one performer are consecutive.
        step: Long[R], the frame's number within the clip.
        draw: on the CPU, so that every device sees the same errors.
    """
    frames, performers = truth.shape[-1], int(who[-1]) + 1
    hidden = hiddenness(truth)
    each, whole = torch.randn(len(NTU25), performers, generator=draw), torch.randn(performers, generator=draw)
    quality = (
        (JOINT_SPREAD * each + BODY_SPREAD * whole).exp().to(truth.device)[:, who]
    )  # clothes, light: some people track badly
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
    return _lose(seen, hidden, who, step, draw)


def hiddenness(joints: Tensor) -> Tensor:
    """How far the body hides each joint from the camera, 0 to 1: [25, 3, R] -> [25, R].

    A joint is hidden behind the trunk: deeper than the mid-spine, within a shoulder's width of it, as seen by the camera.
    """
    middle = joints[NTU25.index("spine_mid")]
    behind = ((joints[:, 2] - middle[2]) / 0.12).clamp(0, 1)
    across = (1.6 - (joints[:, 0] - middle[0]).abs() / 0.12).clamp(0, 1)
    return behind * across


def _lattice(rows: int, frames: int, every: int, draw: torch.Generator) -> Tensor:
    """Normal noise [rows, frames] that is drawn every so many frames, linear in between, of variance 1."""
    if every == 1:
        return torch.randn(rows, frames, generator=draw)
    coarse = torch.randn(1, rows, -(-frames // every) + 1, generator=draw)
    fine = F.interpolate(coarse, size=(coarse.shape[-1] - 1) * every + 1, mode="linear", align_corners=True)
    return fine[0, :, :frames] * (
        1.5**0.5
    )  # halfway between two draws the variance is a half; two thirds on average


def _lose(seen: Tensor, hidden: Tensor, who: Tensor, step: Tensor, draw: torch.Generator) -> Tensor:
    """Hands and feet are lost in bursts: they freeze where they were, or jump about.

    A limb is lost while a slow random signal exceeds a threshold, which is lower for a hidden limb.
    """
    frames = seen.shape[-1]
    signal = _lattice(len(_ENDS), frames, 7, draw).to(seen.device)
    frozen = torch.rand(len(_ENDS), int(who[-1]) + 1, generator=draw).to(seen.device)[:, who] < FREEZE
    jumps = (
        torch.randn(len(_ENDS), 3, -(-frames // 4), generator=draw)
        .repeat_interleave(4, -1)[..., :frames]
        .to(seen.device)
    )
    now = torch.arange(frames, device=seen.device)
    seen = seen.clone()
    for end, names in enumerate(_ENDS):
        index = [NTU25.index(n) for n in names]
        lost = (signal[end] > LOST - LOST_HIDDEN * hidden[index[1]]) & (step > 0)
        last = torch.where(lost & frozen[end], 0, now).cummax(0).values  # the latest frame that was seen
        offset = jumps[end] * (JUMP * (lost & ~frozen[end]))
        for depth, joint in enumerate(index):
            seen[joint] = seen[joint][:, last] + offset * (0.5 + 0.5 * (depth > 0))
    return seen
