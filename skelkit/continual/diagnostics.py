"""Does the classifier fit the features? Measurements before and after linear probing."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data import ClipSet
from ..training.inputs import PreparedClips
from .history import TaskProgress
from .memory import ReplayMemory


@dataclass(frozen=True)
class TaskSnapshot:
    """Features and classifiers of the network right after a task.

    Attributes:
        features: [N, D] of the recorder's clips, on the CPU.
        before: classifier after training, before probing; after: classifier after probing.
        buffers: of the network after training, by name, with the running statistics of batch norm from before
            their recalibration.
    """

    features: Tensor
    before: nn.Linear
    after: nn.Linear
    buffers: dict[str, Tensor]


class FeatureRecorder:
    """A callback of `learn` that records a `TaskSnapshot` after each task.

    Args:
        clips: the same for all tasks, so that features can be compared from task to task.
        frames: `Settings.frames`.

    Attributes:
        snapshots: one for each finished task.
    """

    def __init__(self, clips: ClipSet, frames: int):
        self.clips = PreparedClips(clips, frames)
        self.snapshots: list[TaskSnapshot] = []

    def __call__(self, progress: TaskProgress) -> None:
        network = progress.network
        classifier = deepcopy(network.classifier).cpu()
        if progress.stage == "train" and progress.epoch == progress.epochs:
            self._trained = classifier, {name: b.clone() for name, b in network.named_buffers()}
        elif progress.stage == "evaluate":
            before, buffers = self._trained
            features = self.clips.map(network.features).cpu()
            self.snapshots.append(TaskSnapshot(features, before, classifier, buffers))

    @property
    def labels(self) -> Tensor:
        """Labels of the clips, Long[N], on the CPU."""
        return self.clips.labels.cpu()


@torch.no_grad()
def old_new_statistics(
    classifier: nn.Linear, features: Tensor, labels: Tensor, old: Sequence[int], new: Sequence[int]
) -> dict[str, float]:
    """Accuracy, predictions and weights of a classifier for old and for new classes; all classes compete.

    Args:
        features: [N, D]; labels: Long[N].
        old, new: class indices; clips of other classes are ignored.

    Returns:
        "old", "new", "all": accuracy on the clips of these classes, 0 to 1.
        "predicted_new": share of all clips predicted as a new class; "share_new": share that is of one.
        "old_as_new": share of the old classes' clips predicted as a new class.
        "norm_old", "norm_new": mean weight norm of a class; "bias_old", "bias_new": mean bias.
        nan where there is no such class or clip.

    >>> classifier = nn.Linear(2, 3)
    >>> _ = classifier.weight.data.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 4]]))
    >>> _ = classifier.bias.data.zero_()
    >>> features, labels = torch.tensor([[1.0, 0], [0, 1], [0, 1]]), torch.tensor([0, 1, 2])
    >>> s = old_new_statistics(classifier, features, labels, old=[0, 1], new=[2])
    >>> s["old"], s["new"], round(s["predicted_new"], 2), s["old_as_new"], s["norm_old"], s["norm_new"]
    (0.5, 1.0, 0.67, 0.5, 1.0, 4.0)
    """
    is_old, is_new = (
        torch.isin(labels, torch.tensor(list(classes), dtype=torch.long)) for classes in (old, new)
    )
    predicted = classifier(features).argmax(1)
    correct = (predicted == labels).double()
    as_new = torch.isin(predicted, torch.tensor(list(new))).double()
    both = is_old | is_new
    norms = classifier.weight.norm(dim=1)
    values = {
        "old": correct[is_old],
        "new": correct[is_new],
        "all": correct[both],
        "predicted_new": as_new[both],
        "share_new": is_new[both].double(),
        "old_as_new": as_new[is_old],
        "norm_old": norms[list(old)],
        "bias_old": classifier.bias[list(old)],
        "norm_new": norms[list(new)],
        "bias_new": classifier.bias[list(new)],
    }
    return {name: float(v.mean()) for name, v in values.items()}


def nearest_mean_classifier(features: Tensor, labels: Tensor) -> nn.Linear:
    """Linear classifier that predicts the class with the nearest mean; a class without clips never wins.

    ‖x - m‖² is smallest where 2 m·x - ‖m‖² is largest, which is linear in x.

    Args:
        features: [N, D]; labels: Long[N].

    >>> features, labels = torch.tensor([[0.0, 0], [2, 0], [9, 9]]), torch.tensor([0, 0, 2])
    >>> nearest_mean_classifier(features, labels)(torch.tensor([[1.0, 3], [8, 8]])).argmax(1).tolist()
    [0, 2]
    """
    classes = int(labels.max()) + 1
    counts = labels.bincount(minlength=classes)
    sums = features.new_zeros(classes, features.shape[1]).index_add(0, labels, features)
    means = sums / counts.clamp_min(1)[:, None]
    classifier = nn.utils.skip_init(nn.Linear, features.shape[1], classes)
    with torch.no_grad():
        classifier.weight.copy_(2 * means)
        classifier.bias.copy_(torch.where(counts > 0, -means.square().sum(1), -torch.inf))
    return classifier


def linear_discriminant(features: Tensor, labels: Tensor, ridge: float = 0.1) -> nn.Linear:
    """Fisher's linear discriminant: `nearest_mean_classifier` with the Mahalanobis distance.

    The covariance is that of clips around their class means, pooled over the classes.

    Args:
        features: [N, D]; labels: Long[N].
        ridge: share of the mean variance that is added to every direction, so that few clips suffice.

    >>> features, labels = torch.tensor([[0.0, -9], [0, 9], [1, -9], [1, 9]]), torch.tensor([0, 0, 1, 1])
    >>> linear_discriminant(features, labels)(torch.tensor([[0.2, 9.0], [0.8, -9]])).argmax(1).tolist()
    [0, 1]
    """
    members = [features[labels == c] for c in range(int(labels.max()) + 1)]
    means = torch.stack([m.mean(0) if len(m) else features.new_zeros(features.shape[1]) for m in members])
    deviations = features - means[labels]
    covariance = deviations.T @ deviations / len(features)
    identity = torch.eye(len(covariance), device=covariance.device)
    covariance = covariance + (ridge * covariance.diagonal().mean() + 1e-12) * identity
    classifier = nearest_mean_classifier(features, labels)
    with torch.no_grad():
        weight = torch.linalg.solve(covariance, means.T).T
        known = classifier.bias > -torch.inf
        classifier.weight.copy_(weight)
        classifier.bias.copy_(torch.where(known, -(weight * means).sum(1) / 2, -torch.inf))
    return classifier


def memory_subset(memory: ReplayMemory, classes: Sequence[int]) -> ReplayMemory:
    """A memory of the same kind that holds the stored clips of some classes alone.

    For the classes of the earlier tasks this is the memory before the last task, without the clips that the
    last task displaced.
    """
    x, labels, logits = memory.read(torch.arange(len(memory), device=memory.device))
    selected = torch.isin(labels, torch.tensor(list(classes), device=labels.device))
    subset = ReplayMemory(
        memory.budget,
        memory.codec,
        frames=memory.frames,
        joints=memory.joints,
        persons=memory.persons,
        classes=memory.classes,
        logits=str(memory.table["logits"].dtype).removeprefix("torch.") if memory.classes else "float16",
        device=memory.device,
    )
    keys = torch.linspace(0, 1, int(selected.sum()), dtype=torch.float64)
    subset.offer(x[selected], labels[selected], None if logits is None else logits[selected], key=keys)
    return subset


def class_mean_shift(before: Tensor, after: Tensor, labels: Tensor) -> float:
    """Mean shift of the class means, divided by the spread of clips around their class mean before.

    mean over classes of ‖mean after - mean before‖ / root mean square of ‖feature before - mean before‖

    Args:
        before, after: features of the same clips, [N, D]; labels: Long[N].

    >>> before = torch.tensor([[-1.0, 0], [1, 0]])
    >>> class_mean_shift(before, before + torch.tensor([0.0, 3.0]), torch.tensor([0, 0]))
    3.0
    """
    shifts, squares = [], []
    for c in labels.unique():
        mean = before[labels == c].mean(0)
        shifts.append((after[labels == c].mean(0) - mean).norm())
        squares.append((before[labels == c] - mean).square().sum(1))
    return float(torch.stack(shifts).mean() / torch.cat(squares).mean().sqrt().clamp_min(1e-12))
