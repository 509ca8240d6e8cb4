"""Compression, probing and refreshed logits in every learner with a memory: fair comparisons need them."""

import pytest
import torch
import torch.nn.functional as F
from test_learners import filled, labelled_clips, make, reseeded, toy_task

from skelkit.continual import LEARNERS, settings
from skelkit.ops.codecs import LOSSLESS
from skelkit.ops.codecs.uniform import Uniform

pytestmark = pytest.mark.usefixtures("one_thread", "small")
REPLAY = [name for name, kind in LEARNERS.items() if kind.uses_memory]


@pytest.mark.parametrize("name", REPLAY)
def test_every_memory_can_be_compressed_or_whole_and_is_by_default_as_published(name):
    for compression in (True, False, None):
        learner = make(name, compression=compression)
        compressed = name == "charon" if compression is None else compression
        assert learner.settings.compression is compressed
        assert learner.memory.codec == (Uniform(interval=3) if compressed else LOSSLESS)


def test_a_compressed_icarl_computes_its_means_from_restored_exemplars(toy):
    learner = make("icarl", compression=True)
    learner.network.eval()
    learner.begin_task((0, 1))
    learner.end_task(toy_task(toy, only=(0, 1)))
    restored, labels, _ = learner.memory.read(torch.arange(len(learner.memory)))
    wanted = F.normalize(learner.features(restored[labels == 1]).mean(0), dim=0)
    torch.testing.assert_close(learner.means[1], wanted, rtol=1e-4, atol=1e-5)


def test_experience_replay_with_probing_trains_the_classifier_alone_on_both_cross_entropies(toy):
    def after(probing):
        learner = filled(make("er", probing=probing, probe_epochs=2, budget="60 clips"))
        learner.network.eval()
        return learner, toy_task(toy, only=(0, 1))

    (learner, clips), (slow, _) = after(True), after(False)
    before = {k: v.clone() for k, v in learner.network.state_dict().items()}
    _probe_slowly(slow, clips)
    learner.end_task(clips)
    changed = {k for k, v in learner.network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"classifier.weight", "classifier.bias"}
    torch.testing.assert_close(
        learner.network.classifier.weight, slow.network.classifier.weight, rtol=1e-4, atol=1e-5
    )


def _probe_slowly(learner, clips):
    """Probing that encodes every clip at every step."""
    s, generator, network = learner.settings, learner.generator, learner.network
    orders = [torch.randperm(len(clips), generator=generator) for _ in range(s.probe_epochs)]
    batches = [index for order in orders for index in order.split(s.batch)]
    draws = [[learner.memory.choose(s.batch, generator) for _ in range(2)] for _ in batches]
    optimiser = torch.optim.AdamW(network.classifier.parameters(), weight_decay=s.weight_decay)
    for step, (index, (_, drawn)) in enumerate(zip(batches, draws, strict=True)):
        optimiser.param_groups[0]["lr"] = s.probe_lr * (1 - step / len(batches))
        old, labels, _ = learner.memory.read(drawn)
        loss = F.cross_entropy(network(clips[index]), clips.labels[index])
        loss = loss + F.cross_entropy(network(old), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


@pytest.mark.parametrize("name", ["der++", "charon"])
def test_refreshed_logits_are_those_of_the_network_as_it_is(name, toy):
    for refresh in (True, False):
        learner = filled(make(name, refresh=refresh, probing=False, budget="60 clips"))
        learner.network.eval()
        learner.begin_task((0, 1))
        learner.end_task(toy_task(toy, only=(0, 1)))
        x, _, logits = learner.memory.read(torch.arange(len(learner.memory)))
        assert torch.allclose(logits, learner.logits(x), atol=1e-4) is refresh


def test_derpp_with_compression_probing_and_refresh_is_charon_without_masking(toy):
    on = {"compression": True, "probing": True, "refresh": True, "probe_epochs": 2}
    charon = make("charon", masking=False, reconstruction=False, probe_epochs=2)
    other, (x, y) = make("der++", **on), labelled_clips()
    charon.network.encoder.load_state_dict(other.network.state_dict())
    for learner in (charon, other):
        filled(learner, 3).network.train()
        reseeded(learner, 1).observe(x, y).backward()
        learner.optimiser.step()
        learner.network.eval()
        reseeded(learner, 4).end_task(toy_task(toy))
    assert all(torch.equal(v, other.memory.table[k]) for k, v in charon.memory.table.items())
    assert torch.equal(charon.logits(x), other.logits(x))


@pytest.mark.parametrize("name", ["compression", "probing", "refresh", "masking"])
def test_a_component_is_on_off_or_as_published_and_nothing_else(name):
    with pytest.raises(ValueError, match=f"{name}='no': expected True or False"):
        settings("smoke", **{name: "no"})
