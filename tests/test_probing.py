from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from helpers import seeded
from torch import nn

from skelkit.continual import ReplayMemory, Settings, probing
from skelkit.continual.batchnorm import recalibrate
from skelkit.continual.learners.charon import CHARON
from skelkit.continual.learners.finetuning import FineTuning
from skelkit.continual.probing import probe
from skelkit.ops.codecs.uniform import Uniform

pytestmark = pytest.mark.usefixtures("one_thread", "small")
CLASSES, FRAMES = 5, 12
SETTINGS = {
    "size": "small",
    "frames": FRAMES,
    "batch": 4,
    "alpha": 0.4,
    "beta": 0.8,
    "probe_epochs": 3,
    "least_probe_steps": 0,
}


def build(kind=CHARON, **changes):
    s = Settings(**SETTINGS | changes)
    return s, kind.build_network(CLASSES, 5, s, seeded())


def clips(n, seed=0):
    x = torch.randn(n, 3, FRAMES, 5, 2, generator=seeded(seed)) * 0.3 + 0.1
    x[::2, ..., 1] = 0
    return x


def memory_of(n, codec=None):
    memory = ReplayMemory(
        "40 clips", codec or Uniform(2), frames=FRAMES, joints=5, classes=CLASSES, logits="float32"
    )
    if n:
        memory.offer(
            clips(n, 3), torch.arange(n) % 3, torch.randn(n, CLASSES, generator=seeded(4)), seeded(5)
        )
    return memory


def naive(network, x, labels, memory, s, generator):
    """The same, encoding at every step what the step needs."""
    steps = [
        b
        for _ in range(s.probe_epochs)
        for b in torch.randperm(len(labels), generator=generator).split(s.batch)
    ]
    optimiser = torch.optim.AdamW(network.classifier.parameters(), lr=s.probe_lr, weight_decay=s.weight_decay)
    draws = (
        [[memory.choose(s.batch, generator) for _ in range(2)] for _ in steps]
        if len(memory)
        else [None] * len(steps)
    )
    for k, (index, pair) in enumerate(zip(steps, draws, strict=True)):
        for group in optimiser.param_groups:
            group["lr"] = s.probe_lr * (len(steps) - k) / len(steps)
        loss = F.cross_entropy(network.encoder(x[index]), labels[index])
        if pair:
            (one, _, stored), (two, old_labels, _) = (memory.read(i) for i in pair)
            loss = (
                loss
                + s.alpha * F.mse_loss(network.encoder(one), stored)
                + s.beta * F.cross_entropy(network.encoder(two), old_labels)
            )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


# -- probing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "old"), [(10, 7), (9, 0), (1, 2), (3, 1)])
def test_probing_gives_the_weights_of_a_loop_that_encodes_at_every_step(task, old):
    s, network = build()
    other, x, labels, memory = (
        deepcopy(network).eval(),
        clips(task),
        torch.arange(task) % 2 + 3,
        memory_of(old),
    )
    with torch.no_grad():
        features = network.eval().features(x)
    probe(network, features, labels, memory, s, seeded(6))
    before = other.classifier.weight.clone()
    naive(other, x, labels, memory, s, seeded(6))
    assert not torch.allclose(other.classifier.weight, before, atol=1e-3)
    torch.testing.assert_close(network.classifier.weight, other.classifier.weight, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(network.classifier.bias, other.classifier.bias, rtol=1e-4, atol=1e-5)


def test_probing_changes_the_classifier_and_nothing_else():
    s, network = build()
    before = {k: v.clone() for k, v in network.eval().state_dict().items()}
    memory, labels = memory_of(7), torch.arange(10) % 2
    stored, features = memory.state_dict(), network.features(clips(10)).detach()
    probe(network, features, labels, memory, s, seeded(6))
    changed = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"encoder.classifier.weight", "encoder.classifier.bias"}
    assert all(torch.equal(v, stored[k]) for k, v in memory.state_dict().items())
    assert all(p.grad is None for n, p in network.named_parameters() if "classifier" not in n)
    assert all(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("together", [2, 64])
def test_each_drawn_clip_of_the_memory_is_encoded_once_however_often_it_is_drawn(monkeypatch, together):
    monkeypatch.setattr(probing, "INFERENCE_BATCH", together)
    s, network = build(probe_epochs=6)
    memory, encoded, read = memory_of(9), [], []
    encode, restore = network.features, memory.read
    monkeypatch.setattr(network, "features", lambda x: encoded.append(len(x)) or encode(x))
    monkeypatch.setattr(memory, "read", lambda index: read.extend(index.tolist()) or restore(index))
    with torch.no_grad():
        features = network.eval().encoder.features(clips(10))
    probe(network, features, torch.arange(10) % 2, memory, s, seeded(6))
    assert sorted(read) == list(range(9))  # 18 steps draw 144 of 9 clips: all of them
    assert sum(encoded) == 9
    assert max(encoded) <= together


def test_the_clips_of_the_task_are_encoded_once_for_any_number_of_epochs(monkeypatch, toy):
    from skelkit.training.inputs import PreparedClips

    for epochs in (0, 1, 5):
        s, network = build(probe_epochs=epochs, refresh=False, interval=2)
        memory, task, passed = memory_of(0, s.memory_codec()), PreparedClips(toy(CLASSES, 2), FRAMES), []
        learner = CHARON(network.eval(), s, memory, seeded())
        monkeypatch.setattr(network.encoder.stem, "forward", counting(network.encoder.stem.forward, passed))
        learner.end_task(task)
        persons = int((task[torch.arange(len(task))] != 0).any(1).any(1).any(1).sum())
        assert sum(passed) == persons


def counting(forward, passed):
    def counted(x):
        passed.append(len(x))
        return forward(x)

    return counted


def test_probing_lowers_the_loss_on_the_task():
    s, network = build(probe_epochs=30, alpha=0.0, beta=0.0)
    x, labels = clips(12), torch.arange(12) % 2
    with torch.no_grad():
        features = network.eval().features(x)
    loss = lambda: F.cross_entropy(network.classifier(features), labels).item()  # noqa: E731
    before = loss()
    probe(network, features, labels, memory_of(0), s, seeded())
    assert loss() < 0.8 * before


# -- recalibrated batch norm ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [CHARON, FineTuning])
def test_running_statistics_are_the_mean_over_the_batches(kind):
    _, network = build(kind)
    encoder = getattr(network, "encoder", network)
    batches = [clips(4, 1), clips(3, 2)]
    recalibrate(network, batches)
    weight, means, variances = encoder.stem[0].weight.flatten(1).double(), [], []
    for x in batches:
        people = [x[n, ..., m] for n in range(len(x)) for m in range(2) if x[n, ..., m].any()]
        values = torch.cat([p.flatten(1) for p in people], 1).double()  # [C, everything]
        out = weight @ values
        means.append(out.mean(1))
        variances.append(((out - out.mean(1, keepdim=True)) ** 2).sum(1) / (out.shape[1] - 1))
    norm = encoder.stem[1]
    torch.testing.assert_close(norm.running_mean, torch.stack(means).mean(0).float(), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(norm.running_var, torch.stack(variances).mean(0).float(), rtol=1e-4, atol=1e-6)


def test_after_recalibration_on_one_batch_evaluation_agrees_with_training():
    _, network = build()
    x = clips(6)
    recalibrate(network, [x])  # evaluation takes the unbiased variance: nearly the same
    torch.testing.assert_close(network.eval().features(x), network.train().features(x), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("training", [True, False])
def test_recalibration_changes_running_statistics_alone(training):
    _, network = build()
    network.train(training)
    network.encoder.stem[1].momentum = 0.3
    before = {k: v.clone() for k, v in network.state_dict().items()}
    recalibrate(network, [clips(4)])
    changed = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed
    assert all(
        k.startswith("encoder.")
        and k.split(".")[-1] in ("running_mean", "running_var", "num_batches_tracked")
        for k in changed
    )
    norms = [m for m in network.encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {m.momentum for m in norms} == {0.1, 0.3}
    assert all(m.training is training for m in network.modules())
    assert all(p.grad is None for p in network.parameters())


def test_recalibration_does_not_depend_on_earlier_statistics():
    found = []
    for scale in (1, 50):
        _, network = build()
        network.train()
        with torch.no_grad():
            network.encoder.features(clips(4) * scale)
        recalibrate(network, [clips(5, 1), clips(5, 2)])
        found.append(network.encoder.stem[1].running_mean)
    assert torch.equal(*found)
