"""TRC: marker positions as a table separated by tabs, of OpenSim and Motion Analysis.

Five lines precede the rows: ``PathFileType``; names of values (``DataRate``, ``NumFrames``, ``NumMarkers``,
``Units``, …) and the values; ``Frame#``, ``Time`` and the markers, each above its first of three columns; and
X1, Y1, Z1, …. Empty cells are hidden markers. (OpenSim documentation, "Marker (.trc) Files"; y is up in its
ground frame.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import markers as marker_sets
from . import recordings
from .common import check_room, number, plain_name, quote
from .markers import METRES, MOST_MARKERS, Recording
from .reader import Reader
from .text_lines import read_lines


def read_trc(
    path: str | Path,
    *,
    markers: str | Path | None = None,
    pattern: str | None = None,
    up: str = "y",
) -> ClipSet:
    """Each .trc of a folder and its subfolders (or the one file) as a clip; joints come from markers.

    Args:
        path: a .trc, or a folder with such files of one frame rate.
        markers: a TOML file that says which markers make which joint, see `skelkit.data.readers.markers`.
        pattern: regular expression for classes and subjects, see `recordings.classify`.
        up: the axis that points up.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: a damaged file, which is named with its line; or no joint can be found.
    """
    return marker_sets.read(Path(path), ".trc", read, markers=markers, pattern=pattern, up=up)


def read(path: Path) -> Recording:
    """The markers of one file.

    Raises:
        FileNotFoundError, UnreadableFile: as `read_trc`.
    """
    lines = list(read_lines(path))
    about = _header(path, lines)
    names = tuple(
        plain_name(Place(path, line=4), "marker", name.strip())
        for name in lines[3].split("\t")[2:]
        if name.strip()
    )
    rows = [i for i, line in enumerate(lines[5:], 6) if line.strip()]
    frames, count = about["NumFrames"], about["NumMarkers"]
    if count != len(names) or not 0 < count <= MOST_MARKERS or len(set(names)) < len(names):
        found = f"{len(names)} names of markers"
        raise UnreadableFile(Place(path, line=4), found, f"{count:g}, each once", "get the whole file")
    if frames != len(rows) or not rows:
        found = f"{len(rows)} rows"
        expected = f"the {frames:g} that NumFrames announces"
        raise UnreadableFile(path, found, expected, "get the whole file, or correct NumFrames")
    check_room(path, len(rows), 1, len(names), path.stat().st_size)
    values = np.array([_row(path, row, lines[row - 1], 3 * len(names)) for row in rows])
    positions = np.nan_to_num(values.reshape(len(rows), len(names), 3) * about["metres"])
    return Recording(names, positions.astype(np.float32), about["DataRate"], "y")


def _header(path: Path, lines: list[str]) -> dict[str, float]:
    """DataRate, NumFrames, NumMarkers, and metres per unit."""
    if not lines[0].startswith("PathFileType"):
        raise UnreadableFile(Place(path, line=1), quote(lines[0]), "PathFileType", "pass a TRC file")
    if len(lines) < 6:
        found, expected = f"the end of the file after {len(lines)} lines", "a header of five, and rows"
        raise UnreadableFile(Place(path, line=len(lines)), found, expected, "get the whole file")
    values = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    values = {key.strip(): value.strip() for key, value in values.items()}
    about = {key: number(values.get(key, "")) for key in ("DataRate", "NumFrames", "NumMarkers")}
    units = values.get("Units", "").lower()
    for key, value in about.items():
        if not 0 < value < 1e9:
            found = f"{key} {quote(values.get(key, ''))}"
            raise UnreadableFile(Place(path, line=3), found, "a number above zero", "correct it")
    if units not in METRES:
        found = f"Units {quote(values.get('Units', ''))}"
        raise UnreadableFile(Place(path, line=3), found, " or ".join(METRES), "correct it")
    return about | {"metres": METRES[units]}


def _row(path: Path, line: int, text: str, columns: int) -> np.ndarray:
    """The coordinates of a row, float64 [columns]; NaN where a cell is empty."""
    cells = text.split("\t")[2 : 2 + columns]
    extra = [cell for cell in text.split("\t")[2 + columns :] if cell.strip()]
    cells = [cell.strip() or "nan" for cell in cells] + ["nan"] * (columns - len(cells))
    try:
        values = np.array(cells, np.float64)
    except ValueError:
        values = np.array([np.inf])
    if extra or not (np.isnan(values) | (np.abs(values) < 1e9)).all():
        odd = next((cell for cell in cells if not abs(number(cell)) < 1e9 and cell.lower() != "nan"), "")
        found = f"{len(extra)} cells too many" if extra else quote(odd)
        expected = f"a frame, a time and {columns} numbers"
        raise UnreadableFile(Place(path, line=line), found, expected, "correct this line")
    return values


def _why(path: Path) -> str:
    file = recordings.first(path, lambda p: p.suffix.lower() == ".trc")
    return f"markers in {file.suffix}; y is up, unit and frame rate are in the file" if file else ""


READER = Reader(
    kind="TRC files",
    description="a folder or file of .trc (markers, OpenSim)",
    notes="Joints are means of markers, by a `markers.toml` beside the files (`skelkit.data.readers."
    "markers`). Unit and frame rate are read. Class: folder, or `--pattern`.",
    read=read_trc,
    why=_why,
    suffixes=(".trc", ".toml"),
    whole_folders=True,
)
