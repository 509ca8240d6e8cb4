"""What a pre-training step of ASMa takes on this machine, stage by stage, and how far that is from bare matrix products of as many operations."""

from __future__ import annotations

import torch

from ..data import load
from ..selfsup import PRETRAINING_PRESETS
from ..selfsup.objectives.barlow_twins import barlow_twins
from ..selfsup.objectives.siamese import SiameseObjective
from ..selfsup.views import augmented
from ..training import loop
from ..training.inputs import PreparedClips
from .timing import against_products


def bench_asma(device: torch.device, rounds: int = 5) -> list[dict]:
    """Two encoders, three views each; on a GPU the published setting in bf16, elsewhere that of preset laptop."""
    s, precision = (PRETRAINING_PRESETS["paper"], "bf16") if device.type == "cuda" else (PRETRAINING_PRESETS["laptop"], "fp32")
    generator = torch.Generator().manual_seed(0)
    clips = load("synthetic", clips=s.batch).to(device)
    x = PreparedClips(clips, s.frames, crop=None)[torch.arange(s.batch, device=device)]
    model = SiameseObjective(clips.skeleton, s, generator, ["f", "g"]).to(device)
    optimiser = torch.optim.Adam(model.parameters(), s.lr)
    twin = model.twins[0]
    remove, drop = (
        twin.joint_mask(x, clips.skeleton, s.joints, generator),
        twin.frame_mask(x, clips.skeleton, s.hidden, generator),
    )
    fewer = x[:, :, ~drop[0]]
    features = twin.encoder.features(x).detach()

    def forward(run) -> None:
        with torch.no_grad(), loop.autocast(device, precision):
            run()

    def step() -> None:
        with loop.autocast(device, precision):
            loss = model.loss(x)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s.clip, foreach=True)
        optimiser.step()

    stages = {
        "augmentation of six views": lambda: [augmented(x, clips.skeleton, s, generator) for _ in range(6)],
        "anchor, forward": lambda: forward(lambda: twin.encoder.features(x)),
        f"spatial view ({s.joints:.0%} of joints removed), forward": lambda: forward(
            lambda: twin.encoder.features(x, remove)
        ),
        f"temporal view ({s.hidden:.0%} of frames dropped), forward": lambda: forward(
            lambda: twin.encoder.features(fewer)
        ),
        "projector, six views, forward": lambda: forward(
            lambda: [twin.projector(features) for _ in range(6)]
        ),
        "four correlations": lambda: forward(
            lambda: [barlow_twins(z, z) for z in [twin.projector(features)] * 4]
        ),
        "Adam": optimiser.step,
        f"whole step, {s.batch} clips, {s.size}, {precision}": step,
    }
    step()
    rows = [against_products(name, run, device, precision, rounds) for name, run in stages.items()]
    rows[-1]["clips a second"] = s.batch * 1000 / rows[-1]["ms"]
    return rows
