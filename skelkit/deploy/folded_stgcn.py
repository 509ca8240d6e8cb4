"""ST-GCN when nothing is learnt any more: batch norm is part of the weights, and no axis ever changes its place. What is exported."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_weights

from ..models.stgcn import STGCN, GraphBlock


class FoldedSTGCN(nn.Module):
    """The feature maps of an `STGCN` in evaluation, of all its joints: [P, C, T, V] -> [P, D, T', V].

    The same numbers but for rounding. What takes time in so small a network, once it is exported, is to move memory about: in this order of
    axes the sum over the graph is three matrix products and everything else convolutions.

    >>> from skelkit.skeletons import NTU25
    >>> network, x = STGCN(NTU25, "student", torch.Generator().manual_seed(0)).eval(), torch.rand(2, 3, 20, 25)
    >>> FoldedSTGCN(network)(x).shape
    torch.Size([2, 32, 5, 25])
    """

    @torch.no_grad()
    def __init__(self, network: STGCN):
        super().__init__()
        norm, joints = network.norm, len(network.skeleton)
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # [V C]
        for name, value in (("scale", scale), ("shift", norm.bias - norm.running_mean * scale)):
            self.register_buffer(
                name, value.unflatten(0, (joints, network.channels)).T[:, None].clone()
            )  # [C, 1, V]
        self.blocks = nn.ModuleList(_Block(block, network.graph) for block in network.blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.scale + self.shift
        for block in self.blocks:
            x = block(x)
        return x


class _Block(nn.Module):
    """A `GraphBlock`: [P, c_in, T, V] -> [P, c_out, T / stride, V]."""

    def __init__(self, block: GraphBlock, graph: Tensor):
        super().__init__()
        self.stride = block.stride
        self.register_buffer("edges", graph if block.edges is None else graph * block.edges)  # [3, V, V]
        self.over_graph = _convolution(*block.over_graph)
        self.along_time = _convolution(block.along_time, block.norm, block.stride)
        self.residual = (
            nn.Identity()
            if isinstance(block.residual, nn.Identity)
            else _convolution(*block.residual, block.stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([x @ edges for edges in self.edges], 1)
        return F.relu(self.along_time(F.relu(self.over_graph(y))) + self.residual(x))


def _convolution(convolution: nn.Conv2d, norm: nn.BatchNorm2d, stride: int = 1) -> nn.Conv2d:
    """Both as one convolution over [T, V]; that over [V, T] has its kernel along the last axis."""
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    weight = weight.transpose(2, 3)
    fused = nn.utils.skip_init(
        nn.Conv2d,
        *weight.shape[1::-1],
        weight.shape[2:],
        stride=(stride, 1),
        padding=(weight.shape[2] // 2, 0),
    )
    fused.weight, fused.bias = nn.Parameter(weight.contiguous()), nn.Parameter(bias)
    return fused
