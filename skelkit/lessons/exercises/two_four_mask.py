"""Exercise of notebook 07: which weights stay with 2:4 sparsity."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .exercise import Case, Exercise


def two_four_mask(weight: Tensor) -> Tensor:
    """bool [out, inputs]: the two largest by size of every four inputs, and of a shorter last group."""
    missing = -weight.shape[1] % 4
    groups = F.pad(weight.abs(), (0, missing), value=-1.0).unflatten(1, (-1, 4))
    keep = torch.zeros_like(groups, dtype=torch.bool)
    keep = keep.scatter(2, groups.topk(2, dim=2).indices, torch.ones_like(keep))
    return keep.flatten(1)[:, : weight.shape[1]]


def _cases() -> list[Case]:
    generator = torch.Generator().manual_seed(4)
    draw = [torch.randn(shape, generator=generator) for shape in ((6, 8), (3, 11), (2, 5))]
    words = ("for eight inputs", "for eleven inputs, of which the last three are a group", "for five inputs")
    return [Case(name, (weight,)) for name, weight in zip(words, draw, strict=True)]


def _columns(weight: Tensor) -> Tensor:
    return two_four_mask(weight.T).T


def _whole_row(weight: Tensor) -> Tensor:
    keep = torch.zeros_like(weight, dtype=torch.bool)
    half = -(-weight.shape[1] // 2)
    return keep.scatter(1, weight.abs().topk(half, dim=1).indices, torch.ones_like(keep))


def _with_last_group(fill: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The right mask, but the last, smaller group is what `fill` makes of it."""

    def mask(weight: Tensor) -> Tensor:
        keep, whole = two_four_mask(weight), weight.shape[1] // 4 * 4
        keep[:, whole:] = fill(weight[:, whole:])
        return keep

    return mask


def _first_two(weight: Tensor) -> Tensor:
    return (torch.arange(weight.shape[1]) % 4 < 2).expand(weight.shape)


EXERCISE = Exercise(
    name="two_four_mask",
    notebook="07_distillation",
    reference=two_four_mask,
    cases=_cases,
    mistakes=(
        (
            "It keeps the largest weights with their sign: −0.9 matters more than 0.1. Compare sizes.",
            lambda w: two_four_mask(w - w.min()),
        ),
        ("It marks the two smallest of every four: those go.", lambda w: two_four_mask(1 / w)),
        (
            "It is the mask of what goes; asked is what stays.",
            lambda w: ~two_four_mask(w),
        ),
        ("It keeps the largest half of each row; two of every four must stay, group by group.", _whole_row),
        ("It makes groups along the outputs; they are four neighbouring inputs of one output.", _columns),
        (
            "It drops the last, smaller group: of that, at most two stay as well.",
            _with_last_group(torch.zeros_like),
        ),
        (
            "It keeps all of the last, smaller group; at most two of it stay.",
            _with_last_group(torch.ones_like),
        ),
        ("It keeps the first two of every four, whatever their size.", _first_two),
        (
            "It returns the weights that stay; asked is the mask, of type bool.",
            lambda w: w * two_four_mask(w),
        ),
    ),
    hints=(
        "`F.pad(weight.abs(), (0, missing), value=-1)` fills the last group up with what is never kept.",
        "`unflatten(1, (-1, 4))` makes groups [out, groups, 4]; `topk(2, dim=2).indices` are their largest.",
        "`scatter` writes True at these places of a mask of False; cut it to the number of inputs.",
    ),
)
