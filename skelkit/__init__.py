"""skelkit: see how skeletons survive compression, what a mask hides, how a network forgets and what a student learns."""

import importlib

from . import augment, codecs, continual, fidelity, masks, models, motion, realism, skeletons
from .data import Clip, ClipSet, load
from .skeletons import Skeleton

__version__ = "0.1.0"
__all__ = [
    "Clip",
    "ClipSet",
    "Skeleton",
    "augment",
    "codecs",
    "continual",
    "fidelity",
    "load",
    "masks",
    "models",
    "motion",
    "realism",
    "skeletons",
    "study",
    "viz",
]


def __getattr__(name: str):
    if name in ("study", "viz"):  # need the `notebooks` extra, so only when asked for
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'skelkit' has no attribute {name!r}")
