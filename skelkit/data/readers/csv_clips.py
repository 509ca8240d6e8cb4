"""Clips in a table with a row per frame and person, as `tables` describes it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ...skeletons.skeleton import Skeleton
from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from .common import (
    MOST_PERSONS,
    check_file,
    check_room,
    clip_set,
    number,
    plain_name,
    quote,
    shortened,
    upright,
)
from .csv_columns import GROUPS, Columns, find_columns
from .description import Description, as_groups

MOST_LINE = 4_000_000
"""Characters of a line; 500 joints of three coordinates take 50,000."""


@dataclass
class _Rows:
    """The rows of one clip.

    Args:
        line: of the first row, counted from 1.
        groups: label, subject, view and setup of the clip, as far as the table has them.
        frames, persons: frame number and person index of each row.
        poses: coordinates [V, 3] of each row, in units of the file.
        seen: (frame, person) of the rows.
        person_index: name of each person -> index.
    """

    line: int
    groups: dict[str, str]
    frames: list[int] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)
    poses: list[np.ndarray] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    person_index: dict[str, int] = field(default_factory=dict)


def read(about: Description) -> ClipSet:
    """The clips in a table.

    Raises:
        UnreadableFile: names the line, or the key of the description.
    """
    path = check_file(about.source)
    rows_of_file = lines(path, about.delimiter)
    try:
        _, header = next(rows_of_file)
    except StopIteration:
        raise UnreadableFile(
            Place(path, line=1),
            "an empty file",
            "a line with the names of the columns",
            "pass the whole table",
        ) from None
    columns = find_columns(about, header)
    clips: dict[str, _Rows] = {}
    for line, cells in rows_of_file:
        where = Place(path, line=line)
        if len(cells) != len(header):
            raise UnreadableFile(
                where, f"{len(cells)} cells", f"{len(header)}, as in line 1", "correct this line"
            )
        _add(_rows_of(clips, where, line, columns, cells), where, about, columns, cells)
    return _assemble(about, columns.skeleton, clips)


def lines(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not blank."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(_bounded(path, file), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise UnreadableFile(
                Place(path, line=reader.line_num),
                f"a broken line ({error})",
                "cells, in whole quotes if any",
                "correct this line",
            ) from None
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                Place(path, line=_first_line_not_utf8(path)),
                f"bytes that are no UTF-8 ({error.reason})",
                "text in UTF-8",
                "save the table as UTF-8",
            ) from None


def _bounded(path: Path, file: TextIO) -> Iterator[str]:
    """The lines of a file, which end. Raises UnreadableFile for the first that is too long."""
    for row in count(1):
        line = file.readline(MOST_LINE + 1)
        if len(line) > MOST_LINE:
            raise UnreadableFile(
                Place(path, line=row),
                f"more than {MOST_LINE:,} characters",
                "a row of a table",
                "pass a table with a line for each row",
            )
        if not line:
            return
        yield line


def _first_line_not_utf8(path: Path) -> int:
    """The first line that is not UTF-8. (The csv reader reads ahead, so its line number is too large.)"""
    with path.open("rb") as file:
        lines = enumerate(iter(lambda: file.readline(MOST_LINE), b""), 1)
        return next((line for line, content in lines if "\ufffd" in content.decode(errors="replace")), 1)


def _rows_of(clips: dict[str, _Rows], where: Place, line: int, columns: Columns, cells: list[str]) -> _Rows:
    """The rows of the clip that this line belongs to; a new clip is added to `clips`."""
    place = columns.place
    name = cells[place["clip"]].strip() if "clip" in place else Path(where.file).stem
    if name not in clips:
        plain_name(where, "clip", name)
    groups = {key: cells[place[key]].strip() for key in GROUPS if key in place}
    rows = clips.setdefault(name, _Rows(line, groups))
    if rows.groups != groups:
        key = next(key for key in groups if groups[key] != rows.groups[key])
        raise UnreadableFile(
            where,
            f"{key} {quote(groups[key])} of clip {quote(name)}",
            f"{quote(rows.groups[key])} as in line {rows.line}",
            "give each clip one",
        )
    return rows


def _add(rows: _Rows, where: Place, about: Description, columns: Columns, cells: list[str]) -> None:
    """Add a line to the rows of its clip."""
    place = columns.place
    frame = _frame(where, cells[place["frame"]], about.decimal) if "frame" in place else len(rows.frames)
    name = cells[place["person"]].strip() if "person" in place else ""
    person = rows.person_index.setdefault(name, len(rows.person_index))
    if person >= MOST_PERSONS:
        raise UnreadableFile(
            where,
            f"more than {MOST_PERSONS} persons in one clip",
            "fewer",
            "leave out persons that do not belong to the action",
        )
    if (frame, person) in rows.seen:
        raise UnreadableFile(
            where,
            f"frame {frame} a second time",
            "each frame (and person) once",
            "name the columns clip and person, or correct this line",
        )
    rows.seen.add((frame, person))
    rows.frames.append(frame)
    rows.persons.append(person)
    rows.poses.append(_coordinates(where, about.decimal, columns, cells))


def _frame(where: Place, cell: str, decimal: str) -> int:
    value = number(cell, decimal)
    if not abs(value) < 2**31 or value != int(value):
        raise UnreadableFile(
            where, f"frame {quote(cell)}", "a whole number", "number the frames of each clip"
        )
    return int(value)


def _coordinates(where: Place, decimal: str, columns: Columns, cells: list[str]) -> np.ndarray:
    """Coordinates float64 [V, 3] of a line, zeros if all its coordinate cells are empty."""
    values = np.array([[number(cells[i], decimal) for i in axes] for axes in columns.joints], np.float64)
    if not np.isnan(values).any():
        return values
    used = [i for axes in columns.joints for i in axes]
    if any(cells[i].strip() for i in used):
        i = next(i for i in used if math.isnan(number(cells[i], decimal)))
        raise UnreadableFile(
            where,
            f"{quote(cells[i])} in column {quote(columns.header[i])}",
            "a number",
            "fill it, or empty all coordinates where nobody was seen",
        )
    return np.zeros_like(values)


def _check_steps(about: Description, clips: dict[str, _Rows]) -> None:
    """Refuse frame numbers of which no two follow each other: they are times, in milliseconds say.

    Every time between would become a frame without persons.
    """
    frames = [sorted(set(rows.frames)) for rows in clips.values()]
    steps = [after - before for each in frames for before, after in pairwise(each)]
    if len(steps) < 2 or min(steps) == 1:
        return
    name, rows = max(clips.items(), key=lambda item: len(set(item[1].frames)))
    listed = ", ".join(map(str, sorted(set(rows.frames))[:4]))
    raise UnreadableFile(
        Place(about.source, line=rows.line, clip=shortened(name)),
        f"the frames {listed}, … with steps of {min(steps)} or more everywhere in the table",
        "frame numbers that count by one",
        f"if they are times, leave out frame in {about.path} (each row is then the next frame) and give fps",
    )


@np.errstate(over="ignore", invalid="ignore")
def _assemble(about: Description, skeleton: Skeleton, clips: dict[str, _Rows]) -> ClipSet:
    """The clips as a ClipSet; frames without a row show nobody."""
    path, size = about.source, about.source.stat().st_size
    if not clips:
        raise UnreadableFile(Place(path, line=2), "no rows", "a row per frame", "pass the whole table")
    _check_steps(about, clips)
    lengths = [max(rows.frames) - min(rows.frames) + 1 for rows in clips.values()]
    persons = max(len(rows.person_index) for rows in clips.values())
    check_room(path, sum(lengths), persons, len(skeleton), size)
    arrays = []
    for rows, length in zip(clips.values(), lengths, strict=True):
        poses = np.zeros((length, len(rows.person_index), len(skeleton), 3))
        poses[np.array(rows.frames) - min(rows.frames), rows.persons] = rows.poses
        arrays.append(upright(poses * about.metres, about.up))
    groups = {
        key: as_groups(path, key, [rows.groups[key] for rows in clips.values()])
        for key in GROUPS
        if key in about.columns
    }
    labels: list[Any] = groups.pop("label", ["all"] * len(clips))
    classes = list(map(str, sorted(set(labels))))
    index = {name: i for i, name in enumerate(classes)}
    return clip_set(
        path,
        arrays,
        names=list(clips),
        labels=[index[str(label)] for label in labels],
        size=size,
        skeleton=skeleton,
        fps=about.fps,
        classes=classes,
        **groups,
    )
