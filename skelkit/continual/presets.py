"""Settings of continual learning, and presets of them. All plain values: notebook parameters, checkpoints and results carry them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from ..ops import codecs
from ..training.settings import check, choose


@dataclass(frozen=True)
class Settings:
    """How a network is built and taught, whatever the method. (CHARON, section on learning a task.)

    Args:
        size: of the network, a name in `models.SIZES`.
        frames: T, all clips are resized to it; a multiple of 6.
        epochs: per task; least_steps: a task of few clips is repeated more often, so that it takes at least so many steps.
        batch: clips of the stream in a step, and of each draw from the memory.
        lr, weight_decay: of AdamW. decay: within each task the learning rate falls evenly to nothing, instead of staying as it is.
        classifier_factor: the classifier learns so many times as fast; the features of clips differ little, and short tasks leave it
            behind otherwise.
        clip: largest norm of the gradient.
        precision: "fp32", "bf16", or "auto": bf16 on a GPU that has it.
        recalibrate: after each task, before anything is evaluated or probed, take the statistics of batch norm anew from the task's
            clips and the memory: the running ones lag behind after a short task.
        fused: stream and draws go through the network as one batch, so that batch norm sees a mixture of old and new classes, as in the
            test. Apart, as published (preset "paper"), it can tell the stream of a task of two classes by its statistics alone.
        alpha: weight of what stored logits ask (DER++, CHARON); beta: of the labels of a second draw; gamma: of reconstruction.
        ratio: share of tuples hidden in training (CHARON), η.
        adaptive: lets the share follow the training accuracy of the epoch before ("difficulty": ratio x accuracy), or how full the
            memory is ("memory"); `ratio` is then the most that is hidden.
        masking, reconstruction, probing, refresh: switch off a part of CHARON.
        probe_epochs, probe_lr: of linear probing, which takes at least least_probe_steps: they cost next to nothing.
        interval, keyframes, coefficients, dtype, codec: how a compressing memory stores clips: codec "uniform" reads interval,
            "adaptive" keyframes, "dct" coefficients.
        restore: of codec "uniform".
        compression: without it clips are stored whole, in float32.
        logits: type of stored logits.
        temporal_position, attention: of the network.
        distillation: weight of the old network's answers; temperature: of both networks' (LwF).
        ewc: weight of the pull towards old weights; ewc_decay: what is left of the older tasks' importance at each new one.
    """

    size: str = "nano"
    frames: int = 60
    epochs: int = 5
    least_steps: int = 48
    batch: int = 8
    lr: float = 3e-3
    weight_decay: float = 0.01
    decay: bool = True
    classifier_factor: float = 10.0
    clip: float = 1.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    recalibrate: bool = True
    fused: bool = True
    alpha: float = 0.1
    beta: float = 1.0
    gamma: float = 1.0
    ratio: float = 0.3
    adaptive: Literal["no", "difficulty", "memory"] = "no"
    masking: bool = True
    reconstruction: bool = True
    probing: bool = True
    refresh: bool = True
    probe_epochs: int = 3
    least_probe_steps: int = 300
    probe_lr: float = 0.03
    compression: bool = True
    codec: Literal["uniform", "adaptive", "dct"] = "uniform"
    interval: int = 5
    keyframes: int = 12
    coefficients: int = 12
    restore: Literal["indexed", "half_pixel"] = "indexed"
    dtype: Literal["float32", "float16", "int8"] = "float32"
    logits: Literal["float16", "float32"] = "float16"
    temporal_position: bool = False
    attention: Literal["softmax", "tanh"] = "softmax"
    distillation: float = 1.0
    temperature: float = 2.0
    ewc: float = 0.1
    ewc_decay: float = 1.0

    def __post_init__(self):
        check(self, {"epochs": 0, "probe_epochs": 0, "batch": 1, "frames": 1})

    def memory_codec(self) -> codecs.Codec:
        """The codec that these settings name; clips as they are if compression is off."""
        if not self.compression:
            return codecs.Uniform(1)
        if self.codec == "uniform":
            return codecs.Uniform(self.interval, restore=self.restore, dtype=self.dtype)
        if self.codec == "adaptive":
            return codecs.Adaptive(self.keyframes, dtype=self.dtype)
        return codecs.DCT(self.coefficients, dtype=self.dtype)

    def epochs_for(self, clips: int) -> int:
        """Epochs of a task of so many clips."""
        return max(self.epochs, -(-self.least_steps // max(1, -(-clips // self.batch))))

    def probe_epochs_for(self, clips: int) -> int:
        """Epochs of probing on so many clips."""
        return max(self.probe_epochs, -(-self.least_probe_steps // max(1, -(-clips // self.batch))))

    def rates(self, step: int, steps: int) -> list[float]:
        """Learning rate of the steps of a task from `step` on."""
        return [self.lr * (1 - k / steps if self.decay else 1) for k in range(step, steps)]

    def as_dict(self) -> dict:
        return asdict(self)


CONTINUAL_PRESETS = {
    "smoke": Settings(frames=24, epochs=2, interval=3, least_steps=0),
    "laptop": Settings(),
    "gpu": Settings(
        size="tiny", frames=120, epochs=15, batch=16, least_steps=0, least_probe_steps=0, probe_lr=3e-3
    ),
    "paper": Settings(
        size="tiny",
        frames=120,
        epochs=30,
        batch=16,
        lr=5e-4,
        fused=False,
        classifier_factor=1.0,
        least_steps=0,
        least_probe_steps=0,
        probe_lr=5e-4,
    ),
}
"""smoke: seconds, shows that all of it runs. laptop: minutes on two cores, shows the phenomenon. paper: the published setting (their
learning rate is not known to us)."""


def settings(preset: str = "laptop", **changes) -> Settings:
    """A preset with some settings changed.

    Raises:
        ValueError: an unknown preset or setting, or a value that it cannot have; lists the known ones.

    >>> settings("laptop", interval=15).interval
    15
    """
    return choose(CONTINUAL_PRESETS, preset, changes)
