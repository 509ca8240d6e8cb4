"""Zip files whose members stay where they belong and are no larger than they look; BVH files in them."""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ..clips import ClipSet
from . import bvh
from .common import Refused, check_file, fail, plain_name, quote

MOST_MEMBERS = 500_000

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


@contextmanager
def opened(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """A zip file all of whose members were checked by `check`, before anything is unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: names the file, the member and what is wrong with it; also while members are read inside the ``with``.
    """
    path = check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            check(path, archive.infolist())
            yield archive
    except Refused:
        raise
    except _DAMAGE as error:
        raise Refused(
            f"{path}: found a damaged zip archive ({quote(str(error), 100)}), expected a whole one; get it again"
        ) from None


def check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse what a zip file of recordings has no need of: whoever unpacks it would write elsewhere, follow a link or fill the disk.

    Refused are absolute names and such with ``..``, backslashes or colons, control characters; names that two members share, or that
    are a folder as well; links and devices; encryption; other methods than store and deflate; and more than 128 MiB that unpack to over
    100 times the archive. (Deflate alone reaches a factor of 1032; numbers and text stay below 20, one-hot labels below 80.)
    """
    size = path.stat().st_size
    if len(members) > MOST_MEMBERS:
        fail(path, f"{len(members):,} members", f"at most {MOST_MEMBERS:,}", "split the archive")
    for member in members:
        _check_member(f"{path}: {quote(member.filename, 200)}", member)
    names = [member.filename.rstrip("/").casefold() for member in members]  # some file systems know no case
    above = {str(folder) for name in set(names) for folder in PurePosixPath(name).parents}
    files = {name for name, member in zip(names, members, strict=True) if not member.is_dir()}
    if len(set(names)) < len(names) or above & files:
        name = (
            next((name for name in names if names.count(name) > 1), "")
            if len(set(names)) < len(names)
            else min(above & files)
        )
        fail(path, f"several members for {quote(name)}", "each name once", "pack the files anew")
    total, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if total > 2**27 + 100 * size or packed > size:
        fail(
            path,
            f"{size:,} bytes that unpack to {total:,}",
            "at most 100 times as many",
            "do not unpack it; get the archive from its authors",
        )


def _check_member(where: str, member: zipfile.ZipInfo) -> None:
    # zipfile cuts names at NUL and, on some systems, turns backslashes round; `orig_filename` is what the archive says.
    for name in {member.filename, member.orig_filename}:
        parts = name.removesuffix("/").split("/")
        if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts):
            fail(
                where,
                f"the name {quote(name, 200)}",
                "one that stays inside the archive",
                "do not unpack it; get the archive from its authors",
            )
        for part in parts:
            plain_name(where, "name", part)
        if max(len(part.encode()) for part in parts) > 240 or len(name.encode()) > 1000:
            fail(where, f"a name of {len(name.encode()):,} bytes", "one that a file can have", "rename it")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        fail(where, "a link or a device", "files and folders", "pack the files themselves")
    if member.flag_bits & 1:
        fail(where, "an encrypted member", "plain ones", "unpack it with its password first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fail(where, f"compression method {member.compress_type}", "store or deflate", "pack the files anew")


def members(path: str | Path, suffix: str = "", most_bytes: int = 2**30) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a zip archive whose name ends in `suffix` (in any case), in order of their names.

    Args:
        most_bytes: of one member.

    What macOS puts beside each file (``__MACOSX/``) is left out. Raises as `opened`.
    """
    with opened(path) as archive:
        for member in sorted(archive.infolist(), key=lambda m: m.filename):
            if (
                member.is_dir()
                or not member.filename.lower().endswith(suffix)
                or member.filename.startswith("__MACOSX/")
            ):
                continue
            if member.file_size > most_bytes:
                fail(
                    f"{path}: {member.filename}",
                    f"{member.file_size:,} bytes",
                    f"at most {most_bytes:,}",
                    "split the file",
                )
            yield member.filename, archive.read(member)


def read_bvh_zip(
    path: str | Path,
    *,
    pattern: str | None = None,
    scale: float = 0.01,
    end_sites: bool = False,
    keep_reference_root: bool = False,
) -> ClipSet:
    """All BVH files of a zip archive as a ClipSet; options and names are those of `skelkit.data.readers.bvh.read_folder`.

    Where no pattern fits, the class is the name of the folder in the archive, or the archive's own for files outside any.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: "archive/member:line: found …, expected …" for what `bvh.read` refuses, and what `opened` refuses.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / path.stem
        for name, content in members(path, ".bvh"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if not folder.is_dir():
            fail(path, "no .bvh file in the archive", "at least one", "pass the archive that holds them")
        try:
            clips = bvh.read_folder(
                folder,
                pattern=pattern,
                scale=scale,
                end_sites=end_sites,
                keep_reference_root=keep_reference_root,
            )
        except ValueError as error:
            message = str(error).replace(str(folder), str(path))
            raise Refused(message if message.startswith(str(path)) else f"{path}: {message}") from None
    return clips
