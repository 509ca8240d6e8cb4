"""Objectives that compare differently masked views of a clip: SkeletonBT, PSTL, ASMa."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...models import STGCN, Projector
from ...ops.masks import (
    DegreeDraws,
    DegreeJoints,
    InverseDegreeJoints,
    JointsBy,
    Mask,
    MatchedFrames,
    MatchedJoints,
    MotionAttentiveFrames,
    RandomFrames,
    RandomJoints,
)
from ...ops.masks.asymmetry import Quantity
from ...ops.motion import as_stream
from ...skeletons.skeleton import Skeleton
from ...utils.device import to_device
from ..presets import Settings
from ..views import augmented, drop_frames
from .barlow_twins import barlow_twins
from .objective import Objective

ViewMasks = tuple[Mask | None, Mask | None]
"""Joint mask of the spatial view and frame mask of the temporal view; None hides nothing."""

VIEW_MASKS: dict[str, Callable[[float, float], ViewMasks]] = {
    "plain": lambda joints, frames: (None, None),
    "pstl": lambda joints, frames: (DegreeJoints(joints), MotionAttentiveFrames(frames)),
    "f": lambda joints, frames: (DegreeJoints(joints), MotionAttentiveFrames(frames, lowest=True)),
    "g": lambda joints, frames: (InverseDegreeJoints(joints), MotionAttentiveFrames(frames)),
    "random": lambda joints, frames: (RandomJoints(joints), RandomFrames(frames)),
}
"""(share of joints, share of frames) -> masks of the two views. (ASMa, method section.)

f removes joints of high degree and frames of low motion; g removes joints of low degree and frames of high
motion.
"""


def view_masks(name: str, s: Settings) -> ViewMasks:
    """The masks of `VIEW_MASKS` with the shares of the settings; "pstl" takes the settings' `joint_draws`."""
    joint_mask, frame_mask = VIEW_MASKS[name](s.joints, s.hidden)
    if name == "pstl" and s.joint_draws:
        joint_mask = DegreeDraws(s.joint_draws, replacement=False)
    return joint_mask, frame_mask


def asymmetric_masks(name: str, s: Settings, quantity: Quantity, power: float, cutoff: float) -> ViewMasks:
    """Masks of f or g with another asymmetry; "matched f" and "matched g": uniform, of as much motion.

    f hides joints of high degree, near the root, or with little motion; g the opposite.

    Args:
        quantity, power: as in `JointsBy`; power is positive.
        cutoff: of the low-pass before frames are ranked, in cycles per frame; 0 for none.
    """
    towards_f = 1 if quantity == "degree" else -1
    view = name[-1]
    joint_mask = JointsBy(quantity, power * (towards_f if view == "f" else -towards_f), s.joints)
    frame_mask = MotionAttentiveFrames(s.hidden, lowest=view == "f")
    if cutoff:
        frame_mask = replace(frame_mask, cutoff=cutoff, fps=1.0)
    if name.startswith("matched"):
        return MatchedJoints(joint_mask), MatchedFrames(frame_mask)
    return joint_mask, frame_mask


class SiameseEncoder(nn.Module):
    """One encoder, trained so that its features of three views of a clip agree. (PSTL; half of ASMa.)

    Each view has its own augmentation. Anchor: nothing is hidden. Spatial view: joints are removed from input
    and graph. Temporal view: frames are dropped. loss = BT(anchor, temporal) + BT(anchor, spatial). Without
    masks (SkeletonBT) the three views differ in augmentation only.

    Differs from the authors: with a setting `joint_draws` of 0 every clip has its own removed joints, equally
    many, drawn one after another by degree. Those of PSTL are the same for a batch: 8 draws without
    replacement from the list in which each joint stands as often as its degree, on average 7.35 distinct
    joints of NTU-25; so does the preset "paper". The effect on features is not measured yet. Every clip has
    its own augmentation, theirs is the same for a batch, rotates to one side, repeats the end frames in the
    padding of the crop and mirrors without negating x. Absent persons take no part.

    Args:
        joint_mask: draws the joints to remove; None: nothing is removed.
        frame_mask: draws the frames to drop; None: nothing is dropped.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        s: Settings,
        generator: torch.Generator,
        joint_mask: Mask | None,
        frame_mask: Mask | None,
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
        joints, left = None, None
        if self.joint_mask is not None:
            joints, left = removed_joints(self.joint_mask, spatial, skeleton, generator)
        frames = None if self.frame_mask is None else self.frame_mask(temporal, skeleton, generator)
        anchor, spatial, temporal = (
            as_stream(view, skeleton, s.stream) for view in (anchor, spatial, temporal)
        )
        if self.frame_mask is not None and frames is not None:
            dropped = self.frame_mask.hidden_per_clip(temporal, skeleton)
            temporal = drop_frames(temporal, frames, None if dropped is None else frames.shape[1] - dropped)
        return (
            self.encoder.features(anchor),
            self.encoder.features(spatial, joints, left),
            self.encoder.features(temporal),
        )


def removed_joints(
    mask: Mask, x: Tensor, skeleton: Skeleton, generator: torch.Generator
) -> tuple[Tensor, int | None]:
    """Joints to remove from clips x, bool[N, V]; bool[V] for all of them if the number is itself random.

    The second value is the number of joints left in each clip, None if only the mask on the device tells it.
    """
    if not isinstance(mask, DegreeDraws):
        removed = mask.hidden_per_clip(x, skeleton)
        return mask(x, skeleton, generator), None if removed is None else len(skeleton) - removed
    # Drawn where the generator is, so that the host knows their number without waiting for the device.
    one_clip = torch.empty(1, *x.shape[1:], device=generator.device)
    hidden = mask(one_clip, skeleton, generator)[0]
    return to_device(hidden, x.device), int((~hidden).sum())


class SiameseObjective(Objective):
    """Siamese encoders with different masks, trained together: SkeletonBT, PSTL (one), ASMa (f and g).

    Args:
        masking: for each encoder, a name in `VIEW_MASKS`, or "matched f" or "matched g".

    Attributes:
        quantity, power, cutoff: options, the asymmetry of f and g as in `asymmetric_masks`. Default: ASMa's.
    """

    options: ClassVar[tuple[str, ...]] = ("quantity", "power", "cutoff")
    quantity: Quantity = "degree"
    power: float = 1.0
    cutoff: float = 0.0

    def __init__(self, skeleton: Skeleton, s: Settings, generator: torch.Generator, masking: Sequence[str]):
        super().__init__(s)
        self.twins = nn.ModuleList()
        for name in masking:
            if name in VIEW_MASKS and name not in ("f", "g"):
                both = view_masks(name, s)
            else:
                both = asymmetric_masks(name, s, self.quantity, self.power, self.cutoff)
            self.twins.append(SiameseEncoder(skeleton, s, generator, *both))

    @property
    def members(self) -> list[SiameseEncoder]:
        """The encoders with their projectors."""
        return [member for member in self.twins if isinstance(member, SiameseEncoder)]

    @property
    def encoders(self) -> list[STGCN]:
        return [member.encoder for member in self.members]

    def loss(self, x: Tensor) -> Tensor:
        return torch.stack([member.loss(x) for member in self.members]).sum()
