"""Soft labels, and the loss that compares a student's with a teacher's. (Hinton et al., 2015.)"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ..utils.precision import in_float32


def soft_labels(logits: Tensor, temperature: float) -> Tensor:
    """softmax(logits / τ), [N, classes] -> [N, classes]; the higher τ, the more uniform.

    >>> [round(v, 2) for v in soft_labels(Tensor([[4.0, 2.0]]), 4.0)[0].tolist()]
    [0.62, 0.38]
    """
    return (logits / temperature).softmax(-1)


@in_float32
def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """τ² KL(softmax(teacher / τ) ‖ softmax(student / τ)), mean over clips. (Hinton et al., 2015, equation 4.)

    Logits [N, classes] of both -> scalar. The factor τ² makes the size of the gradient independent of τ.
    """
    target = soft_labels(teacher, temperature)
    return temperature**2 * F.kl_div((student / temperature).log_softmax(-1), target, reduction="batchmean")
