"""Ways to learn without labels, by comparing differently masked views of the same clips: SkeletonBT, PSTL, ASMa.

A method is a module with `encoders` and a `loss` of prepared clips x [N, 3, T, V, M]; `pretrain` trains it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ...models import STGCN, Projector
from ...ops import masks
from ...ops.motion import as_stream
from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from ..views import augmented, drop_frames
from .barlow_twins import barlow_twins


class Twin(nn.Module):
    """One encoder that says the same of a clip, whichever joints are removed and whichever frames are dropped. (PSTL; half of ASMa.)

    Three views, each augmented by its own draw: the anchor, nothing hidden; the spatial one, joints removed from features and graph; the
    temporal one, frames dropped. loss = BT(anchor, temporal) + BT(anchor, spatial). Without masks (SkeletonBT) all three are anchors.

    Differs from the authors: every clip has its own joints removed, distinct ones (they remove the same of a whole batch, drawn with
    repetition); absent persons take no part.

    Args:
        remove: mask of joints, drop: mask of frames, as in `masks`; None hides nothing.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        s: Settings,
        generator: torch.Generator,
        remove: Callable | None,
        drop: Callable | None,
    ):
        super().__init__()
        self.encoder = STGCN(skeleton, s.size, generator)
        self.projector = Projector(self.encoder.width, s.projector, s.depth, generator)
        self.remove, self.drop, self.settings, self.generator = remove, drop, s, generator

    def loss(self, x: Tensor) -> Tensor:
        anchor, spatial, temporal = (
            self.projector(features) for features in self.views(x)
        )  # each is projected once
        return barlow_twins(anchor, temporal, self.settings.redundancy) + barlow_twins(
            anchor, spatial, self.settings.redundancy
        )

    def views(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Features of the three views of clips, [N, D] each; drawn from the training's generator unless another is given."""
        s, skeleton, generator = self.settings, self.encoder.skeleton, generator or self.generator
        anchor, spatial, temporal = (augmented(x, skeleton, s, generator) for _ in range(3))
        joints = self.remove and self.remove(spatial, skeleton, s.joints, generator)
        frames = self.drop and self.drop(temporal, skeleton, s.hidden, generator)
        anchor, spatial, temporal = (
            as_stream(view, skeleton, s.stream) for view in (anchor, spatial, temporal)
        )
        if frames is not None:
            temporal = drop_frames(temporal, frames)
        return (
            self.encoder.features(anchor),
            self.encoder.features(spatial, joints),
            self.encoder.features(temporal),
        )


def least_motion(x: Tensor, skeleton: Skeleton, ratio: float, generator: torch.Generator) -> Tensor:
    """ASMa's f: half of the hidden frames are those that move least."""
    return masks.motion_attentive_frames(x, skeleton, ratio, generator, lowest=True)


VIEWS: dict[str, tuple[Callable | None, Callable | None]] = {
    "plain": (None, None),
    "pstl": (masks.degree_joints, masks.motion_attentive_frames),
    "f": (masks.degree_joints, least_motion),
    "g": (masks.inverse_degree_joints, masks.motion_attentive_frames),
    "random": (masks.random_joints, masks.random_frames),
}
"""What an encoder does not see: joints, frames. f: of high degree, of low motion. g: of low degree, of high motion. (ASMa, method section.)"""


class Twins(nn.Module):
    """One encoder for each of some ways to mask, trained side by side: SkeletonBT, PSTL, ASMa (f and g)."""

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator, ways: Sequence[str]):
        super().__init__()
        self.twins = nn.ModuleList(Twin(skeleton, s, generator, *VIEWS[way]) for way in ways)

    @property
    def encoders(self) -> list[nn.Module]:
        return [twin.encoder for twin in self.twins]

    def loss(self, x: Tensor) -> Tensor:
        return torch.stack([twin.loss(x) for twin in self.twins]).sum()

    def after_step(self) -> None:
        """Nothing follows a step."""
