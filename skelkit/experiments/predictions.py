"""Predicted classes of test clips as short texts, and accuracies that are computed from them again.

Every recorded run keeps what it predicted for every test clip, so that its numbers can be computed again, and
others too.
"""

from __future__ import annotations

import base64
import hashlib
import math
import zlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..continual import metrics
from ..data import ClipSet

MOST_BYTES = 2**26
"""Limit of the class indices of one run."""

_TYPES = {"int8": torch.int8, "int16": torch.int16}


def pack(classes: Tensor) -> str:
    """Class indices of any shape as text: type, shape, and values, compressed, in base64.

    >>> unpack(pack(torch.tensor([[3, -1], [0, 2]]))).tolist()
    [[3, -1], [0, 2]]

    Raises:
        ValueError: an index beyond 16 bits.
    """
    low, high = (int(f(classes)) for f in (torch.min, torch.max)) if classes.numel() else (0, 0)
    limits = {kind: torch.iinfo(dtype) for kind, dtype in _TYPES.items()}
    kind = next((kind for kind, limit in limits.items() if limit.min <= low <= high <= limit.max), None)
    if kind is None:
        raise ValueError(f"class indices {low} to {high}: expected numbers of 16 bits")
    values = classes.cpu().to(_TYPES[kind]).contiguous().numpy()
    data = zlib.compress(values.astype(values.dtype.newbyteorder("<")).tobytes(), 9)
    shape = "x".join(map(str, classes.shape))
    return f"{kind} {shape} {base64.b64encode(data).decode()}"


def unpack(text: str) -> Tensor:
    """The class indices that `pack` wrote, as Long."""
    kind, shape, data = text.split(" ")
    sizes = [int(size) for size in shape.split("x")]
    expected = math.prod(sizes) * _TYPES[kind].itemsize
    if not 0 <= expected <= MOST_BYTES:
        raise ValueError(f"{expected:,} bytes of classes")
    raw = zlib.decompressobj().decompress(base64.b64decode(data), expected + 1)  # no more, whatever it holds
    return torch.frombuffer(bytearray(raw), dtype=_TYPES[kind]).long().reshape(sizes)


def fingerprint(clips: ClipSet) -> str:
    """Sixteen hexadecimal digits that identify clips by their poses, lengths and labels."""
    digest = hashlib.sha256()
    for tensor in (clips.poses, clips.starts, clips.labels):
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """Share of clips whose predicted class is their label. Both Long[N]."""
    return float((predicted == labels).double().mean())


def accuracy_matrix(predicted: Tensor, labels: Tensor, order: Sequence[Sequence[int]]) -> Tensor:
    """Accuracy on each task after each task, [tasks, tasks], as in `History`; nan for tasks not learnt yet.

    Args:
        predicted: after each task, Long[tasks, N].
        labels: Long[N].
        order: classes of each task.

    >>> predicted, labels = torch.tensor([[0, -1, 0], [1, 1, 0]]), torch.tensor([0, 1, 0])
    >>> accuracy_matrix(predicted, labels, [[0], [1]])
    tensor([[1.0000,    nan],
            [0.5000, 1.0000]])
    """
    matrix = torch.full((len(order), len(order)), torch.nan)
    for j, classes in enumerate(order):
        clips = torch.isin(labels, torch.tensor(classes))
        for i in range(j, len(order)):
            matrix[i, j] = accuracy(predicted[i, clips], labels[clips])
    return matrix


def recompute(run: dict[str, Any], labels: Tensor) -> dict[str, Any]:
    """The accuracies of a recorded run, from its predictions alone.

    Args:
        run: as a recording has it, with "predictions" and, of continual learning, "order".
        labels: of the test clips, Long[N].

    Returns:
        name of a result -> its value: accuracies, and of continual learning the matrices, final average
        accuracies, forgetting and backward transfer, as the run has them before they are rounded.
    """
    found: dict[str, Any] = {}
    for name, text in run["predictions"].items():
        predicted = unpack(text)
        if predicted.ndim == 1:
            found[name] = accuracy(predicted, labels)
            continue
        matrix = accuracy_matrix(predicted, labels, run["order"])
        found[name.replace("accuracy", "faa")] = metrics.faa(matrix)
        if name == "accuracy":
            found["forgetting"] = metrics.forgetting(matrix)
            found["backward_transfer"] = metrics.backward_transfer(matrix)
        found[name] = [[None if math.isnan(v) else v for v in row] for row in matrix.tolist()]
    return found


def rounded(value: Any) -> Any:
    """Nested value whose floats have four decimals."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value
