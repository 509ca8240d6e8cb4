"""ST-GCN: convolution over the graph of joints, then along time. (Yan et al., 2018; PSTL and ASMa, sections on the encoder.)

Inside the network the P persons are [P, C, V, T] in channels_last memory, so that a 1x1 convolution is one matrix product and the frames
of a joint one piece of memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from .block import Convolution, convolution, initialise
from .persons import Tracks, tracks
from .sttformer import kept_index, resolve_size


@dataclass(frozen=True)
class GraphSize:
    """How large an ST-GCN is: blocks (channels out, stride in time), the temporal kernel, dropout, whether edges are weighted by learning."""

    blocks: tuple[tuple[int, int], ...]
    kernel: int = 9
    dropout: float = 0.0
    edges: bool = True


GRAPH_SIZES = {
    "paper": GraphSize(((16, 1),) * 4 + ((32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (256, 1)), dropout=0.5),
    "laptop": GraphSize(((16, 2), (16, 1), (32, 2), (64, 1))),
    "student": GraphSize(((8, 2), (16, 2), (32, 1)), kernel=5, edges=False),
    "pocket": GraphSize(((8, 2), (16, 2), (16, 1)), kernel=5, edges=False),
}
"""`paper` is the published one; the others are ours: `laptop` for two cores, `student` for what distillation makes, `pocket` for half of it."""


def kept_joints(hidden: Tensor, joints: int) -> Tensor:
    """Which joints stay, in order. bool[V] (one mask for the batch) or bool[N, V] (one a clip), true = hidden -> Long[1 or N, K].

    Raises:
        ValueError: no joint would stay; clips of which different numbers stay; a mask for another number of joints.

    >>> kept_joints(torch.tensor([[False, True, False], [True, False, False]]), 3).tolist()
    [[0, 2], [1, 2]]
    """
    hidden = hidden.reshape(-1, hidden.shape[-1])
    if hidden.shape[1] != joints:
        raise ValueError(
            f"a mask of {hidden.shape[1]} joints for {joints}; draw it with the skeleton of these clips"
        )
    fewest, most = (int(count) for count in (~hidden).sum(1).aminmax())
    if fewest == 0:
        raise ValueError(
            f"clip {int(hidden.all(1).nonzero()[0])}: the mask hides all {joints} joints, and nothing is left to see; choose a smaller ratio"
        )
    if fewest != most:
        raise ValueError(
            f"the clips keep {fewest} to {most} joints; hide equally many in every clip, or give one mask [V] for the batch"
        )
    return kept_index(hidden, most)


def among(graph: Tensor, kept: Tensor) -> Tensor:
    """The graph of the joints that stay. [3, V, V], Long[G, K] -> [G, 3, K, K]: rows and columns of the others are gone."""
    return graph[:, kept[:, :, None], kept[:, None, :]].transpose(0, 1)


def spread_over_graph(x: Tensor, graph: Tensor) -> Tensor:
    """Each joint's sum over the joints i that reach it, once for each of 3 kinds of edge. [P, C, V, T], [G, 3, V, V] -> [P, 3 C, V, T].

    `graph[:, k, i, j]` weighs joint i in joint j; G is 1 or P.
    """
    people, channels, joints, frames = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(
        people, joints, frames * channels
    )  # [P, V, T C]; a view of channels_last memory
    edges = (
        graph.permute(0, 3, 1, 2)
        .reshape(len(graph), joints, graph.shape[1], joints)
        .transpose(1, 2)
        .flatten(1, 2)
    )  # [G, 3 V, V]
    y = edges @ rows if len(graph) > 1 else (edges[0] @ rows)
    y = y.view(people, graph.shape[1], joints, frames, channels).permute(0, 2, 3, 1, 4)  # [P, V, T, 3, C]
    return y.flatten(3).permute(0, 3, 1, 2)


class GraphBlock(nn.Module):
    """Over the graph, batch norm, ReLU, along time, batch norm, + residual, ReLU. [P, c_in, V, T] -> [P, c_out, V, T / stride]."""

    def __init__(self, c_in: int, c_out: int, stride: int, size: GraphSize, joints: int):
        super().__init__()
        self.edges = nn.Parameter(torch.ones(3, joints, joints)) if size.edges else None
        self.over_graph = convolution(3 * c_in, c_out)
        self.along_time = Convolution(c_out, c_out, (1, size.kernel), bias=False, stride=(1, stride))
        self.norm = nn.BatchNorm2d(c_out)
        self.dropout = nn.Dropout(size.dropout) if size.dropout else nn.Identity()
        self.stride, self.residual = (
            stride,
            convolution(c_in, c_out) if (c_in, stride) != (c_out, 1) else nn.Identity(),
        )

    def forward(self, x: Tensor, graph: Tensor, kept: Tensor | None = None) -> Tensor:
        graph = graph if self.edges is None else graph * self.edges
        graph = graph[None] if kept is None else among(graph, kept)
        y = F.relu(self.over_graph(spread_over_graph(x, graph)), inplace=True)
        y = self.dropout(self.norm(self.along_time(y)))
        return F.relu(y + self.residual(x[..., :: self.stride]))


class STGCN(nn.Module):
    """Encoder of clips [N, C, T, V, M]: ST-GCN, spatial-configuration partition, edges weighted by learning. (ASMa, PSTL: encoder.)

    Joints can be *removed*: they are cut out of the features and of the graph, as if the skeleton did not have them, and cost nothing.
    A clip's feature is the mean over frames, joints and the persons who are there.

    Differs from the authors: persons who are absent take no part in the mean nor in batch norm.

    Args:
        skeleton: whose graph it is.
        size: a name in `GRAPH_SIZES`, or a `GraphSize`.
        generator: draws the first weights.
        classes: also build a linear classifier, so that the network can be trained with labels (`forward` gives its logits).

    >>> from skelkit.skeletons import NTU25
    >>> encoder = STGCN(NTU25, "laptop", torch.Generator().manual_seed(0))
    >>> x = torch.rand(4, 3, 50, 25, 2)
    >>> encoder.features(x).shape, encoder.tokens(x, hidden=torch.arange(25) < 8).shape
    (torch.Size([4, 64]), torch.Size([4, 13, 64]))
    """

    def __init__(
        self,
        skeleton: Skeleton,
        size: str | GraphSize = "laptop",
        generator: torch.Generator | None = None,
        classes: int = 0,
        channels: int = 3,
    ):
        super().__init__()
        self.skeleton, self.size, self.channels = skeleton, resolve_size(size, GRAPH_SIZES), channels
        widths = [channels, *(c for c, _ in self.size.blocks)]
        self.register_buffer("graph", skeleton.partition, persistent=False)  # [3, V, V]
        self.norm = nn.BatchNorm1d(len(skeleton) * channels)
        self.blocks = nn.ModuleList(
            GraphBlock(c_in, c_out, stride, self.size, len(skeleton))
            for c_in, (c_out, stride) in zip(widths, self.size.blocks, strict=False)
        )
        self.width = widths[-1]
        self.classifier = nn.utils.skip_init(nn.Linear, self.width, classes) if classes else None
        initialise(self, generator)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Logits [N, classes], or features [N, D] of a network without a classifier."""
        features = self.features(x, hidden)
        return features if self.classifier is None else self.classifier(features)

    def features(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """[N, C, T, V, M] -> [N, D]. hidden: joints to remove, bool[V] for the batch or bool[N, V] a clip, equally many of each."""
        return self.tokens(x, hidden).mean(1)

    def tokens(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """What `features` is the mean of: [N, C, T, V, M] -> [N, T', D], one vector a stretch of frames."""
        people = tracks(self.check(x))
        per_person = self.encode(people, hidden).mean(2).transpose(1, 2)  # [P, T', D]
        total = per_person.new_zeros(len(x), *per_person.shape[1:]).index_add(0, people.clip, per_person)
        return total / torch.bincount(people.clip, minlength=len(x)).clamp_min(1)[:, None, None]

    def encode(self, people: Tracks, hidden: Tensor | None = None) -> Tensor:
        """Feature maps of the last block, [P, D, K, T'], of the K joints that stay."""
        return self.layers(people, hidden)[-1]

    def layers(self, people: Tracks, hidden: Tensor | None = None) -> list[Tensor]:
        """Feature maps after every block, [P, C_i, K, T_i]."""
        x, kept = self.normalise(people.poses), None
        if hidden is not None:
            kept = kept_joints(hidden, len(self.skeleton))
            kept = kept[people.clip] if len(kept) > 1 else kept  # [1 or P, K]
            x = (
                x.gather(2, kept[:, None, :, None].expand(len(x), x.shape[1], -1, x.shape[3]))
                if len(kept) > 1
                else x[:, :, kept[0]]
            )
            x = x.contiguous(memory_format=torch.channels_last)
        maps = []
        for block in self.blocks:
            x = block(x, self.graph, kept)
            maps.append(x)
        return maps

    def normalise(self, poses: Tensor) -> Tensor:
        """Batch norm of every coordinate of every joint. [P, C, T, V] -> [P, C, V, T]."""
        if poses.shape[0] == 0:  # nobody in the whole batch; batch norm would refuse
            return poses.transpose(2, 3)
        rows = poses.permute(0, 3, 1, 2).flatten(1, 2)  # [P, V C, T]
        return (
            self.norm(rows)
            .unflatten(1, (-1, poses.shape[1]))
            .transpose(1, 2)
            .contiguous(memory_format=torch.channels_last)
        )

    def check(self, x: Tensor) -> Tensor:
        """Return x if it is a batch of this network's joints and channels, else say what is wrong."""
        motion.check_batch(x, self.skeleton)
        if x.shape[1] != self.channels:
            raise ValueError(
                f"the batch has {x.shape[1]} channels, this network was built for {self.channels}; build one with channels={x.shape[1]}"
            )
        return x
