"""Benchmarks of codecs, batches and masks against copying the same memory."""

from __future__ import annotations

import statistics
from functools import partial

import torch
from torch import Tensor

from ..data import load
from ..ops import codecs, masks, motion
from ..skeletons.layouts import NTU25
from .timing import Row, against_a_copy, seconds

STORED_AS: tuple[codecs.ValueType, ...] = ("float32", "int8")
"""Number types that codecs are compared with."""

CODEC_SECONDS = 1.5
"""Time for the rounds of one codec; three rounds are always run."""


def ntu_shaped(clips: int, device: torch.device, seed: int = 0) -> Tensor:
    """A random batch [clips, 3, 120, 25, 2] as `ClipSet.batch` returns it, with both persons present."""
    generator = torch.Generator().manual_seed(seed)
    return motion.to_batch(torch.randn(clips, 120, 2, 25, 3, generator=generator).cumsum(1).to(device))


def bench_codecs(device: torch.device, clips: int = 512, rounds: int = 15) -> list[Row]:
    """Encoding and decoding against copying the decoded tensor once: every codec, at equal bytes.

    A codec that needs much longer than a copy runs fewer rounds.
    """
    x = ntu_shaped(clips, device)
    frames, joints = x.shape[2:4]
    compared = {
        f"{name}, {dtype}": make(5, dtype, frames, joints)
        for name, make in codecs.comparison(codecs.CODECS).items()
        for dtype in STORED_AS
    }

    def row(name: str, codec: codecs.Codec) -> Row:
        def round_trip() -> Tensor:
            return codec.decode(codec.encode(x))

        affordable = round(CODEC_SECONDS / seconds(round_trip))
        return against_a_copy(name, round_trip, round_trip(), clips, min(rounds, max(3, affordable)))

    return [row(name, codec) for name, codec in compared.items()]


def bench_clips(device: torch.device, clips: int = 3000, rounds: int = 5) -> list[Row]:
    """Time to generate the synthetic clips, and to make a batch of them, relative to a copy of that batch."""
    took = statistics.median(seconds(lambda: load("synthetic", clips=clips)) for _ in range(rounds))
    generation = {"what": "embedded clips made", "ms": 1000 * took, "clips a second": clips / took}
    loaded = load("synthetic", clips=512).to(device)
    batch = partial(loaded.batch, slice(None), frames=120)
    x = batch()
    loaded.present  # noqa: B018 - computed once per set, as in training
    return [generation, against_a_copy("batch of 512, 120 frames", batch, x, 512, rounds * 3)]


def bench_masks(device: torch.device, clips: int = 512, rounds: int = 15) -> list[Row]:
    """Masks of clips of 50 frames against copying the clips."""
    x, generator = ntu_shaped(clips, device)[:, :, :50], torch.Generator().manual_seed(0)
    compared = {
        "degree joints": lambda: masks.degree_joints(x, NTU25, 0.3, generator),
        "high-motion frames": lambda: masks.high_motion_frames(x, ratio=0.2),
        "high-motion frames, 6 Hz low-pass": lambda: masks.high_motion_frames(x, ratio=0.2, cutoff=6.0),
        "asymmetric views": lambda: masks.asymmetric_views(x, NTU25, generator),
    }
    return [against_a_copy(name, draw, x, clips, rounds) for name, draw in compared.items()]
