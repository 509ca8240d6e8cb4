"""Measurements of codecs on clips at their recorded frame rate, for notebook 01."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import ClipSet
from ..ops import codecs, motion
from ..ops.codecs.quantisation import ValueType

MakeCodec = Callable[[int, int], codecs.Codec]
"""Frames and joints of a clip -> its codec."""


@dataclass(frozen=True)
class Recordings:
    """Clips in batches of equal length, so that no frame is resampled.

    Attributes:
        clips: N clips.
        batches: clip indices Long[n] and frames [n, C, T, V, M] of all clips with T frames.
    """

    clips: ClipSet
    batches: Sequence[tuple[Tensor, Tensor]]

    @classmethod
    def of(cls, clips: ClipSet) -> Recordings:
        """The clips as they were recorded."""
        lengths = clips.lengths.unique().tolist()
        members = [(clips.lengths == length).nonzero().flatten() for length in lengths]
        batches = [(i, clips.batch(i, frames=t)) for i, t in zip(members, lengths, strict=True)]
        return cls(clips, batches)

    def intervals(self) -> tuple[int, ...]:
        """Intervals of which at least half of the clips hold two, at least 2 and 3."""
        half = float(self.clips.lengths.float().median()) / 2
        return tuple(s for s in (2, 3, 5, 8, 12, 24) if s <= max(3, half))

    def measure(self, codec: codecs.Codec | MakeCodec) -> Measured:
        """Error and size of all clips with a codec; a function makes one for each length."""
        squared = torch.zeros(len(self.clips), self.clips.skeleton.degrees.numel(), dtype=torch.float64)
        joints, nbytes = torch.zeros(len(self.clips)), 0
        for index, x in self.batches:
            here = codec if isinstance(codec, codecs.Codec) else codec(x.shape[2], x.shape[3])
            packed = here.encode(x)
            off = (x - here.decode(packed)).square().sum(1)  # [n, T, V, M]
            squared[index.cpu()] = off.sum((1, 3)).double().cpu()
            joints[index.cpu()] = motion.presence(motion.to_frames(x)).sum((1, 2)).float().cpu()
            nbytes += packed.nbytes
        return Measured(squared, joints, nbytes)

    def errors(self, intervals: Sequence[int], **settings: object) -> dict[int, float]:
        """RMSE in mm of `codecs.Uniform` for each interval."""
        return {s: self.measure(codecs.Uniform(s, **settings)).rmse() for s in intervals}  # type: ignore[arg-type]

    def stretched_errors(self, intervals: Sequence[int], frames: int) -> dict[int, float]:
        """The same after all clips were resized to `frames` frames, as in the published replay memory."""
        x = self.clips.batch(slice(None), frames=frames)
        return Recordings(self.clips, [(torch.arange(len(x)), x)]).errors(intervals)


@dataclass(frozen=True)
class Measured:
    """Error and size of N clips.

    Attributes:
        squared: squared distance of each joint, summed over frames and persons, m², [N, V].
        frames: frames of each clip, summed over the persons who are present in them, [N].
        nbytes: of all clips together.
    """

    squared: Tensor
    frames: Tensor
    nbytes: int

    def rmse(self, members: Tensor | slice = slice(None)) -> float:
        """RMSE in mm over all joints of these clips."""
        count = float(self.frames[members].sum()) * self.squared.shape[1]
        return 1000 * (float(self.squared[members].sum()) / max(count, 1)) ** 0.5

    def by_joint(self) -> Tensor:
        """RMSE in mm of each joint, [V]."""
        return 1000 * (self.squared.sum(0) / self.frames.sum().clamp_min(1)).sqrt()

    def by_clip(self) -> Tensor:
        """RMSE in mm of each clip, [N]."""
        return 1000 * (self.squared.mean(1) / self.frames.clamp_min(1)).sqrt()


def second_difference(x: Tensor) -> Tensor:
    """|x[t + 1] − 2 x[t] + x[t − 1]| of each joint, metres per frame², [N, T, V, M]; 0 at both ends."""
    a = x.new_zeros(x.shape[0], *x.shape[2:])
    if x.shape[2] > 2:
        a[:, 1:-1] = (x[:, :, 2:] - 2 * x[:, :, 1:-1] + x[:, :, :-2]).norm(dim=1)
    return a


def within_bound(x: Tensor, y: Tensor, s: int) -> tuple[Tensor, Tensor]:
    """Largest error and its bound s² a / 8 in each whole interval between stored frames, metres.

    a is the largest second difference inside the interval. Persons who are absent from a frame of the
    interval are left out.

    Args:
        x, y: original and restored clips [N, C, T, V, M].
        s: the interval.

    Returns:
        Two tensors [K], of all joints in all intervals.
    """
    whole = (x.shape[2] - 1) // s
    present = motion.presence(motion.to_frames(x))  # [N, T, M]
    error, a = (x - y).norm(dim=1), second_difference(x)
    found, bounds = [], []
    for k in range(whole):
        inside = slice(k * s, (k + 1) * s + 1)
        here = present[:, inside].all(1)[:, None, :].expand(-1, x.shape[3], -1)  # [N, V, M]
        found.append(error[:, inside].amax(1)[here])
        bounds.append(a[:, k * s + 1 : (k + 1) * s].amax(1)[here] * s**2 / 8)
    empty = x.new_zeros(0)
    return torch.cat([empty, *found]), torch.cat([empty, *bounds])


def lag(x: Tensor, s: int) -> float | None:
    """Largest distance (m) of the half-pixel reconstruction from the indexed one (s − 1) / 2 frames before.

    Clips are cut to a whole number of intervals; frames with a person who is absent are left out.

    Returns:
        None if the clips are too short.
    """
    frames, late = x.shape[2] // s * s, (s - 1) // 2
    if frames < 2 * s:
        return None
    x = x[:, :, :frames]
    y, z = (
        codec.decode(codec.encode(x))
        for codec in (codecs.Uniform(s), codecs.Uniform(s, restore="half_pixel"))
    )
    last = frames - s + 1  # after the last stored frame both are held
    off = (z[:, :, late : last + late] - y[:, :, :last]).norm(dim=1)
    always = motion.presence(motion.to_frames(x)).all(1)[:, None, None, :]  # [N, 1, 1, M]
    return float((off * always).max())


def equal_bytes(kind: type[codecs.Codec], s: int, dtype: ValueType) -> MakeCodec:
    """Makes the largest codec of a kind that takes at most the bytes of every s-th frame in `dtype`.

    If none is that small, it is the smallest of its kind.
    """

    def make(frames: int, joints: int) -> codecs.Codec:
        plain = codecs.Uniform(s, dtype=dtype)
        if kind is codecs.Uniform:
            return plain
        try:
            return codecs.at_equal_bytes(kind, plain, frames, joints, dtype)
        except ValueError:
            return list(kind.sizes(frames, dtype))[-1]

    return make


def codec_families(intervals: Sequence[int]) -> dict[str, dict[str, MakeCodec]]:
    """Codecs of the rate–distortion figure: family -> "s = 5" -> codec with the bytes of that interval."""
    kinds: Mapping[str, tuple[type[codecs.Codec], ValueType]] = {
        "uniform, float32": (codecs.Uniform, "float32"),
        "uniform, int8": (codecs.Uniform, "int8"),
        "keyframes, int8": (codecs.Adaptive, "int8"),
        "cosines, float16": (codecs.DCT, "float16"),
        "cosines, int8": (codecs.DCT, "int8"),
    }
    listed = {codecs.Uniform, codecs.Adaptive, codecs.DCT}
    new = {kind.label or name: kind for name, kind in codecs.CODECS.items() if kind not in listed}
    kinds = {**kinds, **{name: (kind, "float32") for name, kind in new.items()}}
    return {
        family: {f"s = {s}": equal_bytes(kind, s, dtype) for s in intervals}
        for family, (kind, dtype) in kinds.items()
    }
