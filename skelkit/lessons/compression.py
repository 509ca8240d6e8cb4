"""Notebook 01, Compression: reconstruction errors of codecs, charts of them, and the sentences about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .. import study
from ..analysis import realism
from ..analysis.rate_distortion import rate_distortion
from ..data import ClipSet
from ..ops import codecs, fidelity, masks, motion
from ..ops.codecs.quantisation import ValueType
from ..viz import figures, show

CODEC_NAMES = ("evenly spaced frames", "chosen keyframes", "cosines")
"""The three families of codecs, in the order of the columns of `equal_bytes`."""


def round_trip(codec: codecs.Codec, x: Tensor) -> Tensor:
    """The clips after encoding and decoding, [N, C, T, V, M]."""
    return codec.decode(codec.encode(x))


def reconstruction_error(codec: codecs.Codec, x: Tensor) -> float:
    """RMSE of all clips after encoding and decoding, in millimetres."""
    return float(fidelity.rmse(x, round_trip(codec, x)))


def power_below_limit(x: Tensor, clips: ClipSet, intervals: Sequence[int]) -> dict[int, float]:
    """Fraction of the motion's power below the Nyquist frequency of every s-th frame, for each interval s.

    Args:
        x: the clips, all resized to T frames, [N, C, T, V, M].
        clips: the same clips at their own lengths; the median duration converts frames to Hz.
    """
    frames = x.shape[2]
    rate = frames / float((clips.lengths / clips.fps).median())  # frames per second after resizing
    resized = ClipSet.from_arrays(list(motion.to_frames(x).cpu()), skeleton=clips.skeleton, fps=1.0)
    share = {s: realism.power_shares(resized, ((0.0, 0.5 / s), (0.5 / s, 0.5)))[0] for s in intervals}
    for s in intervals:
        print(f"s = {s:2d}   represents up to {rate / (2 * s):4.1f} Hz   {share[s]:.1%} of the power")
    study.claim(
        f"{share[5]:.0%} of the motion's power lies below {rate / 10:.1f} Hz, the limit for every 5th of "
        f"{frames} frames. For every 12th frame it is {share[12]:.0%}.",
        share[5] >= share[12],
    )
    return share


def draw_two_reconstructions(x: Tensor, clips: ClipSet, s: int) -> None:
    """Draw one coordinate of the clip with the strongest acceleration: original, indexed, half-pixel."""
    indexed, half_pixel = codecs.Uniform(s), codecs.Uniform(s, restore="half_pixel")
    fastest = int(fidelity.acceleration(x, cutoff=0.02).argmax())
    one = x[fastest : fastest + 1]
    joint = int(motion.speed(one, clips.fps)[0, :, :, 0].mean(0).argmax())
    axis = int(one[0, :, :, joint, 0].std(1).argmax())
    versions = {
        "original": one,
        "indexed": round_trip(indexed, one),
        "half-pixel (published)": round_trip(half_pixel, one),
    }
    curves = {name: y[0, axis, :, joint, 0].cpu() for name, y in versions.items()}
    names = f"{clips.skeleton.joints[joint]}, {clips[fastest].class_name}".replace("_", " ")
    title, fps = f"{'xyz'[axis]} of {names}, s = {s}", x.shape[2] / clips[fastest].seconds
    show(figures.tracks(curves, fps, title, kept=indexed.stored_frames(x.shape[2])))


def check_delays(delays: Mapping[int, Mapping[str, float]]) -> None:
    """Claim that the half-pixel reconstruction is (s - 1) / 2 frames late, the indexed one not.

    Args:
        delays: s -> reconstruction ("indexed", "half_pixel") -> delay in frames.
    """
    for s, d in delays.items():
        print(
            f"s = {s}: delay of half-pixel {d['half_pixel']:.0f} frames, (s - 1) / 2 = {(s - 1) / 2:.0f}; "
            f"delay of indexed {d['indexed']:.0f} frames"
        )
    half_pixel, indexed = (
        ", ".join(format(d[restore], ".0f") for d in delays.values()) for restore in ("half_pixel", "indexed")
    )
    study.claim(
        f"The half-pixel reconstruction is (s - 1) / 2 frames late: {half_pixel} frames for s = "
        f"{', '.join(map(str, delays))}. The delay of the indexed one is {indexed} frames.",
        all(abs(d["half_pixel"] - (s - 1) / 2) <= 1 and abs(d["indexed"]) <= 1 for s, d in delays.items()),
    )


def compare_reconstructions(
    series: Mapping[str, Mapping[int, float]], median_body: Mapping[int, float]
) -> None:
    """Draw the reconstruction error over the interval, and compare the three reconstructions.

    Args:
        series: "indexed", "indexed, last frame kept", "half-pixel (published)" -> interval -> mm.
        median_body: interval -> error of the median body, mm.
    """
    ours = {"indexed, median body": median_body, "indexed, median body (NTU)": realism.RECONSTRUCTION_MM}
    show(figures.error_by_interval(dict(series) | ours, "Reconstruction error over the interval"))
    indexed, half_pixel = series["indexed"], series["half-pixel (published)"]
    endpoint = series["indexed, last frame kept"]
    study.claim(
        "The half-pixel reconstruction has the larger error at every s. At s = 5 it is "
        f"{half_pixel[5]:.1f} mm against {indexed[5]:.1f}, {half_pixel[5] / indexed[5]:.1f} times as much.",
        all(half_pixel[s] / indexed[s] > 1 for s in indexed),
    )
    study.finding(
        endpoint[24] < indexed[24],
        "Keeping the last frame too helps when s is large: at s = 24 the error falls from "
        f"{indexed[24]:.1f} to {endpoint[24]:.1f} mm.",
        f"Keeping the last frame too does not help, even at s = 24: the error is {endpoint[24]:.1f} mm.",
    )


def codec_families(frames: int) -> dict[str, dict[int, codecs.Codec]]:
    """Codecs of the rate-distortion figure: family name -> setting (s or k) -> codec.

    Codecs not listed here get the bytes of the uniform codec at several s, if their `sizes` reach them."""
    ks = [k for k in (48, 24, 15, 10, 6) if k < frames]
    families: dict[str, dict[int, codecs.Codec]] = {
        "uniform, float32": {s: codecs.Uniform(s) for s in (2, 3, 5, 8, 12, 24)},
        "uniform, int8": {s: codecs.Uniform(s, dtype="int8") for s in (1, 2, 3, 5, 8, 12, 24)},
        "adaptive, int8": {k: codecs.Adaptive(k, dtype="int8") for k in ks[1:]},
        "cosines, float16": {k: codecs.DCT(k, dtype="float16") for k in ks},
        "cosines, int8": {k: codecs.DCT(k, dtype="int8") for k in ks},
    }
    listed = (codecs.Uniform, codecs.Adaptive, codecs.DCT)
    for name, kind in codecs.CODECS.items():
        if kind not in listed:
            least = min(c.bytes_per_person(frames, 25) for c in kind.sizes(frames, "float32"))
            families[kind.label or name] = {
                s: codecs.at_equal_bytes(kind, codec, frames, joints=25)
                for s, codec in families["uniform, float32"].items()
                if codec.bytes_per_person(frames, 25) >= least
            }
    return families


def draw_rate_distortion(
    clips: ClipSet, families: Mapping[str, Mapping[int, codecs.Codec]], frames: int
) -> dict[str, dict]:
    """Draw error against bytes; returns one row of `rate_distortion` per codec, "family, setting".

    Args:
        families: family name -> setting (s or k) -> codec.
    """
    family = {f"{name}, {setting}": name for name, each in families.items() for setting in each}
    by_name = {f"{name}, {setting}": c for name, each in families.items() for setting, c in each.items()}
    overall = {
        row["codec"]: row | {"family": family[row["codec"]]}
        for row in rate_distortion(clips, by_name, frames)
        if row["class"] == "all"
    }
    show(figures.rate_distortion(list(overall.values())))
    return overall


def equal_bytes(x: Tensor, sizes: Sequence[tuple[int, ValueType]]) -> dict[str, list[float]]:
    """Reconstruction errors (mm) of evenly spaced frames, keyframes and cosines that take the same bytes.

    Args:
        x: clips, [N, C, T, V, M].
        sizes: (s, dtype) of the uniform codec whose bytes all three may take.
    """
    found = {}
    for s, dtype in sizes:
        plain = codecs.Uniform(s, dtype=dtype)
        others = [
            codecs.at_equal_bytes(kind, plain, x.shape[2], x.shape[3], dtype)
            for kind in (codecs.Adaptive, codecs.DCT)
        ]
        found[f"s = {s}, {dtype}"] = [reconstruction_error(codec, x) for codec in (plain, *others)]
    return found


def compare_equal_bytes(equal: Mapping[str, Sequence[float]], overall: Mapping[str, dict]) -> None:
    """Say which codec loses least at equal bytes, and what one byte per value costs.

    Args:
        equal: from `equal_bytes`.
        overall: from `draw_rate_distortion`.
    """
    print("error at equal bytes (mm, RMSE)     every s-th   keyframes   cosines")
    for name, (even, chosen, cosine) in equal.items():
        print(f"  as many bytes as {name:<16} {even:10.1f} {chosen:11.1f} {cosine:9.1f}")
    best = {size: CODEC_NAMES[min(range(3), key=errors.__getitem__)] for size, errors in equal.items()}
    few, many = "s = 12, float32", "s = 3, int8"
    study.finding(
        best[few] == best[many],
        f"At equal bytes, {best[few]} have the smallest error, both with few bytes ({few}) and with coarse "
        f"values ({many}).",
        f"Which codec has the smallest error depends on the number of bytes: {best[few]} at the bytes of "
        f"{few}, {best[many]} at the bytes of {many}.",
    )
    wide, narrow = overall["uniform, float32, 5"], overall["uniform, int8, 5"]
    study.claim(
        "With one byte per value instead of four, clips are "
        f"{wide['bytes_per_clip'] / narrow['bytes_per_clip']:.1f} "
        f"times smaller, and the error changes from {wide['rmse_mm']:.2f} to {narrow['rmse_mm']:.2f} mm.",
        narrow["bytes_per_clip"] < wide["bytes_per_clip"] / 3,
    )


def draw_error_by_class(x: Tensor, clips: ClipSet, s: int) -> dict[str, float]:
    """Draw the reconstruction error of each class over its acceleration; returns class -> error in mm."""
    by_class = rate_distortion(clips, {"s": codecs.Uniform(s)}, x.shape[2])
    rows = {row["class"]: row for row in by_class if row["class"] != "all"}
    present = [k for k in range(len(clips.classes)) if clips.classes[k] in rows]
    per_clip = 1000 * fidelity.acceleration(x)  # mm per frame squared
    acceleration = [float(per_clip[clips.labels == k].mean()) for k in present]
    error = {clips.classes[k]: rows[clips.classes[k]]["rmse_mm"] for k in present}
    two = [bool((clips.persons[clips.labels == k] > 1).any()) for k in present]
    axes = "RMS acceleration (mm per frame²)", "reconstruction error (RMSE, mm)"
    title = f"Error by action at s = {s}"
    show(figures.by_class(list(error), acceleration, list(error.values()), title, *axes, two, "two persons"))
    return error


def relate_error_and_motion(x: Tensor, restored: Tensor, s: int) -> tuple[float, float]:
    """Rank correlations over clips of the reconstruction error with acceleration, and with speed."""
    acceleration = 1000 * fidelity.acceleration(x)  # mm per frame squared
    error = fidelity.rmse(x, restored, over="clip")
    by_acceleration = fidelity.rank_correlation(acceleration, error)
    by_speed = fidelity.rank_correlation(masks.joint_motion(x).mean(1), error)
    study.finding(
        by_acceleration > 0.5,
        f"Over {len(x)} clips, the error grows with the acceleration: rank correlation "
        f"{by_acceleration:.2f}.",
        f"Over {len(x)} clips, the error does not follow the acceleration: rank correlation "
        f"{by_acceleration:.2f}.",
    )
    predicted = float(acceleration.square().mean().sqrt()) * s**2 / 120**0.5
    print(
        f"slow acceleration a alone predicts an error of a s² / √120 = {predicted:.1f} mm, measured are "
        f"{float(fidelity.rmse(x, restored)):.1f} mm; the rest is motion with a period below 10 frames"
    )
    study.finding(
        by_acceleration > by_speed,
        f"Speed predicts the error less well: rank correlation {by_speed:.2f}.",
        f"Speed predicts the error as well here: rank correlation {by_speed:.2f}.",
    )
    return by_acceleration, by_speed


def compare_classes(error: Mapping[str, float], s: int) -> None:
    """Claim the classes with the largest and the smallest reconstruction error (mm)."""
    order = sorted(error, key=error.__getitem__)
    least, most = order[0], order[-1]
    study.claim(
        f"At s = {s} the error of '{most.replace('_', ' ')}' is {error[most]:.1f} mm, that of "
        f"'{least.replace('_', ' ')}' {error[least]:.1f} mm: {error[most] / error[least]:.1f} times smaller.",
        error[most] >= error[least],
    )


def draw_error_on_body(x: Tensor, clips: ClipSet, intervals: Sequence[int]) -> None:
    """Draw the reconstruction error of each joint on the body; compare the ends of limbs with the middle."""
    on_joints = {
        f"s = {s}": fidelity.rmse(x, round_trip(codecs.Uniform(s), x), over="joint") for s in intervals
    }
    pose, axis = figures.reference_pose(clips), "reconstruction error (RMSE, mm)"
    show(figures.on_body(pose, clips.skeleton, on_joints, "Error of each joint", axis, low=0.0))
    degrees, (first, errors) = clips.skeleton.degrees.to(x.device), next(iter(on_joints.items()))
    ends, middle = float(errors[degrees == 1].mean()), float(errors[degrees == degrees.max()].mean())
    study.finding(
        ends > middle,
        f"At {first} the error is {ends:.1f} mm at the ends of the body and {middle:.1f} mm at the joints "
        "where most bones meet.",
        f"At {first} the error is no larger at the ends of the body ({ends:.1f} mm) than at the joints where "
        "most "
        f"bones meet ({middle:.1f} mm).",
    )


def clips_per_megabyte(clips: ClipSet, choices: Mapping[str, codecs.Codec], frames: int) -> dict[str, float]:
    """How many clips fit in 10⁶ bytes with each codec; needs the names of notebook 01's choices."""
    stored = [row for row in rate_distortion(clips, choices, frames) if row["class"] == "all"]
    fit = {row["codec"]: 1_000_000 / row["bytes_per_clip"] for row in stored}
    for row in stored:
        print(
            f"{row['codec']:<20} {row['bytes_per_clip']:9,.0f} bytes per clip   "
            f"{fit[row['codec']]:6.0f} clips per megabyte   {row['rmse_mm']:5.1f} mm"
        )
    title = "Clips that fit in one megabyte"
    show(figures.bars({"clips": fit}, title, "codec", "clips per megabyte (10⁶ bytes)"))
    gain = fit["s = 5, float32"] / fit["all frames, float32"]
    study.claim(
        f"Keeping every 5th frame lets {gain:.1f} times as many clips into the same memory. With int8 values "
        f"it is {fit['s = 5, int8'] / fit['all frames, float32']:.0f} times as many.",
        4.9 < gain < 5.1,
    )
    return fit


def straight_line(frames: int, joints: int) -> Tensor:
    """One clip whose joints all move along a straight line at constant speed, [1, 3, T, V, 1]."""
    return torch.linspace(1, 2, frames).reshape(1, 1, frames, 1, 1).expand(1, 3, frames, joints, 1)
