"""LwF and EWC against the published formulas, one clip and one class at a time."""

import math

import pytest
import torch
from helpers import batch, seeded

from skelkit.continual.learners import LEARNERS
from skelkit.continual.learners.ewc import NEGLIGIBLE, diagonal_fisher, fisher_directions
from skelkit.continual.losses import lwf_loss
from skelkit.continual.presets import Settings, settings
from skelkit.training.inputs import PreparedClips

CLASSES, FRAMES = 5, 12


def learner_of(name, **changes):
    s = Settings(size="small", frames=FRAMES, batch=4, **changes)
    network = LEARNERS[name].build_network(CLASSES, 5, s, seeded())
    return LEARNERS[name](network, s, None, seeded())


def softened(logits, temperature):
    """y^(1/T) / Σ y^(1/T) with y the softmax of the logits. (Li and Hoiem 2016, equation 3.)"""
    y = [math.exp(v) for v in logits]
    roots = [(v / sum(y)) ** (1 / temperature) for v in y]
    return [v / sum(roots) for v in roots]


def published_lwf(logits, labels, old_logits, competing, groups, weight):
    """Cross-entropy among `competing`, and between the softened outputs of each group of old classes."""
    total = 0.0
    for row, label, old in zip(logits.tolist(), labels.tolist(), old_logits.tolist(), strict=True):
        total -= row[label] - math.log(sum(math.exp(row[c]) for c in competing))
        for group in groups:
            recorded, now = (softened([v[c] for c in group], 2) for v in (old, row))
            total -= weight * sum(p * math.log(q) for p, q in zip(recorded, now, strict=True))
    return total / len(logits)


def numerical_gradient(function, logits, step=1e-5):
    gradient = torch.zeros_like(logits)
    for n in range(logits.shape[0]):
        for c in range(logits.shape[1]):
            shift = torch.zeros_like(logits)
            shift[n, c] = step
            gradient[n, c] = (function(logits + shift) - function(logits - shift)) / (2 * step)
    return gradient


@pytest.mark.parametrize(
    ("form", "competing", "groups"),
    [("paper", [4, 1], [[0, 3], [2]]), ("mammoth", [0, 3, 2, 4, 1], [[0, 3, 2]])],
)
def test_lwf_has_the_published_gradient(form, competing, groups, small, monkeypatch):
    learner = learner_of("lwf", lwf=form, distillation=0.5)
    for classes in ((0, 3), (2,), (4, 1)):
        learner.begin_task(classes)
    logits, old = (torch.randn(3, CLASSES, generator=seeded(s), dtype=torch.float64) for s in (1, 2))
    labels = torch.tensor([4, 1, 4])
    given = logits.clone().requires_grad_()
    monkeypatch.setattr(learner, "network", lambda _: given)
    monkeypatch.setattr(learner, "old", lambda _: old)
    (found,) = torch.autograd.grad(learner.observe(batch(3, FRAMES), labels), given)
    expected = numerical_gradient(lambda v: published_lwf(v, labels, old, competing, groups, 0.5), logits)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


def test_the_default_weighs_the_published_distillation_by_the_squared_temperature(small, monkeypatch):
    gradients = {}
    for form, weight in (("scaled", 0.5), ("paper", 2.0)):
        learner = learner_of("lwf", lwf=form, distillation=weight)
        for classes in ((0, 3), (4, 1)):
            learner.begin_task(classes)
        given = torch.randn(3, CLASSES, generator=seeded(1)).requires_grad_()
        old = torch.randn(3, CLASSES, generator=seeded(2))
        monkeypatch.setattr(learner, "network", lambda _, v=given: v)
        monkeypatch.setattr(learner, "old", lambda _, v=old: v)
        loss = learner.observe(batch(3, FRAMES), torch.tensor([4, 1, 4]))
        (gradients[form],) = torch.autograd.grad(loss, given)
    torch.testing.assert_close(gradients["scaled"], gradients["paper"])


def test_the_distillation_loss_is_zero_where_nothing_has_changed():
    logits = torch.randn(3, CLASSES, generator=seeded())
    alone = lwf_loss(logits, torch.tensor([1, 2, 1]), [1, 2], None, [], 1.0, 2.0)
    both = lwf_loss(logits, torch.tensor([1, 2, 1]), [1, 2], logits, [[0, 3], [4]], 1.0, 2.0)
    torch.testing.assert_close(alone, both)


def test_a_resumed_lwf_knows_the_classes_of_each_earlier_task(small):
    learner, again = learner_of("lwf", lwf="paper"), learner_of("lwf", lwf="paper")
    for classes in ((0, 3), (2,), (4, 1)):
        learner.begin_task(classes)
    again.load_state_dict(learner.state_dict())
    assert again.tasks == [[0, 3], [2]]
    assert (again.past, again.classes) == ([0, 3, 2], [4, 1])


def test_the_preset_paper_distils_as_the_paper_does():
    s = settings("paper")
    assert (s.lwf, s.distillation, s.temperature) == ("paper", 1.0, 2.0)
    assert all(settings(name).lwf == "scaled" for name in ("smoke", "laptop", "gpu"))


# -- Fisher information -----------------------------------------------------------------------------------


def slow_fisher(network, clips, index):
    """Σ over clips and classes of p_c (∂ log p_c / ∂θ)², scaled to a mean of 1."""
    found = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    for i in index:
        for c in range(CLASSES):
            network.zero_grad()
            log_p = network(clips[torch.tensor([i])]).log_softmax(1)[0, c]
            log_p.backward()
            for name, p in network.named_parameters():
                found[name] += 0 if p.grad is None else log_p.detach().exp() * p.grad**2
    mean = sum(float(f.sum()) for f in found.values()) / sum(f.numel() for f in found.values())
    return {name: f / mean for name, f in found.items()}


@pytest.mark.parametrize("sharpness", [1.0, 5.0])
def test_the_fisher_information_is_the_expectation_over_all_classes(sharpness, toy, small):
    clips = PreparedClips(toy(CLASSES, 2), FRAMES)
    network = learner_of("ewc").network.eval()
    network.classifier.weight.data.mul_(sharpness)  # certain and uncertain predictions
    found = diagonal_fisher(network, clips, seeded(4))
    expected = slow_fisher(network, clips, range(len(clips)))
    for name, fisher in found.items():
        torch.testing.assert_close(fisher, expected[name], rtol=1e-3, atol=1e-5 * float(fisher.max() + 1))


def test_the_fisher_information_of_few_clips_is_that_of_those_drawn(toy, small, monkeypatch):
    monkeypatch.setattr("skelkit.continual.learners.ewc.FISHER_CLIPS", 3)
    clips = PreparedClips(toy(CLASSES, 2), FRAMES)
    network = learner_of("ewc").network.eval()
    found = diagonal_fisher(network, clips, seeded(4))
    expected = slow_fisher(network, clips, torch.randperm(10, generator=seeded(4))[:3].tolist())
    for name, fisher in found.items():
        torch.testing.assert_close(fisher, expected[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scale", [0.0, 1.0, 10.0, 200.0])
def test_the_directions_add_up_to_the_covariance_of_the_derivatives_of_log_p(scale):
    logits = torch.randn(8, generator=seeded(3), dtype=torch.float64) * scale
    p, wanted = logits.softmax(0), torch.zeros(8, 8, dtype=torch.float64)
    for c in range(8):
        derivative = torch.eye(8, dtype=torch.float64)[c] - p
        wanted += p[c] * torch.outer(derivative, derivative)
    u = fisher_directions(logits)
    assert len(u) <= 7
    torch.testing.assert_close(u.T @ u, wanted, rtol=0, atol=8 * NEGLIGIBLE * float(wanted.trace()) + 1e-15)


def test_few_probable_classes_need_few_directions():
    logits = torch.tensor([9.0, 8.0, 7.0] + [-20.0] * 57)
    assert len(fisher_directions(logits)) == 2
