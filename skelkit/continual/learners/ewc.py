"""Online elastic weight consolidation (EWC): a quadratic penalty on changes of important weights."""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...training.inputs import PreparedClips
from ..losses import ewc_penalty
from .base import BaseLearner, Network

FISHER_CLIPS = 64
"""Clips of a task from which its Fisher information is estimated."""

NEGLIGIBLE = 1e-6
"""Share of the trace below which a direction of the Fisher information is left out."""


class EWC(BaseLearner):
    """Online elastic weight consolidation.

    (Kirkpatrick et al. 2017, arXiv 1612.00796; Schwarz et al. 2018, arXiv 1805.06370, section 3.)

    CE + ewc / 2 · Σ F (θ − θ*)², with F the diagonal Fisher information, summed over the tasks with decay.

    Differs from the authors: F is the exact expectation over the classes, of at most 64 clips, and scaled to
    a mean of 1 for each task. Mammoth, the code base of CHARON, takes the true label of each clip instead,
    weighs its squared gradient by its probability, and puts no 1/2 before the penalty.

    Attributes:
        fisher: F by parameter name; anchor: θ*, the parameters after the last task.
    """

    def prepare(self) -> None:
        """Create the learner's own state."""
        self.fisher = {name: torch.zeros_like(p) for name, p in self.network.named_parameters()}
        self.anchor = {name: p.detach().clone() for name, p in self.network.named_parameters()}

    def observe(self, x: Tensor, y: Tensor) -> Tensor:
        """CE(stream) + ewc / 2 · `ewc_penalty`."""
        penalty = ewc_penalty(dict(self.network.named_parameters()), self.anchor, self.fisher)
        return F.cross_entropy(self.network(x), y) + self.settings.ewc / 2 * penalty

    def end_task(self, clips: PreparedClips) -> None:
        """Add the task's Fisher information and move the anchor to the current parameters."""
        for name, fisher in diagonal_fisher(self.network, clips, self.generator).items():
            self.fisher[name].mul_(self.settings.ewc_decay).add_(fisher)
            self.anchor[name] = self.network.get_parameter(name).detach().clone()

    def state_dict(self) -> dict[str, Any]:
        """The shared state, F and θ*."""
        return super().state_dict() | {"fisher": self.fisher, "anchor": self.anchor}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(state)
        for current, saved in ((self.fisher, state["fisher"]), (self.anchor, state["anchor"])):
            for name, values in saved.items():
                current[name].copy_(values)


def diagonal_fisher(network: Network, clips: PreparedClips, generator: torch.Generator) -> dict[str, Tensor]:
    """Diagonal of the Fisher information, Σ_c p(c | x) (∂ log p(c | x) / ∂θ)², scaled to a mean of 1.

    Mean over at most `FISHER_CLIPS` clips, drawn at random; the network is in evaluation mode.

    Returns:
        parameter name -> tensor of the parameter's shape, at least 0.
    """
    weights = dict(network.named_parameters())
    fisher = {name: torch.zeros_like(p) for name, p in weights.items()}
    chosen = torch.randperm(len(clips), generator=generator)[:FISHER_CLIPS].to(clips.labels.device)
    for clip in clips[chosen].split(1):
        logits = network(clip)[0]
        for direction in fisher_directions(logits.detach()):
            gradients = torch.autograd.grad(
                logits, list(weights.values()), direction, retain_graph=True, allow_unused=True
            )
            for name, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:
                    fisher[name] += gradient.square()
    total = reduce(torch.add, (f.sum() for f in fisher.values()))
    mean = total / sum(f.numel() for f in fisher.values())
    return {name: f / mean.clamp_min(1e-12) for name, f in fisher.items()}


def fisher_directions(logits: Tensor) -> Tensor:
    """Vectors u_k with Σ_k u_k u_kᵀ = Σ_c p_c (e_c - p)(e_c - p)ᵀ, p = softmax(logits). [C] -> [K, C].

    e_c - p is the derivative of log p_c by the logits. Σ_c p_c (∂ log p_c / ∂θ)² is therefore the sum of
    (∂ u_kᵀ logits / ∂θ)²: a backward pass for each k, fewer than classes. Directions that hold less than
    `NEGLIGIBLE` of the trace are left out; those are most of them where few classes are probable.

    >>> u = fisher_directions(torch.tensor([1.0, 0.0, 0.0, -50.0]))
    >>> u.shape, round(float(u[:, 0].square().sum()), 4)  # p_0 (1 - p_0)
    (torch.Size([2, 4]), 0.2442)
    """
    p = logits.double().softmax(0)
    values, vectors = torch.linalg.eigh(p.diag() - p.outer(p))
    kept = values > NEGLIGIBLE * values.sum()
    return (vectors[:, kept] * values[kept].sqrt()).T.to(logits.dtype)
