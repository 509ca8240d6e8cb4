"""Augmentation of clips, and views from which frames are dropped."""

from __future__ import annotations

import torch
from torch import Tensor

from ..models.sttformer import kept_index
from ..ops import augment
from ..skeletons.skeleton import Skeleton
from .presets import Settings


def augmented(x: Tensor, skeleton: Skeleton, s: Settings, generator: torch.Generator) -> Tensor:
    """Clips after random crop in time, shear, rotation and mirroring, [N, 3, T, V, M] -> [N, 3, T, V, M].

    Every clip has its own random draws. (PSTL, section on augmentation.)
    """
    x = augment.crop(x, generator, s.crop)
    x = augment.tilt(augment.shear(x, generator, s.shear), generator, s.tilt)
    return augment.mirror(x, skeleton, generator, s.mirror)


def drop_frames(x: Tensor, hidden: Tensor, count: int | None = None) -> Tensor:
    """The clips without their hidden frames, [N, C, T, V, M] -> [N, C, K, V, M]; the order of the rest stays.

    Args:
        hidden: bool[N, T], true where a frame is dropped; equally many in every clip.
        count: K, if it is known. Default: read from `hidden`, which makes the host wait for a GPU.

    Raises:
        ValueError: A clip would have no frame left, or the clips would keep different numbers of frames.
    """
    kept = kept_index(hidden, _frames_kept(hidden) if count is None else count)
    return x.gather(2, kept[:, None, :, None, None].expand(-1, x.shape[1], -1, *x.shape[3:]))


def _frames_kept(hidden: Tensor) -> int:
    """Number of frames that every clip keeps, checked."""
    fewest, most = (int(count) for count in (~hidden).sum(1).aminmax())
    if fewest == 0:
        raise ValueError(
            f"clip {int(hidden.all(1).nonzero()[0])}: all {hidden.shape[1]} frames would be dropped; "
            "choose a smaller ratio"
        )
    if fewest != most:
        raise ValueError(f"the clips keep {fewest} to {most} frames; drop equally many of every clip")
    return most
