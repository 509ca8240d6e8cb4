"""Kinetics-skeleton, ST-GCN's release of OpenPose results on Kinetics: a json of each clip, one of labels.

``kinetics_train/<name>.json`` is ``{"data": [{"frame_index": 1, "skeleton": [{"pose": [x, y, …], "score":
[…]}]}], "label": …, "label_index": …}``: 18 joints of OpenPose's COCO model, as shares of the width and
height of a video of 340 x 256 pixels, 30 frames per second. ``kinetics_train_label.json`` beside the folder
says of each name ``has_skeleton``, ``label`` and ``label_index``. (Yan et al., 2018; layout:
`feeder/feeder_kinetics.py` of st-gcn.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import json_files, kinetics_labels, recordings, tracks
from .common import clip_set, quote
from .pixels import from_image
from .reader import Reader

JOINTS = 18

ASPECT = 340 / 256

MOST_BYTES = 2**25
"""Size limit of one clip; 300 frames of five people have 0.6 MB."""


def read_kinetics_skeleton(
    path: str | Path,
    *,
    fps: float = 30.0,
    persons: int = 2,
    height: float = 1.7,
    score: float = 0.0,
    aspect: float = ASPECT,
) -> ClipSet:
    """The clips of a folder and its subfolders (or one clip); the class is the label in the file.

    `setup` is the name of the folder of each clip if there are several, such as ``kinetics_train`` and
    ``kinetics_val``. Clips whose label file says that they have no skeleton are left out.

    Args:
        path: a folder of clips, the folder above ``kinetics_train`` and ``kinetics_val``, or one clip.
        fps: frames per second, which the files do not contain.
        persons: persons of a clip, those seen longest and most surely, see `tracks.linked`. (ST-GCN takes the
            two most confident of each frame.)
        height: of a person in metres, see `pixels.in_metres`.
        score: joints with a lower confidence are set to zero, like missing joints.
        aspect: width of the video divided by its height.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names it.
    """
    path = Path(path)
    _, files, names = recordings.recordings(path, _is_clip, "Kinetics-skeleton clip")
    size = sum(file.stat().st_size for file in files)
    known = {folder: kinetics_labels.beside(folder) for folder in {file.parent for file in files}}
    options = {"height": height, "least_score": score, "aspect": aspect}
    arrays: list[np.ndarray | None] = []
    labels = []
    for file in files:
        content = json_files.read_json(file, MOST_BYTES)
        placed = _placed(file, content, persons)
        about = known[file.parent].get(file.stem, content)
        labels.append(kinetics_labels.of_clip(file, about if "label" in about else content))
        if placed is None or about.get("has_skeleton") is False:
            arrays.append(None)
        else:
            arrays.append(from_image(file, placed[..., :2], placed[..., 2], **options))
    kept = recordings.with_people(path, names, arrays)
    folders = [files[i].parent.name for i in kept]
    indices, classes = kinetics_labels.indices(path, [labels[i] for i in kept])
    return clip_set(
        path,
        list(kept.values()),
        names=[names[i] for i in kept],
        labels=indices,
        size=size,
        skeleton="coco18",
        fps=fps,
        classes=classes,
        setup=folders if len(set(folders)) > 1 else None,
    )


def _placed(file: Path, content: object, persons: int) -> np.ndarray | None:
    """Person slots [T, M, 18, 3] (x, y, confidence) of a clip; None if nobody is in it."""
    (data,) = json_files.fields(file, "the file", content, "data")
    people: dict[int, list[tracks.Person]] = {}
    for number, frame in enumerate(json_files.items(file, "data", data)):
        where = Place(file, part=f"data {number}")
        index, skeletons = json_files.fields(where, "the frame", frame, "frame_index", "skeleton")
        if type(index) is not int or not 0 <= index < 10**9 or index in people:
            raise UnreadableFile(
                where, f"frame_index {quote(index)}", "a number that no other frame has", "correct it"
            )
        people[index] = [
            (None, _joints(where, one)) for one in json_files.items(where, "skeleton", skeletons)
        ]
    return tracks.placed(file, people.items(), persons, file.stat().st_size)


def _joints(where: Place, person: object) -> np.ndarray:
    """Joints [18, 3] of a person: x, y, confidence."""
    pose, score = json_files.fields(where, "a skeleton", person, "pose", "score")
    xy = json_files.numbers(where, "pose", pose, 2 * JOINTS).reshape(JOINTS, 2)
    confidence = json_files.numbers(where, "score", score, JOINTS)
    return np.concatenate([xy, confidence[:, None]], 1) * (confidence > 0)[:, None]


def _is_clip(path: Path) -> bool:
    return json_files.begins_with(path, "{", "data", "frame_index", "skeleton")


def _why(path: Path) -> str:
    file = recordings.first(path, _is_clip, (".json",))
    return (
        ""
        if file is None
        else "json files with data, frame_index and skeleton: 18 joints (coco18) in the image"
    )


READER = Reader(
    kind="Kinetics-skeleton files",
    description="a folder or .json of Kinetics-skeleton",
    notes="ST-GCN's release: OpenPose's 18 joints on Kinetics, one file per clip, and the labels in "
    "`kinetics_train_label.json` beside the folder. The folder above `kinetics_train` and `kinetics_val` has "
    "a split: `--by file`.",
    read=read_kinetics_skeleton,
    why=_why,
)
