"""Measuring this machine, in ratios: both sides in one run, several times, medians."""

from __future__ import annotations

import statistics

import torch

from ..data import load
from ..ops import codecs, masks, motion
from ..skeletons.layouts import NTU25
from .timing import against_a_copy, seconds


def ntu_shaped(clips: int, device: torch.device, seed: int = 0) -> torch.Tensor:
    """A batch as ClipSet.batch makes it: [clips, 3, 120, 25, 2], both persons present."""
    generator = torch.Generator().manual_seed(seed)
    return motion.to_batch(torch.randn(clips, 120, 2, 25, 3, generator=generator).cumsum(1).to(device))


def bench_codecs(device: torch.device, clips: int = 512, rounds: int = 15) -> list[dict]:
    """Encode and decode against copying the decoded tensor once: time, ratio, bytes."""
    x = ntu_shaped(clips, device)
    rows = []
    for name, codec in {
        "uniform s=5, indexed": codecs.Uniform(5),
        "uniform s=5, half-pixel": codecs.Uniform(5, restore="half_pixel"),
        "uniform s=5, int8": codecs.Uniform(5, dtype="int8"),
        "cosine transform, 24": codecs.DCT(24),
        "cosine transform, 24, int8": codecs.DCT(24, dtype="int8"),
        "adaptive, 24 keyframes": codecs.Adaptive(24),
    }.items():
        y = codec.decode(codec.encode(x))
        few = rounds if not isinstance(codec, codecs.Adaptive) else 3
        rows.append(against_a_copy(name, lambda codec=codec: codec.decode(codec.encode(x)), y, clips, few))
    return rows


def bench_clips(device: torch.device, clips: int = 3000, rounds: int = 5) -> list[dict]:
    """The embedded set, and batches from it against copying the batch."""
    took = statistics.median(seconds(lambda: load("synthetic", clips=clips)) for _ in range(rounds))
    rows = [{"what": "embedded clips made", "ms": 1000 * took, "clips a second": clips / took}]
    some = load("synthetic", clips=512).to(device)
    x = some.batch(slice(None), frames=120)
    some.present  # noqa: B018 - computed once per set, as in training
    return [
        *rows,
        against_a_copy(
            "batch of 512, 120 frames", lambda: some.batch(slice(None), frames=120), x, 512, rounds * 3
        ),
    ]


def bench_masks(device: torch.device, clips: int = 512, rounds: int = 15) -> list[dict]:
    """Masks of 512 clips of 50 frames against copying the clips."""
    x, generator = ntu_shaped(clips, device)[:, :, :50], torch.Generator().manual_seed(0)
    rows = []
    for name, draw in {
        "degree joints": lambda: masks.degree_joints(x, NTU25, 0.3, generator),
        "high-motion frames": lambda: masks.high_motion_frames(x, ratio=0.2),
        "high-motion frames, 6 Hz low-pass": lambda: masks.high_motion_frames(x, ratio=0.2, cutoff=6.0),
        "asymmetric views": lambda: masks.asymmetric_views(x, NTU25, generator),
    }.items():
        rows.append(against_a_copy(name, draw, x, clips, rounds))
    return rows
