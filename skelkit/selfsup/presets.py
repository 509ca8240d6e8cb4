"""Settings of self-supervised pre-training and of its evaluation, and presets of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from ..training.settings import check, choose


@dataclass(frozen=True)
class Settings:
    """How encoders are built and pre-trained, whatever the method, and how they are judged. (ASMa and PSTL, implementation details.)

    Args:
        size: of every encoder, a name in `models.GRAPH_SIZES`.
        frames: T, all clips are resized to it.
        stream: "joint", "bone" (child minus parent) or "motion" (frame differences).
        epochs, batch, lr, weight_decay: of pre-training, with Adam. warmup: share of the steps over which the rate rises; then it
            falls along a cosine.
        projector, depth: width and number of layers of the Barlow Twins head; redundancy: λ, weight of what is off the diagonal.
        joints: share of the joints removed in the spatial view; hidden: share of the frames dropped in the temporal view, half of them
            those that move most (or least), half at random.
        shear, tilt, mirror, crop: of augmentation, the same for every method; see `augment`.
        covered: share of the coordinates covered (Skeleton2vec, masked autoencoder), in tubes of `tube` frames; top: how many of the last
            layers are targets, ema: what is left of the old teacher after a step (Skeleton2vec).
        linear_epochs, linear_lr: of a head on frozen features. tune_epochs, tune_lr: of the whole network; the head learns at
            tune_factor times that rate.
        least_steps: a fine-tuning on few labels goes through them more often, so that it takes at least so many steps.
        smoothing: of labels in fine-tuning.
    """

    size: str = "laptop"
    frames: int = 50
    stream: Literal["joint", "bone", "motion"] = "joint"
    epochs: int = 30
    batch: int = 32
    lr: float = 5e-3
    weight_decay: float = 1e-5
    warmup: float = 0.067
    projector: int = 256
    depth: int = 2
    redundancy: float = 4e-3
    joints: float = 0.3
    hidden: float = 0.4
    shear: float = 0.1
    tilt: float = 30.0
    mirror: float = 0.5
    crop: float = 1 / 6
    covered: float = 0.5
    tube: int = 5
    top: int = 2
    ema: float = 0.98
    linear_epochs: int = 100
    linear_lr: float = 0.01
    tune_epochs: int = 15
    tune_lr: float = 1e-3
    tune_factor: float = 10.0
    least_steps: int = 100
    smoothing: float = 0.1
    clip: float = 5.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def __post_init__(self):
        check(
            self,
            dict.fromkeys(("frames", "depth", "projector", "tube", "top"), 1)
            | dict.fromkeys(("epochs", "redundancy", "weight_decay"), 0),
        )
        if self.batch < 2:
            raise ValueError(
                f"batch={self.batch}: Barlow Twins compares features over a batch; give at least 2 clips, better 32"
            )

    def changed(self, **changes) -> Settings:
        """The same with some settings changed."""
        return choose({"": self}, "", changes)

    def as_dict(self) -> dict:
        return asdict(self)


PRESETS = {
    "smoke": Settings(
        frames=20, epochs=2, batch=16, linear_epochs=20, tune_epochs=6, least_steps=0, projector=64
    ),
    "laptop": Settings(),
    "gpu": Settings(
        size="paper",
        shear=0.3,
        epochs=60,
        batch=128,
        projector=1024,
        redundancy=1e-3,
        linear_epochs=100,
        tune_epochs=30,
    ),
    "paper": Settings(
        size="paper",
        shear=1.0,
        epochs=150,
        batch=128,
        projector=6144,
        depth=3,
        redundancy=2e-4,
        linear_epochs=100,
        tune_epochs=100,
    ),
}
"""smoke: seconds, shows that all of it runs. laptop: minutes on two cores, shows the phenomenon. paper: the published setting."""


def settings(preset: str = "laptop", **changes) -> Settings:
    """A preset with some settings changed; ValueError lists the known ones.

    >>> settings("laptop", stream="bone").stream
    'bone'
    """
    return choose(PRESETS, preset, changes)
