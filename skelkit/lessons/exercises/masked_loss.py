"""Exercise of notebook 03: the reconstruction error on what was hidden."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise
from .samples import walk


def masked_loss(restored: Tensor, poses: Tensor, hidden: Tensor, present: Tensor) -> Tensor:
    """Mean squared error of hidden frames, m²; poses [P, C, T, V], hidden bool [P, T / 6], present [P, T]."""
    counted = hidden.repeat_interleave(6, 1) & present
    error = (restored - poses).square().mean((1, 3))  # over coordinates and joints: [P, T]
    return (error * counted).sum() / counted.sum()


def _cases() -> list[Case]:
    cases = []
    for seed, rows in ((0, [[1, 0, 1], [0, 1, 1]]), (1, [[0, 1, 0], [1, 0, 1]])):
        poses = walk(18, seed=seed)[..., 0]
        present = torch.ones(2, 18, dtype=torch.bool)
        restored = poses + 0.1 * walk(18, seed=seed + 7)[..., 0]
        if seed:
            present[1, :4] = False
            poses[1, :, :4] = 0
        words = "for a person who enters in frame 4" if seed else "for two persons"
        cases.append(Case(words, (restored, poses, torch.tensor(rows).bool(), present)))
    return cases


def _over(restored: Tensor, poses: Tensor, counted: Tensor) -> Tensor:
    error = (restored - poses).square().mean((1, 3))
    return (error * counted).sum() / counted.sum()


def _frames(hidden: Tensor) -> Tensor:
    return hidden.repeat_interleave(6, 1)


def _mean_of_means(r: Tensor, x: Tensor, h: Tensor, p: Tensor) -> Tensor:
    counted = _frames(h) & p
    error = (r - x).square().mean((1, 3)) * counted
    return (error.sum(1) / counted.sum(1)).mean()


EXERCISE = Exercise(
    name="masked_loss",
    notebook="03_masked_training",
    reference=masked_loss,
    cases=_cases,
    mistakes=(
        (
            "It counts visible frames; asked is the error of hidden ones.",
            lambda r, x, h, p: _over(r, x, _frames(~h) & p),
        ),
        ("It counts all frames, visible and hidden.", lambda r, x, h, p: _over(r, x, p)),
        (
            "It counts frames in which the person is absent: their zeros are no pose.",
            lambda r, x, h, p: _over(r, x, _frames(h)),
        ),
        (
            "It divides by all frames, not by those that count.",
            lambda r, x, h, p: masked_loss(r, x, h, p) * (_frames(h) & p).float().mean(),
        ),
        ("It averages over persons; a person with more hidden frames counts more.", _mean_of_means),
        (
            "It adds up the coordinates, as the squared distance does; the loss is their mean.",
            lambda r, x, h, p: 3 * masked_loss(r, x, h, p),
        ),
        ("The squared error, not its root.", lambda r, x, h, p: masked_loss(r, x, h, p).sqrt()),
        (
            "Tuple k is frames 6k to 6k + 5: repeat each entry of the mask six times in a row.",
            lambda r, x, h, p: _over(r, x, h.repeat(1, 6) & p),
        ),
    ),
    hints=(
        "`hidden.repeat_interleave(6, 1)` is the mask of frames.",
        "Average the squared error over coordinates and joints first: [P, T].",
        "Multiply by what counts, add up, and divide by how many frames count.",
    ),
    tolerance=1e-6,
)
