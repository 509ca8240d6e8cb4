"""The block of STTFormer and of the decoder: attention among tokens, then convolution along tuples. (CHARON, network section.)"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..utils.random import uniform

SLOPE = 0.1
"""Of every LeakyReLU."""

SHARPNESS = 10.0
"""What the learnt scale of a head's scores begins with: about sqrt(d T') of `nano`, so that scores vary by about 1 and not by a tenth of that.
Beginning at 1, all tokens attend alike for hundreds of steps, and actions that differ by side are not told apart."""


def similarity(queries_keys: Tensor, heads: int) -> Tensor:
    """Inner product over d and T' of every token's query with every token's key. [P, 2 h d, T', V'] -> [P, h, V', V']."""
    both = queries_keys.unflatten(1, (2, heads, -1)).permute(1, 0, 2, 5, 4, 3)  # [2, P, h, V', T', d]
    queries, keys = both.flatten(4)
    return queries @ keys.transpose(2, 3)


def attend(maps: Tensor, x: Tensor) -> Tensor:
    """Each head's mixture of the tokens of x: y[h, :, t, i] = sum_j maps[h, i, j] x[:, t, j], the same map for every tuple.

    maps [P, h, V', V'], x [P, C, T', V'] -> [P, h C, T', V'].
    """
    (clips, heads, tokens, _), (channels, tuples) = maps.shape, x.shape[1:3]
    y = maps.flatten(1, 2) @ x.permute(0, 3, 2, 1).flatten(2)  # [P, h V', T' C]
    y = y.view(clips, heads, tokens, tuples, channels).permute(0, 3, 2, 1, 4)  # [P, T', V', h, C]
    return y.flatten(3).permute(0, 3, 1, 2)


def initialise(module: nn.Module, generator: torch.Generator | None) -> None:
    """Draw the weights of all convolutions (He et al., 2015), linear layers and attentions; biases are zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.MultiheadAttention):
            attention = isinstance(layer, nn.MultiheadAttention)
            weight, bias = (
                (layer.in_proj_weight, layer.in_proj_bias) if attention else (layer.weight, layer.bias)
            )
            bound = ((6 / (1 + SLOPE**2) if isinstance(layer, nn.Conv2d) else 1) / weight[0].numel()) ** 0.5
            with torch.no_grad():
                weight.copy_(uniform(weight.shape, weight.device, generator, -bound, bound))
                if bias is not None:
                    bias.zero_()


class Convolution(nn.Conv2d):
    """Over (tuples, tokens) or (joints, frames), keeping their number unless there is a stride.

    The weights are whatever was in memory until `initialise` has drawn them.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: tuple[int, int] = (1, 1),
        bias: bool = True,
        stride: tuple[int, int] = (1, 1),
    ):
        super().__init__(c_in, c_out, kernel, stride, padding=(kernel[0] // 2, kernel[1] // 2), bias=bias)

    def reset_parameters(self) -> None:
        """Nothing: torch would draw from its global generator."""

    def forward(self, x: Tensor) -> Tensor:
        return pointwise(x, self.weight, self.bias) if self.kernel_size == (1, 1) else super().forward(x)


def pointwise(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """1x1 convolution as a matrix product: the weight's gradient is too, and two busy cores wait less for each other than in convolutions."""
    return F.linear(x.permute(0, 2, 3, 1), weight.flatten(1), bias).permute(0, 3, 1, 2)


def convolution(c_in: int, c_out: int, kernel: tuple[int, int] = (1, 1)) -> nn.Sequential:
    """Convolution, then batch norm; without the bias, which batch norm would subtract again."""
    return nn.Sequential(Convolution(c_in, c_out, kernel, bias=False), nn.BatchNorm2d(c_out))


def _join(x: Tensor, residual: Tensor) -> Tensor:
    """LeakyReLU of the sum, written over x: a batch norm's backward does not ask for what it gave."""
    return F.leaky_relu_(x.add_(residual), SLOPE)


class Block(nn.Module):
    """Attention among the V' tokens, one map for all tuples, then a convolution along tuples. [P, c_in, T', V'] -> [P, c_out, T', V'].

    Differs from the authors: without what has no effect, their constant per head before the softmax and biases before batch norm.

    Args:
        tokens: V', needed by attention="tanh": tanh of the scores plus a learnt [V', V'] map per head (STTFormer).
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        d: int,
        heads: int = 3,
        attention: Literal["softmax", "tanh"] = "softmax",
        tokens: int = 0,
    ):
        super().__init__()
        if attention not in ("softmax", "tanh"):
            raise ValueError(f"attention={attention!r}: expected 'softmax' or 'tanh'")
        self.heads = heads
        self.queries_keys = Convolution(c_in, 2 * heads * d)
        self.scale = nn.Parameter(torch.full((heads, 1, 1), SHARPNESS))
        self.map = (
            nn.Parameter(torch.full((heads, tokens, tokens), 1 / tokens)) if attention == "tanh" else None
        )
        self.mix = convolution(heads * c_in, c_out, (1, 5))
        self.widen = convolution(c_out, c_out)
        self.along_time = convolution(c_out, c_out, (3, 1))
        self.residual = convolution(c_in, c_out) if c_in != c_out else nn.Identity()
        self.time_residual = convolution(c_out, c_out) if c_in != c_out else nn.Identity()

    def maps(self, x: Tensor) -> Tensor:
        """How much of token j each token i takes, per head. [P, h, V', V']."""
        layer, d = self.queries_keys, len(self.queries_keys.weight) // (2 * self.heads)
        factor = self.scale.squeeze(2) / (
            d * x.shape[2]
        )  # [h, 1]; times the queries' few weights instead of times the scores
        factor = torch.stack([factor, torch.ones_like(factor)]).expand(-1, -1, d).flatten()  # [2 h d]
        scores = similarity(
            pointwise(x, layer.weight * factor[:, None, None, None], layer.bias * factor), self.heads
        )
        return scores.softmax(-1) if self.map is None else scores.tanh() + self.map

    def forward(self, x: Tensor) -> Tensor:
        residual = self.residual(x)
        y = _join(self.mix(attend(self.maps(x), x)), residual)
        y = _join(self.widen(y), residual)
        return _join(self.along_time(y), self.time_residual(y))
