"""ST-GCN for inference, with batch norm folded into the weights: the form that is exported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_weights

from ..models.stgcn import STGCN, GraphBlock


class FoldedSTGCN(nn.Module):
    """Feature maps of an `STGCN` in evaluation mode, of all joints: [P, C, T, V] -> [P, D, T', V].

    Equal to those of the network up to rounding. In an exported network of this size, moving memory takes
    most of the time; in this order of axes the sum over the graph is three matrix products, everything else
    convolutions, and no axes have to be permuted.

    >>> from skelkit.skeletons import NTU25
    >>> network = STGCN(NTU25, "student", torch.Generator().manual_seed(0)).eval()
    >>> FoldedSTGCN(network)(torch.rand(2, 3, 20, 25)).shape
    torch.Size([2, 32, 5, 25])
    """

    scale: Tensor
    shift: Tensor

    @torch.no_grad()
    def __init__(self, network: STGCN):
        super().__init__()
        norm, joints = network.norm, len(network.skeleton)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # [V C]
        for name, value in (("scale", scale), ("shift", norm.bias - norm.running_mean * scale)):
            value = value.unflatten(0, (joints, network.channels)).T[:, None].clone()  # [C, 1, V]
            self.register_buffer(name, value)
        graph, blocks = network.get_buffer("graph"), cast(Iterable[GraphBlock], network.blocks)
        self.blocks = nn.ModuleList(_Block(block, graph) for block in blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.scale + self.shift
        for block in self.blocks:
            x = block(x)
        return x


class _Block(nn.Module):
    """A `GraphBlock`, [P, c_in, T, V] -> [P, c_out, T / stride, V]."""

    edges: Tensor
    bias: Tensor | None

    def __init__(self, block: GraphBlock, graph: Tensor):
        super().__init__()
        edges = graph if block.edges is None else graph * block.edges
        self.register_buffer("edges", edges)  # [3, V, V]
        self.over_graph = _folded(block.over_graph[0], block.over_graph[1])
        self.along_time = _folded(block.along_time, block.norm, block.stride)
        self.register_buffer("bias", None if block.bias is None else _folded_bias(block, edges))
        self.residual: nn.Module | None = None if block.residual is None else nn.Identity()
        if isinstance(block.residual, nn.Sequential):
            self.residual = _folded(block.residual[0], block.residual[1], block.stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.over_graph(torch.cat([x @ edges for edges in self.edges], 1))
        y = self.along_time(F.relu(y if self.bias is None else y + self.bias))
        return F.relu(y if self.residual is None else y + self.residual(x))


def _folded_bias(block: GraphBlock, edges: Tensor) -> Tensor:
    """Bias of the convolution over the graph after batch norm, [c_out, 1, V]."""
    norm = block.over_graph[1]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return (torch.einsum("kij,kc->cj", edges, block.bias) * scale[:, None])[:, None]


def _folded(convolution: nn.Module, norm: nn.Module, stride: int = 1) -> nn.Conv2d:
    """Convolution and batch norm over [V, T] as one convolution over [T, V]."""
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    weight = nn.Parameter(weight.transpose(2, 3).contiguous())  # [c_out, c_in, kernel, 1]
    folded = nn.utils.skip_init(
        nn.Conv2d,
        weight.shape[1],
        weight.shape[0],
        weight.shape[2:],
        stride=(stride, 1),
        padding=(weight.shape[2] // 2, 0),
    )
    folded.weight, folded.bias = weight, nn.Parameter(bias)
    return folded
