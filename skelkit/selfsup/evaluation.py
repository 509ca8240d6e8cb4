"""`evaluate`: how good pre-trained encoders are, by test accuracy of a classifier on top of them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..data import ClipSet
from ..data.tasks import rank_in_class, split_into_tasks
from ..training.inputs import PreparedClips
from ..utils.validation import instance_of, one_of
from . import protocols
from .downstream import Downstream
from .presets import Settings
from .pretrained import Pretrained
from .protocols import accuracy

PROTOCOLS = {
    "knn": protocols.knn,
    "linear": protocols.linear,
    "finetune": protocols.finetune,
    "semi": protocols.finetune,
    "transfer": protocols.finetune,
}

SEMI_FRACTION = 0.1
"""Share of the labels that "semi" uses by default."""


@dataclass(frozen=True)
class Evaluation:
    """Result of `evaluate`.

    Attributes:
        protocol: of `PROTOCOLS`.
        accuracy: on the test clips, 0 to 1.
        validation: accuracy on the validation clips at the chosen epoch (or k); nan if nothing was chosen.
        chosen: that epoch, counted from 1, or that k; the last epoch if none was chosen.
        logits: of the test clips, [N, classes].
        labels: of the test clips, Long[N].
        labelled_clips: training clips whose labels were used.
        downstream: encoders and head at the chosen epoch; None for k-NN.
        missing_joints: joints of the encoders' skeleton that the clips lack.
    """

    protocol: str
    accuracy: float
    validation: float
    chosen: int
    logits: Tensor
    labels: Tensor
    labelled_clips: ClipSet
    downstream: Downstream | None = None
    missing_joints: tuple[str, ...] = ()

    @property
    def network(self) -> Downstream:
        """Encoders and head at the chosen epoch.

        Raises:
            ValueError: The protocol is k-NN, which trains no network.
        """
        if self.downstream is None:
            raise ValueError(
                "k-NN trains no network; evaluate by 'linear' or 'finetune' for one that can teach or be used"
            )
        return self.downstream

    @property
    def labelled(self) -> int:
        """Number of labels used."""
        return len(self.labelled_clips)

    def __repr__(self) -> str:
        tested = f"{self.accuracy:.1%} of {len(self.labels)} test clips"
        return f"Evaluation({self.protocol}: {tested}, {self.labelled} labels)"


def evaluate(
    pretrained: Pretrained,
    train: ClipSet,
    test: ClipSet,
    protocol: str = "linear",
    *,
    fraction: float | None = None,
    head: str = "linear",
    seed: int = 0,
    validation: float = 0.15,
    **changes: Any,
) -> Evaluation:
    """Test accuracy of a classifier on pre-trained encoders. (ASMa and PSTL, experiments.)

    The epoch (or k) is chosen by validation accuracy; the test clips are used once, at the end. With fewer
    labelled clips than validation clips nothing is chosen, because whoever has so few labels would not spare
    more of them for validation: all epochs are run, and k is the number of labels per class, at most 5.

    Args:
        pretrained: the encoders; they are copied.
        train: clips with labels; validation clips are split off.
        test: clips for the accuracy.
        protocol: "knn": vote of the nearest training clips by cosine. "linear": train a head on frozen
            encoders. "finetune": train encoders and head. "semi": "finetune" with a `fraction` of the
            labels. "transfer": "finetune" on another data set than that of the pre-training. In every
            protocol the clips may have another skeleton; joints are matched by name.
        fraction: share of each class's training clips whose labels are used, at least one clip per class.
            Default: 0.1 for "semi", else 1.
        head: "linear" or "aligned"; see `Downstream`.
        seed: of the splits, initial weights and batches.
        validation: share of the training subjects (or clips) for validation.
        changes: settings that differ from those of the pre-training, by name.

    Raises:
        ValueError: An unknown protocol or setting, an invalid fraction or share, or skeletons without a
            common joint.

    >>> from skelkit import load, selfsup
    >>> clips = load("synthetic", clips=60, classes=["wave", "hug"])
    >>> train, test = clips.split("subject", train=range(1, 31))
    >>> encoders = selfsup.pretrain("scratch", train, preset="smoke")
    >>> evaluate(encoders, train, test, "knn").labels.shape == (len(test),)
    True
    """
    start = prepare(
        pretrained,
        train,
        test,
        protocol,
        fraction=fraction,
        head=head,
        seed=seed,
        validation=validation,
        **changes,
    )
    outcome = PROTOCOLS[protocol](start.network, start.settings, start.splits, start.generator)
    return start.evaluation(outcome)


class Start(NamedTuple):
    """An evaluation that has not begun.

    Attributes:
        protocol: of `PROTOCOLS`.
        network: encoders and an untrained head.
        settings: of the training.
        splits: clips to train, to choose on and to test.
        generator: of every draw from here on.
        labelled: the clips whose labels are used.
    """

    protocol: str
    network: Downstream
    settings: Settings
    splits: protocols.Splits
    generator: torch.Generator
    labelled: ClipSet

    def evaluation(self, outcome: protocols.Outcome) -> Evaluation:
        """The result, once the protocol has been run."""
        network = self.network
        return Evaluation(
            self.protocol,
            accuracy(outcome.logits, self.splits.test.labels),
            outcome.validation,
            outcome.chosen,
            outcome.logits,
            self.splits.test.labels,
            self.labelled,
            None if self.protocol == "knn" else network,
            tuple(network.mapping.missing) if network.mapping is not None else (),
        )


def prepare(
    pretrained: Pretrained,
    train: ClipSet,
    test: ClipSet,
    protocol: str = "linear",
    *,
    fraction: float | None = None,
    head: str = "linear",
    seed: int = 0,
    validation: float = 0.15,
    **changes: Any,
) -> Start:
    """Everything that `evaluate` makes before it trains; arguments and errors are those of `evaluate`."""
    one_of(protocol, PROTOCOLS, "protocol")
    instance_of(Pretrained, pretrained, "pretrained", "selfsup.pretrain")
    if not 0 < validation < 1:
        raise ValueError(
            f"validation={validation}: the epoch (or k) is chosen on that share of the training subjects "
            "or clips; give a number between 0 and 1"
        )
    if protocol == "knn" and head != "linear":
        raise ValueError(
            f"head={head!r}: k-NN compares the concatenated features of all encoders and has no head; "
            "leave it out"
        )
    s = pretrained.settings.changed(**changes)
    generator = torch.Generator().manual_seed(seed)
    scenario = split_into_tasks(train, test, 1, seed=seed, validation=validation)
    assert scenario.validation is not None  # its share is positive
    if fraction is None:
        fraction = SEMI_FRACTION if protocol == "semi" else 1.0
    labelled = keep_labels(scenario.train, fraction, generator)
    network = Downstream(pretrained, train.classes, generator, train.skeleton, head).to(train.device)
    splits = protocols.Splits(
        PreparedClips(labelled, s.frames),
        PreparedClips(scenario.validation, s.frames) if len(scenario.validation) <= len(labelled) else None,
        PreparedClips(scenario.test, s.frames),
    )
    return Start(protocol, network, s, splits, generator, labelled)


def ensemble(*evaluations: Evaluation) -> float:
    """Test accuracy of the mean of several classifiers' probabilities. (ASMa, PSTL: three streams.)

    Raises:
        ValueError: The evaluations are not of the same test clips.
    """
    return accuracy(mean_probabilities(*evaluations), evaluations[0].labels)


def mean_probabilities(*evaluations: Evaluation) -> Tensor:
    """Mean over several classifiers of the probabilities of the test clips, [N, classes].

    Raises:
        ValueError: The evaluations are not of the same test clips.
    """
    if any(not torch.equal(e.labels, evaluations[0].labels) for e in evaluations):
        raise ValueError(
            "an ensemble takes evaluations of the same test clips; "
            "evaluate all streams with the same test set"
        )
    return torch.stack([e.logits.softmax(1) for e in evaluations]).mean(0)


def keep_labels(clips: ClipSet, fraction: float, generator: torch.Generator) -> ClipSet:
    """A random fraction of each class's clips, at least one clip per class.

    Raises:
        ValueError: The fraction is not in (0, 1].
    """
    if not (isinstance(fraction, Real) and 0 < fraction <= 1):
        raise ValueError(f"fraction={fraction!r}: the share of labels that are used lies in (0, 1]")
    labels = clips.labels.cpu()
    wanted = (labels.bincount() * fraction).round().clamp_min(1)[labels]
    return clips.select(rank_in_class(labels, generator) < wanted)
