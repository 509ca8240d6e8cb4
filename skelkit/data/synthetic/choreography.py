"""Performances: who performs what, how fast and how far, and the degrees of freedom in every frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from .action import DOFS, SIDEWAYS
from .actions import ACTIONS, TWO_PERSON, scores
from .body import SUBJECTS, people

SHORTEST, LONGEST = 40 / 30, 200 / 30
"""Limits of the duration of a clip, seconds."""

LEFT_BY_CHANCE = 0.08
"""Probability that a person uses the other hand than usual."""

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
"""Variation of the poses between performances: standard deviations, in the units of `DOFS`."""

_STOOP = {"bend": 0.06, "nod": 0.05, "r_out": 0.03, "l_out": 0.03}

_BREATH = {"bend": -0.008, "r_up": 0.006, "l_up": 0.006, "nod": -0.005}

_DRIFT = ((0.08, 0.2), (0.15, 0.35), (0.3, 0.7), (0.2, 0.35))  # Hz: slow, middle and quick sway; breathing


@dataclass(frozen=True)
class Cast:
    """Performances of a block of N clips by B performers: first persons of all clips, then second persons.

    Attributes:
        clip, person, subject: of each performer, Long[B].
        action: row of `scores()`, Long[B].
        lengths: frames, Long[B].
        table: [B, K + 9, D]; the degrees of freedom over time are weighted sums of its rows: K key poses,
            five rows of rhythm and four of idle motion.
        times: time in [0, 1] at which each key pose is reached, [B, K].
        rate: of the rhythm, [B], Hz.
        drift: frequency in Hz and phase in turns of the idle motion, [B, 4, 2].
        place: x and z on the floor in metres, and the yaw, [B, 3].
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
        """All tensors on another device."""
        return Cast(*(getattr(self, f.name).to(device) for f in fields(self)))


def cast(first: Tensor, subject: Tensor, frames: int | None, fps: float, draw: torch.Generator) -> Cast:
    """Draw the performances of a block of N clips.

    The draws do not depend on the actions, so that a pair of actions can be compared clip by clip.

    Args:
        first: action of each clip, a label of `ACTIONS`, Long[N].
        subject: first person of each clip, from 0, Long[N].
        frames: length of every clip; None: by action and subject.
        fps: frames per second.
        draw: generator on the CPU.
    """
    folk, score, clips = people(), scores(), len(first)
    keys = score.keys.shape[1]
    normal = torch.randn(clips, 2, 9 + keys, generator=draw).clamp(-2.5, 2.5)
    uniform = torch.rand(clips, 2, 9, generator=draw)
    shapes = torch.randn(clips, 2, keys + 5, len(DOFS), generator=draw).clamp(-2.5, 2.5)

    pairs = (first >= len(ACTIONS) - len(TWO_PERSON)).nonzero().flatten()
    clip = torch.cat([torch.arange(clips), pairs])
    person = torch.cat([torch.zeros_like(first), torch.ones_like(pairs)])
    action, subject = first[clip] + len(ACTIONS) * person, (subject[clip] + 17 * person) % SUBJECTS
    leader = normal[clip, 0]
    normal, uniform, shapes = normal[clip, person], uniform[clip, person], shapes[clip, person]

    pace = folk.tempo[subject] * (0.1 * normal[:, 0]).exp()
    seconds = (score.seconds[action] * pace * fps)[clip]  # both persons of a pair have the same length
    lengths = seconds.clamp(SHORTEST * fps, LONGEST * fps).round().long()
    lengths = lengths if frames is None else torch.full_like(lengths, frames)
    table = _table(action, subject, normal, shapes)
    left = folk.left_handed[subject] ^ (uniform[:, 8] < LEFT_BY_CHANCE)
    table = torch.where(left[:, None, None], _mirrored(table), table)

    times = _times(action, normal[:, 9:-1])
    low, high = torch.tensor(_DRIFT).T
    drift = torch.stack([low + (high - low) * uniform[:, :4], uniform[:, 4:8]], -1)
    rate = score.rate[action] / pace * (0.1 * normal[:, 8]).exp()
    distance = score.distance[first][clip] * (1 + 0.04 * leader[:, 4])
    place = _place(distance, person, leader[:, 5:7], normal[:, 7])
    return Cast(clip, person, action, subject, lengths, table, times, rate, drift, place)


def _table(action: Tensor, subject: Tensor, normal: Tensor, shapes: Tensor) -> Tensor:
    """[B, K + 9, D]; the degrees of freedom of each performer are weighted sums of these rows."""
    folk, score = people(), scores()
    keys = score.keys.shape[1]
    size = folk.size[subject] * (0.06 * normal[:, 1]).exp()
    rhythm = size * (0.15 * normal[:, 2]).exp()
    restless = (0.25 * normal[:, 3]).exp()
    rest = score.keys[ACTIONS.index("nod"), 0]
    poses = rest + (score.keys[action] - rest) * (1 + 0.4 * (size - 1))[:, None, None]
    poses = poses + folk.stoop[subject][:, None, None] * _dofs(_STOOP)
    style = folk.posture[subject][:, None] + shapes[:, :1] + 0.35 * shapes[:, 1 : keys + 1]
    poses = poses + _dofs(_STYLE) * style
    sway = _dofs(_SWAY) * shapes[:, keys + 1 : keys + 4] * restless[:, None, None]
    breath = _dofs(_BREATH).expand(len(action), 1, -1)
    return torch.cat([poses, score.rhythm[action] * rhythm[:, None, None], sway, breath], 1)


def _times(action: Tensor, normal: Tensor) -> Tensor:
    """Time in [0, 1] at which each key pose is reached, [B, K]: the action's times with random intervals."""
    planned = scores().times[action]
    last = (planned <= 1).sum(1, keepdim=True) - 1
    times = F.pad((planned.diff(dim=1) * (0.18 * normal).exp()).cumsum(1), (1, 0))
    return times / times.gather(1, last) * planned.gather(1, last)


def _place(distance: Tensor, person: Tensor, spot: Tensor, yaw: Tensor) -> Tensor:
    """Positions x and z, and yaw, [B, 3]: one person faces the middle camera, two persons face each other."""
    sign = 1.0 - 2.0 * person
    facing = torch.where(distance > 0, -0.5 * math.pi * sign, 0.0)
    return torch.stack(
        [0.5 * sign * distance + 0.15 * spot[:, 0], 0.15 * spot[:, 1], facing + 0.12 * yaw], -1
    )


def _dofs(values: dict[str, float]) -> Tensor:
    return torch.tensor([values.get(d, 0.0) for d in DOFS])


def _mirrored(table: Tensor) -> Tensor:
    """The table with left and right swapped, [..., D]."""
    swap = {"r_": "l_", "l_": "r_"}
    order = [DOFS.index(swap.get(d[:2], d[:2]) + d[2:]) for d in DOFS]
    return table[..., order] * torch.tensor([-1.0 if d in SIDEWAYS else 1.0 for d in DOFS])


def minimum_jerk(s: Tensor) -> Tensor:
    """The smoothest way from 0 to 1: 10 s^3 - 15 s^4 + 6 s^5. (Flash & Hogan 1985.)"""
    s = s.clamp(0, 1)
    return s * s * s * (10 - s * (15 - 6 * s))


def perform(cast: Cast, performer: Tensor, step: Tensor, fps: float) -> tuple[Tensor, Tensor]:
    """Degrees of freedom [D, R] of R frames, and the distance walked [R] in leg lengths.

    Every degree of freedom is a weighted sum of rows of the performer's table: two key poses, rhythm, idle
    motion. A reversed action is the same function of the frame counted from the end, so that it reverses
    time exactly, idle motion included.

    Args:
        cast: performances of a block.
        performer: of each frame, Long[R].
        step: frame number within the clip, Long[R].
        fps: frames per second.
    """
    score = scores().of(cast.action)
    length, keys = cast.lengths[performer], cast.times.shape[1]
    step = torch.where(score.reverse[performer], length - 1 - step, step)
    tau = step / (length - 1)
    key, blend = _key_and_blend(cast.times[performer], tau)

    frequency, offset = cast.drift[:, :, 0][performer], cast.drift[:, :, 1][performer]
    idle = (2 * math.pi) * (frequency * (step / fps)[:, None] + offset)  # [R, 4]
    begin, share = score.window[:, 0], score.window.diff(dim=1)[:, 0]
    cycles = cast.rate * (cast.lengths - 1) / fps * share
    whole_cycles = cycles.round().clamp_min(1)  # a walk ends with the feet together
    cycles = torch.where(score.stride > 0, whole_cycles, cycles)[performer]
    p = (tau - begin[performer]) / share[performer]
    gone, stride = cycles * minimum_jerk(p), score.stride[performer]
    phase = (2 * math.pi) * torch.where(stride > 0, gone, cycles * p + 0.05 * idle[:, 2].sin())
    fade = minimum_jerk(p / 0.15) * minimum_jerk((1 - p) / 0.15)

    rhythm = (phase.sin(), phase.cos(), (2 * phase).sin(), (2 * phase).cos())
    waves = [fade * wave for wave in rhythm]
    weights = torch.stack([1 - blend, blend, *waves, fade, *idle.sin().unbind(1)], 1)
    others = torch.arange(keys, keys + 9, device=key.device).expand(len(key), -1)
    rows = torch.cat([torch.stack([key, key + 1], 1), others], 1) + (performer * (keys + 9))[:, None]
    # embedding_bag is a fused gather, scale and add.
    dofs = F.embedding_bag(rows, cast.table.flatten(0, 1), mode="sum", per_sample_weights=weights)
    return dofs.T.contiguous(), gone * stride


def _key_and_blend(times: Tensor, tau: Tensor) -> tuple[Tensor, Tensor]:
    """Key pose before time tau, Long[R], and the weight of the next one, [R]; times [R, K], tau [R]."""
    key = ((times <= tau[:, None]).sum(1) - 1).clamp(0, times.shape[1] - 2)
    before, after = times.gather(1, key[:, None])[:, 0], times.gather(1, key[:, None] + 1)[:, 0]
    return key, minimum_jerk((tau - before) / (after - before))
