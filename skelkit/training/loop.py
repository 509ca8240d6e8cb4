"""One training loop for every method: it reports progress, stops, and resumes from checkpoints.

A `Run` knows the position of a training run: nested loops, each at its current item. At the end of an item it
may write a checkpoint of the state and of that position; a run with the same folder continues from there.
`fit` trains for one epoch.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, get_args

import torch
from torch import Tensor, nn

from ..utils import checkpoint
from ..utils.device import to_device
from ..utils.precision import tf32
from . import processes

Item = TypeVar("Item")

TF32_CAPABILITY = (8, 0)
"""CUDA compute capability from which a GPU has TF32."""

Precision = Literal["auto", "fp32", "bf16"]


class HasState(Protocol):
    """An object with a state, such as a network or an optimiser."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> object: ...


Stateful = HasState | torch.Generator
"""Something whose state a checkpoint stores."""


class Stopped(Exception):
    """Raised by a callback to end a training run; the last checkpoint stays."""


class Diverged(RuntimeError):
    """The loss or its gradient is not finite."""


class Run:
    """Resumable loops that save and restore the state of stateful objects.

    On a CPU, a run that was killed and resumed gives the same bits as one that was not.

    Args:
        stateful: everything that training changes, by name: objects with `state_dict` and `load_state_dict`,
            or generators.
        settings: plain values; a checkpoint with other settings is an error.
        folder: folder of the checkpoints. Default: no checkpoints are written.
        every: seconds between checkpoints, which are written at the end of an item; 0 writes one at every
            end.

    Raises:
        ValueError: the checkpoint in the folder has other settings, or it and the previous one are damaged;
            or another process writes to the folder.
        OSError: nothing can be written to the folder; says why and what to do.
    """

    def __init__(
        self,
        stateful: Mapping[str, Stateful],
        settings: dict[str, Any] | None = None,
        folder: str | Path | None = None,
        every: float = 30.0,
    ):
        self.stateful, self.settings, self.folder, self.every = stateful, settings or {}, folder, every
        self._names: list[str] = []  # of the loops that are open, outermost first
        self._items: list[int] = []  # the current item of each
        self._resume: list[tuple[str, int]] = []  # loops of the checkpoint that have not been entered again
        self._saved = time.monotonic()
        self._claim = checkpoint.Claim(folder) if folder is not None and not processes.rank() else None
        state = checkpoint.read(folder, self.settings) if folder is not None else None
        self.resumed = state is not None
        if state is not None:
            with checkpoint.expecting(folder or ""):
                self._resume = [(name, len(range(item))) for name, item in state["position"]]
                for name, holder in self.stateful.items():
                    _load(holder, state["parts"][name])

    def loop(self, name: str, items: Sequence[Item]) -> Iterator[Item]:
        """The items one by one; after a resume, from the first that was not finished.

        Loops may be nested, each with its own name. A finished inner loop stays part of the position until
        the item around it is finished, so that it is not run again.

        Raises:
            ValueError: the checkpoint was written within a loop of another name.
        """
        if self._resume and self._resume[0][0] != name:
            raise ValueError(
                f"{self.folder}: the checkpoint is within a loop {self._resume[0][0]!r}, not {name!r}; "
                "it is of another training"
            )
        first = self._resume.pop(0)[1] if self._resume else 0
        depth = len(self._names)
        self._names.append(name)
        self._items.append(first)
        for item in range(first, len(items)):
            self._items[depth] = item
            yield items[item]
            del self._names[depth + 1 :], self._items[depth + 1 :]
            self._items[depth] = item + 1
            if time.monotonic() - self._saved >= self.every:
                self.save()

    def save(self) -> None:
        """Write a checkpoint of the current state and position."""
        if self.folder is not None and self._claim is not None:
            self._claim.check()
            position = [list(pair) for pair in zip(self._names, self._items, strict=True)]
            states = {name: _state(holder) for name, holder in self.stateful.items()}
            checkpoint.write(self.folder, {"position": position, "parts": states}, self.settings)
        self._saved = time.monotonic()


def fit(
    loss_of: Callable[[Tensor], Tensor],
    batches: Iterable[Tensor],
    optimiser: torch.optim.Optimizer,
    *,
    rates: Sequence[float] = (),
    clip: float = 1.0,
    precision: Precision = "fp32",
    what: str = "training",
    after_backward: Callable[[], None] | None = None,
    after_step: Callable[[], None] | None = None,
) -> float:
    """Train for one epoch, one optimiser step per batch. Returns the mean loss.

    Args:
        loss_of: clip indices Long[n] -> scalar loss.
        batches: clip indices, one tensor per batch; they are copied to the device of the weights together.
        optimiser: the optimiser; a parameter group may have a "factor" that multiplies `rates`.
        rates: learning rate of each batch. Default: that of the optimiser.
        clip: largest norm of the gradient.
        precision: as in `autocast`.
        what: names this epoch in the error.
        after_backward: called in each step when the gradients are computed.
        after_step: called in each step when the weights have changed.

    Raises:
        Diverged: a loss or a gradient is not finite; names the batch. On a CPU before the weights change. On
            a GPU at the end of the epoch, because a check after each step would make the host wait for it.
    """
    weights = [p for group in optimiser.param_groups for p in group["params"]]
    device, losses, norms = weights[0].device, [], []
    batches = on_device(list(batches), device)
    for step, index in enumerate(batches):
        for group in optimiser.param_groups if rates else ():
            group["lr"] = rates[step] * group.get("factor", 1.0)
        with autocast(device, precision):
            loss = loss_of(index)
        losses.append(loss.detach())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if after_backward is not None:
            after_backward()
        norms.append(nn.utils.clip_grad_norm_(weights, clip, foreach=True))
        if device.type == "cpu":
            _check_finite(losses[-1:], norms[-1:], batches, step, what)
        optimiser.step()
        if after_step is not None:
            after_step()
    _check_finite(losses, norms, batches, 0, what)
    return float(torch.stack(losses).mean()) if losses else float("nan")


def autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager:
    """The context in which networks compute with this precision.

    Everything that is no network is float32 in it, too: what multiplies matrices is `precision.in_float32`.

    Args:
        device: where they compute.
        precision: "fp32"; "bf16"; or "auto": on a GPU that supports it bf16, and TF32 for the products that
            stay float32; else fp32 (on most CPUs bf16 is slower).

    Raises:
        ValueError: another precision.
    """
    if precision not in get_args(Precision):
        raise ValueError(f"precision={precision!r}: expected 'auto', 'fp32' or 'bf16'")
    wanted = precision == "bf16" or (
        precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported()
    )
    stack = contextlib.ExitStack()
    if wanted:
        stack.enter_context(torch.autocast(device.type, torch.bfloat16))
        if precision == "auto" and torch.cuda.get_device_capability(device) >= TF32_CAPABILITY:
            stack.enter_context(tf32(True))
    return stack


def fused(device: torch.device) -> bool | None:
    """The argument `fused` of an optimiser: one kernel for all weights on a GPU, torch's choice elsewhere."""
    return True if device.type == "cuda" else None


def on_device(batches: list[Tensor], device: torch.device) -> list[Tensor]:
    """Batches of indices Long[n] on the device, in one copy for which the host does not wait."""
    if not batches or device.type == "cpu":
        return batches
    return list(to_device(torch.cat(batches), device).split([len(index) for index in batches]))


def batches(clips: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Clip indices in random order, split into equal batches (give or take one clip) of at most `size`.

    >>> [len(b) for b in batches(65, 32, torch.Generator().manual_seed(0))]
    [22, 22, 21]
    """
    return list(torch.randperm(clips, generator=generator).tensor_split(max(1, -(-clips // size))))


def cosine(lr: float, step: int, steps: int) -> float:
    """Learning rate of a step, falling from `lr` to 0 along half a cosine.

    >>> cosine(1.0, 0, 10), round(cosine(1.0, 5, 10), 3)
    (1.0, 0.5)
    """
    return lr * (1 + math.cos(math.pi * step / steps)) / 2


class BestWeights:
    """The weights of the epoch with the highest validation score; the latest of equal ones.

    Attributes:
        score: the highest score so far; -1 at first.
        epoch: its epoch; 0 at first.
        state: the weights.
    """

    def __init__(self, network: nn.Module):
        self.network, self.score, self.epoch, self.state = network, -1.0, 0, deepcopy(network.state_dict())

    def offer(self, score: float, epoch: int) -> None:
        """Keep the current weights if their score is at least the highest one."""
        if score >= self.score:
            self.score, self.epoch, self.state = score, epoch, deepcopy(self.network.state_dict())

    def restore(self) -> None:
        """Load the kept weights into the network."""
        self.network.load_state_dict(self.state)

    def state_dict(self) -> dict[str, Any]:
        """Score, epoch and weights."""
        return {"score": self.score, "epoch": self.epoch, "state": self.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` gave."""
        self.score, self.epoch, self.state = (state[key] for key in ("score", "epoch", "state"))


def _check_finite(
    losses: list[Tensor], norms: list[Tensor], batches: list[Tensor], first: int, what: str
) -> None:
    """Raise `Diverged` if a loss or gradient norm is not finite; `first` is the number of the first batch."""
    if not losses:
        return
    pairs = torch.stack([torch.stack(losses).float(), torch.stack(norms).float()], 1).tolist()
    for step, (loss, norm) in enumerate(pairs, first):
        if not (math.isfinite(loss) and math.isfinite(norm)):
            clips = ", ".join(map(str, batches[step].tolist()))
            raise Diverged(
                f"{what}, batch {step} of {len(batches)}: the loss is {loss}, its gradient's norm {norm} "
                f"(training clips {clips}); look for coordinates that are no numbers, "
                "or lower the learning rate; the last checkpoint was kept"
            )


def _state(holder: Stateful) -> dict[str, Any]:
    return {"generator": holder.get_state()} if isinstance(holder, torch.Generator) else holder.state_dict()


def _load(holder: Stateful, state: dict[str, Any]) -> None:
    if isinstance(holder, torch.Generator):
        holder.set_state(state["generator"])
    else:
        holder.load_state_dict(state)
