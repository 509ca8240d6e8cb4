"""Short hashes of the content of clips, by which a checkpoint recognises its data."""

from __future__ import annotations

import hashlib

from torch import Tensor

from ..utils.checkpoint import raw_bytes
from .clips import ClipSet


def fingerprints(**sets: ClipSet) -> dict[str, str]:
    """Hashes of what a training reads from sets of clips, sixteen hexadecimal digits each.

    Args:
        sets: the clips, by the word that names them in the keys.

    Returns:
        "poses of the training clips" -> hash, and so on: poses (with the frames of each clip), labels and
        subjects of each set; the skeleton and the classes of the first set.

    >>> import torch
    >>> clips = ClipSet.from_arrays([torch.ones(3, 20, 3)], skeleton="kinect20")
    >>> list(fingerprints(test=clips))[:3]
    ['skeleton', 'classes', 'poses of the test clips']
    """
    found: dict[str, str] = {}
    for name, clips in sets.items():
        tree = clips.skeleton
        found.setdefault("skeleton", _hash(tree.joints, sorted(map(sorted, tree.bones)), tree.root))
        found.setdefault("classes", _hash(clips.classes))
        found[f"poses of the {name} clips"] = _hash(clips.poses, clips.starts)
        found[f"labels of the {name} clips"] = _hash(clips.labels)
        found[f"subjects of the {name} clips"] = _hash(clips.subject)
    return found


def _hash(*parts: object) -> str:
    """Hash of tensors, by type, shape and bytes, and of plain values."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Tensor):
            digest.update(f"{part.dtype} {list(part.shape)}".encode())
            digest.update(raw_bytes(part.cpu()))
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()[:16]
