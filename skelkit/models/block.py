"""The block of STTFormer and of its decoder: attention between tokens, then convolution along tuples.

(CHARON, network section.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..utils.random import uniform
from .positions import add_codes

AttentionKind = Literal["softmax", "tanh"]
SoftmaxOver = Literal["inputs", "outputs"]

SLOPE = 0.1
"""Negative slope of every LeakyReLU."""


@dataclass(frozen=True)
class Attention:
    """How the scores s[u, v] of query u and key v become weights of the tokens in each output token.

    Attributes:
        kind: "softmax" of scale · s (CHARON). "tanh": a[u, v] = α tanh(s[u, v]) + A[u, v] is the weight of
            token u in output token v, with a learnt α and a learnt [V', V'] map A per head (STTFormer).
        softmax_over: "outputs": output token v is the sum of all tokens u, weighted by a softmax over v, as
            published: what a token gives to all outputs adds up to 1, what an output collects does not.
            "inputs": output token u is the sum of all tokens v, weighted by a softmax over v, as is usual.
        scale: initial value of the learnt scale of each head. "tanh" has none; its α starts at 1.

    Raises:
        ValueError: an unknown kind or axis of the softmax.
    """

    kind: AttentionKind = "softmax"
    softmax_over: SoftmaxOver = "outputs"
    scale: float = 1.0

    def __post_init__(self) -> None:
        for name, value, known in (
            ("attention", self.kind, get_args(AttentionKind)),
            ("softmax_over", self.softmax_over, get_args(SoftmaxOver)),
        ):
            if value not in known:
                raise ValueError(f"{name}={value!r}: expected {known[0]!r} or {known[1]!r}")


DEFAULT_ATTENTION = Attention()


def similarity(queries_keys: Tensor, heads: int) -> Tensor:
    """Inner products, over d and T', of every token's query with every token's key.

    [P, 2 h d, T', V'] -> [P, h, V', V'].
    """
    both = queries_keys.unflatten(1, (2, heads, -1)).permute(1, 0, 2, 5, 4, 3)  # [2, P, h, V', T', d]
    queries, keys = both.flatten(4)  # [P, h, V', T' d]
    return queries @ keys.transpose(2, 3)


def attend(maps: Tensor, x: Tensor) -> Tensor:
    """Weighted sums of tokens, y[h, :, t, i] = sum_j maps[h, i, j] x[:, t, j]; one map for all tuples.

    maps [P, h, V', V'], x [P, C, T', V'] -> [P, h C, T', V'].
    """
    (clips, heads, tokens, _), (channels, tuples) = maps.shape, x.shape[1:3]
    y = maps.flatten(1, 2) @ x.permute(0, 3, 2, 1).flatten(2)  # [P, h V', T' C]
    y = y.view(clips, heads, tokens, tuples, channels).permute(0, 3, 2, 1, 4)  # [P, T', V', h, C]
    return y.flatten(3).permute(0, 3, 1, 2)  # [P, h C, T', V']


def initialise(module: nn.Module, generator: torch.Generator | None) -> None:
    """Draw all convolution (He et al., 2015), linear and attention weights, and set their biases to zero.

    Raises:
        ValueError: no generator.
    """
    for layer in module.modules():
        if isinstance(layer, nn.MultiheadAttention):
            _draw(layer.in_proj_weight, layer.in_proj_bias, 1.0, generator)
        elif isinstance(layer, nn.Conv2d):
            _draw(layer.weight, layer.bias, 6 / (1 + SLOPE**2), generator)
        elif isinstance(layer, nn.Linear):
            _draw(layer.weight, layer.bias, 1.0, generator)


@torch.no_grad()
def _draw(weight: Tensor, bias: Tensor | None, gain: float, generator: torch.Generator | None) -> None:
    """Uniform weights with bound sqrt(gain / fan in), and a bias of zero."""
    bound = (gain / weight[0].numel()) ** 0.5
    weight.copy_(uniform(weight.shape, weight.device, generator, -bound, bound))
    if bias is not None:
        bias.zero_()


def channels_last(module: nn.Module) -> None:
    """Convert the weights of all convolutions to channels_last memory."""
    # torch's annotations lack the overload with a memory format alone.
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class Convolution(nn.Conv2d):
    """Convolution over (tuples, tokens) or (joints, frames); the output has the size of the input / stride.

    The weights are not initialised: call `initialise`.
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
        """No-op: torch would draw from its global generator."""

    def forward(self, x: Tensor) -> Tensor:
        """[P, c_in, H, W] -> [P, c_out, H / stride, W / stride]."""
        return pointwise(x, self.weight, self.bias) if self.kernel_size == (1, 1) else super().forward(x)


def pointwise(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """1x1 convolution as a matrix product, [P, c_in, H, W] -> [P, c_out, H, W].

    The gradient of the weight is a matrix product too; on two cores that is faster than torch's convolution.
    """
    return F.linear(x.permute(0, 2, 3, 1), weight.flatten(1), bias).permute(0, 3, 1, 2)


def convolution(c_in: int, c_out: int, kernel: tuple[int, int] = (1, 1)) -> nn.Sequential:
    """Convolution, then batch norm. The convolution has no bias, because batch norm would subtract it."""
    return nn.Sequential(Convolution(c_in, c_out, kernel, bias=False), nn.BatchNorm2d(c_out))


def _add_and_activate(x: Tensor, residual: Tensor) -> Tensor:
    """LeakyReLU of x + residual, written to x: the backward pass of batch norm does not need its output."""
    return F.leaky_relu_(x.add_(residual), SLOPE)


class Block(nn.Module):
    """Attention between the V' tokens, with one map for all tuples, then a convolution along tuples.

    [P, c_in, T', V'] -> [P, c_out, T', V'].

    Scores are s[u, v] = sum over d and T' of q[., t, u] k[., t, v] / (d T'). Values are the block's input.
    With attention "tanh" queries and keys read the input plus its position code within the tuple.

    Differs from the authors: parameters without effect are left out (a constant per head before the softmax,
    biases before batch norm).

    Args:
        c_in, c_out: channels.
        d: size of queries and keys.
        heads: h, number of attention heads.
        attention: how scores become weights.
        tokens: V', needed for attention "tanh".
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        d: int,
        heads: int = 3,
        attention: Attention = DEFAULT_ATTENTION,
        tokens: int = 0,
    ):
        super().__init__()
        self.heads, self.attention = heads, attention
        tanh = attention.kind == "tanh"
        self.queries_keys = Convolution(c_in, 2 * heads * d)
        self.scale = nn.Parameter(torch.full((heads, 1, 1), 1.0 if tanh else attention.scale))
        self.map = nn.Parameter(torch.full((heads, tokens, tokens), 1 / tokens)) if tanh else None
        self.mix = convolution(heads * c_in, c_out, (1, 5))
        self.widen = convolution(c_out, c_out)
        self.along_time = convolution(c_out, c_out, (3, 1))
        self.residual = convolution(c_in, c_out) if c_in != c_out else nn.Identity()
        self.time_residual = convolution(c_out, c_out) if c_in != c_out else nn.Identity()

    def maps(self, x: Tensor) -> Tensor:
        """Attention weights [P, h, V', V'] of x [P, c_in, T', V']; row i weighs all tokens for token i."""
        if self.map is not None:
            weights = self.scores(add_codes(x, None), torch.ones_like(self.scale)).tanh()
            return (self.scale * weights + self.map).transpose(2, 3)
        weights = self.scores(x, self.scale).softmax(-1)
        return weights if self.attention.softmax_over == "inputs" else weights.transpose(2, 3)

    def scores(self, x: Tensor, scale: Tensor) -> Tensor:
        """scale · s[u, v] of query u and key v: x [P, c_in, T', V'], scale [h, 1, 1] -> [P, h, V', V']."""
        layer, d = self.queries_keys, len(self.queries_keys.weight) // (2 * self.heads)
        # [h, 1]: applied to the few weights of the queries instead of all scores
        factor = scale.squeeze(2) / (d * x.shape[2])
        factor = torch.stack([factor, torch.ones_like(factor)]).expand(-1, -1, d).flatten()  # [2 h d]
        bias = None if layer.bias is None else layer.bias * factor
        return similarity(pointwise(x, layer.weight * factor[:, None, None, None], bias), self.heads)

    def forward(self, x: Tensor) -> Tensor:
        """[P, c_in, T', V'] -> [P, c_out, T', V']."""
        residual = self.residual(x)
        y = _add_and_activate(self.mix(attend(self.maps(x), x)), residual)
        y = _add_and_activate(self.widen(y), residual)
        return _add_and_activate(self.along_time(y), self.time_residual(y))
