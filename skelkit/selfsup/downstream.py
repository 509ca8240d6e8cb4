"""Pre-trained encoders with a classifier: what is evaluated, fine-tuned and used as a teacher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from ..data.mapping import match
from ..models import STGCN, Alignment
from ..models.block import initialise
from ..skeletons.skeleton import Skeleton
from ..utils.device import constant
from .pretrained import Pretrained, encoder_tokens

HEADS = ("linear", "aligned")


class Downstream(nn.Module):
    """Class logits of clips: [N, 3, T, V, M], centred, in metres -> [N, classes]. (ASMa, downstream.)

    Features are normalised over the batch, without learnt scale and shift, before the linear layer; so one
    learning rate suits every encoder.

    Args:
        pretrained: its encoders are copied.
        classes: class names.
        generator: draws the initial weights of the head.
        skeleton: of the clips. Joints are matched by name with the encoders' skeleton; those that clips lack
            are removed from the graph. Default: the encoders' skeleton.
        head: "linear": one layer on the concatenated features. "aligned": the feature alignment module before
            it, with many times as many parameters: compare it with untrained encoders under the same head.

    Raises:
        ValueError: An unknown head, an aligned head for one encoder, or skeletons without a common joint.

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
        head: str = "linear",
    ):
        super().__init__()
        count = len(pretrained.encoders)
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
        """Tokens [N, T', D] of each encoder."""
        hidden = None
        if self.mapping is not None:
            x = self.mapping.apply(x)
            if self.mapping.missing:
                hidden = constant(tuple(self.mapping.hidden.tolist()), x.device)
        return encoder_tokens(cast(Iterable[STGCN], self.encoders), self.streams, x, hidden)

    def classify(self, tokens: list[Tensor]) -> Tensor:
        """Logits of tokens, [N, classes]."""
        return self.classifier(self.norm(self.fuse(tokens)))

    def fuse(self, tokens: list[Tensor]) -> Tensor:
        """One feature vector per clip, [N, sum D]: aligned, or the concatenated means of the tokens."""
        if self.alignment is not None:
            return self.alignment(*tokens)
        return torch.cat([t.mean(1) for t in tokens], 1)

    @property
    def head(self) -> list[nn.Parameter]:
        """The parameters outside the encoders: what linear evaluation trains."""
        return [p for name, p in self.named_parameters() if not name.startswith("encoders.")]
