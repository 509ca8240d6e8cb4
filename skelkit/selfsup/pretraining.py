"""`pretrain`: train encoders without labels, observed by a callback and resumable."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..data import ClipSet
from ..data.fingerprints import fingerprints
from ..ops import augment
from ..training import loop, processes
from ..training.inputs import PreparedClips
from ..utils.progress import ProgressBar
from ..utils.validation import instance_of, one_of
from . import checks
from .objectives import OBJECTIVES, UNTRAINED, Objective
from .objectives.barlow_twins import effective_rank
from .presets import Settings
from .presets import settings as make_settings
from .pretrained import Pretrained

COLLAPSE_RANK = 1.5
"""Features with a lower effective rank count as collapsed: those of all clips lie on one line."""

COLLAPSE_SHARE = 0.2
"""Share of the epochs after which a collapse is reported before the end of the training."""

RANK_CLIPS = 128
"""Number of clips over which the effective rank is measured."""


@dataclass(frozen=True)
class PretrainingProgress:
    """What a callback receives before the first epoch (epoch 0) and after each; it must not change any of it.

    Attributes:
        epoch: epochs done.
        epochs: epochs in all.
        loss: mean loss of the epoch; nan before the first.
        rank: effective rank of the features; nan before the first epoch.
        pretrained: the encoders as they are now.
        model: the whole objective as it is now.
    """

    epoch: int
    epochs: int
    loss: float
    rank: float
    pretrained: Pretrained
    model: Objective


def pretrain(
    method: str,
    clips: ClipSet,
    *,
    preset: str = "laptop",
    seed: int = 0,
    callback: Callable[[PretrainingProgress], None] | None = None,
    checkpoints: str | Path | None = None,
    every: float = 30.0,
    progress: bool | None = None,
    **changes: Any,
) -> Pretrained:
    """Train encoders on clips without using their labels.

    With torchrun (see `training.processes` and ``skelkit pretrain``) each process takes its share of every
    batch; losses and weights are those of one process with the whole batch.

    Differs from the authors: where class names tell left from right ("left punch", "right punch"), views are
    not mirrored unless `mirror` is given. An encoder that is invariant to mirroring cannot tell such classes
    apart. Nor are they with a skeleton whose left and right joints are not known, which is a warning.

    Args:
        method: a name in `OBJECTIVES`.
        clips: training clips, on the device of the training.
        preset: a name in `PRETRAINING_PRESETS`.
        seed: of initial weights, augmentation, masks and batches.
        callback: called before the first epoch and after each; `loop.Stopped` raised in it ends the training.
        checkpoints: folder of checkpoints, from which an interrupted run resumes. Default: none are written.
        every: seconds between checkpoints.
        progress: show a progress bar. Default: in a notebook or terminal.
        changes: settings and options of the objective that differ from the preset, by name.

    Raises:
        ValueError: An unknown method, preset or setting; fewer than two clips; a checkpoint with other
            settings or of other clips.
        loop.Diverged: The loss is not finite; the last checkpoint is kept.

    >>> from skelkit import load
    >>> clips = load("synthetic", clips=24, classes=["wave", "hug"])
    >>> pretrain("pstl", clips, preset="smoke", epochs=1, batch=12).encoders[0].width
    64
    """
    training = prepare(method, clips, preset=preset, seed=seed, **changes)
    if method not in UNTRAINED:
        bar = ProgressBar(method, training.epochs, progress if not processes.rank() else False, unit="epoch")
        training.run(callback, checkpoints, every, bar)
    training.model.eval()
    return training.pretrained


def prepare(
    method: str, clips: ClipSet, *, preset: str = "laptop", seed: int = 0, **changes: Any
) -> Pretraining:
    """The training that `pretrain` runs, before its first epoch; arguments and errors as there."""
    one_of(method, OBJECTIVES, "method")
    instance_of(ClipSet, clips, "clips", "sk.load")
    if "mirror" not in changes and (augment.sides(clips.classes) or checks.sides_are_unknown(clips.skeleton)):
        changes["mirror"] = 0.0
    s = make_settings(preset, OBJECTIVES[method], **changes)
    if len(clips) < 2:
        raise ValueError(
            f"{len(clips)} clip to pre-train on: views are compared over a batch of at least 2 clips"
        )
    generator = torch.Generator().manual_seed(seed)
    model = OBJECTIVES[method](clips.skeleton, s, generator).to(clips.device)
    pretrained = Pretrained(method, s, clips.skeleton, list(model.encoders))
    if method not in UNTRAINED:
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        pretrained.head = trained - pretrained.parameters
    return Pretraining(model, pretrained, clips, s, generator, seed)


class Pretraining:
    """The epochs of one training; losses, ranks and time are recorded in `pretrained`."""

    def __init__(
        self,
        model: Objective,
        pretrained: Pretrained,
        clips: ClipSet,
        s: Settings,
        generator: torch.Generator,
        seed: int,
    ):
        self.model, self.pretrained, self.s = model, pretrained, s
        self.generator, self.seed = generator, seed
        self.clips = PreparedClips(clips, s.frames, crop=None)
        self.epochs, self.first_accuracy = s.epochs_for(len(clips)), math.nan
        self.optimiser = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad],
            lr=s.lr,
            weight_decay=s.weight_decay,
            fused=loop.fused(clips.device),
        )
        if processes.count() > 1:
            processes.synchronise_batch_norm(model)

    def run(
        self,
        callback: Callable[[PretrainingProgress], None] | None,
        checkpoints: str | Path | None,
        every: float,
        bar: ProgressBar,
    ) -> None:
        """Train for all epochs, from the last checkpoint if there is one."""
        pretrained, epochs = self.pretrained, self.epochs
        stateful: dict[str, loop.Stateful] = {
            "model": self.model,
            "optimiser": self.optimiser,
            "generator": self.generator,
            "kept": self,
        }
        identity = {}
        if checkpoints is not None:
            identity = self.identity() | fingerprints(training=self.clips.clips)
        run = loop.Run(stateful, identity, checkpoints, every)
        if not run.resumed:
            self.model.eval()
            self.first_accuracy = checks.knn_accuracy(pretrained, self.clips)
        with bar:
            if callback is not None and not run.resumed:
                callback(PretrainingProgress(0, epochs, math.nan, math.nan, pretrained, self.model))
            for epoch in run.loop("epoch", range(epochs)):
                begun = time.perf_counter()
                loss = self.epoch(epoch)
                pretrained.losses.append(loss)
                pretrained.seconds += time.perf_counter() - begun
                rank = self.effective_rank()
                pretrained.ranks.append(rank)
                self.warn_of_collapse()
                bar.update(f"epoch {epoch + 1} of {epochs}", loss, 1)
                if callback is not None:
                    callback(PretrainingProgress(epoch + 1, epochs, loss, rank, pretrained, self.model))
        self.model.eval()
        if not math.isnan(self.first_accuracy):
            pretrained.knn = (self.first_accuracy, checks.knn_accuracy(pretrained, self.clips))
        checks.warn_of_little_learning(pretrained, self.steps)

    @property
    def steps(self) -> int:
        """Number of steps of the whole training."""
        return self.s.steps_for(len(self.clips))

    def identity(self) -> dict[str, Any]:
        """Plain values that decide the result, besides the clips; a run resumes from one that shares them."""
        clips = self.clips.clips
        return {
            "method": self.pretrained.method,
            "seed": self.seed,
            "clips": len(clips),
            "frames of clips": len(clips.poses),
            **({"processes": processes.count()} if processes.count() > 1 else {}),
        } | self.s.as_dict()

    def epoch(self, epoch: int) -> float:
        """One pass over all clips in random order. Returns the mean loss."""
        self.model.train()
        batches = loop.batches(len(self.clips), self.s.batch, self.generator)
        return loop.fit(
            self.loss,
            batches,
            self.optimiser,
            rates=[learning_rate(self.s, epoch * len(batches) + k, self.steps) for k in range(len(batches))],
            clip=self.s.clip,
            precision=self.s.precision,
            what=f"{self.pretrained.method}, epoch {epoch + 1}",
            after_backward=self.average_gradients,
            after_step=getattr(self.model, "after_step", None),
        )

    def loss(self, index: Tensor) -> Tensor:
        """Loss of this process's share of a batch, given the clips' indices Long[n]."""
        with processes.share(index) as mine:
            return self.model.loss(self.clips[mine])

    def average_gradients(self) -> None:
        """Average the gradients over all processes."""
        processes.average_gradients(self.model.parameters())

    @torch.no_grad()
    def effective_rank(self) -> float:
        """Effective rank of the concatenated features of the first clips."""
        self.model.eval()
        index = torch.arange(min(len(self.clips), RANK_CLIPS), device=self.clips.labels.device)
        return effective_rank(self.pretrained.features(self.clips[index]))

    def warn_of_collapse(self) -> None:
        """Warn once if features are collapsed for long or at the end; early in training they may be."""
        ranks, epochs = self.pretrained.ranks, self.epochs
        collapsed = takewhile(lambda rank: not rank >= COLLAPSE_RANK, reversed(ranks))  # nan is, too
        low = sum(1 for _ in collapsed)  # epochs in a row up to now
        lasting = max(3, round(COLLAPSE_SHARE * epochs))
        if (low == lasting or (0 < low < lasting and len(ranks) == epochs)) and len(self.clips) > 2:
            warnings.warn(
                f"{self.pretrained.method}, epoch {len(ranks)}: the representation collapsed: "
                f"features have an effective rank of {ranks[-1]:.2f} "
                f"(of {self.pretrained.encoders[0].width}); raise redundancy or batch, or lower lr",
                stacklevel=2,
            )

    def state_dict(self) -> dict[str, Any]:
        """Losses, ranks and time so far, and the accuracy of k-NN with the first weights."""
        kept = {name: getattr(self.pretrained, name) for name in ("losses", "ranks", "seconds")}
        return kept | {"first_accuracy": self.first_accuracy}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self.pretrained.losses, self.pretrained.ranks = list(state["losses"]), list(state["ranks"])
        self.pretrained.seconds = state["seconds"]
        self.first_accuracy = state.get("first_accuracy", math.nan)


def learning_rate(s: Settings, step: int, steps: int) -> float:
    """Learning rate of a step: a linear rise to `lr` during warm-up, then a cosine to 0.

    Differs from the authors: PSTL's rate changes from epoch to epoch, and is 0 in the first.
    """
    rise = max(1, round(s.warmup * steps))
    if step < rise:
        return s.lr * (step + 1) / rise
    return loop.cosine(s.lr, step - rise, max(1, steps - rise))
