"""Exercise of notebook 04: the Fisher information of one weight, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def fisher_information() -> float:
    """Of the weight w of two logits (w x, 0), at w = 0 and for the one clip x = 3."""
    return 0.5 * (0.5 * 3) ** 2 + 0.5 * (-0.5 * 3) ** 2


EXERCISE = Exercise(
    name="fisher_information",
    notebook="04_forgetting",
    reference=fisher_information,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("That is the mean of the derivatives, which is always zero; square each first.", lambda: 0.0),
        ("That is the mean size of the derivative; it is squared.", lambda: 1.5),
        ("The derivative of log p is (1 − p) x for the first class and −p x for the second.", lambda: 9.0),
        ("The two classes are weighted by their probabilities, not added.", lambda: 4.5),
        ("That is p (1 − p); the derivative by w has a factor x.", lambda: 0.25),
        ("x is squared too: it is a factor of the derivative.", lambda: 0.75),
    ),
    hints=(
        "At w = 0 both logits are 0, so both classes have p = 1/2.",
        "log p of the first class is w x − log(exp(w x) + 1). Its derivative at w = 0 is x / 2.",
        "Square the derivatives of both classes, and weight them by p.",
    ),
)
