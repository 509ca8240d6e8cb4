"""Exercise of notebook 06: the loss of Barlow Twins for two features, computed by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def loss_of_two_features() -> float:
    """Of the cross-correlation C = (0.8, 0.5; 0.1, 0.6), with λ = 0.1."""
    return (1 - 0.8) ** 2 + (1 - 0.6) ** 2 + 0.1 * (0.5**2 + 0.1**2)


EXERCISE = Exercise(
    name="loss_of_two_features",
    notebook="06_asymmetric_pretraining",
    reference=loss_of_two_features,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("λ weighs the elements off the diagonal alone.", lambda: 0.1 * (0.2**2 + 0.4**2 + 0.5**2 + 0.1**2)),
        ("The elements off the diagonal have the weight λ = 0.1.", lambda: 0.2**2 + 0.4**2 + 0.26),
        (
            "Each element off the diagonal counts once: C is not symmetric, and both of them count.",
            lambda: 0.2**2 + 0.4**2 + 0.1 * 0.5**2,
        ),
        (
            "The diagonal costs (1 − C)², so that 1 costs nothing; this takes C².",
            lambda: 0.8**2 + 0.6**2 + 0.1 * 0.26,
        ),
        ("The deviations are squared, each by itself.", lambda: 0.2 + 0.4 + 0.1 * (0.5 + 0.1)),
        (
            "The diagonal belongs to the first term only, not to the second as well.",
            lambda: 0.2**2 + 0.4**2 + 0.1 * (0.8**2 + 0.6**2 + 0.26),
        ),
    ),
    hints=(
        "The diagonal of C is 0.8 and 0.6: how far are they from 1, squared?",
        "Off the diagonal are 0.5 and 0.1: their squares, added, times λ.",
    ),
)
