"""Pre-trained encoders of the zoo: recorded while they are trained, and replayed without training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ..data import ClipSet
from ..data.default_split import load_split
from ..selfsup import evaluation, pretraining
from ..selfsup.objectives import UNTRAINED
from ..selfsup.pretrained import Pretrained
from ..selfsup.pretraining import Pretraining, PretrainingProgress
from ..utils.presets import EXPLORE
from ..utils.progress import ProgressBar
from . import card as cards
from .tape import Tape, load_last

Watch = Callable[[PretrainingProgress], None]

TENTHS = 10
"""Parts of a training: states are kept at the end of some of them."""


@dataclass(frozen=True)
class PretrainingRecipe:
    """How encoders of the zoo are made.

    Attributes:
        name: of the entry.
        what: one sentence.
        method: a name in `OBJECTIVES`.
        path: tenths of the training after which the state is kept, besides the end.
        changes: settings that differ from the preset.
    """

    name: str
    what: str
    method: str
    path: tuple[int, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)

    def start(self, seed: int) -> Pretraining:
        """The training before its first epoch, on the embedded data."""
        train = load_split("synthetic", EXPLORE, seed).train
        return pretraining.prepare(self.method, train, preset=EXPLORE, seed=seed, **self.changes)

    def identity(self, start: Pretraining) -> dict[str, Any]:
        """What decides the training, besides the clips."""
        return start.identity()

    def clips(self, start: Pretraining) -> dict[str, ClipSet]:
        """The clips, by the word that names them."""
        return _sets(start)

    def record(self, start: Pretraining) -> tuple[Tape, list[dict[str, Any]]]:
        """Train once: the states that are kept, and a note of each epoch."""
        tape = Tape()
        notes: list[dict[str, Any]] = []
        kept = {min(start.epochs, tenth * stride(start.epochs)) for tenth in self.path} | {start.epochs}

        def note(now: PretrainingProgress) -> None:
            if now.epoch:
                notes.append({"loss": now.loss, "rank": now.rank, "kept": now.epoch in kept})
            if now.epoch in kept:
                tape.keep(now.model.state_dict())

        start.run(note, None, 0.0, ProgressBar(self.method, start.epochs, show=False))
        notes[-1] |= {"seconds": start.pretrained.seconds, "knn": start.pretrained.knn}
        return tape, notes

    def results(self, start: Pretraining, tape: Tape, notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Accuracy of linear evaluation of the stored encoders, as a card holds it."""
        split = load_split("synthetic", EXPLORE, start.seed)
        pretrained = replay(start, tape, notes)
        found = evaluation.evaluate(pretrained, split.train, split.test, "linear", seed=start.seed)
        return cards.accuracy(found.accuracy, len(split.test))

    def network(self, start: Pretraining, tape: Tape, part: str) -> nn.Module:
        """The encoders, a list of them, in evaluation mode.

        Raises:
            ValueError: a part is asked for.
        """
        cards.refuse_part(self.name, part)
        load_last(start.model, tape)
        return nn.ModuleList(start.pretrained.encoders).eval()


def replay(
    training: Pretraining,
    tape: Tape,
    notes: Sequence[dict[str, Any]],
    callback: Watch | None = None,
    progress: bool | None = False,
) -> Pretrained:
    """The encoders of a training whose states are on the tape.

    The callback is called before the first epoch, and after those whose states were kept.
    """
    pretrained, states = training.pretrained, tape.states()
    with ProgressBar(pretrained.method, len(notes), progress, unit="epoch") as bar:
        for epoch, rank, loss in _epochs(pretrained, notes):
            if epoch:
                training.model.load_state_dict(next(states))
            if callback is not None:
                callback(PretrainingProgress(epoch, len(notes), loss, rank, pretrained, training.model))
            bar.update(f"epoch {epoch} of {len(notes)}", loss, 1)
    training.model.eval()
    pretrained.seconds, knn = notes[-1]["seconds"], notes[-1]["knn"]
    pretrained.knn = None if knn is None else (knn[0], knn[1])
    return pretrained


def pretrain(
    method: str,
    clips: ClipSet,
    *,
    preset: str = EXPLORE,
    callback: Watch | None = None,
    progress: bool | None = None,
    **options: Any,
) -> Pretrained:
    """`selfsup.pretrain`; at preset "explore" without training where the zoo has this very training.

    Args:
        options: as for `selfsup.pretrain`.

    Raises:
        ValueError: as `selfsup.pretrain`.
        DamagedFile: an entry of the zoo is damaged.
    """
    if preset == EXPLORE and method not in UNTRAINED:
        training = pretraining.prepare(method, clips, preset=preset, **options)
        if (found := cards.find(training.identity(), _sets(training))) is not None:
            card, tape = found
            return replay(training, tape, card.notes, callback, progress)
    return pretraining.pretrain(method, clips, preset=preset, callback=callback, progress=progress, **options)


def stride(epochs: int) -> int:
    """Number of epochs in a tenth of a training, at least 1."""
    return max(1, epochs // TENTHS)


def _epochs(pretrained: Pretrained, notes: Sequence[dict[str, Any]]) -> Iterator[tuple[int, float, float]]:
    """Epoch 0 and those whose state was kept, with rank and loss; all are noted in `pretrained`."""
    yield 0, torch.nan, torch.nan
    for epoch, note in enumerate(notes, 1):
        pretrained.losses.append(note["loss"])
        pretrained.ranks.append(note["rank"])
        if note["kept"]:
            yield epoch, note["rank"], note["loss"]


def _sets(training: Pretraining) -> dict[str, ClipSet]:
    return {"training clips": training.clips.clips}
