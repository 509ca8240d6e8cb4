"""Self-supervised pre-training (SkeletonBT, PSTL, ASMa, Skeleton2vec, autoencoder) and its evaluation."""

from __future__ import annotations

from .downstream import Downstream
from .evaluation import Evaluation, ensemble, evaluate
from .objectives import OBJECTIVES
from .objectives.barlow_twins import barlow_twins, effective_rank
from .presets import PRETRAINING_PRESETS, Settings
from .pretrained import Pretrained, concatenate_encoders
from .pretraining import PretrainingProgress, pretrain

METHODS, together = OBJECTIVES, concatenate_encoders  # their names in version 0.1

__all__ = [
    "METHODS",
    "OBJECTIVES",
    "PRETRAINING_PRESETS",
    "Downstream",
    "Evaluation",
    "Pretrained",
    "PretrainingProgress",
    "Settings",
    "barlow_twins",
    "concatenate_encoders",
    "effective_rank",
    "ensemble",
    "evaluate",
    "pretrain",
    "together",
]
