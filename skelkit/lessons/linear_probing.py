"""Notebook 05, Linear probing: what probing changes, and its code compared with the library's."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor, nn

from .. import bench, study
from ..continual import ReplayMemory, diagnostics
from ..continual.learners.base import Network
from ..continual.presets import Settings
from ..continual.probing import probe
from ..ops import codecs
from ..training.inputs import PreparedClips
from ..viz import learning, show
from .probing_run import ProbedRun


def check_probed_weights(run: ProbedRun) -> tuple[int, int]:
    """Claim that probing changes only the classifier; returns the number of its weights and of all."""
    unprobed, last = run.unprobed, run.last
    changed = not torch.equal(last.before.weight, last.after.weight)
    changed = changed and torch.equal(last.before.weight, unprobed.weight.cpu())
    some, every = (sum(p.numel() for p in each.parameters()) for each in (last.after, run.history.network))
    study.claim(
        f"Probing changes only the classifier, {some:,} of {every:,} weights ({some / every:.1%}). Encoder "
        "and "
        "decoder stay the same.",
        changed,
    )
    return some, every


def check_discriminant(ours: tuple[Tensor, Tensor, Tensor], library: nn.Linear, features: Tensor) -> None:
    """Claim that weights and biases of a discriminant, written out, predict what the library's predicts.

    Args:
        ours: classes that have clips, Long[C], their weights [C, D] and biases [C].
        features: [N, D] of clips to compare them on.
    """
    classes, weight, bias = ours
    with torch.no_grad():
        expected = library(features)[:, classes]
    apart = float((features @ weight.T + bias - expected).abs().max() / expected.abs().max())
    study.claim(
        f"It is that of the library: the largest difference of their logits is {apart:.1g} of the largest "
        "logit.",
        apart < 1e-3,
    )


def show_drift(run: ProbedRun) -> list[float]:
    """Draw how the class means of the first task move until the last one; returns how far after each task.

    In units of the spread of the clips around them; see `diagnostics.class_mean_shift`.
    """
    snapshots, of_first = run.recorder.snapshots, torch.isin(run.labels, torch.tensor(run.order[0]))
    start, end = (snapshot.features[of_first] for snapshot in (snapshots[0], snapshots[-1]))
    title = f"Features of the first task, from after task 1 to after task {len(run.order)}"
    labels = run.labels[of_first]
    before, after = learning.plane(start, end)
    show(learning.drift(before, after, labels, run.names, title))
    moved = [diagnostics.class_mean_shift(start, each.features[of_first], labels) for each in snapshots]
    print("distance of the means since task 1, in spreads:", "  ".join(f"{v:.2f}" for v in moved))
    # Means of other clips of the same classes would differ by this much: 1 / √n for n clips of a class.
    chance = float((1 / labels.unique(return_counts=True)[1].double().sqrt()).mean())
    words = (
        f"The means of the {len(run.order[0])} classes of the first task moved by {moved[-1]:.1f} times the "
        f"spread of their {len(labels)} clips; drawing other clips would move them by about {chance:.1f}"
    )
    study.finding(moved[-1] > 2 * chance, f"{words}.", f"{words}: hardly more than that.")
    return moved


def check_prior(new: int, old: int) -> None:
    """Claim by how much a classifier that saw half new and half old classes favours a new one in its bias.

    On features that say nothing, so that the bias alone is learnt.
    """
    share = torch.tensor([0.5 / new] * new + [0.5 / old] * old, dtype=torch.float64)
    bias = torch.zeros(new + old, dtype=torch.float64, requires_grad=True)
    for _ in range(4000):  # gradient descent on the cross-entropy
        loss = -(share * bias.log_softmax(0)).sum()
        (gradient,) = torch.autograd.grad(loss, bias)
        bias = (bias - 5 * gradient).detach().requires_grad_()
    found, expected = float((bias[0] - bias[-1]).detach()), math.log(old / new)
    study.claim(
        f"Half of each batch from {new} new classes, half from {old} old ones, and features that say "
        f"nothing: the bias of a new class ends {found:+.2f} above that of an old one; log({old}/{new}) = "
        f"{expected:+.2f}.",
        abs(found - expected) < 0.01,
    )


class CountingEncoder:
    """A frozen network with its own copy of a classifier; counts the clips that it encodes.

    Args:
        network: its `features` are used without gradients.
        classifier: copied, so that each training starts from the same weights.
    """

    def __init__(self, network: Network, classifier: nn.Linear):
        self.network, self.classifier, self.clips = network, deepcopy(classifier), 0

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Features of clips [N, C, T, V, M], [N, D]."""
        self.clips += len(x)
        return self.network.features(x)


def compare_loops(probe_all: Callable[..., None], run: ProbedRun) -> dict[str, int]:
    """Claim that a loop which encodes every clip at every step trains the same classifier as the library's.

    Args:
        probe_all: (encode, classifier, batches, settings) trains the classifier; a batch is clips, their
            labels, clips of a first draw from the memory, their stored logits, clips of a second draw, their
            labels.

    Returns:
        Clips that are encoded: "ours_at_most" and "naive".
    """
    history, order, seed = run.history, run.order, run.seed
    short = replace(run.settings, probe_epochs=3, least_probe_steps=0)  # as published
    assert history.memory is not None
    last = history.scenario[len(order) - 1].train.select(slice(0, 200))
    task = PreparedClips(last, short.frames)
    past = diagnostics.memory_subset(history.memory, sum(order[:-1], ()) or order[-1])
    steps = short.probe_epochs * -(-len(task) // short.batch)

    def cached() -> CountingEncoder:
        each = CountingEncoder(history.network, run.unprobed)
        probe(each, task.map(each.features), task.labels, past, short, torch.Generator().manual_seed(seed))
        return each

    def straightforward() -> CountingEncoder:
        each = CountingEncoder(history.network, run.unprobed)
        probe_all(each.features, each.classifier, _batches(task, past, short, seed), short)
        return each

    ours, naive = cached(), straightforward()
    study.claim(
        f"{len(task)} clips of the task, {len(past)} in the memory, {short.probe_epochs} epochs: the loop "
        f"encodes {naive.clips} clips, the library with its cached features {ours.clips}, "
        f"{naive.clips / ours.clips:.1f} times fewer.",
        naive.clips == short.probe_epochs * len(task) + 2 * short.batch * steps
        and ours.clips <= len(task) + len(past),
    )
    apart = float((ours.classifier.weight - naive.classifier.weight).detach().abs().max())
    study.claim(f"Both give the same weights: the largest difference is {apart:.1g}.", apart < 1e-2)
    slow, fast, ratio = bench.median_ratio(straightforward, cached, rounds=2)
    print(f"seconds: {slow:.2f} without a cache, {fast:.2f} with one, {ratio:.1f} times as many")
    return {"ours_at_most": len(task) + len(past), "naive": naive.clips}


def _batches(task: PreparedClips, past: ReplayMemory, s: Settings, seed: int) -> list[tuple[Tensor, ...]]:
    """The batches of a probing, drawn as the library draws them."""
    generator = torch.Generator().manual_seed(seed)
    steps = [
        index
        for _ in range(s.probe_epochs)
        for index in torch.randperm(len(task), generator=generator).split(s.batch)
    ]
    draws = [[past.choose(s.batch, generator) for _ in range(2)] for _ in steps]
    found: list[tuple[Tensor, ...]] = []
    for step, (one, two) in zip(steps, draws, strict=True):
        index, (x, _, stored), (z, y, _) = step.to(task.labels.device), past.read(one), past.read(two)
        assert stored is not None
        found.append((task[index], task.labels[index], x, stored, z, y))
    return found


def check_published_size() -> tuple[int, int]:
    """Claim how many clips are encoded in a task of Split NTU-60; returns the cached and the naive number.

    A task has about 6,680 training clips. The bytes of 500 clips hold 2,445 clips of two persons at s = 5.
    """
    clips, held, epochs, batch = 6680, 2445, 3, 16
    naive = epochs * (clips + 2 * batch * -(-clips // batch))
    study.claim(
        f"In a task of Split NTU-60 the straightforward loop encodes {naive:,} clips, the cached one at most "
        f"{clips + held:,}: {naive / (clips + held):.1f} times fewer.",
        naive > 3 * (clips + held),
    )
    return clips + held, naive


def distinct_clips(clips: int, slots: int, offers: int, tries: int, seed: int) -> Tensor:
    """Number of distinct clips in a reservoir to which each clip is offered `offers` times, [tries]."""
    generator = torch.Generator().manual_seed(seed)
    x, ids = torch.ones(clips, 3, 6, 2, 1), torch.arange(clips)
    found = []
    for _ in range(tries):
        memory = ReplayMemory(f"{slots} slots", codecs.Uniform(5), frames=6, joints=2, persons=1)
        for _ in range(offers):
            memory.offer(x, ids, key=torch.rand(clips, dtype=torch.float64, generator=generator))
        found.append(len(memory.labels.unique()))
    return torch.tensor(found, dtype=torch.float64)


def expected_distinct(clips: int, slots: int, offers: int) -> float:
    """Expected value of `distinct_clips`: a clip is missing if none of its offers is among those kept."""
    missing = 1.0
    for k in range(offers):
        missing *= (offers * clips - slots - k) / (offers * clips - k)
    return clips * (1 - missing)


def offered_thrice(seed: int) -> str:
    """Why a reservoir to which clips are offered three times holds fewer; claims how many, in numbers."""
    clips, size = 60, 40
    distinct, expected = distinct_clips(clips, size, 3, 200, seed), expected_distinct(clips, size, 3)
    words = (
        f"{clips} clips, each offered three times to a memory of {size}: on average it holds "
        f"{distinct.mean():.1f} different clips (expected {expected:.1f}), offered once {size}."
    )
    study.claim(words, abs(distinct.mean() - expected) < 5 * distinct.std() / len(distinct) ** 0.5)
    return "A clip is missing only if none of its three offers was kept, so others are there twice."
