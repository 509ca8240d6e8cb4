"""Find NTU RGB+D samples: in a folder, in the published zip archives, or in a folder of such archives.

Archives are read in place. Names that leave the folder, links that do, members that unpack to more than a
clip can be, and entries that are not files are refused with an error that names them.
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
from ..errors import UnreadableFile
from ..zip_directory import check_directory
from .layout import LIMIT
from .names import NAME
from .report import Note

_ENDING = ".skeleton"


@dataclass(frozen=True)
class Entry:
    """One sample.

    Attributes:
        name: name of the sample.
        path: the file, or the archive that contains it.
        member: name in the archive; "" for a file.
        size: bytes.
        stamp: CRC-32 of a member, or time of the last change of a file.
    """

    name: str
    path: str
    member: str
    size: int
    stamp: int

    def __str__(self) -> str:
        return printable(f"{self.path}/{self.member}" if self.member else self.path)


def holds_samples(path: str | Path) -> bool:
    """Whether a folder (searched recursively) or an archive, or an archive in the folder, has samples."""
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
        check_directory(archive)
        with zipfile.ZipFile(archive) as file:
            yield from file.namelist()


def _archives(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() == ".zip" and p.is_file())
    return [path] if path.is_file() and zipfile.is_zipfile(path) else []


def find(path: str | Path) -> tuple[list[Entry], list[Note]]:
    """All samples of a folder (recursively, and in its archives) or archive, by name; and notes.

    Raises:
        FileNotFoundError: there is no such file or folder.
        UnreadableFile: no samples, one sample twice, or something that is unsafe to read.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    notes: list[Note] = []
    found = list(_in_folder(path, notes)) if path.is_dir() else []
    for archive in _archives(path):
        found += _in_archive(archive, notes)
    if not found:
        others = f" ({len(notes)} others)" if notes else ""
        raise UnreadableFile(
            path,
            f"no file named like S001C002P003R002A013.skeleton{others}",
            "NTU RGB+D samples",
            "pass their folder or zip",
        )
    found.sort(key=lambda entry: entry.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            expected = f"it once (it is in {one})"
            raise UnreadableFile(str(other), f"sample {one.name} again", expected, "remove one of the two")
    return found, notes


def _in_folder(path: Path, notes: list[Note]) -> Iterator[Entry]:
    root = path.resolve()
    for folder, folders, files in os.walk(path):
        links = [d for d in sorted(folders) if os.path.islink(os.path.join(folder, d))]
        notes += [(printable(d), "link", printable(os.path.join(folder, d))) for d in links]
        for file in files:
            if (name := _sample_name(file, notes)) is not None:
                full = os.path.join(folder, file)
                about = _checked_stat(full, root)
                yield Entry(name, full, "", _checked_size(full, about.st_size), about.st_mtime_ns)


def _checked_stat(full: str, root: Path) -> os.stat_result:
    """Status of a regular file. Raises UnreadableFile for anything else, and for a link out of `root`."""
    if os.path.islink(full) and not Path(full).resolve().is_relative_to(root):
        fix = "pass the folder where the files are, or copy them"
        _refuse(full, "a link that leaves the folder", "files inside it", fix)
    if not os.path.exists(full):
        _refuse(full, "a link to nothing", "files", "remove it")
    about = os.stat(full)
    if not stat.S_ISREG(about.st_mode):
        _refuse(full, "something that is no file", "files", "remove it")
    return about


def _in_archive(path: Path, notes: list[Note]) -> Iterator[Entry]:
    try:
        members = _archive(str(path), os.stat(path).st_mtime_ns).infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        _refuse(path, f"no whole zip archive ({error})", "one of the published archives", "get it again")
    for member in members:
        file_name = re.split(r"[/\\]", member.orig_filename)[-1]
        if not member.is_dir() and (name := _sample_name(file_name, notes)) is not None:
            full = f"{path}/{member.orig_filename}"
            _check_member(full, member)
            size = _checked_size(full, member.file_size)
            yield Entry(name, str(path), member.filename, size, member.CRC)


def _check_member(full: str, member: zipfile.ZipInfo) -> None:
    """Raise UnreadableFile for a member that is unsafe to read."""
    name = member.orig_filename
    leaves = ".." in re.split(r"[/\\]", name) or name.startswith("/") or "\\" in name or ":" in name
    if leaves or not name.isprintable():
        found = "a member whose name leaves the archive's folder or holds control characters"
        _refuse(full, found, "plain names", "do not use this archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        _refuse(full, "a link in an archive", "files", "do not use this archive")
    if member.flag_bits & 1:
        _refuse(full, "an encrypted member", "plain ones", "unpack the archive and pass the folder")


def _sample_name(file: str, notes: list[Note]) -> str | None:
    """Name of the sample; None for a file that is none, with a note if its name is similar."""
    stem, ending = os.path.splitext(file)
    if ending.lower() == _ENDING and NAME.fullmatch(stem):
        return stem
    if _ENDING in file.lower():
        notes.append((printable(file), "name", "not read"))
    return None


def _checked_size(full: str, size: int) -> int:
    if size > LIMIT:
        _refuse(full, f"{size} bytes", f"{LIMIT} at most", "remove it: no clip is that long")
    return size


def _refuse(path: object, found: str, expected: str, fix: str) -> NoReturn:
    raise UnreadableFile(str(path), found, expected, fix)


def close() -> None:
    """Close the archives that were read."""
    _archive.cache_clear()


@lru_cache(maxsize=4)
def _archive(path: str, stamp: int) -> zipfile.ZipFile:
    """Opened once per process: reading a list of 56,880 members takes longer than parsing a thousand."""
    check_directory(path)
    return zipfile.ZipFile(path)


def content(entry: Entry) -> bytes:
    """Bytes of a sample; never more than its listed size, whatever it would unpack to.

    Raises:
        UnreadableFile: the file cannot be read, or has changed since it was listed.
    """
    try:
        if entry.member:
            with _archive(entry.path, os.stat(entry.path).st_mtime_ns).open(entry.member) as member:
                data = member.read(entry.size + 1)
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
        expected = f"the {entry.size} it was listed with"
        _refuse(entry, f"{len(data)} bytes or more", expected, "do not change files while they are read")
    return data
