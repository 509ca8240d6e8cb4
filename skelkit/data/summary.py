"""Summary of a ClipSet: counts, lengths, persons and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..utils.statistics import median
from ..utils.validation import listed
from .splits import GROUPS

if TYPE_CHECKING:
    from .clips import ClipSet


def summarise(clips: ClipSet) -> dict[str, Any]:
    """Counts, lengths, persons and groups of a set as plain values, for `ClipSet.card`."""
    seconds, persons = clips.lengths / clips.fps, clips.persons
    summary: dict[str, Any] = {
        "clips": len(clips),
        "classes": len(clips.labels.unique()),
        "skeleton": f"{clips.skeleton.name}, {len(clips.skeleton)} joints",
        "fps": clips.fps,
        "frames": {
            "shortest": int(clips.lengths.min()),
            "median": _whole(float(median(clips.lengths))),
            "longest": int(clips.lengths.max()),
        },
        "seconds": {
            "shortest": round(float(seconds.min()), 1),
            "longest": round(float(seconds.max()), 1),
            "together": round(float(seconds.sum())),
        },
        "persons": {f"{n} in a clip": int((persons == n).sum()) for n in persons.unique().tolist()},
        "megabytes": float(f"{clips.nbytes / 1e6:.3g}"),
    }
    for key in GROUPS:
        if (codes := getattr(clips, key)) is not None:
            present, known = codes.unique().tolist(), (clips.group_names or {}).get(key)
            few = known and len(present) <= 12
            summary[f"{key}s"] = listed(known[c] for c in present) if known and few else len(present)
    per_class = clips.labels.bincount(minlength=len(clips.classes)).tolist()
    summary["per class"] = {
        name: count for name, count in zip(clips.classes, per_class, strict=True) if count
    }
    if without := per_class.count(0):
        summary["classes without clips"] = without
    return summary


def _whole(value: float) -> int | float:
    """The number, without a decimal point if it is whole."""
    return int(value) if value.is_integer() else value
