"""`pretrain`: one way of learning without labels, watched, timed, resumable."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..data import ClipSet
from ..models import parameters
from ..ops import augment
from ..ops.motion import as_stream
from ..skeletons.skeleton import Skeleton
from ..training import loop
from ..training.inputs import PreparedClips
from ..utils.progress import ProgressBar
from ..utils.validation import instance_of, one_of
from .objectives.barlow_twins import effective_rank
from .objectives.coordinate_autoencoder import CoordinateAutoencoder
from .objectives.siamese import Twins
from .objectives.skeleton2vec import Skeleton2vec
from .presets import Settings
from .presets import settings as make_settings

METHODS: dict[str, Callable[[Skeleton, Settings, torch.Generator], nn.Module]] = {
    "skeletonbt": partial(Twins, ways=["plain"]),
    "pstl": partial(Twins, ways=["pstl"]),
    "asma": partial(Twins, ways=["f", "g"]),
    "skeleton2vec": Skeleton2vec,
    "autoencoder": CoordinateAutoencoder,
    "scratch": partial(Twins, ways=["plain"]),
    "two f": partial(Twins, ways=["f", "f"]),
    "two g": partial(Twins, ways=["g", "g"]),
    "two random": partial(Twins, ways=["random", "random"]),
}
"""Name -> method. Controls: "scratch" is not trained, first weights; "two …" are two encoders as ASMa's, but alike."""

COLLAPSED, LASTING = 1.5, 0.2
"""An effective rank below this is reported, features of all clips lie on one line: at the end, or where it lasted this share of the epochs."""


@dataclass
class Pretrained:
    """Encoders that were trained without labels.

    Attributes:
        encoders: one, or f and g (ASMa), or those of several streams, see `together`.
        streams: what each encoder sees; all what the settings say, unless given.
        losses: mean loss of each epoch; ranks: effective rank of the features of some clips after each.
        head: how many numbers were learnt beside the encoders, and thrown away; 0 of "scratch".
        seconds: of training.
    """

    method: str
    settings: Settings
    skeleton: Skeleton
    encoders: list[nn.Module]
    losses: list[float] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)
    head: int = 0
    seconds: float = 0.0
    streams: tuple[str, ...] = ()

    def __post_init__(self):
        self.streams = self.streams or (self.settings.stream,) * len(self.encoders)

    def tokens(self, x: Tensor, hidden: Tensor | None = None) -> list[Tensor]:
        """Of each encoder [N, T', D]; clips [N, 3, T, V, M] are centred, in metres. hidden: joints to remove."""
        return tokens_of(self.encoders, self.streams, x, hidden)

    def features(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Of all encoders side by side, [N, sum D]."""
        return torch.cat([tokens.mean(1) for tokens in self.tokens(x, hidden)], 1)

    @property
    def parameters(self) -> int:
        """Of the encoders."""
        return sum(parameters(encoder) for encoder in self.encoders)

    def __repr__(self) -> str:
        trained = f", {len(self.losses)} epochs, loss {self.losses[-1]:.2f}" if self.losses else ""
        return f"Pretrained({self.method}, {', '.join(dict.fromkeys(self.streams))}: {self.parameters:,} parameters{trained}, {self.seconds:.0f} s)"


def tokens_of(
    encoders: Iterable[nn.Module], streams: Sequence[str], x: Tensor, hidden: Tensor | None = None
) -> list[Tensor]:
    """Of each encoder [N, T', D] of the stream that it sees. Clips x [N, 3, T, V, M] are centred, in metres; hidden: joints to remove."""
    return [
        encoder.tokens(as_stream(x, encoder.skeleton, stream), hidden)
        for encoder, stream in zip(encoders, streams, strict=True)
    ]


def together(*several: Pretrained) -> Pretrained:
    """Encoders of several trainings as one, to be judged side by side or aligned: those of joint, bone and motion. (ASMa, three streams.)

    Raises:
        ValueError: none, or not of the same skeleton, size and frames.

    >>> from skelkit import load
    >>> clips = load("synthetic", clips=24, classes=["wave", "hug"])
    >>> together(*(pretrain("asma", clips, preset="smoke", epochs=1, stream=stream) for stream in ("joint", "bone"))).streams
    ('joint', 'joint', 'bone', 'bone')
    """
    alike = dict.fromkeys((p.skeleton, p.settings.size, p.settings.frames) for p in several)
    if len(alike) != 1:
        found = (
            ", ".join(f"{skeleton.name} {size} with {frames} frames" for skeleton, size, frames in alike)
            or "none"
        )
        raise ValueError(
            f"encoders that are put together are of one skeleton, size and number of frames; found: {found}"
        )
    encoders, streams = (
        [each for p in several for each in getattr(p, what)] for what in ("encoders", "streams")
    )
    method = " + ".join(dict.fromkeys(p.method for p in several))
    return Pretrained(
        method,
        several[0].settings,
        several[0].skeleton,
        encoders,
        head=sum(p.head for p in several),
        seconds=sum(p.seconds for p in several),
        streams=tuple(streams),
    )


@dataclass(frozen=True)
class Progress:
    """What a callback gets before the first epoch (0) and after each: its mean loss, effective rank, the encoders and all of the method as
    they are now; look, but do not touch."""

    epoch: int
    epochs: int
    loss: float
    rank: float
    pretrained: Pretrained
    model: nn.Module


def pretrain(
    method: str,
    clips: ClipSet,
    *,
    preset: str = "laptop",
    seed: int = 0,
    callback: Callable[[Progress], None] | None = None,
    checkpoints: str | Path | None = None,
    every: float = 30.0,
    progress: bool | None = None,
    **changes,
) -> Pretrained:
    """Train encoders on clips whose labels are not looked at.

    Args:
        method: of `METHODS`.
        clips: on the device where all of it will happen.
        preset: one of `settings.PRESETS`; changes: single settings, by name.
        callback: called before the first epoch and after every one; raise `loop.Stopped` in it to end the training.
        checkpoints: folder; a run that was killed goes on from there. every: seconds between checkpoints.

    Under torchrun each process takes its share of every batch, correlations are over the whole of it, and gradients are averaged.

    Differs from the authors: where names of classes tell left from right ("left punch", "right punch"), views are not mirrored, unless
    `mirror` is given: an encoder that says the same of a clip and of its mirror image cannot tell them apart.

    Raises:
        ValueError: an unknown method, preset or setting, fewer clips than a batch needs, a checkpoint of other settings.
        loop.Diverged: a loss that is no number; the last checkpoint is kept.

    >>> from skelkit import load
    >>> pretrain("pstl", load("synthetic", clips=24, classes=["wave", "hug"]), preset="smoke", epochs=1, batch=12).encoders[0].width
    64
    """
    one_of(method, METHODS, "method")
    instance_of(ClipSet, clips, "clips", "sk.load")
    if augment.sides(clips.classes):
        changes = {"mirror": 0.0} | changes
    s = make_settings(preset, **changes)
    if len(clips) < 2:
        raise ValueError(
            f"{len(clips)} clip to pre-train on: views are compared over a batch of at least 2 clips"
        )
    generator = torch.Generator().manual_seed(seed)
    model = METHODS[method](clips.skeleton, s, generator).to(clips.device)
    made = Pretrained(method, s, clips.skeleton, list(model.encoders))
    if method == "scratch":
        for encoder in made.encoders:
            encoder.eval()
        return made
    made.head = sum(p.numel() for p in model.parameters() if p.requires_grad) - made.parameters
    _Pretraining(model, made, clips, s, generator, seed).go(
        callback, checkpoints, every, ProgressBar(method, s.epochs, progress, unit="epoch")
    )
    return made


class _Pretraining:
    """The epochs of one training, and what is kept of them."""

    def __init__(
        self,
        model: nn.Module,
        made: Pretrained,
        clips: ClipSet,
        s: Settings,
        generator: torch.Generator,
        seed: int,
    ):
        self.model, self.made, self.s, self.generator, self.seed = model, made, s, generator, seed
        self.still = PreparedClips(clips, s.frames, crop=None)
        self.optimiser = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad], lr=s.lr, weight_decay=s.weight_decay
        )
        self.rank, self.world = (
            (dist.get_rank(), dist.get_world_size())
            if dist.is_available() and dist.is_initialized()
            else (0, 1)
        )

    def go(self, callback, checkpoints, every: float, bar) -> None:
        s, clips = self.s, self.still.clips
        about = {
            "method": self.made.method,
            "seed": self.seed,
            "clips": len(clips),
            "frames of clips": len(clips.poses),
        } | s.as_dict()
        parts = {"model": self.model, "optimiser": self.optimiser, "generator": self.generator, "kept": self}
        run = loop.Run(parts, about, checkpoints, every)
        with bar:
            if callback is not None and not run.resumed:
                callback(Progress(0, s.epochs, math.nan, math.nan, self.made, self.model))
            for epoch in run.loop("epoch", range(s.epochs)):
                begun = time.perf_counter()
                self.made.losses.append(self.epoch(epoch))
                self.made.seconds += time.perf_counter() - begun
                self.made.ranks.append(self.rank_now())
                self.warn_of_collapse()
                bar.update(f"epoch {epoch + 1} of {s.epochs}", self.made.losses[-1], 1)
                if callback is not None:
                    callback(
                        Progress(
                            epoch + 1,
                            s.epochs,
                            self.made.losses[-1],
                            self.made.ranks[-1],
                            self.made,
                            self.model,
                        )
                    )
        self.model.eval()

    def epoch(self, epoch: int) -> float:
        """All clips once, in an order drawn anew. Returns the mean loss."""
        self.model.train()
        batches = loop.batches(len(self.still), self.s.batch, self.generator)
        steps = self.s.epochs * len(batches)
        rates = [rate(self.s, epoch * len(batches) + k, steps) for k in range(len(batches))]
        what = f"{self.made.method}, epoch {epoch + 1}"
        return loop.fit(
            self.loss,
            batches,
            self.optimiser,
            rates=rates,
            clip=self.s.clip,
            precision=self.s.precision,
            what=what,
            after_backward=self.average,
            after_step=self.model.after_step,
        )

    def loss(self, index: Tensor) -> Tensor:
        mine = index[: len(index) // self.world * self.world].tensor_split(self.world)[self.rank]
        return self.model.loss(self.still[mine.to(self.still.labels.device)])

    def average(self) -> None:
        """Gradients of all processes."""
        if self.world > 1:
            for p in self.model.parameters():
                if p.grad is not None:
                    dist.all_reduce(p.grad)
                    p.grad /= self.world

    @torch.no_grad()
    def rank_now(self) -> float:
        """Effective rank of the first encoder's features of some clips."""
        self.model.eval()
        return effective_rank(
            self.made.features(
                self.still[torch.arange(min(len(self.still), 128), device=self.still.labels.device)]
            )
        )

    def warn_of_collapse(self) -> None:
        """Say so, once, if features lie on one line for long or at the end; in the first epochs they may."""
        ranks, epochs = self.made.ranks, self.s.epochs
        low = sum(
            1 for _ in takewhile(lambda rank: not rank >= COLLAPSED, reversed(ranks))
        )  # epochs in a row up to this one; nan is low
        lasting = max(3, round(LASTING * epochs))
        if (low == lasting or (0 < low < lasting and len(ranks) == epochs)) and len(self.still) > 2:
            warnings.warn(
                f"{self.made.method}, epoch {len(ranks)}: the representation collapsed: features have an effective rank of {ranks[-1]:.2f} "
                f"(of {self.made.encoders[0].width}); raise redundancy or batch, or lower lr",
                stacklevel=2,
            )

    def state_dict(self) -> dict:
        return {"losses": self.made.losses, "ranks": self.made.ranks, "seconds": self.made.seconds}

    def load_state_dict(self, state: dict) -> None:
        self.made.losses, self.made.ranks, self.made.seconds = (
            list(state["losses"]),
            list(state["ranks"]),
            state["seconds"],
        )


def rate(s: Settings, step: int, steps: int) -> float:
    """Learning rate of a step: rises to `lr` over the warm-up, then falls along a cosine to 0."""
    rise = max(1, round(s.warmup * steps))
    if step < rise:
        return s.lr * (step + 1) / rise
    return loop.cosine(s.lr, step - rise, max(1, steps - rise))
