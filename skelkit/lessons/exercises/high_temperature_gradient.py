"""Exercise of notebook 07: the gradient of the distillation loss at a high temperature, by hand."""

from __future__ import annotations

from .exercise import Case, Exercise


def high_temperature_gradient() -> float:
    """∂L/∂z₁ of L = τ² KL for τ → ∞; student's logits z = (3, 1), teacher's v = (9, 5), K = 2 classes."""
    z, v = (3, 1), (9, 5)
    return ((z[0] - sum(z) / 2) - (v[0] - sum(v) / 2)) / 2


EXERCISE = Exercise(
    name="high_temperature_gradient",
    notebook="07_distillation",
    reference=high_temperature_gradient,
    cases=lambda: [Case("", ())],
    mistakes=(
        ("Divide by the number of classes.", lambda: -1.0),
        ("Subtract from each logit the mean of its network's logits first.", lambda: (3 - 9) / 2),
        (
            "The sign: a student with too small a logit gets a negative gradient, so that it rises.",
            lambda: 0.5,
        ),
        ("Without the factor τ² it would vanish; the loss has that factor.", lambda: 0.0),
        ("This is for probabilities at τ = 1; here τ grows without limit.", lambda: -0.1012),
    ),
    hints=(
        "For large τ, q₁ ≈ 1/K + (z₁ − z̄) / (K τ), with z̄ the mean of the student's logits.",
        "∂L/∂z₁ = τ (q₁ − p₁), so the limit is ((z₁ − z̄) − (v₁ − v̄)) / K.",
    ),
)
