"""Tables of landmarks as people write them: a column for each coordinate, or a row for each landmark.

Wide: ``frame, nose_x, nose_y, nose_z, nose_visibility, …``, ``x0, y0, z0, v0, …`` or ``PELVIS_X, …``, in
any case and order of words. Long: ``frame, landmark, x, y, z, visibility`` with a row for each landmark of
each frame, by name or number. A column ``person`` or ``body_id`` tells people apart. Empty cells and NaN
are missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import Place, UnreadableFile
from . import csv_clips, json_files, recordings
from .common import check_file, number, quote

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 2**26, 100_000, 10_000
"""Size limits: frames of an hour, with a column for each coordinate or a row for each landmark."""

LEAST = 1e-6
"""Least visibility of a joint that has coordinates; zero is a missing one."""

_AXES = {"x": 0, "y": 1, "z": 2, "v": 3, "vis": 3, "visibility": 3, "conf": 3, "confidence": 3, "score": 3}
_FRAME = ("frame", "frameid", "frameindex", "framenumber", "frameno", "framenum", "frameidx")
_TIME = ("timestamp", "timestampusec", "timestampus", "timestampms", "timeus", "timems", "time", "seconds")
_PERSON = ("person", "personid", "bodyid", "body", "trackid", "poseid")
_LANDMARK = (
    *("landmark", "landmarkname", "landmarkid", "landmarkindex", "joint", "jointname", "jointid"),
    *("keypoint", "keypointname", "keypointid", "name", "id", "index"),
)
_FILLERS = {"landmark", "landmarks", "lm", "kp", "keypoint", "pose", "joint", "pos", "position", "m", "mm"}
_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
_WORDS = re.compile("[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


@dataclass(frozen=True)
class Layout:
    """Where the columns of a table are.

    Args:
        wide: column of each coordinate of each joint, [V, 4], -1 if there is none; empty for a long table.
        axes: of a long table, columns of x, y, z and visibility, -1 if there is none.
        frame, time, person, landmark: columns of these, -1 if there is none. Without a frame column, rows of
            one time are one frame.
        unread: names of the other columns.
    """

    wide: np.ndarray
    axes: tuple[int, ...]
    frame: int
    time: int
    person: int
    landmark: int
    unread: tuple[str, ...]


def key(name: str) -> str:
    """A joint's name without case, order of its side, and separators.

    >>> key("HANDTIP_LEFT"), key("left_hand_tip"), key("EyeL"), key("SPINE_NAVAL")
    ('left handtip', 'left handtip', 'left eye', 'spinenavel')
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    side = next((_SIDES[word] for word in words if word in _SIDES), "")
    rest = "".join(word for word in words if word not in _SIDES).replace("naval", "navel")
    return f"{side} {rest}".strip()


def find(header: Sequence[str], joints: Sequence[str]) -> Layout | None:
    """The columns of a table of these joints; None if it is no such table."""
    plain = [re.sub("[^a-z0-9]", "", cell.lower()) for cell in header]

    def one(names: Sequence[str]) -> int:
        return next((plain.index(name) for name in names if name in plain), -1)

    frame, time, person, landmark = one(_FRAME), one(_TIME), one(_PERSON), one(_LANDMARK)
    axes = tuple(one(names) for names in (("x",), ("y",), ("z",), ("visibility", "vis", "v", "score")))
    if landmark >= 0 and max(frame, time) >= 0 and min(axes[:2]) >= 0:
        used = {frame, time, person, landmark, *axes}
        wide = np.zeros((0, 4), int)
    else:
        wide = _wide(header, joints)
        if (wide[:, :2] < 0).any():
            return None
        landmark = -1
        used = {frame, time, person, *wide.ravel().tolist()}
    unread = tuple(cell for place, cell in enumerate(header) if place not in used)
    return Layout(wide, axes, frame, time, person, landmark, unread)


def _wide(header: Sequence[str], joints: Sequence[str]) -> np.ndarray:
    """Column of each coordinate of each joint, [V, 4]; -1 where there is none."""
    columns = np.full((len(joints), 4), -1)
    places = {key(joint): place for place, joint in enumerate(joints)}
    numbered: dict[tuple[int, int], int] = {}
    for column, cell in enumerate(header):
        words = [word.lower() for word in _WORDS.findall(cell)]
        axis = next((_AXES[word] for word in reversed(words) if word in _AXES), -1)
        rest = [word for word in words if word not in _AXES and word not in _FILLERS]
        if axis < 0 or not rest:
            continue
        if len(rest) == 1 and rest[0].isdigit() and len(rest[0]) < 5:
            numbered.setdefault((int(rest[0]), axis), column)
        elif (place := places.get(key("_".join(rest)), -1)) >= 0 and columns[place, axis] < 0:
            columns[place, axis] = column
    first = min((index for index, _ in numbered), default=0)  # numbers count from 0 or 1
    for (index, axis), column in numbered.items():
        if first <= 1 and 0 <= index - first < len(joints):
            columns[index - first, axis] = column
    return columns


def layout_of(path: Path, joints: Sequence[str]) -> Layout | None:
    """The columns of a .csv, from its first line; for a long table, the landmarks must be these joints."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return None
    lines = json_files.head(path).splitlines()[:200]
    header = [cell.strip().strip('"') for cell in lines[0].split(",")] if lines else []
    found = find(header, joints)
    if found is None or found.landmark < 0:
        return found
    rows = [line.split(",") for line in lines[1:-1]] or [lines[-1].split(",")]
    words = {row[found.landmark].strip().strip('"') for row in rows if len(row) == len(header)}
    places = _places(joints)
    return found if words and all(place_of(places, word) is not None for word in words) else None


def unread(path: Path, joints: Sequence[str]) -> list[str]:
    """Columns that are not read, of the first such table in a folder or of the table itself."""
    found = recordings.first(path, lambda p: layout_of(p, joints) is not None, (".csv",))
    layout = None if found is None else layout_of(found, joints)
    return [] if layout is None else list(layout.unread)


def _places(joints: Sequence[str]) -> dict[str, int]:
    return {key(joint): place for place, joint in enumerate(joints)}


def place_of(places: dict[str, int], word: str) -> int | None:
    """Index of a joint by name or number; None if there is none."""
    if word.isascii() and word.isdigit() and len(word) < 5:
        return int(word) if int(word) < len(places) else None
    return places.get(key(word.rpartition(".")[2]))


Rows = dict[tuple[int, str], np.ndarray]
"""(frame, person) -> float32 [V, 4]: x, y, z, visibility; the visibility of a missing joint is zero."""


def read(path: Path, joints: Sequence[str]) -> Rows:
    """The rows of a table.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: names the line.
    """
    check_file(path, MOST_BYTES)
    lines = csv_clips.lines(path, ",")
    _, header = next(lines, (0, [""]))
    columns = find([cell.strip() for cell in header], joints) if len(header) <= MOST_COLUMNS else None
    if columns is None:
        found = f"the columns {', '.join(map(quote, header[:12]))}"
        raise UnreadableFile(Place(path, line=1), found, f"x and y of {len(joints)} landmarks", "name them")
    rows: Rows = {}
    times: dict[str, int] = {}
    places = _places(joints)
    for line, cells in lines:
        where = Place(path, line=line)
        if len(cells) != len(header):
            raise UnreadableFile(
                where, f"{len(cells)} cells", f"{len(header)}, as in line 1", "correct this line"
            )
        if columns.frame >= 0:
            frame = _frame(where, cells[columns.frame])
        else:
            frame = len(rows) if columns.time < 0 else times.setdefault(cells[columns.time], len(times))
        name = cells[columns.person].strip() if columns.person >= 0 else ""
        if columns.landmark < 0:
            if (frame, name) in rows:
                raise UnreadableFile(
                    where, f"frame {frame} a second time", "each frame once", "number the frames"
                )
            rows[frame, name] = _joints(cells, columns.wide)
        else:
            place = place_of(places, cells[columns.landmark].strip())
            if place is None:
                found = f"the landmark {quote(cells[columns.landmark])}"
                raise UnreadableFile(where, found, f"one of {len(joints)}", "correct it")
            row = rows.setdefault((frame, name), np.zeros((len(joints), 4), np.float32))
            row[place] = _joint([cells[column] if column >= 0 else "" for column in columns.axes])
        if len(rows) > MOST_ROWS:
            raise UnreadableFile(where, f"more than {MOST_ROWS:,} frames", "fewer", "split the recording")
    if not rows:
        raise UnreadableFile(Place(path, line=2), "no rows", "a row per frame", "pass the whole table")
    return rows


@np.errstate(over="ignore", invalid="ignore")
def _joints(cells: Sequence[str], columns: np.ndarray) -> np.ndarray:
    """Coordinates and visibility float32 [V, 4]; zeros for a joint with a missing coordinate."""
    if not any(cells[column] for column in columns[:, 0]):  # nobody in this row
        return np.zeros((len(columns), 4), np.float32)
    texts = [cells[column] if column >= 0 else "0" for column in columns[:, :3].ravel()]
    try:
        values = np.array(texts, np.float32).reshape(-1, 3)
    except ValueError:
        values = np.array([number(text) if text else np.nan for text in texts], np.float32).reshape(-1, 3)
    shown = [number(cells[c]) if c >= 0 and cells[c] else 1.0 for c in columns[:, 3]]
    found = np.asarray(np.isfinite(values).all(1))
    visibility = np.where(found, np.maximum(np.nan_to_num(np.array(shown, np.float32)), LEAST), 0)
    return np.concatenate([np.where(found[:, None], values, 0), visibility[:, None]], 1)


def _joint(cells: Sequence[str]) -> tuple[float, float, float, float]:
    """x, y, z and visibility of one joint; zeros if a coordinate is missing. An empty z is 0."""
    x, y, z = number(cells[0]), number(cells[1]), number(cells[2] or "0")
    shown = number(cells[3] or "1")
    found = max(abs(x), abs(y), abs(z)) < 1e30 and x == x and y == y and z == z
    return (x, y, z, max(shown, LEAST) if shown == shown else LEAST) if found else (0.0, 0.0, 0.0, 0.0)


def _frame(where: Place, cell: str) -> int:
    value = number(cell)
    if not 0 <= value < 2**31 or value != int(value):
        raise UnreadableFile(where, f"frame {quote(cell)}", "a whole number", "number the frames")
    return int(value)
