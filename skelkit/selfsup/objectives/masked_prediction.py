"""Base of the objectives that predict masked coordinates: Skeleton2vec and the masked autoencoder."""

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
from .objective import Objective

HEAD_CHANNELS = 64
"""Hidden channels of the prediction head."""


class MaskedPrediction(Objective):
    """An encoder that reads partly masked clips, and a head that predicts what was masked.

    Masked coordinates are replaced by a learnt mask token, not removed: ST-GCN cannot leave out a joint in
    some frames only.

    Args:
        predictions: output channels of the head.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator, predictions: int):
        super().__init__(s)
        self.encoder = STGCN(skeleton, s.size, generator)
        self.token = nn.Parameter(torch.zeros(3, 1, len(skeleton)))
        self.head = nn.Sequential(
            Convolution(self.encoder.width, HEAD_CHANNELS),
            nn.GELU(),
            Convolution(HEAD_CHANNELS, predictions),
        )
        initialise(self.head, generator)
        self.settings, self.generator = s, generator

    @property
    def encoders(self) -> list[STGCN]:
        return [self.encoder]

    def masked(self, x: Tensor, sharpness: float) -> tuple[Tracks, Tracks, Tensor]:
        """Augmented persons, the same persons with masked coordinates, and the mask bool[P, T, V].

        Args:
            x: clips [N, 3, T, V, M].
            sharpness: how strongly masks prefer tubes with much motion, 0: not at all; see
                `masks.motion_tubes`.
        """
        s, skeleton = self.settings, self.encoder.skeleton
        x = augmented(x, skeleton, s, self.generator)
        x = x[:, :, : x.shape[2] // s.tube * s.tube]  # a whole number of tubes
        mask = masks.motion_tubes(
            x, skeleton, s.covered, self.generator, size=s.tube, sharpness=sharpness
        )  # [N, T, V]
        people = tracks(as_stream(x, skeleton, s.stream))
        mask = mask[people.clip]  # [P, T, V]
        visible = torch.where(mask[:, None], self.token, people.poses)  # [P, 3, T, V]
        return people, people._replace(poses=visible), mask & people.present[..., None]
