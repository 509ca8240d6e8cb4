"""Exercise of notebook 05: the bias of a classifier for other class proportions than in its training."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercise import Case, Exercise


def corrected_bias(bias: Tensor, trained: Tensor, tested: Tensor) -> Tensor:
    """Bias [C] for classes in the proportions `tested` [C], of one trained with `trained` [C]."""
    return bias + torch.log(tested / trained)


def _cases() -> list[Case]:
    bias = torch.tensor([0.5, -0.25, 0.0, 1.0])
    trained, even = torch.tensor([0.5, 0.25, 0.125, 0.125]), torch.full((4,), 0.25)
    uneven = torch.tensor([0.1, 0.2, 0.3, 0.4])
    return [
        Case("for classes that are equally frequent in tests", (bias, trained, even)),
        Case("for other proportions in tests", (bias, trained, uneven)),
    ]


EXERCISE = Exercise(
    name="corrected_bias",
    notebook="05_linear_probing",
    reference=corrected_bias,
    cases=_cases,
    mistakes=(
        (
            "The wrong way round: a class that was too frequent in training has to lose.",
            lambda b, p, q: b + torch.log(p / q),
        ),
        (
            "It removes the proportions of training, but those of the test are missing.",
            lambda b, p, q: b - torch.log(p),
        ),
        (
            "It adds the proportions of the test; those of training are still in the bias.",
            lambda b, p, q: b + torch.log(q),
        ),
        (
            "A ratio of probabilities multiplies them; logits are logarithms, so add the logarithm of it.",
            lambda b, p, q: b * q / p,
        ),
        ("The ratio is added itself; add its logarithm.", lambda b, p, q: b + q / p),
        (
            "The difference of the shares is added; add the logarithm of their ratio.",
            lambda b, p, q: b + q - p,
        ),
        (
            "The bias that was learnt is lost: correct it, do not replace it.",
            lambda b, p, q: torch.log(q / p),
        ),
    ),
    hints=(
        "By Bayes, p(c | h) is proportional to p(h | c) times the share of the class.",
        "Divide by the share in training and multiply by the share in the test.",
        "In logits: subtract the logarithm of the one, add that of the other.",
    ),
)
