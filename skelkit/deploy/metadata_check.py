"""Checks of the metadata of an exported classifier, which may be made up though its checksum is right."""

from __future__ import annotations

import json
import math
from typing import Any

FIELDS = ("classes", "joints", "frames", "fps", "seconds")
"""Metadata in JSON; the others are plain texts."""

MOST_TEXT, MOST_NAMES, MOST_FRAMES = 2**22, 10_000, 10_000
"""Limits of one text, of the names of classes or joints, and of the frames a classifier or a window takes."""


def checked(about: dict[str, str]) -> dict[str, Any]:
    """The metadata with their values.

    Raises:
        ValueError, TypeError, KeyError, RecursionError: a field is missing or not what the kit writes.

    >>> given = {"classes": '["sit"]', "joints": '["a"]', "frames": "8", "fps": "30.0", "seconds": "1.5"}
    >>> checked(given | {"skeleton": "arm", "weights": "float32"})["frames"]
    8
    """
    if longest := [name for name, text in about.items() if len(text) > MOST_TEXT]:
        raise ValueError(f"{longest[0]!r} of more than {MOST_TEXT:,} characters")
    found: dict[str, Any] = {
        name: json.loads(text) if name in FIELDS else text for name, text in about.items()
    }
    for name in ("classes", "joints"):
        names = found[name]
        if not isinstance(names, list) or not 0 < len(names) <= MOST_NAMES:
            raise ValueError(f"no list of {name}")
        if not all(isinstance(each, str) for each in names):
            raise ValueError(f"{name} that are no names")
    if type(found["frames"]) is not int or not 1 <= found["frames"] <= MOST_FRAMES:
        raise ValueError(f"frames that are no number from 1 to {MOST_FRAMES:,}")
    for name in ("fps", "seconds"):
        if type(found[name]) not in (int, float) or not (
            0 < found[name] < 1e6 and math.isfinite(found[name])
        ):
            raise ValueError(f"{name} that is no number above 0")
    if found["fps"] * found["seconds"] > MOST_FRAMES:
        raise ValueError(f"a window of more than {MOST_FRAMES:,} frames")
    for name in ("skeleton", "weights"):
        found[name]
    return found
