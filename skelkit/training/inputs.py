"""Inputs of networks: augmented clips for training, fixed ones for testing.

(CHARON, section on data preparation.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import ClipSet
from ..data.cropping import Resize
from ..ops import augment, motion

INFERENCE_BATCH = 64
"""Clips per batch where nothing is trained."""


def augmented(
    clips: ClipSet, index: Tensor, frames: int, generator: torch.Generator, resize: Resize = "endpoints"
) -> Tensor:
    """A random half to whole of the clips at positions Long[n], centred and rotated: [n, C, frames, V, M].

    Differs from the authors: the crop is drawn anew at every call, theirs once for all epochs; their resize
    is "half_pixel".
    """
    x = clips.batch(index, frames=frames, crop=(0.5, 1.0), generator=generator, resize=resize)
    return augment.rotate(motion.centre(x, clips.skeleton), generator)


@dataclass(frozen=True)
class PreparedClips:
    """Clips as they are tested and stored: the central part, centred, without augmentation.

    ``prepared[index]`` is a batch [n, C, frames, V, M].

    Args:
        clips: N clips.
        frames: T, to which each clip is resized.
        crop: share of each clip to keep, from its centre. Default: 0.95; None: all.
        resize: as in `ClipSet.batch`; CHARON's is "half_pixel".
    """

    clips: ClipSet
    frames: int
    crop: float | None = 0.95
    resize: Resize = "endpoints"

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: Tensor) -> Tensor:
        x = self.clips.batch(index, frames=self.frames, crop=self.crop, resize=self.resize)
        return motion.centre(x, self.clips.skeleton)

    @property
    def labels(self) -> Tensor:
        """Class indices, Long[N]."""
        return self.clips.labels

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """All clips in order: positions Long[n] and x [n, C, frames, V, M], n at most `INFERENCE_BATCH`."""
        for index in torch.arange(len(self), device=self.labels.device).split(INFERENCE_BATCH):
            yield index, self[index]

    @torch.no_grad()
    def map(self, function: Callable[[Tensor], Tensor]) -> Tensor:
        """A function of batches, such as a network, applied to all clips without gradients: [N, ...]."""
        return torch.cat([function(x) for _, x in self.batches()])
