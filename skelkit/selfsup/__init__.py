"""Self-supervised pre-training: SkeletonBT, PSTL, ASMa, Skeleton2vec, a masked autoencoder; and how encoders are judged."""

from __future__ import annotations

from .downstream import Downstream
from .evaluation import Evaluation, ensemble, evaluate
from .objectives.barlow_twins import barlow_twins, effective_rank
from .presets import PRESETS, Settings
from .pretraining import METHODS, Pretrained, pretrain, together

__all__ = [
    "METHODS",
    "PRESETS",
    "Downstream",
    "Evaluation",
    "Pretrained",
    "Settings",
    "barlow_twins",
    "effective_rank",
    "ensemble",
    "evaluate",
    "pretrain",
    "together",
]
