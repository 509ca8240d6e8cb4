"""AlphaPose, and results in the format of COCO: a json list of detections, one for each person and image.

``[{"image_id": "12.jpg", "keypoints": [x, y, confidence, …], "score": …, "idx": …}, …]``. The last digits
of ``image_id`` are the frame number. ``idx`` is the identity if the tracker was on; without it people are
linked from frame to frame. The number of key points tells the layout: 17 COCO, 26 Halpe, 133 COCO-WholeBody
and 136 Halpe with face and hands, which are left out. (Formats: AlphaPose, `docs/output.md`;
Halpe-FullBody, `README.md`.)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import json_files, recordings, tracks
from .common import quote
from .pixels import ASPECT, from_image
from .reader import Reader

LAYOUTS = {
    17: ("coco17", 17),
    26: ("halpe26", 26),
    68: ("halpe26", 26),
    136: ("halpe26", 26),
    133: ("wholebody23", 23),
}
"""Key points of a detection -> layout, and how many of them are its joints."""


def read_alphapose(
    path: str | Path,
    *,
    fps: float = 30.0,
    pattern: str | None = None,
    persons: int = 2,
    height: float = 1.7,
    score: float = 0.0,
    aspect: float = ASPECT,
) -> ClipSet:
    """Each file of a folder and its subfolders (or the one file) as a clip.

    Args:
        path: a file such as ``alphapose-results.json``, or a folder with such files.
        fps: frames per second, which the files do not contain.
        pattern: regular expression for names of files, see `recordings.classify`.
        persons: persons of a clip, those seen longest and most surely, see `tracks.slots`.
        height: of a person in metres, see `pixels.in_metres`.
        score: joints with a lower confidence are set to zero, like missing joints.
        aspect: width of the image divided by its height, for positions that are shares of them.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the detection.
    """
    path = Path(path)
    _, files, names = recordings.recordings(path, _is_alphapose, "list of AlphaPose detections")
    size = sum(file.stat().st_size for file in files)
    arrays: list[np.ndarray | None] = []
    layouts: dict[str, Path] = {}
    for file in files:
        placed, layout = _recording(file, persons)
        layouts.setdefault(layout, file)
        options = {"height": height, "least_score": score, "aspect": aspect}
        image = None if placed is None else from_image(file, placed[..., :2], placed[..., 2], **options)
        arrays.append(image)
    if len(layouts) > 1:
        found = ", ".join(f"{layout} in {file}" for layout, file in layouts.items())
        raise UnreadableFile(path, found, "one layout", "read the files of each layout separately")
    return recordings.assembled(
        path, names, arrays, pattern, size=size, skeleton=next(iter(layouts)), fps=fps
    )


def _recording(file: Path, persons: int) -> tuple[np.ndarray | None, str]:
    """Person slots [T, M, V, 3] (x, y, confidence) of a file, None if nobody is in it; and its layout."""
    detections = json_files.items(file, "the file", json_files.read_json(file))
    if not detections:
        raise UnreadableFile(file, "an empty list", "detections", "leave this file out")
    by_frame: dict[int, list[tracks.Person]] = {}
    layout = ""
    for place, detection in enumerate(detections):
        where = Place(file, part=f"detection {place}")
        image, points = json_files.fields(where, "the detection", detection, "image_id", "keypoints")
        values = json_files.numbers(where, "keypoints", points, [3 * count for count in LAYOUTS])
        found, count = LAYOUTS[len(values) // 3]
        if layout not in ("", found):
            raise UnreadableFile(
                where, f"key points of {found}", layout, "read one model's results at a time"
            )
        layout = found
        name = _identity(where, detection.get("idx"))
        by_frame.setdefault(_frame(where, image), []).append((name, values.reshape(-1, 3)[:count]))
    return tracks.placed(file, by_frame.items(), persons, file.stat().st_size), layout


def _frame(where: Place, image: object) -> int:
    """The frame number in the name of an image, or the number that it is."""
    if type(image) is int and 0 <= image < 10**15:
        return image
    digits = re.findall("[0-9]+", Path(image).stem) if isinstance(image, str) and image.strip() else []
    if not digits or len(digits[-1]) > 15:
        raise UnreadableFile(
            where, f"image_id {quote(image)}", "a name that ends in the frame number", "number the images"
        )
    return int(digits[-1])


def _identity(where: Place, name: Any) -> object:
    """The identity of a detection, None if it has none. (Some versions put it in a list.)"""
    for _ in range(2):
        if isinstance(name, list) and len(name) == 1:
            name = name[0]
    if name is None or isinstance(name, (int, float, str)):
        return name
    raise UnreadableFile(where, f"idx {quote(name)}", "one number", "leave idx out, then people are linked")


def _is_alphapose(path: Path) -> bool:
    return json_files.begins_with(path, "[", "image_id", "keypoints")


def _why(path: Path) -> str:
    file = recordings.first(path, _is_alphapose, (".json",))
    if file is None:
        return ""
    text = json_files.head(file)
    match = re.search(r'"keypoints"\s*:\s*\[([^\]]*)\]', text)
    count = 0 if match is None else (match[1].count(",") + 1) // 3
    layout = f", {count} key points each: {LAYOUTS[count][0]}" if count in LAYOUTS else ""
    tracked = (
        "idx is the identity" if '"idx"' in text else "without idx, people are linked from frame to frame"
    )
    return f"a json list of detections with image_id and keypoints{layout}; {tracked}"


READER = Reader(
    kind="AlphaPose files",
    description="a .json of AlphaPose or a folder of them",
    notes="COCO-17, Halpe-26, or the body of Halpe-136 and COCO-WholeBody, in the image; also results in the "
    "format of COCO. `idx` is the identity of a person, if present. One clip per file.",
    read=read_alphapose,
    why=_why,
)
