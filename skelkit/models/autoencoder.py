"""Masked training: classify clips from some of their tuples, and fill in the rest. (CHARON, masked training.)"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..ops import masks
from ..ops.masks.sampling import TUPLE
from .block import Block, Convolution, initialise
from .persons import Tracks, tracks
from .sttformer import SIZES, STTFormer, add_codes, kept_index, resolve_size

Blocks = tuple[tuple[int, int, int], ...]

DECODERS: dict[str, Blocks] = {
    "nano": ((32, 16, 8), (16, 16, 8)),
    "tiny": ((128, 64, 64), (64, 32, 32), (32, 32, 16)),
    "base": ((256, 128, 64), (128, 64, 32), (64, 64, 16)),
}
"""Blocks of the decoder that belongs to each encoder size: (channels in, channels out, d)."""


class Output(NamedTuple):
    """What one pass gives: logits [N, classes], and of the reconstruction, None where there was none, what follows.

    Of any subset of clips, (errors * counts)[subset].sum() / counts[subset].sum() is the loss they have by themselves.
    """

    logits: Tensor
    loss: Tensor | None = None
    """Mean squared error over all frames of all persons that count, m^2."""
    errors: Tensor | None = None
    """[N], that of each clip, m^2."""
    counts: Tensor | None = None
    """[N], the frames of persons that it is the mean of."""


def draw_hidden(x: Tensor, ratio: float, generator: torch.Generator | None) -> Tensor:
    """`masks.random_tuples`, bool [N, T']; needs a generator only if anything is hidden at all."""
    tuples = x.shape[2] // TUPLE
    if tuples and masks.kept_tuples(tuples, ratio) == tuples:
        return torch.zeros(len(x), tuples, dtype=torch.bool, device=x.device)
    return masks.random_tuples(x, ratio=ratio, generator=generator)


def fill(tokens: Tensor, index: Tensor, tuples: int, token: Tensor) -> Tensor:
    """Tuples back in their places, `token` [D] in the holes. tokens [P, D, K, V'], index Long[P, K] -> [P, D, T', V']."""
    rows = (
        index + tuples * torch.arange(len(index), device=index.device)[:, None]
    )  # whole tuples are copied, [V', D] each
    whole = token.to(tokens.dtype).expand(len(tokens) * tuples, tokens.shape[3], -1)
    whole = whole.index_copy(0, rows.flatten(), tokens.permute(0, 2, 3, 1).flatten(0, 1))
    return whole.unflatten(0, (-1, tuples)).permute(0, 3, 1, 2)


def reconstruction_errors(
    prediction: Tensor, people: Tracks, clips: int, hidden: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Each clip's mean squared error of coordinates over the frames in which each person is there, m^2, and how many those are. [N] twice.

    Args:
        prediction: [P, C, T, V].
        clips: N.
        hidden: bool[P, T'], count these tuples alone; zero if there are none.

    Differs from the authors: the zeros of absent persons are no target.
    """
    counts = people.present if hidden is None else people.present & hidden.repeat_interleave(TUPLE, 1)  # [P, T]
    error = (prediction - people.poses).square().mean((1, 3)) * counts  # [P, T]
    sums, counts = (
        error.new_zeros(clips).index_add(0, people.clip, v.sum(1).to(error.dtype)) for v in (error, counts)
    )
    return sums / counts.clamp_min(1), counts


def decoder_blocks(encoder: STTFormer, decoder: str | Blocks | None) -> Blocks:
    """The blocks meant, checked against the encoder; None: those that belong to its size."""
    fits = [name for name, blocks in DECODERS.items() if blocks[0][0] == encoder.width]
    if decoder is None:
        decoder = next(
            (name for name, size in SIZES.items() if size == encoder.size and name in DECODERS), None
        )
        if decoder is None:
            raise ValueError(
                f"the encoder has a size of its own; say which decoder it gets: blocks, or a name ({', '.join(fits) or 'none fits'})"
            )
    blocks = resolve_size(decoder, DECODERS)
    if blocks[0][0] != encoder.width:
        raise ValueError(
            f"the decoder begins with {blocks[0][0]} channels, the encoder ends with {encoder.width}; that fit: {', '.join(fits) or 'none'}"
        )
    return blocks


class Decoder(nn.Module):
    """Encoded tuples [P, D, K, V'] and where they were -> all frames [P, C, T, V]; lighter than the encoder."""

    def __init__(
        self,
        blocks: Blocks,
        channels: int,
        tokens: int,
        heads: int = 3,
        attention: str = "softmax",
        temporal_position: bool = False,
    ):
        super().__init__()
        self.temporal_position = temporal_position
        self.token = nn.Parameter(torch.zeros(blocks[0][0]))
        self.blocks = nn.Sequential(*(Block(*b, heads, attention, tokens) for b in blocks))
        self.out = Convolution(blocks[-1][1], channels)

    def forward(self, tokens: Tensor, index: Tensor, tuples: int) -> Tensor:
        """tokens [P, D, K, V'], index Long[P, K] -> [P, C, 6 T', V]."""
        x = fill(tokens, index, tuples, self.token)
        where = torch.arange(tuples, device=x.device)[None] if self.temporal_position else None
        x = self.blocks(add_codes(x, where).contiguous(memory_format=torch.channels_last))
        return self.out(x).unflatten(3, (TUPLE, -1)).flatten(2, 3)


class MaskedAutoencoder(nn.Module):
    """An encoder that, in training, sees a random part of each clip, and a decoder that reconstructs all of it.

    In evaluation nothing is hidden, nothing is drawn and the decoder does not run.

    Args:
        encoder: it keeps its classifier; `features` and `classifier` are its own.
        generator: draws the decoder's first weights.
        decoder: a name in `DECODERS`, or blocks; by default the one that belongs to the encoder's size.
        masked_only: reconstruct what was hidden, instead of the whole clip.

    >>> g = torch.Generator().manual_seed(0)
    >>> model = MaskedAutoencoder(STTFormer(classes=5, joints=20, generator=g), generator=g)
    >>> out = model(torch.ones(4, 3, 60, 20, 2), ratio=0.3, generator=g)
    >>> out.logits.shape, out.loss.shape, model.eval()(torch.ones(4, 3, 60, 20, 2)).loss
    (torch.Size([4, 5]), torch.Size([]), None)
    """

    def __init__(
        self,
        encoder: STTFormer,
        generator: torch.Generator | None = None,
        decoder: str | Blocks | None = None,
        masked_only: bool = False,
    ):
        super().__init__()
        blocks = decoder_blocks(encoder, decoder)
        self.encoder, self.masked_only = encoder, masked_only
        attention = "softmax" if encoder.blocks[0].map is None else "tanh"
        self.decoder = Decoder(
            blocks,
            encoder.channels,
            TUPLE * encoder.joints,
            encoder.size.heads,
            attention,
            encoder.temporal_position,
        )
        initialise(self.decoder, generator)
        with torch.no_grad():
            self.decoder.out.weight.mul_(
                0.02
            )  # begin near the origin: metres of noise would take most of a short training to unlearn
        self.to(memory_format=torch.channels_last)

    @property
    def classifier(self) -> nn.Linear:
        """The encoder's classifier."""
        return self.encoder.classifier

    def features(self, x: Tensor) -> Tensor:
        """Features [N, D] of whole clips."""
        return self.encoder.features(x)

    def forward(self, x: Tensor, ratio: float = 0.3, generator: torch.Generator | None = None) -> Output:
        """Logits and reconstruction loss of clips [N, C, T, V, M] with a share `ratio` of the tuples of each hidden."""
        if not self.training:
            return Output(self.encoder(x))
        people = tracks(self.encoder.check(x))
        hidden = draw_hidden(x, ratio, generator)
        kept = kept_index(hidden, masks.kept_tuples(hidden.shape[1], ratio))
        tokens, prediction = self._through(people, kept, hidden.shape[1])
        errors, counts = reconstruction_errors(
            prediction, people, len(x), hidden[people.clip] if self.masked_only else None
        )
        logits = self.classifier(self.encoder.pool(tokens, people.clip, len(x)))
        return Output(logits, (errors * counts).sum() / counts.sum().clamp_min(1), errors, counts)

    def reconstruct(self, x: Tensor, hidden: Tensor) -> Tensor:
        """What the decoder makes of clips [N, C, T, V, M] whose tuples hidden, bool [N, T'], it does not see; absent persons are zero."""
        people = tracks(self.encoder.check(x))
        prediction = (
            self._through(people, kept_index(hidden), hidden.shape[1])[1] * people.present[:, None, :, None]
        )
        out = x.new_zeros(len(x), x.shape[4], *x.shape[1:4])  # [N, M, C, T, V]
        return out.index_put((people.clip, people.person), prediction.to(out.dtype)).permute(0, 2, 3, 4, 1)

    def _through(self, people: Tracks, kept: Tensor, tuples: int) -> tuple[Tensor, Tensor]:
        """Encoded tokens [P, D, K, V'] of the tuples kept, Long[N, K], and all frames [P, C, T, V] reconstructed from them."""
        tokens = self.encoder.encode(people, kept)
        if not len(tokens):
            return tokens, torch.zeros_like(people.poses)
        return tokens, self.decoder(tokens, kept[people.clip], tuples)
