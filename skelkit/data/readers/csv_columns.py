"""The columns of a table, found by the names in its first line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ...skeletons.skeleton import Skeleton
from ..errors import Place, UnreadableFile
from .common import quote
from .description import Description

GROUPS = ("label", "subject", "view", "setup")

_SINGLE = ("clip", "frame", "person", *GROUPS)


@dataclass(frozen=True)
class Columns:
    """Where the columns are.

    Args:
        header: names of all columns.
        place: key of the description, such as "clip" -> its column.
        joints: column of each coordinate, [joint][axis].
        skeleton: names the joints.
    """

    header: list[str]
    place: dict[str, int]
    joints: list[list[int]]
    skeleton: Skeleton


def find_columns(about: Description, header: list[str]) -> Columns:
    """The columns that the description names.

    Args:
        header: cells of the first line.

    Raises:
        UnreadableFile: a column is missing or there twice, or the description does not say enough.
    """
    where, keys = Place(about.source, line=1), about.columns
    header = [cell.strip() for cell in header]
    if len(set(header)) < len(header):
        twice = next(name for name, count in Counter(header).items() if count > 1)
        raise UnreadableFile(where, f"two columns {quote(twice)}", "each name once", "rename one of the two")
    place = {name: i for i, name in enumerate(header)}

    def find(name: str, what: str) -> int:
        if name not in place:
            raise UnreadableFile(
                where,
                f"the columns {', '.join(map(quote, header[:30]))}",
                f"{quote(name)} for {what}",
                f"correct the table or {about.path}",
            )
        return place[name]

    single = {key: find(keys[key], key) for key in _SINGLE if key in keys}
    if "person" in single and "frame" not in single:
        raise UnreadableFile(
            about.section("columns"),
            "person without frame",
            "both",
            "name the column that says which rows are of one frame",
        )
    pattern, axes, words, skeleton = _joint_names(about)
    joints = []
    for joint in skeleton.joints:
        # Plain replacement, since str.format would let a pattern reach into attributes.
        word = words.get(joint, joint)
        names = [pattern.replace("{axis}", axis).replace("{joint}", word) for axis in axes]
        joints.append([find(name, f"{joint}, {axis}") for name, axis in zip(names, axes, strict=True)])
    return Columns(header, single, joints, skeleton)


def _joint_names(about: Description) -> tuple[str, list[str], dict[str, str], Skeleton]:
    """Pattern, axes and words of the coordinate columns, and the skeleton whose joints name them."""
    keys: dict[str, Any] = about.columns
    pattern, axes = keys.get("joints", "{joint}_{axis}"), keys.get("axes", ["x", "y", "z"])
    words = keys.get("words", {})
    are_strings = all(isinstance(word, str) for word in (*axes, *words.values()))
    if "{joint}" not in pattern or "{axis}" not in pattern or len(axes) != 3 or not are_strings:
        raise UnreadableFile(
            about.section("columns"),
            f"joints = {quote(pattern)}, axes of {len(axes)}",
            "{joint} and {axis} in the pattern, three axes",
            "correct it",
        )
    if about.skeleton is None:
        raise UnreadableFile(
            about.section("skeleton"),
            "nothing",
            "the joints that the columns are named after",
            'add name = "kinect20" or joints, bones and root',
        )
    if unknown := set(words) - set(about.skeleton.joints):
        raise UnreadableFile(
            about.section("columns", "words"),
            quote(min(unknown)),
            f"joints of {about.skeleton.name}",
            "correct it",
        )
    return pattern, axes, words, about.skeleton
