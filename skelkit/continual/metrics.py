"""Metrics of continual learning, computed from logits or from the accuracy matrix.

The accuracy matrix is float[tasks, tasks]: entry [i, j] is the accuracy, 0 to 1, on task j after learning
task i. Entries above the diagonal (tasks not learnt yet) may be nan; only `forward_transfer` reads them. With
a single task, forgetting and both transfers are 0. Arguments are never modified. All arithmetic is in
float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Matrix = Tensor | Sequence[Sequence[float]]


def accuracy(logits: Tensor, labels: Tensor, classes_of_task: Sequence[int] | Tensor | None = None) -> float:
    """Share of clips, 0 to 1, whose largest logit is that of their label.

    Args:
        logits: [N, classes].
        labels: Long[N].
        classes_of_task: the classes that compete (task-incremental). Default: all (class-incremental).

    Raises:
        ValueError: no clips, shapes that do not match, nan logits, or a label that is not among the competing
            classes.

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
        label = int(labels[~possible][0])
        raise ValueError(f"label {label} is none of the classes that compete: {competing.tolist()}")
    return float((competing[logits[:, competing].argmax(1)] == labels).double().mean())


def confusion(logits: Tensor, labels: Tensor) -> Tensor:
    """Confusion matrix, Long[classes, classes]: clips by true class (row) and predicted class (column).

    Args:
        logits: [N, classes].
        labels: Long[N].

    Raises:
        ValueError: shapes that do not match, nan logits, or a label outside 0 to classes - 1.

    >>> confusion(torch.tensor([[9.0, 1.0], [0.0, 3.0], [5.0, 3.0]]), torch.tensor([0, 1, 1])).tolist()
    [[1, 0], [1, 1]]
    """
    _check_pair(logits, labels)
    classes, labels = logits.shape[1], labels.cpu()
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError(
            f"labels {int(labels.min())} to {int(labels.max())} with logits of {classes} classes; "
            f"labels are 0 to {classes - 1}"
        )
    return (labels * classes + logits.argmax(1).cpu()).bincount(minlength=classes**2).view(classes, classes)


def two_standard_errors(share: float, clips: int) -> float:
    """Two standard errors of an accuracy `share`, 0 to 1, measured on `clips` clips.

    After adding two correct and two wrong clips (Agresti and Coull 1998), so that it is not 0 where all clips
    are correct.

    >>> round(two_standard_errors(0.8, 100), 3), round(two_standard_errors(1.0, 100), 3)
    (0.08, 0.027)
    """
    middle = (share * clips + 2) / (clips + 4)
    return 2 * (middle * (1 - middle) / (clips + 4)) ** 0.5


def faa(matrix: Matrix) -> float:
    """Final average accuracy: mean over j of accuracy[last, j].

    Raises:
        ValueError: not a square matrix of at least one task, or nan where a value is needed. So do all
            functions below.

    >>> faa(torch.tensor([[1.0, torch.nan], [0.5, 0.75]]))
    0.625
    """
    matrix = _as_matrix(matrix)
    return _mean(_read(matrix, torch.full((len(matrix),), len(matrix) - 1), torch.arange(len(matrix))))


def forgetting(matrix: Matrix, including_last: bool = False) -> float:
    """Mean over j < last of (max over i = j … last - 1 of accuracy[i, j]) - accuracy[last, j].

    Negative if earlier tasks improved. (Chaudhry et al. 2018, arXiv 1801.10112.)

    Differs from the authors of CHARON: the code base they use, mammoth, takes the last row into the maximum,
    so that no task counts less than 0; `including_last` does so. Theirs also takes in the rows before a task
    was learnt.

    Args:
        including_last: the maximum is over i = j … last. Never below the default; both are equal if no task
            is best at the end.

    >>> forgetting(torch.tensor([[1.0, 0, 0], [0.75, 0.5, 0], [0.25, 0.625, 1.0]]))  # (0.75 - 0.125) / 2
    0.3125
    >>> forgetting([[1.0, 0, 0], [0.75, 0.5, 0], [0.25, 0.625, 1.0]], including_last=True)  # (0.75 - 0) / 2
    0.375
    """
    matrix = _as_matrix(matrix)
    earlier = matrix[:-1, :-1]
    rows, columns = torch.tril_indices(*earlier.shape)
    _read(matrix, rows, columns)
    best = earlier.masked_fill(torch.ones_like(earlier).triu(1).bool(), -torch.inf)
    last = _read(matrix, torch.full((len(matrix) - 1,), len(matrix) - 1), torch.arange(len(matrix) - 1))
    if not len(last):
        return 0.0
    drop = best.amax(0) - last
    return _mean(drop.clamp_min(0) if including_last else drop)


def backward_transfer(matrix: Matrix) -> float:
    """Mean over j < last of accuracy[last, j] - accuracy[j, j]. (Lopez-Paz and Ranzato 2017.)

    >>> backward_transfer(torch.tensor([[1.0, 0, 0], [0.75, 0.5, 0], [0.25, 0.625, 1.0]]))
    -0.3125
    """
    matrix = _as_matrix(matrix)
    j = torch.arange(len(matrix) - 1)
    return _mean(_read(matrix, torch.full_like(j, len(matrix) - 1), j) - _read(matrix, j, j))


def forward_transfer(matrix: Matrix, baseline: Tensor | Sequence[float]) -> float:
    """Mean over j > 0 of accuracy[j - 1, j] - baseline[j]. (Lopez-Paz and Ranzato 2017, arXiv 1706.08840.)

    Args:
        baseline: [tasks], the accuracy on each task before any training (an untrained network, or chance).

    >>> forward_transfer(torch.tensor([[1.0, 0.5], [0.75, 1.0]]), [0.25, 0.25])
    0.25
    """
    matrix = _as_matrix(matrix)
    baseline = torch.as_tensor(baseline, dtype=torch.float64).cpu()
    if baseline.shape != matrix.shape[:1]:
        raise ValueError(
            f"a baseline of shape {list(baseline.shape)} for {len(matrix)} tasks; give one accuracy per task"
        )
    if baseline[1:].isnan().any():
        first = int(baseline[1:].isnan().nonzero()[0]) + 1
        raise ValueError(f"baseline[{first}] is nan; give the accuracy before any training")
    j = torch.arange(1, len(matrix))
    return _mean(_read(matrix, j - 1, j) - baseline[1:])


def _check_pair(logits: Tensor, labels: Tensor) -> None:
    """Raise if logits are not [N, classes] for labels [N], or contain nan."""
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"logits of shape {list(logits.shape)} with labels of shape {list(labels.shape)}; "
            "expected [clips, classes] with [clips]"
        )
    if (bad := logits.isnan().any(1)).any():
        raise ValueError(
            f"clip {int(bad.nonzero()[0])}: nan among its logits ({int(bad.sum())} such clips); "
            "the network has diverged"
        )


def _as_matrix(matrix: Matrix) -> Tensor:
    """Accuracy matrix as float64 on the CPU."""
    matrix = torch.as_tensor(matrix).detach().to("cpu", torch.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(
            f"an accuracy matrix is square, [tasks, tasks], at least one task; got shape {list(matrix.shape)}"
        )
    return matrix


def _read(matrix: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """Entries [i, j]; raises if one is nan."""
    entries = matrix[i, j]
    if (bad := entries.isnan()).any():
        row, column = int(i[bad][0]), int(j[bad][0])
        raise ValueError(
            f"accuracy[{row}, {column}] is nan; "
            f"fill in the accuracy on task {column} after learning task {row}"
        )
    return entries


def _mean(values: Tensor) -> float:
    """Mean; 0 of no values."""
    return float(values.mean()) if len(values) else 0.0
