"""How a clip is performed: who does what, how fast and how far, and the degrees of freedom in every frame that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from .action import DOFS, SIDEWAYS
from .actions import ACTIONS, TWO_PERSON, scores
from .body import SUBJECTS, people

SHORTEST, LONGEST = 40 / 30, 200 / 30  # seconds

LEFT_BY_CHANCE = 0.08  # how often a hand is used that the person does not prefer

_ARMS = (("out", 0.018), ("up", 0.012), ("fwd", 0.022), ("elbow", 0.08), ("flex", 0.1), ("roll", 0.1))

_SWAY = {
    "side": 0.004,
    "forward": 0.005,
    "turn": 0.015,
    "tilt": 0.005,
    "bend": 0.008,
    "lean": 0.006,
    "twist": 0.015,
    "nod": 0.025,
    "look": 0.04,
    "cock": 0.015,
    **{f"{s}_{n}": v for s in "rl" for n, v in _ARMS},
}
"""Idle motion: standard deviations, in the units of `DOFS`."""

_STYLE = {
    "lift": 0.003,
    **{k: 2.5 * v for k, v in _SWAY.items()},
    **{f"{s}_{n}": v for s in "rl" for n, v in (("step_out", 0.03), ("step_fwd", 0.02))},
}
"""How far one performance's poses lie from another's: standard deviations, in the units of `DOFS`."""

_STOOP = {"bend": 0.06, "nod": 0.05, "r_out": 0.03, "l_out": 0.03}

_BREATH = {"bend": -0.008, "r_up": 0.006, "l_up": 0.006, "nod": -0.005}

_DRIFT = ((0.08, 0.2), (0.15, 0.35), (0.3, 0.7), (0.2, 0.35))  # Hz: slow, middle and quick sway; breathing


@dataclass(frozen=True)
class Cast:
    """Who does what in a block of N clips: B performers, the first persons of all clips, then the second persons.

    `clip`, `person`, `action` (a row of `scores()`), `subject` and `lengths` (frames) are Long[B]. `table`
    [B, K + 9, D]
    holds what the degrees of freedom are mixed from: K key poses, reached at `times` [B, K], five rows of
    rhythm at `rate` Hz and four of idle motion with `drift` [B, 4, 2] (frequency in Hz, phase in turns).
    `place` [B, 3] is x and z on the floor in metres, and the yaw.
    """

    clip: Tensor
    person: Tensor
    action: Tensor
    subject: Tensor
    lengths: Tensor
    table: Tensor
    times: Tensor
    rate: Tensor
    drift: Tensor
    place: Tensor

    def to(self, device: torch.device) -> Cast:
        return Cast(*(getattr(self, f.name).to(device) for f in fields(self)))


def cast(first: Tensor, subject: Tensor, frames: int | None, fps: float, draw: torch.Generator) -> Cast:
    """Draw the performances of a block: `first`, the action (a label of `ACTIONS`), and `subject`, from 0, are Long[N].

    The draws do not depend on the actions, so that a pair of actions can be compared clip by clip.
    """
    folk, score, clips = people(), scores(), len(first)
    keys = score.keys.shape[1]
    normal = torch.randn(clips, 2, 9 + keys, generator=draw).clamp(-2.5, 2.5)
    uniform = torch.rand(clips, 2, 9, generator=draw)
    shapes = torch.randn(clips, 2, keys + 5, len(DOFS), generator=draw).clamp(-2.5, 2.5)

    pairs = (first >= len(ACTIONS) - len(TWO_PERSON)).nonzero().flatten()
    clip, person = (
        torch.cat([torch.arange(clips), pairs]),
        torch.cat([torch.zeros_like(first), torch.ones_like(pairs)]),
    )
    action, subject = first[clip] + len(ACTIONS) * person, (subject[clip] + 17 * person) % SUBJECTS
    leader, normal, uniform, shapes = (
        normal[clip, 0],
        normal[clip, person],
        uniform[clip, person],
        shapes[clip, person],
    )

    pace = folk.tempo[subject] * (0.1 * normal[:, 0]).exp()
    lengths = (
        (score.seconds[action] * pace * fps)[clip].clamp(SHORTEST * fps, LONGEST * fps).round().long()
    )  # a pair keeps time
    lengths = lengths if frames is None else torch.full_like(lengths, frames)
    size = folk.size[subject] * (0.06 * normal[:, 1]).exp()
    table = _table(
        action,
        subject,
        size,
        shapes,
        rhythm=size * (0.15 * normal[:, 2]).exp(),
        restless=(0.25 * normal[:, 3]).exp(),
    )
    left = folk.left_handed[subject] ^ (uniform[:, 8] < LEFT_BY_CHANCE)
    table = torch.where(left[:, None, None], _mirrored(table), table)

    low, high = torch.tensor(_DRIFT).T
    drift = torch.stack([low + (high - low) * uniform[:, :4], uniform[:, 4:8]], -1)
    rate = score.rate[action] / pace * (0.1 * normal[:, 8]).exp()
    place = _place(
        score.distance[first][clip] * (1 + 0.04 * leader[:, 4]), person, leader[:, 5:7], normal[:, 7]
    )
    return Cast(
        clip, person, action, subject, lengths, table, _times(action, normal[:, 9:-1]), rate, drift, place
    )


def _table(
    action: Tensor, subject: Tensor, size: Tensor, shapes: Tensor, rhythm: Tensor, restless: Tensor
) -> Tensor:
    """The rows that this performer's degrees of freedom are mixed from, [B, K + 9, D]."""
    folk, score = people(), scores()
    keys = score.keys.shape[1]
    rest = score.keys[ACTIONS.index("nod"), 0]
    poses = rest + (score.keys[action] - rest) * (1 + 0.4 * (size - 1))[:, None, None]
    poses = poses + folk.stoop[subject][:, None, None] * _dofs(_STOOP)
    poses = poses + _dofs(_STYLE) * (
        folk.posture[subject][:, None] + shapes[:, :1] + 0.35 * shapes[:, 1 : keys + 1]
    )
    sway = _dofs(_SWAY) * shapes[:, keys + 1 : keys + 4] * restless[:, None, None]
    return torch.cat(
        [
            poses,
            score.rhythm[action] * rhythm[:, None, None],
            sway,
            _dofs(_BREATH).expand(len(action), 1, -1),
        ],
        1,
    )


def _times(action: Tensor, normal: Tensor) -> Tensor:
    """When each key pose is reached, 0 to 1: the action's times with every span made longer or shorter, [B, K]."""
    planned = scores().times[action]
    last = (planned <= 1).sum(1, keepdim=True) - 1
    times = F.pad((planned.diff(dim=1) * (0.18 * normal).exp()).cumsum(1), (1, 0))
    return times / times.gather(1, last) * planned.gather(1, last)


def _place(distance: Tensor, person: Tensor, spot: Tensor, yaw: Tensor) -> Tensor:
    """One person faces the middle camera; two face each other, seen from the side by it. [B, 3]"""
    sign = 1.0 - 2.0 * person
    facing = torch.where(distance > 0, -0.5 * math.pi * sign, 0.0)
    return torch.stack(
        [0.5 * sign * distance + 0.15 * spot[:, 0], 0.15 * spot[:, 1], facing + 0.12 * yaw], -1
    )


def _dofs(values: dict[str, float]) -> Tensor:
    return torch.tensor([values.get(d, 0.0) for d in DOFS])


def _mirrored(table: Tensor) -> Tensor:
    """Left for right, [..., D]."""
    swap = {"r_": "l_", "l_": "r_"}
    order = [DOFS.index(swap.get(d[:2], d[:2]) + d[2:]) for d in DOFS]
    return table[..., order] * torch.tensor([-1.0 if d in SIDEWAYS else 1.0 for d in DOFS])


def minimum_jerk(s: Tensor) -> Tensor:
    """The smoothest way from 0 to 1: 10 s^3 - 15 s^4 + 6 s^5. (Flash & Hogan 1985.)"""
    s = s.clamp(0, 1)
    return s * s * s * (10 - s * (15 - 6 * s))


def perform(cast: Cast, who: Tensor, step: Tensor, fps: float) -> tuple[Tensor, Tensor]:
    """Degrees of freedom [D, R] of R frames, and the distance walked [R] in leg lengths.

    Frame `step` (Long[R]) of performer `who` (Long[R]). Every degree of freedom is a weighted sum of rows
    of the performer's table: two key poses, rhythm, idle motion. A reversed action is the same function of
    the frame counted from the end, so that it reverses time exactly, idle motion included.
    """
    score = scores().of(cast.action)
    length, keys = cast.lengths[who], cast.times.shape[1]
    step = torch.where(score.reverse[who], length - 1 - step, step)
    tau = step / (length - 1)

    times = cast.times[who]
    key = ((times <= tau[:, None]).sum(1) - 1).clamp(0, keys - 2)
    before, after = times.gather(1, key[:, None])[:, 0], times.gather(1, key[:, None] + 1)[:, 0]
    blend = minimum_jerk((tau - before) / (after - before))

    idle = (2 * math.pi) * (
        cast.drift[:, :, 0][who] * (step / fps)[:, None] + cast.drift[:, :, 1][who]
    )  # [R, 4]
    begin, share = score.window[:, 0], score.window.diff(dim=1)[:, 0]
    cycles = cast.rate * (cast.lengths - 1) / fps * share
    cycles = torch.where(score.stride > 0, cycles.round().clamp_min(1), cycles)[
        who
    ]  # a walk ends with the feet together
    p = (tau - begin[who]) / share[who]
    gone, stride = cycles * minimum_jerk(p), score.stride[who]
    phase = (2 * math.pi) * torch.where(stride > 0, gone, cycles * p + 0.05 * idle[:, 2].sin())
    fade = minimum_jerk(p / 0.15) * minimum_jerk((1 - p) / 0.15)

    rhythm = (phase.sin(), phase.cos(), (2 * phase).sin(), (2 * phase).cos())
    weights = torch.stack(
        [1 - blend, blend, *(fade * wave for wave in rhythm), fade, *idle.sin().unbind(1)], 1
    )
    rows = torch.cat(
        [
            torch.stack([key, key + 1], 1),
            torch.arange(keys, keys + 9, device=key.device).expand(len(key), -1),
        ],
        1,
    )
    # embedding_bag is a fused gather, scale and add.
    dofs = F.embedding_bag(
        rows + (who * (keys + 9))[:, None], cast.table.flatten(0, 1), mode="sum", per_sample_weights=weights
    )
    return dofs.T.contiguous(), gone * stride
