"""Evaluation protocols: k-NN, linear evaluation and fine-tuning. (ASMa and PSTL, experiments.)

Each chooses k or the epoch by validation accuracy, if there are validation clips, and computes the logits of
the test clips once, at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..ops import augment
from ..training import loop
from ..training.inputs import PreparedClips
from .downstream import Downstream
from .presets import Settings

LINEAR_BATCH = 128
"""Clips per step of linear evaluation."""

FEW_NEIGHBOURS = 5
"""Largest k where there are too few labels to choose it."""

NEIGHBOURS = (1, 3, 5, 10, 20)
"""Values of k that validation accuracy chooses from."""

KNN_TEMPERATURE = 0.1
"""A neighbour's vote has the weight exp(cosine / temperature)."""


class Splits(NamedTuple):
    """Training, validation and test clips; validation: None if nothing is to be chosen."""

    train: PreparedClips
    validation: PreparedClips | None
    test: PreparedClips


class Outcome(NamedTuple):
    """Validation accuracy (nan without), the epoch or k in use, and logits of the test clips [N, classes]."""

    validation: float
    chosen: int
    logits: Tensor


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of clips whose label has the largest logit. [N, classes], Long[N] -> 0 to 1."""
    return float((logits.argmax(1) == labels).float().mean())


def nearest_neighbour_scores(known: Tensor, labels: Tensor, queries: Tensor, k: int, classes: int) -> Tensor:
    """Class scores [B, classes] of queries: votes of the k nearest known features. (Wu et al., 2018.)

    Args:
        known: normalised features [A, D] of clips with `labels` Long[A].
        queries: normalised features [B, D].

    >>> nearest_neighbour_scores(torch.eye(2), torch.tensor([0, 1]), torch.eye(2), 1, 2).argmax(1).tolist()
    [0, 1]
    """
    return _votes(queries @ known.T, labels, k, classes)


def leave_one_out(features: Tensor, labels: Tensor, k: int = 5) -> float:
    """Accuracy of k-NN that classifies each clip by all others, by cosine. [N, D], Long[N] -> 0 to 1.

    >>> leave_one_out(torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), torch.tensor([0, 0, 1]), k=1)
    0.6666666865348816
    """
    x = F.normalize(features)
    others = (x @ x.T).fill_diagonal_(-torch.inf)
    return accuracy(_votes(others, labels, min(k, len(x) - 1), int(labels.max()) + 1), labels)


def _votes(cosine: Tensor, labels: Tensor, k: int, classes: int) -> Tensor:
    """Class scores [B, classes] of queries with these cosines [B, A] to the known clips."""
    largest, nearest = cosine.topk(k, dim=1)
    weights = (largest / KNN_TEMPERATURE).exp()
    return cosine.new_zeros(len(cosine), classes).scatter_add(1, labels[nearest], weights)


def knn(network: Downstream, s: Settings, splits: Splits, generator: torch.Generator) -> Outcome:
    """Classify by the nearest training clips in cosine distance; nothing is trained."""
    network.eval()

    def features(clips: PreparedClips) -> Tensor:
        return F.normalize(clips.map(lambda x: torch.cat([t.mean(1) for t in network.tokens(x)], 1)))

    train, labels, classes = features(splits.train), splits.train.labels, network.classifier.out_features

    def scores(queries: Tensor, k: int) -> Tensor:
        return nearest_neighbour_scores(train, labels, queries, k, classes)

    best, validation_accuracy = max(1, min(FEW_NEIGHBOURS, len(train) // len(labels.unique()))), math.nan
    if splits.validation is not None:
        validation, wanted = features(splits.validation), splits.validation.labels
        found = {k: accuracy(scores(validation, k), wanted) for k in NEIGHBOURS if k <= len(train)}
        best = max(found, key=lambda k: found[k])
        validation_accuracy = found[best]
    return Outcome(validation_accuracy, best, scores(features(splits.test), best))


def linear(network: Downstream, s: Settings, splits: Splits, generator: torch.Generator) -> Outcome:
    """Train the head on features of frozen encoders."""
    network.eval()
    # Encoders are frozen, so each clip is encoded once.
    tokens = {id(clips): _tokens(network, clips) for clips in splits if clips is not None}
    train, labels = tokens[id(splits.train)], splits.train.labels
    optimiser = torch.optim.Adam(network.head, lr=s.linear_lr, fused=loop.fused(labels.device))

    def loss(index: Tensor) -> Tensor:
        return F.cross_entropy(network.classify([t[index] for t in train]), labels[index])

    @torch.no_grad()
    def logits(clips: PreparedClips) -> Tensor:
        return network.classify(tokens[id(clips)])

    training = _Training(network, s, splits, generator, optimiser, loss, logits, train_encoders=False)
    return training.run(s.linear_epochs, LINEAR_BATCH)


def finetune(network: Downstream, s: Settings, splits: Splits, generator: torch.Generator) -> Outcome:
    """Train encoders and head on augmented clips."""
    train = splits.train
    groups = [
        {"params": list(network.encoders.parameters()), "factor": 1.0},
        {"params": network.head, "factor": s.tune_factor},
    ]
    fused = loop.fused(train.labels.device)
    optimiser = torch.optim.AdamW(groups, lr=s.tune_lr, weight_decay=s.weight_decay, fused=fused)

    def loss(index: Tensor) -> Tensor:
        x = augment.tilt(augment.crop(train[index], generator, s.crop), generator, s.tilt)
        return F.cross_entropy(network(x), train.labels[index], label_smoothing=s.smoothing)

    def logits(clips: PreparedClips) -> Tensor:
        return clips.map(network)

    training = _Training(network, s, splits, generator, optimiser, loss, logits, train_encoders=True)
    return training.run(s.tune_epochs_for(len(train)), s.batch)


@torch.no_grad()
def _tokens(network: Downstream, clips: PreparedClips) -> list[Tensor]:
    """Tokens of all clips, [N, T', D] for each encoder."""
    parts = [network.tokens(x) for _, x in clips.batches()]
    return [torch.cat(column) for column in zip(*parts, strict=True)]


class _Training(NamedTuple):
    """Training with labels at a rate that falls linearly."""

    network: Downstream
    s: Settings
    splits: Splits
    generator: torch.Generator
    optimiser: torch.optim.Optimizer
    loss: Callable[[Tensor], Tensor]
    logits: Callable[[PreparedClips], Tensor]
    train_encoders: bool

    def run(self, epochs: int, batch: int) -> Outcome:
        """Train, restore the epoch of the best validation accuracy (the latest of equals), and test.

        Without validation clips the last epoch is tested.
        """
        validation = self.splits.validation
        network, optimiser, s = self.network, self.optimiser, self.s
        best = loop.BestWeights(network)
        initial = [group["lr"] * group.get("factor", 1.0) for group in optimiser.param_groups]
        for epoch in range(epochs):
            network.train()
            network.encoders.train(self.train_encoders)
            batches = loop.batches(len(self.splits.train), batch, self.generator)
            for group, lr in zip(optimiser.param_groups, initial, strict=True):
                group["lr"] = lr * (1 - epoch / epochs)
            what = f"epoch {epoch + 1}"
            loop.fit(self.loss, batches, optimiser, clip=s.clip, precision=s.precision, what=what)
            network.eval()
            if validation is not None:
                best.offer(accuracy(self.logits(validation), validation.labels), epoch + 1)
        if validation is None:
            return Outcome(math.nan, epochs, self.logits(self.splits.test))
        best.restore()
        network.eval()
        return Outcome(best.score, best.epoch, self.logits(self.splits.test))
