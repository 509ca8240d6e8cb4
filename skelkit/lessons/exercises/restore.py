"""Exercise of notebook 01: the clip restored from its stored frames."""

from __future__ import annotations

import torch
from torch import Tensor

from .compress import compress
from .exercise import Case, Exercise
from .samples import walk


def restore(z: Tensor, frames: int, s: int) -> Tensor:
    """Clips [N, C, frames, V, M] from their frames 0, s, 2s, … and the last, z [N, C, K, V, M]."""
    stored = torch.arange(z.shape[2]) * s
    stored[-1] = frames - 1  # when each stored frame was recorded
    time = torch.arange(frames)
    right = torch.searchsorted(stored, time).clamp(min=min(1, len(stored) - 1))
    left = (right - 1).clamp(min=0)
    w = (time - stored[left]) / (stored[right] - stored[left]).clamp(min=1)
    return torch.lerp(z[:, :, left], z[:, :, right], w.reshape(1, 1, -1, 1, 1))


def _cases() -> list[Case]:
    lengths = ((12, 5), (11, 5), (1, 3), (7, 1), (4, 9), (23, 4))
    return [
        Case(f"for {frames} frames and s = {s}", (compress(walk(frames), s), frames, s))
        for frames, s in lengths
    ]


def _resized(z: Tensor, frames: int, centres: bool) -> Tensor:
    n, c, k, v, m = z.shape
    flat = z.permute(0, 1, 3, 4, 2).reshape(n, -1, k)
    resized = torch.nn.functional.interpolate(flat, frames, mode="linear", align_corners=not centres)
    return resized.reshape(n, c, v, m, frames).movedim(4, 2)


def _held(z: Tensor, frames: int, s: int) -> Tensor:
    return z[:, :, (torch.arange(frames) // s).clamp(max=z.shape[2] - 1)]


def _nearest(z: Tensor, frames: int, s: int) -> Tensor:
    return z[:, :, ((torch.arange(frames) + s // 2) // s).clamp(max=z.shape[2] - 1)]


def _even_steps(z: Tensor, frames: int, s: int) -> Tensor:
    """The last stored frame at time (K - 1) s instead of at frames - 1."""
    last = z.shape[2] - 1
    time = torch.arange(frames) / s
    left = time.long().clamp(max=last)
    return torch.lerp(z[:, :, left], z[:, :, (left + 1).clamp(max=last)], (time - left)[:, None, None])


def _last_ignored(z: Tensor, frames: int, s: int) -> Tensor:
    return _even_steps(z[:, :, : (frames - 1) // s + 1], frames, s)


def _backwards(z: Tensor, frames: int, s: int) -> Tensor:
    """The weights of both neighbours exchanged."""
    stored = (torch.arange(z.shape[2]) * s).clamp(max=frames - 1)
    time = torch.arange(frames)
    right = torch.searchsorted(stored, time).clamp(min=min(1, len(stored) - 1))
    left = (right - 1).clamp(min=0)
    w = (time - stored[left]) / (stored[right] - stored[left]).clamp(min=1)
    return torch.lerp(z[:, :, right], z[:, :, left], w[:, None, None])


EXERCISE = Exercise(
    name="restore",
    notebook="01_compression",
    reference=restore,
    cases=_cases,
    mistakes=(
        (
            "Shifted by half an interval: `interpolate` takes each stored frame for the middle of a "
            "segment, but it is the first frame of one.",
            lambda z, frames, s: _resized(z, frames, centres=True),
        ),
        (
            "All stored frames are spread evenly; but the last one is nearer to its neighbour "
            "wherever s does not divide T − 1.",
            lambda z, frames, s: _resized(z, frames, centres=False),
        ),
        (
            "The last stored frame is put a whole interval after its neighbour; it was recorded at T − 1.",
            _even_steps,
        ),
        (
            "The last stored frame is not used: the frames after the last multiple of s are held.",
            _last_ignored,
        ),
        ("Each stored frame is held until the next: nothing is interpolated.", _held),
        ("Each frame takes the nearest stored one: nothing is interpolated.", _nearest),
        (
            "The weights of the two neighbours are exchanged: a frame next to the left one must resemble it.",
            _backwards,
        ),
    ),
    hints=(
        "At what times were the stored frames recorded? At 0, s, 2s, …, and the last one at frames − 1.",
        "`torch.searchsorted(stored, time)` finds, for each time, the first stored frame that is not earlier,"
        " its right neighbour. The left one is the one before.",
        "With w = (time − left) / (right − left), the frame is (1 − w) · left frame + w · right frame: "
        "`torch.lerp`.",
    ),
)
