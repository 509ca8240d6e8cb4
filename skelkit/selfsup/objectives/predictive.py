"""Ways to learn without labels, by telling what is covered from what is not: Skeleton2vec and a masked-coordinate autoencoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...models import STGCN
from ...models.block import Convolution, initialise
from ...models.persons import Tracks, tracks
from ...ops import masks
from ...ops.motion import as_stream
from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from ..views import augmented

HIDDEN = 64
"""Channels inside the head that tells what was covered; it is thrown away afterwards."""


class Covered(nn.Module):
    """An encoder of clips of which some coordinates were replaced by a learnt vector, and a head that tells what was there.

    ST-GCN cannot leave a joint out in some frames alone, so what is covered is replaced, not removed.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator, answers: int):
        super().__init__()
        self.encoder = STGCN(skeleton, s.size, generator)
        self.token = nn.Parameter(torch.zeros(3, 1, len(skeleton)))
        self.head = nn.Sequential(
            Convolution(self.encoder.width, HIDDEN), nn.GELU(), Convolution(HIDDEN, answers)
        )
        initialise(self.head, generator)
        self.settings, self.generator = s, generator

    @property
    def encoders(self) -> list[nn.Module]:
        return [self.encoder]

    def after_step(self) -> None:
        """Nothing follows a step."""

    def cover(self, x: Tensor, sharpness: float) -> tuple[Tracks, Tracks, Tensor]:
        """The persons of augmented clips, the same with coordinates covered, and which: bool[P, T, V]."""
        s, skeleton = self.settings, self.encoder.skeleton
        x = augmented(x, skeleton, s, self.generator)
        x = x[:, :, : x.shape[2] // s.tube * s.tube]
        covered = masks.motion_tubes(
            x, skeleton, s.covered, self.generator, size=s.tube, sharpness=sharpness
        )  # [N, T, V]
        people = tracks(as_stream(x, skeleton, s.stream))
        covered = covered[people.clip]
        seen = torch.where(covered[:, None], self.token, people.poses)
        return people, people._replace(poses=seen), covered & people.present[..., None]
