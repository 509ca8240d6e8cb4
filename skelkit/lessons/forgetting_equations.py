"""Notebook 04: its metrics and the Fisher information with numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .. import study
from ..continual import metrics
from ..continual.history import History
from ..continual.learners.ewc import diagonal_fisher
from ..training.inputs import PreparedClips
from .forgetting import same_faa


def work_out(history: History) -> None:
    """Print FAA, forgetting and backward transfer with the numbers of a run; claim that these are right."""
    a = history.accuracy.double().tolist()
    last, n = a[-1], len(a)
    final = sum(last) / n
    print(f"FAA = ({' + '.join(f'{v:.2f}' for v in last)}) / {n} = {final:.3f}")
    best = [max(row[j] for row in a[j:-1]) for j in range(n - 1)]
    changes = {
        "forgetting": [(best[j], last[j]) for j in range(n - 1)],
        "backward transfer": [(last[j], a[j][j]) for j in range(n - 1)],
    }
    found = {name: sum(x - y for x, y in each) / max(1, len(each)) for name, each in changes.items()}
    for name, each in changes.items():
        terms = " + ".join(f"({x:.2f} − {y:.2f})" for x, y in each)
        print(f"{name} = {f'[{terms}] / {n - 1}' if terms else 'nothing to add up'} = {found[name]:.3f}")
    expected = history.faa, history.forgetting, history.backward_transfer
    study.claim(
        f"FAA {final:.1%}, forgetting {100 * found['forgetting']:.1f} points, backward transfer "
        f"{100 * found['backward transfer']:.1f} points, as the library computes them.",
        all(abs(x - y) < 1e-6 for x, y in zip((final, *found.values()), expected, strict=True)),
    )


def check_fisher(fisher: Callable[..., list[Tensor]], history: History, clips: int = 3) -> None:
    """Claim that the Fisher information, written out, is the library's but for its scale.

    Args:
        fisher: (network, x [N, C, T, V, M]) -> F of each parameter.
        history: of a run without masks, whose network is taken.
        clips: how many test clips it is computed on.
    """
    network = history.network.eval()
    some = PreparedClips(history.scenario.test.select(slice(0, clips)), history.settings.frames)
    theirs = torch.cat([f.flatten() for f in diagonal_fisher(network, some, torch.Generator()).values()])
    ours = torch.cat(
        [f.flatten() for f in fisher(network, some[torch.arange(len(some), device=some.labels.device)])]
    )
    ours = ours / ours.mean()
    held = ours.sort(descending=True).values.cumsum(0) / ours.sum()
    share = int((held < 0.9).sum()) / len(ours)
    study.claim(
        f"Scaled to a mean of 1, F is that of the library for all {len(ours):,} weights. {share:.0%} of the "
        "weights hold 90 % of it.",
        torch.allclose(ours, theirs, rtol=0.02, atol=1e-3 * float(theirs.max())),
    )


def two_matrices() -> str:
    """Whether methods of equal FAA forget equally much: an answer, with two matrices that show it."""
    without, much = same_faa()
    forgotten = metrics.forgetting(without), metrics.forgetting(much)
    last = " and ".join(", ".join(f"{100 * v:.0f}" for v in matrix[-1]) for matrix in (without, much))
    best = " and ".join(", ".join(f"{100 * row[i]:.0f}" for i, row in enumerate(m)) for m in (without, much))
    study.claim(
        f"Two matrices with the diagonals {best} and the last rows {last} (in %) both have FAA "
        f"{100 * metrics.faa(without):.0f} %. The first forgets {100 * forgotten[0]:.0f} points, it never "
        f"knew a task better; the second forgets {100 * forgotten[1]:.0f}.",
        abs(metrics.faa(without) - metrics.faa(much)) < 1e-6 and forgotten[0] < 0.01 < forgotten[1],
    )
    return "no"
