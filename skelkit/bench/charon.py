"""Benchmark of a training step of CHARON, stage by stage, against matrix products of as many operations."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..continual import ReplayMemory, Settings
from ..continual.probing import probe
from ..data import load
from ..models import SIZES, MaskedAutoencoder, STTFormer
from ..ops import augment, motion
from ..ops.codecs import Uniform
from ..training import loop
from .timing import Row, against_products, median_ratio

CLASSES, BATCH, RATIO = 60, 16, 0.3

NTU60_STEPS = 30 * 40_091 // BATCH
"""Steps of the published Split NTU-60: 30 epochs of its training clips, for any number of tasks."""


def bench_charon(device: torch.device, rounds: int = 5) -> list[Row]:
    """A batch of 16 clips and two of 16 from a memory of every fifth frame; then linear probing.

    A quarter of the clips has two persons. Size "tiny" in bf16 on a GPU, "nano" in fp32 elsewhere.
    """
    size, precision = ("tiny", "bf16") if device.type == "cuda" else ("nano", "fp32")
    generator = torch.Generator().manual_seed(0)
    x, joints = _clips(device, SIZES[size].frames, generator)
    network = MaskedAutoencoder(STTFormer(CLASSES, joints, size, generator), generator).to(device)
    labels = torch.randint(CLASSES, (len(x),), generator=generator).to(device)
    memory = ReplayMemory(
        "500 clips", Uniform(5), frames=x.shape[2], joints=joints, classes=CLASSES, device=device
    )
    memory.offer(x, labels, torch.randn(len(x), CLASSES, generator=generator), generator)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    batches = x[: 3 * BATCH].split(BATCH)
    step = _training_step(network, optimiser, batches[0], labels[:BATCH], memory, generator, precision)

    def forward(run: Callable[[Tensor], object]) -> None:
        with torch.no_grad(), loop.autocast(device, precision):
            for batch in batches:
                run(batch)

    stages: dict[str, Callable[[], object]] = {
        "two draws of 16, restored": lambda: [memory.draw(BATCH, generator) for _ in range(2)],
        "rotation of 48 clips": lambda: [augment.rotate(v, generator) for v in batches],
        "encoder, whole clips, forward": lambda: forward(network.features),
        "encoder and decoder, 30 % hidden, forward": lambda: forward(lambda v: network(v, RATIO, generator)),
        "AdamW": optimiser.step,
        f"whole step, {size}, {precision}": step,
    }
    step()
    rows = [against_products(name, run, device, precision, rounds) for name, run in stages.items()]
    rows[-1] |= {
        "steps a second": 1000 / rows[-1]["ms"],
        "Split NTU-60, hours": rows[-1]["ms"] * NTU60_STEPS / 3.6e6,
    }
    return [*rows, _probing(network, x, labels, memory, generator, rounds)]


def _clips(device: torch.device, frames: int, generator: torch.Generator) -> tuple[Tensor, int]:
    """Centred clips [128, 3, T, V, 2], 32 of them with two persons; and the number of joints."""
    clips = load("synthetic", clips=240).to(device)
    x = motion.centre(clips.batch(slice(None), frames=frames), clips.skeleton)
    two_persons = motion.presence(motion.to_frames(x)).any(1)[:, 1]
    x = torch.cat([x[two_persons][:32], x[~two_persons][:96]])
    return x[torch.randperm(128, generator=generator).to(device)], len(clips.skeleton)


def _training_step(
    network: MaskedAutoencoder,
    optimiser: torch.optim.Optimizer,
    x: Tensor,
    labels: Tensor,
    memory: ReplayMemory,
    generator: torch.Generator,
    precision: str,
) -> Callable[[], None]:
    """A step of CHARON on the clips x and two draws from memory."""
    stored = memory.read(torch.arange(BATCH, device=x.device))[2]
    assert stored is not None

    def step() -> None:
        draws = [memory.draw(BATCH, generator) for _ in range(2)]
        views = [augment.rotate(v, generator) for v in (x, draws[0][0], draws[1][0])]
        with loop.autocast(x.device, precision):
            new, distilled, replayed = (network(v, RATIO, generator) for v in views)
            loss = (
                F.cross_entropy(new.logits, labels)
                + 0.5 * F.mse_loss(distilled.logits, stored)
                + F.cross_entropy(replayed.logits, draws[1][1])
            )
            loss = loss + new.loss + 0.5 * distilled.loss + replayed.loss
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0, foreach=True)
        optimiser.step()

    return step


def _probing(
    network: MaskedAutoencoder,
    x: Tensor,
    labels: Tensor,
    memory: ReplayMemory,
    generator: torch.Generator,
    rounds: int,
) -> Row:
    """Linear probing (3 epochs) with features computed once, against features computed at every step."""
    network.eval()
    settings, stream = Settings(batch=BATCH, least_probe_steps=0), x[:64]

    def once() -> None:
        with torch.no_grad():
            features = network.features(stream)
        probe(copy.deepcopy(network), features, labels[:64], memory, settings, generator)

    def every_step() -> None:
        for _ in range(settings.probe_epochs * len(stream) // BATCH):
            with torch.no_grad():
                for v in (stream[:BATCH], memory.draw(BATCH, generator)[0], memory.draw(BATCH, generator)[0]):
                    network.features(v)

    took, naive, ratio = median_ratio(once, every_step, min(rounds, 3))
    return {
        "what": "probing, 64 clips, 3 epochs",
        "ms": 1000 * took,
        "encoder at every step ms": 1000 * naive,
        "times faster": 1 / ratio,
    }
