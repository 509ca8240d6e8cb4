"""What continual learning is judged by: numbers read off the accuracy matrix. (CHARON, section on metrics.)

The accuracy matrix is float[tasks, tasks]: entry [i, j] is the accuracy, 0 to 1, on task j after learning task i. Entries
above the diagonal (tasks not learnt yet) may be nan; only `forward_transfer` reads them. With one task nothing can have been
forgotten or transferred: those three are 0 then. Nothing given is ever changed. All arithmetic is in float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def accuracy(logits: Tensor, labels: Tensor, classes_of_task: Sequence[int] | Tensor | None = None) -> float:
    """Share of clips whose largest logit is that of their label, 0 to 1.

    Args:
        logits: [N, classes].
        labels: Long[N].
        classes_of_task: only these classes compete (task-incremental); unless given, all do (class-incremental).

    Raises:
        ValueError: no clips, shapes that do not belong together, nan among the logits, a label that cannot win.

    >>> logits, labels = torch.tensor([[9.0, 1.0, 2.0], [0.0, 3.0, 4.0]]), torch.tensor([2, 2])
    >>> accuracy(logits, labels), accuracy(logits, labels, [1, 2])
    (0.5, 1.0)
    """
    _check_pair(logits, labels)
    if not len(labels):
        raise ValueError("the accuracy on no clips is not defined; give at least one")
    competing = torch.arange(logits.shape[1], device=logits.device)
    if classes_of_task is not None:
        competing = torch.as_tensor(classes_of_task, dtype=torch.long, device=logits.device)
    labels = labels.to(logits.device)
    if not (possible := torch.isin(labels, competing)).all():
        raise ValueError(
            f"label {int(labels[~possible][0])} is none of the classes that compete: {competing.tolist()}"
        )
    return float((competing[logits[:, competing].argmax(1)] == labels).double().mean())


def confusion(logits: Tensor, labels: Tensor) -> Tensor:
    """How many clips of the class of each row were taken for the class of each column. [N, classes], Long[N] -> Long[classes, classes].

    >>> confusion(torch.tensor([[9.0, 1.0], [0.0, 3.0], [5.0, 3.0]]), torch.tensor([0, 1, 1])).tolist()
    [[1, 0], [1, 1]]
    """
    _check_pair(logits, labels)
    classes, labels = logits.shape[1], labels.cpu()
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError(
            f"labels {int(labels.min())} to {int(labels.max())} with logits of {classes} classes; labels are 0 to {classes - 1}"
        )
    return (labels * classes + logits.argmax(1).cpu()).bincount(minlength=classes**2).view(classes, classes)


def two_standard_errors(share: float, clips: int) -> float:
    """Two standard errors of a share (0 to 1) counted on so many clips; two networks closer than that may well be alike.

    As if two more clips had been right and two more wrong (Agresti and Coull), so that all right is not beyond two_standard_errors.

    >>> round(two_standard_errors(0.8, 100), 3), round(two_standard_errors(1.0, 100), 3)
    (0.08, 0.027)
    """
    middle = (share * clips + 2) / (clips + 4)
    return 2 * (middle * (1 - middle) / (clips + 4)) ** 0.5


def _check_pair(logits: Tensor, labels: Tensor) -> None:
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"logits of shape {list(logits.shape)} with labels of shape {list(labels.shape)}; expected [clips, classes] with [clips]"
        )
    if (bad := logits.isnan().any(1)).any():
        raise ValueError(
            f"clip {int(bad.nonzero()[0])}: nan among its logits ({int(bad.sum())} such clips); the network has diverged"
        )


def faa(matrix: Tensor) -> float:
    """Final average accuracy: mean over j of accuracy[last, j].

    >>> faa(torch.tensor([[1.0, torch.nan], [0.5, 0.75]]))
    0.625
    """
    matrix = _matrix(matrix)
    return _mean(_read(matrix, torch.full((len(matrix),), len(matrix) - 1), torch.arange(len(matrix))))


def forgetting(matrix: Tensor) -> float:
    """Mean over j < last of (max over i = j … last - 1 of accuracy[i, j]) - accuracy[last, j]; negative if old tasks got better.

    Differs from the authors: theirs pads the list of rows that it is given in place; and a row before a task was learnt,
    where one is given, takes no part in the maximum here.

    >>> forgetting(torch.tensor([[1.0, 0, 0], [0.75, 0.5, 0], [0.25, 0.625, 1.0]]))  # (0.75 - 0.125) / 2
    0.3125
    """
    matrix = _matrix(matrix)
    earlier = torch.tril_indices(len(matrix) - 1, len(matrix) - 1)
    _read(matrix, *earlier)
    best = matrix[:-1, :-1].masked_fill(torch.ones_like(matrix[:-1, :-1]).triu(1).bool(), -torch.inf)
    last = _read(matrix, torch.full((len(matrix) - 1,), len(matrix) - 1), torch.arange(len(matrix) - 1))
    return _mean(best.amax(0) - last) if len(last) else 0.0


def backward_transfer(matrix: Tensor) -> float:
    """Mean over j < last of accuracy[last, j] - accuracy[j, j]. (Lopez-Paz and Ranzato 2017.)

    >>> backward_transfer(torch.tensor([[1.0, 0, 0], [0.75, 0.5, 0], [0.25, 0.625, 1.0]]))
    -0.3125
    """
    matrix = _matrix(matrix)
    j = torch.arange(len(matrix) - 1)
    return _mean(_read(matrix, torch.full_like(j, len(matrix) - 1), j) - _read(matrix, j, j))


def forward_transfer(matrix: Tensor, baseline: Tensor | Sequence[float]) -> float:
    """Mean over j > 0 of accuracy[j - 1, j] - baseline[j]. (Lopez-Paz and Ranzato 2017.)

    Args:
        baseline: [tasks], the accuracy on each task before anything is learnt (a fresh network, or chance).

    >>> forward_transfer(torch.tensor([[1.0, 0.5], [0.75, 1.0]]), [0.25, 0.25])
    0.25
    """
    matrix = _matrix(matrix)
    baseline = torch.as_tensor(baseline, dtype=torch.float64).cpu()
    if baseline.shape != matrix.shape[:1]:
        raise ValueError(
            f"a baseline of shape {list(baseline.shape)} for {len(matrix)} tasks; give one accuracy per task"
        )
    if baseline[1:].isnan().any():
        raise ValueError(
            f"baseline[{int(baseline[1:].isnan().nonzero()[0]) + 1}] is nan; give the accuracy before anything is learnt"
        )
    j = torch.arange(1, len(matrix))
    return _mean(_read(matrix, j - 1, j) - baseline[1:])


def _matrix(matrix: Tensor) -> Tensor:
    matrix = torch.as_tensor(matrix).detach().to("cpu", torch.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(
            f"an accuracy matrix is square, [tasks, tasks], at least one task; got shape {list(matrix.shape)}"
        )
    return matrix


def _read(matrix: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """Entries [i, j], none of which may be nan."""
    entries = matrix[i, j]
    if (bad := entries.isnan()).any():
        row, column = int(i[bad][0]), int(j[bad][0])
        raise ValueError(
            f"accuracy[{row}, {column}] is nan; fill in the accuracy on task {column} after learning task {row}"
        )
    return entries


def _mean(values: Tensor) -> float:
    return float(values.mean()) if len(values) else 0.0
