"""Notebook 01, Compression: reconstruction errors of codecs, charts of them, and the sentences about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from .. import study
from ..analysis import realism
from ..data import ClipSet
from ..data.readers import find_reader
from ..ops import codecs, fidelity, motion
from ..viz import figures, show
from .compression_measures import Measured, Recordings, codec_families, lag, within_bound

Errors = Mapping[int, float]
"""Interval s -> RMSE in mm."""


def round_trip(codec: codecs.Codec, x: Tensor) -> Tensor:
    """The clips after encoding and decoding, [N, C, T, V, M]."""
    return codec.decode(codec.encode(x))


def show_frame_rate(clips: ClipSet, dataset: str) -> None:
    """Say at which rate the clips were recorded, and whether that was read or assumed."""
    assumed = dataset != "synthetic" and "assumed" in " ".join(
        find_reader(dataset).remarks(Path(dataset), None)
    )
    length = f"clips have {int(clips.lengths.min())} to {int(clips.lengths.max())} frames"
    study.finding(
        not assumed,
        f"Recorded at {clips.fps:g} frames per second; {length}. "
        "'Every s-th frame' means every s-th recorded one.",
        f"The file does not say its frame rate: {clips.fps:g} frames per second are assumed, and all seconds "
        f"and hertz on this page follow from that; {length}. Millimetres and bytes do not depend on it.",
    )


def check_algorithm(
    compress: Callable[[Tensor, int], Tensor],
    restore: Callable[[Tensor, int, int], Tensor],
    clips: Recordings,
) -> None:
    """Claim that two functions do what the library does, on all clips without gaps and on a straight line.

    Args:
        compress: (x, s) -> stored frames.
        restore: (stored frames, frames, s) -> clips.
        clips: to compare on.
    """
    worst, tried = 0.0, 0
    for x in [straight_line(30, 5), *(x for _, x in clips.batches)]:
        present = motion.presence(motion.to_frames(x))  # [N, T, M]
        whole = x[(present.any(1) == present.all(1)).all(1)]
        for s in (1, 2, 5, 8):
            y = restore(compress(whole, s), x.shape[2], s)
            worst = max(
                [worst, *(y - round_trip(codecs.Uniform(s), whole)).abs().flatten(1).amax(1).tolist()]
            )
        tried += len(whole)
    study.claim(
        f"These lines restore {tried} clips as the library's uniform codec does; the largest difference is "
        f"{1000 * worst:.3f} mm.",
        worst < 1e-4,
    )


def draw_errors(series: Mapping[str, Errors], clips: Recordings) -> None:
    """Draw the error over the interval; say what "every s-th frame" means after stretching to 120 frames."""
    stretched = clips.stretched_errors(list(next(iter(series.values()))), 120)
    name = "indexed, stretched to 120 frames first"
    show(
        figures.error_by_interval(dict(series) | {name: stretched}, "Reconstruction error over the interval")
    )
    recorded = next(iter(series.values()))
    s, length = max(s for s in recorded if s <= 5), float(clips.clips.lengths.float().median())
    study.finding(
        stretched[s] < recorded[s],
        f"Stretch the clips (median {length:.0f} frames) to 120 frames first, as the published memory does, "
        f"and s = {s} loses {stretched[s]:.1f} mm instead of {recorded[s]:.1f}: every {s}th of 120 frames is "
        f"every {s * length / 120:.1f}th recorded one. Say which frames are meant before you compare.",
        f"Resized to 120 frames first (median now {length:.0f}), s = {s} loses {stretched[s]:.1f} mm instead "
        f"of {recorded[s]:.1f}. Say which frames are meant before you compare.",
    )


def check_bound(clips: Recordings, s: int) -> None:
    """Claim that no joint exceeds the bound s² a / 8; work out one of the large errors."""
    pairs = [within_bound(x, round_trip(codecs.Uniform(s), x), s) for _, x in clips.batches]
    error, bound = (torch.cat(each) for each in zip(*pairs, strict=True))
    if not len(error):
        study.finding(False, "", f"No clip holds a whole interval of {s} frames with everybody in it.")
        return
    worst = int(error.argsort()[int(0.95 * len(error))])  # not the largest, which is a jump of the tracker
    a, fps = float(bound[worst]) * 8 / s**2, clips.clips.fps
    print(
        f"one of the large errors (95 % are smaller): a = {1000 * a:.1f} mm/frame² = {a * fps**2:.1f} m/s², "
        f"Δ = {s} frames = {s / fps:.3f} s\n  bound s² a / 8 = {s}² · {1000 * a:.1f} mm / 8 = "
        f"{1000 * float(bound[worst]):.1f} mm, measured {1000 * float(error[worst]):.1f} mm"
    )
    study.claim(
        f"In none of {len(error):,} intervals of {s} frames is a joint farther off than s² a / 8. The median "
        f"error is {float((error / bound.clamp_min(1e-9)).median()):.0%} of its bound.",
        bool((error <= bound * (1 + 1e-3) + 1e-5).all()),
    )


def check_aliasing(fps: float, s: int) -> None:
    """Claim that a wave too fast for every s-th frame looks like a slower one there."""
    fast, slow = (share * fps / s for share in (0.8, 0.2))
    time = torch.arange(0, 200, dtype=torch.float64) * s / fps  # of the stored frames
    a, b = (torch.cos(2 * torch.pi * f * time) for f in (fast, slow))
    study.claim(
        f"Of {fps:g} frames per second, every {s}th carries up to {fps / (2 * s):.1f} Hz. A hand that "
        f"waves at {fast:.1f} Hz leaves the same stored frames as one at {slow:.1f} Hz.",
        torch.allclose(a, b, atol=1e-6),
    )


def power_below_limit(clips: ClipSet, intervals: Sequence[int]) -> dict[int, float]:
    """Share of the motion's power that every s-th recorded frame can represent, for each interval s."""
    limit = {s: clips.fps / (2 * s) for s in intervals}
    share = {s: realism.power_shares(clips, ((0.0, f), (f, clips.fps / 2)))[0] for s, f in limit.items()}
    for s in intervals:
        print(f"s = {s:2d}   represents up to {limit[s]:4.1f} Hz   {share[s]:.1%} of the power")
    return share


def draw_two_reconstructions(clips: ClipSet, s: int) -> None:
    """Draw one coordinate of the clip with the strongest acceleration: original, indexed, half-pixel."""
    indexed, half_pixel = codecs.Uniform(s), codecs.Uniform(s, restore="half_pixel")
    fastest = max(clips, key=lambda clip: float(fidelity.acceleration(clip.batch, cutoff=0.02)))
    one = fastest.batch
    joint = int(motion.speed(one, clips.fps)[0, :, :, 0].mean(0).argmax())
    axis = int(one[0, :, :, joint, 0].std(1).argmax())
    versions = {
        "original": one,
        "indexed": round_trip(indexed, one),
        "half-pixel (published)": round_trip(half_pixel, one),
    }
    curves = {name: y[0, axis, :, joint, 0].cpu() for name, y in versions.items()}
    names = f"{clips.skeleton.joints[joint]}, {fastest.class_name}".replace("_", " ")
    title = f"{'xyz'[axis]} of {names}, s = {s}"
    show(figures.tracks(curves, clips.fps, title, kept=indexed.stored_frames(one.shape[2])))


def check_delays(clips: Recordings, intervals: Sequence[int] = (3, 5, 9)) -> dict[int, float]:
    """Claim that the half-pixel reconstruction is the indexed one, (s − 1) / 2 frames late; s -> frames.

    Only intervals that fit twice into some clip take part."""
    found = {s: [d for _, x in clips.batches if (d := lag(x, s)) is not None] for s in intervals}
    found = {s: off for s, off in found.items() if off}
    if not found:
        study.finding(False, "", "All clips are too short to see a delay.")
        return {}
    late = {s: (s - 1) / 2 for s in found}
    study.claim(
        f"Where s divides the length, the half-pixel reconstruction is the indexed one, (s − 1) / 2 frames "
        f"late: {', '.join(f'{late[s]:g} at s = {s}' for s in late)}. Largest difference: "
        f"{1000 * max(max(off) for off in found.values()):.3f} mm.",
        all(max(off) < 1e-3 for off in found.values()),
    )
    return late


def compare_reconstructions(series: Mapping[str, Errors]) -> None:
    """Compare the errors of "indexed", "indexed, last frame kept" and "half-pixel (published)"."""
    indexed, half_pixel = series["indexed"], series["half-pixel (published)"]
    endpoint, s, large = series["indexed, last frame kept"], max(k for k in indexed if k <= 5), max(indexed)
    study.claim(
        f"The half-pixel reconstruction has the larger error at every s. At s = {s} it is "
        f"{half_pixel[s]:.1f} mm against {indexed[s]:.1f}, {half_pixel[s] / indexed[s]:.1f} times as much.",
        all(half_pixel[k] > indexed[k] for k in indexed),
    )
    study.finding(
        endpoint[large] < indexed[large],
        f"Storing the last frame too helps when s is large: at s = {large} the error falls from "
        f"{indexed[large]:.1f} to {endpoint[large]:.1f} mm.",
        f"Storing the last frame too does not help, even at s = {large}: {endpoint[large]:.1f} mm.",
    )


def draw_rate_distortion(clips: Recordings, intervals: Sequence[int]) -> dict[str, dict]:
    """Draw error against bytes; returns a row for each codec: "family", "bytes_per_clip", "rmse_mm"."""
    rows = {}
    for family, makers in codec_families(intervals).items():
        for setting, make in makers.items():
            found, name = clips.measure(make), f"{family}, {setting}"
            rows[name] = {"codec": name, "family": family} | _row(found, len(clips.clips))
    show(figures.rate_distortion(list(rows.values())))
    return rows


def _row(found: Measured, clips: int) -> dict[str, float]:
    return {"bytes_per_clip": found.nbytes / clips, "rmse_mm": found.rmse()}


def compare_equal_bytes(clips: Recordings, rows: Mapping[str, dict]) -> dict[str, list[float]]:
    """Say which of frames, keyframes and cosines loses least at equal bytes in int8, and what a byte costs.

    Returns:
        "s = 5" -> errors in mm of the three.
    """
    names = ("every s-th frame", "keyframes", "cosines")
    kinds = ("uniform, int8", "keyframes, int8", "cosines, int8")
    settings = [name.split(", ")[-1] for name in rows if name.startswith("uniform, int8")]
    errors = {each: [rows[f"{kind}, {each}"]["rmse_mm"] for kind in kinds] for each in settings}
    best = [names[min(range(3), key=each.__getitem__)] for each in errors.values()]
    study.finding(
        len(set(best)) == 1,
        f"At equal bytes, {best[0]} have the smallest error at every size.",
        "Which codec has the smallest error depends on the number of bytes: "
        + "; ".join(
            f"{name} at those of {', '.join(s for s, b in zip(errors, best, strict=True) if b == name)}"
            for name in dict.fromkeys(best)
        )
        + ".",
    )
    wide, narrow = (rows[f"uniform, {dtype}, {settings[0]}"] for dtype in ("float32", "int8"))
    study.claim(
        "With one byte per value instead of four, clips are "
        f"{wide['bytes_per_clip'] / narrow['bytes_per_clip']:.1f} times smaller, and the error changes from "
        f"{wide['rmse_mm']:.2f} to {narrow['rmse_mm']:.2f} mm.",
        narrow["bytes_per_clip"] < wide["bytes_per_clip"],
    )
    return errors


def check_bits(clips: Recordings) -> None:
    """Claim that rounding to int8 moves no coordinate by more than half a step; compare with q² / 12."""
    steps, off, present = [], [], []
    for _, x in clips.batches:
        packed = codecs.Uniform(1, dtype="int8").encode(x)
        scale = packed.scale if packed.scale is not None else x.new_zeros(1)
        steps.append(scale.flatten(1).square().sum(1))
        off.append(1000 * float((round_trip(codecs.Uniform(1, dtype="int8"), x) - x).abs().max()))
        present.append(1000 * float(scale.max()))
    q2 = float(torch.cat(steps).mean())
    found = clips.measure(codecs.Uniform(1, dtype="int8")).rmse()
    print(
        f"8 bits: mean step q = {1000 * (q2 / 3) ** 0.5:.1f} mm, so √(Σ q² / 12) = "
        f"{1000 * (q2 / 12) ** 0.5:.2f} mm is expected, {found:.2f} mm are measured; one bit fewer doubles it"
    )
    study.claim(
        f"Rounding moves no coordinate by more than half a step: {max(off):.1f} mm of {max(present):.1f}.",
        all(o <= 0.5 * q + 0.01 for o, q in zip(off, present, strict=True)),
    )


def straight_line(frames: int, joints: int) -> Tensor:
    """One clip whose joints all move along a straight line at constant speed, [1, 3, T, V, 1]."""
    return torch.linspace(1, 2, frames).reshape(1, 1, frames, 1, 1).expand(1, 3, frames, joints, 1)
