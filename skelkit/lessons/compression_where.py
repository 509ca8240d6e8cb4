"""Where interpolation fails and what a memory holds: classes, joints and bytes, for notebook 01."""

from __future__ import annotations

import torch

from .. import study
from ..data import ClipSet
from ..ops import codecs, fidelity, masks
from ..viz import figures, show
from .compression_measures import Measured, Recordings, equal_bytes

HANDS = ("straight on, at two metres a second", "to and fro by ten centimetres, once a second")
"""Two motions to choose from: a fast one without acceleration, and a slow one with it."""


def two_hands(fps: float, s: int) -> str:
    """Which of the two hands of `HANDS` loses more at interval s; claims that the fast one loses nothing."""
    frames = int(4 * fps) // s * s + 1  # so that the last frame is stored
    time = torch.arange(frames) / fps
    paths = 1 + 2 * time, 1 + 0.05 * torch.cos(2 * torch.pi * time)
    errors, codec = [], codecs.Uniform(s)
    for path in paths:
        x = path.reshape(1, 1, -1, 1, 1).expand(1, 3, -1, 1, 1)
        errors.append(1000 * float((x - codec.decode(codec.encode(x)))[0, 0].abs().max()))
    fast, slow = errors
    bound = 1000 * 0.05 * (2 * torch.pi) ** 2 * (s / fps) ** 2 / 8
    study.claim(
        f"At s = {s} the fast hand is off by {fast:.2f} mm, the slow one by up to {slow:.1f} mm. The bound "
        f"Δ² a / 8 says {bound:.1f} mm, because a wave of 50 mm at 1 Hz has a = 50 mm (2π/s)².",
        fast < 0.1 and slow <= bound * 1.01,
    )
    return HANDS[int(slow > fast)]


def draw_error_by_class(clips: ClipSet, found: Measured, s: int) -> dict[str, float]:
    """Draw the reconstruction error of each class over its acceleration; returns class -> error in mm."""
    labels = clips.labels.cpu()
    present = [k for k in range(len(clips.classes)) if bool((labels == k).any())]
    per_clip = accelerations(clips)
    error = {clips.classes[k]: found.rmse(labels == k) for k in present}
    a = [float(per_clip[labels == k].mean()) for k in present]
    two = [bool((clips.persons.cpu()[labels == k] > 1).any()) for k in present]
    axes = "RMS acceleration (mm per frame²)", "reconstruction error (RMSE, mm)"
    title = f"Error by action at s = {s}"
    show(figures.by_class(list(error), a, list(error.values()), title, *axes, two, "two persons"))
    most, least = max(error, key=error.__getitem__), min(error, key=error.__getitem__)
    study.finding(
        error[most] > 1.5 * error[least],
        f"At s = {s} the error of '{most.replace('_', ' ')}' is {error[most]:.1f} mm, that of "
        f"'{least.replace('_', ' ')}' {error[least]:.1f} mm.",
        f"At s = {s} all actions lose about the same: {error[least]:.1f} to {error[most]:.1f} mm.",
    )
    return error


def accelerations(clips: ClipSet) -> torch.Tensor:
    """RMS acceleration of each clip at its recorded rate, mm per frame², [N]."""
    return torch.stack([1000 * fidelity.acceleration(clip.batch)[0].cpu() for clip in clips])


def relate_error_and_motion(clips: ClipSet, found: Measured) -> tuple[float, float]:
    """Rank correlations over clips of the reconstruction error with acceleration, and with speed."""
    error = found.by_clip()
    speed = torch.stack([masks.joint_motion(clip.batch).mean().cpu() for clip in clips])
    return (
        fidelity.rank_correlation(accelerations(clips), error),
        fidelity.rank_correlation(speed, error),
    )


def explain(by_acceleration: float, by_speed: float, s: int) -> None:
    """Say how well acceleration and speed predict the error."""
    study.finding(
        by_acceleration > 0.5,
        f"Over all clips at s = {s}, the error grows with the acceleration: rank correlation "
        f"{by_acceleration:.2f}. With the speed it is {by_speed:.2f}: who moves fast turns fast.",
        f"Over all clips at s = {s}, the error does not follow the acceleration: rank correlation "
        f"{by_acceleration:.2f}, with the speed {by_speed:.2f}.",
    )


def draw_error_on_body(clips: ClipSet, errors: dict[str, Measured]) -> None:
    """Draw the reconstruction error of each joint on the body; compare the ends of limbs with the middle.

    Args:
        clips: for a pose.
        errors: title -> measured error.
    """
    on_joints = {title: found.by_joint() for title, found in errors.items()}
    pose, axis = figures.reference_pose(clips), "reconstruction error (RMSE, mm)"
    show(figures.on_body(pose, clips.skeleton, on_joints, "Error of each joint", axis, low=0.0))
    degrees, (first, error) = clips.skeleton.degrees.cpu(), next(iter(on_joints.items()))
    ends, middle = float(error[degrees == 1].mean()), float(error[degrees == degrees.max()].mean())
    study.finding(
        ends > middle,
        f"At {first} the error is {ends:.1f} mm at the ends of the body and {middle:.1f} mm at the joints "
        "where most bones meet.",
        f"At {first} the error is no larger at the ends of the body ({ends:.1f} mm) than at the joints where "
        f"most bones meet ({middle:.1f} mm).",
    )


def clips_per_megabyte(clips: Recordings) -> dict[str, float]:
    """How many clips fit in 10⁶ bytes with each of five codecs; draws and prints them."""
    choices: dict[str, codecs.Codec] = {
        "all frames, float32": codecs.Uniform(1),
        "s = 5, float32": codecs.Uniform(5),
        "s = 5, int8": codecs.Uniform(5, dtype="int8"),
    }
    measured = {name: clips.measure(codec) for name, codec in choices.items()}
    for name, kind in (("keyframes", codecs.Adaptive), ("cosines", codecs.DCT)):
        measured[f"{name}, int8, bytes of s = 12"] = clips.measure(equal_bytes(kind, 12, "int8"))
    count = len(clips.clips)
    fit = {name: 1e6 * count / found.nbytes for name, found in measured.items()}
    for name, found in measured.items():
        print(
            f"{name:<31} {found.nbytes / count:7,.0f} bytes per clip   {fit[name]:6.0f} clips per megabyte   "
            f"{found.rmse():5.1f} mm"
        )
    title = "Clips that fit in one megabyte"
    show(figures.bars({"clips": fit}, title, "codec", "clips per megabyte (10⁶ bytes)"))
    return fit


def explain_memory(fit: dict[str, float], clips: Recordings) -> None:
    """Claim how many times more clips fit, and why it is not exactly five times as many."""
    stored = sum(-(-x.shape[2] // 5) * len(x) for _, x in clips.batches)
    gain = fit["s = 5, float32"] / fit["all frames, float32"]
    study.claim(
        f"Every 5th frame lets {gain:.2f} times as many clips into the same memory, int8 values besides "
        f"{fit['s = 5, int8'] / fit['all frames, float32']:.1f} times. It is not 5, because a clip of T "
        f"frames stores ⌈T / 5⌉: {stored:,} of {len(clips.clips.poses):,} frames.",
        1 <= gain <= 5,
    )
