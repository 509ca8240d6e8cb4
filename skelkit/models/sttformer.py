"""STTFormer: attention between the joints of a few frames, then convolution over time.

(CHARON, network section.)

Six frames are one **tuple** of V' = 6 V tokens; a clip of T frames is T' = T / 6 tuples. Inside the network
the P tracks (see `persons`) are [P, C, T', V'] in channels_last memory, so that a 1x1 convolution is one
matrix product and a tuple is contiguous.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import torch
from torch import Tensor, nn

from ..ops import motion
from ..ops.masks.sampling import TUPLE
from ..utils.validation import one_of
from .block import (
    SLOPE,
    Attention,
    AttentionKind,
    Block,
    SoftmaxOver,
    channels_last,
    convolution,
    initialise,
)
from .persons import Tracks, persons_per_clip, tracks
from .positions import add_codes

S = TypeVar("S")

StemInput = Literal["visible", "all"]


@dataclass(frozen=True)
class Size:
    """The size of a network.

    Attributes:
        blocks: (channels in, channels out, d of queries and keys) of each block.
        frames: T of the clips that it is meant for.
        heads: number of attention heads.
    """

    blocks: tuple[tuple[int, int, int], ...]
    frames: int = 120
    heads: int = 3


SIZES = {
    "nano": Size(((16, 16, 8), (16, 32, 8), (32, 32, 16)), frames=36, heads=1),
    "tiny": Size(
        ((32, 32, 16), (32, 32, 16), (32, 64, 32), (64, 64, 32), (64, 128, 64), *((128, 128, 64),) * 3)
    ),
    "base": Size(
        ((64, 64, 16), (64, 64, 16), (64, 128, 32), (128, 128, 32), (128, 256, 64), *((256, 256, 64),) * 3)
    ),
}
"""`tiny` and `base` are the published sizes; `nano` (32 million multiply-adds per track) suits a CPU."""


def to_tuples(poses: Tensor, size: int = TUPLE) -> Tensor:
    """[P, C, T, V] -> [P, C, T', V'], V' = size V tokens: the joints of the first frame, of the second, …

    Raises:
        ValueError: T is not a multiple of `size`.
    """
    if poses.shape[2] % size:
        raise ValueError(
            f"{poses.shape[2]} frames are not a whole number of tuples of {size}; "
            f"resize the clips to a multiple of {size}"
        )
    return poses.unflatten(2, (-1, size)).flatten(3)


def take_tuples(x: Tensor, index: Tensor) -> Tensor:
    """The tuples at positions Long[P, K] of x [P, C, T', V'], [P, C, K, V']."""
    return x.transpose(1, 2)[torch.arange(len(x), device=x.device)[:, None], index].transpose(1, 2)


def kept_index(hidden: Tensor, count: int | None = None) -> Tensor:
    """Positions of the visible tuples, in order. bool [N, T'], true where hidden -> Long[N, K].

    Args:
        hidden: mask of tuples.
        count: K, equal in all clips. Default: read from `hidden`, which makes the host wait for a GPU.

    Raises:
        ValueError: no tuple is visible, or their number differs between clips.

    >>> kept_index(torch.tensor([[False, True, False], [True, False, False]])).tolist()
    [[0, 2], [1, 2]]
    """
    if count is None:
        fewest, count = (int(kept) for kept in (~hidden).sum(1).aminmax())
        if not 0 < fewest == count:
            raise ValueError(
                f"the clips keep {fewest} to {count} tuples; "
                "hide equally many in every clip of a batch, and leave at least 1"
            )
    return hidden.byte().sort(dim=1, stable=True).indices[:, :count]


class STTFormer(nn.Module):
    """Encoder of clips [N, C, T, V, M], T a multiple of 6, with a linear classifier.

    (CHARON, network section.)

    Only persons who are present are computed. The feature of a clip is the sum of the features of its
    persons, plus a learnt vector for each person missing to two; it does not depend on the size of the axis
    M.

    Differs from the authors: with hidden tuples the stem reads the visible ones only; ``stem="all"`` is as
    published. It changes CHARON's accuracy by -1.7 [-9.9, +6.5] points (embedded set, three seeds, not
    significant). Initial weights are uniform by fan in, theirs normal by fan out. Presence is read from all
    coordinates, not from the sign of their sum.
    `temporal_position` is new. Without it only the 3x1 convolutions know the order of tuples, and they see
    neighbours among the visible tuples.

    The original STTFormer, attention "tanh", has no position code after the stem; queries and keys of every
    block have it.

    Args:
        classes: number of classes of the classifier `self.classifier`, the only part that linear probing
            trains.
        joints: V, `len(skeleton)`.
        size: a name in `SIZES`, or a `Size`.
        generator: draws the initial weights.
        temporal_position: add to each token the code of its tuple's position in the clip.
        attention, softmax_over, attention_scale: kind, softmax_over and scale of `Attention`.
        stem: tuples that the stem reads, and its batch norm averages over in training: "visible", or "all",
            after which the hidden ones are dropped, as published.
        channels: C.

    Raises:
        ValueError: an unknown size, attention or stem, or no generator.

    >>> model = STTFormer(classes=5, joints=20, generator=torch.Generator().manual_seed(0))
    >>> model(torch.ones(4, 3, 60, 20, 2)).shape, model.features(torch.ones(4, 3, 60, 20, 1)).shape
    (torch.Size([4, 5]), torch.Size([4, 32]))
    """

    def __init__(
        self,
        classes: int,
        joints: int,
        size: str | Size = "nano",
        generator: torch.Generator | None = None,
        temporal_position: bool = False,
        attention: AttentionKind = "softmax",
        channels: int = 3,
        softmax_over: SoftmaxOver = "outputs",
        attention_scale: float = 1.0,
        stem: StemInput = "visible",
    ):
        super().__init__()
        if stem not in get_args(StemInput):
            raise ValueError(f"stem={stem!r}: expected 'visible' or 'all'")
        self.size, self.stem_input = resolve_size(size, SIZES), stem
        self.joints, self.channels, self.temporal_position = joints, channels, temporal_position
        self.attention = Attention(attention, softmax_over, attention_scale)
        first, self.width = self.size.blocks[0][0], self.size.blocks[-1][1]
        self.stem = nn.Sequential(*convolution(channels, first), nn.LeakyReLU(SLOPE, inplace=True))
        self.blocks = nn.Sequential(
            *(
                Block(c_in, c_out, d, self.size.heads, self.attention, TUPLE * joints)
                for c_in, c_out, d in self.size.blocks
            )
        )
        self.absent = nn.Parameter(torch.zeros(self.width))
        self.classifier = nn.utils.skip_init(nn.Linear, self.width, classes)
        initialise(self, generator)
        channels_last(self)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Class logits [N, classes] of clips [N, C, T, V, M]; `hidden` as in `features`."""
        return self.classifier(self.features(x, hidden))

    def features(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Features [N, D] of clips [N, C, T, V, M].

        Args:
            x: clips.
            hidden: bool [N, T'], tuples to leave out, equally many in every clip. Default: none.

        Raises:
            ValueError: another number of joints or channels, T is no multiple of 6, or clips keep different
                numbers of tuples.
        """
        people = tracks(self.check(x))
        kept = None if hidden is None else kept_index(hidden)
        return self.pool(self.encode(people, kept), people.clip, len(x))

    def encode(self, people: Tracks, kept: Tensor | None = None) -> Tensor:
        """Encoded tokens [P, D, K, V'] of the visible tuples: Long[N, K] of each clip. Default: all T'."""
        x = to_tuples(people.poses)
        if not len(x):  # no person in the whole batch: batch norm would raise
            return x.new_zeros(0, self.width, x.shape[2] if kept is None else kept.shape[1], x.shape[3])
        index = torch.arange(x.shape[2], device=x.device)[None] if kept is None else kept[people.clip]
        if kept is not None and self.stem_input == "visible":
            x = take_tuples(x, index)
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        if kept is not None and self.stem_input == "all":
            x = take_tuples(x, index).contiguous(memory_format=torch.channels_last)
        return self.blocks(self.add_codes(x, index))

    def add_codes(self, tokens: Tensor, index: Tensor) -> Tensor:
        """Tokens [P, C, K, V'] of tuples at positions Long[P or 1, K], with their position codes."""
        return add_codes(tokens, index if self.temporal_position else None, self.attention.kind == "softmax")

    def pool(self, tokens: Tensor, clip: Tensor, clips: int) -> Tensor:
        """Mean over tuples and tokens, summed over the persons of each clip.

        [P, D, K, V'], Long[P] -> [clips, D].
        """
        means = tokens.mean((2, 3), dtype=torch.promote_types(tokens.dtype, torch.float32))  # [P, D]
        features = means.new_zeros(clips, self.width).index_add(0, clip, means)
        missing = (2 - persons_per_clip(clip, clips)).clamp_min(0)  # [N]
        return features + missing[:, None] * self.absent

    def check(self, x: Tensor) -> Tensor:
        """x itself, if it is a batch with the joints and channels of this network.

        Raises:
            ValueError: it is not.
        """
        if motion.check_batch(x).shape[3] != self.joints:
            raise ValueError(
                f"the batch has {x.shape[3]} joints, this network was built for {self.joints}; "
                f"build one with joints={x.shape[3]}"
            )
        check_channels(x, self.channels)
        return x


def check_channels(x: Tensor, channels: int) -> None:
    """Raise ValueError unless x [N, C, T, V, M] has this number of channels."""
    if x.shape[1] != channels:
        raise ValueError(
            f"the batch has {x.shape[1]} channels, this network was built for {channels}; "
            f"build one with channels={x.shape[1]}"
        )


def resolve_size(size: str | S, known: Mapping[str, S]) -> S:
    """`known[size]` for a name; any other size is returned as it is.

    Raises:
        ValueError: an unknown name; lists the known ones.
    """
    if not isinstance(size, str):
        return size
    one_of(size, known, "size")
    return known[size]
