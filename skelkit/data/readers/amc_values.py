"""The numbers of an AMC file: the number of a frame, then a line "bone value …" for each bone.

Keywords such as ``:DEGREES``, ``:RADIANS`` and ``:SAMPLES-PER-SECOND 120`` precede them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import Place, UnreadableFile
from .asf import Bone
from .common import number, quote
from .text_lines import read_lines


class Motion(NamedTuple):
    """The content of an AMC file.

    Args:
        values: the channels of each bone that has any, float64 [T, channels].
        fps: frames per second; None if the file does not say.
        radians: radians per unit of angles; None if the file does not say.
    """

    values: dict[str, np.ndarray]
    fps: float | None
    radians: float | None


def read_motion(file: Path, bones: Sequence[Bone]) -> Motion:
    """The motion of these bones.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: a damaged file, or one for other bones; names the line or the frame.
    """
    counts = {bone.name: len(bone.channels) for bone in bones if bone.channels}
    rows: dict[str, list[str]] = {name: [] for name in counts}
    keywords: dict[str, list[str]] = {}
    frames, missing = 0, set(counts)
    for line, content in enumerate(read_lines(file), 1):
        words = content.split()
        if not words or words[0][0] in "#:":
            keywords |= {words[0].lower(): words[1:]} if words and not frames else {}
            continue
        if len(words) == 1 and words[0].isdigit():
            if frames and missing:
                break
            frames, missing = frames + 1, set(counts)
        elif frames and words[0] in missing and len(words) == counts[words[0]] + 1:
            missing.discard(words[0])
            rows[words[0]] += words[1:]
        else:
            found = quote(" ".join(words))
            expected = "a bone of the .asf and its channels, once in a frame"
            raise UnreadableFile(Place(file, line=line), found, expected, "pass the .asf it was made with")
    if not frames or missing:
        found = f"frame {frames} without {', '.join(sorted(missing)[:6])}" if frames else "no frame"
        raise UnreadableFile(file, found, "all bones in each frame", "get the whole file")
    values = {name: _numbers(file, name, words, counts[name]) for name, words in rows.items()}
    rate = number("".join(keywords.get(":samples-per-second", [])[:1]))
    radians = 1.0 if ":radians" in keywords else math.pi / 180 if ":degrees" in keywords else None
    return Motion(values, rate if 0.01 <= rate < 1e6 else None, radians)


def _numbers(file: Path, name: str, words: list[str], count: int) -> np.ndarray:
    try:
        values = np.array(words, np.float64)
    except ValueError:
        values = np.array([number(word) for word in words])
    if not (np.abs(values) < 1e9).all():
        frame = int((~(np.abs(values) < 1e9)).argmax()) // count + 1
        found = f"{name} in frame {frame}: {quote(words[(frame - 1) * count])}"
        raise UnreadableFile(file, found, "finite numbers", "correct the file")
    return values.reshape(-1, count)
