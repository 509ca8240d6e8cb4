"""What sits on an encoder: the projector of Barlow Twins, the alignment of two encoders' features."""

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

    def __init__(self, features: int, width: int = 6144, depth: int = 3, generator: torch.Generator | None = None):
        layers: list[nn.Module] = []
        for i in range(depth):
            layers += [nn.BatchNorm1d(width), nn.ReLU(inplace=True)] if i else []
            layers += [nn.utils.skip_init(nn.Linear, width if i else features, width, bias=False)]
        super().__init__(*layers)
        self.features, self.width = features, width
        initialise(self, generator)


class Alignment(nn.Module):
    """Two encoders' features look at each other and are fused: each asks, the other answers. (ASMa, feature alignment module.)

    f' = LayerNorm(f + attention(f asks g)), g' = LayerNorm(g + attention(g asks f)); the fused vector is the mean of each over its tokens,
    one after the other, [N, 2 D].

    Differs from the authors: f and g come as several tokens, one a stretch of frames (and stream). Between one vector and one vector the
    softmax has a single term, is 1, and attention is a linear layer.

    Args:
        width: D of both; heads: of attention, a divisor of D.

    >>> Alignment(64, generator=torch.Generator())(torch.rand(8, 13, 64), torch.rand(8, 13, 64)).shape
    torch.Size([8, 128])
    """

    def __init__(self, width: int, heads: int = 4, generator: torch.Generator | None = None):
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide {width} features; choose a divisor")
        self.f_asks_g, self.g_asks_f = (nn.utils.skip_init(nn.MultiheadAttention, width, heads, batch_first=True) for _ in range(2))
        self.norm_f, self.norm_g = nn.LayerNorm(width), nn.LayerNorm(width)
        initialise(self, generator)
        for attention in (self.f_asks_g, self.g_asks_f):
            nn.init.zeros_(attention.out_proj.weight)  # begins as plain concatenation, and learns what to add

    def forward(self, f: Tensor, g: Tensor) -> Tensor:
        """Tokens f, g [N, S, D] -> [N, 2 D]."""
        from_g, _ = self.f_asks_g(f, g, g, need_weights=False)
        from_f, _ = self.g_asks_f(g, f, f, need_weights=False)
        return torch.cat([self.norm_f(f + from_g).mean(1), self.norm_g(g + from_f).mean(1)], 1)
