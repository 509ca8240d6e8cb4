"""BVH files of a folder or a .zip archive as clips."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from ...skeletons.sides import MANY
from ...utils.validation import positive
from ..clips import ClipSet
from ..errors import UnreadableFile
from . import archives, recordings
from .bvh import Bvh, parse, read
from .reader import Reader

PATTERN = r"dataset-\d+_(?P<class>[^_/]+)_(?P<subject>[^_/]+)_\d+\.bvh$"
"""File names of the Bandai-Namco Research Motion Dataset: ``dataset-2_<class>_<style>_<number>.bvh``."""

UNITS = {"metres": 1.0, "millimetres": 0.001, "inches": 0.0254, "feet": 0.3048, "centimetres": 0.01}
"""Metres per unit."""

SMALLEST, LARGEST = 0.5, 3.0
"""Metres from end to end of a body that is no person."""


def read_folder(
    folder: str | Path,
    *,
    pattern: str | None = None,
    scale: float = 0.01,
    end_sites: bool = False,
    keep_reference_root: bool = False,
    fps: float | None = None,
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
        fps: frames per second, in place of those of the files.

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
    groups = recordings.classify(base, names, pattern, PATTERN)
    files = [read(path, scale, end_sites, keep_reference_root) for path in paths]
    return _clips(folder, paths, names, _at_rate(paths, files, fps), *groups, scale)


def read_archive(
    path: str | Path,
    *,
    pattern: str | None = None,
    scale: float = 0.01,
    end_sites: bool = False,
    keep_reference_root: bool = False,
    fps: float | None = None,
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
    groups = recordings.classify(path, names, pattern, PATTERN, path.stem)
    paths = [path / name for name in names]
    return _clips(path, paths, names, _at_rate(paths, [members[n] for n in names], fps), *groups, scale)


def _at_rate(paths: Sequence[Path], files: Sequence[Bvh], fps: float | None) -> Sequence[Bvh]:
    """The files at the frame rate that is given; without one, warns of a Frame Time of a second or more."""
    if fps is not None:
        positive(fps, "fps", "frames per second")
        return [replace(file, fps=float(fps)) for file in files]
    slow = [(path, file.fps) for path, file in zip(paths, files, strict=True) if file.fps <= 1]
    for path, rate in slow[:1]:
        warnings.warn(
            f"{path}: Frame Time is {1 / rate:.6g} seconds, {rate:.3g} frames per second; "
            f"if that is the frame rate, pass fps={1 / rate:.6g} (--fps {1 / rate:.6g})",
            stacklevel=3,
        )
    return files


def _check_size(files: Sequence[Bvh], source: Path, scale: float) -> None:
    """Warn of bodies that are not as large as people; the size of each is its median over the frames."""
    sizes = [float(np.median(np.ptp(file.poses, axis=1).max(-1))) for file in files]
    size = float(np.median(sizes))
    if len(files[0].joints) >= MANY and size > 0 and not SMALLEST < size < LARGEST:
        fitting = [f"{name} (scale={u:g})" for name, u in UNITS.items() if 1.2 < size * u / scale < 2.2]
        warnings.warn(
            f"{source}: bodies measure {size:.3g} m from end to end; the unit of the file may be "
            f"{' or '.join(fitting) or 'another one'}; --scale, scale= are metres per unit, here {scale:g}",
            stacklevel=4,
        )


def _clips(
    source: Path,
    paths: Sequence[Path],
    names: Sequence[str],
    files: Sequence[Bvh],
    class_of: Sequence[str],
    subjects: list[str] | list[int] | None,
    scale: float,
) -> ClipSet:
    """The files of a folder or an archive as a ClipSet, if they are alike."""
    for path, file in zip(paths, files, strict=True):
        _check_alike(paths[0], files[0], path, file)
    _check_size(files, source, scale)
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
    says_fps=lambda path: True,
)

ARCHIVE = Reader(
    kind="BVH archives",
    description="a .zip of .bvh",
    notes="As a folder of .bvh.",
    read=read_archive,
    can_read=_is_archive_of_bvh,
    suffixes=(".zip",),
    says_fps=lambda path: True,
)
