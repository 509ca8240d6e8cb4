"""Resampling in time, and quantities measured on moving joints.

The data layout of the whole kit is defined here. A **batch** of clips is ``x: Tensor[N, C, T, V, M]``: clips,
channels (x, y, z in metres, y up), frames, joints, persons; frame t is at t / fps seconds. An absent person
is all zeros; `presence` alone decides who is present. **Frames** of ragged clips are ``poses: Tensor[F, M, V,
C]``, concatenated.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from ..utils.device import constant
from ..utils.precision import in_float32


def to_frames(x: Tensor) -> Tensor:
    """View of clips x [N, C, T, V, M] as frames [N, T, M, V, C].

    Raises:
        ValueError: x does not have 5 axes.
    """
    check_batch(x)
    return x.permute(0, 2, 4, 3, 1)


def to_batch(frames: Tensor) -> Tensor:
    """View of frames [N, T, M, V, C] as clips [N, C, T, V, M]."""
    return frames.permute(0, 4, 1, 3, 2)


def check_batch(x: Tensor, skeleton: Skeleton | None = None) -> Tensor:
    """x itself, if it has the shape of a batch and the number of joints of the skeleton.

    Raises:
        ValueError: it does not have 5 axes, or has another number of joints.
    """
    if x.ndim != 5:
        raise ValueError(
            "a batch has 5 axes [clips, channels, frames, joints, persons]; "
            f"got {x.ndim} axes of sizes {list(x.shape)}"
        )
    if skeleton is not None and x.shape[3] != len(skeleton):
        raise ValueError(
            f"the batch has {x.shape[3]} joints, the {skeleton.name} skeleton has {len(skeleton)}; "
            "pass the skeleton of these clips"
        )
    return x


def presence(poses: Tensor) -> Tensor:
    """Person presence mask: true where any coordinate of any joint is not zero. [..., V, C] -> bool [...].

    Differs from the authors: the published code takes the sign of the sum of the coordinates. That sum is
    negative for many real persons after centring, so that they are dropped.
    """
    if (
        torch.compiler.is_exporting()
    ):  # an exported graph cannot look at the remaining joints only where needed
        return poses.abs().amax((-2, -1)) > 0
    if poses.device.type != "cpu":  # the host would wait to know how many frames remain
        return (poses != 0).flatten(-2).any(-1)
    # The first joint decides nearly all frames; the others are read only where it is zero.
    present = (poses[..., 0, :] != 0).any(-1)
    rest = ~present
    present[rest] = (poses[rest] != 0).flatten(-2).any(-1)
    return present


def resample(poses: Tensor, starts: Tensor, positions: Tensor, present: Tensor | None = None) -> Tensor:
    """Ragged clips at fractional frame positions, with linear interpolation.

    Cropping, resizing, compression, decompression and replay all use this function.

    Args:
        poses: [F, M, V, C], the frames of all clips, concatenated.
        starts: Long[N + 1], first frame of each clip, then F.
        positions: float[N, T], in frames from the start of each clip; positions outside a clip give its first
            or last frame.
        present: bool[F, M]. Default: `presence(poses)`.

    Returns:
        [N, T, M, V, C], float32 for half-precision input. Between a frame with a person and one without, the
        nearer frame is taken, so that persons do not move to or from the origin.

    >>> ramp = torch.arange(10.0).add(1).reshape(10, 1, 1, 1)
    >>> resample(ramp, torch.tensor([0, 4, 10]), torch.tensor([[0.5, 9.0], [0.5, 9.0]])).flatten().tolist()
    [1.5, 4.0, 5.5, 10.0]
    """
    frames, persons, joints, channels = poses.shape
    first, last = starts[:-1, None], starts[1:, None] - 1  # [N, 1]
    position = positions.clamp_min(0)
    position = position.minimum((last - first).to(position.dtype))
    whole = position.long()  # position >= 0: truncation is floor
    below = whole + first  # added as integers: float32 cannot hold fractions of frame 10 000 000
    above = (below + 1).minimum(last)
    weight = (position - whole).to(torch.float32)[..., None].expand(-1, -1, persons)  # [N, T, M]
    present = presence(poses) if present is None else present
    weight = torch.where(present[below] & present[above], weight, weight.round())
    if poses.dtype is not torch.float32:
        return torch.lerp(poses[below].float(), poses[above].float(), weight[..., None, None])
    # embedding_bag gathers and adds in one step: no intermediate tensor has the size of the result.
    person = torch.arange(persons, device=poses.device)
    rows = torch.stack([below, above], -1)[:, :, None] * persons + person[:, None]  # [N, T, M, 2]
    weights = torch.stack([1 - weight, weight], -1)
    table = poses.reshape(frames * persons, joints * channels)
    out = F.embedding_bag(rows.reshape(-1, 2), table, mode="sum", per_sample_weights=weights.reshape(-1, 2))
    return out.reshape(*positions.shape, persons, joints, channels)


def resize(x: Tensor, frames: int) -> Tensor:
    """Clips x [N, C, T, V, M] resampled to [N, C, frames, V, M]; the first and the last frame are kept."""
    poses = to_frames(x)
    clips, length = poses.shape[:2]
    starts = torch.arange(clips + 1, device=x.device) * length
    positions = spread(0, length - 1, frames, x.device).expand(clips, -1)
    return to_batch(resample(poses.flatten(0, 1), starts, positions))


def spread(
    first: Tensor | float, last: Tensor | float, frames: int, device: torch.device | str | None = None
) -> Tensor:
    """Evenly spaced positions from first to last, both included, float64 [frames]; [N, frames] of tensors
    [N]."""
    first, last = (
        v.double()[..., None]
        if isinstance(v, Tensor)
        else torch.full((1,), v, dtype=torch.float64, device=device)
        for v in (first, last)
    )
    return first + (last - first) * torch.arange(frames, device=first.device) / max(frames - 1, 1)


def bones(x: Tensor, skeleton: Skeleton) -> Tensor:
    """Bone vectors: each joint minus its parent in the skeleton's tree, zero at the root.

    [N, C, T, V, M], metres.

    (PSTL, section 4.)

    Raises:
        ValueError: x does not have 5 axes, or the joints of the skeleton.
    """
    check_batch(x, skeleton)
    parents = tuple(p if p >= 0 else j for j, p in enumerate(skeleton.parents))
    return x - x[:, :, :, constant(parents, x.device)]


def velocity(x: Tensor) -> Tensor:
    """Difference to the next frame, metres per frame; zero in the last frame. [N, C, T, V, M].

    It is also zero where a person is absent from one of the two frames.
    """
    present = presence(to_frames(x))  # [N, T, M]
    both = (present[:, 1:] & present[:, :-1])[:, None, :, None, :]
    return F.pad((x[:, :, 1:] - x[:, :, :-1]) * both, (0, 0, 0, 0, 0, 1))


STREAMS = ("joint", "bone", "motion")


def as_stream(x: Tensor, skeleton: Skeleton, stream: str) -> Tensor:
    """The stream of clips x that an encoder reads: joint positions, bone vectors or velocities.

    [N, C, T, V, M].

    (PSTL, streams.)

    Raises:
        ValueError: a name that is not in `STREAMS`.

    >>> from skelkit.skeletons import KINECT20
    >>> as_stream(torch.ones(1, 3, 4, 20, 1), KINECT20, "motion").abs().max().item()
    0.0
    """
    if stream not in STREAMS:
        raise ValueError(
            f"stream={stream!r}: expected {', '.join(map(repr, STREAMS[:-1]))} or {STREAMS[-1]!r}"
        )
    if stream == "joint":
        return check_batch(x, skeleton)
    return bones(x, skeleton) if stream == "bone" else velocity(check_batch(x, skeleton))


def speed(x: Tensor, fps: float) -> Tensor:
    """Speed of each joint, metres per second. [N, C, T, V, M] -> [N, T, V, M]."""
    return velocity(x).norm(dim=1) * fps


@in_float32
def low_pass(x: Tensor, cutoff: float | None, fps: float) -> Tensor:
    """Zero-phase Gaussian smoothing along time. [N, C, T, V, M].

    Absent frames do not contribute, and stay absent.

    Args:
        x: clips.
        cutoff: frequency in Hz at which the amplitude falls to 1/sqrt(2). None: x is returned unchanged.
        fps: frames per second of x.

    Raises:
        ValueError: a cutoff that is not positive.
    """
    if cutoff is None:
        return x
    if not cutoff > 0:
        raise ValueError(f"cutoff must be a positive frequency in Hz; got {cutoff}")
    sigma = fps * (0.5 * torch.log(torch.tensor(2.0))).sqrt().item() / (torch.pi * 2**0.5 * cutoff)  # frames
    reach = max(1, round(4 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=x.device) / sigma) ** 2).to(x.dtype)
    present = presence(to_frames(x))[:, None, :, None, :].to(x.dtype)  # [N, 1, T, 1, M]

    def along_time(v: Tensor) -> Tensor:
        rows = v.movedim(2, -1)
        smooth = F.conv1d(rows.reshape(-1, 1, rows.shape[-1]), kernel[None, None], padding=reach)
        return smooth.reshape(rows.shape).movedim(-1, 2)

    return torch.where(present > 0, along_time(x) / along_time(present).clamp_min(1e-12), x.new_zeros(()))


def centre(x: Tensor, skeleton: Skeleton) -> Tensor:
    """Move the origin joint of the first person, in the first frame with that person, to (0, 0, 0).

    [N, C, T, V, M].

    Absent persons stay zero. (CHARON, section "data preparation"; the origin is the mid-spine for NTU.)

    Raises:
        ValueError: x does not have 5 axes, or the joints of the skeleton.
    """
    check_batch(x, skeleton)
    present = presence(to_frames(x))  # [N, T, M]
    first = present[:, :, 0].to(torch.int8).argmax(1)  # [N]; 0 if the first person is absent from all frames
    clip = torch.arange(x.shape[0], device=x.device)
    origin = x[clip, :, first, skeleton.index(skeleton.origin), 0]  # [N, C]
    return (x - origin[:, :, None, None, None]) * present[:, None, :, None, :]


@in_float32
def rotate(x: Tensor, matrix: Tensor) -> Tensor:
    """Multiply the coordinates of each clip by its own matrix. x [N, 3, T, V, M], matrix [N, 3, 3]."""
    return torch.einsum("nij,njtvm->nitvm", matrix.to(x.dtype), x)


@in_float32
def rotation(angles: Tensor) -> Tensor:
    """Matrices that rotate about x, then y, then z. Angles in radians, [..., 3] -> [..., 3, 3].

    >>> quarter = rotation(torch.tensor([0.0, torch.pi / 2, 0.0]))
    >>> (quarter @ torch.tensor([0.0, 0.0, 1.0])).round().int().tolist()
    [1, 0, 0]
    """
    cos, sin = angles.cos(), angles.sin()
    zero, one = torch.zeros_like(cos[..., 0]), torch.ones_like(cos[..., 0])
    (cx, cy, cz), (sx, sy, sz) = cos.unbind(-1), sin.unbind(-1)

    def matrix(*rows: Tensor) -> Tensor:
        return torch.stack(rows, -1).unflatten(-1, (3, 3))

    about_x = matrix(one, zero, zero, zero, cx, -sx, zero, sx, cx)
    about_y = matrix(cy, zero, sy, zero, one, zero, -sy, zero, cy)
    about_z = matrix(cz, -sz, zero, sz, cz, zero, zero, zero, one)
    return about_z @ about_y @ about_x
