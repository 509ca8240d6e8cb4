"""A ClipSet as one safetensors file with a format version and a checksum.

The same clips give the same bytes. A file is written piece by piece, so that a set larger than memory can be
written, and read as a whole. The content of a file is checked before it is used.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from ..utils.checkpoint import MOST_BYTES, MOST_TEXT, raw_bytes
from ..utils.files import fault, open_atomic, openable
from ..utils.validation import MALFORMED, printable, reason
from .errors import UnreadableFile

FORMAT = "skelkit-clips-2"

NUMBERS = ("labels", "setup", "starts", "subject", "view")
"""Tensors beside the poses, Long, in the order of the file."""

DTYPES = {torch.float32: ("F32", 4), torch.float16: ("F16", 2), torch.int64: ("I64", 8)}

MOST_JOINTS, MOST_NAME = 2000, 512

_UNKNOWN = "0" * 64


def write(
    path: str | Path, fields: dict[str, Any], poses: Iterable[Tensor], shape: list[int], dtype: torch.dtype
) -> Path:
    """Write a set; the file appears complete or not at all. Returns the path.

    Args:
        path: ends in .safetensors.
        fields: classes, skeleton, fps, names, group_names, and any of `NUMBERS` (Long [N], starts [N + 1]).
        poses: pieces [f, M, V, 3] of `dtype`, which together have `shape` [F, M, V, 3].
        shape: shape of all poses.
        dtype: float32 or float16.
    """
    numbers = {name: fields[name].contiguous() for name in NUMBERS if fields.get(name) is not None}
    metadata = {
        "classes": json.dumps(list(fields["classes"])),
        "format": FORMAT,
        "fps": json.dumps(fields["fps"]),
        "group_names": json.dumps(fields.get("group_names") or {}),
        "names": json.dumps(list(fields["names"])),
        "skeleton": json.dumps(fields["skeleton"].to_dict()),
    }
    layout = {name: (v.dtype, list(v.shape)) for name, v in numbers.items()} | {"poses": (dtype, shape)}
    with open_atomic(path) as file:
        file.write(_header(metadata, layout, _UNKNOWN))
        digests = {name: _append(file, [v]) for name, v in numbers.items()} | {"poses": _append(file, poses)}
        file.seek(0)
        file.write(_header(metadata, layout, checksum(metadata, layout, digests)))
    return Path(path)


def read(path: str | Path) -> dict[str, Any]:
    """Fields of a ClipSet from a file that `write` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: another kind of file, another version, truncated, changed, or contradictory.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if found := fault(path, MOST_BYTES):
        raise UnreadableFile(path, found, "a file that ClipSet.save wrote", "copy it again")
    try:
        with openable(path) as name, safe_open(name, "pt") as file:
            metadata, names = file.metadata() or {}, file.keys()
            tensors = {name: file.get_tensor(name) for name in names[: len(NUMBERS) + 2]}
    except (SafetensorError, OSError) as error:
        found = f"not a whole safetensors file ({printable(error)})"
        raise UnreadableFile(path, found, fix="write it again with ClipSet.save") from error
    if metadata.get("format") != FORMAT:
        found = f"format {metadata.get('format')!r}, expected {FORMAT!r}"
        raise UnreadableFile(path, found, fix="write it with ClipSet.save of this version")
    layout = {name: (v.dtype, list(v.shape)) for name, v in tensors.items()}
    digests = {name: hashlib.sha256(raw_bytes(v)).hexdigest() for name, v in tensors.items()}
    if metadata.pop("sha256", None) != checksum(metadata, layout, digests):
        found = "damaged (its content does not have the checksum it was written with)"
        raise UnreadableFile(path, found, fix="copy it again, or write it again with ClipSet.save")
    try:
        return _fields(metadata, tensors)
    except MALFORMED as error:
        found = f"whole, but not what ClipSet.save writes ({reason(error)})"
        raise UnreadableFile(path, found, fix="write it again") from None


Layout = dict[str, tuple[torch.dtype, list[int]]]
"""Tensor name -> dtype and shape."""


def checksum(metadata: dict[str, str], layout: Layout, digests: dict[str, str]) -> str:
    """sha256 of the metadata and of the name, dtype, shape and sha256 of each tensor."""
    rows = [[name, str(kind), shape, digests[name]] for name, (kind, shape) in sorted(layout.items())]
    words = sorted((k, v) for k, v in metadata.items() if k != "sha256")
    return hashlib.sha256(json.dumps([words, rows]).encode()).hexdigest()


def _header(metadata: dict[str, str], layout: Layout, digest: str) -> bytes:
    """Header of a safetensors file: length, metadata, tensor offsets. All digests give the same length."""
    header: dict[str, dict[str, Any]] = {"__metadata__": metadata | {"sha256": digest}}
    end = 0
    for name, (kind, shape) in layout.items():
        dtype, size = DTYPES[kind]
        begin, end = end, end + size * math.prod(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _append(file: BinaryIO, pieces: Iterable[Tensor]) -> str:
    """Write the pieces; returns the sha256 of all their bytes."""
    digest = hashlib.sha256()
    for piece in pieces:
        content = raw_bytes(piece)
        digest.update(content)
        file.write(content)
    return digest.hexdigest()


def _fields(metadata: dict[str, str], tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Fields of a ClipSet. Raises ValueError if metadata and tensors contradict each other."""
    clips, text = len(tensors["labels"]), sum(map(len, metadata.values()))
    if text > MOST_TEXT + MOST_NAME * clips:
        raise ValueError(f"{text:,} characters for {clips:,} clips")
    classes, names = tuple(json.loads(metadata["classes"])), tuple(json.loads(metadata["names"]))
    skeleton, fps = _skeleton(json.loads(metadata["skeleton"])), json.loads(metadata["fps"])
    groups = {key: tuple(known) for key, known in json.loads(metadata["group_names"]).items()}
    _check_tensors(tensors, len(skeleton), len(classes))
    if len(names) not in (0, clips) or not all(isinstance(n, str) for n in (*names, *classes)):
        raise ValueError("expected names for all clips or none")
    for key, known in groups.items():
        codes = tensors[key]
        if (
            not all(isinstance(n, str) for n in known)
            or int(codes.min()) < 0
            or int(codes.max()) >= len(known)
        ):
            raise ValueError(f"expected a name for each {key}")
    if not (isinstance(fps, (int, float)) and math.isfinite(fps) and fps > 0):
        raise ValueError("expected frames per second above zero")
    return {
        "classes": classes,
        "skeleton": skeleton,
        "fps": float(fps),
        "names": names,
        "group_names": groups or None,
        **tensors,
    }


def _skeleton(about: dict[str, Any]) -> Skeleton:
    """The skeleton of these fields. Raises ValueError for one that would take long to check."""
    joints = len(about["joints"])
    parts = sum(map(len, about.get("parts", {}).values()))
    if joints > MOST_JOINTS or len(about["bones"]) >= max(joints, 1) or parts > 2 * joints:
        raise ValueError(
            f"{joints:,} joints, {len(about['bones']):,} bones, {parts:,} joints of parts; expected at most "
            f"{MOST_JOINTS:,} joints, one bone less, and each joint in one part"
        )
    words = [about["name"], about["root"], about.get("origin", ""), *about["joints"]]
    if not all(isinstance(word, str) for word in [*words, *about.get("parts", {})]):
        raise ValueError("expected names of joints and of their parts")
    return Skeleton.from_dict(about)


def _check_tensors(tensors: dict[str, Tensor], joints: int, classes: int) -> None:
    """Raise ValueError with what is expected of the first tensor that is wrong."""
    poses, starts, labels = tensors["poses"], tensors["starts"], tensors["labels"]
    if poses.ndim != 4 or list(poses.shape[2:]) != [joints, 3]:
        raise ValueError("expected poses [frames, persons, joints, 3] of the skeleton")
    if poses.dtype not in (torch.float32, torch.float16) or not poses.isfinite().all():
        raise ValueError("expected poses in float32 or float16, all finite")
    if not _are_starts(starts, len(poses)):
        raise ValueError("expected starts that rise from 0 to the number of frames")
    if not (
        labels.shape == starts[1:].shape
        and labels.dtype is torch.int64
        and (labels >= 0).all()
        and int(labels.max()) < classes
    ):
        raise ValueError("expected a label for each clip, and a class for each label")
    for name, tensor in tensors.items():
        is_group = name not in ("poses", "starts")
        if is_group and (tensor.shape != labels.shape or tensor.dtype is not torch.int64):
            raise ValueError("expected numbers [clips] of each group")
    if not set(tensors) <= {"poses", *NUMBERS}:
        raise ValueError("expected tensors of known names")


def _are_starts(starts: Tensor, frames: int) -> bool:
    if starts.ndim != 1 or starts.dtype is not torch.int64 or len(starts) < 2:
        return False
    if int(starts[0]) != 0 or int(starts[-1]) != frames:
        return False
    return bool((starts[1:] > starts[:-1]).all())  # differences of numbers at the ends of the type overflow
