"""A body of 25 joints: the people of the synthetic data set, and where their joints are for given degrees of freedom.

The trunk is forward kinematics, a chain of turned frames; each limb has two bones and bends so that its wrist or ankle
reaches a target. All functions work on R frames at once, whoever they belong to; vectors are [3, R]: x left, y up,
z forward of a person who faces along z, metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ...skeletons.layouts import NTU25
from .actions import DOFS

SUBJECTS = 40
"""How many people there are."""

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
"""Bone lengths as shares of the body height: an adult as Kinect v2 sees one ("ankle": its height; "hips", "shoulders": half)."""

_STAND = 0.99  # hip above ankle, in leg lengths, when standing: knees are never quite straight

_DROP = 0.31  # hip joints lie so much of their distance below the base of the spine

_STANCE = 0.015  # feet this much of a leg length outside the hips

_ELBOW = (0.5, -0.8, -0.45)  # where elbows point: out, up, forward


@dataclass(frozen=True)
class People:
    """The subjects, one entry each."""

    bones: Tensor  # [SUBJECTS, len(PROPORTIONS)] metres
    tempo: Tensor  # time taken, relative
    size: Tensor  # of movements, relative
    posture: Tensor  # [SUBJECTS, D], standard normal, one draw per degree of freedom
    stoop: Tensor  # [SUBJECTS] >= 0
    left_handed: Tensor  # bool


@cache
def people() -> People:
    """The same forty whatever the seed: heights, limb ratios, tempo, size of movements, posture and handedness."""
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
    """Joint positions [25, 3, R] from degrees of freedom [D, R], bone lengths [15, R] and the distance walked [R] in leg lengths.

    Bones keep their lengths exactly: a target out of reach is approached, not reached.
    """
    d, size = dict(zip(DOFS, dofs, strict=True)), dict(zip(PROPORTIONS, bones, strict=True))
    leg, zero = size["thigh"] + size["shin"], torch.zeros_like(walked)
    upright = tuple(v.expand(-1, len(walked)) for v in torch.eye(3, device=dofs.device)[..., None])
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
    side: str, sign: float, d: dict[str, Tensor], spine_shoulder: Tensor, chest, size: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Shoulder to fingertips. The collar bone rises with the wrist, as it does in people."""
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
    # Published graphs hang the tip on the thumb; both are rigid here, so that this bone is as well.
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
    pelvis,
    heading,
    size: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Hip to toes. Feet stay on the floor: a step below it counts as standing."""
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
    """Two-bone chain from `start` to start + target: (middle joint, end, unit direction the middle joint points to), by the law of cosines.

    The middle joint lies on the side of `towards`, then swings about the line from start to end by `swing` radians. The
    distance is kept between a third and 0.998 of the chain's length, smoothly, so that the end slows before it is stretched out.
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


# A frame is three unit vectors (x, y, z), each [3, R].
def _turned(frame, axis: int, angle: Tensor):
    """The frame turned about one of its own axes, by angle [R]."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = angle.cos(), angle.sin()
    turned = list(frame)
    turned[a], turned[b] = frame[a] * cos + frame[b] * sin, frame[b] * cos - frame[a] * sin
    return tuple(turned)


def _bent(frame, forward: Tensor, sideways: Tensor, about: Tensor):
    """The frame turned about y (to the left), then bent about x (forward), then about z (to the right)."""
    return _turned(_turned(_turned(frame, 1, about), 0, forward), 2, sideways)


def _in_frame(frame, v: Tensor) -> Tensor:
    return frame[0] * v[0] + frame[1] * v[1] + frame[2] * v[2]


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _unit(v: Tensor) -> Tensor:
    return v * _dot(v, v).clamp_min(1e-12).rsqrt()
