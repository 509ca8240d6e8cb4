"""From recordings to what a network sees: augmented to train, still to test, to store and to probe. (CHARON, section on data preparation.)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import ClipSet
from ..ops import augment, motion

INFERENCE_BATCH = 64
"""Clips that go through a network at once where nothing is learnt."""


def augmented(clips: ClipSet, index: Tensor, frames: int, generator: torch.Generator) -> Tensor:
    """A random half to whole of each clip, centred and rotated, [n, C, T, V, M]; drawn anew at each call."""
    x = clips.batch(index, frames=frames, crop=(0.5, 1.0), generator=generator)
    return augment.rotate(motion.centre(x, clips.skeleton), generator)


@dataclass(frozen=True)
class PreparedClips:
    """Clips as they are tested and stored: the central part, centred, nothing drawn. ``still[index]`` is [n, C, T, V, M].

    Args:
        crop: share of each clip that is taken, from its middle; all of it if None.
    """

    clips: ClipSet
    frames: int
    crop: float | None = 0.95

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: Tensor) -> Tensor:
        return motion.centre(self.clips.batch(index, frames=self.frames, crop=self.crop), self.clips.skeleton)

    @property
    def labels(self) -> Tensor:
        return self.clips.labels

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """All clips, a few at a time: which they are, Long[n], and x [n, C, T, V, M]."""
        for index in torch.arange(len(self), device=self.labels.device).split(INFERENCE_BATCH):
            yield index, self[index]

    @torch.no_grad()
    def map(self, network) -> Tensor:
        """What a function of clips gives for all of them, [N, ...]."""
        return torch.cat([network(x) for _, x in self.batches()])
