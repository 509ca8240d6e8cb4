"""NTU RGB+D as the data set's own converter saves it: ``S001C001P001R001A001.skeleton.npy``.

Each is a pickled dict in an .npy file: ``skel_body0`` and so on are the joints [frames, 25, 3] of each
body, zeros where it is not seen; colour and depth positions are not read. The pickle is not run, see
`pickle_machine`. Unlike the .skeleton files, these have no identities of bodies: the first body of each
frame is ``skel_body0``. (Format: `Python/txt2npy.py` of shahroudy/NTURGB-D.)
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..clips import ClipSet
from ..errors import Place, UnreadableFile
from ..ntu.actions import ACTIONS
from ..ntu.names import NAME
from . import object_array, recordings
from .common import MOST_PERSONS, clip_set, ntu_groups, quote, read_file
from .reader import Reader

FILE = re.compile(NAME.pattern + r"(\.skeleton)?\.npy")

MOST_BYTES = 2**27
"""Size limit of one clip; the longest have 4 MB for each body."""

_EXPECTED = "the dict of the data set's converter (skel_body0, …)"


def read_ntu_npy(path: str | Path, *, fps: float = 30.0) -> ClipSet:
    """All clips of a folder and its subfolders; class, subject, view and setup come from the names.

    The published denoising is not applied.

    Args:
        path: a folder with files named like ``S001C001P001R001A001.skeleton.npy``, or one such file.
        fps: frames per second, which the files do not contain. (The data set has 30.)

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no such file, or a damaged one; names what is refused in its pickle.
    """
    path = Path(path)
    _, files, _ = recordings.recordings(path, _is_ntu, "S001C001P001R001A001.skeleton.npy")
    names = [file.name.removesuffix(".npy").removesuffix(".skeleton") for file in files]
    kept = recordings.with_people(path, names, [_poses(file) for file in files])
    names = [names[i] for i in kept]
    labels, classes = recordings.numbered([int(name[-3:]) for name in names], ACTIONS)
    return clip_set(
        path,
        list(kept.values()),
        names=names,
        labels=labels,
        size=sum(file.stat().st_size for file in files),
        skeleton="ntu25",
        fps=fps,
        classes=classes,
        **ntu_groups(names),
    )


def _poses(file: Path) -> np.ndarray | None:
    """Poses [T, M, 25, 3] of a file; None if it has no body."""
    content = object_array.value(Place(file), read_file(file, MOST_BYTES), _EXPECTED)
    if not isinstance(content, dict):
        raise UnreadableFile(file, quote(content), _EXPECTED, "get the file from its authors")
    bodies = [
        content[key] for key in sorted(map(str, content)) if key.startswith("skel_body") and key in content
    ]
    for body in bodies[: MOST_PERSONS + 1]:
        if (
            not isinstance(body, np.ndarray)
            or body.dtype.kind != "f"
            or body.shape != (len(bodies[0]), 25, 3)
        ):
            raise UnreadableFile(
                file, f"skel_body: {quote(body)}", "floats [frames, 25, 3]", "convert it again"
            )
    if len(bodies) > MOST_PERSONS:
        raise UnreadableFile(file, f"{len(bodies)} bodies", f"at most {MOST_PERSONS}", "convert it again")
    if sum(body.nbytes for body in bodies) > 2 * file.stat().st_size:
        raise UnreadableFile(file, "the same array for several bodies", "each once", "convert it again")
    return np.stack(bodies, 1) if bodies and len(bodies[0]) else None


def _is_ntu(path: Path) -> bool:
    return FILE.fullmatch(path.name) is not None and path.is_file()


def _why(path: Path) -> str:
    found = recordings.first(path, _is_ntu)
    return "" if found is None else "files named like S001C001P001R001A001.skeleton.npy; 25 joints, metres"


READER = Reader(
    kind="NTU .npy dicts",
    description="NTU RGB+D as dicts in .npy (a folder of .skeleton.npy)",
    notes="What the data set's `txt2npy.py` writes. Pickles are never executed. Not denoised.",
    read=read_ntu_npy,
    why=_why,
)
