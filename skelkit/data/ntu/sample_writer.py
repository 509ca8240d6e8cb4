"""Clips written as raw NTU RGB+D files, with everything that makes such files hard to read: for tests and measurements without the data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...utils.files import make_folder
from ..clips import ClipSet
from . import layout
from .layout import JOINTS

Frames = list[list[tuple[int, np.ndarray]]]

FIRST_ID = 72057594037940000
"""Tracking ids count from here: like the real ones, too long for a float to tell from their neighbours."""


def synthesise(folder: str | Path, clips: ClipSet, oddities: bool = True, seed: int = 0) -> dict[str, str]:
    """One ``.skeleton`` file a clip: sample name -> its oddity ("" for none). Every second file ends its lines with LF, the others with CRLF.

    Oddities take turns (see `ODDITIES`). With the published denoising `skelkit.data.ntu.read` gives the clips' own persons, to seven digits,
    but in the frames that an oddity took away (and a bystander where there is room). Setup 1, or the clip's; take: the first that is free; action: the label counted from 1.

    Raises:
        ValueError: clips of other than 25 joints.
    """
    if len(clips.skeleton) != JOINTS:
        raise ValueError(
            f"{len(clips.skeleton)} joints, an NTU file has {JOINTS}; pass clips of skelkit.load('synthetic')"
        )
    folder, written = make_folder(Path(folder)), {}
    draw = np.random.default_rng(seed)
    for i in range(len(clips)):
        name = _name(clips, i, written)
        poses = clips[i].poses.cpu().numpy().astype(np.float64)
        frames: Frames = [
            [(FIRST_ID + m, body) for m, body in enumerate(bodies) if body.any()] for bodies in poses
        ]
        written[name] = list(ODDITIES)[i % len(ODDITIES)] if oddities else ""
        if written[name]:
            ODDITIES[written[name]](frames, draw)
        (folder / f"{name}.skeleton").write_bytes(layout.text(frames, "\n" if i % 2 else "\r\n"))
    return written


def _name(clips: ClipSet, i: int, taken: dict[str, str]) -> str:
    setup, view, subject = (
        1 if (v := getattr(clips, group)) is None else int(v[i]) for group in ("setup", "view", "subject")
    )
    names = (
        f"S{setup:03d}C{view:03d}P{subject:03d}R{take:03d}A{int(clips.labels[i]) + 1:03d}"
        for take in range(1, 1000)
    )
    return next(name for name in names if name not in taken)


def _gap(frames: Frames, draw: np.random.Generator) -> None:
    """Nobody is seen for three frames in the middle, and at the start."""
    for at in (0, len(frames) // 2, len(frames) // 2 + 1, len(frames) // 2 + 2):
        frames[at].clear()


def _new_ids(frames: Frames, draw: np.random.Generator) -> None:
    """Everybody is lost for two frames in the middle and comes back under another id."""
    for at in range(len(frames) // 2, len(frames)):
        frames[at][:] = (
            [] if at < len(frames) // 2 + 2 else [(body + 10, joints) for body, joints in frames[at]]
        )


def _ghost(frames: Frames, draw: np.random.Generator) -> None:
    """A body that is seen in eight frames only, and jumps about."""
    for at in range(5, 13):
        frames[at].insert(0, (FIRST_ID + 20, draw.normal([0, 0, 3], [0.3, 0.8, 0.3], (JOINTS, 3))))


def _furniture(frames: Frames, draw: np.random.Generator) -> None:
    """A table that trembles."""
    table = draw.uniform([-1, -0.2, 2], [1, 0.2, 3], (JOINTS, 3))
    for bodies in frames:
        bodies.append((FIRST_ID + 30, table + draw.normal(0, 0.3, (JOINTS, 3)) * [1, 0.1, 1]))


def _bystander(frames: Frames, draw: np.random.Generator) -> None:
    """Two more persons who hardly move, 3 m aside."""
    still = next(bodies[0][1] for bodies in frames if bodies) + [3, 0, 0]
    for bodies in frames:
        bodies += [
            (FIRST_ID + 40 + k, still + [k, 0, 0] + draw.normal(0, 0.0005 / (k + 1), (JOINTS, 3)))
            for k in range(2)
        ]


def _all(frames: Frames, draw: np.random.Generator) -> None:
    """All of it at once."""
    for add in (_new_ids, _ghost, _furniture, _gap):
        add(frames, draw)


ODDITIES: dict[str, Callable[[Frames, np.random.Generator], None] | None] = {
    "": None,
    "gap": _gap,
    "new ids": _new_ids,
    "ghost": _ghost,
    "furniture": _furniture,
    "bystanders": _bystander,
    "all": _all,
}
"""What may be wrong with a file that is right: names and what each does to the frames of a clip."""
