"""Any .csv or .npz as clips; a small TOML file describes its columns or arrays.

For a table (.csv), one row per frame and person::

    [source]
    path = "walks.csv"            # relative to this file, or absolute
    delimiter = ";"               # default: ","; "\\t" for tabs
    decimal = ","                 # default: "."
    [columns]                     # the names in the first line; all but joints are optional
    clip = "trial"                # which clip a row belongs to; default: the file is one clip
    frame = "frame"               # whole numbers; default: each row of a clip is its next frame
    person = "id"                 # which person a row shows; needs frame
    label = "action"              # names or numbers, one per clip
    subject = "who"               # likewise view, setup
    joints = "{joint}_{axis}"     # names of the coordinate columns
    axes = ["x", "y", "z"]        # names of the axes (this is the default)
    words = {head = "HD"}         # joints whose name in the columns is another one
    [skeleton]
    name = "kinect20"             # a built-in one; or, in place of name:
                                  # joints = ["hip", …], bones = [["hip", "knee"], …], root = "hip"
    [units]
    length = "mm"                 # m (default), cm, mm
    up = "z"                      # y (default), z, -y
    fps = 50                      # default: 30

For arrays (.npz), in place of ``[columns]``::

    [arrays]
    poses = "data"                # the array's name
    axes = "N T V C"              # N clips, T frames, M persons (optional), V joints, C coordinates, in any
                                  # order; or F, the frames of all clips concatenated, in place of N and T
    length = "frames"             # frames of each clip; needed with F; with N and T, all-zero frames at the
                                  # end are cut off by default
    label = "y"                   # class indices [clips], one-hot [clips, classes], or names
    classes = "names"             # class names [classes], optional
    subject = "who"               # likewise view, setup

A row whose coordinates are all empty, and a frame without a row, mean that nobody was seen. No other cell may
be empty.
"""

from __future__ import annotations

from pathlib import Path

from ..clips import ClipSet
from . import csv_clips, npz_arrays
from .description import describe
from .reader import Reader, has_suffix


def read_table(path: str | Path, *, source: str | Path | None = None) -> ClipSet:
    """The clips of a .csv or .npz that a TOML file describes (see `skelkit.data.readers.tables`).

    Args:
        path: the TOML file.
        source: the table or arrays. Default: ``[source] path``.

    Raises:
        FileNotFoundError: there is no such TOML file, or no file that it names.
        UnreadableFile: names the line of the table or the array, or the section and key of the TOML file.
    """
    about = describe(path, source)
    return csv_clips.read(about) if about.columns else npz_arrays.read(about)


READER = Reader(
    kind="described tables",
    description="a .toml that describes a .csv or .npz",
    notes="Tables and arrays of your own layout; the TOML file says which column is what, see "
    "`skelkit.data.readers.tables`.",
    read=read_table,
    can_read=has_suffix(".toml"),
    suffixes=(".toml",),
    says_fps=lambda path: describe(path).says_fps,
)
