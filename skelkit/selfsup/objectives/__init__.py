"""Self-supervised objectives: what an encoder learns from clips without labels."""

from .barlow_twins import barlow_twins, cross_correlation, effective_rank
from .coordinate_autoencoder import CoordinateAutoencoder
from .siamese import VIEWS, Twin, Twins, least_motion
from .skeleton2vec import Skeleton2vec

__all__ = [
    "VIEWS",
    "CoordinateAutoencoder",
    "Skeleton2vec",
    "Twin",
    "Twins",
    "barlow_twins",
    "cross_correlation",
    "effective_rank",
    "least_motion",
]
