"""Windows of long recordings: rows of start, end and label, each of which becomes a clip.

The rows stand in a .csv with the columns ``start``, ``end`` and ``label``: frames, counted from 0, the last
one excluded; or ``start_seconds``, ``end_seconds`` and ``label``. For several recordings, a column
``recording`` has the name of the clip that each row is about. Every reader takes ``windows=``, a path or a
list of rows. Without it, ``walk.windows.csv`` beside ``walk.json`` (or beside the folder ``walk``) and
``windows.csv`` inside a folder are found.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from ..ragged import starts_of
from ..splits import GROUPS
from .common import MOST_CLASSES, number, plain_name, quote, read_file, shortened

MOST_BYTES, MOST_WINDOWS = 2**24, 50_000
"""Size limits of a table of windows."""

ENDING = ".windows.csv"

Rows = Sequence[tuple[float, float, object] | tuple[float, float, object, str]]
"""(start, end, label), in frames; or with the name of the recording."""


@dataclass(frozen=True)
class Window:
    """One row: the frames or seconds `start` to `end` (excluded) of a recording have this label.

    Args:
        where: the row, for errors.
        recording: name of the clip; "" if there is only one.
        seconds: whether start and end are seconds.
    """

    where: Place
    start: float
    end: float
    label: str
    recording: str = ""
    seconds: bool = False

    def frames(self, fps: float) -> tuple[int, int]:
        """First frame, and the frame after the last."""
        factor = fps if self.seconds else 1.0
        return round(self.start * factor), round(self.end * factor)


def applied(clips: ClipSet, source: Path, windows: str | Path | Rows) -> ClipSet:
    """The windows of these recordings as clips.

    Args:
        clips: the recordings.
        source: where they were read from, for errors about rows.
        windows: a table, or rows, see `Rows`.

    Raises:
        FileNotFoundError, UnreadableFile: as `read` and `cut`.
    """
    if isinstance(windows, (str, Path)):
        return cut(clips, read(windows), windows)
    return cut(clips, of_rows(source, windows), source)


def beside(source: Path) -> Path | None:
    """The table of windows that belongs to a recording or a folder, if there is one."""
    if source.is_dir():
        places = [source / "windows.csv", source.parent / f"{source.name}{ENDING}"]
    else:
        places = [source.parent / f"{source.stem}{ENDING}"]
    return next((place for place in places if place.is_file()), None)


def read(path: str | Path) -> list[Window]:
    """The windows of a table.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: names the line.
    """
    path = Path(path)
    try:
        text = read_file(path, MOST_BYTES).decode("utf-8-sig")
        lines = enumerate(csv.reader(text.splitlines(), strict=True), 1)
        rows = list(islice(((line, cells) for line, cells in lines if cells), MOST_WINDOWS + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(path, f"no table ({quote(str(error))})", "text in UTF-8", "save it so") from None
    if len(rows) > MOST_WINDOWS + 1:
        raise UnreadableFile(
            path, f"more than {MOST_WINDOWS:,} rows", f"at most {MOST_WINDOWS:,}", "split the table"
        )
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    seconds = "start_seconds" in header
    ends = ("start_seconds", "end_seconds") if seconds else ("start", "end")
    for name in (*ends, "label"):
        if name not in header:
            raise UnreadableFile(
                Place(path, line=1),
                f"the columns {', '.join(map(quote, header[:12])) or '(none)'}",
                f"{', '.join(ends)} and label",
                "name the columns in the first line",
            )
    columns = [header.index(name) for name in (*ends, "label")]
    if "recording" in header:
        columns.append(header.index("recording"))
    found = []
    for line, cells in rows[1:]:
        where = Place(path, line=line)
        if len(cells) != len(header):
            raise UnreadableFile(where, f"{len(cells)} cells", f"{len(header)}", "correct this line")
        start, end, label, *recording = (cells[i].strip() for i in columns)
        found.append(_window(where, (number(start), number(end)), label, "".join(recording), seconds))
    return found


def of_rows(source: Path, rows: Rows) -> list[Window]:
    """The windows of rows in Python. Raises UnreadableFile, with the number of the row."""
    found = []
    for place, row in enumerate(rows):
        where = Place(source, part=f"windows, row {place}")
        if not isinstance(row, (list, tuple)) or len(row) not in (3, 4):
            raise UnreadableFile(where, quote(row), "(start, end, label)", "correct it")
        start, end = (float(v) if isinstance(v, (int, float)) else math.nan for v in row[:2])
        label, *recording = map(str, row[2:])
        found.append(_window(where, (start, end), label, "".join(recording)))
    return found


def _window(
    where: Place, ends: tuple[float, float], label: str, recording: str = "", seconds: bool = False
) -> Window:
    start, end = ends
    if not 0 <= start < end < 2**53:  # also NaN
        raise UnreadableFile(
            where, f"start {start:g}, end {end:g}", "numbers, start before end, from 0", "correct it"
        )
    return Window(where, start, end, plain_name(where, "label", label), recording, seconds)


def cut(clips: ClipSet, windows: Sequence[Window], source: str | Path) -> ClipSet:
    """The windows as clips, in their order; subjects, views and setups are those of the recordings.

    Windows in which nobody is seen are left out, with a warning.

    Args:
        source: where the windows come from, for errors.

    Raises:
        UnreadableFile: a window of an unknown recording, beyond the end of one, or no window at all.
    """
    places = _places(clips, windows)
    spans = [_span(clips, place, window) for place, window in zip(places, windows, strict=True)]
    frames = sum(end - begin for begin, end in spans)
    if frames > 2**20 + 16 * len(clips.poses):
        raise UnreadableFile(
            source,
            f"{frames:,} frames in windows of {len(clips.poses):,}",
            "at most 16 times as many",
            "leave out windows that overlap",
        )
    seen = torch.cat([torch.zeros(1, dtype=torch.long), clips.present.any(1).long().cumsum(0)])
    kept = [i for i, (begin, end) in enumerate(spans) if seen[end] > seen[begin]]
    if not kept:
        raise UnreadableFile(
            source, "no window in which somebody is seen", "at least one", "correct the windows"
        )
    if empty := sorted(set(range(len(spans))) - set(kept)):
        first = windows[empty[0]].where
        warnings.warn(f"{first}: nobody is seen in {len(empty)} windows, which are left out", stacklevel=4)
    return _assembled(clips, [windows[i] for i in kept], [places[i] for i in kept], [spans[i] for i in kept])


def _assembled(
    clips: ClipSet, windows: list[Window], places: list[int], spans: list[tuple[int, int]]
) -> ClipSet:
    words = sorted({w.label for w in windows}, key=_natural)
    if len(words) > MOST_CLASSES:
        raise UnreadableFile(
            windows[0].where.file, f"{len(words)} labels", f"at most {MOST_CLASSES}", "merge some"
        )
    labels = {word: i for i, word in enumerate(words)}
    lengths = torch.tensor([end - begin for begin, end in spans])
    at = torch.tensor(places)
    first = clips.starts[at].tolist()
    groups: dict[str, Any] = {k: v[at] for k in GROUPS if (v := getattr(clips, k)) is not None}
    names = [
        f"{clips[place].name} {begin - start}-{end - start}"
        for place, start, (begin, end) in zip(places, first, spans, strict=True)
    ]
    return replace(
        clips,
        poses=clips.poses[torch.cat([torch.arange(begin, end) for begin, end in spans])],
        starts=starts_of(lengths),
        labels=torch.tensor([labels[window.label] for window in windows]),
        classes=tuple(words),
        names=tuple(names),
        file_splits=None,
        **groups,
    )


def _natural(label: str) -> tuple[bool, int, str]:
    """A key that sorts numbers by value, before words."""
    is_number = label.isascii() and label.isdigit()
    return not is_number, len(label) if is_number else 0, label


def _places(clips: ClipSet, windows: Sequence[Window]) -> list[int]:
    """Position of the clip that each window is about; suffixes and folders of names may be left out."""
    known: dict[str, int] = {"": 0} if len(clips) == 1 else {}
    for place, name in enumerate(clips.names):
        for word in (name, Path(name).name, Path(name).stem):
            known.setdefault(word, place)
    for window in windows:
        if window.recording not in known:
            raise UnreadableFile(
                window.where,
                f"the recording {quote(window.recording)}" if window.recording else "no recording",
                f"one of {', '.join(map(shortened, clips.names[:6]))}" + ", …" * (len(clips) > 6),
                "name it in the column recording",
            )
    return [known[window.recording] for window in windows]


def _span(clips: ClipSet, place: int, window: Window) -> tuple[int, int]:
    """First row and the row after the last, in the poses of the set."""
    begin, end = window.frames(clips.fps)
    length = int(clips.lengths[place])
    if not 0 <= begin < end <= length:
        raise UnreadableFile(
            window.where, f"the frames {begin} to {end}", f"some of 0 to {length}", "correct start and end"
        )
    start = int(clips.starts[place])
    return start + begin, start + end
