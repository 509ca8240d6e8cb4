"""Checkpoints: nested state (dictionaries, lists, numbers, words, tensors) as one safetensors file that is known to be whole."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .files import make_folder, write_atomic
from .validation import printable

FORMAT = "skelkit-checkpoint-1"


class DamagedFile(ValueError):
    """A file that is no checkpoint, or not all of one."""


def write(folder: str | Path, state: dict, settings: dict) -> Path:
    """Make `state` the folder's checkpoint; the one before is kept beside it. Killed at any moment, one of them is whole.

    Args:
        state: nested; numbers, words and tensors at the leaves.
        settings: plain values; `read` compares them.
    """
    target, previous = paths(folder)
    make_folder(target.parent)
    tensors: dict[str, Tensor] = {}
    tree = json.dumps({"state": _without_tensors(state, tensors), "settings": settings})
    content = seal(FORMAT, tree, tensors)
    for left in target.parent.glob(f".{target.name}.*"):  # of a write that was killed
        left.unlink(missing_ok=True)
    if target.exists():
        os.replace(target, previous)
    return write_atomic(target, content)


def read(folder: str | Path, settings: dict) -> dict | None:
    """The state written last, on the CPU; None if there is none.

    A damaged file is refused with a warning that names it and put aside, and the one before it is read.

    Raises:
        DamagedFile: no file of the folder is whole.
        ValueError: it was written with other settings (lists the differences).
    """
    present = [path for path in paths(folder) if path.exists()]
    complaints = []
    for path in present:
        try:
            state, found = _read(path)
        except DamagedFile as damage:
            complaints.append(str(damage))
            continue
        if complaints:
            warnings.warn(f"{complaints[0]}; going on from the one before it, {path.name}", stacklevel=2)
        _compare(path, found, settings)
        if complaints:  # else the next `write` would put it in the place of the whole one
            os.replace(present[0], present[0].with_stem("checkpoint.damaged"))
        return state
    if complaints:
        raise DamagedFile(f"{'; '.join(complaints)}; delete the folder {folder} to begin anew")
    return None


def paths(folder: str | Path) -> tuple[Path, Path]:
    """The checkpoint of a folder and the one before it."""
    return Path(folder) / "checkpoint.safetensors", Path(folder) / "checkpoint.previous.safetensors"


def seal(form: str, tree: str, tensors: dict[str, Tensor]) -> bytes:
    """Words and tensors as one safetensors file that `unseal` can tell from half of one."""
    return save(tensors, {"format": form, "tree": tree, "sha256": _digest(tree, tensors)})


def unseal(path: Path, form: str, what: str) -> tuple[str, dict[str, Tensor]]:
    """What was sealed, on the CPU. Raises `DamagedFile`, calling the file a `what`, if it is of another format, cut off or changed."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise DamagedFile(f"{path}: cut off, damaged or no {what} at all ({printable(error)})") from None
    if about.get("format") != form:
        raise DamagedFile(f"{path}: no {what} of this kit (format {about.get('format')!r}, expected {form!r})")
    if _digest(about.get("tree", ""), tensors) != about.get("sha256"):
        raise DamagedFile(f"{path}: damaged (its content does not have the checksum it was written with)")
    return about["tree"], tensors


def _read(path: Path) -> tuple[dict, dict]:
    tree, tensors = unseal(path, FORMAT, "checkpoint")
    tree = json.loads(tree)
    return _with_tensors(tree["state"], tensors), tree["settings"]


def _compare(path: Path, found: dict, settings: dict) -> None:
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
        digest.update(v.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _without_tensors(value, tensors: dict[str, Tensor]):
    """The same nest as JSON can hold it; tensors go into the dictionary.

    With the order of their axes in memory, for a tensor in another layout is summed in another order, and the last bits differ.
    """
    if isinstance(value, Tensor):
        name, order = str(len(tensors)), sorted(range(value.ndim), key=lambda axis: -value.stride(axis))
        tensors[name] = value.detach().permute(order).to("cpu", copy=True).contiguous()
        return {"tensor": name, "order": order}
    if isinstance(value, dict):  # as pairs, for the optimiser's keys are numbers
        return {"pairs": [[k, _without_tensors(v, tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_without_tensors(v, tensors) for v in value]
    return value


def _with_tensors(value, tensors: dict[str, Tensor]):
    if isinstance(value, dict) and "tensor" in value:
        return tensors[value["tensor"]].permute(
            [value["order"].index(axis) for axis in range(len(value["order"]))]
        )
    if isinstance(value, dict):
        return {k: _with_tensors(v, tensors) for k, v in value["pairs"]}
    return [_with_tensors(v, tensors) for v in value] if isinstance(value, list) else value
