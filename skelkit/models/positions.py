"""Sinusoidal position codes of tokens within a tuple, and of tuples within a clip."""

from __future__ import annotations

import torch
from torch import Tensor


def position_code(positions: Tensor, channels: int) -> Tensor:
    """Sinusoidal position code, sin(p / 10000^(2i / channels)) and its cosine in turn.

    [...] -> [..., channels].
    """
    steps = torch.arange(0, channels, 2, device=positions.device)
    angles = positions[..., None] * 10000.0 ** (-steps / channels)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)[..., :channels]


def tuple_code(index: Tensor, channels: int) -> Tensor:
    """Position code of tuples; channels are reversed, so that it differs from that of tokens.

    [...] -> [..., channels].
    """
    return position_code(index, channels).flip(-1)


def add_codes(tokens: Tensor, index: Tensor | None, within: bool = True) -> Tensor:
    """Add position codes to tokens [P, C, K, V'].

    Args:
        tokens: K tuples of V' tokens.
        index: Long[P or 1, K], position of each tuple in its clip, whose code is added. None: no such code.
        within: add the code of each token's position within its tuple.
    """
    channels, count = tokens.shape[1], tokens.shape[3]
    if within:
        code = position_code(torch.arange(count, device=tokens.device), channels)  # [V', C]
        tokens = tokens + code.T[None, :, None].to(tokens.dtype)
    if index is None:
        return tokens
    return tokens + tuple_code(index, channels).movedim(2, 1)[..., None].to(tokens.dtype)
