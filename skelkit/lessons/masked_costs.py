"""What masked training costs: multiply-adds counted and predicted, attention, and the clock; notebook 03."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor

from .. import bench, models, study
from ..models import MaskedAutoencoder, STTFormer
from ..models.block import Block, attend
from ..models.sttformer import SIZES, to_tuples
from ..ops import masks
from ..viz import show
from ..viz.panels.masked_training import costs, curves
from .tables import show_table

Costs = Mapping[str, Mapping[float, Mapping[str, int]]]
"""Network size -> mask ratio -> multiply-adds of the "encoder" and of "both" encoder and decoder."""


def relative_cost(network: MaskedAutoencoder, frames: int, ratio: float) -> float:
    """Multiply-adds of a clip with `ratio` of its tuples hidden, as a fraction of those of the whole clip."""
    return costs(network, frames, ratio)["both"] / costs(network, frames, 0.0)["both"]


def of_sizes(joints: int, ratios: Sequence[float], sizes: Sequence[str] = ("nano", "tiny")) -> Costs:
    """Multiply-adds of fresh networks for one person, at clips of the length that each is meant for."""
    found = {}
    for size in sizes:
        generator = torch.Generator().manual_seed(0)
        network = MaskedAutoencoder(STTFormer(2, joints, size, generator), generator).eval()
        found[size] = {r: costs(network, SIZES[size].frames, r) for r in ratios}
    return found


def remaining(cost: Costs, size: str) -> list[float]:
    """Cost of a step of one size at each ratio, in per cent of that with nothing hidden."""
    whole = cost[size][0.0]["both"]
    return [100 * each["both"] / whole for each in cost[size].values()]


def draw_costs(cost: Costs) -> None:
    """Draw the cost of a clip over the mask ratio, for each size of the network."""
    series = {
        f"{size}, {'encoder' if part == 'encoder' else 'encoder and decoder'}": (
            [100 * r for r in by_ratio],
            [found[part] / by_ratio[0.0]["both"] for found in by_ratio.values()],
        )
        for size, by_ratio in cost.items()
        for part in ("encoder", "both")
    }
    axes = "tuples hidden (%)", "cost (encoder and decoder, nothing hidden = 1)"
    show(curves(series, "Cost of a clip", *axes, ideal=([0, 100], [1, 0], "proportional to 1 - ratio")))


def decoder_costs(cost: Costs) -> dict[str, int]:
    """Multiply-adds of the decoder of each size."""
    return {size: by_ratio[0.0]["both"] - by_ratio[0.0]["encoder"] for size, by_ratio in cost.items()}


def block_cost(c_in: int, c_out: int, d: int, heads: int, tokens: int, kept: int) -> tuple[int, int]:
    """Multiply-adds of a block for `kept` tuples of V' tokens: of its attention maps and sums, and of all."""
    pairs = heads * (d + c_in) * tokens**2  # scores, and weighted sums
    layers = 2 * heads * d * c_in + 5 * heads * c_in * c_out + 4 * c_out**2
    if c_in != c_out:
        layers += c_in * c_out + c_out**2  # of the residuals
    return kept * pairs, kept * (pairs + tokens * layers)


def encoder_cost(size: str, joints: int, kept: int) -> tuple[int, int]:
    """Multiply-adds of an encoder without its classifier: of its attention maps and sums, and of all."""
    shape, tokens = SIZES[size], masks.TUPLE * joints
    each = [block_cost(*block, shape.heads, tokens, kept) for block in shape.blocks]
    stem = kept * tokens * 3 * shape.blocks[0][0]
    return sum(pairs for pairs, _ in each), stem + sum(total for _, total in each)


def check_equation(cost: Costs, joints: int) -> None:
    """Claim that the equation of a block gives the multiply-adds that were counted; show the numbers."""
    rows, off = [], 0.0
    for size, by_ratio in cost.items():
        tuples = SIZES[size].frames // masks.TUPLE
        for r, found in by_ratio.items():
            pairs, total = encoder_cost(size, joints, masks.kept_tuples(tuples, r))
            classifier = 2 * SIZES[size].blocks[-1][1]
            off = max(off, abs(total + classifier - found["encoder"]) / found["encoder"])
            kept = f"{masks.kept_tuples(tuples, r)} of {tuples}"
            counted = [f"{total / 1e6:,.1f}", f"{pairs / total:.0%}", f"{found['encoder'] / 1e6:,.1f}"]
            rows.append([f"{size}, {r:.0%} hidden", kept, *counted])
    heads = ["encoder", "tuples kept", "equation (MMAC)", "share of attention", "counted (MMAC)"]
    show_table(heads, rows)
    study.claim(f"The equation and the counted multiply-adds differ by {off:.2%} at most.", off < 0.001)


def check_costs(cost: Costs, ratio: float = 0.6) -> dict[str, int]:
    """Claim how the costs depend on the mask ratio; returns the decoder's multiply-adds for each size.

    Args:
        cost: result of `of_sizes`.
        ratio: the mask ratio whose speed-up is worked out.
    """
    decoder = decoder_costs(cost)
    same = all(
        abs(each["both"] - each["encoder"] - decoder[size]) < 0.01 * decoder[size]
        for size, by_ratio in cost.items()
        for each in by_ratio.values()
    )
    words = []
    for size, by_ratio in cost.items():
        whole, part = by_ratio[0.0], by_ratio[ratio]
        d, factor = decoder[size] / 1e6, whole["both"] / part["both"]
        before, after = whole["encoder"] / 1e6, part["encoder"] / 1e6
        words.append(
            f"'{size}': ({before:,.1f} + {d:,.1f}) / ({after:,.1f} + {d:,.1f}) = {factor:.2f}, at most "
            f"{whole['both'] / decoder[size]:.1f}"
        )
    study.claim(
        f"The decoder costs the same at every ratio. With {ratio:.0%} hidden a step is faster by the factor "
        f"S = (E + D) / (E K/T' + D), in MMAC: {'; '.join(words)}.",
        same,
    )
    return decoder


# -- attention ---------------------------------------------------------------------------------------------


def check_attention(
    attention: Callable[[Tensor, Tensor, Tensor], Tensor], network: MaskedAutoencoder, x: Tensor
) -> None:
    """Claim that a function of (tokens [T', V', C], queries, keys [h, T', V', d]) is the library's attention.

    It is compared on the first block of the encoder, for the first person of each of eight clips.
    """
    block, worst = network.encoder.blocks[0], 0.0
    assert isinstance(block, Block)
    with torch.no_grad():
        for clip in x[:8, ..., 0]:
            tokens = network.encoder.stem(to_tuples(clip[None]))  # [1, C, T', V']
            both = block.queries_keys(tokens).unflatten(1, (2, block.heads, -1))[0]  # [2, h, d, T', V']
            queries, keys = both.movedim(2, -1)
            expected = attend(block.maps(tokens), tokens)[0].permute(1, 2, 0)
            found = attention(tokens[0].permute(1, 2, 0), block.scale[..., None] * queries, keys)
            worst = max(worst, float((found - expected).abs().max() / expected.abs().max()))
    study.claim(
        f"These lines give the library's attention in {min(8, len(x))} clips (difference {worst:.0e}).",
        worst < 1e-4,
    )


# -- what is skipped in truth, and the clock ---------------------------------------------------------------


def check_skipped(network: MaskedAutoencoder, x: Tensor, ratio: float = 0.6, seed: int = 0) -> None:
    """Claim that hidden tuples are not computed: a masked clip is a shorter clip.

    Args:
        network: in evaluation mode.
        x: clips, [N, C, T, V, M].
        ratio: share of tuples that is hidden.
        seed: of the mask.
    """
    one, generator = x[:8], torch.Generator().manual_seed(seed)
    hidden = masks.random_tuples(one[:1], ratio=ratio, generator=generator).expand(len(one), -1)
    kept = (~hidden[0]).repeat_interleave(masks.TUPLE)
    with torch.no_grad():
        masked = network.encoder.features(one, hidden)
        shorter = network.encoder.features(one[:, :, kept])
    difference = float((masked - shorter).abs().max() / masked.abs().max().clamp_min(1e-9))
    study.claim(
        f"With {int(hidden[0].sum())} of {hidden.shape[1]} tuples hidden, the features equal those of the "
        f"same clip without these frames (difference {difference:.0e}).",
        difference < 1e-3,
    )


def check_absent(network: MaskedAutoencoder, x: Tensor) -> None:
    """Claim that an absent second person costs nothing; x gives the size of a clip."""
    alone = x.new_ones(4, *x.shape[1:4], 1)
    padded = torch.cat([alone, torch.zeros_like(alone)], 4)  # the second person is absent
    two = alone.expand(-1, -1, -1, -1, 2)
    macs = [models.macs(network.encoder, clips) for clips in (alone, padded, two)]
    study.claim(
        f"A clip of one person costs {macs[0] / 4e6:,.1f} MMAC, with an empty slot for a second person "
        f"{macs[1] / 4e6:,.1f}. A clip of two persons costs {macs[2] / 4e6:,.1f}.",
        macs[0] == macs[1] and 1.9 < macs[2] / macs[0] < 2.1,
    )


def measure_clock(network: MaskedAutoencoder, x: Tensor, ratio: float, rounds: int = 5) -> None:
    """Say how much faster a training step is with `ratio` hidden, by the clock and by the multiply-adds.

    Args:
        network: copied.
        x: the clips of a step, [N, C, T, V, M].
        ratio: share of tuples that is hidden.
        rounds: the two steps take turns so often.
    """
    trained, generator = deepcopy(network).train(), torch.Generator().manual_seed(0)

    def step(share: float) -> None:
        out = trained(x, share, generator)
        assert out.loss is not None
        (out.logits.logsumexp(1).mean() + out.loss).backward()

    part, whole, clock = bench.median_ratio(lambda: step(ratio), lambda: step(0.0), rounds)
    predicted = 1 / relative_cost(network, x.shape[2], ratio)
    words = (
        f"Forward and backward of {len(x)} clips take {1000 * whole:.0f} ms, with {ratio:.0%} hidden "
        f"{1000 * part:.0f} ms: {1 / clock:.2f} times as fast (median of {rounds} pairs); the multiply-adds "
        f"predict {predicted:.2f}"
    )
    study.finding(
        1 / clock > 0.8 * predicted,
        f"{words}.",
        f"{words}. What is not multiplied takes time too: memory, batch norm, the start of each operation.",
    )
