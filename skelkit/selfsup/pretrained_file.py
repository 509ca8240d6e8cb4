"""Files of pre-trained encoders."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..models import STGCN
from ..models.classifier import size_within
from ..skeletons.skeleton import Skeleton
from ..utils import checkpoint
from ..utils.files import write_atomic
from ..utils.validation import MALFORMED, reason
from .presets import Settings
from .pretrained import Pretrained

FORMAT = "skelkit-encoders-1"

MOST_ENCODERS = 64
"""Limit of the number of encoders that a file may describe."""


def save(pretrained: Pretrained, path: str | Path) -> Path:
    """Write encoders as one safetensors file, complete or not at all; returns its path.

    Raises:
        OSError: it cannot be written; says why and what to do.
    """
    encoders = nn.ModuleList(pretrained.encoders)
    tensors = {name: v.detach().cpu().contiguous() for name, v in encoders.state_dict().items()}
    about = {
        "method": pretrained.method,
        "settings": pretrained.settings.as_dict(),
        "skeleton": pretrained.skeleton.to_dict(),
        "size": asdict(pretrained.encoders[0].size),
        "encoders": len(pretrained.encoders),
        "streams": pretrained.streams,
        **{name: getattr(pretrained, name) for name in ("losses", "ranks", "knn", "head", "seconds")},
    }
    return write_atomic(path, checkpoint.seal(FORMAT, json.dumps(about), tensors))


def load(path: str | Path) -> Pretrained:
    """Read a file that `save` wrote; the encoders are on the CPU, in evaluation mode.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedFile: another format, incomplete or changed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    text, tensors = checkpoint.unseal(path, FORMAT, "file of encoders")
    try:
        return _restored(json.loads(text), tensors)
    except MALFORMED as error:
        raise checkpoint.DamagedFile(
            f"{path}: whole, but not what this kit writes ({reason(error)}); write it again"
        ) from None


def _restored(about: dict[str, Any], tensors: dict[str, Tensor]) -> Pretrained:
    """Encoders of these fields and weights. Raises any of `MALFORMED` if they are no such."""
    fields, count = dict(about["settings"]), int(about["encoders"])
    options = tuple(sorted(dict(fields.pop("options", {})).items()))
    stored = sum(v.numel() for v in tensors.values())
    if not 1 <= count <= MOST_ENCODERS:
        raise ValueError(f"{count} encoders")
    size = size_within(about["size"], 3, stored // count)
    skeleton, generator = Skeleton.from_dict(about["skeleton"]), torch.Generator().manual_seed(0)
    encoders = nn.ModuleList(STGCN(skeleton, size, generator) for _ in range(count))
    encoders.load_state_dict(tensors)
    knn = about["knn"]
    return Pretrained(
        about["method"],
        Settings(**fields, options=options),
        skeleton,
        [encoder.eval() for encoder in encoders if isinstance(encoder, STGCN)],
        [float(v) for v in about["losses"]],
        [float(v) for v in about["ranks"]],
        None if knn is None else (float(knn[0]), float(knn[1])),
        int(about["head"]),
        float(about["seconds"]),
        tuple(about["streams"]),
    )
