"""On a pretended GPU: everything runs, gives the values of the CPU, and hardly makes the host wait."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from helpers import batch, seeded
from pretended_device import CUDA, device_of, pretended_device

import skelkit as sk
from skelkit import selfsup
from skelkit.continual import LEARNERS
from skelkit.models import STGCN
from skelkit.models.sttformer import kept_index
from skelkit.ops import augment, masks, motion
from skelkit.ops.codecs import CODECS
from skelkit.selfsup import OBJECTIVES
from skelkit.skeletons import NTU25
from skelkit.training import loop
from skelkit.utils import random
from skelkit.utils.device import constant

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"preset": "smoke", "size": "small", "epochs": 1, "progress": False}
CONTINUAL = QUICK | {"frames": 24, "memory": "12 clips", "probe_epochs": 1, "least_probe_steps": 0}
SELFSUP = QUICK | {"frames": 12, "batch": 8}

READS_MOTION = {"matched_joints", "matched_frames"}  # they hide as many as motion decides


def body(clips: int = 4, frames: int = 24, seed: int = 0) -> torch.Tensor:
    """Clips of NTU-25, the second person absent from one clip and from some frames of another."""
    x = batch(clips, frames, 25, seed=seed)
    x[0, ..., 1] = 0
    x[1, :, 5:9, :, 1] = 0
    return x


def learnt(name, train, test, **changes):
    return sk.continual.learn(name, train, test, 2, **CONTINUAL | changes)


def same(a, b) -> bool:
    """Whether two tensors, or the tensors of two states, have the same bits."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return torch.equal(a, b)


# -- operations ------------------------------------------------------------------------------------------


AUGMENTATIONS = {
    "rotate": lambda x, g: augment.rotate(x, g),
    "tilt": lambda x, g: augment.tilt(x, g),
    "shear": lambda x, g: augment.shear(x, g),
    "crop": lambda x, g: augment.crop(x, g),
    "mirror": lambda x, g: augment.mirror(x, NTU25, g),
    "flip": lambda x, g: augment.flip(x, g),
    "centre": lambda x, g: motion.centre(x, NTU25),
    "bone": lambda x, g: motion.as_stream(x, NTU25, "bone"),
    "motion": lambda x, g: motion.as_stream(x, NTU25, "motion"),
    "low pass": lambda x, g: motion.low_pass(x, 3.0, 30.0),
    "resize": lambda x, g: motion.resize(x, 17),
    "uniform": lambda x, g: random.uniform((3,), x.device, g),
}


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmentation_gives_the_values_of_the_cpu_and_the_host_never_waits(name):
    expected = AUGMENTATIONS[name](body(), seeded())
    with pretended_device() as log:
        x = body().to("cuda")
        AUGMENTATIONS[name](x, seeded())  # constants are copied once
        log.waits.clear()
        found = AUGMENTATIONS[name](x, seeded())
        assert device_of(found) is CUDA
        assert log.waits == []
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", sorted(set(masks.MASKS) - READS_MOTION))
def test_masks_give_the_values_of_the_cpu_and_the_host_never_waits(name):
    mask = masks.MASKS[name]()
    expected = mask(body(), NTU25, seeded())
    with pretended_device() as log:
        x = body().to("cuda")
        mask(x, NTU25, seeded())
        log.waits.clear()
        assert torch.equal(mask(x, NTU25, seeded()).cpu(), expected)
        assert [w.what for w in log.waits] == ["copy to cpu"]
    count = mask.hidden_per_clip(body(), NTU25)
    if count is not None:
        assert expected.flatten(1).sum(1).tolist() == [count] * 4


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", CODECS)
def test_codecs_restore_the_values_of_the_cpu_and_the_host_does_not_wait_for_decoding(name, dtype):
    codec = CODECS[name](dtype=dtype)
    expected = codec.decode(codec.encode(body()))
    with pretended_device() as log:
        packed = codec.encode(body().to("cuda"))
        log.waits.clear()
        found = codec.decode(packed)
        assert log.waits == []
    assert torch.equal(found, expected)


def test_a_batch_of_given_positions_is_cut_without_a_wait(toy):
    clips = toy()
    expected = clips.batch(torch.arange(6), 24, (0.5, 1.0), seeded())
    with pretended_device() as log:
        moved, index = clips.to("cuda"), torch.arange(6, device="cuda")
        moved.batch(index, 24, (0.5, 1.0), seeded())
        log.waits.clear()
        found = moved.batch(index, 24, (0.5, 1.0), seeded())
        assert log.waits == []
    assert torch.equal(found, expected)


def test_presence_is_that_of_the_cpu_for_joints_at_the_origin_and_values_that_are_no_numbers():
    poses = torch.zeros(5, 4, 3)
    poses[1, 2, 0], poses[2, 0, 1], poses[3, 3, 2] = -1e-30, 2, torch.nan
    with pretended_device() as log:
        found = motion.presence(poses.to("cuda"))
        assert len(log.waits) == 1  # the copy to the device
    assert found.tolist() == motion.presence(poses).tolist() == [False, True, True, True, False]


# -- training --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_learns_what_it_learns_on_the_cpu(name, toy, small, monkeypatch):
    monkeypatch.setattr(loop, "fused", lambda device: None)  # a fused optimiser rounds differently
    train, test = toy(), toy(seed=1)
    expected = learnt(name, train, test).method
    with pretended_device() as log:
        found = learnt(name, train.to("cuda"), test.to("cuda")).method
    assert log.operations > 0
    assert same(found.network.state_dict(), expected.network.state_dict())
    assert torch.equal(found.generator.get_state(), expected.generator.get_state())


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_learns_what_it_learns_on_the_cpu(name, toy, small, monkeypatch):
    monkeypatch.setattr(loop, "fused", lambda device: None)
    expected = selfsup.pretrain(name, toy(), **SELFSUP)
    with pretended_device():
        found = selfsup.pretrain(name, toy().to("cuda"), **SELFSUP)
    assert found.losses == expected.losses
    for a, b in zip(found.encoders, expected.encoders, strict=True):
        assert same(a.state_dict(), b.state_dict())


@pytest.mark.parametrize("head", ["linear", "aligned"])
@pytest.mark.parametrize("protocol", sorted(selfsup.evaluation.PROTOCOLS))
def test_every_protocol_evaluates_on_the_device_as_on_the_cpu(protocol, head, toy, small, monkeypatch):
    monkeypatch.setattr(loop, "fused", lambda device: None)
    if (protocol, head) == ("knn", "aligned"):
        pytest.skip("k-NN has no head")
    options = {"tune_epochs": 1, "linear_epochs": 2, "head": head}
    expected = selfsup.evaluate(selfsup.pretrain("asma", toy(), **SELFSUP), toy(), toy(), protocol, **options)
    with pretended_device():
        train = toy().to("cuda")
        found = selfsup.evaluate(
            selfsup.pretrain("asma", train, **SELFSUP), train, train, protocol, **options
        )
    assert same(found.logits, expected.logits)
    assert found.accuracy == expected.accuracy


@pytest.mark.parametrize("name", ["charon", "icarl"])
def test_a_killed_run_resumes_on_the_device_to_the_same_bits(name, toy, small, tmp_path):
    def stop(progress):
        if progress.task == 1 and progress.epoch == 1:
            raise loop.Stopped

    with pretended_device():
        train, test = toy().to("cuda"), toy(seed=1).to("cuda")
        whole = learnt(name, train, test, epochs=2).method
        folder = {"checkpoints": tmp_path, "every": 0, "epochs": 2}
        with pytest.raises(loop.Stopped):
            learnt(name, train, test, callback=stop, **folder)
        resumed = learnt(name, train, test, **folder).method
        assert all(device_of(p) is CUDA for p in resumed.network.parameters())
    assert same(resumed.network.state_dict(), whole.network.state_dict())


def test_pretraining_and_distillation_resume_on_the_device_to_the_same_bits(toy, small, tmp_path):
    def stop(progress):
        if progress.epoch == 1:
            raise loop.Stopped

    def both(clips, **folders):
        made = selfsup.pretrain("pstl", clips, **SELFSUP | {"epochs": 2}, **folders.get("encoders", {}))
        student = sk.distill(None, clips, **QUICK | {"epochs": 2, "frames": 12}, **folders.get("student", {}))
        return made.encoders[0].state_dict(), student.state_dict()

    folders = {name: {"checkpoints": tmp_path / name, "every": 0} for name in ("encoders", "student")}
    with pretended_device():
        clips = toy().to("cuda")
        whole = both(clips)
        for interrupted in ("encoders", "student"):
            stopped = folders | {interrupted: folders[interrupted] | {"callback": stop}}
            with pytest.raises(loop.Stopped):
                both(clips, **stopped)
        resumed = both(clips, **folders)
    assert all(same(a, b) for a, b in zip(resumed, whole, strict=True))


# -- planted faults --------------------------------------------------------------------------------------


def test_an_operation_on_both_devices_raises_the_error_of_cuda():
    with pretended_device():
        x, y = torch.ones(3, device="cuda"), torch.ones(3)
        with pytest.raises(RuntimeError, match="at least two devices, cuda:0 and cpu! add"):
            x + y
        with pytest.raises(RuntimeError, match="at least two devices"):
            torch.cat([x, y])
        with pytest.raises(RuntimeError, match="index on the GPU"):
            y[torch.zeros(1, dtype=torch.long, device="cuda")]
        with pytest.raises(RuntimeError, match="'cuda' device type for generator"):
            torch.rand(3, device="cuda", generator=seeded())
        with pytest.raises(TypeError, match=r"Use Tensor.cpu\(\) first"):
            x.numpy()
        assert (x * torch.tensor(2.0)).sum().item() == 6  # numbers may be on the CPU


def test_a_fault_in_the_backward_pass_is_found():
    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            return gradient * torch.ones(3)

    with pretended_device():
        x = torch.ones(3, device="cuda", requires_grad=True)
        with pytest.raises(RuntimeError, match="at least two devices, cuda:0 and cpu! mul"):
            Planted.apply(x).sum().backward()


def test_a_network_that_was_left_on_the_cpu_is_found(small):
    network = STGCN(NTU25, "small", seeded())
    with pretended_device():
        with pytest.raises(RuntimeError, match="at least two devices"):
            network.features(body().to("cuda"))
        assert device_of(network.to("cuda").features(body().to("cuda"))) is CUDA


WAITS = {
    "read of a number": lambda x: x[0].item(),
    "nonzero": lambda x: x.nonzero(),
    "index by a mask": lambda x: x[x > 0],
    "copy of an index": lambda x: x[[1, 0]],
    "copy to cpu": lambda x: x.cpu(),
    "copy to cuda": lambda x: torch.ones(3).to(x.device),
    "tolist": lambda x: x.tolist(),
    "bincount": lambda x: x.long().bincount(minlength=4),
    "read of numbers into a tensor": lambda x: torch.tensor([x[0], x[1]]),
    "unique": lambda x: x.unique(),
    "repeat_interleave without output_size": lambda x: x.repeat_interleave(x.long()),
}


@pytest.mark.parametrize("what", WAITS)
def test_what_makes_the_host_wait_is_noted(what):
    with pretended_device() as log:
        x = torch.ones(3, device="cuda")
        assert log.waits == []
        WAITS[what](x)
        assert what in [wait.what for wait in log.waits]


def test_a_wait_is_noted_with_its_line_and_pinned_memory_makes_none():
    with pretended_device() as log:
        hidden = torch.zeros(2, 3, dtype=torch.bool, device="cuda")
        kept_index(hidden)
        assert Counter(wait.what for wait in log.waits) == {"read of a number": 2}
        assert all(wait.line.startswith("models/sttformer.py:") for wait in log.waits)
        log.waits.clear()
        assert device_of(constant((1, 2, 3), torch.device("cuda"))) is CUDA
        assert constant((1, 2, 3), torch.device("cuda")) is constant((1, 2, 3), torch.device("cuda"))
        assert log.waits == []


def test_outside_the_context_tensors_are_on_the_cpu_again():
    with pretended_device():
        x = torch.ones(3, device="cuda")
        assert x.is_cuda
    assert x.device.type == "cpu"
    assert (x + torch.ones(3)).tolist() == [2, 2, 2]
