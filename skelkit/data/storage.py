"""A ClipSet as one file: safetensors, with a format version and a checksum; the same clips give the same bytes.

Written piece by piece, so that a set larger than memory can be, and read whole. What a file says is checked before it is believed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..skeletons.skeleton import Skeleton
from ..utils.files import open_atomic
from ..utils.validation import printable

FORMAT = "skelkit-clips-2"

NUMBERS = ("labels", "setup", "starts", "subject", "view")
"""Tensors beside the poses, Long, in the order in which they are written."""

DTYPES = {torch.float32: ("F32", 4), torch.float16: ("F16", 2), torch.int64: ("I64", 8)}

_UNKNOWN = "0" * 64


def write(
    path: str | Path, fields: dict[str, Any], poses: Iterable[Tensor], shape: list[int], dtype: torch.dtype
) -> Path:
    """Write a set; complete under its name or not at all.

    Args:
        fields: classes, skeleton, fps, names, group_names, and those of `NUMBERS` that there are (Long [N], starts [N + 1]).
        poses: pieces [f, M, V, 3] of `dtype`, which together have `shape` [F, M, V, 3].
    """
    numbers = {name: fields[name].contiguous() for name in NUMBERS if fields.get(name) is not None}
    about = {
        "classes": json.dumps(list(fields["classes"])),
        "format": FORMAT,
        "fps": json.dumps(fields["fps"]),
        "group_names": json.dumps(fields.get("group_names") or {}),
        "names": json.dumps(list(fields["names"])),
        "skeleton": json.dumps(fields["skeleton"].to_dict()),
    }
    layout = {name: (v.dtype, list(v.shape)) for name, v in numbers.items()} | {"poses": (dtype, shape)}
    with open_atomic(path) as file:
        file.write(_header(about, layout, _UNKNOWN))
        digests = {name: _copied(file, [v]) for name, v in numbers.items()} | {"poses": _copied(file, poses)}
        file.seek(0)
        file.write(_header(about, layout, checksum(about, layout, digests)))
    return Path(path)


def read(path: str | Path) -> dict[str, Any]:
    """The fields of `write`, and poses.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such file, of another version, cut off, changed, or says what cannot be; names it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with safe_open(path, "pt") as file:
            about, tensors = file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"{path}: not a whole safetensors file ({printable(error)}); write it again with ClipSet.save"
        ) from error
    if about.get("format") != FORMAT:
        raise ValueError(
            f"{path}: format {about.get('format')!r}, expected {FORMAT!r}; write it with ClipSet.save of this version"
        )
    layout = {name: (v.dtype, list(v.shape)) for name, v in tensors.items()}
    digests = {name: hashlib.sha256(_bytes(v)).hexdigest() for name, v in tensors.items()}
    if about.pop("sha256", None) != checksum(about, layout, digests):
        raise ValueError(
            f"{path}: damaged (its content does not have the checksum it was written with); copy it again, or write it again with ClipSet.save"
        )
    try:
        return _fields(about, tensors)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{path}: whole, but not what ClipSet.save writes ({type(error).__name__}: {printable(error)}); write it again"
        ) from None


def checksum(
    about: dict[str, str], layout: dict[str, tuple[torch.dtype, list[int]]], digests: dict[str, str]
) -> str:
    """Of the words, and of each tensor's place, shape and sha256."""
    rows = [[name, str(kind), shape, digests[name]] for name, (kind, shape) in sorted(layout.items())]
    return hashlib.sha256(
        json.dumps([sorted((k, v) for k, v in about.items() if k != "sha256"), rows]).encode()
    ).hexdigest()


def _header(about: dict[str, str], layout: dict[str, tuple[torch.dtype, list[int]]], digest: str) -> bytes:
    """The header of a safetensors file: its length, words and places of the tensors; as long for any digest."""
    header: dict[str, dict] = {"__metadata__": about | {"sha256": digest}}
    end = 0
    for name, (kind, shape) in layout.items():
        word, size = DTYPES[kind]
        begin, end = end, end + size * math.prod(shape)
        header[name] = {"dtype": word, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _copied(file: BinaryIO, pieces: Iterable[Tensor]) -> str:
    """Write the pieces; the sha256 of all their bytes."""
    digest = hashlib.sha256()
    for piece in pieces:
        content = _bytes(piece)
        digest.update(content)
        file.write(content)
    return digest.hexdigest()


def _bytes(v: Tensor) -> memoryview:
    return memoryview(v.contiguous().reshape(-1).view(torch.uint8).numpy())


def _fields(about: dict[str, str], tensors: dict[str, Tensor]) -> dict[str, Any]:
    """What the words and tensors say; ValueError where they contradict each other."""
    poses, starts, labels = tensors["poses"], tensors["starts"], tensors["labels"]
    classes, names = tuple(json.loads(about["classes"])), tuple(json.loads(about["names"]))
    skeleton, fps = Skeleton.from_dict(json.loads(about["skeleton"])), json.loads(about["fps"])
    groups = {key: tuple(known) for key, known in json.loads(about["group_names"]).items()}
    checks: dict[str, Callable[[], bool]] = {
        "poses [frames, persons, joints, 3] of the skeleton": lambda: (
            poses.ndim == 4 and list(poses.shape[2:]) == [len(skeleton), 3]
        ),
        "poses in float32 or float16, all finite": lambda: (
            poses.dtype in (torch.float32, torch.float16) and bool(poses.isfinite().all())
        ),
        "starts that rise from 0 to the number of frames": lambda: (
            starts.ndim == 1
            and starts.dtype is torch.int64
            and len(starts) > 1
            and int(starts[0]) == 0
            and int(starts[-1]) == len(poses)
            and bool((starts.diff() > 0).all())
        ),
        "a label for each clip, and a class for each label": lambda: (
            labels.shape == starts[1:].shape
            and labels.dtype is torch.int64
            and bool((labels >= 0).all())
            and int(labels.max()) < len(classes)
        ),
        "numbers [clips] of each group": lambda: all(
            tensors[k].shape == labels.shape and tensors[k].dtype is torch.int64
            for k in tensors
            if k not in ("poses", "starts")
        ),
        "tensors of known names": lambda: set(tensors) <= {"poses", *NUMBERS},
        "names for all clips or none": lambda: (
            len(names) in (0, len(labels)) and all(isinstance(n, str) for n in (*names, *classes))
        ),
        "frames per second above zero": lambda: (
            isinstance(fps, (int, float)) and math.isfinite(fps) and fps > 0
        ),
    }
    for expected, holds in checks.items():
        if not holds():
            raise ValueError(f"expected {expected}")
    return {
        "classes": classes,
        "skeleton": skeleton,
        "fps": float(fps),
        "names": names,
        "group_names": groups or None,
        **tensors,
    }
