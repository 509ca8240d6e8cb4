"""Settings of continual learning, and presets of them. All plain values: notebook parameters, checkpoints and results carry them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from .. import codecs


@dataclass(frozen=True)
class Settings:
    """How a network is built and taught, whatever the method. (CHARON, section on learning a task.)

    Args:
        size: of the network, a name in `models.SIZES`.
        frames: T, all clips are resized to it; a multiple of 6.
        epochs: per task; least_steps: a task of few clips is repeated more often, so that it takes at least so many steps.
        batch: clips of the stream in a step, and of each draw from the memory.
        lr, weight_decay: of AdamW. decay: within each task the learning rate falls evenly to nothing, instead of staying as it is.
        clip: largest norm of the gradient.
        precision: "fp32", "bf16", or "auto": bf16 on a GPU that has it.
        recalibrate: after each task, before anything is evaluated or probed, take the statistics of batch norm anew from the task's
            clips and the memory: the running ones lag behind after a short task.
        fused: stream and draws go through the network as one batch. Faster; batch norm then sees a mixture of old and new.
        alpha: weight of what stored logits ask (DER++, CHARON); beta: of the labels of a second draw; gamma: of reconstruction.
        ratio: share of tuples hidden in training (CHARON), η.
        adaptive: lets the share follow the training accuracy of the epoch before ("difficulty": ratio x accuracy), or how full the
            memory is ("memory"); `ratio` is then the most that is hidden.
        masking, reconstruction, probing, refresh: switch off a part of CHARON.
        probe_epochs, probe_lr: of linear probing.
        interval, keyframes, coefficients, dtype, codec: how a compressing memory stores clips: codec "uniform" reads interval,
            "adaptive" keyframes, "dct" coefficients.
        restore: of codec "uniform".
        compression: without it clips are stored whole, in float32.
        logits: type of stored logits.
        temporal_position, attention: of the network.
        distillation: weight of the old network's answers (LwF, iCaRL); temperature: of LwF's.
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
    clip: float = 1.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    recalibrate: bool = True
    fused: bool = False
    alpha: float = 0.5
    beta: float = 1.0
    gamma: float = 1.0
    ratio: float = 0.3
    adaptive: Literal["no", "difficulty", "memory"] = "no"
    masking: bool = True
    reconstruction: bool = True
    probing: bool = True
    refresh: bool = True
    probe_epochs: int = 3
    probe_lr: float = 3e-3
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
    ewc: float = 100.0
    ewc_decay: float = 1.0

    def memory_codec(self) -> codecs.Codec:
        """The codec that these settings name; clips as they are if compression is off."""
        if not self.compression:
            return codecs.Uniform(1)
        if self.codec == "uniform":
            return codecs.Uniform(self.interval, restore=self.restore, dtype=self.dtype)
        if self.codec == "adaptive":
            return codecs.Adaptive(self.keyframes, dtype=self.dtype)
        if self.codec == "dct":
            return codecs.DCT(self.coefficients, dtype=self.dtype)
        raise ValueError(f"codec={self.codec!r}: expected 'uniform', 'adaptive' or 'dct'")

    def epochs_for(self, clips: int) -> int:
        """Epochs of a task of so many clips."""
        return max(self.epochs, -(-self.least_steps // max(1, -(-clips // self.batch))))

    def rates(self, step: int, steps: int) -> list[float]:
        """Learning rate of the steps of a task from `step` on."""
        return [self.lr * (1 - k / steps if self.decay else 1) for k in range(step, steps)]

    def as_dict(self) -> dict:
        return asdict(self)


PRESETS = {
    "smoke": Settings(frames=30, epochs=2, interval=3, least_steps=0),
    "laptop": Settings(),
    "gpu": Settings(size="tiny", frames=120, epochs=15, batch=16, least_steps=0),
    "paper": Settings(size="tiny", frames=120, epochs=30, batch=16, lr=5e-4, least_steps=0),
}
"""smoke: seconds, shows that all of it runs. laptop: minutes on two cores, shows the phenomenon. paper: the published setting (their
learning rate is not known to us)."""


def settings(preset: str = "laptop", **changes) -> Settings:
    """A preset with some settings changed.

    Raises:
        ValueError: an unknown preset or setting; lists the known ones.

    >>> settings("laptop", interval=15).interval
    15
    """
    if preset not in PRESETS:
        raise ValueError(f"no preset {preset!r}; known: {', '.join(PRESETS)}")
    known = [f.name for f in fields(Settings)]
    if unknown := sorted(set(changes) - set(known)):
        raise ValueError(f"no setting {', '.join(unknown)}; known: {', '.join(known)}")
    return replace(PRESETS[preset], **changes)
