"""skelkit: see how skeletons survive compression, what a mask hides, how a network forgets and what a student learns.

Parts are imported when they are first asked for, so that `skelkit.recognizer` runs where there is no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import (
        augment,
        codecs,
        continual,
        export,
        fidelity,
        latency,
        masks,
        models,
        motion,
        realism,
        recognizer,
        selfsup,
        skeletons,
        sparsity,
        study,
        viz,
    )
    from .data import Clip, ClipSet, load
    from .distillation import distill
    from .recognizer import Recognizer
    from .skeletons import Skeleton

__version__ = "0.1.0"
__all__ = [
    "Clip",
    "ClipSet",
    "Recognizer",
    "Skeleton",
    "augment",
    "codecs",
    "continual",
    "distill",
    "export",
    "fidelity",
    "latency",
    "load",
    "masks",
    "models",
    "motion",
    "realism",
    "recognizer",
    "selfsup",
    "skeletons",
    "sparsity",
    "study",
    "viz",
]
_WITHIN = {"Clip": "data", "ClipSet": "data", "load": "data", "distill": "distillation", "Recognizer": "recognizer", "Skeleton": "skeletons"}
"""Names that a module of the kit lends to the kit; the others in `__all__` are modules."""


def __getattr__(name: str):
    if name in _WITHIN:
        value = globals()[name] = getattr(importlib.import_module(f".{_WITHIN[name]}", __name__), name)
        return value
    if name in __all__:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'skelkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
