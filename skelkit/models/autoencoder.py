"""Masked training: classify clips from some of their tuples, and reconstruct the others.

(CHARON, masked training.)
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..ops import masks
from ..ops.masks import TUPLE
from ..utils.validation import one_of
from .block import DEFAULT_ATTENTION, Attention, Block, Convolution, channels_last, initialise
from .persons import Tracks, tracks
from .positions import add_codes
from .sttformer import SIZES, STTFormer, kept_index, resolve_size

Blocks = tuple[tuple[int, int, int], ...]

DECODERS: dict[str, Blocks] = {
    "nano": ((32, 16, 8),),
    "tiny": ((128, 64, 64), (64, 32, 32), (32, 32, 16)),
    "base": ((256, 128, 64), (128, 64, 32), (64, 64, 16)),
}
"""Blocks of the decoder for each encoder size: (channels in, channels out, d of queries and keys)."""


TARGETS = ("coordinates", "deviation")
"""What a decoder can predict."""


class Output(NamedTuple):
    """Output of one forward pass; the reconstruction errors are None in evaluation.

    The loss of any subset of clips is (errors * counts)[subset].sum() / counts[subset].sum().
    """

    logits: Tensor
    """Class logits, [N, classes]."""
    loss: Tensor | None = None
    """Mean squared reconstruction error over all frames of all tracks, m^2."""
    errors: Tensor | None = None
    """[N], mean squared reconstruction error of each clip, m^2."""
    counts: Tensor | None = None
    """[N], number of frames over which `errors` is the mean, summed over persons."""


def draw_hidden(x: Tensor, ratio: float, generator: torch.Generator | None) -> Tensor:
    """`masks.random_tuples`, bool [N, T']; it needs a generator only if the ratio hides any tuple."""
    tuples = x.shape[2] // TUPLE
    if tuples and masks.kept_tuples(tuples, ratio) == tuples:
        return torch.zeros(len(x), tuples, dtype=torch.bool, device=x.device)
    return masks.random_tuples(x, ratio=ratio, generator=generator)


def insert_tuples(tokens: Tensor, index: Tensor, tuples: int, token: Tensor) -> Tensor:
    """Tokens of the visible tuples at their positions, and `token` at all others. [P, D, T', V'].

    Args:
        tokens: [P, D, K, V'].
        index: Long[P, K], positions of the tuples.
        tuples: T'.
        token: [D].
    """
    rows = index + tuples * torch.arange(len(index), device=index.device)[:, None]  # [P, K]
    # Rows of [V', D], so that whole tuples are copied.
    whole = token.to(tokens.dtype).expand(len(tokens) * tuples, tokens.shape[3], -1)
    whole = whole.index_copy(0, rows.flatten(), tokens.permute(0, 2, 3, 1).flatten(0, 1))
    return whole.unflatten(0, (-1, tuples)).permute(0, 3, 1, 2)


def reconstruction_errors(
    prediction: Tensor, people: Tracks, clips: int, hidden: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Mean squared error of each clip, m^2, over the frames with its persons present, and their number.

    Args:
        prediction: [P, C, T, V].
        people: the tracks to reconstruct.
        clips: N.
        hidden: bool[P, T'], average over these tuples alone; the error is zero without any. Default: all
            tuples.

    Returns:
        errors [N] and counts [N].

    Differs from the authors: the zeros of absent persons are not a target.
    """
    mask = people.present if hidden is None else people.present & hidden.repeat_interleave(TUPLE, 1)  # [P, T]
    error = (prediction - people.poses).square().mean((1, 3)) * mask  # [P, T]
    sums, counts = (
        error.new_zeros(clips).index_add(0, people.clip, v.sum(1).to(error.dtype)) for v in (error, mask)
    )
    return sums / counts.clamp_min(1), counts


def straight_lines(poses: Tensor, kept: Tensor, tuples: int) -> Tensor:
    """Poses [P, C, T, V] with straight lines between the tuples at positions `kept`, Long[P, K], of T'."""
    hidden = torch.ones(len(poses), tuples, dtype=torch.bool, device=poses.device).scatter(1, kept, False)
    return masks.interpolate_frames(poses[..., None], hidden.repeat_interleave(TUPLE, 1))[..., 0]


def decoder_blocks(encoder: STTFormer, decoder: str | Blocks | None) -> Blocks:
    """The blocks of a decoder for this encoder.

    Args:
        encoder: the encoder.
        decoder: a name in `DECODERS`, or blocks. None: those for the size of the encoder.

    Raises:
        ValueError: an unknown name, blocks that do not start with the width of the encoder, or None for an
            encoder of a size that is not in `SIZES`.
    """
    matching = ", ".join(name for name, blocks in DECODERS.items() if blocks[0][0] == encoder.width)
    if decoder is None:
        names = [name for name, size in SIZES.items() if size == encoder.size and name in DECODERS]
        if not names:
            raise ValueError(
                "the encoder has a custom size; pass decoder=, as blocks "
                f"or by name ({matching or 'no named decoder fits'})"
            )
        decoder = names[0]
    blocks = resolve_size(decoder, DECODERS)
    if blocks[0][0] != encoder.width:
        raise ValueError(
            f"the decoder begins with {blocks[0][0]} channels, the encoder ends with {encoder.width}; "
            f"that fit: {matching or 'none'}"
        )
    return blocks


class Decoder(nn.Module):
    """Reconstructs all frames [P, C, T, V] from encoded tuples [P, D, K, V']; smaller than the encoder.

    Args:
        blocks: (channels in, channels out, d of queries and keys) of each block.
        channels: C.
        tokens: V'.
        heads, attention: as in `Block`.
        temporal_position: as in `STTFormer`.
    """

    def __init__(
        self,
        blocks: Blocks,
        channels: int,
        tokens: int,
        heads: int = 3,
        attention: Attention = DEFAULT_ATTENTION,
        temporal_position: bool = False,
    ):
        super().__init__()
        self.temporal_position, self.code_tokens = temporal_position, attention.kind == "softmax"
        self.token = nn.Parameter(torch.zeros(blocks[0][0]))
        self.blocks = nn.Sequential(
            *(Block(c_in, c_out, d, heads, attention, tokens) for c_in, c_out, d in blocks)
        )
        self.out = Convolution(blocks[-1][1], channels)

    def forward(self, tokens: Tensor, index: Tensor, tuples: int) -> Tensor:
        """tokens [P, D, K, V'] of tuples at positions Long[P, K] among `tuples` T' -> [P, C, 6 T', V]."""
        x = insert_tuples(tokens, index, tuples, self.token)
        positions = torch.arange(tuples, device=x.device)[None] if self.temporal_position else None
        x = add_codes(x, positions, self.code_tokens)
        x = self.blocks(x.contiguous(memory_format=torch.channels_last))
        return self.out(x).unflatten(3, (TUPLE, -1)).flatten(2, 3)


class MaskedAutoencoder(nn.Module):
    """An encoder that sees some tuples of each clip in training, and a decoder that reconstructs the clip.

    In evaluation nothing is hidden or drawn, and the decoder does not run.

    Differs from the authors: their stem reads all tuples, also those that are hidden then; an encoder with
    ``stem="all"`` does so too, see `STTFormer` for the effect. `kept_tuples` rounds, theirs
    truncates. The output layer starts at 2 % of its usual weights, and the zeros of absent persons are not a
    target.

    Args:
        encoder: its `features` and `classifier` are also those of this network.
        generator: draws the initial weights of the decoder.
        decoder: as in `decoder_blocks`.
        masked_only: reconstruct only what is hidden. Default: the whole clip.
        target: what the decoder predicts: "coordinates", as published, or "deviation", how far each joint is
            from the straight line between the frames that the encoder sees.

    Raises:
        ValueError: a decoder that does not fit the encoder, no generator, or an unknown target.

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
        target: str = "coordinates",
    ):
        super().__init__()
        one_of(target, TARGETS, "target")
        blocks = decoder_blocks(encoder, decoder)
        self.encoder, self.masked_only, self.target = encoder, masked_only, target
        self.decoder = Decoder(
            blocks,
            encoder.channels,
            TUPLE * encoder.joints,
            encoder.size.heads,
            encoder.attention,
            encoder.temporal_position,
        )
        initialise(self.decoder, generator)
        with torch.no_grad():
            # Start near the origin: errors of metres would take most of a short training to remove.
            self.decoder.out.weight.mul_(0.02)
        channels_last(self)

    @property
    def classifier(self) -> nn.Linear:
        """The classifier of the encoder."""
        return self.encoder.classifier

    def features(self, x: Tensor) -> Tensor:
        """Features [N, D] of whole clips x [N, C, T, V, M]."""
        return self.encoder.features(x)

    def forward(self, x: Tensor, ratio: float = 0.3, generator: torch.Generator | None = None) -> Output:
        """Logits and reconstruction loss of clips x [N, C, T, V, M].

        Args:
            x: clips.
            ratio: share of the tuples to hide in each clip, in training.
            generator: draws them; needed in training if any is hidden.
        """
        if not self.training:
            return Output(self.encoder(x))
        people = tracks(self.encoder.check(x))
        hidden = draw_hidden(x, ratio, generator)
        kept = kept_index(hidden, masks.kept_tuples(hidden.shape[1], ratio))
        tokens, prediction = self._encode_and_decode(people, kept, hidden.shape[1])
        errors, counts = reconstruction_errors(
            prediction, people, len(x), hidden[people.clip] if self.masked_only else None
        )
        logits = self.classifier(self.encoder.pool(tokens, people.clip, len(x)))
        return Output(logits, (errors * counts).sum() / counts.sum().clamp_min(1), errors, counts)

    def reconstruct(self, x: Tensor, hidden: Tensor) -> Tensor:
        """Reconstruction [N, C, T, V, M] of clips x from their visible tuples; absent persons are zero.

        Args:
            x: clips [N, C, T, V, M].
            hidden: bool [N, T'], tuples to hide, equally many in every clip.
        """
        people = tracks(self.encoder.check(x))
        _, prediction = self._encode_and_decode(people, kept_index(hidden), hidden.shape[1])
        prediction = prediction * people.present[:, None, :, None]
        out = x.new_zeros(len(x), x.shape[4], *x.shape[1:4])  # [N, M, C, T, V]
        return out.index_put((people.clip, people.person), prediction.to(out.dtype)).permute(0, 2, 3, 4, 1)

    def _encode_and_decode(self, people: Tracks, kept: Tensor, tuples: int) -> tuple[Tensor, Tensor]:
        """Tokens [P, D, K, V'] of the tuples `kept`, Long[N, K], and the reconstruction [P, C, T, V]."""
        tokens = self.encoder.encode(people, kept)
        if not len(tokens):
            return tokens, torch.zeros_like(people.poses)
        prediction = self.decoder(tokens, kept[people.clip], tuples)
        if self.target == "deviation":
            prediction = prediction + straight_lines(people.poses, kept[people.clip], tuples)
        return tokens, prediction
