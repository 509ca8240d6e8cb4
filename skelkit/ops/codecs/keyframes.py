"""Optimal choice of the frames of a clip from which linear interpolation restores it best."""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 64
"""Tracks processed at once; the tables of gap errors need T x T numbers per track."""


def keyframes(tracks: Tensor, count: int) -> Tensor:
    """The `count` frames, including the first and the last, with the least squared error of linear
    interpolation.

    Exact, by dynamic programming: best[k][j] = min over i of best[k-1][i] + error(i, j).

    Args:
        tracks: [P, T, V, C].
        count: number of frames to choose, at least 2 unless T is 1.

    Returns:
        Frame numbers, Long[P, min(count, T)], increasing.
    """
    length = tracks.shape[1]
    if count >= length:
        return torch.arange(length, device=tracks.device).expand(len(tracks), -1)
    return torch.cat([_keyframes(part, count) for part in tracks.split(CHUNK)])


def _keyframes(tracks: Tensor, count: int) -> Tensor:
    error = gap_errors(tracks).float()
    best = error[:, 0].clone()  # [P, T]: least error of two frames, the second of which is j
    sources = []
    for _ in range(count - 2):
        best, source = (best[:, :, None] + error).min(1)
        sources.append(source)
    frame = torch.full((len(tracks), 1), tracks.shape[1] - 1, device=tracks.device)
    chosen = [frame]
    for source in reversed(sources):
        frame = source.gather(1, frame)
        chosen.append(frame)
    chosen.append(torch.zeros_like(frame))
    return torch.cat(chosen[::-1], 1)


def gap_errors(tracks: Tensor) -> Tensor:
    """Squared error of linear interpolation from frame i to frame j, for every i < j; infinite otherwise.

    [P, T, V, C] -> float64 [P, T, T]. With the Gram matrix G of the frames, u = t - i and n = j - i, the
    error sum |x_t - x_i (1 - u/n) - x_j u/n|^2 over i < t < j needs only cumulative sums of G and of t G.
    """
    flat = tracks.flatten(2).double()
    flat = flat - flat.mean(1, keepdim=True)
    gram = flat @ flat.mT  # [P, T, T]
    time = torch.arange(tracks.shape[1], device=tracks.device, dtype=torch.float64)
    i, j = time[:, None], time[None, :]
    n = (j - i).clamp_min(1)
    own = gram.diagonal(dim1=1, dim2=2)  # [P, T]: |x_t|^2

    squares = _sum_between(own).masked_fill(j <= i, 0)  # sum of |x_t|^2
    with_i, with_j = _sum_with_start(gram), _sum_with_end(gram)  # sum of G[t, i], of G[t, j]
    weighted = time[:, None] * gram
    weighted_i = (_sum_with_start(weighted) - i * with_i) / n  # sum of u/n G[t, i]
    weighted_j = (_sum_with_end(weighted) - i * with_j) / n  # sum of u/n G[t, j]
    inner = n - 1  # number of frames between i and j
    share = inner / 2  # sum of u/n
    share_squared = (n - 1) * (2 * n - 1) / (6 * n)  # sum of (u/n)^2
    error = squares - 2 * (with_i - weighted_i) - 2 * weighted_j
    error = error + own[:, :, None] * (inner - 2 * share + share_squared) + own[:, None, :] * share_squared
    error = error + 2 * gram * (share - share_squared)
    return error.clamp_min(0).masked_fill(j <= i, torch.inf)


def _sum_between(series: Tensor) -> Tensor:
    """Sum of series[t] over i < t < j. [P, T] -> [P, i, j]; valid for i < j."""
    total = series.cumsum(1)
    return total.roll(1, 1)[:, None, :] - total[:, :, None]


def _sum_with_start(series: Tensor) -> Tensor:
    """Sum of series[t, i] over i < t < j. [P, T, T] -> [P, i, j]; valid for i < j."""
    total = series.cumsum(1)
    return total.roll(1, 1).mT - total.diagonal(dim1=1, dim2=2)[:, :, None]


def _sum_with_end(series: Tensor) -> Tensor:
    """Sum of series[t, j] over i < t < j. [P, T, T] -> [P, i, j]; valid for i < j."""
    total = series.cumsum(1)
    return total.roll(1, 1).diagonal(dim1=1, dim2=2)[:, None, :] - total
