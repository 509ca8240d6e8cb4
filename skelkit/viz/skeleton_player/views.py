"""Clips as the player draws them: poses on the CPU with a skeleton, a frame rate and a label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...data import Clip, ClipSet
from ...data.layout_choice import choose
from ...ops import motion
from ...skeletons.skeleton import Skeleton

MOST = 6
"""Maximum number of clips in one player."""


@dataclass(frozen=True)
class View:
    """One clip.

    Attributes:
        poses: float32 [T, M, V, C], on the CPU, without trailing person slots that are always empty.
        skeleton: of V joints.
        fps: frames per second.
        label: above the clip.
    """

    poses: Tensor
    skeleton: Skeleton
    fps: float
    label: str


def clip_count(given: Any) -> int:
    """Number of clips in an argument of `player`: N of a set or a batch, otherwise 1."""
    return len(given) if isinstance(given, ClipSet) or getattr(given, "ndim", 0) == 5 else 1


def views(clips: Sequence[Any], skeleton: Skeleton | None, fps: float | None) -> list[View]:
    """One view per clip; `skeleton` and `fps` are those of tensors.

    Raises:
        ValueError: no clips or more than `MOST`, coordinates that are not finite, other shapes.
    """
    given = [c if isinstance(c, (Clip, ClipSet)) else torch.as_tensor(c) for c in clips]
    count = sum(clip_count(c) for c in given)
    if not 1 <= count <= MOST:
        raise ValueError(
            f"{count} clips were given; a player shows 1 to {MOST}: "
            f"choose some, such as clips.select([0, 1]) or x[:{MOST}]"
        )
    single: list[Clip | Tensor] = []
    for c in given:
        if isinstance(c, ClipSet) or (isinstance(c, Tensor) and c.ndim == 5):
            single.extend(c)
        else:
            single.append(c)
    known = next((c for c in single if isinstance(c, Clip)), None)
    skeleton = skeleton or (known.skeleton if known else None)
    fps = float(fps or (known.fps if known else 30))
    if not (fps > 0 and math.isfinite(fps)):
        raise ValueError(f"fps must be a positive number of frames per second; got {fps}")
    return [_view(c, f"clip {i}", skeleton, fps) for i, c in enumerate(single)]


def _view(given: Clip | Tensor, name: str, skeleton: Skeleton | None, fps: float) -> View:
    if isinstance(given, Clip):
        name, skeleton, fps = f"{given.class_name} · {given.name}", given.skeleton, given.fps
    poses = _as_frames(given.poses if isinstance(given, Clip) else given, name)
    skeleton = skeleton or choose([poses])
    if poses.shape[2] != len(skeleton):
        raise ValueError(
            f"{name}: {poses.shape[2]} joints, the {skeleton.name} skeleton has {len(skeleton)}; "
            "pass skeleton=…"
        )
    poses = poses.detach().to("cpu", torch.float32)
    if not poses.isfinite().all():
        frame, person, joint, _ = (~poses.isfinite()).nonzero()[0].tolist()
        where = f"frame {frame}, person {person}, joint {skeleton.joints[joint]}"
        raise ValueError(f"{name}: NaN or infinite at {where}; fill it (an absent person is all zeros)")
    present = motion.presence(poses).any(0).nonzero()
    return View(poses[:, : int(present.max()) + 1 if len(present) else 1], skeleton, fps, name)


def _as_frames(given: Tensor, name: str) -> Tensor:
    """[C, T, V, M], [T, M, V, C] or [T, V, C] as frames [T, M, V, C]."""
    shape = given.shape
    if given.ndim == 3 and shape[2] == 3 and shape[0]:
        return given[:, None]
    if given.ndim == 4 and 3 in (shape[0], shape[3]) and all(shape):
        if shape[0] == shape[3]:
            raise ValueError(
                f"{name}: {list(shape)} may be [C, T, V, M] or [T, M, V, C]; "
                "pass a batch [1, C, T, V, M], such as x[None]"
            )
        return given.permute(1, 3, 2, 0) if shape[0] == 3 else given
    raise ValueError(
        f"{name}: shape {list(shape)}; expected a Clip, a batch [N, 3, T, V, M], "
        "or one clip [3, T, V, M], [T, M, V, 3] or [T, V, 3], not empty"
    )
