"""Ways to learn without labels, by telling what is covered from what is not: Skeleton2vec and a masked-coordinate autoencoder."""

from __future__ import annotations

import math
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import masks
from ..models import GRAPH_SIZES, STGCN
from ..models.block import Convolution, initialise
from ..models.sttformer import named
from ..models.tracks import Tracks, tracks
from ..motion import as_stream
from ..skeletons import Skeleton
from .settings import Settings
from .views import augmented

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
        self.head = nn.Sequential(Convolution(self.encoder.width, HIDDEN), nn.GELU(), Convolution(HIDDEN, answers))
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
        covered = masks.motion_tubes(x, skeleton, s.covered, self.generator, size=s.tube, sharpness=sharpness)  # [N, T, V]
        people = tracks(as_stream(x, skeleton, s.stream))
        covered = covered[people.clip]
        seen = torch.where(covered[:, None], self.token, people.poses)
        return people, people._replace(poses=seen), covered & people.there[..., None]


class CoordinateAutoencoder(Covered):
    """Restore covered coordinates; the error is taken where they were covered. (In the manner of SkeletonMAE, the same encoder as all.)"""

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator):
        stride = math.prod(stride for _, stride in named(s.size, GRAPH_SIZES).blocks)
        super().__init__(skeleton, s, generator, answers=3 * stride)
        self.stride = stride

    def loss(self, x: Tensor) -> Tensor:
        people, seen, covered = self.cover(x, sharpness=0.0)
        answer = self.head(self.encoder.encode(seen))  # [P, 3 stride, V, T']
        answer = answer.unflatten(1, (3, self.stride)).permute(0, 1, 4, 2, 3).flatten(2, 3)[:, :, : covered.shape[1]]  # [P, 3, T, V]
        error = (answer - people.poses).square().mean(1)  # [P, T, V]
        return (error * covered).sum() / covered.sum().clamp_min(1)


class Skeleton2vec(Covered):
    """Tell what a teacher, who sees everything, makes of the covered places; the teacher follows the student slowly. (Skeleton2vec.)

    Targets are the teacher's last layers, each normalised over the joints and frames of a person. Motion-aware tubes are covered.

    Differs from the authors: ST-GCN as for every method here, not a transformer; so layers differ in width, and are put side by side
    where the authors take their mean.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator):
        widths = [c for c, _ in named(s.size, GRAPH_SIZES).blocks]
        super().__init__(skeleton, s, generator, answers=sum(widths[-s.top :]))
        self.teacher = deepcopy(self.encoder).requires_grad_(False)

    def loss(self, x: Tensor) -> Tensor:
        people, seen, covered = self.cover(x, sharpness=1.0)
        answer = self.head(self.encoder.encode(seen))  # [P, D, V, T']
        with torch.no_grad():
            layers = self.teacher.layers(people)[-self.settings.top :]
            layers = [F.adaptive_avg_pool2d(y, answer.shape[2:]) for y in layers]  # layers before a stride have more frames
            target = torch.cat([F.instance_norm(y) for y in layers], 1)
        places = F.adaptive_max_pool2d(covered.transpose(1, 2)[:, None].to(x.dtype), answer.shape[2:])[:, 0]  # [P, V, T']
        error = F.smooth_l1_loss(answer, target, reduction="none").mean(1)
        return (error * places).sum() / places.sum().clamp_min(1)

    @torch.no_grad()
    def after_step(self) -> None:
        """The teacher follows."""
        for mine, theirs in zip(self.teacher.parameters(), self.encoder.parameters(), strict=True):
            mine.lerp_(theirs, 1 - self.settings.ema)
