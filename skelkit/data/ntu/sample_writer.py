"""Write clips as raw NTU RGB+D files with typical irregularities, for tests and benchmarks."""

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
"""First tracking id; like the real ones too long for a float to distinguish from its neighbours."""


def synthesise(folder: str | Path, clips: ClipSet, oddities: bool = True, seed: int = 0) -> dict[str, str]:
    """Write one ``.skeleton`` file per clip; returns sample name -> irregularity ("" for none).

    With the published denoising, `skelkit.data.ntu.read` returns the persons of the clips, to seven digits,
    except in the frames that an irregularity removes (and a bystander in a free person slot). Every second
    file has lines that end in LF, the others in CRLF.

    Args:
        folder: where the files are written.
        clips: clips of 25 joints. Names are made of setup (or 1), view (or 1), subject (or 1), the first free
            take, and the label plus 1.
        oddities: the irregularities of `ODDITIES` in turn; False: none.
        seed: of the irregularities.

    Raises:
        ValueError: clips with another number of joints.
    """
    if len(clips.skeleton) != JOINTS:
        raise ValueError(
            f"{len(clips.skeleton)} joints, an NTU file has {JOINTS}; pass clips of skelkit.load('synthetic')"
        )
    folder = make_folder(Path(folder))
    written: dict[str, str] = {}
    draw = np.random.default_rng(seed)
    for i in range(len(clips)):
        name = _name(clips, i, written)
        poses = clips[i].poses.cpu().numpy().astype(np.float64)
        frames: Frames = [
            [(FIRST_ID + m, body) for m, body in enumerate(bodies) if body.any()] for bodies in poses
        ]
        written[name] = list(ODDITIES)[i % len(ODDITIES)] if oddities else ""
        if add := ODDITIES[written[name]]:
            add(frames, draw)
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
    """Nobody is tracked for three frames in the middle, and in the first frame."""
    for at in (0, len(frames) // 2, len(frames) // 2 + 1, len(frames) // 2 + 2):
        frames[at].clear()


def _new_ids(frames: Frames, draw: np.random.Generator) -> None:
    """All persons are lost for two frames in the middle and return under another id."""
    for at in range(len(frames) // 2, len(frames)):
        frames[at][:] = (
            [] if at < len(frames) // 2 + 2 else [(body + 10, joints) for body, joints in frames[at]]
        )


def _ghost(frames: Frames, draw: np.random.Generator) -> None:
    """A body in eight frames only, at random places."""
    for at in range(5, 13):
        frames[at].insert(0, (FIRST_ID + 20, draw.normal([0, 0, 3], [0.3, 0.8, 0.3], (JOINTS, 3))))


def _furniture(frames: Frames, draw: np.random.Generator) -> None:
    """A jittering table."""
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
    """Several irregularities at once."""
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
"""Irregularities of valid files: name -> function that adds it to the frames of a clip."""
