"""Self-supervised pre-training: SkeletonBT, PSTL, ASMa, Skeleton2vec, a masked autoencoder; and how encoders are judged."""

from .barlow import barlow_twins, effective_rank
from .downstream import Downstream
from .evaluation import Evaluation, ensemble, evaluate
from .pretraining import METHODS, Pretrained, pretrain, together
from .settings import PRESETS, Settings

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
