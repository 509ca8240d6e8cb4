"""Loss functions of the continual learners: tensors in, a scalar tensor out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from ..utils.device import constant
from ..utils.precision import in_float32


@in_float32
def replay_loss(logits: Tensor, labels: Tensor, replayed_logits: Tensor, replayed_labels: Tensor) -> Tensor:
    """CE(stream) + CE(replayed): experience replay. (Chaudhry et al. 2019, arXiv 1902.10486.)

    Args:
        logits, labels: of the clips of the current task, [n, classes] and Long[n].
        replayed_logits, replayed_labels: of a draw from the memory, [m, classes] and Long[m].

    >>> replay_loss(torch.zeros(1, 4), torch.tensor([0]), torch.zeros(2, 4), torch.tensor([1, 2])).item()
    2.7725887298583984
    """
    return F.cross_entropy(logits, labels) + F.cross_entropy(replayed_logits, replayed_labels)


@in_float32
def derpp_loss(
    logits: Tensor,
    labels: Tensor,
    first_logits: Tensor,
    stored_logits: Tensor,
    second_logits: Tensor,
    second_labels: Tensor,
    alpha: float,
    beta: float,
) -> Tensor:
    """DER++: CE(stream) + α · MSE(draw 1, stored logits) + β · CE(draw 2). (Buzzega et al. 2020, equation 6.)

    Args:
        logits, labels: of the clips of the current task, [n, classes] and Long[n].
        first_logits, stored_logits: of a first draw from the memory, now and when it was stored, [m,
            classes].
        second_logits, second_labels: of a second, independent draw, [m, classes] and Long[m].
        alpha, beta: weights of the two draws.
    """
    return (
        F.cross_entropy(logits, labels)
        + alpha * F.mse_loss(first_logits, stored_logits)
        + beta * F.cross_entropy(second_logits, second_labels)
    )


@in_float32
def masked_loss(logits: Tensor, labels: Tensor, reconstruction: Tensor, gamma: float) -> Tensor:
    """CE + γ · reconstruction: masked training. (CHARON, arXiv 2407.01397, masked training.)

    Args:
        logits: of masked clips, [n, classes]; labels: Long[n].
        reconstruction: mean squared reconstruction error of these clips, m², scalar.
        gamma: weight of the reconstruction, per m².
    """
    return F.cross_entropy(logits, labels) + gamma * reconstruction


@in_float32
def charon_loss(
    stream: tuple[Tensor, Tensor],
    labels: Tensor,
    first: tuple[Tensor, Tensor],
    stored_logits: Tensor,
    second: tuple[Tensor, Tensor],
    second_labels: Tensor,
    alpha: float,
    beta: float,
    gamma: float,
) -> Tensor:
    """DER++ with a reconstruction term for each batch. (CHARON, arXiv 2407.01397, learning a task.)

    CE(stream) + γ·rec(stream) + α·[MSE(draw 1, stored) + γ·rec(draw 1)] + β·[CE(draw 2) + γ·rec(draw 2)]

    Args:
        stream, first, second: logits [n, classes] and reconstruction error (m², scalar) of the clips of the
            current task and of two draws from the memory.
        labels, second_labels: Long[n], of the stream and of the second draw.
        stored_logits: of the first draw, [n, classes].
        alpha, beta, gamma: weights of the first draw, of the second draw, and of reconstruction (per m²).
    """
    (logits, reconstruction), (first_logits, first_reconstruction) = stream, first
    second_logits, second_reconstruction = second
    return (
        masked_loss(logits, labels, reconstruction, gamma)
        + alpha * (F.mse_loss(first_logits, stored_logits) + gamma * first_reconstruction)
        + beta * masked_loss(second_logits, second_labels, second_reconstruction, gamma)
    )


@in_float32
def lwf_loss(
    logits: Tensor,
    labels: Tensor,
    classes: Sequence[int],
    old_logits: Tensor | None,
    old_groups: Sequence[Sequence[int]],
    weight: float,
    temperature: float,
) -> Tensor:
    """LwF: CE among the classes + weight · distillation loss among the old ones. (Li and Hoiem 2016.)

    The distillation loss is KL(softmax(old / τ) ‖ softmax(new / τ)), mean over clips. Its gradient is that of
    the published cross-entropy between the two softmaxes.

    Args:
        logits, labels: of the clips of the current task, [n, classes] and Long[n].
        classes: that compete in the cross-entropy.
        old_logits: of the network as it was before the task, [n, classes]; None in the first task.
        old_groups: classes of the earlier tasks; those of a group compete in one softmax, and the losses of
            the groups are added.
        weight, temperature: of the distillation loss; τ divides the logits of both networks.
    """
    position = torch.full((logits.shape[1],), -1, device=labels.device)
    competing = constant(tuple(classes), labels.device)
    position[competing] = torch.arange(len(classes), device=labels.device)
    loss = F.cross_entropy(logits[:, competing], position[labels])
    if old_logits is None:
        return loss
    for group in old_groups:
        old = constant(tuple(group), labels.device)
        target = F.log_softmax(old_logits[:, old] / temperature, 1)
        prediction = F.log_softmax(logits[:, old] / temperature, 1)
        loss = loss + weight * F.kl_div(prediction, target, reduction="batchmean", log_target=True)
    return loss


@in_float32
def ewc_penalty(
    parameters: Mapping[str, Tensor], anchors: Mapping[str, Tensor], importance: Mapping[str, Tensor]
) -> Tensor:
    """Σ F (θ − θ*)²: the quadratic penalty of EWC, before its weight. (Kirkpatrick et al. 2017, equation 3.)

    Args:
        parameters: θ by name.
        anchors: θ*, the parameters after the last task.
        importance: F, the diagonal of the Fisher information, at least 0.

    >>> weights, importance = {"w": torch.tensor([1.0, 3.0])}, {"w": torch.tensor([2.0, 1.0])}
    >>> ewc_penalty(weights, {"w": torch.zeros(2)}, importance).item()
    11.0
    """
    terms = [(importance[name] * (p - anchors[name]).square()).sum() for name, p in parameters.items()]
    return reduce(torch.add, terms)


@in_float32
def icarl_loss(
    logits: Tensor,
    labels: Tensor,
    classes: Sequence[int],
    old_logits: Tensor | None,
    old_classes: Sequence[int],
) -> Tensor:
    """iCaRL: binary cross-entropy, summed over the classes so far, mean over clips. (Rebuffi et al. 2017.)

    The target of an old class is the old network's sigmoid; of a new class 1 for the label, 0 for the others.

    Args:
        logits, labels: of the clips of the current task and of the exemplars, [n, classes] and Long[n].
        classes: all that are known so far, old ones first.
        old_logits: of the network as it was before the task, [n, classes]; None in the first task.
        old_classes: of the earlier tasks.
    """
    known, old = constant(tuple(classes), labels.device), constant(tuple(old_classes), labels.device)
    every = torch.arange(logits.shape[1], device=labels.device)
    target = (labels[:, None] == every).to(logits)
    if old_logits is not None:
        target[:, old] = old_logits[:, old].sigmoid().to(target)
    return F.binary_cross_entropy_with_logits(logits[:, known], target[:, known]) * len(known)
