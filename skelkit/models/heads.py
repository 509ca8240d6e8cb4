"""Heads of encoders: the projector of Barlow Twins, and the feature alignment of several encoders."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .block import initialise


class Projector(nn.Sequential):
    """Linear layers with batch norm and ReLU between them, [N, D] -> [N, width].

    (Zbontar et al., 2021; PSTL: 3 layers of 6144.)

    Args:
        features: D.
        width: width of every layer.
        depth: number of layers.
        generator: draws the initial weights.

    >>> Projector(256, 6144, 3, torch.Generator())(torch.rand(2, 256)).shape
    torch.Size([2, 6144])
    """

    def __init__(
        self, features: int, width: int = 6144, depth: int = 3, generator: torch.Generator | None = None
    ):
        layers: list[nn.Module] = []
        for i in range(depth):
            layers += [nn.BatchNorm1d(width), nn.ReLU(inplace=True)] if i else []
            layers += [nn.utils.skip_init(nn.Linear, width if i else features, width, bias=False)]
        super().__init__(*layers)
        self.features, self.width = features, width
        initialise(self, generator)


class Alignment(nn.Module):
    """Cross-attention between the features of several encoders, and their concatenation.

    (ASMa, feature alignment module.)

    For two encoders f and g: f' = LayerNorm(f + attention(query f, keys g)), g' = LayerNorm(g +
    attention(query g, keys f)). The result concatenates the means of f' and g' over their tokens, [N, count
    D]. More than two encoders are f and g of several streams; each attends to all others.

    Differs from the authors: f and g are sequences of tokens, one per stretch of frames. Between single
    vectors the softmax has one term and is 1, so that attention would be a linear layer.

    Args:
        width: D of every encoder.
        count: number of encoders, at least 2.
        heads: number of attention heads, a divisor of D.
        generator: draws the initial weights.

    Raises:
        ValueError: fewer than two encoders, or heads that do not divide D.

    >>> Alignment(64, generator=torch.Generator())(torch.rand(8, 13, 64), torch.rand(8, 13, 64)).shape
    torch.Size([8, 128])
    """

    def __init__(self, width: int, count: int = 2, heads: int = 4, generator: torch.Generator | None = None):
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide {width} features; choose a divisor")
        if count < 2:
            raise ValueError(f"count={count}: alignment needs at least two encoders; give two or more")
        layers = [
            nn.utils.skip_init(nn.MultiheadAttention, width, heads, batch_first=True) for _ in range(count)
        ]
        self.asks = nn.ModuleList(layers)  # the name is a key of stored weights
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(count))
        initialise(self, generator)
        for attention in layers:
            nn.init.zeros_(attention.out_proj.weight)  # so that it starts as plain concatenation

    def forward(self, *tokens: Tensor) -> Tensor:
        """Tokens of each encoder [N, S, D] -> fused features [N, count D]."""
        fused = []
        for i, (own, attention, norm) in enumerate(zip(tokens, self.asks, self.norms, strict=True)):
            others = torch.cat([*tokens[:i], *tokens[i + 1 :]], 1)
            answer, _ = attention(own, others, others, need_weights=False)
            fused.append(norm(own + answer).mean(1))
        return torch.cat(fused, 1)
