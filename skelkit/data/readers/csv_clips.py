"""A table with a row per frame and person, as clips; `tables` says how it is described."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..clips import ClipSet
from .common import MOST_PERSONS, check_file, check_room, clip_set, fail, number, plain_name, quote, upright
from .description import Description, as_groups

_GROUPS = ("label", "subject", "view", "setup")

_ONE = ("clip", "frame", "person", *_GROUPS)


@dataclass
class _Rows:
    """The rows of one clip: frame number, person and coordinates of each, and what is told once for the whole clip."""

    line: int
    told: dict[str, str]
    frames: list[int] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)
    poses: list[np.ndarray] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    who: dict[str, int] = field(default_factory=dict)


def read(told: Description) -> ClipSet:
    """The clips in a table. Raises ValueError "file:line: found …, expected …; what to do"."""
    path, clips = check_file(told.source), {}
    lines = _lines(told)
    try:
        _, header = next(lines)
    except StopIteration:
        fail(f"{path}:1", "an empty file", "a line with the names of the columns", "pass the whole table")
    place, joints = _columns(told, header)
    for line, cells in lines:
        where = f"{path}:{line}"
        if len(cells) != len(header):
            fail(where, f"{len(cells)} cells", f"{len(header)}, as in line 1", "mend this line")
        name = cells[place["clip"]].strip() if "clip" in place else path.stem
        if name not in clips:
            plain_name(where, "clip", name)
        about = {key: cells[place[key]].strip() for key in _GROUPS if key in place}
        rows = clips.setdefault(name, _Rows(line, about))
        if rows.told != about:
            key = next(key for key in about if about[key] != rows.told[key])
            fail(
                where,
                f"{key} {quote(about[key])} of clip {quote(name)}",
                f"{quote(rows.told[key])} as in line {rows.line}",
                "give each clip one",
            )
        _add(rows, where, told, place, cells, joints, header)
    return _assemble(told, clips)


def _lines(told: Description) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not blank."""
    with told.source.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=told.delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            fail(
                f"{told.source}:{reader.line_num}",
                f"a broken line ({error})",
                "cells, in whole quotes if any",
                "mend this line",
            )
        except UnicodeDecodeError as error:
            fail(
                f"{told.source}:{_undecodable(told.source)}",
                f"bytes that are no UTF-8 ({error.reason})",
                "text in UTF-8",
                "save the table as UTF-8",
            )


def _undecodable(path: Path) -> int:
    """The first line that is no UTF-8. (What reads the text reads ahead.)"""
    with path.open("rb") as file:
        return next(
            (number for number, line in enumerate(file, 1) if "\ufffd" in line.decode(errors="replace")), 1
        )


def _columns(told: Description, header: list[str]) -> tuple[dict[str, int], list[list[int]]]:
    """Where the named columns are, and [joint][axis] where the coordinates are. Joints are those of the skeleton, or all that fit."""
    where, columns = f"{told.source}:1", told.columns
    header = [cell.strip() for cell in header]
    if len(set(header)) < len(header):
        twice = next(name for i, name in enumerate(header) if name in header[:i])
        fail(where, f"two columns {quote(twice)}", "each name once", "rename one of the two")
    at = {name: i for i, name in enumerate(header)}

    def find(name: str, what: str) -> int:
        if name not in at:
            fail(
                where,
                f"the columns {', '.join(map(quote, header[:30]))}",
                f"{quote(name)} for {what}",
                f"mend the table or {told.path}",
            )
        return at[name]

    place = {key: find(columns[key], key) for key in _ONE if key in columns}
    if "person" in place and "frame" not in place:
        fail(
            f"{told.path}: [columns]",
            "person without frame",
            "both",
            "name the column that says which rows are of one frame",
        )
    pattern, axes, words = (
        columns.get("joints", "{joint}_{axis}"),
        columns.get("axes", ["x", "y", "z"]),
        columns.get("words", {}),
    )
    if (
        "{joint}" not in pattern
        or "{axis}" not in pattern
        or len(axes) != 3
        or not all(isinstance(a, str) for a in (*axes, *words.values()))
    ):
        fail(
            f"{told.path}: [columns]",
            f"joints = {quote(pattern)}, axes of {len(axes)}",
            "{joint} and {axis} in the pattern, three axes",
            "mend it",
        )
    if told.skeleton is None:
        fail(
            f"{told.path}: [skeleton]",
            "nothing",
            "the joints that the columns are named after",
            'add name = "kinect20" or joints, bones and root',
        )
    if unknown := set(words) - set(told.skeleton.joints):
        fail(
            f"{told.path}: [columns] words", quote(min(unknown)), f"joints of {told.skeleton.name}", "mend it"
        )

    # Plain replacement: str.format would let a pattern reach into attributes.
    def named(joint: str, axis: str) -> str:
        return pattern.replace("{axis}", axis).replace("{joint}", words.get(joint, joint))

    return place, [
        [find(named(joint, axis), f"{joint}, {axis}") for axis in axes] for joint in told.skeleton.joints
    ]


def _add(
    rows: _Rows,
    where: str,
    told: Description,
    place: dict[str, int],
    cells: list[str],
    joints: list[list[int]],
    header: list[str],
) -> None:
    """One row."""
    if "frame" in place:
        frame = number(cells[place["frame"]], told.decimal)
        if not abs(frame) < 2**31 or frame != int(frame):
            fail(
                where,
                f"frame {quote(cells[place['frame']])}",
                "a whole number",
                "number the frames of each clip",
            )
    else:
        frame = len(rows.frames)
    person = rows.who.setdefault(cells[place["person"]].strip() if "person" in place else "", len(rows.who))
    if person >= MOST_PERSONS:
        fail(
            where,
            f"more than {MOST_PERSONS} persons in one clip",
            "fewer",
            "leave out those who do not belong to the action",
        )
    if (int(frame), person) in rows.seen:
        fail(
            where,
            f"frame {int(frame)} a second time",
            "each frame (and person) once",
            "name the columns clip and person, or mend this line",
        )
    rows.seen.add((int(frame), person))
    values = np.array([[number(cells[i], told.decimal) for i in axes] for axes in joints])
    if np.isnan(values).any():
        if any(cells[i].strip() for axes in joints for i in axes):
            i = next(i for axes in joints for i in axes if math.isnan(number(cells[i], told.decimal)))
            fail(
                where,
                f"{quote(cells[i])} in column {quote(header[i])}",
                "a number",
                "fill it, or empty all coordinates where nobody was seen",
            )
        values[:] = 0
    rows.frames.append(int(frame))
    rows.persons.append(person)
    rows.poses.append(values.astype(np.float64))


@np.errstate(over="ignore", invalid="ignore")
def _assemble(told: Description, clips: dict[str, _Rows]) -> ClipSet:
    path, size, skeleton = told.source, told.source.stat().st_size, told.skeleton
    if not clips:
        fail(f"{path}:2", "no rows", "a row per frame", "pass the whole table")
    lengths = [max(rows.frames) - min(rows.frames) + 1 for rows in clips.values()]
    check_room(path, sum(lengths), max(len(rows.who) for rows in clips.values()), len(skeleton), size)
    arrays = []
    for rows, length in zip(clips.values(), lengths, strict=True):
        poses = np.zeros((length, len(rows.who), len(skeleton), 3))
        poses[np.array(rows.frames) - min(rows.frames), rows.persons] = rows.poses
        arrays.append(upright(poses * told.metres, told.up))
    groups = {
        key: as_groups(path, key, [rows.told[key] for rows in clips.values()])
        for key in _GROUPS
        if key in told.columns
    }
    labels = groups.pop("label", ["all"] * len(clips))
    classes = sorted(set(labels))
    place = {label: i for i, label in enumerate(classes)}
    return clip_set(
        path,
        arrays,
        names=list(clips),
        labels=[place[label] for label in labels],
        size=size,
        skeleton=skeleton,
        fps=told.fps,
        classes=list(map(str, classes)),
        **groups,
    )
