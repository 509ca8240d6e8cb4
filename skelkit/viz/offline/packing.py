"""Buffers of the player in few bytes: rounded, as differences, compressed, and each kept once."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np

FINEST = 5e-4
"""Finest step of rounding: 0.5 mm for poses in metres, a tenth of a pixel."""

_MOST = 32_000
"""Largest rounded coordinate, an int16."""

_LEVELS = 1000
"""Largest rounded value: values are shown as colours."""

ITEMS = {"poses": 3, "values": 1, "masked": 1}
"""Buffers of the player -> numbers per joint."""


class Pool:
    """Compressed pieces of buffers, each kept once; a state names its pieces by their numbers."""

    def __init__(self) -> None:
        self.pieces: list[dict[str, Any]] = []
        self._known: dict[tuple[str, int, bytes], int] = {}

    def add(self, scene: dict[str, Any]) -> dict[str, list[int]]:
        """Buffer -> numbers of its pieces, one per clip, for the state of a player from `scene`."""
        found: dict[str, list[int]] = {}
        for name, pieces in _pieces(scene).items():
            found[name] = [self._number(name, content, stride) for content, stride in pieces]
        return found

    def _number(self, name: str, content: bytes, stride: int) -> int:
        key = (name, stride, content)
        if key not in self._known:
            self._known[key] = len(self.pieces)
            self.pieces.append(_packed(name, content, stride))
        return self._known[key]


def compressed(content: Any) -> str:
    """A JSON value, or bytes, compressed (zlib) and in base64."""
    if not isinstance(content, bytes):
        content = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(zlib.compress(content, 9)).decode()


def uncompressed(text: str) -> bytes:
    """The bytes of `compressed`."""
    return zlib.decompress(base64.b64decode(text))


def unpacked(piece: dict[str, Any]) -> bytes:
    """The bytes of a piece of a `Pool`, rounded; panel.js computes the same."""
    content = uncompressed(piece["data"])
    if "step" not in piece:
        return content
    low, high = np.frombuffer(content, np.uint8).reshape(2, -1, piece["stride"]).astype("<u2")
    whole = (low + 256 * high).view("<i2").cumsum(0, dtype="<i2")
    return (whole * np.float32(piece["step"])).astype("<f4").tobytes()


def _pieces(scene: dict[str, Any]) -> dict[str, list[tuple[bytes, int]]]:
    """Buffer -> (bytes, numbers per frame) of each clip that has any, in the order of the buffer."""
    meta, at = scene["meta"], dict.fromkeys(ITEMS, 0)
    found: dict[str, list[tuple[bytes, int]]] = {name: [] for name in ITEMS}
    for clip in meta["clips"]:
        joints = len(meta["skeletons"][clip["skeleton"]]["joints"])
        frames, persons = clip["values"]
        shapes = {
            "poses": (meta["frames"], clip["persons"] * joints * 3),
            "values": (frames, persons * joints),
            "masked": (clip["masked"], joints),
        }
        for name, (rows, stride) in shapes.items():
            size = rows * stride * (1 if name == "masked" else 4)
            if size:
                found[name].append((scene[name][at[name] : at[name] + size], stride))
                at[name] += size
    return found


def _packed(name: str, content: bytes, stride: int) -> dict[str, Any]:
    """Masks as they are; floats rounded to int16, as differences from frame to frame.

    All low bytes stand before all high bytes: the high ones of small differences are 0 or 255.
    """
    if name == "masked":
        return {"data": compressed(content)}
    numbers = np.frombuffer(content, "<f4").reshape(-1, stride)
    largest = float(np.abs(numbers).max(initial=0))
    step = max(FINEST, largest / _MOST) if name == "poses" else largest / _LEVELS
    whole = np.round(numbers / (step or 1.0)).astype("<i2")
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, stride), "<i2")).astype("<i2")
    apart = steps.view(np.uint8).reshape(-1, 2).T.tobytes()
    return {"data": compressed(apart), "step": step or 1.0, "stride": stride}
