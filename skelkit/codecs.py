"""Codecs: fewer bytes for a clip, and how to get the clip back.

Every codec is a value without state: ``packed = codec.encode(x)``, ``y = codec.decode(packed)``, ``packed.nbytes``.
Clips x are batches [N, C, T, V, M] as in `motion`; a person is stored only in clips they appear in.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass, fields
from typing import Literal

import torch
from torch import Tensor

from . import motion
from .keyframes import keyframes
from .motion import to_frames

DTYPES = {"float32": torch.float32, "float16": torch.float16, "int8": torch.int8}
ValueType = Literal["float32", "float16", "int8"]


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
        return sum(v.numel() * v.element_size() for f in fields(self) if isinstance(v := getattr(self, f.name), Tensor))

    @property
    def float_values(self) -> Tensor:
        """The values, dequantised: float32 [P, K, V, C]."""
        values = self.values.float()
        return values if self.scale is None else values * self.scale + self.offset


@dataclass(frozen=True)
class Uniform:
    """Every `interval`-th frame, restored by linear interpolation. (CHARON, section on compression.)

    Args:
        interval: s; frames 0, s, 2s, … are kept.
        restore: "indexed" puts each kept frame back at its own time. "half_pixel" is the resize of the published code.
        endpoint: keep the last frame too; without it the frames after the last kept one repeat it.
        dtype: of the stored values; int8 has a scale and an offset per clip, person and axis.

    Differs from the authors: their half-pixel restore spreads the kept frames evenly over the clip and so shifts it by
    (s - 1) / 2 frames; it is here to be looked at, "indexed" is the default.

    >>> ramp = torch.arange(1.0, 8.0).reshape(1, 1, 7, 1, 1).expand(1, 3, 7, 25, 1)
    >>> codec = Uniform(interval=3)
    >>> codec.decode(codec.encode(ramp))[0, 0, :, 0, 0].tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """

    interval: int = 5
    restore: Literal["indexed", "half_pixel"] = "indexed"
    endpoint: bool = False
    dtype: ValueType = "float32"

    def __post_init__(self):
        _whole(self, "interval")
        _one_of(self, "restore", ("indexed", "half_pixel"))
        _one_of(self, "dtype", DTYPES)

    def kept(self, frames: int, device=None) -> Tensor:
        """Which of `frames` frames are stored, Long[K]."""
        kept = torch.arange(0, frames, self.interval, device=device)
        return torch.cat([kept, kept.new_tensor([frames - 1])]) if self.endpoint and kept[-1] < frames - 1 else kept

    def encode(self, x: Tensor) -> Packed:
        """Clips [N, C, T, V, M] as they would be stored."""
        tracks, who, gaps = _tracks(x)
        return Packed(**_quantise(tracks(self.kept(x.shape[2], x.device)), self.dtype, over=(1, 2)), who=who, frames=x.shape[2], gaps=gaps)

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """The clips again, float32 [N, C, T, V, M]; with `frames`, that many evenly over the clip."""
        kept = self.kept(packed.frames, packed.values.device)
        times = _times(packed, frames)
        if self.restore == "half_pixel":
            positions = (times + 0.5) * (len(kept) / packed.frames) - 0.5
        else:
            positions = _positions_among(kept[None], times)[0]
        return _untrack(_interpolate(packed.float_values, positions.expand(len(packed.values), -1)), packed)


@dataclass(frozen=True)
class Adaptive:
    """The k frames of each clip that restore it best: dense where it moves, sparse where it rests.

    The frames are found exactly, by dynamic programming over the squared error of every possible gap; first and last
    frame are always kept. Which frames were kept is stored with the clip and counted.

    Args:
        keyframes: k, at least 2 (a clip of one frame keeps that one).
        dtype: as in `Uniform`.
    """

    keyframes: int = 24
    dtype: ValueType = "float32"

    def __post_init__(self):
        _whole(self, "keyframes", least=2)
        _one_of(self, "dtype", DTYPES)

    def encode(self, x: Tensor) -> Packed:
        """Clips [N, C, T, V, M] as they would be stored."""
        tracks, who, gaps = _tracks(x)
        every = tracks()  # [P, T, V, C]
        index = keyframes(every, min(self.keyframes, x.shape[2]))
        kept = every.gather(1, index[:, :, None, None].expand(-1, -1, *every.shape[2:]))
        small = index.to(torch.uint8 if x.shape[2] <= 256 else torch.int32)
        return Packed(**_quantise(kept, self.dtype, over=(1, 2)), who=who, frames=x.shape[2], index=small, gaps=gaps)

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """The clips again, float32 [N, C, T, V, M]; with `frames`, that many evenly over the clip."""
        positions = _positions_among(packed.index.long(), _times(packed, frames))
        return _untrack(_interpolate(packed.float_values, positions), packed)


@dataclass(frozen=True)
class DCT:
    """The lowest `coefficients` of each coordinate's cosine transform over time (DCT-II).

    On smooth motion this needs the fewest bytes; it rings where motion is abrupt.

    Args:
        coefficients: K; a clip of fewer frames keeps one per frame.
        dtype: of the stored coefficients; int8 has a scale and an offset per clip, person and coefficient.
    """

    coefficients: int = 24
    dtype: ValueType = "float32"

    def __post_init__(self):
        _whole(self, "coefficients")
        _one_of(self, "dtype", DTYPES)

    def encode(self, x: Tensor) -> Packed:
        """Clips [N, C, T, V, M] as they would be stored."""
        tracks, who, gaps = _tracks(x)
        every = tracks().float()  # [P, T, V, C]
        basis = cosines(_steps(x.shape[2], x.device), x.shape[2], self.coefficients)
        values = (basis.T @ every.flatten(2)).unflatten(2, every.shape[2:])
        return Packed(**_quantise(values, self.dtype, over=(2, 3)), who=who, frames=x.shape[2], gaps=gaps)

    def decode(self, packed: Packed, frames: int | None = None) -> Tensor:
        """The clips again, float32 [N, C, T, V, M]; with `frames`, that many evenly over the clip."""
        basis = cosines(_times(packed, frames), packed.frames, packed.values.shape[1])
        return _untrack((basis @ packed.float_values.flatten(2)).unflatten(2, packed.values.shape[2:]), packed)


Codec = Uniform | Adaptive | DCT
BY_NAME: dict[str, type] = {"uniform": Uniform, "adaptive": Adaptive, "dct": DCT}


def bytes_per_person(codec: Codec, frames: int, joints: int) -> int:
    """Bytes that one person present in every frame of one clip takes, presence flag included.

    >>> bytes_per_person(Uniform(interval=5), 120, 25)  # 24 frames x 25 joints x 3 axes x 4 bytes, and the flag
    7201
    """
    match codec:
        case Uniform():
            count, steps, index = len(codec.kept(frames)), 3, 0
        case Adaptive():
            count, steps, index = min(codec.keyframes, frames), 3, 1 if frames <= 256 else 4
        case DCT():
            count, steps, index = (k := min(codec.coefficients, frames)), k, 0
    scales = 8 * steps if codec.dtype == "int8" else 0  # a float32 scale and offset per axis, or per coefficient
    return count * (joints * 3 * DTYPES[codec.dtype].itemsize + index) + scales + 1


def at_equal_bytes(kind: type[Adaptive] | type[DCT], codec: Codec, frames: int, joints: int, dtype: ValueType | None = None) -> Codec:
    """The codec of another kind that stores as much as fits in the bytes of `codec` and not one byte more.

    Raises:
        ValueError: even its smallest setting takes more.

    >>> at_equal_bytes(Adaptive, Uniform(interval=5), 120, 25)  # one keyframe less pays for the frame numbers
    Adaptive(keyframes=23, dtype='float32')
    """
    budget = bytes_per_person(codec, frames, joints)
    name = "keyframes" if kind is Adaptive else "coefficients"
    for count in range(frames, 1 if kind is Adaptive else 0, -1):
        candidate = kind(**{name: count}, dtype=dtype or codec.dtype)
        if bytes_per_person(candidate, frames, joints) <= budget:
            return candidate
    raise ValueError(f"no {kind.__name__} codec of {dtype or codec.dtype} values fits in {budget} bytes ({codec}); give more bytes or smaller values")


def cosines(times: Tensor, frames: int, count: int) -> Tensor:
    """Orthonormal DCT-II basis of `frames` frames at any times, float32 [len(times), min(count, frames)]."""
    order = _steps(min(count, frames), times.device)
    scale = torch.where(order == 0, 1.0, 2.0).div(frames).sqrt()
    return (scale * torch.cos(torch.pi / frames * (times[:, None] + 0.5) * order)).float()


def _whole(codec, name: str, least: int = 1) -> None:
    value = getattr(codec, name)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{type(codec).__name__}({name}={value!r}): expected a whole number, at least {least}")


def _one_of(codec, name: str, known) -> None:
    if getattr(codec, name) not in known:
        raise ValueError(f"{type(codec).__name__}({name}={getattr(codec, name)!r}): expected one of {', '.join(known)}")


def _tracks(x: Tensor):
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
    order = there.to(torch.int8).argsort(dim=1, descending=True, stable=True)  # present frames first, in time order
    kept = torch.where(torch.arange(there.shape[1], device=there.device) < count[:, None], order, order.gather(1, count[:, None] - 1))
    rank = there.long().cumsum(1) - 1  # of the last present frame up to each frame
    before, after = kept.gather(1, rank.clamp_min(0)), kept.gather(1, (rank + 1).clamp_max(there.shape[1] - 1))
    time = torch.arange(there.shape[1], device=there.device)
    weight = ((time - before) / (after - before).clamp_min(1)).clamp(0, 1).to(tracks.dtype)[:, :, None, None]
    ends = [tracks.gather(1, frame[:, :, None, None].expand_as(tracks)) for frame in (before, after)]
    return torch.where(there[:, :, None, None], tracks, torch.lerp(*ends, weight))


def _untrack(tracks: Tensor, packed: Packed) -> Tensor:
    """Tracks [P, F, V, C] back in their places in a batch [N, C, F, V, M], absent where they were."""
    who = packed.who.flatten()
    if packed.gaps is not None:
        gaps = _from_bits(packed.gaps, packed.frames)[:, _times(packed, tracks.shape[1]).round().long()]
        gappy = who[who > 0] == 2
        tracks[gappy] = tracks[gappy].masked_fill(gaps[:, :, None, None], 0)
    poses = tracks
    if len(tracks) < len(who):
        poses = tracks.new_zeros(len(who), *tracks.shape[1:])
        poses[who > 0] = tracks
    return motion.to_batch(poses.unflatten(0, packed.who.shape).movedim(1, 2))


def _quantise(values: Tensor, dtype: str, over: tuple[int, int]) -> dict[str, Tensor]:
    if dtype != "int8":
        return {"values": values.to(DTYPES[dtype])}
    values = values.float()
    low, high = values.amin(over, keepdim=True), values.amax(over, keepdim=True)
    offset, scale = (low + high) / 2, ((high - low) / 254).clamp_min(1e-12)
    return {"values": ((values - offset) / scale).round().clamp(-127, 127).to(torch.int8), "scale": scale, "offset": offset}


def _interpolate(kept: Tensor, positions: Tensor) -> Tensor:
    """Kept frames [P, K, V, C] at positions [P, F] among them."""
    tracks, count = kept.shape[:2]
    starts = torch.arange(tracks + 1, device=kept.device) * count
    everywhere = torch.ones(tracks * count, 1, dtype=torch.bool, device=kept.device)
    return motion.resample(kept.reshape(tracks * count, 1, *kept.shape[2:]), starts, positions, everywhere)[:, :, 0]


def _positions_among(kept: Tensor, times: Tensor) -> Tensor:
    """Where times [F] fall among kept frames [P, K]: 1.5 is half-way from the second to the third. [P, F]"""
    count = kept.shape[1]
    if count == 1:
        return times.new_zeros(len(kept), len(times))
    kept = kept.to(times.dtype).contiguous()
    after = torch.searchsorted(kept, times.expand(len(kept), -1).contiguous(), right=True).clamp(1, count - 1)
    left, right = kept.gather(1, after - 1), kept.gather(1, after)
    return (after - 1) + (times - left) / (right - left)


def _times(packed: Packed, frames: int | None) -> Tensor:
    """The frame times to restore: all of them, or `frames` evenly over the clip."""
    if frames is not None and frames < 1:
        raise ValueError(f"decode(frames={frames}): expected at least one frame")
    return motion.spread(0, packed.frames - 1, frames or packed.frames, packed.values.device)


def _steps(count: int, device) -> Tensor:
    return torch.arange(count, device=device, dtype=torch.float64)


def _to_bits(flags: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(flags, (0, -flags.shape[1] % 8)).unflatten(1, (-1, 8))
    weights = 2 ** torch.arange(8, device=flags.device)
    return (padded * weights).sum(-1).to(torch.uint8)


def _from_bits(bits: Tensor, count: int) -> Tensor:
    return (bits[..., None].int() >> torch.arange(8, device=bits.device) & 1).bool().flatten(1)[:, :count]
