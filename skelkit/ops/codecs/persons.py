"""Persons of a batch as tracks, and back: the steps that every codec shares."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .. import motion
from ..motion import to_frames
from .packed import Packed, frame_times


@dataclass(frozen=True)
class PersonTracks:
    """The persons of a batch who are present in any frame, with gaps bridged by linear interpolation.

    Attributes:
        poses: [N, M, T, V, C], all persons; or [P, T, V, C], the tracks, if `selected`.
        presence, gaps: as in `Packed`.
        selected: whether `poses` are already the tracks alone.
    """

    poses: Tensor
    presence: Tensor
    gaps: Tensor | None = None
    selected: bool = False

    def frames(self, index: Tensor | slice = slice(None)) -> Tensor:
        """The tracks at these frames, [P, K, V, C]. Default: all frames."""
        if self.selected:
            return self.poses[:, index]
        poses = self.poses[:, :, index]  # [N, M, K, V, C]
        present = self.presence > 0
        return poses.flatten(0, 1) if bool(present.all()) else poses[present]


def person_tracks(x: Tensor) -> PersonTracks:
    """The tracks of clips x [N, C, T, V, M].

    Raises:
        ValueError: x does not have 5 axes.
    """
    poses = to_frames(x.detach()).movedim(2, 1)  # [N, M, T, V, C]
    present = motion.presence(poses)  # [N, M, T]
    in_any, in_all = present.any(2), present.all(2)
    presence = in_any.to(torch.uint8) * 2 - in_all.to(torch.uint8)
    has_gaps = ~in_all[in_any]  # [P]
    if not has_gaps.any():
        return PersonTracks(poses, presence)
    tracks, present = poses[in_any].float(), present[in_any]
    tracks[has_gaps] = _bridge_gaps(tracks[has_gaps], present[has_gaps])
    return PersonTracks(tracks, presence, _to_bits(~present[has_gaps]), selected=True)


def _bridge_gaps(tracks: Tensor, present: Tensor) -> Tensor:
    """Interpolate linearly across absent frames, and repeat the first and last present frame beyond them.

    Without this, codecs would spend bytes on jumps to the origin that are never shown.

    Args:
        tracks: [P, T, V, C].
        present: bool[P, T], true at least once in every row.
    """
    frames = present.shape[1]
    time = torch.arange(frames, device=present.device)
    count = present.sum(1)
    # Frame numbers of the present frames in time order; the last one fills the rest of the row.
    order = present.to(torch.int8).argsort(dim=1, descending=True, stable=True)
    order = torch.where(time < count[:, None], order, order.gather(1, count[:, None] - 1))
    rank = present.long().cumsum(1) - 1  # rank of the last present frame up to each frame
    before = order.gather(1, rank.clamp_min(0))
    after = order.gather(1, (rank + 1).clamp_max(frames - 1))
    weight = ((time - before) / (after - before).clamp_min(1)).clamp(0, 1).to(tracks.dtype)
    left, right = (tracks.gather(1, frame[:, :, None, None].expand_as(tracks)) for frame in (before, after))
    bridged = torch.lerp(left, right, weight[:, :, None, None])
    return torch.where(present[:, :, None, None], tracks, bridged)


def from_tracks(tracks: Tensor, packed: Packed) -> Tensor:
    """Put tracks [P, F, V, C] back into a batch [N, C, F, V, M]; persons are zero where they were absent.

    Overwrites the absent frames of `tracks`.
    """
    presence = packed.presence.flatten()  # [N M]
    # Positions of the tracks: those of all who are present, whose number is known without reading the flags.
    place = (presence == 0).byte().sort(stable=True).indices[: len(tracks)]  # [P]
    if packed.gaps is not None:
        frames = frame_times(packed, tracks.shape[1]).round().long()
        gaps = _from_bits(packed.gaps, packed.frames)[:, frames]  # bool[G, F]
        has_gaps = presence[place] == 2  # [P]
        row = (has_gaps.cumsum(0) - 1).clamp_min(0)  # [P], of `gaps`
        tracks.masked_fill_((gaps[row] & has_gaps[:, None])[:, :, None, None], 0)
    poses = tracks
    if len(tracks) < len(presence):
        poses = tracks.new_zeros(len(presence), *tracks.shape[1:]).index_copy_(0, place, tracks)
    return motion.to_batch(poses.unflatten(0, packed.presence.shape).movedim(1, 2))


def interpolate(stored: Tensor, positions: Tensor) -> Tensor:
    """Linear interpolation of stored frames [P, K, V, C] at fractional positions [P, F]: [P, F, V, C]."""
    tracks, count = stored.shape[:2]
    starts = torch.arange(tracks + 1, device=stored.device) * count
    present = torch.ones(tracks * count, 1, dtype=torch.bool, device=stored.device)
    frames = stored.reshape(tracks * count, 1, *stored.shape[2:])
    return motion.resample(frames, starts, positions, present)[:, :, 0]


def positions_among(stored: Tensor, times: Tensor) -> Tensor:
    """Fractional positions [P, F] of times [F] among the stored frame numbers [P, K].

    Position 1.5 is half-way from the second to the third stored frame.
    """
    count = stored.shape[1]
    if count == 1:
        return times.new_zeros(len(stored), len(times))
    stored = stored.to(times.dtype).contiguous()
    rows = times.expand(len(stored), -1).contiguous()
    after = torch.searchsorted(stored, rows, right=True).clamp(1, count - 1)
    left, right = stored.gather(1, after - 1), stored.gather(1, after)
    return (after - 1) + (times - left) / (right - left)


def _to_bits(flags: Tensor) -> Tensor:
    """bool[G, T] -> uint8[G, ceil(T / 8)], lowest bit first."""
    padded = torch.nn.functional.pad(flags, (0, -flags.shape[1] % 8)).unflatten(1, (-1, 8))
    weights = 2 ** torch.arange(8, device=flags.device)
    return (padded * weights).sum(-1).to(torch.uint8)


def _from_bits(bits: Tensor, count: int) -> Tensor:
    """uint8[G, ceil(count / 8)] -> bool[G, count]."""
    return (bits[..., None].int() >> torch.arange(8, device=bits.device) & 1).bool().flatten(1)[:, :count]
