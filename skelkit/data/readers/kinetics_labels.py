"""The labels of Kinetics-skeleton: those in the clips, and the json of labels beside a folder of clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UnreadableFile
from . import json_files
from .common import MOST_CLASSES, plain_name, quote


def beside(folder: Path) -> dict[str, Any]:
    """Name -> label of each clip in ``<folder>_label.json`` beside a folder; {} if there is none."""
    file = folder.parent / f"{folder.name}_label.json"
    if not file.is_file():
        return {}
    content = json_files.read_json(file)
    if not isinstance(content, dict) or not all(isinstance(about, dict) for about in content.values()):
        raise UnreadableFile(
            file, quote(content), "an object with the label of each name", "get the whole file"
        )
    return content


def of_clip(file: Path, about: object) -> tuple[int, str]:
    """Index and name of a clip's class."""
    name, index = json_files.fields(file, "the clip", about, "label", "label_index")
    if type(index) is not int or not 0 <= index < MOST_CLASSES:
        raise UnreadableFile(file, f"label_index {quote(index)}", f"0 to {MOST_CLASSES - 1}", "correct it")
    return index, plain_name(file, "label", name)


def indices(path: Path, labels: Sequence[tuple[int, str]]) -> tuple[list[int], list[str]]:
    """Class of each clip, and the names of the classes, in the order of the indices in the files."""
    names: dict[int, str] = {}
    for index, name in labels:
        if names.setdefault(index, name) != name:
            raise UnreadableFile(
                path,
                f"{quote(names[index])} and {quote(name)}, both with label_index {index}",
                "one name",
                "correct the labels",
            )
    order = {index: place for place, index in enumerate(sorted(names))}
    return [order[index] for index, _ in labels], [names[index] for index in order]
