"""BVH files of a folder or a .zip archive as clips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ..clips import ClipSet
from ..errors import UnreadableFile
from . import archives
from .bvh import Bvh, parse, read
from .reader import Reader

PATTERN = r"dataset-\d+_(?P<class>[^_/]+)_(?P<subject>[^_/]+)_\d+\.bvh$"
"""File names of the Bandai-Namco Research Motion Dataset: ``dataset-2_<class>_<style>_<number>.bvh``."""


def read_folder(
    folder: str | Path,
    *,
    pattern: str | None = None,
    scale: float = 0.01,
    end_sites: bool = False,
    keep_reference_root: bool = False,
) -> ClipSet:
    """All BVH files of a folder and its subfolders (or one file) as a ClipSet.

    Clips are named by their path in the folder. The skeleton is the built-in one with the same joint names,
    or else the tree of the files.

    Args:
        folder: a folder with ``*.bvh`` files of the same joints and frame rate, or one such file.
        pattern: regular expression with a group ``class`` and optionally ``subject``, searched in each file's
            path inside the folder (with ``/``). Subjects that are all digits become numbers. Default:
            `PATTERN` if it fits every file; otherwise the class is the name of the file's folder if there are
            subfolders, or "all".
        scale: metres per unit of the files.
        end_sites: also return each ``End Site`` as a joint.
        keep_reference_root: keep a root joint that is no body part, see `skelkit.data.readers.bvh`.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: `pattern` is not a regular expression with a group ``class``.
        UnreadableFile: no BVH files; a file that `pattern` does not fit; two files that differ in joints,
            bones or frame rate; a damaged file.
    """
    folder = Path(folder)
    paths = _paths(folder)
    base = folder if folder.is_dir() else folder.parent
    names = [p.relative_to(base).as_posix() for p in paths]
    groups = _classify(base, base.name, names, pattern)
    files = [read(path, scale, end_sites, keep_reference_root) for path in paths]
    return _clips(folder, paths, names, files, *groups)


def read_archive(
    path: str | Path,
    *,
    pattern: str | None = None,
    scale: float = 0.01,
    end_sites: bool = False,
    keep_reference_root: bool = False,
) -> ClipSet:
    """All BVH files of a .zip archive as a ClipSet; options and names as in `read_folder`.

    Where no pattern fits, the class is the name of the folder in the archive; of files outside any folder,
    the archive's own name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: as `read_folder`.
        UnreadableFile: as `read_folder`, with "archive/member" as the file; or an archive that is damaged or
            unsafe.
    """
    path = Path(path)
    content = archives.members(path, ".bvh")
    options = (scale, end_sites, keep_reference_root)
    members = {name: parse(path / name, text, *options) for name, text in content if Path(name).suffix}
    if not members:
        raise UnreadableFile(
            path, "no .bvh file in the archive", "at least one", "pass the archive that holds them"
        )
    names = sorted(members, key=PurePosixPath)
    groups = _classify(path, path.stem, names, pattern)
    return _clips(path, [path / name for name in names], names, [members[n] for n in names], *groups)


def _clips(
    source: Path,
    paths: Sequence[Path],
    names: Sequence[str],
    files: Sequence[Bvh],
    class_of: Sequence[str],
    subjects: list[str] | list[int] | None,
) -> ClipSet:
    """The files of a folder or an archive as a ClipSet, if they are alike."""
    for path, file in zip(paths, files, strict=True):
        _check_alike(paths[0], files[0], path, file)
    skeleton = files[0].skeleton
    classes = sorted(set(class_of))
    try:
        return ClipSet.from_arrays(
            [file.poses[:, [file.joints.index(j) for j in skeleton.joints]] for file in files],
            labels=[classes.index(c) for c in class_of],
            classes=classes,
            subject=subjects,
            skeleton=skeleton,
            fps=files[0].fps,
            names=names,
        )
    except ValueError as error:
        raise UnreadableFile(source, str(error)) from None


def _paths(folder: Path) -> list[Path]:
    """The BVH files of a folder and its subfolders, or the file itself."""
    if not folder.exists():
        raise FileNotFoundError(f"{folder}: no such file or folder")
    if not folder.is_dir():
        return [folder]
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".bvh" and p.is_file())
    if not paths:
        raise UnreadableFile(
            folder, "no .bvh file in this folder or its subfolders", fix="pass the folder that holds them"
        )
    return paths


def _classify(
    base: Path, outermost: str, names: Sequence[str], pattern: str | None
) -> tuple[list[str], list[str] | list[int] | None]:
    """Class of each file, and its subject if the pattern has such a group.

    Args:
        base: folder or archive that the names are relative to.
        outermost: class of a file outside any folder, if others are in folders.
        names: of the files, with ``/``.
        pattern: as in `read_folder`.
    """
    expression = _compiled(pattern)
    found = []
    for name in names:
        groups = match.groupdict() if (match := expression.search(name)) else {}
        found.append(groups)
        if pattern is not None and not (groups and groups["class"] and groups.get("subject", "?")):
            raise UnreadableFile(
                base / name,
                f"pattern {pattern!r} does not fit {name!r}",
                fix="pass a pattern whose groups fit every file",
            )
    if not all(found):
        folders = [PurePosixPath(name).parent.name for name in names]
        return [folder or outermost if any(folders) else "all" for folder in folders], None
    classes = [groups["class"] for groups in found]
    if "subject" not in expression.groupindex:
        return classes, None
    subjects = [groups["subject"] for groups in found]
    if all(re.fullmatch("[0-9]+", s) for s in subjects):
        return classes, [int(s) for s in subjects]
    return classes, subjects


def _compiled(pattern: str | None) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern or PATTERN)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from None
    if "class" not in expression.groupindex:
        raise ValueError(
            f"pattern {pattern!r} has no group named class; "
            "write it as (?P<class>…), and (?P<subject>…) for subjects"
        )
    return expression


def _edges(file: Bvh) -> set[tuple[str, str]]:
    """(parent, joint) of each joint; the parent of the root is ""."""
    return {(file.joints[p] if p >= 0 else "", j) for j, p in zip(file.joints, file.parents, strict=True)}


def _check_alike(first: Path, expected: Bvh, path: Path, file: Bvh) -> None:
    """Refuse a file with other joints, bones or frame rate than the first one."""
    here, there = set(file.joints), set(expected.joints)
    fix = "read such files one by one"
    if here != there:
        only = "; ".join(
            f"only in {p}: {', '.join(sorted(joints))}"
            for p, joints in ((path, here - there), (first, there - here))
            if joints
        )
        raise UnreadableFile(path, f"other joints than in {first} ({only})", "the same", fix)
    if moved := sorted(j for _, j in _edges(file) - _edges(expected)):
        raise UnreadableFile(path, f"other parents than in {first} for {', '.join(moved)}", "the same", fix)
    if file.fps != expected.fps:
        raise UnreadableFile(
            path,
            f"{file.fps:g} fps",
            f"{expected.fps:g} fps as in {first}",
            "read the files of each frame rate separately",
        )


def _is_bvh(path: Path) -> bool:
    if path.is_dir():
        return any(p.suffix.lower() == ".bvh" for p in path.rglob("*"))
    return path.suffix.lower() == ".bvh"


def _is_archive_of_bvh(path: Path) -> bool:
    if path.is_dir() or path.suffix.lower() != ".zip":
        return False
    return any(name.lower().endswith(".bvh") for name in archives.names(path))


FOLDER = Reader(
    kind="BVH files",
    description="a folder or file of .bvh (motion capture)",
    notes="One clip per file, in centimetres. Class and subject come from the file name, or the class from "
    "the folder name.",
    read=read_folder,
    can_read=_is_bvh,
    suffixes=(".bvh",),
    whole_folders=True,
)

ARCHIVE = Reader(
    kind="BVH archives",
    description="a .zip of .bvh",
    notes="As a folder of .bvh.",
    read=read_archive,
    can_read=_is_archive_of_bvh,
    suffixes=(".zip",),
)
