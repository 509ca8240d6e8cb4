"""Self-supervised pre-training (SkeletonBT, PSTL, ASMa, Skeleton2vec, autoencoder) and its evaluation."""

from __future__ import annotations

from .downstream import Downstream
from .evaluation import Evaluation, ensemble, evaluate
from .objectives.barlow_twins import barlow_twins, effective_rank
from .presets import PRETRAINING_PRESETS, Settings
from .pretrained import Pretrained, together
from .pretraining import METHODS, PretrainingProgress, pretrain

__all__ = [
    "METHODS",
    "PRETRAINING_PRESETS",
    "Downstream",
    "Evaluation",
    "Pretrained",
    "PretrainingProgress",
    "Settings",
    "barlow_twins",
    "effective_rank",
    "ensemble",
    "evaluate",
    "pretrain",
    "together",
]
