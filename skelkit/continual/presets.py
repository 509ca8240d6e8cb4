"""Settings of continual learning, and presets of them.

All settings are plain values, so that notebook parameters, checkpoints and results can carry them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from ..ops import codecs
from ..training.settings import WithOptions, check, choose
from ..utils.presets import settings_of


@dataclass(frozen=True)
class Settings(WithOptions):
    """How a network is built and trained, whatever the learner. (CHARON, section on learning a task.)

    Args:
        size: of the network, a name in `models.SIZES`.
        frames: T, to which all clips are resized; a multiple of 6. resize: how, see `ClipSet.batch`.
        epochs: per task; least_steps: a task of few clips takes more epochs, so that it has at least this
            many steps.
        batch: clips of the current task in a step, and of each draw from the memory.
        lr, weight_decay: of AdamW. decay: whether the learning rate falls linearly to 0 within each task.
        classifier_factor: factor on the classifier's learning rate; without it, a classifier lags behind in
            short tasks because the features of different clips differ little.
        clip: largest norm of the gradient; `math.inf` for no limit.
        precision: "fp32", "bf16", or "auto": bf16 on a GPU that supports it.
        recalibrate: whether the statistics of batch norm are recomputed from the task's clips and the memory
            after each task, before probing and evaluation; the running statistics lag behind after a short
            task.
        fused: whether clips of the current task and draws pass through the network as one batch, so that
            batch norm sees a mixture of old and new classes as in the test. In separate passes, as published
            (preset "paper"), the batch statistics alone can reveal which batch is of the current task.
        alpha: weight of the MSE to the stored logits (DER++, CHARON).
        beta: weight of the cross-entropy of the second draw; gamma: weight of the reconstruction error, per
            m².
        ratio: share of frame tuples masked in training (CHARON), η.
        adaptive: "difficulty" sets the share to ratio x training accuracy of the epoch before, "memory" to
            ratio x share of the memory that is used; "no" keeps it at `ratio`.
        masking, reconstruction: switch on a component of CHARON.
        compression: whether the memory uses `codec`; otherwise clips are stored whole, in float32.
        probing: whether the classifier is trained alone after each task. refresh: whether stored logits are
            then recomputed. Of these three, None is the published choice: on for CHARON, off for the others;
            joint training is probed too.
        probe_epochs, probe_lr: of linear probing; least_probe_steps: its least number of steps.
        codec: a name in `ops.codecs.CODECS`, configured by interval, restore ("uniform"), keyframes
            ("adaptive"), coefficients ("dct"), dtype and its other fields, which are options.
        logits: type of the stored logits.
        temporal_position, attention, softmax_over, attention_scale, stem: of the network, see
            `models.STTFormer`.
        lwf: form of LwF's loss, see `learners.lwf.LwF`; distillation: weight of its distillation loss;
            temperature: of the softmax in it.
        ewc: weight of the EWC penalty; ewc_decay: factor on the importance of the earlier tasks at each new
            one.
        options: of the learner and the codec, as in `WithOptions`.

    Raises:
        ValueError: a value that a setting cannot have.
    """

    size: str = "nano"
    frames: int = 36
    resize: Literal["endpoints", "half_pixel"] = "endpoints"
    epochs: int = 5
    least_steps: int = 150
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
    probing: bool | None = None
    refresh: bool | None = None
    probe_epochs: int = 3
    least_probe_steps: int = 300
    probe_lr: float = 0.03
    compression: bool | None = None
    codec: str = "uniform"
    interval: int = 5
    keyframes: int = 12
    coefficients: int = 12
    restore: Literal["indexed", "half_pixel"] = "indexed"
    dtype: Literal["float32", "float16", "int8"] = "float32"
    logits: Literal["float16", "float32"] = "float16"
    temporal_position: bool = False
    attention: Literal["softmax", "tanh"] = "softmax"
    softmax_over: Literal["inputs", "outputs"] = "outputs"
    attention_scale: float = 1.0
    stem: Literal["visible", "all"] = "visible"
    lwf: Literal["scaled", "paper", "mammoth"] = "scaled"
    distillation: float = 1.0
    temperature: float = 2.0
    ewc: float = 0.1
    ewc_decay: float = 1.0

    def __post_init__(self) -> None:
        counts = ("epochs", "least_steps", "probe_epochs", "least_probe_steps")
        minima = {"batch": 1, "frames": 1} | dict.fromkeys(counts, 0)
        check(self, minima, choices={"codec": codecs.CODECS})

    def memory_codec(self) -> codecs.Codec:
        """Codec of a compressing memory; a lossless one if compression is off."""
        if self.compression is False:
            return codecs.LOSSLESS
        return codecs.CODECS[self.codec].from_settings(self.by_name())

    def epochs_for(self, clips: int) -> int:
        """Number of epochs of a task of `clips` clips."""
        return max(self.epochs, -(-self.least_steps // max(1, -(-clips // self.batch))))

    def probe_epochs_for(self, clips: int) -> int:
        """Number of epochs of linear probing on `clips` clips."""
        return max(self.probe_epochs, -(-self.least_probe_steps // max(1, -(-clips // self.batch))))

    def rates(self, step: int, steps: int) -> list[float]:
        """Learning rates of a task of `steps` steps, from `step` on."""
        return [self.lr * (1 - k / steps if self.decay else 1) for k in range(step, steps)]


CONTINUAL_PRESETS = {
    "smoke": Settings(frames=24, epochs=2, interval=3, least_steps=0),
    "laptop": Settings(),
    "gpu": Settings(
        size="tiny", frames=120, epochs=15, batch=16, least_steps=0, least_probe_steps=0, probe_lr=3e-3
    ),
    "paper": Settings(
        size="tiny",
        frames=120,
        resize="half_pixel",
        epochs=30,
        batch=16,
        lr=5e-4,
        weight_decay=2e-5,
        decay=False,
        clip=math.inf,
        recalibrate=False,
        fused=False,
        classifier_factor=1.0,
        least_steps=0,
        least_probe_steps=0,
        probe_lr=5e-4,
        restore="half_pixel",
        logits="float32",
        lwf="paper",
        stem="all",
    ),
}
"""smoke: seconds, shows that everything runs. laptop: minutes on two cores, shows the effects. gpu: for
one GPU. paper: as published, with the stem on all tuples; learning rate, alpha, beta and
gamma are not published, so ours are guesses."""


def settings(preset: str = "laptop", learner: type | None = None, **changes: Any) -> Settings:
    """Settings of a preset, with some of them changed.

    Args:
        preset: a name in `CONTINUAL_PRESETS`.
        learner: class that the settings are for: those that it has `chosen` in the preset are taken, and its
            options may be changed, too. Those of the codec always may.
        changes: settings and options, by name.

    Raises:
        ValueError: an unknown preset or setting (lists the known ones), or a value that a setting cannot
            have.

    >>> settings("laptop", interval=15).interval
    15
    >>> settings("laptop", endpoint=True).memory_codec()
    Uniform(interval=5, restore='indexed', endpoint=True, dtype='float32')
    """
    chosen = getattr(learner, "chosen", {}).get(settings_of(preset), {})
    return choose(CONTINUAL_PRESETS, preset, chosen | changes, lambda s: (codecs.CODECS[s.codec], learner))
