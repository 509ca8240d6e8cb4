"""Self-supervised objectives, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from ...skeletons.skeleton import Skeleton
from ..presets import Settings
from .coordinate_autoencoder import CoordinateAutoencoder
from .objective import Objective
from .siamese import VIEW_MASKS, SiameseEncoder, SiameseObjective
from .skeleton2vec import Skeleton2vec

OBJECTIVES: dict[str, Callable[[Skeleton, Settings, torch.Generator], Objective]] = {
    "skeletonbt": partial(SiameseObjective, masking=["plain"]),
    "pstl": partial(SiameseObjective, masking=["pstl"]),
    "asma": partial(SiameseObjective, masking=["f", "g"]),
    "skeleton2vec": Skeleton2vec,
    "autoencoder": CoordinateAutoencoder,
    "scratch": partial(SiameseObjective, masking=["plain"]),
    "two f": partial(SiameseObjective, masking=["f", "f"]),
    "two g": partial(SiameseObjective, masking=["g", "g"]),
    "two random": partial(SiameseObjective, masking=["random", "random"]),
    "two matched": partial(SiameseObjective, masking=["matched f", "matched g"]),
    "two untrained": partial(SiameseObjective, masking=["plain", "plain"]),
}
"""Objectives by name.

Controls: the encoders of `UNTRAINED` keep their first weights. "two …" has two encoders as
ASMa has, but with the same kind of masks; those of "two matched" are uniform and hide as much motion as
f and g.
"""

UNTRAINED = ("scratch", "two untrained")
"""Objectives that are not trained."""

__all__ = [
    "OBJECTIVES",
    "UNTRAINED",
    "VIEW_MASKS",
    "CoordinateAutoencoder",
    "Objective",
    "SiameseEncoder",
    "SiameseObjective",
    "Skeleton2vec",
]
