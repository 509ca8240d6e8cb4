"""Autocast and TF32 reach networks only: everything else has the values of float32."""

from __future__ import annotations

import pytest
import torch
from helpers import batch, seeded

from skelkit import selfsup
from skelkit.continual import LEARNERS, losses
from skelkit.continual import learn as continual_learn
from skelkit.deploy.distillation import distillation_loss
from skelkit.models import STGCN, STTFormer
from skelkit.ops import augment, fidelity, masks, motion
from skelkit.ops.codecs import CODECS
from skelkit.selfsup import OBJECTIVES, barlow_twins
from skelkit.selfsup.objectives.barlow_twins import cross_correlation
from skelkit.skeletons import NTU25
from skelkit.training import loop
from skelkit.utils.precision import in_float32, tf32

pytestmark = pytest.mark.usefixtures("one_thread")


def body() -> torch.Tensor:
    """Clips of NTU-25 with gaps and an absent person."""
    x = batch(4, 24, 25)
    x[0, ..., 1] = 0
    x[1, :, 5:9, :, 1] = 0
    return x


LOGITS, OTHER = torch.randn(6, 5, generator=seeded(1)), torch.randn(6, 5, generator=seeded(2))
LABELS = torch.tensor([3, 4, 0, 1, 2, 3])
SCALAR = torch.tensor(0.3)

FUNCTIONS = {
    "rotate": lambda x: augment.rotate(x, seeded()),
    "tilt": lambda x: augment.tilt(x, seeded()),
    "shear": lambda x: augment.shear(x, seeded()),
    "crop": lambda x: augment.crop(x, seeded()),
    "mirror": lambda x: augment.mirror(x, NTU25, seeded()),
    "centre": lambda x: motion.centre(x, NTU25),
    "bone": lambda x: motion.as_stream(x, NTU25, "bone"),
    "low pass": lambda x: motion.low_pass(x, 3.0, 30.0),
    "resize": lambda x: motion.resize(x, 17),
    "acceleration": lambda x: fidelity.acceleration(x),
    "rmse": lambda x: fidelity.rmse(x, 1.01 * x),
    "rank correlation": lambda x: torch.tensor(fidelity.rank_correlation(x[0, 0], x[1, 0])),
    "barlow twins": lambda x: barlow_twins(LOGITS, LOGITS + 0.1 * OTHER),
    "derpp": lambda x: losses.derpp_loss(LOGITS, LABELS, OTHER, LOGITS, OTHER, LABELS, 0.5, 0.5),
    "charon": lambda x: losses.charon_loss(
        (LOGITS, SCALAR), LABELS, (OTHER, SCALAR), LOGITS, (OTHER, SCALAR), LABELS, 0.5, 0.5, 1.0
    ),
    "lwf": lambda x: losses.lwf_loss(LOGITS, LABELS, [3, 4, 0, 1, 2], OTHER, [[0, 1]], 1.0, 2.0),
    "icarl": lambda x: losses.icarl_loss(LOGITS, LABELS, [3, 4, 0, 1, 2], OTHER, [0, 1]),
    "distillation": lambda x: distillation_loss(LOGITS, OTHER, 2.0),
}
FUNCTIONS |= {
    f"mask {name}": lambda x, mask=mask: mask()(x, NTU25, seeded()) for name, mask in masks.MASKS.items()
}
FUNCTIONS |= {
    f"codec {name}": lambda x, codec=codec: codec().decode(codec().encode(x))
    for name, codec in CODECS.items()
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_under_autocast_what_is_no_network_has_the_bits_of_float32(name):
    expected = FUNCTIONS[name](body())
    with torch.autocast("cpu", torch.bfloat16):
        found = FUNCTIONS[name](body())
    assert found.dtype is expected.dtype
    assert torch.equal(found, expected)


def test_features_in_bf16_give_a_correlation_in_float32():
    z = torch.randn(64, 8, generator=seeded()).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        c = cross_correlation(z, z)
    assert c.dtype is torch.float32
    exact = torch.corrcoef(z.double().T)
    assert torch.allclose(c.double(), exact, atol=2e-5)
    assert (1 - c.diagonal()).abs().max() > 0  # eps is seen, which bf16 would round away


def test_persons_and_tuples_are_averaged_in_float32(small):
    x = body()
    networks = (STGCN(NTU25, "small", seeded()).eval(), STTFormer(5, 25, "small", seeded()).eval())
    for network in networks:
        with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
            found = network.features(x)
        assert found.dtype is torch.float32
        exact = network.features(x)
        assert (found - exact).abs().max() < 0.02 * exact.abs().max()
        assert not torch.equal(found, found.bfloat16().float())


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_learns_in_bf16(name, toy, small):
    seen = []
    options = {"preset": "smoke", "size": "small", "epochs": 1, "frames": 12, "probe_epochs": 1}
    options |= {"least_probe_steps": 0, "memory": "12 clips", "progress": False, "precision": "bf16"}
    history = continual_learn(name, toy(), toy(seed=1), 2, callback=lambda p: seen.append(p.loss), **options)
    assert all(p.dtype is torch.float32 for p in history.method.network.parameters())
    assert all(0 < loss < 50 for loss in seen if loss is not None)


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - set(selfsup.objectives.UNTRAINED)))
def test_every_objective_has_nearly_the_loss_of_float32_in_bf16(name, toy, small):
    options = {"preset": "smoke", "size": "small", "epochs": 1, "frames": 12, "batch": 24, "progress": False}
    exact = selfsup.pretrain(name, toy(), **options).losses
    assert selfsup.pretrain(name, toy(), precision="bf16", **options).losses == pytest.approx(exact, rel=0.02)


def test_arguments_in_half_precision_become_float32_only_under_autocast():
    @in_float32
    def kinds(x, pair, *, other):
        return x.dtype, pair[0].dtype, other[0].dtype, pair[1]

    half = torch.ones(2, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert kinds(half, (half, 3), other=[half]) == (*[torch.float32] * 3, 3)
        assert (torch.eye(2) @ torch.eye(2)).dtype is torch.bfloat16  # the context goes on
    assert kinds(half, (half, 3), other=[half]) == (*[torch.bfloat16] * 3, 3)


def test_tf32_is_set_while_the_context_is_open_and_restored_after_an_error():
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    for allowed, name in ((True, "high"), (False, "highest")):
        with tf32(allowed):
            assert torch.get_float32_matmul_precision() == name
            assert torch.backends.cudnn.allow_tf32 is allowed
        with pytest.raises(ZeroDivisionError), tf32(allowed):
            _ = 1 / 0
        assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before


def test_optimisers_are_fused_on_a_gpu_alone():
    assert loop.fused(torch.device("cuda")) is True
    assert loop.fused(torch.device("cpu")) is None


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="precision='fp16': expected 'auto', 'fp32' or 'bf16'"):
        loop.autocast(torch.device("cpu"), "fp16")
