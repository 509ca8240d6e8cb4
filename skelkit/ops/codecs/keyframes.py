"""Which frames of a clip to keep, so that straight lines between them restore it best."""

from __future__ import annotations

import torch
from torch import Tensor


def keyframes(tracks: Tensor, count: int) -> Tensor:
    """The `count` frames, first and last among them, whose linear interpolation has the least squared error.

    tracks [P, T, V, C] -> Long[P, count], increasing. Exact: best[k][j] = min over i of best[k-1][i] + error(i, j).
    """
    length = tracks.shape[1]
    if count >= length:
        return torch.arange(length, device=tracks.device).expand(len(tracks), -1)
    # 64 tracks at a time: the tables of gap errors take T x T numbers a track.
    return torch.cat([_keyframes(part, count) for part in tracks.split(64)])


def _keyframes(tracks: Tensor, count: int) -> Tensor:
    error = gap_errors(tracks).float()
    best = error[:, 0].clone()  # [P, T]: ends at j, two frames kept
    came_from = []
    for _ in range(count - 2):
        best, source = (best[:, :, None] + error).min(1)
        came_from.append(source)
    here = torch.full((len(tracks), 1), tracks.shape[1] - 1, device=tracks.device)
    chosen = [here]
    for source in reversed(came_from):
        here = source.gather(1, here)
        chosen.append(here)
    chosen.append(torch.zeros_like(here))
    return torch.cat(chosen[::-1], 1)


def gap_errors(tracks: Tensor) -> Tensor:
    """Squared error of drawing a straight line from frame i to frame j, for every i < j; infinite otherwise.

    [P, T, V, C] -> float64 [P, T, T]. With G the Gram matrix of the frames, u = t - i and n = j - i, the error
    sum |x_t - x_i (1 - u/n) - x_j u/n|^2 over i < t < j needs only running sums of G and of t G.
    """
    length = tracks.shape[1]
    flat = tracks.flatten(2).double()
    flat = flat - flat.mean(1, keepdim=True)
    gram = flat @ flat.mT  # [P, T, T]
    time = torch.arange(length, device=tracks.device, dtype=torch.float64)
    i, j = time[:, None], time[None, :]
    n = (j - i).clamp_min(1)

    def between(running: Tensor, rows: int) -> Tensor:
        """Sum over i < t < j of a [P, T(, column)] series; with a column, its frame is i (rows=0) or j (rows=1)."""
        total = running.cumsum(1)
        if running.ndim == 2:  # total[j-1] - total[i]
            return (total.roll(1, 1)[:, None, :] - total[:, :, None]).masked_fill(j <= i, 0)
        last = total.roll(1, 1).mT if rows == 0 else total.roll(1, 1).diagonal(dim1=1, dim2=2)[:, None, :]
        first = total.diagonal(dim1=1, dim2=2)[:, :, None] if rows == 0 else total
        return last - first

    squares = between(gram.diagonal(dim1=1, dim2=2), 0)
    with_i, with_j = between(gram, 0), between(gram, 1)  # sum of G[t, i], of G[t, j]
    timed = time[:, None] * gram
    later_i = (between(timed, 0) - i * with_i) / n  # sum of u/n G[t, i]
    later_j = (between(timed, 1) - i * with_j) / n
    inner = n - 1  # frames between
    share = inner / 2  # sum of u/n
    share_squared = (n - 1) * (2 * n - 1) / (6 * n)  # sum of (u/n)^2
    own = gram.diagonal(dim1=1, dim2=2)
    error = squares - 2 * (with_i - later_i) - 2 * later_j
    error = error + own[:, :, None] * (inner - 2 * share + share_squared) + own[:, None, :] * share_squared
    error = error + 2 * gram * (share - share_squared)
    return error.clamp_min(0).masked_fill(j <= i, torch.inf)
