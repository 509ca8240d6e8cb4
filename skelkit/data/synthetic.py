"""The embedded data set: forty invented people perform the thirty actions of `actions.py` before three depth cameras.

Everything is computed for a block of clips at once: degrees of freedom from key poses, joints by forward kinematics of the
trunk and two-bone kinematics of the limbs, the view of a camera, then the sensor's errors (`sensor.py`). Clip i depends on
the seed and on i alone, not on how many clips are asked for. Calibrated against NTU RGB+D: see `realism.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from ..motion import rotation
from ..skeletons import NTU25
from . import body, sensor
from .actions import ACTIONS, DOFS, PAIRS, SIDEWAYS, TWO_PERSON, scores
from .body import SUBJECTS
from .clips import ClipSet

__all__ = ["ACTIONS", "CAMERAS", "PAIRS", "SUBJECTS", "TWO_PERSON", "make"]

CAMERAS = ((-45.0, 4.0, 1.15, 3.3), (0.0, 2.0, 1.05, 3.0), (45.0, 3.0, 0.95, 3.2))
"""Cameras 1 to 3: yaw about the performers and downward tilt in degrees, height and distance in metres."""
BLOCK = 256  # clips made at once. A part of the definition: every block has its own random stream.


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

    Coordinates are metres in the camera's frame: y up, z depth, right-handed (the camera sees a person's right at +x).

    Args:
        classes: names out of `ACTIONS`; labels count in the given order. All thirty unless given.
        frames: the length of every clip; unless given, lengths follow the action and the subject, 40 to 200 at 30 fps.
        noise: False leaves the sensor's errors out.
        fps: frames per second.
        views: the cameras to take turns; with one camera and another, the same seed shows the same performances.

    Raises:
        ValueError: an unknown class or camera, or a number that is not positive.

    >>> make(4, classes=["wave", "hug"], seed=1)
    ClipSet(4 clips, 2 classes, 390 frames at 30 fps, up to 2 persons, NTU-25)
    """
    chosen = _check(clips, seed, classes, frames, fps, views)
    blocks = [_block(b, seed, chosen, tuple(views), frames, float(fps), noise, torch.device(device)) for b in range(-(-clips // BLOCK))]
    lengths = torch.cat([b[1] for b in blocks])[:clips]
    starts = F.pad(lengths.cumsum(0), (1, 0))
    index = torch.arange(clips)
    labels, subject, view = index % len(chosen), _subject(index, len(chosen)) + 1, _view(index, chosen, views)
    names = tuple(
        f"synthetic {ACTIONS[chosen[c]]} s{s:02d} v{v} #{i}"
        for i, (c, s, v) in enumerate(zip(labels.tolist(), subject.tolist(), view.tolist(), strict=True))
    )
    poses = torch.cat([b[0] for b in blocks]) if len(blocks) > 1 else blocks[0][0]
    groups = {"labels": labels.to(device), "subject": subject.to(device), "view": view.to(device)}
    return ClipSet(
        poses[: int(starts[-1])], starts.to(device), classes=tuple(ACTIONS[a] for a in chosen), skeleton=NTU25, fps=float(fps), names=names, **groups
    )


def _check(clips, seed, classes, frames, fps, views) -> tuple[int, ...]:
    """Indices into ACTIONS of the classes asked for, or what is wrong with the request."""
    for name, value, least in (("clips", clips, 1), ("frames", frames, 2), ("seed", seed, 0)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ValueError(f"{name} must be a whole number of at least {least}; got {value!r}")
    if not (fps > 0 and math.isfinite(fps)):
        raise ValueError(f"fps must be a positive number of frames per second; got {fps}")
    if not len(views) or any(v not in range(1, len(CAMERAS) + 1) for v in views):
        raise ValueError(f"views={views!r}: there are cameras 1 to {len(CAMERAS)}; name at least one")
    classes = ACTIONS if classes is None else [classes] if isinstance(classes, str) else list(classes)
    for name in classes:
        if name not in ACTIONS:
            raise ValueError(f"no action {name!r}; known: {', '.join(ACTIONS)}")
    if not classes or len(set(classes)) < len(classes):
        raise ValueError(f"classes={classes!r}: name at least one action, each once")
    return tuple(map(ACTIONS.index, classes))


def _subject(index: Tensor, classes: int) -> Tensor:
    """Every class goes through all subjects in turn, each class starting elsewhere, so that few clips are balanced too."""
    return (index // classes + (index % classes) * SUBJECTS // classes) % SUBJECTS


def _view(index: Tensor, chosen: tuple[int, ...], views: Sequence[int]) -> Tensor:
    turn = index // len(chosen) + index % len(chosen)
    return torch.tensor(list(views))[turn % len(views)]


# -- people and performances ---------------------------------------------------------------------------------------

_SWAY = {
    "side": 0.004, "forward": 0.005, "turn": 0.015, "tilt": 0.005, "bend": 0.008, "lean": 0.006, "twist": 0.015, "nod": 0.025, "look": 0.04, "cock": 0.015,
    **{f"{s}_{n}": v for s in "rl" for n, v in (("out", 0.018), ("up", 0.012), ("fwd", 0.022), ("elbow", 0.08), ("flex", 0.1), ("roll", 0.1))},
}  # fmt: skip
"""Idle motion: standard deviations, in the units of `DOFS`."""
_STYLE = {"lift": 0.003, **{k: 2.5 * v for k, v in _SWAY.items()}, **{f"{s}_{n}": v for s in "rl" for n, v in (("step_out", 0.03), ("step_fwd", 0.02))}}
"""How far one performance's poses lie from another's: standard deviations, in the units of `DOFS`."""


_STOOP = {"bend": 0.06, "nod": 0.05, "r_out": 0.03, "l_out": 0.03}


def _dofs(weights: dict[str, float]) -> Tensor:
    return torch.tensor([weights.get(d, 0.0) for d in DOFS])


@dataclass(frozen=True)
class Cast:
    """Who does what in a block: B performers, the first persons of all its clips, then the second persons."""

    clip: Tensor  # Long[B], within the block
    person: Tensor  # Long[B], 0 or 1
    action: Tensor  # Long[B], row of `scores()`
    subject: Tensor  # Long[B]
    lengths: Tensor  # Long[B], frames
    table: Tensor  # [B, K + 5 + 4, D]: key poses, rhythm, idle motion
    times: Tensor  # [B, K]
    rate: Tensor  # [B] Hz
    drift: Tensor  # [B, 4, 2]: frequency (Hz) and phase (turns) of the idle motion; the last is breathing
    place: Tensor  # [B, 3]: x and z on the floor (metres), yaw (radians)

    def to(self, device: torch.device) -> Cast:
        return Cast(*(getattr(self, f.name).to(device) for f in fields(self)))


def _cast(block: int, draw: torch.Generator, chosen: tuple[int, ...], frames: int | None, fps: float) -> Cast:
    people, score = body.people(), scores()
    index = torch.arange(BLOCK) + block * BLOCK
    first = torch.tensor(chosen)[index % len(chosen)]
    keys = score.keys.shape[1]
    normal = torch.randn(BLOCK, 2, 8 + keys, generator=draw)
    uniform = torch.rand(BLOCK, 2, 9, generator=draw)
    shapes = torch.randn(BLOCK, 2, keys + 5, len(DOFS), generator=draw).clamp(-2.5, 2.5)

    pairs = (first >= len(ACTIONS) - len(TWO_PERSON)).nonzero().flatten()
    clip, person = torch.cat([torch.arange(BLOCK), pairs]), torch.cat([torch.zeros(BLOCK, dtype=torch.long), torch.ones_like(pairs)])
    action = torch.cat([first, first[pairs] + len(ACTIONS)])
    subject = (_subject(index, len(chosen))[clip] + 17 * person) % SUBJECTS
    normal, uniform, shapes = normal[clip, person], uniform[clip, person], shapes[clip, person]

    pace = people.tempo[subject] * (0.1 * normal[:, 0]).exp()
    lengths = (score.seconds[action] * pace * fps).round().long()[clip].clamp(round(40 * fps / 30), round(200 * fps / 30))  # a pair keeps time
    lengths = lengths if frames is None else torch.full_like(lengths, frames)
    spans = score.times[action].diff(dim=1) * (0.18 * normal[:, 8:-1].clamp(-2, 2)).exp()
    last = (score.times[action] <= 1).sum(1, keepdim=True) - 1
    times = F.pad(spans.cumsum(1), (1, 0))
    times = times / times.gather(1, last) * score.times[action].gather(1, last)

    size = people.size[subject] * (0.06 * normal[:, 1]).exp()
    rest = score.keys[0, 0]
    poses = rest + (score.keys[action] - rest) * (1 + 0.4 * (size - 1))[:, None, None]
    style = _dofs(_STYLE)
    stoop = people.stoop[subject][:, None, None] * _dofs(_STOOP)
    poses = poses + stoop + style * (people.posture[subject][:, None] + shapes[:, :1] + 0.5 * shapes[:, 1 : keys + 1])
    rhythm = score.rhythm[action] * (size * (0.15 * normal[:, 2]).exp())[:, None, None]
    sway = _dofs(_SWAY) * shapes[:, keys + 1 :] * (0.25 * normal[:, 3]).exp()[:, None, None]
    breath = _dofs({"bend": -0.008, "r_up": 0.006, "l_up": 0.006, "nod": -0.005}).expand(len(clip), 1, -1)
    table = torch.cat([poses, rhythm, sway[:, :3], breath], 1)
    left = people.left_handed[subject] ^ (uniform[:, 8] < 0.08)  # even a right-handed person sometimes uses the left
    table = torch.where(left[:, None, None], table[..., _mirrored()] * _dofs(dict.fromkeys(SIDEWAYS, -2.0)).add(1), table)

    low, high = torch.tensor([0.08, 0.15, 0.3, 0.2]), torch.tensor([0.2, 0.35, 0.7, 0.35])
    drift = torch.stack([low + (high - low) * uniform[:, :4], uniform[:, 4:8]], -1)
    side = (1 - 2 * person) * 0.5 * score.distance[first][clip] * (1 + 0.04 * normal[:BLOCK, 4][clip])
    facing = torch.where(score.distance[first][clip] > 0, (1 - 2 * person) * -0.5 * math.pi, 0.0)
    spot = 0.15 * normal[:BLOCK, 5:7][clip]  # one spot per clip, shared by its persons
    place = torch.stack([side + spot[:, 0], spot[:, 1], facing + 0.12 * normal[:, 7]], -1)
    return Cast(clip, person, action, subject, lengths, table, times, score.rate[action] / pace, drift, place)


def _mirrored() -> list[int]:
    swap = {"r_": "l_", "l_": "r_"}
    return [DOFS.index(swap.get(d[:2], d[:2]) + d[2:]) for d in DOFS]


# -- motion --------------------------------------------------------------------------------------------------------


def minimum_jerk(s: Tensor) -> Tensor:
    """The smoothest way from 0 to 1: 10 s^3 - 15 s^4 + 6 s^5. (Flash & Hogan 1985.)"""
    s = s.clamp(0, 1)
    return s * s * s * (10 - s * (15 - 6 * s))


def _choreography(cast: Cast, who: Tensor, step: Tensor, fps: float) -> tuple[Tensor, Tensor]:
    """Degrees of freedom [D, R] of R frames, and the distance walked [R] in leg lengths.

    Every degree of freedom is a weighted sum of rows of the performer's table: two key poses, rhythm, idle motion.
    """
    score = scores()
    action, keys = cast.action.to(who.device), cast.times.shape[1]
    length = cast.lengths[who]
    step = torch.where(score.reverse.to(who.device)[action][who], length - 1 - step, step)
    tau, seconds = step / (length - 1), step / fps

    times = cast.times[who]
    key = ((times <= tau[:, None]).sum(1) - 1).clamp(0, keys - 2)
    before, after = times.gather(1, key[:, None])[:, 0], times.gather(1, key[:, None] + 1)[:, 0]
    blend = minimum_jerk((tau - before) / (after - before))

    window, stride = score.window.to(who.device)[action], score.stride.to(who.device)[action]
    cycles = cast.rate * (cast.lengths - 1) / fps * (window[:, 1] - window[:, 0])
    cycles = torch.where(stride > 0, cycles.round().clamp_min(1), cycles)
    p = (tau - window[who, 0]) / (window[:, 1] - window[:, 0])[who]
    walked = cycles[who] * minimum_jerk(p)
    idle = (2 * math.pi) * (cast.drift[:, :, 0][who] * seconds[:, None] + cast.drift[:, :, 1][who])  # [R, 4]
    phase = (2 * math.pi) * torch.where(stride[who] > 0, walked, cycles[who] * p + 0.05 * idle[:, 2].sin())
    fade = minimum_jerk(p / 0.15) * minimum_jerk((1 - p) / 0.15)

    weights = [1 - blend, blend, *(fade * v for v in (phase.sin(), phase.cos(), (2 * phase).sin(), (2 * phase).cos())), fade, *idle.sin().unbind(1)]
    rows = [key, key + 1, *(torch.full_like(key, keys + i) for i in range(9))]
    rows = torch.stack(rows, 1) + (who * (keys + 9))[:, None]
    dofs = F.embedding_bag(rows, cast.table.flatten(0, 1), mode="sum", per_sample_weights=torch.stack(weights, 1))
    return dofs.T.contiguous(), walked * stride[who]


def _block(block: int, seed: int, chosen: tuple[int, ...], views, frames: int | None, fps: float, noise: bool, device) -> tuple[Tensor, Tensor]:
    """Poses [F, M, V, C] of one block of clips, back to back, and the clips' lengths [BLOCK]."""
    draw = torch.Generator().manual_seed(seed * 1_000_003 + block)
    cast = _cast(block, draw, chosen, frames, fps)
    lengths = cast.lengths[:BLOCK]
    who = torch.arange(len(cast.clip)).repeat_interleave(cast.lengths)
    step = torch.arange(len(who)) - (cast.lengths.cumsum(0) - cast.lengths)[who]
    view = _view(torch.arange(BLOCK) + block * BLOCK, chosen, views)[cast.clip]
    cast, who, step = cast.to(device), who.to(device), step.to(device)
    dofs, walked = _choreography(cast, who, step, fps)
    joints = body.joints(dofs, body.people().bones.to(device)[cast.subject].T[:, who], walked)
    joints = _seen_by(joints, cast, view.to(device), who)
    if noise:
        joints = sensor.sense(joints, who, step, draw)
    return _assemble(joints, cast, lengths), lengths


def _seen_by(joints: Tensor, cast: Cast, view: Tensor, who: Tensor) -> Tensor:
    """Joints [25, 3, R] of bodies at the origin, put in their places and into the frame of each performer's camera."""
    yaw, tilt, height, distance = torch.tensor(CAMERAS, device=joints.device)[view - 1].unbind(1)
    zero = torch.zeros_like(yaw)
    camera = rotation(torch.stack([zero, math.pi + yaw.deg2rad(), zero], 1))
    down = rotation(torch.stack([tilt.deg2rad(), zero, zero], 1))
    spot = torch.stack([cast.place[:, 0], zero, cast.place[:, 1]], 1)
    turn = down @ camera @ rotation(torch.stack([zero, cast.place[:, 2], zero], 1))
    move = (down @ (camera @ spot[..., None] + torch.stack([zero, -height, distance], 1)[..., None]))[..., 0]
    turn, move = turn.permute(1, 2, 0)[:, :, who], move.T[:, who]
    return torch.stack([sum(turn[i, j] * joints[:, j] for j in range(3)) + move[i] for i in range(3)], 1)


def _assemble(joints: Tensor, cast: Cast, lengths: Tensor) -> Tensor:
    """Joints [25, 3, R] of all performers as poses [F, M, V, C]: the second slot of clips with one person is all zeros."""
    frames, rows = int(lengths.sum()), joints.permute(2, 0, 1)
    poses = joints.new_zeros(frames, 2, *joints.shape[:2])
    poses[:, 0] = rows[:frames]
    starts = lengths.cumsum(0) - lengths
    clip, count = cast.clip[BLOCK:].cpu(), cast.lengths[BLOCK:].cpu()
    within = torch.arange(int(count.sum())) - (count.cumsum(0) - count).repeat_interleave(count)
    poses[(starts[clip].repeat_interleave(count) + within).to(joints.device), 1] = rows[frames:]
    return poses
