"""Exercise of notebook 03: what the decoder reads, features at their places and one token elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def insert_tokens(features: Tensor, kept: Tensor, tuples: int, token: Tensor) -> Tensor:
    """Features [K, D] of tuples at positions Long[K] among `tuples`, the token [D] elsewhere: [tuples, D]."""
    whole = token.repeat(tuples, 1)
    whole[kept] = features
    return whole


def _cases() -> list[Case]:
    draw = torch.Generator().manual_seed(0)
    features, token = torch.randn(3, 4, generator=draw), torch.randn(4, generator=draw)
    return [
        Case("for tuples 0, 2 and 3 of 6", (features, torch.tensor([0, 2, 3]), 6, token)),
        Case("for tuples 1, 3 and 4 of 5", (features, torch.tensor([1, 3, 4]), 5, token)),
    ]


def _hidden(kept: Tensor, tuples: int) -> Tensor:
    rest = torch.ones(tuples, dtype=torch.bool)
    rest[kept] = False
    return rest.nonzero().flatten()


def _swapped(features: Tensor, kept: Tensor, tuples: int, token: Tensor) -> Tensor:
    places = torch.cat([_hidden(kept, tuples), kept])[: len(features)].sort().values
    whole = token.repeat(tuples, 1)
    whole[places] = features[: len(places)]
    return whole


def _nearest(features: Tensor, kept: Tensor, tuples: int, token: Tensor) -> Tensor:
    return features[(torch.arange(tuples)[:, None] - kept).abs().argmin(1)]


EXERCISE = Exercise(
    name="insert_tokens",
    notebook="03_masked_training",
    reference=insert_tokens,
    cases=_cases,
    mistakes=(
        (
            "The features stand at the beginning, not at the places of their tuples: the decoder would take "
            "the clip for a shorter one.",
            lambda f, k, n, t: torch.cat([f, t.repeat(n - len(k), 1)]),
        ),
        (
            "Hidden places hold zeros, not the token, which is learnt.",
            lambda f, k, n, t: insert_tokens(f, k, n, 0 * t),
        ),
        (
            "The token is also added to the visible features.",
            lambda f, k, n, t: insert_tokens(f + t, k, n, t),
        ),
        ("The features stand at the places of hidden tuples.", _swapped),
        ("Hidden places repeat a visible neighbour; the decoder shall know that they are hidden.", _nearest),
        ("Only the visible tuples are returned; the decoder restores all of them.", lambda f, k, n, t: f),
    ),
    hints=(
        "Begin with the token in every row: `token.repeat(tuples, 1)`.",
        "Then overwrite the rows of the visible tuples; `kept` is an index.",
    ),
)
