"""Benchmark of a pre-training step of ASMa, stage by stage, against matrix products of as many operations."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..data import load
from ..selfsup import PRETRAINING_PRESETS, Settings
from ..selfsup.objectives import SiameseEncoder, SiameseObjective
from ..selfsup.objectives.barlow_twins import barlow_twins
from ..selfsup.views import augmented
from ..training import loop
from ..training.inputs import PreparedClips
from .timing import Row, against_products


def bench_asma(device: torch.device, rounds: int = 5) -> list[Row]:
    """Two encoders with three views each; preset "paper" in bf16 on a GPU, "laptop" in fp32 elsewhere."""
    preset, precision = ("paper", "bf16") if device.type == "cuda" else ("laptop", "fp32")
    s, generator = PRETRAINING_PRESETS[preset], torch.Generator().manual_seed(0)
    clips = load("synthetic", clips=s.batch).to(device)
    skeleton = clips.skeleton
    x = PreparedClips(clips, s.frames, crop=None)[torch.arange(s.batch, device=device)]
    model = SiameseObjective(skeleton, s, generator, ["f", "g"]).to(device)
    optimiser = torch.optim.Adam(model.parameters(), s.lr)

    def step() -> None:
        with loop.autocast(device, precision):
            loss = model.loss(x)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s.clip, foreach=True)
        optimiser.step()

    stages: dict[str, Callable[[], object]] = {
        "augmentation of six views": lambda: [augmented(x, skeleton, s, generator) for _ in range(6)],
        **_forward_stages(model.members[0], x, s, generator, precision),
        "Adam": optimiser.step,
        f"whole step, {s.batch} clips, {s.size}, {precision}": step,
    }
    step()
    rows = [against_products(name, run, device, precision, rounds) for name, run in stages.items()]
    rows[-1]["clips a second"] = s.batch * 1000 / rows[-1]["ms"]
    return rows


def _forward_stages(
    siamese: SiameseEncoder, x: Tensor, s: Settings, generator: torch.Generator, precision: str
) -> dict[str, Callable[[], object]]:
    """Forward passes of one encoder and its projector, without gradients."""
    encoder, projector, skeleton = siamese.encoder, siamese.projector, siamese.encoder.skeleton
    assert siamese.joint_mask is not None
    assert siamese.frame_mask is not None
    hidden_joints = siamese.joint_mask(x, skeleton, generator)
    hidden_frames = siamese.frame_mask(x, skeleton, generator)
    fewer_frames = x[:, :, ~hidden_frames[0]]
    features = encoder.features(x).detach()

    def forward(run: Callable[[], object]) -> Callable[[], object]:
        def without_gradients() -> None:
            with torch.no_grad(), loop.autocast(x.device, precision):
                run()

        return without_gradients

    spatial = f"spatial view ({s.joints:.0%} of joints removed), forward"
    temporal = f"temporal view ({s.hidden:.0%} of frames dropped), forward"
    return {
        "anchor, forward": forward(lambda: encoder.features(x)),
        spatial: forward(lambda: encoder.features(x, hidden_joints)),
        temporal: forward(lambda: encoder.features(fewer_frames)),
        "projector, six views, forward": forward(lambda: [projector(features) for _ in range(6)]),
        "four correlations": forward(lambda: [barlow_twins(z, z) for z in [projector(features)] * 4]),
    }
