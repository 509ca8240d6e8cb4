"""The table of a replay memory: equal slots, each with room for one person of one clip.

A column is a tensor whose first axis counts slots. In every slot that is used: what the codec packs of a
person ("values", "scale", "offset", "index"), "gaps" and the presence flag "who" as in `Packed`, and "key"
(inf where the slot is free). In the first slot of a clip, its head: "label", "logits", and "where", the slot
of each person (-1 for an absent one). The first entries of "head" list the heads of all clips.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..ops.codecs import Codec, Packed

Layout = dict[str, tuple[tuple[int, ...], torch.dtype]]
"""Column name -> shape and type of its entry in one slot."""

Table = dict[str, Tensor]

PACKED = ("values", "scale", "offset", "index")
"""What a codec may store of a person."""

WITH_GAPS = 2
"""Presence flag of a person who is absent from some frames."""


def slot_layout(
    codec: Codec, frames: int, joints: int, persons: int, classes: int, logits: torch.dtype
) -> Layout:
    """Columns of a table for clips of `frames` frames; what the codec stores is measured on one clip."""
    packed = codec.encode(torch.ones(1, 3, frames, joints, 1))
    stored = {name: getattr(packed, name) for name in PACKED}
    layout: Layout = {name: (tuple(v.shape[1:]), v.dtype) for name, v in stored.items() if v is not None}
    layout |= {
        "gaps": ((-(-frames // 8),), torch.uint8),
        "who": ((), torch.uint8),
        "key": ((), torch.float64),
        "where": ((persons,), torch.int32),
        "label": ((), torch.int32),
        "head": ((), torch.int32),
    }
    return layout | ({"logits": ((classes,), logits)} if classes else {})


def empty_table(layout: Layout, slots: int, device: torch.device | str) -> Table:
    """A table whose slots are all free."""
    table = {
        name: torch.zeros(slots, *shape, dtype=dtype, device=device)
        for name, (shape, dtype) in layout.items()
    }
    table["key"].fill_(torch.inf)
    return table


def store(table: Table, codec: Codec, x: Tensor, key: Tensor) -> Tensor:
    """Pack clips x [n, 3, T, V, M] into free slots. Returns their heads, Long[n].

    Args:
        key: float64 [n], written to every slot of a clip; a clip in which nobody is present takes one slot.
    """
    if not len(x):
        return key.new_zeros(0, dtype=torch.long)
    packed = codec.encode(x)
    present = packed.presence > 0  # [n, M]
    occupied = present.clone()
    occupied[:, 0] |= ~present.any(1)
    size = occupied.sum(1)
    free = table["key"].isinf().nonzero().flatten()[: int(size.sum())]
    table["key"][free] = key.repeat_interleave(size)
    heads = free[size.cumsum(0) - size]
    where = free.new_full(occupied.shape, -1)
    where[occupied] = free
    tracks = where[present]
    for name in set(PACKED) & set(table):
        table[name][tracks] = getattr(packed, name)
    table["who"][tracks] = flags = packed.presence[present]
    if packed.gaps is not None:
        table["gaps"][tracks[flags == WITH_GAPS]] = packed.gaps
    table["where"][heads] = where.masked_fill(~present, -1).int()
    return heads


def free(table: Table, heads: Tensor) -> None:
    """Free all slots of the clips with these heads, Long[n]."""
    where = table["where"][heads].long()
    table["key"][torch.cat([heads, where[where >= 0]])] = torch.inf


def restore(table: Table, codec: Codec, heads: Tensor, frames: int) -> Tensor:
    """Clips with these heads, Long[n], decoded to [n, 3, frames, V, M]."""
    where = table["where"][heads].long()  # [n, M]
    present = where >= 0
    tracks = where[present]  # the host waits for the device once, here, to know their number
    stored = {name: table[name][tracks] for name in PACKED if name in table}
    presence = table["who"][where.clamp_min(0)] * present
    with_gaps_first = (table["who"][tracks] != WITH_GAPS).byte().sort(stable=True).indices
    gaps = table["gaps"][tracks[with_gaps_first]]
    return codec.decode(Packed(**stored, presence=presence, frames=frames, gaps=gaps))
