"""ReplayMemory: compressed clips of earlier tasks, in a budget of bytes. (CHARON, sections on compression and memory.)

One table of equal slots is allocated once. A slot holds one person's track as the codec packs it, gap bits, and room for what
belongs to the clip: label, logits, random key and where its other persons are. A clip of two persons takes two slots, of one
person one. Every byte of the table is counted, and there is nothing beside it, so the budget cannot be exceeded.

Which clips stay: every clip offered gets one random key in [0, 1); the memory is the clips of the smallest keys, as many as
fit. With clips of one size this is a uniform reservoir (Vitter 1985, algorithm R, has the same law). With clips of one and two
persons the clips in order of key are kept while room for a largest clip is left, whatever the size of the next: a clip's own size
does not decide on it. The choice depends on the set of (clip, key) pairs alone: neither on the order of arrival nor on batches.

Differs from the authors: their slots count clips, ceil(T / s) frames each, which is more than the stated budget where s does not
divide T; absent persons are stored as zeros; each clip is offered once per probing epoch. Here bytes count, only persons who are
there are stored, and the memory is filled by `offer` alone, once per clip, with linear probing or without.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..ops import motion
from ..ops.codecs.budget import Codec
from ..ops.codecs.packed import Packed
from ..ops.codecs.quantisation import DTYPES
from ..utils import random
from .reservoir import budget_bytes, smallest_keys

_PACKED = ("values", "scale", "offset", "index")  # what a codec may store of a track


class ReplayMemory:
    """A byte budget and a codec; `offer` clips once each, `draw` them again, restored.

    Args:
        budget: bytes; ``"500 clips"``: the bytes of 500 clips uncompressed, float32 [3, frames, joints, persons] each; or ``"500 slots"``:
            what 500 slots take with this codec, to compare codecs that keep the same clips.
        codec: one of `skelkit.codecs`.
        frames, joints, persons: T, V and M of the clips that will be offered.
        classes: how many logits are stored with a clip; none if 0.
        logits: their type, "float16" or "float32".
        device: where the table is, and what is drawn from it.

    Attributes:
        seen: clips offered so far, kept or not.
        slots, slot_bytes: the table's size; nbytes is their product.

    Raises:
        ValueError: a budget that cannot hold one clip (says how many bytes one takes), or is no budget.

    >>> from skelkit.codecs import Uniform
    >>> memory = ReplayMemory("500 clips", Uniform(interval=5), frames=120, joints=25, classes=60)
    >>> memory.capacity(), memory.capacity(persons=1), memory.nbytes <= 500 * 120 * 25 * 3 * 4 * 2
    (2445, 4890, True)
    """

    def __init__(
        self,
        budget: int | str,
        codec: Codec,
        *,
        frames: int,
        joints: int,
        persons: int = 2,
        classes: int = 0,
        logits: str = "float16",
        device: torch.device | str = "cpu",
    ):
        self.codec, self.frames, self.joints, self.persons, self.classes = (
            codec,
            frames,
            joints,
            persons,
            classes,
        )
        if logits not in ("float16", "float32"):
            raise ValueError(f"logits={logits!r}: expected 'float16' or 'float32'")
        columns = self._columns(DTYPES[logits])
        self.slot_bytes = sum(math.prod(shape) * dtype.itemsize for shape, dtype in columns.values())
        self.budget = budget_bytes(budget, frames, joints, persons, self.slot_bytes)
        self.slots = self.budget // self.slot_bytes
        if self.slots < persons:
            raise ValueError(
                f"a budget of {self.budget} bytes cannot hold one clip: {persons} person(s) in {codec} take {persons * self.slot_bytes} bytes"
            )
        self.table = {
            name: torch.zeros(self.slots, *shape, dtype=dtype, device=device)
            for name, (shape, dtype) in columns.items()
        }
        self.table["key"].fill_(torch.inf)
        self.count = self.seen = 0

    def _columns(self, logits: torch.dtype) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """Shape and type of everything in one slot; what the codec stores is seen by packing one clip of one person."""
        packed = self.codec.encode(torch.ones(1, 3, self.frames, self.joints, 1))
        columns = {
            name: (tuple(v.shape[1:]), v.dtype)
            for name in _PACKED
            if (v := getattr(packed, name)) is not None
        }
        columns |= {"gaps": ((-(-self.frames // 8),), torch.uint8), "who": ((), torch.uint8)}  # as in Packed
        # Of the clip, in its first slot: key (inf: slot is free), slot of each person (-1: absent). head[:count]: all first slots.
        columns |= {
            "key": ((), torch.float64),
            "where": ((self.persons,), torch.int32),
            "label": ((), torch.int32),
            "head": ((), torch.int32),
        }
        return columns | ({"logits": ((self.classes,), logits)} if self.classes else {})

    # -- looking ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        return f"ReplayMemory({self.count} of {self.seen} clips seen, {self.used_bytes} of {self.budget} bytes, {self.codec})"

    @property
    def device(self) -> torch.device:
        return self.table["key"].device

    @property
    def nbytes(self) -> int:
        """Bytes allocated, full or not; never above the budget."""
        return sum(column.numel() * column.element_size() for column in self.table.values())

    @property
    def used_bytes(self) -> int:
        """Bytes of the slots that hold something."""
        return int(self.table["key"].isfinite().sum()) * self.slot_bytes

    @property
    def labels(self) -> Tensor:
        """Label of each clip kept, Long[len]."""
        return self.table["label"][self._heads()].long()

    def capacity(self, persons: int | None = None) -> int:
        """How many clips of so many persons fit; unless given, of the most: the worst case."""
        return (self.slots - self.persons) // (persons or self.persons) + 1

    def counts(self) -> Tensor:
        """How many clips of each class are kept, Long[classes]."""
        return self.labels.bincount(minlength=self.classes)

    def _heads(self) -> Tensor:
        return self.table["head"][: self.count].long()

    # -- filling ---------------------------------------------------------------------------------------------------

    def offer(
        self,
        x: Tensor,
        labels: Tensor,
        logits: Tensor | None = None,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> int:
        """Let clips compete for a place, each once in the life of the memory. Returns how many got one for now.

        Only those are packed. x may be on another device than the memory.

        Args:
            x: [N, 3, T, V, M], as trained on but not augmented. A clip of nobody takes a slot too.
            labels: Long[N].
            logits: [N, classes], what the network says of x; needed if the memory stores logits.
            key: float64 [N], finite: the smallest keys stay. Drawn at random unless given: then the memory is a uniform sample.
        """
        logits = self._check(x, labels, logits)
        size = motion.presence(motion.to_frames(x)).any(1).sum(1).clamp_min(1).to(self.device)  # slots, [N]
        if key is None:
            key = random.uniform((2, len(x)), self.device, generator).double()
            key = key[0] + key[1] * 2**-24  # 48 random bits: no ties
        key = key.to(self.device, torch.float64)
        heads = self._heads()
        if key.shape != x.shape[:1] or not key.isfinite().all():
            raise ValueError(
                f"keys of shape {list(key.shape)} for {len(x)} clips; give one finite number per clip"
            )
        held = (self.table["where"][heads] >= 0).sum(1).clamp_min(1)
        stays, enters = smallest_keys(
            torch.cat([self.table["key"][heads], key]), torch.cat([held, size]), self.slots - self.persons
        ).split([len(heads), len(x)])
        self._free(heads[~stays])
        there = enters.to(x.device)
        new = self._store(x[there].to(self.device), key[enters])
        self.table["label"][new] = labels.to(self.device, torch.int32)[enters]
        if self.classes:
            self.table["logits"][new] = logits[enters]
        heads = torch.cat([heads[stays], new])
        self.table["head"][: len(heads)] = heads.int()
        self.count, self.seen = len(heads), self.seen + len(x)
        return len(new)

    def _free(self, heads: Tensor) -> None:
        where = self.table["where"][heads].long()
        self.table["key"][torch.cat([heads, where[where >= 0]])] = torch.inf

    def _store(self, x: Tensor, key: Tensor) -> Tensor:
        """Pack clips into free slots; the first slot of each, Long[N]."""
        if not len(x):
            return key.new_zeros(0, dtype=torch.long)
        packed = self.codec.encode(x)
        there = packed.presence > 0
        seat = there.clone()
        seat[:, 0] |= ~there.any(1)
        size = seat.sum(1)
        free = self.table["key"].isinf().nonzero().flatten()[: int(size.sum())]
        self.table["key"][free] = key.repeat_interleave(size)
        heads = free[size.cumsum(0) - size]
        where = free.new_full(seat.shape, -1)
        where[seat] = free
        tracks = where[there]
        for name in set(_PACKED) & set(self.table):
            self.table[name][tracks] = getattr(packed, name)
        self.table["who"][tracks] = who = packed.presence[there]
        if packed.gaps is not None:
            self.table["gaps"][tracks[who == 2]] = packed.gaps
        self.table["where"][heads] = where.masked_fill(~there, -1).int()
        return heads

    # -- replaying -------------------------------------------------------------------------------------------------

    def draw(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor | None]:
        """n clips at random, as `read` gives them."""
        return self.read(self.choose(n, generator))

    def choose(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Positions of n clips at random, Long[n]: all different, unless n is more than there are (then all, again and again)."""
        if n < 1:
            raise ValueError(f"draw({n}): expected at least one clip")
        if not self.count:
            raise ValueError(
                f"draw({n}) from an empty memory ({self.seen} clips were offered to it); offer it the clips of a task first"
            )
        rounds = -(-n // self.count)
        order = random.uniform((rounds, self.count), self.device, generator).topk(min(n, self.count)).indices
        return order.flatten()[:n]

    def read(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Clips at positions 0 to len - 1: restored [n, 3, T, V, M], labels Long[n], logits float32 [n, classes] or None."""
        heads = self._heads()[index]
        where = self.table["where"][heads].long()
        there = where >= 0
        tracks = where[there]
        stored = {name: self.table[name][tracks] for name in _PACKED if name in self.table}
        who = there.to(torch.uint8)
        who[there] = state = self.table["who"][tracks]
        gappy = tracks[state == 2]
        packed = Packed(
            **stored, presence=who, frames=self.frames, gaps=self.table["gaps"][gappy] if len(gappy) else None
        )
        logits = self.table["logits"][heads].float() if self.classes else None
        return self.codec.decode(packed), self.table["label"][heads].long(), logits

    def update_logits(self, index: Tensor, logits: Tensor) -> None:
        """Replace the stored logits of clips at positions 0 to len - 1. logits [n, classes]."""
        self.table["logits"][self._heads()[index]] = self._check_logits(logits, len(index))

    def refresh_logits(self, network: Callable[[Tensor], Tensor], batch: int = 64) -> None:
        """Recompute every stored logit: network(x [n, 3, T, V, M]) -> [n, classes], on restored clips as they are.

        Differs from the authors: theirs overwrites every logit from one random rotation; here x is not augmented.
        """
        with torch.no_grad():
            for start in range(0, self.count, batch):
                index = torch.arange(start, min(start + batch, self.count), device=self.device)
                self.update_logits(index, network(self.read(index)[0]))

    # -- checkpoints -----------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """All of it, bit for bit, as plain tensors (safetensors stores them)."""
        about = torch.tensor(list(self._about().encode()), dtype=torch.uint8)
        return {name: v.clone() for name, v in self.table.items()} | {
            "about": about,
            "counts": torch.tensor([self.count, self.seen]),
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` gave. Raises ValueError if that was another kind of memory, and changes nothing then."""
        about = bytes(state["about"].tolist()).decode()
        if about != self._about():
            raise ValueError(
                f"this state is of another memory: {about}; here: {self._about()}; make the memory as it was made then"
            )
        for name, column in self.table.items():
            column.copy_(state[name])
        self.count, self.seen = state["counts"].tolist()

    def _about(self) -> str:
        shape = f"{self.frames} frames, {self.joints} joints, {self.persons} persons, {self.classes} classes"
        return f"{self.slots} slots of {self.slot_bytes} bytes, {self.codec}, {shape}"

    # -- checks ----------------------------------------------------------------------------------------------------

    def _check(self, x: Tensor, labels: Tensor, logits: Tensor | None) -> Tensor | None:
        """The logits as they will be stored, if all is as it should be."""
        expected = [3, self.frames, self.joints, self.persons]
        if list(motion.check_batch(x).shape[1:]) != expected:
            raise ValueError(
                f"clips of shape {list(x.shape[1:])} were offered to a memory of clips {expected} [channels, frames, joints, persons]"
            )
        if labels.shape != x.shape[:1]:
            raise ValueError(
                f"labels of shape {list(labels.shape)} for {len(x)} clips; give one class index per clip"
            )
        if (logits is not None) != bool(self.classes):
            given = "without logits" if logits is None else "with logits"
            raise ValueError(
                f"clips were offered {given} to a memory of classes={self.classes}; classes= is the number of logits stored, 0 for none"
            )
        return self._check_logits(logits, len(x)) if self.classes else None

    def _check_logits(self, logits: Tensor, clips: int) -> Tensor:
        if list(logits.shape) != [clips, self.classes]:
            raise ValueError(
                f"logits of shape {list(logits.shape)}; expected {[clips, self.classes]}, [clips, classes]"
            )
        stored = logits.detach().to(self.device, self.table["logits"].dtype)
        if not stored.isfinite().all():
            raise ValueError(
                f"logits that are not finite in {str(stored.dtype).removeprefix('torch.')}; the network has diverged, or store float32"
            )
        return stored
