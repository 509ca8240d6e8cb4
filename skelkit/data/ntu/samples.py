"""Where NTU RGB+D samples lie: a folder, the published zip archives read in place, or a folder of such archives.

Nothing is ever unpacked, and nothing that an archive or a folder says is trusted: names that leave the folder, links that do, members
that unpack to more than a clip can be, and things that are no files are refused with an error that names them.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from ...utils.validation import printable
from .layout import LIMIT
from .names import NAME

_ENDING = ".skeleton"


@dataclass(frozen=True)
class Entry:
    """One sample: its name, the file or archive it is in, the member of the archive (if it is one), bytes, and CRC-32 or time of change."""

    name: str
    path: str
    member: str
    size: int
    stamp: int

    def __str__(self) -> str:
        return printable(f"{self.path}/{self.member}" if self.member else self.path)


def holds_samples(path: str | Path) -> bool:
    """Whether there is a ``.skeleton`` file in a folder, below it, or in a zip archive (or those in the folder)."""
    path = Path(path)
    try:
        return any(name.lower().endswith(_ENDING) for name in _names(path))
    except (OSError, zipfile.BadZipFile):
        return False


def _names(path: Path) -> Iterator[str]:
    if path.is_dir():
        for _, _, files in os.walk(path):
            yield from files
    for archive in _archives(path):
        with zipfile.ZipFile(archive) as file:
            yield from file.namelist()


def _archives(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() == ".zip" and p.is_file())
    return [path] if path.is_file() and zipfile.is_zipfile(path) else []


def find(path: str | Path) -> tuple[list[Entry], list[tuple[str, str, str]]]:
    """All samples below a folder (and in the archives right in it) or in an archive, by name; and notes for a `Report`.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: no samples; one sample twice; or something that would be unsafe to read.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    notes: list[tuple[str, str, str]] = []
    found = list(_in_folder(path, notes)) if path.is_dir() else []
    for archive in _archives(path):
        found += _in_archive(archive, notes)
    if not found:
        others = f" ({len(notes)} others)" if notes else ""
        raise ValueError(
            f"{path}: found no file named like S001C002P003R002A013.skeleton{others}, expected NTU RGB+D samples; pass their folder or zip"
        )
    found.sort(key=lambda entry: entry.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            raise ValueError(
                f"{other}: found sample {one.name} again, expected it once (it is in {one}); take one of the two away"
            )
    return found, notes


def _in_folder(path: Path, notes: list[tuple[str, str, str]]) -> Iterator[Entry]:
    real = path.resolve()
    for folder, folders, files in os.walk(path):
        notes += [
            (printable(d), "link", printable(os.path.join(folder, d)))
            for d in sorted(folders)
            if os.path.islink(os.path.join(folder, d))
        ]
        for file in files:
            if (name := _sample(file, notes)) is None:
                continue
            full = os.path.join(folder, file)
            if os.path.islink(full) and not Path(full).resolve().is_relative_to(real):
                _refuse(
                    full,
                    "a link that leaves the folder",
                    "files inside it",
                    "pass the folder where the files lie, or copy them",
                )
            if not os.path.exists(full):
                _refuse(full, "a link to nothing", "files", "take it away")
            about = os.stat(full)
            if not stat.S_ISREG(about.st_mode):
                _refuse(full, "something that is no file", "files", "take it away")
            yield Entry(name, full, "", _checked(full, about.st_size), about.st_mtime_ns)


def _in_archive(path: Path, notes: list[tuple[str, str, str]]) -> Iterator[Entry]:
    try:
        members = _archive(str(path), os.stat(path).st_mtime_ns).infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        _refuse(path, f"no whole zip archive ({error})", "one of the published archives", "get it again")
    for member in members:
        written = member.orig_filename
        if member.is_dir() or (name := _sample(re.split(r"[/\\]", written)[-1], notes)) is None:
            continue
        full = f"{path}/{written}"
        if (
            ".." in re.split(r"[/\\]", written)
            or written.startswith("/")
            or "\\" in written
            or ":" in written
            or not written.isprintable()
        ):
            _refuse(
                full,
                "a member whose name leaves the archive's folder or holds control characters",
                "plain names",
                "do not use this archive",
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            _refuse(full, "a link in an archive", "files", "do not use this archive")
        if member.flag_bits & 1:
            _refuse(full, "an encrypted member", "plain ones", "unpack the archive and pass the folder")
        yield Entry(name, str(path), member.filename, _checked(full, member.file_size), member.CRC)


def _sample(file: str, notes: list[tuple[str, str, str]]) -> str | None:
    """The sample's name; None for a file that is none, with a note if it looks like one."""
    stem, ending = os.path.splitext(file)
    if ending.lower() == _ENDING and NAME.fullmatch(stem):
        return stem
    if _ENDING in file.lower():
        notes.append((printable(file), "name", "not read"))
    return None


def _checked(full: str, size: int) -> int:
    if size > LIMIT:
        _refuse(full, f"{size} bytes", f"{LIMIT} at most", "take it away: no clip is that long")
    return size


def _refuse(path, found: str, expected: str, do: str) -> NoReturn:
    raise ValueError(f"{printable(path)}: found {printable(found)}, expected {expected}; {do}")


def close() -> None:
    """Let go of the archives that were read."""
    _archive.cache_clear()


@lru_cache(maxsize=4)
def _archive(path: str, stamp: int) -> zipfile.ZipFile:
    """Opened once a process: reading the list of 56,880 members takes longer than parsing a thousand of them."""
    return zipfile.ZipFile(path)


def content(entry: Entry) -> bytes:
    """The bytes of a sample; never more than it was listed with, whatever it would unpack to."""
    try:
        if entry.member:
            with _archive(entry.path, os.stat(entry.path).st_mtime_ns).open(entry.member) as file:
                data = file.read(entry.size + 1)
        else:
            with open(entry.path, "rb") as file:
                data = file.read(entry.size + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        _refuse(entry, f"something that cannot be read ({error})", "a whole file", "get it again")
    if len(data) != entry.size:
        _refuse(
            entry,
            f"{len(data)} bytes or more",
            f"the {entry.size} it was listed with",
            "do not change files while they are read",
        )
    return data
