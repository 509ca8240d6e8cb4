"""Any .csv or .npz as clips, told by a small TOML file what its columns or arrays are.

For a table (.csv), one row per frame and person::

    [source]
    path = "walks.csv"            # beside this file, unless absolute
    delimiter = ";"               # "," unless given; "\\t" for tabs
    decimal = ","                 # "." unless given
    [columns]                     # the names in the first line; all but joints may be left out
    clip = "trial"                # rows of a clip; unless given, the file is one clip
    frame = "frame"               # whole numbers; unless given, each row of a clip is its next frame
    person = "id"                 # who in the frame; needs frame
    label = "action"              # names or numbers, one per clip
    subject = "who"               # likewise view, setup
    joints = "{joint}_{axis}"     # how coordinate columns are named
    axes = ["x", "y", "z"]        # what axes are called; this unless given
    words = {head = "HD"}         # what a joint is called in the columns, where it is not its name
    [skeleton]
    name = "kinect20"             # a built-in one, or: joints = ["hip", …], bones = [["hip", "knee"], …], root = "hip"
    [units]
    length = "mm"                 # m (unless given), cm, mm
    up = "z"                      # y (unless given), z, -y
    fps = 50                      # 30 unless given

For arrays (.npz), in place of ``[columns]``::

    [arrays]
    poses = "data"                # the array's name
    axes = "N T V C"              # its axes: N clips, T frames, M persons (may be left out), V joints, C coordinates, in any order;
                                  # or F, the frames of all clips back to back, in place of N and T
    length = "frames"             # frames of each clip: needed with F; with N and T, zero frames at the end are cut off unless given
    label = "y"                   # class indices [clips] or one-hot [clips, classes]; names with classes = "names"
    subject = "who"               # likewise view, setup

A row without any coordinates, and a frame without a row, mean that nobody was seen. Nothing else may be missing.
"""

from __future__ import annotations

from pathlib import Path

from ..clips import ClipSet
from .description import describe


def read_table(path: str | Path, *, source: str | Path | None = None) -> ClipSet:
    """The clips of a .csv or .npz that a TOML file describes (see the top of this module).

    Args:
        path: the TOML file.
        source: the table or arrays, in place of ``[source] path``.

    Raises:
        FileNotFoundError: there is no such TOML file, or no file that it names.
        ValueError: "file:line: found …, expected …; what to do", or the section and key of the TOML file in place of a line.
    """
    told = describe(path, source)
    from . import csv_clips, npz_arrays

    return csv_clips.read(told) if told.columns else npz_arrays.read(told)
