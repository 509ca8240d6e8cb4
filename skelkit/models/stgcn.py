"""ST-GCN: convolution over the graph of joints, then over time.

(Yan et al., 2018; PSTL and ASMa, sections on the encoder.)

Inside the network the P tracks (see `persons`) are [P, C, V, T] in channels_last memory, so that a 1x1
convolution is one matrix product and the frames of a joint are contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from .block import Convolution, channels_last, convolution, initialise
from .partition import Partition, partition
from .persons import Tracks, persons_per_clip, tracks
from .sttformer import check_channels, kept_index, resolve_size


@dataclass(frozen=True)
class GraphSize:
    """The size of an ST-GCN.

    Attributes:
        blocks: (channels out, temporal stride) of each block.
        kernel: frames of the temporal convolution.
        dropout: dropout rate.
        edges: whether each block learns a weight for every edge.
        partition: of the edges into three subsets, see `partition`.
        plain_start: whether the first block has neither residual nor dropout, as published.
        graph_bias: whether the convolution over the graph has a bias for each subset, as published: a joint
            gets it as often as its neighbours in the subset weigh.
    """

    blocks: tuple[tuple[int, int], ...]
    kernel: int = 9
    dropout: float = 0.0
    edges: bool = True
    partition: Partition = "distance"
    plain_start: bool = False
    graph_bias: bool = False


_PAPER = GraphSize(((16, 1),) * 4 + ((32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (256, 1)), dropout=0.5)

GRAPH_SIZES = {
    "paper": _PAPER,
    "published": replace(_PAPER, partition="one_hop", plain_start=True, graph_bias=True),
    "laptop": GraphSize(((16, 2), (16, 1), (32, 2), (64, 1))),
    "student": GraphSize(((8, 2), (16, 2), (32, 1)), kernel=5, edges=False),
    "pocket": GraphSize(((8, 2), (16, 2), (16, 1)), kernel=5, edges=False),
}
"""`paper` is the published size of PSTL and ASMa; `published` is PSTL's encoder in all details.

`laptop` suits two cores, `student` is for distillation, `pocket` is half of it.
"""


def kept_joints(hidden: Tensor, joints: int, count: int | None = None) -> Tensor:
    """Indices of the joints that are not removed, in order: Long[1 or N, K].

    Args:
        hidden: true where a joint is removed; bool[V] for the whole batch, or bool[N, V].
        joints: V.
        count: K, if it is known. Default: read from `hidden`, which makes the host wait for a GPU.

    Raises:
        ValueError: no joint is left, clips keep different numbers of joints, or the mask has another number
            of joints.

    >>> kept_joints(torch.tensor([[False, True, False], [True, False, False]]), 3).tolist()
    [[0, 2], [1, 2]]
    """
    hidden = hidden.reshape(-1, hidden.shape[-1])
    if hidden.shape[1] != joints:
        raise ValueError(
            f"a mask of {hidden.shape[1]} joints for {joints}; draw it with the skeleton of these clips"
        )
    if count is not None:
        return kept_index(hidden, count)
    fewest, most = (int(kept) for kept in (~hidden).sum(1).aminmax())
    if fewest == 0:
        raise ValueError(
            f"clip {int(hidden.all(1).nonzero()[0])}: the mask hides all {joints} joints, "
            "and nothing is left to see; choose a smaller ratio"
        )
    if fewest != most:
        raise ValueError(
            f"the clips keep {fewest} to {most} joints; "
            "hide equally many in every clip, or give one mask [V] for the batch"
        )
    return kept_index(hidden, most)


def subgraph(graph: Tensor, kept: Tensor) -> Tensor:
    """The graph restricted to the joints that are kept. [3, V, V], Long[G, K] -> [G, 3, K, K]."""
    return graph[:, kept[:, :, None], kept[:, None, :]].transpose(0, 1)


def spread_over_graph(x: Tensor, graph: Tensor) -> Tensor:
    """Weighted sum over the neighbours of each joint, for each of 3 kinds of edge.

    [P, C, V, T] -> [P, 3 C, V, T].

    Args:
        x: [P, C, V, T].
        graph: [G, 3, V, V]; `graph[:, k, i, j]` is the weight of joint i in joint j; G is 1 or P.
    """
    people, channels, joints, frames = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(people, joints, frames * channels)  # [P, V, T C]
    edges = graph.transpose(2, 3).flatten(1, 2)  # [G, 3 V, V]
    y = edges @ rows if len(graph) > 1 else (edges[0] @ rows)  # [P, 3 V, T C]
    y = y.view(people, graph.shape[1], joints, frames, channels).permute(0, 2, 3, 1, 4)  # [P, V, T, 3, C]
    return y.flatten(3).permute(0, 3, 1, 2)


class GraphBlock(nn.Module):
    """Graph convolution, batch norm, ReLU, temporal convolution, batch norm, residual, ReLU.

    [P, c_in, V, T] -> [P, c_out, V, T / stride].

    Args:
        c_in, c_out: channels.
        stride: temporal stride.
        size: kernel, dropout, edge weights and bias.
        joints: V.
        plain: neither residual nor dropout.
    """

    def __init__(self, c_in: int, c_out: int, stride: int, size: GraphSize, joints: int, plain: bool = False):
        super().__init__()
        self.edges = nn.Parameter(torch.ones(3, joints, joints)) if size.edges else None
        self.over_graph = convolution(3 * c_in, c_out)
        self.bias = nn.Parameter(torch.zeros(3, c_out)) if size.graph_bias else None
        self.along_time = Convolution(c_out, c_out, (1, size.kernel), bias=False, stride=(1, stride))
        self.norm = nn.BatchNorm2d(c_out)
        self.dropout = nn.Dropout(size.dropout) if size.dropout and not plain else nn.Identity()
        self.stride = stride
        self.residual: nn.Module | None = None
        if not plain:
            self.residual = convolution(c_in, c_out) if (c_in, stride) != (c_out, 1) else nn.Identity()

    def forward(self, x: Tensor, graph: Tensor, kept: Tensor | None = None) -> Tensor:
        """[P, c_in, K, T] -> [P, c_out, K, T / stride].

        Args:
            x: feature maps of the K joints that are kept.
            graph: [3, V, V].
            kept: Long[1 or P, K], indices of these joints. Default: all.
        """
        graph = graph if self.edges is None else graph * self.edges
        graph = graph[None] if kept is None else subgraph(graph, kept)
        y = F.relu(self.mixed(spread_over_graph(x, graph), graph), inplace=True)
        y = self.dropout(self.norm(self.along_time(y)))
        return F.relu(y if self.residual is None else y + self.residual(x[..., :: self.stride]))

    def mixed(self, spread: Tensor, graph: Tensor) -> Tensor:
        """Convolution, bias and batch norm of sums over neighbours, [P, 3 c_in, K, T] -> [P, c_out, K, T]."""
        if self.bias is None:
            return self.over_graph(spread)
        convolve, norm = self.over_graph
        bias = torch.einsum("gkij,kc->gcj", graph, self.bias)[..., None]  # [G, c_out, K, 1]
        return norm(convolve(spread) + bias)


class STGCN(nn.Module):
    """ST-GCN encoder of clips [N, C, T, V, M], with spatial partition and learnt edge weights.

    (Yan et al. 2018; ASMa, PSTL: encoder.)

    Joints can be *removed* from features and graph, as if the skeleton did not have them; they then cost
    nothing. The feature of a clip is the mean over frames, joints and the persons present.

    Differs from the authors of PSTL: the partition is that of the ST-GCN paper, the first block has a
    residual and dropout, and the convolution over the graph has no bias; size "published" is theirs, and its
    effect on accuracy is not measured yet. In all sizes biases without effect, before batch norm, are left
    out, initial weights are uniform by fan in, theirs normal by fan in and fan out, and absent persons take
    no part in the mean and in batch norm.

    Args:
        skeleton: gives the graph.
        size: a name in `GRAPH_SIZES`, or a `GraphSize`.
        generator: draws the initial weights.
        classes: number of classes of a linear classifier, for training with labels; `forward` then gives
            logits. 0: no classifier.
        channels: C.

    Raises:
        ValueError: an unknown size, or no generator.

    >>> from skelkit.skeletons import NTU25
    >>> encoder = STGCN(NTU25, "laptop", torch.Generator().manual_seed(0))
    >>> x = torch.rand(4, 3, 50, 25, 2)
    >>> encoder.features(x).shape, encoder.tokens(x, hidden=torch.arange(25) < 8).shape
    (torch.Size([4, 64]), torch.Size([4, 13, 64]))
    """

    graph: Tensor

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
        self.register_buffer("graph", partition(skeleton, self.size.partition), persistent=False)  # [3, V, V]
        self.norm = nn.BatchNorm1d(len(skeleton) * channels)
        self.blocks = nn.ModuleList(
            GraphBlock(c_in, c_out, stride, self.size, len(skeleton), self.size.plain_start and i == 0)
            for i, (c_in, (c_out, stride)) in enumerate(zip(widths, self.size.blocks, strict=False))
        )
        self.width = widths[-1]
        self.classifier: nn.Linear | None = (
            nn.utils.skip_init(nn.Linear, self.width, classes) if classes else None
        )
        initialise(self, generator)
        channels_last(self)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Class logits [N, classes], or features [N, D] without a classifier; arguments as in `features`."""
        features = self.features(x, hidden)
        return features if self.classifier is None else self.classifier(features)

    def features(self, x: Tensor, hidden: Tensor | None = None, count: int | None = None) -> Tensor:
        """Features [N, D] of clips, float32 where the network computes in bf16.

        Args:
            x: [N, C, T, V, M].
            hidden: joints to remove, bool[V] for the whole batch, or bool[N, V] with equally many per clip.
                Default: none.
            count: joints that each clip keeps, as in `kept_joints`.

        Raises:
            ValueError: another number of joints or channels, or a mask as in `kept_joints`.
        """
        return self.tokens(x, hidden, count).mean(1)

    def tokens(
        self, x: Tensor, hidden: Tensor | None = None, count: int | None = None, people: Tracks | None = None
    ) -> Tensor:
        """The vectors [N, T', D] that `features` averages over T'; arguments as in `features`.

        `people` are the tracks of x, if they are known; to find them, the host waits for a GPU.
        """
        people = tracks(self.check(x)) if people is None else people
        maps = self.encode(people, hidden, count)  # [P, D, K, T']
        wide = torch.promote_types(maps.dtype, torch.float32)
        per_person = maps.mean(2, dtype=wide).transpose(1, 2)  # [P, T', D]
        total = per_person.new_zeros(len(x), *per_person.shape[1:]).index_add(0, people.clip, per_person)
        return total / persons_per_clip(people.clip, len(x)).clamp_min(1)[:, None, None]

    def encode(self, people: Tracks, hidden: Tensor | None = None, count: int | None = None) -> Tensor:
        """Feature maps of the last block, [P, D, K, T'], of the K joints that are kept."""
        return self.layers(people, hidden, count)[-1]

    def layers(self, people: Tracks, hidden: Tensor | None = None, count: int | None = None) -> list[Tensor]:
        """Feature maps after every block i, [P, C_i, K, T_i]."""
        x, kept = self.normalise(people.poses), None
        if hidden is not None:
            kept = kept_joints(hidden, len(self.skeleton), count)
            kept = kept[people.clip] if len(kept) > 1 else kept  # [1 or P, K]
            if len(kept) > 1:
                index = kept[:, None, :, None].expand(len(x), x.shape[1], -1, x.shape[3])
                x = x.gather(2, index)
            else:
                x = x[:, :, kept[0]]
            x = x.contiguous(memory_format=torch.channels_last)
        maps = []
        for block in self.blocks:
            x = block(x, self.graph, kept)
            maps.append(x)
        return maps

    def normalise(self, poses: Tensor) -> Tensor:
        """Batch norm of every coordinate of every joint. [P, C, T, V] -> [P, C, V, T]."""
        if poses.shape[0] == 0:  # no person in the whole batch: batch norm would raise
            return poses.transpose(2, 3)
        rows = self.norm(poses.permute(0, 3, 1, 2).flatten(1, 2))  # [P, V C, T]
        maps = rows.unflatten(1, (-1, poses.shape[1])).transpose(1, 2)  # [P, C, V, T]
        return maps.contiguous(memory_format=torch.channels_last)

    def check(self, x: Tensor) -> Tensor:
        """x itself, if it is a batch with the joints and channels of this network.

        Raises:
            ValueError: it is not.
        """
        motion.check_batch(x, self.skeleton)
        check_channels(x, self.channels)
        return x
