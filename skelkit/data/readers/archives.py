"""Zip files, checked before anything is unpacked: names that stay inside, no links, no zip bombs."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from ..errors import Place, UnreadableFile
from ..zip_directory import MOST_MEMBERS, check_directory
from .common import check_file, plain_name, quote

# What `zipfile` raises for damaged archives.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
    OverflowError,
    IndexError,
)


def names(path: str | Path) -> tuple[str, ...]:
    """The names of all members of an archive that has passed `check`; readers ask for them one by one.

    Raises:
        FileNotFoundError, UnreadableFile: as `opened`.
    """
    about = os.stat(check_file(path))
    return _names(str(path), (about.st_ino, about.st_size, about.st_mtime_ns))


@lru_cache(maxsize=2)
def _names(path: str, _: tuple[int, ...]) -> tuple[str, ...]:
    with opened(path) as archive:
        return tuple(archive.namelist())


@contextmanager
def opened(path: str | Path, most: int = MOST_MEMBERS) -> Iterator[zipfile.ZipFile]:
    """The open zip file, all of whose members have passed `check`.

    Args:
        most: largest number of members.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: the archive is damaged or unsafe; also raised while members are read inside the
            ``with``.
    """
    path = check_file(path)
    check_directory(path, most)
    try:
        with zipfile.ZipFile(path) as archive:
            check(path, archive.infolist())
            yield archive
    except UnreadableFile:
        raise
    except _DAMAGE as error:
        raise UnreadableFile(
            path, f"a damaged zip archive ({quote(str(error), 100)})", "a whole one", "get it again"
        ) from None


def check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that is unsafe to unpack: it would write elsewhere, follow a link or fill the disk.

    Refused are absolute names and names with ``..``, backslashes, colons or control characters; names that
    two members share, or that are a folder as well; links and devices; encryption; compression other than
    store and deflate; more than 128 MiB that unpack to over 100 times the archive's size. (Deflate alone
    reaches a factor of 1032; numbers and text stay below 20, one-hot labels below 80.)
    """
    size = path.stat().st_size
    for member in members:
        where = Place(path, part=quote(member.filename, 200))
        _check_name(where, member)
        _check_kind(where, member)
    _check_distinct(path, members)
    total, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if total > 2**27 + 100 * size or packed > size:
        raise UnreadableFile(
            path,
            f"{size:,} bytes that unpack to {total:,}",
            "at most 100 times as many",
            "do not unpack it; get the archive from its authors",
        )


def _check_distinct(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse two members of one name, and a file with the name of a folder; some file systems ignore case."""
    # With NUL, which no name has, in place of "/", a folder is followed by what is inside it.
    names = sorted((m.filename.rstrip("/").casefold().replace("/", "\0"), m.is_dir()) for m in members)
    for (first, is_folder), (second, _) in pairwise(names):
        if first == second or (not is_folder and second.startswith(f"{first}\0")):
            break
    else:
        return
    name = first.replace("\0", "/")
    raise UnreadableFile(path, f"several members for {quote(name)}", "each name once", "pack the files again")


def _check_name(where: Place, member: zipfile.ZipInfo) -> None:
    # `filename` is cut at NUL and may have its backslashes replaced; `orig_filename` is the name in the
    # archive.
    for name in {member.filename, member.orig_filename}:
        parts = name.removesuffix("/").split("/")
        if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts):
            raise UnreadableFile(
                where,
                f"the name {quote(name, 200)}",
                "one that stays inside the archive",
                "do not unpack it; get the archive from its authors",
            )
        for part in parts:
            plain_name(where, "name", part)
        if max(len(part.encode()) for part in parts) > 240 or len(name.encode()) > 1000:
            raise UnreadableFile(
                where, f"a name of {len(name.encode()):,} bytes", "one that a file can have", "rename it"
            )


def _check_kind(where: Place, member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnreadableFile(where, "a link or a device", "files and folders", "pack the files themselves")
    if member.flag_bits & 1:
        raise UnreadableFile(where, "an encrypted member", "plain ones", "unpack it with its password first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableFile(
            where,
            f"compression method {member.compress_type}",
            "store or deflate",
            "pack the files again",
        )


def members(path: str | Path, suffix: str = "", most_bytes: int = 2**30) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a zip archive whose name ends in `suffix`, sorted by name.

    The files that macOS adds (``__MACOSX/``) are left out.

    Args:
        suffix: in lower case; compared without regard to case.
        most_bytes: size limit of one member.

    Raises:
        FileNotFoundError, UnreadableFile: as `opened`, and for a member that is too large.
    """
    with opened(path) as archive:
        for member in sorted(archive.infolist(), key=lambda m: m.filename):
            name = member.filename
            if member.is_dir() or not name.lower().endswith(suffix) or name.startswith("__MACOSX/"):
                continue
            if member.file_size > most_bytes:
                raise UnreadableFile(
                    Place(path, part=name),
                    f"{member.file_size:,} bytes",
                    f"at most {most_bytes:,}",
                    "split the file",
                )
            yield name, archive.read(member)
