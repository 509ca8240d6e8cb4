"""From encoders to labels: the network that is judged, tuned, and that teaches a student."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from ..data.mapping import match
from ..models import Alignment
from ..models.block import initialise
from ..skeletons.skeleton import Skeleton
from .pretraining import Pretrained, tokens_of

HEADS = ("linear", "aligned")


class Downstream(nn.Module):
    """Encoders and a classifier of their features: clips [N, 3, T, V, M], centred, in metres -> logits [N, classes]. (ASMa, downstream.)

    Features are normalised over the batch, without weights, before the linear layer, so that one learning rate suits every encoder.

    Args:
        pretrained: its encoders are copied.
        classes: their names.
        skeleton: of the clips, if it is not that of the encoders: joints are matched by name, missing ones removed from the graph.
        head: "linear": one layer on the features of all encoders side by side. "aligned": the feature alignment module before it; the
            default where there are several encoders.

    >>> from skelkit import selfsup, skeletons
    >>> from skelkit.data import synthetic
    >>> encoders = selfsup.pretrain("scratch", synthetic.make(4, classes=["wave", "hug"]), preset="smoke")
    >>> Downstream(encoders, ("wave", "hug"), torch.Generator())(torch.rand(2, 3, 20, 25, 1)).shape
    torch.Size([2, 2])
    """

    def __init__(
        self,
        pretrained: Pretrained,
        classes: Sequence[str],
        generator: torch.Generator,
        skeleton: Skeleton | None = None,
        head: str = "",
    ):
        super().__init__()
        count = len(pretrained.encoders)
        head = head or ("aligned" if count > 1 else "linear")
        if head not in HEADS:
            raise ValueError(f"head={head!r}: expected {' or '.join(map(repr, HEADS))}")
        if head == "aligned" and count < 2:
            raise ValueError(
                f"head='aligned' takes several encoders, {pretrained.method} has {count}; use head='linear'"
            )
        self.encoders = nn.ModuleList(deepcopy(encoder) for encoder in pretrained.encoders)
        self.skeleton, self.streams = skeleton or pretrained.skeleton, pretrained.streams
        self.mapping, self.classes = None, tuple(classes)
        if skeleton is not None and skeleton != pretrained.skeleton:
            self.mapping = match(skeleton, pretrained.skeleton)
        width = pretrained.encoders[0].width
        self.alignment = Alignment(width, count, generator=generator) if head == "aligned" else None
        self.norm = nn.BatchNorm1d(width * count, affine=False)
        self.classifier = nn.utils.skip_init(nn.Linear, self.norm.num_features, len(self.classes))
        initialise(self.classifier, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.tokens(x))

    def tokens(self, x: Tensor) -> list[Tensor]:
        """Of each encoder [N, T', D]."""
        hidden = None
        if self.mapping is not None:
            x = self.mapping.apply(x)
            hidden = self.mapping.hidden.to(x.device) if self.mapping.missing else None
        return tokens_of(self.encoders, self.streams, x, hidden)

    def classify(self, tokens: list[Tensor]) -> Tensor:
        """Logits of tokens, [N, classes]."""
        return self.classifier(self.norm(self.fuse(tokens)))

    def fuse(self, tokens: list[Tensor]) -> Tensor:
        """One vector a clip: aligned, or the means side by side."""
        return (
            self.alignment(*tokens)
            if self.alignment is not None
            else torch.cat([t.mean(1) for t in tokens], 1)
        )

    @property
    def head(self) -> list[nn.Parameter]:
        """What is learnt with labels where the encoders are frozen."""
        return [p for name, p in self.named_parameters() if not name.startswith("encoders.")]
