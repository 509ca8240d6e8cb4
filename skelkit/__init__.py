"""Action recognition from 3-D skeletons: compression, masks, continual learning, pre-training, distillation.

Modules are imported at their first use, so that `from skelkit import Recognizer` works without torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .utils.version import __version__

if TYPE_CHECKING:
    from . import continual, models, selfsup, skeletons, study, viz, zoo
    from .analysis import realism
    from .data import Clip, ClipSet, load
    from .deploy import latency, recognizer, sparsity
    from .deploy import onnx_export as export
    from .deploy.distillation import distill
    from .deploy.recognizer import Recognizer
    from .ops import augment, codecs, fidelity, masks, motion
    from .skeletons import Skeleton

__all__ = [
    "Clip",
    "ClipSet",
    "Recognizer",
    "Skeleton",
    "__version__",
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
    "zoo",
]

_PLACES = {
    "Clip": "data:Clip",
    "ClipSet": "data:ClipSet",
    "Recognizer": "deploy.recognizer:Recognizer",
    "Skeleton": "skeletons:Skeleton",
    "augment": "ops.augment",
    "codecs": "ops.codecs",
    "continual": "continual",
    "distill": "deploy.distillation:distill",
    "export": "deploy.onnx_export",
    "fidelity": "ops.fidelity",
    "latency": "deploy.latency",
    "load": "data:load",
    "masks": "ops.masks",
    "models": "models",
    "motion": "ops.motion",
    "realism": "analysis.realism",
    "recognizer": "deploy.recognizer",
    "selfsup": "selfsup",
    "skeletons": "skeletons",
    "sparsity": "deploy.sparsity",
    "study": "study",
    "viz": "viz",
    "zoo": "zoo",
}
"""Public name -> "module" or "module:name", relative to this package."""


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'skelkit' has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    value = importlib.import_module(f".{module}", __name__)
    value = globals()[name] = getattr(value, attribute) if attribute else value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
