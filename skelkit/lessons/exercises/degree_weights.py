"""Exercise of notebook 02: probabilities of joints that grow with their degree."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .exercise import Case, Exercise

Bones = Sequence[tuple[int, int]]


def degree_weights(bones: Bones, joints: int) -> Tensor:
    """Probability that each joint is drawn first, [V]: its number of bones over the sum of all."""
    degrees = torch.zeros(joints)
    for one, other in bones:
        degrees[one] += 1
        degrees[other] += 1
    return degrees / degrees.sum()


def _cases() -> list[Case]:
    star, chain = [(0, 1), (0, 2), (0, 3), (3, 4)], [(0, 1), (1, 2), (2, 3)]
    return [Case("for a star with a tail", (star, 5)), Case("for a chain of four joints", (chain, 4))]


def _ends(bones: Bones, joints: int, end: int) -> Tensor:
    count = torch.bincount(torch.tensor([bone[end] for bone in bones]), minlength=joints).float()
    return count / count.sum()


def _degrees(bones: Bones, joints: int) -> Tensor:
    return degree_weights(bones, joints) * 2 * len(bones)


def _inverse(bones: Bones, joints: int) -> Tensor:
    inverse = 1 / _degrees(bones, joints)
    return inverse / inverse.sum()


EXERCISE = Exercise(
    name="degree_weights",
    notebook="02_masks",
    reference=degree_weights,
    cases=_cases,
    mistakes=(
        (
            "It counts each bone at its first joint only; a bone ends at two joints.",
            lambda b, v: _ends(b, v, 0),
        ),
        (
            "It counts each bone at its second joint only; a bone ends at two joints.",
            lambda b, v: _ends(b, v, 1),
        ),
        ("These are the degrees; probabilities have the sum 1.", _degrees),
        (
            "It takes a softmax of the degrees; the weights are proportional to the degrees themselves.",
            lambda b, v: _degrees(b, v).softmax(0),
        ),
        ("It prefers joints of low degree.", _inverse),
        ("All joints have the same probability: the degrees are not used.", lambda b, v: torch.ones(v) / v),
    ),
    hints=(
        "The degree of a joint is the number of bones that end at it; a bone ends at two joints.",
        "Divide by the sum of all degrees, which is twice the number of bones.",
    ),
)
