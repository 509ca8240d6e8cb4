"""The embedded data set: forty synthetic subjects perform thirty actions in front of three depth cameras.

`actions` describes the actions, `choreography` how a clip performs one, `body` where the joints are, and
`sensor` the errors of the body tracker. All of it runs on a block of clips at once. Clip i depends only on
the seed, the classes and i, not on the number of clips. Calibrated against NTU RGB+D, see
`skelkit.analysis.realism`.
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

BLOCK = 64
"""Clips generated at once; they fit the processor's cache. Every block has its own random stream."""


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
    """Synthetic clips of NTU's 25 joints, balanced over classes, subjects and views.

    The same arguments give the same bits. Coordinates are metres in the camera's right-handed frame: y up,
    z depth; a person who faces the camera has the right hand at +x. Subjects are numbered from 1 and do not
    depend on the seed. There are two person slots; the second is all zeros in the actions of one person.

    Args:
        clips: number of clips.
        seed: of all random draws.
        classes: names out of `ACTIONS`; labels follow the given order. Default: all thirty.
        device: where the clips are generated.
        frames: length of every clip. Default: lengths depend on action and subject, 40 to 200 frames at 30
            fps.
        noise: add the sensor's errors.
        fps: frames per second.
        views: cameras, used in turn; the same seed with another camera shows the same performances.

    Raises:
        ValueError: an unknown class or camera, or a number out of range.

    >>> make(4, classes=["wave", "hug"], frames=60)
    ClipSet(4 clips, 2 classes, 240 frames at 30 fps, up to 2 persons, NTU-25)
    """
    chosen, device = _check(clips, seed, classes, frames, fps, views), torch.device(device)
    index = torch.arange(-(-clips // BLOCK) * BLOCK)
    label, turn = index % len(chosen), index // len(chosen)
    action, view = torch.tensor(chosen)[label], torch.tensor(list(views))[(turn + label) % len(views)]
    # Each class goes through all subjects from another start, so that few clips are balanced too.
    subject = (turn + label * SUBJECTS // len(chosen)) % SUBJECTS
    blocks = [
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
    starts = F.pad(torch.cat([lengths for _, lengths in blocks])[:clips].cumsum(0), (1, 0))
    poses = torch.cat([poses for poses, _ in blocks])[: int(starts[-1])]
    label, subject, view = label[:clips], subject[:clips] + 1, view[:clips]
    columns = zip(label.tolist(), subject.tolist(), view.tolist(), strict=True)
    names = tuple(f"synthetic {ACTIONS[chosen[c]]} s{s:02d} v{v} #{i}" for i, (c, s, v) in enumerate(columns))
    return ClipSet(
        poses,
        starts.to(device),
        label.to(device),
        tuple(ACTIONS[a] for a in chosen),
        NTU25,
        float(fps),
        subject.to(device),
        view.to(device),
        names=names,
    )


def _check(
    clips: int,
    seed: int,
    classes: Sequence[str] | None,
    frames: int | None,
    fps: float,
    views: Sequence[int],
) -> tuple[int, ...]:
    """Indices into `ACTIONS` of the classes. Raises ValueError for an argument out of range."""
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
    """Poses [F, M, V, C] of one block of clips, one after another, and the lengths of the clips, Long[BLOCK].

    `action`, `subject` and `view` are Long[BLOCK].
    """
    cast = choreography.cast(action, subject, frames, fps, draw)
    lengths = cast.lengths[: len(action)]
    performer = torch.arange(len(cast.clip)).repeat_interleave(cast.lengths)  # of each frame, Long[R]
    step = torch.arange(len(performer)) - (cast.lengths.cumsum(0) - cast.lengths)[performer]
    view = view[cast.clip].to(device)
    cast, performer, step = cast.to(device), performer.to(device), step.to(device)
    dofs, walked = choreography.perform(cast, performer, step, fps)
    bones = body.people().bones.to(device)[cast.subject].T[:, performer]
    joints = _seen_from(body.joints(dofs, bones, walked), cast.place, view, performer)
    if noise:
        joints = sensor.sense(joints, performer, step, draw)
    return _assemble(joints, cast, lengths), lengths


def _seen_from(joints: Tensor, place: Tensor, view: Tensor, performer: Tensor) -> Tensor:
    """Joints [25, 3, R] of bodies at the origin, moved to their places [B, 3], in camera coordinates.

    `view` is the camera of each performer, Long[B]; `performer` that of each frame, Long[R].
    """
    yaw, tilt, height, distance = torch.tensor(CAMERAS, device=joints.device)[view - 1].unbind(1)
    zero = torch.zeros_like(yaw)
    about = rotation(torch.stack([zero, math.pi + yaw.deg2rad(), zero], 1))
    down = rotation(torch.stack([tilt.deg2rad(), zero, zero], 1))
    turn = down @ about @ rotation(torch.stack([zero, place[:, 2], zero], 1))
    spot, back = torch.stack([place[:, 0], zero, place[:, 1]], 1), torch.stack([zero, -height, distance], 1)
    move = down @ (about @ spot[..., None] + back[..., None])
    turn, move = turn.permute(1, 2, 0)[:, :, performer], move[..., 0].T[:, performer]
    rotated = (sum(turn[i, j] * joints[:, j] for j in range(3)) for i in range(3))
    return torch.stack([axis + move[i] for i, axis in enumerate(rotated)], 1)


def _assemble(joints: Tensor, cast: choreography.Cast, lengths: Tensor) -> Tensor:
    """Joints [25, 3, R] of all performers as poses [F, M, V, C]; second persons are in slot 1."""
    frames, rows, clips = int(lengths.sum()), joints.permute(2, 0, 1), len(lengths)
    poses = joints.new_zeros(frames, 2, *joints.shape[:2])
    poses[:, 0] = rows[:frames]
    starts, (clip, count) = lengths.cumsum(0) - lengths, (v[clips:].cpu() for v in (cast.clip, cast.lengths))
    within = torch.arange(int(count.sum())) - (count.cumsum(0) - count).repeat_interleave(count)
    poses[(starts[clip].repeat_interleave(count) + within).to(joints.device), 1] = rows[frames:]
    return poses
