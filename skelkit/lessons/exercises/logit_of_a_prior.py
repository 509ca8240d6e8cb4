"""Exercise of notebook 05: how much too high a logit is after training with other class proportions."""

from __future__ import annotations

import math

from .exercise import Case, Exercise


def logit_of_a_prior() -> float:
    """Of one of 2 new classes (half of each batch) against one of 6 old ones (the other half)."""
    return math.log((0.5 / 2) / (0.5 / 6))


EXERCISE = Exercise(
    name="logit_of_a_prior",
    notebook="05_linear_probing",
    reference=logit_of_a_prior,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("That is the ratio of the two shares; a logit is its logarithm.", lambda: 3.0),
        (
            "Halves of a batch are shared among their classes: the ratio is not that of new to old clips.",
            lambda: 0.0,
        ),
        ("The sign: the more frequent class has the higher logit.", lambda: -math.log(3)),
        ("That is the logarithm to base 2; those of a softmax are natural ones.", lambda: math.log2(3)),
        ("That is the logarithm to base 10; those of a softmax are natural ones.", lambda: math.log10(3)),
        (
            "The classes compete in pairs: compare the shares of one new and of one old class.",
            lambda: math.log(1 / 4),
        ),
    ),
    hints=(
        "Which share of a batch does one new class have, and which one old class?",
        "Log-probabilities are logits up to a constant: take the logarithm of the ratio of the two shares.",
    ),
)
