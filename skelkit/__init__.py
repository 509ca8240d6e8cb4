"""skelkit: see how skeletons survive compression, what a mask hides, how a network forgets and what a student learns."""

from . import motion, skeletons
from .data import Clip, ClipSet
from .skeletons import Skeleton

__version__ = "0.1.0"
__all__ = ["Clip", "ClipSet", "Skeleton", "motion", "skeletons"]
