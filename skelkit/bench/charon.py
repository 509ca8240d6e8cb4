"""What a step of CHARON takes on this machine, stage by stage, and how far that is from bare matrix products of as many operations."""

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
from ..ops.codecs.uniform import Uniform
from ..training import loop
from .timing import against_products, median_ratio

CLASSES, BATCH, RATIO = 60, 16, 0.3

NTU60_STEPS = 30 * 40_091 // BATCH
"""Steps of the published Split NTU-60: 30 epochs of its cross-subject training clips, whatever the number of tasks."""


def bench_charon(device: torch.device, rounds: int = 5) -> list[dict]:
    """Stream of 16 clips, two draws of 16 from a memory of every fifth frame, a quarter of the clips with two persons."""
    size, precision = ("tiny", "bf16") if device.type == "cuda" else ("nano", "fp32")
    frames, generator = SIZES[size].frames, torch.Generator().manual_seed(0)
    clips = load("synthetic", clips=240).to(device)
    x = motion.centre(clips.batch(slice(None), frames=frames), clips.skeleton)
    two = motion.presence(motion.to_frames(x)).any(1)[:, 1]
    x = torch.cat([x[two][:32], x[~two][:96]])[torch.randperm(128, generator=generator).to(device)]
    network = MaskedAutoencoder(STTFormer(CLASSES, len(clips.skeleton), size, generator), generator).to(
        device
    )
    labels = torch.randint(CLASSES, (len(x),), generator=generator).to(device)
    memory = ReplayMemory(
        "500 clips", Uniform(5), frames=frames, joints=len(clips.skeleton), classes=CLASSES, device=device
    )
    memory.offer(x, labels, torch.randn(len(x), CLASSES, generator=generator), generator)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    batches, stored = x[: 3 * BATCH].split(BATCH), memory.read(torch.arange(BATCH, device=device))[2]

    def forward(encode: bool = False) -> list:
        with loop.autocast(device, precision):
            return [network.features(v) if encode else network(v, RATIO, generator) for v in batches]

    def step() -> None:
        draws = [memory.draw(BATCH, generator) for _ in range(2)]
        seen = [augment.rotate(v, generator) for v in (batches[0], draws[0][0], draws[1][0])]
        with loop.autocast(device, precision):
            now, then, again = (network(v, RATIO, generator) for v in seen)
            loss = (
                F.cross_entropy(now.logits, labels[:BATCH])
                + 0.5 * F.mse_loss(then.logits, stored)
                + F.cross_entropy(again.logits, draws[1][1])
            )
            loss = loss + now.loss + 0.5 * then.loss + again.loss
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0, foreach=True)
        optimiser.step()

    stages: dict[str, Callable[[], object]] = {
        "two draws of 16, restored": lambda: [memory.draw(BATCH, generator) for _ in range(2)],
        "rotation of 48 clips": lambda: [augment.rotate(v, generator) for v in batches],
        "encoder, whole clips, forward": lambda: torch.no_grad()(forward)(True),
        "encoder and decoder, 30 % hidden, forward": lambda: torch.no_grad()(forward)(),
        "AdamW": optimiser.step,
        f"whole step, {size}, {precision}": step,
    }
    step()
    rows = [against_products(name, run, device, precision, rounds) for name, run in stages.items()]
    rows[-1] |= {
        "steps a second": 1000 / rows[-1]["ms"],
        "Split NTU-60, hours": rows[-1]["ms"] * NTU60_STEPS / 3.6e6,
    }
    return [*rows, _probing(network, x, labels, memory, generator)]


def _probing(
    network: MaskedAutoencoder, x: Tensor, labels: Tensor, memory: ReplayMemory, generator: torch.Generator
) -> dict:
    """Three epochs of linear probing: each clip through the frozen encoder once, against the encoder at every step."""
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

    took, naive, ratio = median_ratio(once, every_step, 3)
    return {
        "what": "probing, 64 clips, 3 epochs",
        "ms": 1000 * took,
        "encoder at every step ms": 1000 * naive,
        "times faster": 1 / ratio,
    }
