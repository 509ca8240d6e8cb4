"""What a reader has guessed and solved, in a small file beside the notebooks."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from ..utils.files import write_atomic

FILE = ".progress.json"
"""Name of the file; it lies in the folder in which the notebook runs."""

_SIZE = 1_000_000
"""A larger file was not written by this module and is ignored."""


class Progress:
    """Notes of one reader: notebook -> kind ("guessed", "solved") -> name -> value.

    A folder that cannot be written to is tolerated: then the notes last as long as this object.

    Args:
        folder: of the file. Default: the working folder.
    """

    def __init__(self, folder: Path | None = None):
        self.path = (folder or Path()).resolve() / FILE
        self._unwritten: dict[str, Any] = {}

    def notes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All notes; empty if there is no file, or if it was damaged."""
        return _merged(self._read(), self._unwritten)

    def note(self, notebook: str, kind: str, name: str, value: Any = True) -> bool:
        """Add a note; returns whether it is on the disk."""
        new = {notebook: {kind: {name: value}}}
        notes = _merged(self.notes(), new)
        try:
            write_atomic(self.path, json.dumps(notes, indent=1, ensure_ascii=False).encode() + b"\n")
        except OSError:
            self._unwritten = _merged(self._unwritten, new)
            return False
        self._unwritten = {}
        return True

    def count(self, notebook: str, kind: str) -> int:
        """Number of notes of a kind."""
        return len(self.notes().get(notebook, {}).get(kind, {}))

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            if self.path.stat().st_size <= _SIZE:
                return _checked(json.loads(self.path.read_bytes()))
        return {}


def _checked(found: Any) -> dict[str, Any]:
    """The parts of a file's content that are notes."""
    kept: dict[str, Any] = {}
    for notebook, kinds in found.items() if isinstance(found, dict) else ():
        if isinstance(kinds, dict):
            kept[notebook] = {kind: names for kind, names in kinds.items() if isinstance(names, dict)}
    return kept


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = {notebook: {kind: dict(names) for kind, names in of.items()} for notebook, of in old.items()}
    for notebook, kinds in new.items():
        for kind, names in kinds.items():
            merged.setdefault(notebook, {}).setdefault(kind, {}).update(names)
    return merged
