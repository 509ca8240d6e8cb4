"""Exercise of notebook 07: the loss with which a student learns from soft labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .exercise import Case, Exercise


def distillation_loss(student: Tensor, teacher: Tensor, tau: float) -> Tensor:
    """τ² KL(teacher ‖ student) of the class probabilities at temperature τ; logits [N, K], mean over N."""
    p = (teacher / tau).softmax(1)
    log_p, log_q = (teacher / tau).log_softmax(1), (student / tau).log_softmax(1)
    return tau**2 * (p * (log_p - log_q)).sum(1).mean()


def _cases() -> list[Case]:
    generator = torch.Generator().manual_seed(0)
    student, teacher = 3 * torch.randn(2, 5, 4, generator=generator)
    return [Case(f"at τ = {tau:g}", (student, teacher, tau)) for tau in (4.0, 1.5)]


def _with(student: float = 1.0, teacher: float = 1.0) -> Callable[..., Tensor]:
    def loss(s: Tensor, t: Tensor, tau: float) -> Tensor:
        p, log_q = (t / tau**teacher).softmax(1), (s / tau**student).log_softmax(1)
        return tau**2 * F.kl_div(log_q, p, reduction="batchmean")

    return loss


def _cross_entropy(student: Tensor, teacher: Tensor, tau: float) -> Tensor:
    return -(tau**2) * ((teacher / tau).softmax(1) * (student / tau).log_softmax(1)).sum(1).mean()


def _certain(loss: Callable[..., Tensor]) -> Iterator[str]:
    """A teacher that leaves no doubt: some of its probabilities are 0 in float32."""
    value = loss(torch.zeros(2, 3), torch.tensor([[400.0, 0.0, 0.0], [0.0, 0.0, 400.0]]), 1.0)
    if not bool(torch.isfinite(value)):
        yield (
            f"It is {float(value)} for a teacher that is certain: a probability is 0 there, and its "
            "logarithm is −∞. Use log_softmax instead of the log of a softmax."
        )


EXERCISE = Exercise(
    name="distillation_loss",
    notebook="07_distillation",
    reference=distillation_loss,
    cases=_cases,
    mistakes=(
        ("It does not divide the student's logits by τ.", _with(student=0)),
        ("It does not divide the teacher's logits by τ.", _with(teacher=0)),
        ("It does not divide by τ at all.", _with(0, 0)),
        (
            "The factor τ² is missing: gradients shrink with 1/τ² without it.",
            lambda s, t, tau: distillation_loss(s, t, tau) / tau**2,
        ),
        ("The factor is τ, not τ².", lambda s, t, tau: distillation_loss(s, t, tau) / tau),
        (
            "It sums over the clips of the batch; take their mean.",
            lambda s, t, tau: distillation_loss(s, t, tau) * len(s),
        ),
        (
            "It averages over the classes too: `reduction='mean'` divides by N · K, 'batchmean' by N.",
            lambda s, t, tau: distillation_loss(s, t, tau) / s.shape[1],
        ),
        (
            "Teacher and student are exchanged: it is KL(student ‖ teacher).",
            lambda s, t, tau: distillation_loss(t, s, tau),
        ),
        (
            "It is the cross-entropy: it is not zero where the student agrees with the teacher.",
            _cross_entropy,
        ),
    ),
    hints=(
        "Divide both logits by τ before the softmax.",
        "`F.kl_div(log q, p, reduction='batchmean')` is KL(p ‖ q): first the student's "
        "log-probabilities, then the teacher's probabilities.",
        "Multiply by τ². If a teacher is certain, p log p must not become 0 · (−∞): `log_softmax`.",
    ),
    properties=_certain,
)
