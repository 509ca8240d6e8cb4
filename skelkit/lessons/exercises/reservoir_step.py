"""Exercise of notebook 04: one step of reservoir sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from .exercise import Case, Exercise

_SIZE, _STREAM, _TRIES = 4, 12, 1500


def reservoir_step(
    memory: list[Any], clip: Any, seen: int, size: int, generator: torch.Generator
) -> list[Any]:
    """The memory after one more clip; `seen` clips came before it, and each must stay equally likely."""
    if len(memory) < size:
        return [*memory, clip]
    place = int(torch.randint(seen + 1, (1,), generator=generator))  # 0 … seen
    return [clip if slot == place else old for slot, old in enumerate(memory)]


def _cases() -> list[Case]:
    return [
        Case("for an empty memory", ([], 7, 0, 3, torch.Generator().manual_seed(0))),
        Case("for a memory with room", ([5, 6], 7, 2, 3, torch.Generator().manual_seed(0))),
    ]


def _kept(step: Callable[..., Any], stream: int) -> list[float] | str:
    """Share of the tries in which each clip of a stream is in the memory at the end, or what is wrong."""
    generator, counts = torch.Generator().manual_seed(1), [0] * stream
    for _ in range(_TRIES):
        memory: list[Any] = []
        for clip in range(stream):
            memory = step(memory, clip, clip, _SIZE, generator)
            if len(memory) > _SIZE:
                return f"The memory grows beyond its size: it holds {len(memory)} clips of {_SIZE}."
            if len(set(memory)) < len(memory):
                return "One clip is in the memory twice."
        if len(memory) < _SIZE:
            return "The memory loses clips: a clip that is let in takes the place of one other."
        for clip in memory:
            counts[clip] += 1
    return [count / _TRIES for count in counts]


def _properties(step: Callable[..., Any]) -> Iterator[str]:
    shares = _kept(step, _STREAM)
    if isinstance(shares, str):
        yield shares
        return
    early, late, fair = sum(shares[:_SIZE]) / _SIZE, shares[-1], _SIZE / _STREAM
    first = _kept(step, _SIZE + 1)
    if sum(shares[_SIZE:]) == 0:
        yield "No clip is let in once the memory is full: later clips have no chance."
    elif late > 0.99:
        yield "Every clip is let in: the early ones vanish. Clip number n stays with probability size / n."
    elif isinstance(first, list) and first[_SIZE] > 0.97:
        yield "Off by one: the clip after the memory is full is always let in; it is clip number seen + 1."
    elif max(shares[:_SIZE]) - min(shares[:_SIZE]) > 0.12:
        yield "Not every place is equally likely to be given up."
    elif max(abs(share - fair) for share in shares) > 0.06:
        words = f"the first clips are kept in {early:.0%} of the runs, the last in {late:.0%}, "
        yield f"Not all clips are equally likely to stay: {words}fair is {fair:.0%}."


EXERCISE = Exercise(
    name="reservoir_step",
    notebook="04_forgetting",
    reference=reservoir_step,
    cases=_cases,
    mistakes=(),
    hints=(
        "As long as the memory has room, the clip is appended.",
        "This is clip number seen + 1. It must be in the memory with probability size / (seen + 1).",
        "Draw a place from 0 … seen. If it is a place of the memory, the clip takes it.",
    ),
    properties=_properties,
)
