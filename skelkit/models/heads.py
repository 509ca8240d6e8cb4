"""What sits on an encoder: the projector of Barlow Twins, the alignment of several encoders' features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .block import initialise


class Projector(nn.Sequential):
    """Linear layers with batch norm and ReLU between them, [N, D] -> [N, width]. (Zbontar et al., 2021; PSTL: 3 layers of 6144.)

    Args:
        features: D.
        width: of every layer; depth: how many.
        generator: draws the first weights.

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
    """Features of several encoders look at each other and are fused: each asks all others. (ASMa, feature alignment module.)

    Of two, f and g: f' = LayerNorm(f + attention(f asks g)), g' = LayerNorm(g + attention(g asks f)). The fused vector is the mean of each
    over its tokens, one after the other, [N, count D]. More than two are f and g of several streams.

    Differs from the authors: f and g come as several tokens, one a stretch of frames. Between one vector and one vector the softmax has a
    single term, is 1, and attention is a linear layer.

    Args:
        width: D of all; count: how many; heads: of attention, a divisor of D.

    >>> Alignment(64, generator=torch.Generator())(torch.rand(8, 13, 64), torch.rand(8, 13, 64)).shape
    torch.Size([8, 128])
    """

    def __init__(self, width: int, count: int = 2, heads: int = 4, generator: torch.Generator | None = None):
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide {width} features; choose a divisor")
        if count < 2:
            raise ValueError(f"count={count}: one encoder has nobody to ask; give two or more")
        self.asks = nn.ModuleList(
            nn.utils.skip_init(nn.MultiheadAttention, width, heads, batch_first=True) for _ in range(count)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(count))
        initialise(self, generator)
        for attention in self.asks:
            nn.init.zeros_(attention.out_proj.weight)  # begins as plain concatenation, and learns what to add

    def forward(self, *tokens: Tensor) -> Tensor:
        """Tokens of each encoder [N, S, D] -> [N, count D]."""
        fused = []
        for i, (mine, asks, norm) in enumerate(zip(tokens, self.asks, self.norms, strict=True)):
            others = torch.cat([*tokens[:i], *tokens[i + 1 :]], 1)
            answer, _ = asks(mine, others, others, need_weights=False)
            fused.append(norm(mine + answer).mean(1))
        return torch.cat(fused, 1)
