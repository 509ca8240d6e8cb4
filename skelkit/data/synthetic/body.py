"""A body of 25 joints: the subjects of the synthetic data set, and their joints for given degrees of freedom.

The trunk is a chain of rotated frames (forward kinematics). Each limb has two bones and bends so that its
wrist or ankle reaches a target (inverse kinematics). All functions work on R frames at once, of any
subjects; vectors are [3, R] in metres: x to the left, y up and z to the front of a person who faces along
z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ...skeletons.layouts import NTU25
from .action import DOFS

Frame = tuple[Tensor, Tensor, Tensor]
"""Unit vectors x, y and z, [3, R] each."""

SUBJECTS = 40
"""Number of subjects."""

PROPORTIONS = {
    "thigh": 0.242,
    "shin": 0.240,
    "ankle": 0.045,
    "foot": 0.075,
    "hips": 0.047,
    "waist": 0.172,
    "chest": 0.142,
    "neck": 0.046,
    "head": 0.088,
    "shoulders": 0.102,
    "upper": 0.162,
    "fore": 0.146,
    "hand": 0.044,
    "tip": 0.046,
    "thumb": 0.036,
}
"""Bone lengths as shares of the body height, as Kinect v2 measures adults.

"ankle" is its height above the floor; "hips" and "shoulders" are half the width.
"""

_STAND = 0.99  # height of the hip above the ankle when standing, in leg lengths: knees are slightly bent

_DROP = 0.31  # how far the hip joints are below the base of the spine, in units of their distance

_STANCE = 0.015  # how far the feet are outside the hips, in leg lengths

_ELBOW = (0.5, -0.8, -0.45)  # direction of the elbows: out, up, forward


@dataclass(frozen=True)
class People:
    """The subjects; entry i of each tensor is subject i."""

    bones: Tensor  # [SUBJECTS, len(PROPORTIONS)] metres
    tempo: Tensor  # time taken, relative
    size: Tensor  # of movements, relative
    posture: Tensor  # [SUBJECTS, D], standard normal, one draw per degree of freedom
    stoop: Tensor  # [SUBJECTS] >= 0
    left_handed: Tensor  # bool


@cache
def people() -> People:
    """Heights, limb ratios, tempo, size of movements, posture and handedness of the forty subjects.

    They do not depend on any seed.
    """
    draw = torch.Generator().manual_seed(25)
    normal = torch.randn(SUBJECTS, 4 + len(PROPORTIONS), generator=draw).clamp(-2.2, 2.2)
    height = 1.70 + 0.085 * normal[:, :1]
    bones = height * torch.tensor(list(PROPORTIONS.values())) * (1 + 0.035 * normal[:, 4:])
    posture = torch.randn(SUBJECTS, len(DOFS), generator=draw).clamp(-2.5, 2.5)
    left_handed = torch.rand(SUBJECTS, generator=draw) < 0.12
    return People(
        bones,
        (0.13 * normal[:, 1]).exp(),
        (0.1 * normal[:, 2]).exp(),
        posture,
        normal[:, 3].abs(),
        left_handed,
    )


def joints(dofs: Tensor, bones: Tensor, walked: Tensor) -> Tensor:
    """Joint positions [25, 3, R], metres.

    Bones keep their lengths exactly: a target out of reach is approached, not reached.

    Args:
        dofs: degrees of freedom, [D, R], see `DOFS`.
        bones: bone lengths, [15, R], in the order of `PROPORTIONS`, metres.
        walked: distance walked, [R], in leg lengths.
    """
    d, size = dict(zip(DOFS, dofs, strict=True)), dict(zip(PROPORTIONS, bones, strict=True))
    leg, zero = size["thigh"] + size["shin"], torch.zeros_like(walked)
    x, y, z = (v.expand(-1, len(walked)) for v in torch.eye(3, device=dofs.device)[..., None])
    upright = (x, y, z)
    base = torch.stack([zero, zero, leg * (d["go"] + walked)])  # the point between the feet
    heading = _turned(upright, 1, d["turn"])
    over = torch.stack(
        [
            leg * d["side"],
            size["ankle"] + leg * (_STAND + d["lift"]) + _DROP * size["hips"],
            leg * d["forward"],
        ]
    )
    found = {"spine_base": base + _in_frame(heading, over)}

    pelvis = _turned(_turned(heading, 0, d["tilt"]), 2, d["list"])
    waist = _bent(pelvis, *(0.5 * d[n] for n in ("bend", "lean", "twist")))
    chest = _bent(waist, *(0.5 * d[n] for n in ("bend", "lean", "twist")))
    neck = _bent(chest, *(0.4 * d[n] for n in ("nod", "cock", "look")))
    skull = _bent(neck, *(0.6 * d[n] for n in ("nod", "cock", "look")))
    chain = ("spine_base", "spine_mid", "spine_shoulder", "neck", "head")
    for below, joint, frame, bone in zip(
        chain, chain[1:], (waist, chest, neck, skull), ("waist", "chest", "neck", "head"), strict=False
    ):
        found[joint] = found[below] + size[bone] * frame[1]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        mine = {name[2:]: value for name, value in d.items() if name.startswith(side[0] + "_")}
        found |= _arm(side, sign, mine, found["spine_shoulder"], chest, size)
        found |= _leg(side, sign, mine, found["spine_base"], base, pelvis, heading, size)
    return torch.stack([found[name] for name in NTU25.joints])


def _arm(
    side: str,
    sign: float,
    d: dict[str, Tensor],
    spine_shoulder: Tensor,
    chest: Frame,
    size: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Joints from the shoulder to the fingertips. The collar bone rises with the wrist, as in people."""
    x, y, z = sign * chest[0], chest[1], chest[2]
    raised = 0.3 * torch.sigmoid(5 * d["up"]) - 0.15
    shoulder = spine_shoulder + size["shoulders"] * (raised.cos() * x + raised.sin() * y)
    reach = size["upper"] + size["fore"]
    target = reach * (d["out"] * x + d["up"] * y + d["fwd"] * z)
    towards = _ELBOW[0] * x + _ELBOW[1] * y + _ELBOW[2] * z
    elbow, wrist, pole = two_bones(shoulder, target, towards, sign * d["elbow"], size["upper"], size["fore"])
    along = (wrist - elbow) / size["fore"]
    hinge = _unit(_cross(along, pole)) * sign
    palm = _cross(along, hinge)
    hinge, palm = (
        hinge * d["roll"].cos() + palm * d["roll"].sin(),
        palm * d["roll"].cos() - hinge * d["roll"].sin(),
    )
    fingers = along * d["flex"].cos() - palm * d["flex"].sin() * sign
    hand = wrist + size["hand"] * fingers
    # Published graphs have a bone from thumb to tip; hand and fingers are rigid, so it keeps its length too.
    thumb = hand + size["thumb"] * (0.8 * fingers + 0.6 * hinge)
    places = (shoulder, elbow, wrist, hand, hand + size["tip"] * fingers, thumb)
    return {
        f"{side}_{name}": p
        for name, p in zip(("shoulder", "elbow", "wrist", "hand", "hand_tip", "thumb"), places, strict=True)
    }


def _leg(
    side: str,
    sign: float,
    d: dict[str, Tensor],
    spine_base: Tensor,
    base: Tensor,
    pelvis: Frame,
    heading: Frame,
    size: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Joints from the hip to the toes. Feet stay above the floor: a step below it counts as standing."""
    leg = size["thigh"] + size["shin"]
    hip = spine_base + size["hips"] * (0.95 * sign * pelvis[0] - _DROP * pelvis[1])
    spot = torch.stack(
        [
            sign * (size["hips"] + leg * (_STANCE + d["step_out"])),
            size["ankle"] + leg * d["step_up"].clamp_min(0),
            leg * d["step_fwd"],
        ]
    )
    target = base + _in_frame(heading, spot) - hip
    forward = heading[2] + 0.15 * sign * heading[0]
    knee, ankle, _ = two_bones(hip, target, forward, torch.zeros_like(leg), size["thigh"], size["shin"])
    drop = 0.38 + d["point"]
    foot = ankle + size["foot"] * (
        drop.cos() * (0.98 * heading[2] + 0.2 * sign * heading[0]) - drop.sin() * heading[1]
    )
    return {
        f"{side}_{name}": p
        for name, p in zip(("hip", "knee", "ankle", "foot"), (hip, knee, ankle, foot), strict=True)
    }


def two_bones(
    start: Tensor, target: Tensor, towards: Tensor, swing: Tensor, first: Tensor, second: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Inverse kinematics of a chain of two bones, by the law of cosines.

    The distance from start to end is limited smoothly to between a third and 0.998 of the chain's length,
    so that the end slows down before the chain is stretched out.

    Args:
        start: first joint, [3, R].
        target: wanted position of the end, relative to `start`, [3, R].
        towards: the middle joint lies on the side of this direction, [3, R].
        swing: angle by which the middle joint then turns about the line from start to end, [R], radians.
        first, second: bone lengths, [R], metres.

    Returns:
        Middle joint, end, and the unit direction from the line to the middle joint, [3, R] each.
    """
    length = first + second
    share = _dot(target, target).sqrt() / length
    axis = target / (share * length).clamp_min(1e-6)
    share = torch.where(share > 0.97, 0.97 + 0.028 * ((share - 0.97) / 0.028).tanh(), share.clamp_min(1 / 3))
    distance = share * length
    pole = _unit(towards - _dot(towards, axis) * axis)
    pole = pole * swing.cos() + _cross(pole, axis) * swing.sin()
    along = (first**2 + distance**2 - second**2) / (2 * distance)
    aside = (first**2 - along**2).clamp_min(0).sqrt()
    return start + along * axis + aside * pole, start + distance * axis, pole


def _turned(frame: Frame, axis: int, angle: Tensor) -> Frame:
    """The frame rotated about one of its own axes, by angle [R]."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = angle.cos(), angle.sin()
    turned = list(frame)
    turned[a], turned[b] = frame[a] * cos + frame[b] * sin, frame[b] * cos - frame[a] * sin
    return turned[0], turned[1], turned[2]


def _bent(frame: Frame, forward: Tensor, sideways: Tensor, about: Tensor) -> Frame:
    """The frame rotated about y (to the left), then about x (forward), then about z (to the right)."""
    return _turned(_turned(_turned(frame, 1, about), 0, forward), 2, sideways)


def _in_frame(frame: Frame, v: Tensor) -> Tensor:
    return frame[0] * v[0] + frame[1] * v[1] + frame[2] * v[2]


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _unit(v: Tensor) -> Tensor:
    return v * _dot(v, v).clamp_min(1e-12).rsqrt()
