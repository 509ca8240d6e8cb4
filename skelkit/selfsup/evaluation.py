"""What encoders are worth: k-NN, linear evaluation, fine-tuning, few labels, another data set. (ASMa and PSTL, experiments.)

Every way takes the epoch (or k) from validation clips and looks at the test clips once.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data import ClipSet
from ..data.tasks import rank_in_class
from ..data.tasks import tasks as split_into_tasks
from ..ops import augment
from ..training import loop
from ..training.inputs import PreparedClips
from ..utils.validation import instance_of, one_of
from .downstream import Downstream
from .presets import Settings
from .pretraining import Pretrained

PROTOCOLS = ("knn", "linear", "finetune", "semi", "transfer")

LINEAR_BATCH = 128


@dataclass(frozen=True)
class Evaluation:
    """How well labels are told.

    Attributes:
        accuracy: on the test clips; validation: on the validation clips at the chosen epoch (or k).
        chosen: that epoch, counted from 1, or that k.
        logits: [N, classes] of the test clips, labels: Long[N].
        known: clips whose labels were learnt from; labelled: how many.
        made: encoders and head as chosen, `network`; None of k-NN, which has none.
        lost: joints of the encoders' skeleton that the clips do not have.
    """

    protocol: str
    accuracy: float
    validation: float
    chosen: int
    logits: Tensor
    labels: Tensor
    known: ClipSet
    made: Downstream | None = None
    lost: tuple[str, ...] = ()

    @property
    def network(self) -> Downstream:
        """Encoders and head as chosen. Raises ValueError for k-NN."""
        if self.made is None:
            raise ValueError(
                "k-NN trains no network; evaluate by 'linear' or 'finetune' for one that can teach or be used"
            )
        return self.made

    @property
    def labelled(self) -> int:
        return len(self.known)

    def __repr__(self) -> str:
        return f"Evaluation({self.protocol}: {self.accuracy:.1%} of {len(self.labels)} test clips, {self.labelled} labels)"


def evaluate(
    pretrained: Pretrained,
    train: ClipSet,
    test: ClipSet,
    protocol: str = "linear",
    *,
    fraction: float | None = None,
    head: str = "",
    seed: int = 0,
    validation: float = 0.15,
    **changes,
) -> Evaluation:
    """Accuracy on test clips of a classifier that learns labels of training clips on top of pre-trained encoders.

    Args:
        protocol: "knn": the classes of the nearest training clips, by cosine. "linear": a head on frozen encoders. "finetune": encoders and
            head. "semi": "finetune" with a `fraction` of the labels (0.1 unless given). "transfer": "finetune" on clips of another set; their
            skeleton may be another one in any protocol, joints are matched by name.
        fraction: of every class's training clips whose labels are used, at least one a class; drawn by `seed`.
        head: "linear" or "aligned" (f and g); see `Downstream`.
        validation: share of the training subjects (or clips) from which the epoch, or k, is chosen.
        changes: single settings other than those of pre-training.

    Raises:
        ValueError: an unknown protocol or setting, a skeleton with no common joint.

    >>> from skelkit import load, selfsup
    >>> train, test = load("synthetic", clips=60, classes=["wave", "hug"]).split("subject", train=range(1, 31))
    >>> evaluate(selfsup.pretrain("scratch", train, preset="smoke"), train, test, "knn").labels.shape == (len(test),)
    True
    """
    one_of(protocol, PROTOCOLS, "protocol")
    instance_of(Pretrained, pretrained, "pretrained", "selfsup.pretrain")
    if not 0 < validation < 1:
        raise ValueError(
            f"validation={validation}: the epoch (or k) is chosen on that share of the training subjects or clips, between 0 and 1"
        )
    if protocol == "knn" and head:
        raise ValueError(
            f"head={head!r}: k-NN compares the features of all encoders side by side and has no head; leave it out"
        )
    s = pretrained.settings.changed(**changes)
    generator = torch.Generator().manual_seed(seed)
    scenario = split_into_tasks(train, test, 1, seed=seed, validation=validation)
    learnt = few(
        scenario.train, fraction if fraction is not None else 0.1 if protocol == "semi" else 1.0, generator
    )
    network = Downstream(pretrained, train.classes, generator, train.skeleton, head).to(train.device)
    sets = [PreparedClips(clips, s.frames) for clips in (learnt, scenario.validation, scenario.test)]
    lost = network.mapping.missing if network.mapping is not None else ()
    way = {"knn": _knn, "linear": _linear}.get(protocol, _finetune)
    accuracy, chosen, logits = way(network, s, *sets, generator)
    labels = sets[2].labels
    return Evaluation(
        protocol,
        right(logits, labels),
        accuracy,
        chosen,
        logits,
        labels,
        learnt,
        None if protocol == "knn" else network,
        tuple(lost),
    )


def ensemble(*evaluations: Evaluation) -> float:
    """Accuracy where several say how sure they are and the mean is taken, as of the joint, bone and motion streams. (ASMa, PSTL: 3s.)

    Raises:
        ValueError: they were not of the same test clips.
    """
    first = evaluations[0]
    if any(not torch.equal(e.labels, first.labels) for e in evaluations):
        raise ValueError(
            "an ensemble takes evaluations of the same test clips; evaluate all streams with the same test set"
        )
    return right(torch.stack([e.logits.softmax(1) for e in evaluations]).mean(0), first.labels)


def right(logits: Tensor, labels: Tensor) -> float:
    """Share of clips whose label has the largest logit."""
    return float((logits.argmax(1) == labels).float().mean())


def few(clips: ClipSet, fraction: float, generator: torch.Generator) -> ClipSet:
    """A fraction of every class's clips, at least one. Raises ValueError for a fraction outside (0, 1]."""
    if not (isinstance(fraction, Real) and 0 < fraction <= 1):
        raise ValueError(f"fraction={fraction!r}: the share of labels that are used lies in (0, 1]")
    labels = clips.labels.cpu()
    wanted = (labels.bincount() * fraction).round().clamp_min(1)[labels]
    return clips.select(rank_in_class(labels, generator) < wanted)


def _knn(
    network: Downstream, s: Settings, train: PreparedClips, validation: PreparedClips, test: PreparedClips, _
) -> tuple[float, int, Tensor]:
    network.eval()
    known, asked, tested = (
        F.normalize(clips.map(lambda x: torch.cat([t.mean(1) for t in network.tokens(x)], 1)))
        for clips in (train, validation, test)
    )
    classes = network.classifier.out_features
    choices = [k for k in (1, 3, 5, 10, 20) if k <= len(known)]
    scores = {k: right(votes(known, train.labels, asked, k, classes), validation.labels) for k in choices}
    best = max(choices, key=scores.get)
    return scores[best], best, votes(known, train.labels, tested, best, classes)


def votes(known: Tensor, labels: Tensor, asked: Tensor, k: int, classes: int) -> Tensor:
    """What the k nearest say, each with the weight exp(cosine / 0.1). [A, D], Long[A], [B, D] -> [B, classes]. (Wu et al., 2018.)

    >>> votes(torch.eye(2), torch.tensor([0, 1]), torch.eye(2), 1, 2).argmax(1).tolist()
    [0, 1]
    """
    near, who = (asked @ known.T).topk(k, dim=1)
    return known.new_zeros(len(asked), classes).scatter_add(1, labels[who], (near / 0.1).exp())


def _linear(
    network: Downstream, s: Settings, train: PreparedClips, validation: PreparedClips, test: PreparedClips, generator
) -> tuple[float, int, Tensor]:
    network.eval()
    known, asked, tested = (
        _tokens(network, clips) for clips in (train, validation, test)
    )  # frozen encoders: once
    optimiser = torch.optim.Adam(network.head, lr=s.linear_lr)

    def loss(index: Tensor) -> Tensor:
        return F.cross_entropy(network.classify([t[index] for t in known]), train.labels[index])

    @torch.no_grad()
    def logits(tokens: list[Tensor]) -> Tensor:
        return network.classify(tokens)

    return _best(
        network,
        optimiser,
        s.linear_epochs,
        LINEAR_BATCH,
        loss,
        lambda: logits(asked),
        lambda: logits(tested),
        len(train),
        validation.labels,
        s,
        generator,
        heads_only=True,
    )


@torch.no_grad()
def _tokens(network: Downstream, clips: PreparedClips) -> list[Tensor]:
    parts = [network.tokens(x) for _, x in clips.batches()]
    return [torch.cat(column) for column in zip(*parts, strict=True)]


def _finetune(
    network: Downstream, s: Settings, train: PreparedClips, validation: PreparedClips, test: PreparedClips, generator
) -> tuple[float, int, Tensor]:
    encoders = list(network.encoders.parameters())
    groups = [{"params": encoders, "factor": 1.0}, {"params": network.head, "factor": s.tune_factor}]
    optimiser = torch.optim.AdamW(groups, lr=s.tune_lr, weight_decay=s.weight_decay)

    def loss(index: Tensor) -> Tensor:
        index = index.to(train.labels.device)
        x = augment.tilt(augment.crop(train[index], generator, s.crop), generator, s.tilt)
        return F.cross_entropy(network(x), train.labels[index], label_smoothing=s.smoothing)

    epochs = max(s.tune_epochs, -(-s.least_steps // -(-len(train) // s.batch)))
    return _best(
        network,
        optimiser,
        epochs,
        s.batch,
        loss,
        lambda: validation.map(network),
        lambda: test.map(network),
        len(train),
        validation.labels,
        s,
        generator,
    )


def _best(
    network,
    optimiser,
    epochs,
    size,
    loss,
    asked,
    tested,
    clips,
    labels,
    s: Settings,
    generator,
    heads_only=False,
):
    """Train for so many epochs with a falling rate; go back to the one that validation clips liked best, the latest of equals."""
    best = loop.BestWeights(network)
    first = [g["lr"] * g.get("factor", 1.0) for g in optimiser.param_groups]
    for epoch in range(epochs):
        network.train()
        network.encoders.train(not heads_only)
        batches = loop.batches(clips, size, generator)
        for group, lr in zip(optimiser.param_groups, first, strict=True):
            group["lr"] = lr * (1 - epoch / epochs)
        loop.fit(loss, batches, optimiser, clip=s.clip, precision=s.precision, what=f"epoch {epoch + 1}")
        network.eval()
        best.offer(right(asked(), labels), epoch + 1)
    best.restore()
    network.eval()
    return best.score, best.epoch, tested()
