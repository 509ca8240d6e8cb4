"""Values and masks of joints, as the player colours them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .views import View


def check_count(what: str, given: Sequence[Any], shown: Sequence[View]) -> None:
    """Raise a ValueError unless there is one entry for each clip."""
    if len(given) != len(shown):
        raise ValueError(f"{len(given)} {what} for {len(shown)} clips; give a list with one entry per clip")


def joint_values(given: Any, shown: Sequence[View], names: Sequence[str]) -> list[Tensor | None]:
    """Values of each clip, [1 or T, 1 or M, V], from [V], [T, V] or [T, V, M]; None where there are none.

    Raises:
        ValueError: another shape or number of tensors, or values that are not finite.
    """
    tensors = _per_clip("values", given, shown)
    return [
        None if tensor is None else _values(tensor, view, name)
        for tensor, view, name in zip(tensors, shown, names, strict=True)
    ]


def joint_masks(given: Any, shown: Sequence[View], names: Sequence[str]) -> list[Tensor | None]:
    """Masks of each clip, uint8 [1 or T, V], from bool [T], [V] or [T, V]; None where there are none.

    Raises:
        ValueError: another type, shape or number of tensors, or a shape that may mean frames or joints.
    """
    tensors = _per_clip("masked", given, shown)
    return [
        None if tensor is None else _mask(tensor, view, name)
        for tensor, view, name in zip(tensors, shown, names, strict=True)
    ]


def _per_clip(what: str, given: Any, shown: Sequence[View]) -> list[Tensor | None]:
    """One tensor or None per clip; a single clip's needs no list."""
    if given is None:
        return [None] * len(shown)
    alone = len(shown) == 1 and not (isinstance(given, (list, tuple)) and len(given) == 1)
    given = [given] if alone else list(given)
    check_count(what, given, shown)
    return [None if each is None else torch.as_tensor(each).detach().cpu() for each in given]


def _values(given: Tensor, view: View, name: str) -> Tensor:
    frames, persons, joints, _ = view.poses.shape
    given = _without_batch_axis(given, frames).float()
    if given.shape == (joints,):
        given = given[None, None]
    elif given.shape == (frames, joints):
        given = given[:, None]
    elif given.ndim == 3 and given.shape[:2] == (frames, joints) and given.shape[2] >= persons:
        given = given[:, :, :persons].permute(0, 2, 1)
    else:
        raise ValueError(
            f"{name}: values of shape {list(given.shape)}; "
            f"expected [{joints}], [{frames}, {joints}] or [{frames}, {joints}, persons]"
        )
    if not given.isfinite().all():
        count = int((~given.isfinite()).sum())
        raise ValueError(f"{name}: {count} values are NaN or infinite; fill them, for instance with 0")
    return given


def _mask(given: Tensor, view: View, name: str) -> Tensor:
    frames, _, joints, _ = view.poses.shape
    given = _without_batch_axis(given, frames)
    if given.dtype is not torch.bool:
        raise ValueError(f"{name}: masked is {given.dtype}; expected bool, True where masked")
    if given.ndim == 1 and frames == joints == len(given):
        raise ValueError(
            f"{name}: masked [{joints}] may mean frames or joints here; "
            "pass [T, V], such as masked[:, None].expand(T, V) for frames"
        )
    if given.shape == (frames,):
        given = given[:, None].expand(frames, joints)
    elif given.shape == (joints,):
        given = given[None]
    elif given.shape != (frames, joints):
        raise ValueError(
            f"{name}: masked of shape {list(given.shape)}; "
            f"expected [{frames}] frames, [{joints}] joints or [{frames}, {joints}]"
        )
    return given.to(torch.uint8)


def _without_batch_axis(given: Tensor, frames: int) -> Tensor:
    return given[0] if given.ndim > 1 and len(given) == 1 and frames != 1 else given
