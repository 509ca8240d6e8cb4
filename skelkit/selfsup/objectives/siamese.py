"""Objectives that compare differently masked views of a clip: SkeletonBT, PSTL, ASMa."""

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
from .objective import Objective

MaskFunction = Callable[[Tensor, Skeleton, float, torch.Generator], Tensor]
"""(clips, skeleton, ratio, generator) -> mask, true = hidden; as in `ops.masks`."""


def least_motion(x: Tensor, skeleton: Skeleton, ratio: float, generator: torch.Generator) -> Tensor:
    """Frame mask of ASMa's f, bool[N, T]: half of the hidden frames are those that move least."""
    return masks.motion_attentive_frames(x, skeleton, ratio, generator, lowest=True)


VIEW_MASKS: dict[str, tuple[MaskFunction | None, MaskFunction | None]] = {
    "plain": (None, None),
    "pstl": (masks.degree_joints, masks.motion_attentive_frames),
    "f": (masks.degree_joints, least_motion),
    "g": (masks.inverse_degree_joints, masks.motion_attentive_frames),
    "random": (masks.random_joints, masks.random_frames),
}
"""Joint mask of the spatial view and frame mask of the temporal view. (ASMa, method section.)

f removes joints of high degree and frames of low motion; g removes joints of low degree and frames of high
motion.
"""


class SiameseEncoder(nn.Module):
    """One encoder whose features of three views of a clip shall agree. (PSTL; half of ASMa.)

    Each view has its own augmentation. Anchor: nothing is hidden. Spatial view: joints are removed from input
    and graph. Temporal view: frames are dropped. loss = BT(anchor, temporal) + BT(anchor, spatial). Without
    masks (SkeletonBT) the three views differ in augmentation only.

    Differs from the authors: every clip has its own removed joints, all distinct (theirs are the same for a
    batch, drawn with repetition); absent persons take no part.

    Args:
        joint_mask: draws the joints to remove; None: nothing is removed.
        frame_mask: draws the frames to drop; None: nothing is dropped.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        s: Settings,
        generator: torch.Generator,
        joint_mask: MaskFunction | None,
        frame_mask: MaskFunction | None,
    ):
        super().__init__()
        self.encoder = STGCN(skeleton, s.size, generator)
        self.projector = Projector(self.encoder.width, s.projector, s.depth, generator)
        self.joint_mask, self.frame_mask, self.settings, self.generator = joint_mask, frame_mask, s, generator

    def loss(self, x: Tensor) -> Tensor:
        """BT(anchor, temporal) + BT(anchor, spatial) of clips [N, 3, T, V, M], a scalar."""
        anchor, spatial, temporal = (self.projector(features) for features in self.views(x))
        weight = self.settings.redundancy
        return barlow_twins(anchor, temporal, weight) + barlow_twins(anchor, spatial, weight)

    def views(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Features of the anchor, the spatial and the temporal view of clips, [N, D] each.

        Args:
            generator: draws augmentation and masks. Default: that of the training.
        """
        s, skeleton, generator = self.settings, self.encoder.skeleton, generator or self.generator
        anchor, spatial, temporal = (augmented(x, skeleton, s, generator) for _ in range(3))
        joints = self.joint_mask and self.joint_mask(spatial, skeleton, s.joints, generator)
        frames = self.frame_mask and self.frame_mask(temporal, skeleton, s.hidden, generator)
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


class SiameseObjective(Objective):
    """Siamese encoders with different masks, trained side by side: SkeletonBT, PSTL (one), ASMa (f and g).

    Args:
        masking: a name in `VIEW_MASKS` for each encoder.
    """

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator, masking: Sequence[str]):
        super().__init__()
        self.twins = nn.ModuleList(
            SiameseEncoder(skeleton, s, generator, *VIEW_MASKS[name]) for name in masking
        )

    @property
    def members(self) -> list[SiameseEncoder]:
        """The encoders with their projectors."""
        return [member for member in self.twins if isinstance(member, SiameseEncoder)]

    @property
    def encoders(self) -> list[STGCN]:
        return [member.encoder for member in self.members]

    def loss(self, x: Tensor) -> Tensor:
        return torch.stack([member.loss(x) for member in self.members]).sum()
