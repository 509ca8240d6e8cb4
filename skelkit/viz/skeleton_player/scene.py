"""The state that the player draws: poses, values and masks as bytes, and their description."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...data import Clip, ClipSet
from ...ops import motion
from ...skeletons.layouts import of_size
from ...skeletons.skeleton import Skeleton
from .. import style

MOST = 6
"""How many clips one player shows."""

SPEEDS = (0.25, 0.5, 1, 1.5, 2)
"""Times real time; the choices that player.js offers."""


def scene(
    *clips,
    skeleton: Skeleton | None = None,
    fps: float | None = None,
    title: str = "",
    labels: Sequence[str] | None = None,
    values=None,
    value_label: str = "value",
    units: str = "",
    value_range: tuple[float, float] | None = None,
    masked=None,
    overlay: bool = False,
    stretch: bool = False,
    trail: bool = False,
    speed: float = 1.0,
    autoplay: bool = False,
    height: int = 360,
) -> dict:
    """What player.js draws: `poses`, `values` and `masked` as bytes, and `meta`, which says what they are. Options: see `player`."""
    if speed not in SPEEDS:
        raise ValueError(f"speed={speed}; choose one of {', '.join(map(str, SPEEDS))}")
    shown = _views(clips, skeleton, fps)
    index, frames, fps, ends = _timeline(shown, stretch)
    if labels is not None:
        _same_count("labels", labels, shown)
    names = [view.label for view in shown] if labels is None else [str(label) for label in labels]
    values = [_values(*each) for each in zip(_per_clip("values", values, shown), shown, names, strict=True)]
    masked = [_masked(*each) for each in zip(_per_clip("masked", masked, shown), shown, names, strict=True)]
    skeletons = list(dict.fromkeys(view.skeleton for view in shown))
    about = [
        {
            "label": names[i],
            "skeleton": skeletons.index(view.skeleton),
            "persons": view.poses.shape[1],
            "end": ends[i],
            "colours": [style.OVERLAID[i]] if overlay else style.PERSONS,
            "values": [0, 0]
            if values[i] is None
            else [frames if len(values[i]) > 1 else 1, values[i].shape[1]],
            "masked": 0 if masked[i] is None else frames if len(masked[i]) > 1 else 1,
        }
        for i, view in enumerate(shown)
    ]
    together = ", over each other" if overlay and len(shown) > 1 else ""
    meta = {
        "title": title,
        "frames": frames,
        "fps": fps,
        "overlay": overlay,
        "stretch": stretch,
        "trail": trail,
        "speed": speed,
        "autoplay": autoplay,
        "height": height,
        "alt": f"Moving skeletons{together}: {', '.join(names)}. {frames} frames at {fps:.4g} per second.",
        "skeletons": [_bones(s) for s in skeletons],
        "clips": about,
        "legend": _legend(about, overlay),
        "scale": _scale(values, value_label, units, value_range),
    }
    poses = [_poses(view, i) for view, i in zip(shown, index, strict=True)]
    return {
        "poses": _bytes(poses),
        "values": _bytes(_at(values, index)),
        "masked": _bytes(_at(masked, index)),
        "meta": meta,
    }


@dataclass(frozen=True)
class _View:
    poses: Tensor  # [T, M, V, C], float32, on the CPU
    skeleton: Skeleton
    fps: float
    label: str


def frame_count(given) -> int:
    return len(given) if isinstance(given, ClipSet) or getattr(given, "ndim", 0) == 5 else 1


def _views(clips: Sequence, skeleton: Skeleton | None, fps: float | None) -> list[_View]:
    clips = [c if isinstance(c, (Clip, ClipSet)) else torch.as_tensor(c) for c in clips]
    count = sum(frame_count(c) for c in clips)
    if not 1 <= count <= MOST:
        raise ValueError(
            f"{count} clips were given; a player shows 1 to {MOST}: choose some, such as clips.select([0, 1]) or x[:{MOST}]"
        )
    single = []
    for c in clips:
        single.extend(c if isinstance(c, ClipSet) or (isinstance(c, Tensor) and c.ndim == 5) else [c])
    known = next((c for c in single if isinstance(c, Clip)), None)
    skeleton = skeleton or (known.skeleton if known else None)
    fps = float(fps or (known.fps if known else 30))
    if not (fps > 0 and math.isfinite(fps)):
        raise ValueError(f"fps must be a positive number of frames per second; got {fps}")
    return [_view(c, f"clip {i}", skeleton, fps) for i, c in enumerate(single)]


def _view(given: Clip | Tensor, name: str, skeleton: Skeleton | None, fps: float) -> _View:
    if isinstance(given, Clip):
        name, skeleton, fps = f"{given.class_name} · {given.name}", given.skeleton, given.fps
    poses = _as_frames(given.poses if isinstance(given, Clip) else given, name, skeleton)
    skeleton = skeleton or of_size(poses.shape[2])
    if poses.shape[2] != len(skeleton):
        raise ValueError(
            f"{name}: {poses.shape[2]} joints, the {skeleton.name} skeleton has {len(skeleton)}; pass skeleton=…"
        )
    poses = poses.detach().to("cpu", torch.float32)
    if not poses.isfinite().all():
        frame, person, joint, _ = (~poses.isfinite()).nonzero()[0].tolist()
        where = f"frame {frame}, person {person}, joint {skeleton.joints[joint]}"
        raise ValueError(f"{name}: NaN or infinite at {where}; fill it (an absent person is all zeros)")
    there = motion.presence(poses).any(0).nonzero()
    return _View(poses[:, : int(there.max()) + 1 if len(there) else 1], skeleton, fps, name)


def _as_frames(given: Tensor, name: str, skeleton: Skeleton | None) -> Tensor:
    """[C, T, V, M], [T, M, V, C] or [T, V, C] as frames [T, M, V, C]; V sits at the same place in both of the first."""
    shape = given.shape
    if given.ndim == 3 and shape[2] == 3 and shape[0]:
        return given[:, None]
    if given.ndim == 4 and 3 in (shape[0], shape[3]) and all(shape):
        if shape[0] == shape[3]:
            raise ValueError(
                f"{name}: {list(shape)} may be [C, T, V, M] or [T, M, V, C]; pass a batch [1, C, T, V, M], such as x[None]"
            )
        return given.permute(1, 3, 2, 0) if shape[0] == 3 else given
    raise ValueError(
        f"{name}: shape {list(shape)}; expected a Clip, a batch [N, 3, T, V, M], or one clip [3, T, V, M], [T, M, V, 3] or [T, V, 3], not empty"
    )


def _timeline(shown: list[_View], stretch: bool) -> tuple[list[Tensor], int, float, list[int]]:
    """Where in each clip each frame of the player lies, the number of frames, their rate, and the last frame of each clip."""
    last = [len(view.poses) - 1 for view in shown]
    if stretch:  # the first clip keeps its duration
        frames = max(last) + 1
        fps = shown[0].fps * (frames - 1) / last[0] if last[0] else shown[0].fps
        return [motion.spread(0, end, frames) for end in last], frames, fps, [frames - 1] * len(shown)
    fps = max(view.fps for view in shown)
    ends = [math.ceil(end * fps / view.fps - 1e-6) for end, view in zip(last, shown, strict=True)]
    time = torch.arange(max(ends) + 1, dtype=torch.float64)
    return (
        [(time * (v.fps / fps)).clamp_max(end) for v, end in zip(shown, last, strict=True)],
        len(time),
        fps,
        ends,
    )


def _poses(view: _View, index: Tensor) -> Tensor:
    if len(index) == len(view.poses) and index[-1] == len(index) - 1:
        return view.poses
    return motion.resample(view.poses, torch.tensor([0, len(view.poses)]), index[None])[0]


def _bones(skeleton: Skeleton) -> dict:
    side = [
        1 if "left" in j.lower() or j.endswith("_L") else 2 if "right" in j.lower() or j.endswith("_R") else 0
        for j in skeleton.joints
    ]
    head = [i for i, j in enumerate(skeleton.joints) if j.lower() == "head"] or [
        i for i, j in enumerate(skeleton.joints) if j.endswith("_ear")
    ]
    return {"joints": skeleton.joints, "bones": skeleton.edges, "side": side, "head": head}


def _legend(about: list[dict], overlay: bool) -> list[tuple[str, str]]:
    """(colour, what it stands for); the colour "" is that of text, "masked" the hollow joint."""
    if overlay:
        items = [(clip["colours"][0][0], clip["label"]) for clip in about] + [
            (about[0]["colours"][0][1], "lighter: left side")
        ]
    else:
        persons = min(max(clip["persons"] for clip in about), len(style.PERSONS))
        who = [f"person {m + 1} " if persons > 1 else "" for m in range(persons)]
        items = [
            (style.PERSONS[m][side], who[m] + word)
            for m in range(persons)
            for side, word in ((1, "left"), (2, "right"))
        ]
    return items + ([("masked", "masked")] if any(clip["masked"] for clip in about) else [])


def _per_clip(what: str, given, shown: list[_View]) -> list:
    if given is None:
        return [None] * len(shown)
    alone = len(shown) == 1 and not (isinstance(given, (list, tuple)) and len(given) == 1)
    given = [given] if alone else list(given)
    _same_count(what, given, shown)
    return [None if g is None else torch.as_tensor(g).detach().cpu() for g in given]


def _same_count(what: str, given: Sequence, shown: list[_View]) -> None:
    if len(given) != len(shown):
        raise ValueError(f"{len(given)} {what} for {len(shown)} clips; give a list with one entry per clip")


def _values(given: Tensor | None, view: _View, name: str) -> Tensor | None:
    """[V], [T, V] or [T, V, M] as [1 or T, 1 or M, V]."""
    if given is None:
        return None
    frames, persons, joints, _ = view.poses.shape
    given = _without_batch_axis(given, frames).float()
    if given.shape == (joints,):
        given = given[None, None]
    elif given.shape == (frames, joints):
        given = given[:, None]
    elif given.ndim == 3 and given.shape[:2] == (frames, joints) and given.shape[2] >= persons:
        given = given[:, :, :persons].permute(0, 2, 1)
    else:
        raise ValueError(
            f"{name}: values of shape {list(given.shape)}; expected [{joints}], [{frames}, {joints}] or [{frames}, {joints}, persons]"
        )
    if not given.isfinite().all():
        raise ValueError(
            f"{name}: {int((~given.isfinite()).sum())} values are NaN or infinite; fill them, for instance with 0"
        )
    return given


def _masked(given: Tensor | None, view: _View, name: str) -> Tensor | None:
    """[T], [V] or [T, V] as [1 or T, V], one byte each."""
    if given is None:
        return None
    frames, _, joints, _ = view.poses.shape
    given = _without_batch_axis(given, frames)
    if given.dtype is not torch.bool:
        raise ValueError(f"{name}: masked is {given.dtype}; expected bool, True where masked")
    if given.ndim == 1 and frames == joints == len(given):
        raise ValueError(
            f"{name}: masked [{joints}] may mean frames or joints here; pass [T, V], such as masked[:, None].expand(T, V) for frames"
        )
    if given.shape == (frames,):
        given = given[:, None].expand(frames, joints)
    elif given.shape == (joints,):
        given = given[None]
    elif given.shape != (frames, joints):
        raise ValueError(
            f"{name}: masked of shape {list(given.shape)}; expected [{frames}] frames, [{joints}] joints or [{frames}, {joints}]"
        )
    return given.to(torch.uint8)


def _without_batch_axis(given: Tensor, frames: int) -> Tensor:
    return given[0] if given.ndim > 1 and len(given) == 1 and frames != 1 else given


def _at(given: list[Tensor | None], index: list[Tensor]) -> list[Tensor]:
    """Each clip's values at the player's frames: those of the nearest frame, for a mask has nothing in between."""
    return [
        g[i.round().long()] if len(g) > 1 else g for g, i in zip(given, index, strict=True) if g is not None
    ]


def _bytes(tensors: list[Tensor]) -> bytes:
    return b"".join(t.contiguous().numpy().tobytes() for t in tensors)


def _scale(
    values: list[Tensor | None], label: str, units: str, ends: tuple[float, float] | None
) -> dict | None:
    given = [v for v in values if v is not None]
    if not given:
        return None
    low, high = (
        (float(e) for e in ends)
        if ends is not None
        else (min(float(v.min()) for v in given), max(float(v.max()) for v in given))
    )
    if not low <= high:
        raise ValueError(f"value_range is (low, high) with low below high; got {ends}")
    return {
        "label": label,
        "units": units,
        "range": [low, high if high > low else low + 1.0],
        "stops": style.SEQUENTIAL,
    }
