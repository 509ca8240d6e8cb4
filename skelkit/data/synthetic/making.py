"""The embedded data set: forty invented people perform thirty actions before three depth cameras.

What is done is in `actions.py`, how a clip performs it in `choreography.py`, where the joints are then in `body.py`, and
what the camera's tracker adds to that in `sensor.py`. All of it runs on a block of clips at once. Clip i depends on the
seed, the classes and i alone, not on how many clips are asked for. Calibrated against NTU RGB+D: see `realism.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor

from ...ops.motion import rotation
from ...skeletons.layouts import NTU25
from ...utils.validation import one_of
from ..clips import ClipSet
from . import body, choreography, sensor
from .actions import ACTIONS
from .body import SUBJECTS

CAMERAS = ((-45.0, 4.0, 1.15, 3.3), (0.0, 2.0, 1.05, 3.0), (45.0, 3.0, 0.95, 3.2))
"""Cameras 1 to 3: yaw about the performers and downward tilt in degrees, height and distance in metres."""

BLOCK = 64  # clips made at once, which fit the processor's cache; part of the definition: every block has its own random stream


def make(
    clips: int = 600,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    device: torch.device | str = "cpu",
    frames: int | None = None,
    *,
    noise: bool = True,
    fps: float = 30.0,
    views: Sequence[int] = (1, 2, 3),
) -> ClipSet:
    """Synthetic clips of NTU's 25 joints, balanced over classes, subjects and views; the same arguments give the same bits.

    Coordinates are metres in the camera's frame, right-handed: y up, z depth, a person who faces the camera has the right
    hand at +x. Subjects are numbered from 1 and are the same people whatever the seed. Two person slots; the second is all
    zeros in the actions of one person.

    Args:
        classes: names out of `ACTIONS`; labels count in the given order. All thirty unless given.
        frames: the length of every clip; unless given, lengths follow the action and the subject, 40 to 200 at 30 fps.
        noise: False leaves the sensor's errors out.
        fps: frames per second.
        views: the cameras that take turns; the same seed with another camera shows the same performances.

    Raises:
        ValueError: an unknown class or camera, or a number out of range.

    >>> make(4, classes=["wave", "hug"], frames=60)
    ClipSet(4 clips, 2 classes, 240 frames at 30 fps, up to 2 persons, NTU-25)
    """
    chosen, device = _check(clips, seed, classes, frames, fps, views), torch.device(device)
    index = torch.arange(-(-clips // BLOCK) * BLOCK)
    label, turn = index % len(chosen), index // len(chosen)
    action, view = torch.tensor(chosen)[label], torch.tensor(list(views))[(turn + label) % len(views)]
    # Each class goes through all subjects, starting elsewhere, so that few clips are balanced too.
    subject = (turn + label * SUBJECTS // len(chosen)) % SUBJECTS
    made = [
        _block(
            *group,
            torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**63),
            frames,
            float(fps),
            noise,
            device,
        )
        for number, group in enumerate(
            zip(action.split(BLOCK), subject.split(BLOCK), view.split(BLOCK), strict=True)
        )
    ]
    starts = F.pad(torch.cat([lengths for _, lengths in made])[:clips].cumsum(0), (1, 0))
    poses = torch.cat([poses for poses, _ in made])[: int(starts[-1])]
    label, subject, view = label[:clips], subject[:clips] + 1, view[:clips]
    columns = zip(label.tolist(), subject.tolist(), view.tolist(), strict=True)
    names = tuple(f"synthetic {ACTIONS[chosen[c]]} s{s:02d} v{v} #{i}" for i, (c, s, v) in enumerate(columns))
    groups = {"subject": subject.to(device), "view": view.to(device)}
    return ClipSet(
        poses,
        starts.to(device),
        label.to(device),
        tuple(ACTIONS[a] for a in chosen),
        NTU25,
        float(fps),
        names=names,
        **groups,
    )


def _check(clips, seed, classes, frames, fps, views) -> tuple[int, ...]:
    """Indices into ACTIONS of the classes asked for, or what is wrong with the request."""
    for name, value, least in (("clips", clips, 1), ("frames", frames, 2), ("seed", seed, 0)):
        if value is None and name == "frames":
            continue
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise ValueError(f"{name} must be a whole number, {least} or more; got {value!r}")
    if not (fps > 0 and math.isfinite(fps)):
        raise ValueError(f"fps must be a positive number of frames per second; got {fps}")
    if not len(views) or any(v not in range(1, len(CAMERAS) + 1) for v in views):
        raise ValueError(f"views={views!r}: there are cameras 1 to {len(CAMERAS)}; name at least one of them")
    classes = ACTIONS if classes is None else [classes] if isinstance(classes, str) else list(classes)
    for name in classes:
        one_of(name, ACTIONS, "action")
    if not classes or len(set(classes)) < len(classes):
        raise ValueError(f"classes={classes!r}: name at least one action, each of them once")
    return tuple(map(ACTIONS.index, classes))


def _block(
    action: Tensor,
    subject: Tensor,
    view: Tensor,
    draw: torch.Generator,
    frames: int | None,
    fps: float,
    noise: bool,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """Poses [F, M, V, C] of one block of clips, back to back, and the clips' lengths; arguments are Long[BLOCK]."""
    cast = choreography.cast(action, subject, frames, fps, draw)
    lengths = cast.lengths[: len(action)]
    who = torch.arange(len(cast.clip)).repeat_interleave(cast.lengths)
    step = torch.arange(len(who)) - (cast.lengths.cumsum(0) - cast.lengths)[who]
    cast, who, step, view = (v.to(device) for v in (cast, who, step, view[cast.clip]))
    dofs, walked = choreography.perform(cast, who, step, fps)
    bones = body.people().bones.to(device)[cast.subject].T[:, who]
    joints = _seen_from(body.joints(dofs, bones, walked), cast.place, view, who)
    if noise:
        joints = sensor.sense(joints, who, step, draw)
    return _assemble(joints, cast, lengths), lengths


def _seen_from(joints: Tensor, place: Tensor, view: Tensor, who: Tensor) -> Tensor:
    """Joints [25, 3, R] of bodies at the origin, put in their places [B, 3] and into the frame of their cameras (view [B])."""
    yaw, tilt, height, distance = torch.tensor(CAMERAS, device=joints.device)[view - 1].unbind(1)
    zero = torch.zeros_like(yaw)
    about = rotation(torch.stack([zero, math.pi + yaw.deg2rad(), zero], 1))
    down = rotation(torch.stack([tilt.deg2rad(), zero, zero], 1))
    turn = down @ about @ rotation(torch.stack([zero, place[:, 2], zero], 1))
    spot, back = torch.stack([place[:, 0], zero, place[:, 1]], 1), torch.stack([zero, -height, distance], 1)
    move = down @ (about @ spot[..., None] + back[..., None])
    turn, move = turn.permute(1, 2, 0)[:, :, who], move[..., 0].T[:, who]
    return torch.stack([sum(turn[i, j] * joints[:, j] for j in range(3)) + move[i] for i in range(3)], 1)


def _assemble(joints: Tensor, cast: choreography.Cast, lengths: Tensor) -> Tensor:
    """Joints [25, 3, R] of all performers as poses [F, M, V, C], the second persons beside the first."""
    frames, rows, clips = int(lengths.sum()), joints.permute(2, 0, 1), len(lengths)
    poses = joints.new_zeros(frames, 2, *joints.shape[:2])
    poses[:, 0] = rows[:frames]
    starts, (clip, count) = lengths.cumsum(0) - lengths, (v[clips:].cpu() for v in (cast.clip, cast.lengths))
    within = torch.arange(int(count.sum())) - (count.cumsum(0) - count).repeat_interleave(count)
    poses[(starts[clip].repeat_interleave(count) + within).to(joints.device), 1] = rows[frames:]
    return poses
