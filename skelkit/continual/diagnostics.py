"""Does the classifier still fit the features? What linear probing is for, seen and measured. (CHARON, linear probing.)"""

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
    """What the network said of the same clips right after a task.

    Attributes:
        features: [N, D] of the diary's clips, on the CPU.
        before, after: the classifier as training left it, and as it was left after probing.
        running: every buffer of the network as training left it: the running statistics of batch norm, before they are taken anew.
    """

    features: Tensor
    before: nn.Linear
    after: nn.Linear
    running: dict[str, Tensor]


class FeatureRecorder:
    """A callback of `learn` that keeps a `TaskSnapshot` of each finished task.

    Args:
        clips: always the same, so that their features can be compared from task to task.
        frames: `Settings.frames`.
    """

    def __init__(self, clips: ClipSet, frames: int):
        self.still, self.snapshots = PreparedClips(clips, frames), []

    def __call__(self, progress: TaskProgress) -> None:
        network = progress.network
        if progress.stage == "train" and progress.epoch == progress.epochs:
            self._trained = (
                deepcopy(network.classifier).cpu(),
                {name: b.clone() for name, b in network.named_buffers()},
            )
        elif progress.stage == "evaluate":
            before, running = self._trained
            self.snapshots.append(
                TaskSnapshot(
                    self.still.map(network.features).cpu(),
                    before,
                    deepcopy(network.classifier).cpu(),
                    running,
                )
            )

    @property
    def labels(self) -> Tensor:
        """Of the clips, Long[N], on the CPU."""
        return self.still.labels.cpu()


@torch.no_grad()
def old_new_statistics(
    classifier: nn.Linear, features: Tensor, labels: Tensor, old: Sequence[int], new: Sequence[int]
) -> dict[str, float]:
    """How a classifier treats old and new classes, on the clips of both; all classes compete.

    Returns:
        "old", "new", "all": accuracy on their clips; "predicted_new": share of all these clips that is taken for new classes, "share_new": share that is
        of them; "old_as_new": share of the old classes' clips that is taken for new ones; "norm_old", "norm_new": mean length of the weights of a
        class; "bias_old", "bias_new": mean bias. nan where there is no such class or clip.

    >>> classifier = nn.Linear(2, 3)
    >>> _ = classifier.weight.data.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 4]])), classifier.bias.data.zero_()
    >>> j = old_new_statistics(classifier, torch.tensor([[1.0, 0], [0, 1], [0, 1]]), torch.tensor([0, 1, 2]), old=[0, 1], new=[2])
    >>> j["old"], j["new"], round(j["predicted_new"], 2), j["old_as_new"], j["norm_old"], j["norm_new"]
    (0.5, 1.0, 0.67, 0.5, 1.0, 4.0)
    """
    is_old, is_new = (
        torch.isin(labels, torch.tensor(list(classes), dtype=torch.long)) for classes in (old, new)
    )
    answers = classifier(features).argmax(1)
    right, for_new = (answers == labels).double(), torch.isin(answers, torch.tensor(list(new))).double()
    seen = is_old | is_new
    found = {
        "old": right[is_old],
        "new": right[is_new],
        "all": right[seen],
        "predicted_new": for_new[seen],
        "share_new": is_new[seen].double(),
        "old_as_new": for_new[is_old],
    }
    norms = classifier.weight.norm(dim=1)
    for name, classes in (("old", old), ("new", new)):
        found |= {f"norm_{name}": norms[list(classes)], f"bias_{name}": classifier.bias[list(classes)]}
    return {name: float(values.mean()) for name, values in found.items()}


def nearest_mean_classifier(features: Tensor, labels: Tensor) -> nn.Linear:
    """The linear classifier that takes a clip for the class whose mean feature is nearest; classes without clips never win.

    |x - m|^2 is least where 2 m x - |m|^2 is most, which is linear in x. features [N, D], Long[N].

    >>> classifier = nearest_mean_classifier(torch.tensor([[0.0, 0], [2, 0], [9, 9]]), torch.tensor([0, 0, 2]))
    >>> classifier(torch.tensor([[1.0, 3], [8, 8]])).argmax(1).tolist()
    [0, 2]
    """
    classes = int(labels.max()) + 1
    counts = labels.bincount(minlength=classes)
    means = (
        features.new_zeros(classes, features.shape[1]).index_add(0, labels, features)
        / counts.clamp_min(1)[:, None]
    )
    classifier = nn.utils.skip_init(nn.Linear, features.shape[1], classes)
    with torch.no_grad():
        classifier.weight.copy_(2 * means)
        classifier.bias.copy_(torch.where(counts > 0, -means.square().sum(1), -torch.inf))
    return classifier


def linear_discriminant(features: Tensor, labels: Tensor, ridge: float = 0.1) -> nn.Linear:
    """`nearest_mean_classifier` where distance is counted in the spread of clips around their means, taken to be alike in all classes (Fisher's).

    Args:
        ridge: share of the mean variance that is added to every direction, so that few clips do.

    >>> features = torch.tensor([[0.0, -9], [0, 9], [1, -9], [1, 9]])
    >>> linear_discriminant(features, torch.tensor([0, 0, 1, 1]))(torch.tensor([[0.2, 9.0], [0.8, -9]])).argmax(1).tolist()
    [0, 1]
    """
    means = torch.stack(
        [
            features[labels == c].mean(0) if (labels == c).any() else features.new_zeros(features.shape[1])
            for c in range(int(labels.max()) + 1)
        ]
    )
    around = features - means[labels]
    spread = around.T @ around / len(features)
    spread = spread + (ridge * spread.diagonal().mean() + 1e-12) * torch.eye(
        len(spread), device=spread.device
    )
    classifier = nearest_mean_classifier(features, labels)
    with torch.no_grad():
        weight = torch.linalg.solve(spread, means.T).T
        known = classifier.bias > -torch.inf
        classifier.weight.copy_(weight)
        classifier.bias.copy_(torch.where(known, -(weight * means).sum(1) / 2, -torch.inf))
    return classifier


def memory_subset(memory: ReplayMemory, classes: Sequence[int]) -> ReplayMemory:
    """A memory of the same kind that holds what the first one holds of some classes: such as it was before a task, but for what that displaced."""
    x, labels, logits = memory.read(torch.arange(len(memory), device=memory.device))
    mine = torch.isin(labels, torch.tensor(list(classes), device=labels.device))
    shape = {
        "frames": memory.frames,
        "joints": memory.joints,
        "persons": memory.persons,
        "classes": memory.classes,
    }
    kind = str(memory.table["logits"].dtype).removeprefix("torch.") if memory.classes else "float16"
    part = ReplayMemory(memory.budget, memory.codec, **shape, logits=kind, device=memory.device)
    part.offer(
        x[mine],
        labels[mine],
        None if logits is None else logits[mine],
        key=torch.linspace(0, 1, int(mine.sum()), dtype=torch.float64),
    )
    return part


def class_mean_shift(before: Tensor, after: Tensor, labels: Tensor) -> float:
    """How far the means of the classes moved, over the spread of clips around them: mean over classes of |mean after - mean before|, over
    the root mean squared distance of a clip from its class's mean before. [N, D] twice, Long[N].

    >>> before = torch.tensor([[-1.0, 0], [1, 0]])
    >>> class_mean_shift(before, before + torch.tensor([0.0, 3.0]), torch.tensor([0, 0]))
    3.0
    """
    moved, around = [], []
    for c in labels.unique():
        mean = before[labels == c].mean(0)
        moved.append((after[labels == c].mean(0) - mean).norm())
        around.append((before[labels == c] - mean).square().sum(1))
    return float(torch.stack(moved).mean() / torch.cat(around).mean().sqrt().clamp_min(1e-12))
