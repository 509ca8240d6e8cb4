"""Summaries of clips, by which an entry of the zoo recognises the data that it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch

from ..data import ClipSet

SAMPLE = 64
"""Coordinates that a summary holds."""

TOLERANCE = 1e-3
"""Metres by which a coordinate may differ: processors round the embedded data differently."""


def summary(clips: ClipSet) -> dict[str, Any]:
    """Numbers of clips and frames, hashes of labels and subjects, classes, and some coordinates in metres.

    Raises:
        ValueError: there are no frames.
    """
    values = clips.poses.reshape(-1)
    if not len(values):
        raise ValueError("a data set without frames has no summary; load clips that have some")
    places = torch.linspace(0, len(values) - 1, SAMPLE, dtype=torch.float64).long()
    subjects = [] if clips.subject is None else clips.subject.tolist()
    return {
        "clips": len(clips),
        "frames": len(clips.poses),
        "classes": list(clips.classes),
        "labels": _hash(clips.labels.tolist()),
        "subjects": _hash(subjects),
        "coordinates": [round(v, 4) for v in values[places.to(values.device)].tolist()],
    }


def differences(card: Mapping[str, Any], sets: Mapping[str, ClipSet]) -> str:
    """In words, how sets of clips differ from those of a card; empty if they do not."""
    found = {name: difference(card[name], clips) for name, clips in sets.items()}
    return "; ".join(f"{name}: {words}" for name, words in found.items() if words)


def difference(card: Mapping[str, Any], clips: ClipSet) -> str:
    """In words, how clips differ from those of a summary; empty if they do not."""
    now = summary(clips)
    for name in ("clips", "frames", "classes", "labels", "subjects"):
        if now[name] != card[name]:
            return f"{name}: {card[name]!r} there, {now[name]!r} now"
    apart = max(abs(a - b) for a, b in zip(now["coordinates"], card["coordinates"], strict=True))
    return f"coordinates are up to {1000 * apart:.0f} mm apart" if apart > TOLERANCE else ""


def _hash(values: list[int]) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
