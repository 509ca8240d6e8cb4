"""C3D: marker positions in binary, as most motion capture systems write them.

Unit, frame rate and vertical axis come from the file's parameters POINT:UNITS, POINT:RATE and POINT:Y_SCREEN;
a marker with a negative residual was hidden. (The C3D File Format, Motion Lab Systems.) The library ``c3d``
decodes the file: ``pip install skelkit[c3d]``. What its header announces is held against the size of the file
before frames are read.
"""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..clips import ClipSet
from ..errors import UnreadableFile
from . import markers as marker_sets
from . import recordings
from .common import UP, plain_name, quote, read_file
from .markers import METRES, MOST_MARKERS, Recording
from .reader import Reader

MOST_BYTES, MOST_FRAMES = 2**28, 2**20


def read_c3d(
    path: str | Path,
    *,
    markers: str | Path | None = None,
    pattern: str | None = None,
    up: str | None = None,
) -> ClipSet:
    """Each .c3d of a folder and its subfolders (or the one file) as a clip; joints come from markers.

    Args:
        path: a .c3d, or a folder with such files of one frame rate.
        markers: a TOML file that says which markers make which joint, see `skelkit.data.readers.markers`.
        pattern: regular expression for classes and subjects, see `recordings.classify`.
        up: the axis that points up. Default: POINT:Y_SCREEN of the file, or else "z".

    Raises:
        ImportError: the library ``c3d`` is not installed.
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: a damaged file, or no joint can be found.
    """
    return marker_sets.read(Path(path), ".c3d", read, markers=markers, pattern=pattern, up=up)


def read(path: Path) -> Recording:
    """The markers of one file.

    Raises:
        ImportError, FileNotFoundError, UnreadableFile: as `read_c3d`.
    """
    try:
        import c3d
    except ImportError:
        raise ImportError(f"{path}: .c3d files need the library c3d; pip install 'skelkit[c3d]'") from None
    content = read_file(path, MOST_BYTES)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of parameters that are not needed
            return _recording(path, c3d.Reader(io.BytesIO(content)), len(content))
    except UnreadableFile:
        raise
    except Exception as error:  # a damaged file fails in a dozen ways
        found = f"a damaged C3D file ({quote(f'{type(error).__name__}: {error}', 100)})"
        raise UnreadableFile(path, found, "a whole one", "get it again, or export it again") from None


def _recording(path: Path, file: Any, size: int) -> Recording:
    frames = _checked_frames(path, file, size)
    names = _names(path, file)
    metres = METRES.get(units := _text(file, "POINT:UNITS").lower() or "mm")
    if metres is None:
        raise UnreadableFile(
            path, f"the unit {quote(units)}", " or ".join(METRES), "export it in one of them"
        )
    out = np.zeros((frames, len(names), 3), np.float32)
    for place, (_, points, _) in enumerate(file.read_frames(copy=False)):
        out[place] = points[:, :3] * (points[:, 3:4] >= 0) * metres
    if not (np.abs(out) < 1e6).all():
        raise UnreadableFile(path, "markers farther than 1,000 km", "positions", "export it again")
    up = _text(file, "POINT:Y_SCREEN").lower().lstrip("+")
    return Recording(names, out, round(float(file.point_rate), 3), up if up in UP else "z")


def _checked_frames(path: Path, file: Any, size: int) -> int:
    """Number of frames, if they fit into the file."""
    frames, points, rate = int(file.frame_count), int(file.point_used), float(file.point_rate)
    if not 0.01 <= rate < 1e6 or not 0 < points <= MOST_MARKERS or frames > MOST_FRAMES:
        found = f"{frames:,} frames of {points} markers at {rate:g} frames per second"
        raise UnreadableFile(
            path,
            found,
            f"1 to {MOST_MARKERS:,} markers, at most {MOST_FRAMES:,} frames, and a frame rate",
            "export it again",
        )
    samples = int(file.analog_used) * int(file.analog_per_frame)
    frame = (4 * points + samples) * (4 if file.point_scale < 0 else 2)
    begin = 512 * (int(file.header.data_block) - 1)
    if (
        frames < 1
        or samples < 0
        or begin < 512
        or not math.isfinite(file.point_scale)
        or begin + frames * frame > size
    ):
        found = f"{frames:,} frames of {frame:,} bytes from byte {begin:,}"
        raise UnreadableFile(path, found, f"frames that fit into its {size:,} bytes", "get the whole file")
    return frames


def _names(path: Path, file: Any) -> tuple[str, ...]:
    """Names of the markers: POINT:LABELS, and LABELS2, … where there are more than 255."""
    names: list[str] = []
    for more in ("", "2", "3", "4"):
        labels = file.get(f"POINT:LABELS{more}")
        if labels is None or len(labels.dimensions) != 2:
            continue
        length, count = labels.dimensions
        raw = [labels.bytes[i * length : (i + 1) * length] for i in range(count)]
        names += [text.decode("utf-8", "replace").strip(" \0") for text in raw]
    used = names[: file.point_used]
    if len(used) < file.point_used or len(set(used)) < len(used):
        raise UnreadableFile(
            path, f"{len(set(used))} labels", f"{file.point_used}, one for each marker", "label it"
        )
    return tuple(plain_name(path, "marker", name) for name in used)


def _text(file: Any, name: str) -> str:
    parameter = file.get(name)
    return "" if parameter is None else parameter.bytes[:40].decode("latin-1").strip(" \0")


def _why(path: Path) -> str:
    file = recordings.first(path, lambda p: p.suffix.lower() == ".c3d")
    return f"markers in {file.suffix}; unit, frame rate and vertical axis are in the file" if file else ""


READER = Reader(
    kind="C3D files",
    description="a folder or file of .c3d (markers of motion capture)",
    notes="Joints are means of markers, by a `markers.toml` beside the files (`skelkit.data.readers."
    "markers`). Unit, frame rate and vertical axis are read; hidden markers are missing joints. "
    "`pip install skelkit[c3d]`.",
    read=read_c3d,
    why=_why,
    suffixes=(".c3d", ".toml"),
    whole_folders=True,
)
