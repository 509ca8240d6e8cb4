"""STTFormer: attention over the joints of a few frames at once, convolution over what follows. (CHARON, network section.)

Six frames are one **tuple** of V' = 6 V tokens; a clip of T frames is T' = T / 6 tuples. Inside the network the P persons
are [P, C, T', V'] in channels_last memory, so that a 1x1 convolution is one matrix product and a tuple one piece of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ..ops import motion
from ..ops.masks.sampling import TUPLE
from ..utils.validation import one_of
from .block import SLOPE, Block, convolution, initialise
from .persons import Tracks, tracks


@dataclass(frozen=True)
class Size:
    """How large a network is: blocks (channels in, channels out, d of queries and keys), heads, and the frames it is meant for."""

    blocks: tuple[tuple[int, int, int], ...]
    frames: int = 120
    heads: int = 3


SIZES = {
    "nano": Size(((16, 16, 8), (16, 32, 8), (32, 32, 16), (32, 32, 16)), frames=60, heads=2),
    "tiny": Size(
        ((32, 32, 16), (32, 32, 16), (32, 64, 32), (64, 64, 32), (64, 128, 64), *((128, 128, 64),) * 3)
    ),
    "base": Size(
        ((64, 64, 16), (64, 64, 16), (64, 128, 32), (128, 128, 32), (128, 256, 64), *((256, 256, 64),) * 3)
    ),
}
"""`tiny` and `base` are the published ones; `nano` is ours, for a machine without a GPU: 137 million multiply-adds a clip of one person."""


def to_tuples(poses: Tensor, size: int = TUPLE) -> Tensor:
    """[P, C, T, V] -> [P, C, T', V'], V' = size V tokens: the joints of the first frame, those of the second, …"""
    if poses.shape[2] % size:
        raise ValueError(
            f"{poses.shape[2]} frames are not a whole number of tuples of {size}; resize the clips to a multiple of {size}"
        )
    return poses.unflatten(2, (-1, size)).flatten(3)


def kept_index(hidden: Tensor, count: int | None = None) -> Tensor:
    """Where the tuples that stay were, in order. bool [N, T'], true = hidden -> Long[N, K].

    Args:
        count: K, if it is known to be that in every clip; otherwise it is asked of `hidden`, for which a GPU is waited for.

    >>> kept_index(torch.tensor([[False, True, False], [True, False, False]])).tolist()
    [[0, 2], [1, 2]]
    """
    if count is None:
        fewest, count = (int(kept) for kept in (~hidden).sum(1).aminmax())
        if not 0 < fewest == count:
            raise ValueError(
                f"the clips keep {fewest} to {count} tuples; hide equally many in every clip of a batch, and leave at least 1"
            )
    return hidden.byte().sort(dim=1, stable=True).indices[:, :count]


def position_code(positions: Tensor, channels: int) -> Tensor:
    """Sines and cosines of falling frequency, one after the other: sin(p / 10000^(2i / channels)). [...] -> [..., channels]."""
    steps = torch.arange(0, channels, 2, device=positions.device)
    angles = positions[..., None] * 10000.0 ** (-steps / channels)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)[..., :channels]


def tuple_code(index: Tensor, channels: int) -> Tensor:
    """Code for which tuple of its clip this is; last channel first, so that it does not repeat the code of tokens. [...] -> [..., channels]."""
    return position_code(index, channels).flip(-1)


def add_codes(tokens: Tensor, index: Tensor | None) -> Tensor:
    """tokens [P, C, K, V'] plus the code of each token and, if index Long[P or 1, K] says which tuples these are, that of each tuple."""
    channels, count = tokens.shape[1], tokens.shape[3]
    code = position_code(torch.arange(count, device=tokens.device), channels).T[
        None, :, None
    ]  # [1, C, 1, V']
    tokens = tokens + code.to(tokens.dtype)
    return (
        tokens
        if index is None
        else tokens + tuple_code(index, channels).movedim(2, 1)[..., None].to(tokens.dtype)
    )


class STTFormer(nn.Module):
    """Encoder of clips [N, C, T, V, M], T a multiple of 6, with a linear classifier on top. (CHARON, network section.)

    Only persons who are there are computed. A clip's feature is the sum of its persons' features plus, for each one
    missing to two, a learnt vector: the same whether or not the batch has room for a second person.

    Differs from the authors: presence is asked of every coordinate, not of the sign of a sum; `temporal_position` is
    new, without it only the 3x1 convolutions know an order of tuples, and those see neighbours among the kept ones.

    Args:
        classes: of the classifier `self.classifier`, the one part that linear probing trains.
        joints: V, `len(skeleton)`.
        size: a name in `SIZES`, or a `Size`.
        generator: draws the first weights.
        temporal_position: also tell each token which tuple of the whole clip it is in.
        attention: "tanh" is that of the original STTFormer.

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
        attention: Literal["softmax", "tanh"] = "softmax",
        channels: int = 3,
    ):
        super().__init__()
        self.size = resolve_size(size, SIZES)
        self.joints, self.channels, self.temporal_position = joints, channels, temporal_position
        first, self.width = self.size.blocks[0][0], self.size.blocks[-1][1]
        self.stem = nn.Sequential(*convolution(channels, first), nn.LeakyReLU(SLOPE, inplace=True))
        self.blocks = nn.Sequential(
            *(Block(*b, self.size.heads, attention, TUPLE * joints) for b in self.size.blocks)
        )
        self.absent = nn.Parameter(torch.zeros(self.width))
        self.classifier = nn.utils.skip_init(nn.Linear, self.width, classes)
        initialise(self, generator)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Logits [N, classes]."""
        return self.classifier(self.features(x, hidden))

    def features(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Features of clips [N, C, T, V, M] -> [N, D]; the tuples hidden (bool [N, T'], as many in every clip) are not computed."""
        people = tracks(self.check(x))
        return self.pool(
            self.encode(people, None if hidden is None else kept_index(hidden)), people.clip, len(x)
        )

    def encode(self, people: Tracks, kept: Tensor | None = None) -> Tensor:
        """Encoded tokens [P, D, K, V'] of the tuples that stay: kept Long[N, K] of each clip, or all T'."""
        x = to_tuples(people.poses)
        if not len(x):  # nobody in the whole batch; batch norm would refuse
            return x.new_zeros(0, self.width, x.shape[2] if kept is None else kept.shape[1], x.shape[3])
        index = (
            torch.arange(x.shape[2], device=x.device)[None] if kept is None else kept[people.clip]
        )  # [1 or P, K]
        if kept is not None:
            x = x.transpose(1, 2)[torch.arange(len(x), device=x.device)[:, None], index].transpose(1, 2)
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        return self.blocks(add_codes(x, index if self.temporal_position else None))

    def pool(self, tokens: Tensor, clip: Tensor, clips: int) -> Tensor:
        """Mean over tuples and tokens, summed over the persons of each clip. [P, D, K, V'], Long[P] -> [N, D]."""
        features = tokens.new_zeros(clips, self.width).index_add(0, clip, tokens.mean((2, 3)))
        missing = (2 - torch.bincount(clip, minlength=clips)).clamp_min(0)  # [N]
        return features + missing[:, None] * self.absent

    def check(self, x: Tensor) -> Tensor:
        """Return x if it is a batch of this network's joints and channels, else say what is wrong."""
        if motion.check_batch(x).shape[3] != self.joints:
            raise ValueError(
                f"the batch has {x.shape[3]} joints, this network was built for {self.joints}; build one with joints={x.shape[3]}"
            )
        if x.shape[1] != self.channels:
            raise ValueError(
                f"the batch has {x.shape[1]} channels, this network was built for {self.channels}; build one with channels={x.shape[1]}"
            )
        return x


def resolve_size(size, known: dict):
    """`known[size]` for a name, anything else as it is; an unknown name lists the known ones."""
    if not isinstance(size, str):
        return size
    one_of(size, known, "size")
    return known[size]
