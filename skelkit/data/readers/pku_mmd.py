"""PKU-MMD: long recordings of one or two people, ``0002-L.txt`` or ``A01N02-L.txt``, and the actions in them.

A line of a skeleton file is x, y, z of 25 joints of two people (150 numbers, zeros for nobody), in metres,
y up, 30 lines per second. A file of the same name in another folder has a line ``action, start frame, end
frame, confidence`` for each action; these windows are the clips. L, M and R are the cameras. (Liu et al.,
2017; layout: readme of the data set.)
"""

from __future__ import annotations

import re
from pathlib import Path

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from . import recordings, text_numbers
from .common import clip_set, number
from .json_files import head
from .reader import Reader
from .windows import Window, cut

NAME = re.compile(r"(?:[0-9]{4}|A[0-9]{2}N(?P<subject>[0-9]{2}))-(?P<view>[LMR])\.txt")

VALUES = 150


def read_pku_mmd(path: str | Path, *, fps: float = 30.0, labels: str | Path | None = None) -> ClipSet:
    """The actions in all recordings of a folder; without labels, each recording is one clip.

    Classes are "action 1" and so on; `view` is the camera, and `subject` the person of part 2 (in part 1, the
    names do not tell). Recordings without labels are left out if others have some.

    Args:
        path: a folder with the skeleton files and, in any folder inside or beside it, the label files; or one
            skeleton file.
        fps: frames per second. (The readme says 30.)
        labels: folder of the label files. Default: they are looked for.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names the line.
    """
    path = Path(path)
    _, files, _ = recordings.recordings(path, _is_skeleton, "PKU-MMD skeleton file")
    names = [file.stem for file in files]
    size = sum(file.stat().st_size for file in files)
    known = _label_files(path.parent if path.is_file() else path, labels)
    used = [i for i, file in enumerate(files) if file.name in known] or list(range(len(files)))
    arrays = [text_numbers.read(files[i], VALUES).reshape(-1, 2, 25, 3) for i in used]
    names = [names[i] for i in used]
    kept = recordings.with_people(path, names, [array if len(array) else None for array in arrays])
    matches = [match for i in kept if (match := NAME.fullmatch(f"{names[i]}.txt"))]
    subjects = [match["subject"] for match in matches]
    clips = clip_set(
        path,
        list(kept.values()),
        names=[names[i] for i in kept],
        labels=[0] * len(kept),
        size=size,
        skeleton="ntu25",
        fps=fps,
        classes=["all"],
        view=[match["view"] for match in matches],
        subject=[int(subject) for subject in subjects] if all(subjects) else None,
    )
    windows = [
        window
        for place, i in enumerate(kept)
        for window in _windows(known.get(f"{names[i]}.txt"), names[i], int(clips.lengths[place]))
    ]
    return cut(clips, windows, path) if windows else clips


def _windows(file: Path | None, name: str, length: int) -> list[Window]:
    """The actions in a recording of this length."""
    if file is None:
        return []
    found = []
    for line, row in enumerate(text_numbers.read(file, (4, 3), ","), 1):
        where, (action, start, end) = Place(file, line=line), row[:3]
        if not 0 <= action < 1000 or action != int(action) or not 0 <= start < min(end, length):
            raise UnreadableFile(
                where,
                f"action {action:g}, frames {start:g} to {end:g}",
                f"frames of 0 to {length}",
                "correct this line",
            )
        found.append(Window(where, start, min(end, length), f"action {action:g}", name))
    return found


def _label_files(folder: Path, labels: str | Path | None) -> dict[str, Path]:
    """Name -> label file; looked for in the folder and beside it."""
    if labels is not None and not Path(labels).is_dir():
        raise FileNotFoundError(f"{labels}: no such folder of label files")
    if labels is None:
        beside = [
            file for place in sorted(folder.parent.glob("*[Ll]abel*/")) for file in sorted(place.iterdir())
        ]
        files = [*recordings.inside(folder), *beside]
    else:
        files = list(recordings.inside(Path(labels)))
    found: dict[str, Path] = {}
    for file in files:
        if NAME.fullmatch(file.name) and _cells(file, ",") in (3, 4):
            found.setdefault(file.name, file)
    return found


def _cells(file: Path, delimiter: str | None) -> int:
    """Numbers in the first line of a file, 0 if it is none of numbers."""
    cells = head(file).partition("\n")[0].split(delimiter)
    return len(cells) if all(number(cell) == number(cell) for cell in cells) else 0


def _is_skeleton(path: Path) -> bool:
    return NAME.fullmatch(path.name) is not None and path.is_file() and _cells(path, None) == VALUES


def _why(path: Path) -> str:
    if recordings.first(path, _is_skeleton) is None:
        return ""
    known = _label_files(path.parent if path.is_file() else path, None)
    said = (
        f"{len(known)} label files, whose actions are the clips"
        if known
        else "no label files: whole recordings"
    )
    return f"files named like 0002-L.txt with 150 numbers in a line; {said}"


READER = Reader(
    kind="PKU-MMD files",
    description="PKU-MMD (a folder of 0002-L.txt, with or beside the label files)",
    notes="Long recordings; the labelled actions are the clips. `view` is the camera.",
    read=read_pku_mmd,
    why=_why,
)
