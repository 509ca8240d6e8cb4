"""Fine-tuned encoders of the zoo, which teach students."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..data import ClipSet
from ..data.default_split import load_split
from ..selfsup import evaluation
from ..selfsup.downstream import Downstream
from ..selfsup.evaluation import Evaluation
from ..selfsup.pretrained import Pretrained
from ..selfsup.protocols import Outcome
from ..utils.presets import EXPLORE
from ..utils.weights import weights_hash
from . import card as cards
from . import pretraining
from .tape import Tape, load_last

TRAINS_ENCODERS = ("finetune", "semi", "transfer")
"""Protocols that take so long that the zoo keeps their result."""


@dataclass(frozen=True)
class TeacherRecipe:
    """How fine-tuned encoders of the zoo are made.

    Attributes:
        name: of the entry.
        what: one sentence.
        method: of the pre-training, which is taken from the zoo if it is there.
        protocol: a name in `TRAINS_ENCODERS`.
        options: of the pre-training and of `selfsup.evaluate`.
    """

    name: str
    what: str
    method: str
    protocol: str = "finetune"
    options: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def start(self, seed: int) -> evaluation.Start:
        """The evaluation before it begins, on the embedded data."""
        split, (before, after) = load_split("synthetic", EXPLORE, seed), self.options
        encoders = pretraining.pretrain(self.method, split.train, seed=seed, progress=False, **before)
        return evaluation.prepare(encoders, split.train, split.test, self.protocol, seed=seed, **after)

    def identity(self, start: evaluation.Start) -> dict[str, Any]:
        """What decides the training, besides the clips."""
        return _identity(start)

    def clips(self, start: evaluation.Start) -> dict[str, ClipSet]:
        """The clips, by the word that names them."""
        return _sets(start)

    def record(self, start: evaluation.Start) -> tuple[Tape, list[dict[str, Any]]]:
        """Train once: the weights of the chosen epoch, and one note of it."""
        protocol = evaluation.PROTOCOLS[self.protocol]
        outcome = protocol(start.network, start.settings, start.splits, start.generator)
        tape = Tape()
        tape.keep(start.network.state_dict())
        return tape, [{"validation": outcome.validation, "chosen": outcome.chosen}]

    def results(self, start: evaluation.Start, tape: Tape, notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Accuracy of the stored weights on the test clips, as a card holds it."""
        found = _evaluated(start, tape, notes)
        return cards.accuracy(found.accuracy, len(found.labels))

    def network(self, start: evaluation.Start, tape: Tape, part: str) -> Downstream:
        """Encoders and head, in evaluation mode."""
        cards.refuse_part(self.name, part)
        return load_last(start.network, tape)


def evaluate(
    pretrained: Pretrained, train: ClipSet, test: ClipSet, protocol: str = "linear", **options: Any
) -> Evaluation:
    """`selfsup.evaluate`, without training where the zoo has this very evaluation of its own encoders.

    Args:
        options: as for `selfsup.evaluate`.

    Raises:
        ValueError: as `selfsup.evaluate`.
        DamagedFile: an entry of the zoo is damaged.
    """
    if protocol in TRAINS_ENCODERS:
        start = evaluation.prepare(pretrained, train, test, protocol, **options)
        if (found := cards.find(_identity(start), _sets(start))) is not None:
            card, tape = found
            return _evaluated(start, tape, card.notes)
    return evaluation.evaluate(pretrained, train, test, protocol, **options)


def _evaluated(start: evaluation.Start, tape: Tape, notes: Sequence[dict[str, Any]]) -> Evaluation:
    """The evaluation whose weights are on the tape; its accuracy is measured anew."""
    load_last(start.network, tape)
    logits = start.splits.test.map(start.network)
    return start.evaluation(Outcome(notes[0]["validation"], notes[0]["chosen"], logits))


def _identity(start: evaluation.Start) -> dict[str, Any]:
    """What decides the training: encoders with an untrained head, settings, generator."""
    about = {"protocol": start.protocol, "first weights": weights_hash(start.network)}
    return about | {"seed": start.generator.initial_seed()} | start.settings.as_dict()


def _sets(start: evaluation.Start) -> dict[str, ClipSet]:
    """The clips of an evaluation, by the word that names them."""
    return {"training clips": start.labelled, "test clips": start.splits.test.clips}
