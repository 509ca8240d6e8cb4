"""The compressed form of a batch, and the steps that every codec shares: persons out of a batch and back."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from .. import motion
from ..motion import to_frames


@dataclass(frozen=True)
class Packed:
    """A batch of compressed clips, exactly as it would be stored.

    Attributes:
        values: [P, K, V, C], one row per person present (a track): kept frames, or cosine coefficients.
        who: uint8[N, M]: 0 absent, 1 there in every frame, 2 there with gaps; the tracks belong to those not 0, in order.
        frames: T, the number of frames that went in.
        scale, offset: float32, of int8 values; value = stored * scale + offset.
        index: [P, K], which frames were kept, where that differs from track to track.
        gaps: uint8[G, ceil(T / 8)], for each track with gaps one bit per frame, set where it is absent.
    """

    values: Tensor
    who: Tensor
    frames: int
    scale: Tensor | None = None
    offset: Tensor | None = None
    index: Tensor | None = None
    gaps: Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of everything stored: values, scales, frame indices, presence."""
        return sum(
            v.numel() * v.element_size()
            for f in fields(self)
            if isinstance(v := getattr(self, f.name), Tensor)
        )

    @property
    def float_values(self) -> Tensor:
        """The values, dequantised: float32 [P, K, V, C]."""
        values = self.values.float()
        return values if self.scale is None else values * self.scale + self.offset


def check_whole(codec, name: str, least: int = 1) -> None:
    value = getattr(codec, name)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(
            f"{type(codec).__name__}({name}={value!r}): expected a whole number, at least {least}"
        )


def check_choice(codec, name: str, known) -> None:
    if getattr(codec, name) not in known:
        raise ValueError(
            f"{type(codec).__name__}({name}={getattr(codec, name)!r}): expected one of {', '.join(known)}"
        )


def person_tracks(x: Tensor):
    """What every codec starts from: a function of kept frames -> [P, K, V, C], who is there [N, M], and gaps as bits (or None)."""
    poses = to_frames(x.detach()).movedim(2, 1)  # [N, M, T, V, C]
    there = motion.presence(poses)  # [N, M, T]
    somewhere, throughout = there.any(2), there.all(2)
    who = somewhere.to(torch.uint8) * 2 - throughout.to(torch.uint8)
    everyone = bool(somewhere.all())
    gappy = ~throughout[somewhere]  # [P]

    def plain(kept: Tensor | slice = slice(None)) -> Tensor:
        return poses[:, :, kept].flatten(0, 1) if everyone else poses[:, :, kept][somewhere]

    if not gappy.any():
        return plain, who, None
    tracks, there = poses[somewhere].float(), there[somewhere]
    tracks[gappy] = _bridge(tracks[gappy], there[gappy])
    return (lambda kept=slice(None): tracks[:, kept]), who, _to_bits(~there[gappy])


def _bridge(tracks: Tensor, there: Tensor) -> Tensor:
    """Straight lines across gaps, held at the ends, so that no codec spends anything on a jump that nobody sees.

    tracks [P, T, V, C], there bool[P, T]; every track is somewhere.
    """
    count = there.sum(1)
    order = there.to(torch.int8).argsort(
        dim=1, descending=True, stable=True
    )  # present frames first, in time order
    kept = torch.where(
        torch.arange(there.shape[1], device=there.device) < count[:, None],
        order,
        order.gather(1, count[:, None] - 1),
    )
    rank = there.long().cumsum(1) - 1  # of the last present frame up to each frame
    before, after = (
        kept.gather(1, rank.clamp_min(0)),
        kept.gather(1, (rank + 1).clamp_max(there.shape[1] - 1)),
    )
    time = torch.arange(there.shape[1], device=there.device)
    weight = ((time - before) / (after - before).clamp_min(1)).clamp(0, 1).to(tracks.dtype)[:, :, None, None]
    ends = [tracks.gather(1, frame[:, :, None, None].expand_as(tracks)) for frame in (before, after)]
    return torch.where(there[:, :, None, None], tracks, torch.lerp(*ends, weight))


def from_tracks(tracks: Tensor, packed: Packed) -> Tensor:
    """Tracks [P, F, V, C] back in their places in a batch [N, C, F, V, M], absent where they were."""
    who = packed.presence.flatten()
    if packed.gaps is not None:
        gaps = _from_bits(packed.gaps, packed.frames)[:, frame_times(packed, tracks.shape[1]).round().long()]
        gappy = who[who > 0] == 2
        tracks[gappy] = tracks[gappy].masked_fill(gaps[:, :, None, None], 0)
    poses = tracks
    if len(tracks) < len(who):
        poses = tracks.new_zeros(len(who), *tracks.shape[1:])
        poses[who > 0] = tracks
    return motion.to_batch(poses.unflatten(0, packed.presence.shape).movedim(1, 2))


def interpolate(kept: Tensor, positions: Tensor) -> Tensor:
    """Kept frames [P, K, V, C] at positions [P, F] among them."""
    tracks, count = kept.shape[:2]
    starts = torch.arange(tracks + 1, device=kept.device) * count
    everywhere = torch.ones(tracks * count, 1, dtype=torch.bool, device=kept.device)
    return motion.resample(kept.reshape(tracks * count, 1, *kept.shape[2:]), starts, positions, everywhere)[
        :, :, 0
    ]


def positions_among(kept: Tensor, times: Tensor) -> Tensor:
    """Where times [F] fall among kept frames [P, K]: 1.5 is half-way from the second to the third. [P, F]"""
    count = kept.shape[1]
    if count == 1:
        return times.new_zeros(len(kept), len(times))
    kept = kept.to(times.dtype).contiguous()
    after = torch.searchsorted(kept, times.expand(len(kept), -1).contiguous(), right=True).clamp(1, count - 1)
    left, right = kept.gather(1, after - 1), kept.gather(1, after)
    return (after - 1) + (times - left) / (right - left)


def frame_times(packed: Packed, frames: int | None) -> Tensor:
    """The frame times to restore: all of them, or `frames` evenly over the clip."""
    if frames is not None and frames < 1:
        raise ValueError(f"decode(frames={frames}): expected at least one frame")
    return motion.spread(0, packed.frames - 1, frames or packed.frames, packed.values.device)


def steps(count: int, device) -> Tensor:
    return torch.arange(count, device=device, dtype=torch.float64)


def _to_bits(flags: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(flags, (0, -flags.shape[1] % 8)).unflatten(1, (-1, 8))
    weights = 2 ** torch.arange(8, device=flags.device)
    return (padded * weights).sum(-1).to(torch.uint8)


def _from_bits(bits: Tensor, count: int) -> Tensor:
    return (bits[..., None].int() >> torch.arange(8, device=bits.device) & 1).bool().flatten(1)[:, :count]
