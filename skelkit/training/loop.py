"""One training loop for every method: it can be watched, stopped, killed and resumed.

A `Run` knows where a training is: loops within loops, each at its own item. At the end of an item it may write a checkpoint of
all its parts and that position; a run begun with the same folder goes on from there. `fit` is one epoch of steps.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..utils import checkpoint

Item = TypeVar("Item")


class Stopped(Exception):
    """What a callback raises to end a training; the last checkpoint stays."""


class Diverged(RuntimeError):
    """The loss is no number any more."""


class Run:
    """Resumable loops over parts that have a state.

    Args:
        parts: name -> something with `state_dict` and `load_state_dict`, or a `torch.Generator`: everything that training changes.
        settings: plain values; a checkpoint of other settings is refused.
        folder: of the checkpoints; none are written unless given.
        every: seconds between checkpoints, written where an item ends; 0 writes at every one.

    Raises:
        ValueError: the folder's checkpoint is of other settings, or damaged beyond the one before it.

    On a CPU a run that was killed and resumed gives the same bits as one that was not.
    """

    def __init__(
        self,
        parts: Mapping[str, object],
        settings: dict | None = None,
        folder: str | Path | None = None,
        every: float = 30.0,
    ):
        self.parts, self.settings, self.folder, self.every = parts, settings or {}, folder, every
        self._position: list[list] = []
        self._resume: list[list] = []
        self._saved = time.monotonic()
        state = checkpoint.read(folder, self.settings) if folder is not None else None
        self.resumed = state is not None
        if state:
            self._resume = state["position"]
            for name, part in self.parts.items():
                _load(part, state["parts"][name])

    def loop(self, name: str, items: Sequence[Item]) -> Iterator[Item]:
        """The items one by one; after a resume, from the one that was not finished. Loops may be nested, each under its own name."""
        if self._resume and self._resume[0][0] != name:
            raise ValueError(
                f"{self.folder}: the checkpoint is within a loop {self._resume[0][0]!r}, not {name!r}; it is of another training"
            )
        first = self._resume.pop(0)[1] if self._resume else 0
        here, depth = [name, first], len(self._position)
        self._position.append(
            here
        )  # and it stays there until the item around it is over: a loop that is done is not begun again
        for here[1] in range(first, len(items)):
            yield items[here[1]]
            del self._position[depth + 1 :]
            here[1] += 1
            if time.monotonic() - self._saved >= self.every:
                self.save()

    def save(self) -> None:
        """Write a checkpoint of where the run is now."""
        if self.folder is not None:
            state = {
                "position": self._position,
                "parts": {name: _state(part) for name, part in self.parts.items()},
            }
            checkpoint.write(self.folder, state, self.settings)
        self._saved = time.monotonic()


def fit(
    loss_of: Callable[[Tensor], Tensor],
    batches: Iterable[Tensor],
    optimiser: torch.optim.Optimizer,
    *,
    rates: Sequence[float] = (),
    clip: float = 1.0,
    precision: str = "fp32",
    what: str = "training",
    after_backward: Callable[[], None] | None = None,
    after_step: Callable[[], None] | None = None,
) -> float:
    """One epoch: a step of the optimiser for every batch. Returns the mean loss.

    Args:
        loss_of: clip indices Long[n] -> scalar loss.
        batches: clip indices, a tensor a batch.
        rates: the learning rate of each batch, times the "factor" of a group of parameters; that of the optimiser unless given.
        clip: largest norm of the gradient.
        precision: "fp32", "bf16" (autocast), or "auto": bf16 on a GPU that has it.
        what: names this epoch in the error.
        after_backward, after_step: called in each step once gradients are there, and once weights have changed.

    Raises:
        Diverged: a loss or a gradient that is not finite; says in which batch. On a CPU before the weights are touched; on a GPU,
            where asking after each step would make the host wait for it, at the end of the epoch.
    """
    weights = [p for group in optimiser.param_groups for p in group["params"]]
    device, losses, norms, batches = weights[0].device, [], [], list(batches)
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
            _finite(losses[-1:], norms[-1:], batches, step, what)
        optimiser.step()
        if after_step is not None:
            after_step()
    _finite(losses, norms, batches, 0, what)
    return float(torch.stack(losses).mean()) if losses else float("nan")


def autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager:
    """Where "bf16" computes in bfloat16; "fp32" changes nothing; "auto" is bf16 on a GPU that has it, else fp32 (slower in bf16 on most CPUs)."""
    if precision not in ("auto", "fp32", "bf16"):
        raise ValueError(f"precision={precision!r}: expected 'auto', 'fp32' or 'bf16'")
    wanted = precision == "bf16" or (
        precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported()
    )
    return torch.autocast(device.type, torch.bfloat16) if wanted else contextlib.nullcontext()


def batches(clips: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """All clips in an order drawn anew, as batches of at most `size`, as equal as they can be.

    >>> [len(b) for b in batches(65, 32, torch.Generator().manual_seed(0))]
    [22, 22, 21]
    """
    return list(torch.randperm(clips, generator=generator).tensor_split(max(1, -(-clips // size))))


def cosine(lr: float, step: int, steps: int) -> float:
    """A learning rate that falls from `lr` to 0 along half a cosine.

    >>> cosine(1.0, 0, 10), round(cosine(1.0, 5, 10), 3)
    (1.0, 0.5)
    """
    return lr * (1 + math.cos(math.pi * step / steps)) / 2


class BestWeights:
    """The weights of the epoch that validation clips liked best, the latest of equals."""

    def __init__(self, network: nn.Module):
        self.network, self.score, self.epoch, self.state = network, -1.0, 0, deepcopy(network.state_dict())

    def offer(self, score: float, epoch: int) -> None:
        """The network as it is now."""
        if score >= self.score:
            self.score, self.epoch, self.state = score, epoch, deepcopy(self.network.state_dict())

    def restore(self) -> None:
        """Give the network those weights."""
        self.network.load_state_dict(self.state)

    def state_dict(self) -> dict:
        return {"score": self.score, "epoch": self.epoch, "state": self.state}

    def load_state_dict(self, state: dict) -> None:
        self.score, self.epoch, self.state = (state[key] for key in ("score", "epoch", "state"))


def _finite(losses: list[Tensor], norms: list[Tensor], batches: list[Tensor], first: int, what: str) -> None:
    both = (
        torch.stack([torch.stack(losses).float(), torch.stack(norms).float()], 1).tolist() if losses else []
    )
    for k, (loss, norm) in enumerate(both):
        if not (math.isfinite(loss) and math.isfinite(norm)):
            clips = ", ".join(map(str, batches[first + k].tolist()))
            raise Diverged(
                f"{what}, batch {first + k} of {len(batches)}: the loss is {loss}, its gradient's norm {norm} (training clips {clips}); "
                "look for coordinates that are no numbers, or lower the learning rate; the last checkpoint was kept"
            )


def _state(part) -> dict:
    return {"generator": part.get_state()} if isinstance(part, torch.Generator) else part.state_dict()


def _load(part, state: dict) -> None:
    part.set_state(state["generator"]) if isinstance(part, torch.Generator) else part.load_state_dict(state)
