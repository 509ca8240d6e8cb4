"""Checkpoints: nested state, tensors included, in one safetensors file with a checksum."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .files import check_target, fault, make_folder, openable, temporaries, write_atomic
from .locks import Busy, Lock
from .validation import MALFORMED, printable, reason

FORMAT = "skelkit-checkpoint-1"

MOST_BYTES = 64 * 2**30
"""Size limit of a file with tensors."""

MOST_TEXT, MOST_TENSORS = 2**24, 100_000
"""Limits of the text that `seal` stores and of the number of tensors, of which checkpoints have thousands."""


class DamagedFile(ValueError):
    """The file is incomplete, changed, or not of the expected format."""


def write(folder: str | Path, state: dict, settings: Mapping[str, Any]) -> Path:
    """Write `state` as the checkpoint of a folder, and keep the previous one beside it.

    If the process is killed at any moment, at least one of the two is complete.

    Args:
        folder: created if it does not exist.
        state: nested dictionaries and lists of numbers, strings and tensors.
        settings: plain values; `read` compares them.

    Raises:
        OSError: it cannot be written; says why and what to do. The checkpoints are as they were.
    """
    target, previous = paths(folder)
    make_folder(target.parent)
    tensors: dict[str, Tensor] = {}
    tree = json.dumps({"state": _without_tensors(state, tensors), "settings": settings})
    content = seal(FORMAT, tree, tensors)
    for temporary in temporaries(target):  # left by a killed process
        temporary.unlink(missing_ok=True)
    return write_atomic(target, content, keep=previous)


def read(folder: str | Path, settings: Mapping[str, Any]) -> dict | None:
    """The last state written, on the CPU; None if there is none.

    If the last checkpoint is damaged, a warning names it, it is renamed, and the previous one is read.

    Raises:
        DamagedFile: all checkpoints of the folder are damaged.
        ValueError: the checkpoint was written with other settings; lists the differences.
    """
    present = [path for path in paths(folder) if path.exists()]
    problems: list[str] = []
    for path in present:
        try:
            state, found = _read(path)
        except DamagedFile as damage:
            problems.append(str(damage))
            continue
        if problems:
            warnings.warn(f"{problems[0]}; going on from the one before it, {path.name}", stacklevel=2)
        _compare(path, found, settings)
        if problems:  # otherwise the next `write` would replace the complete one by it
            os.replace(present[0], present[0].with_stem("checkpoint.damaged"))
        return state
    if problems:
        raise DamagedFile(f"{'; '.join(problems)}; delete the folder {folder} to start again")
    return None


class Claim:
    """The right of one training to write the checkpoints of a folder; others are refused.

    It ends with the process, or when nothing refers to it any more. Within a process a later training takes a
    folder over, because an earlier one that was interrupted may still be referred to by its error.

    Args:
        folder: created if it does not exist.

    Raises:
        ValueError: a training in another process writes there.
        OSError: nothing can be written there; says why and what to do.
    """

    _latest: ClassVar[WeakValueDictionary[Path, Claim]] = WeakValueDictionary()
    _locks: ClassVar[WeakValueDictionary[Path, Lock]] = WeakValueDictionary()

    def __init__(self, folder: str | Path):
        self.folder = make_folder(Path(folder)).resolve()
        target = check_target(paths(self.folder)[0])
        try:
            self._lock: Lock = self._locks.get(self.folder) or Lock(target.with_name(".checkpoint.lock"))
        except Busy as busy:
            raise ValueError(f"{folder}: {busy}, or train into another folder") from None
        self._latest[self.folder], self._locks[self.folder] = self, self._lock

    def check(self) -> None:
        """Raise ValueError if a later training of this process writes to the folder."""
        if self._latest.get(self.folder) is not self:
            raise ValueError(
                f"{self.folder}: another training of this process writes there; use another folder"
            )


@contextmanager
def expecting(folder: str | Path) -> Iterator[None]:
    """Raise DamagedFile if a checkpoint of this folder is whole, but not what the code within expects."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except MALFORMED as error:
        raise DamagedFile(
            f"{paths(folder)[0]}: whole, but not what this training writes ({reason(error)}); "
            f"delete the folder {folder} to start again"
        ) from error


def paths(folder: str | Path) -> tuple[Path, Path]:
    """Paths of the checkpoint of a folder and of the previous one."""
    return Path(folder) / "checkpoint.safetensors", Path(folder) / "checkpoint.previous.safetensors"


def seal(form: str, tree: str, tensors: dict[str, Tensor]) -> bytes:
    """The content of a safetensors file with a text, tensors, the name of its format and a checksum."""
    return save(tensors, {"format": form, "tree": tree, "sha256": _digest(tree, tensors)})


def unseal(path: Path, form: str, what: str) -> tuple[str, dict[str, Tensor]]:
    """The text and the tensors of a file that `seal` wrote, on the CPU.

    Args:
        path: the file.
        form: the expected format.
        what: names the kind of file in errors.

    Raises:
        DamagedFile: another format, incomplete, or changed.
    """
    try:
        if found := fault(path, MOST_BYTES):
            raise DamagedFile(f"{path}: no {what} but {found}")
        with openable(path) as name, safe_open(name, framework="pt") as file:
            about, names = file.metadata() or {}, file.keys()
            if (text := len(about.get("tree", ""))) > MOST_TEXT or len(names) > MOST_TENSORS:
                raise DamagedFile(f"{path}: no {what} but {text:,} characters and {len(names):,} tensors")
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise DamagedFile(f"{path}: cut off, damaged or no {what} at all ({printable(error)})") from None
    if about.get("format") != form:
        raise DamagedFile(
            f"{path}: no {what} of this kit (format {about.get('format')!r}, expected {form!r})"
        )
    if _digest(about.get("tree", ""), tensors) != about.get("sha256"):
        raise DamagedFile(f"{path}: damaged (its content does not have the checksum it was written with)")
    return about["tree"], tensors


def _read(path: Path) -> tuple[dict, dict]:
    text, tensors = unseal(path, FORMAT, "checkpoint")
    try:
        tree = json.loads(text)
        state, settings = _with_tensors(tree["state"], tensors), dict(tree["settings"])
        if not isinstance(state, dict):
            raise TypeError(f"a state that is a {type(state).__name__}")
        return state, settings
    except MALFORMED as error:
        raise DamagedFile(f"{path}: whole, but not what this kit writes ({reason(error)})") from None


def _compare(path: Path, found: dict, settings: Mapping[str, Any]) -> None:
    settings = json.loads(json.dumps(settings))
    names = [n for n in {**found, **settings} if found.get(n) != settings.get(n)]
    if names:
        listed = "; ".join(f"{n}: {found.get(n)!r} there, {settings.get(n)!r} now" for n in names)
        raise ValueError(f"{path} was written with other settings ({listed}); use those, or another folder")


def _digest(tree: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256(tree.encode())
    for name in sorted(tensors):
        v = tensors[name]
        digest.update(f"{name} {v.dtype} {list(v.shape)}".encode())
        digest.update(raw_bytes(v))
    return digest.hexdigest()


def raw_bytes(v: Tensor) -> memoryview:
    """All bytes of a tensor on the CPU, in row-major order; not copied if they are stored so."""
    flat = v.contiguous().reshape(-1)
    # A tensor of one element counts as contiguous whatever its stride, and is then no row of bytes.
    flat = flat.clone(memory_format=torch.contiguous_format) if flat.numel() == 1 else flat
    return flat.view(torch.uint8).numpy().data


def _without_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The same nested value as JSON can store it; tensors are moved to the dictionary.

    The order of their axes in memory is kept: sums over a tensor in another memory layout differ in the last
    bits.
    """
    if isinstance(value, Tensor):
        name, strides = str(len(tensors)), value.stride()
        order = sorted(range(value.ndim), key=lambda axis: -strides[axis])
        tensors[name] = value.detach().permute(order).to("cpu", copy=True).contiguous()
        return {"tensor": name, "order": order}
    if isinstance(value, dict):  # as pairs, because the keys of an optimiser's state are numbers
        return {"pairs": [[k, _without_tensors(v, tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_without_tensors(v, tensors) for v in value]
    return value


def _with_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The inverse of `_without_tensors`; tuples become lists."""
    if isinstance(value, dict) and "tensor" in value:
        axes = [value["order"].index(axis) for axis in range(len(value["order"]))]
        return tensors[value["tensor"]].permute(axes)
    if isinstance(value, dict):
        return {k: _with_tensors(v, tensors) for k, v in value["pairs"]}
    return [_with_tensors(v, tensors) for v in value] if isinstance(value, list) else value
