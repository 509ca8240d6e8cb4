"""A tape: states of a training one after the other, of which each keeps what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ..utils.checkpoint import raw_bytes

Network = TypeVar("Network", bound=nn.Module)


class Tape:
    """States of a training in the order in which they were kept.

    A tensor that has the values of one that is there already is not stored again.

    Args:
        half: store float32 as float16; a state is then read back with rounded values, as float32.

    Attributes:
        changes: for each state, path -> plain value; {"tensor": k}, {"half": k} if tensor k was float32, or
            {} if the path is no more.
        tensors: name "k" -> tensor, on the CPU.
    """

    def __init__(self, half: bool = False):
        self.half = half
        self.changes: list[dict[str, Any]] = []
        self.tensors: dict[str, Tensor] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        self._last: dict[str, Any] = {}

    def keep(self, state: Mapping[str, Any]) -> None:
        """Append a state: nested dictionaries of tensors and plain values, with strings as keys."""
        flat = {path: self._stored(value) for path, value in _leaves(state)}
        changes = {path: v for path, v in flat.items() if self._last.get(path, ...) != v}
        self.changes.append(changes | {path: {} for path in self._last if path not in flat})
        self._last = flat

    def __len__(self) -> int:
        return len(self.changes)

    def states(self) -> Iterator[dict[str, Any]]:
        """The states again, nested as they were kept; float16 that was float32 is float32."""
        flat: dict[str, Any] = {}
        for changes in self.changes:
            flat = {path: value for path, value in (flat | changes).items() if value != {}}
            yield _nested({path: self._restored(value) for path, value in flat.items()})

    def halved(self) -> Tape:
        """The same states with float32 stored as float16."""
        tape = Tape(half=True)
        for state in self.states():
            tape.keep(state)
        return tape

    def _stored(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        kept = value.detach().cpu()
        kind = "tensor"
        if self.half and kept.dtype == torch.float32:
            kept, kind = kept.half(), "half"
        key = (kept.dtype, tuple(kept.shape), bytes(raw_bytes(kept)))
        if key not in self._names:
            self._names[key] = str(len(self.tensors))
            self.tensors[self._names[key]] = kept.clone(memory_format=torch.contiguous_format)
        return {kind: self._names[key]}

    def _restored(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        ((kind, name),) = value.items()
        return self.tensors[name].float() if kind == "half" else self.tensors[name].clone()


def load_last(network: Network, tape: Tape) -> Network:
    """Load the last state of a tape into a network; returns it in evaluation mode."""
    *_, last = tape.states()
    network.load_state_dict(last)
    return network.eval()


def _leaves(state: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Path and value of everything in nested dictionaries that is no dictionary."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `_leaves`."""
    state: dict[str, Any] = {}
    for path, value in flat.items():
        *folders, name = path.split("/")
        inner = state
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[name] = value
    return state
