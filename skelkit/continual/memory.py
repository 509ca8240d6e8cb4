"""ReplayMemory: compressed clips of earlier tasks within a budget of bytes.

(CHARON, arXiv 2407.01397, sections on compression and memory.)

One table of equal slots is allocated once (see `slots`). A slot holds one person of a clip with label, logits
and random key; a clip of two persons takes two. Every byte of the table counts, and nothing is stored beside
it, so the budget cannot be exceeded. Which clips stay is decided by random keys (see `reservoir`).

Differs from the authors: their slots count clips of ceil(T / s) frames each, which exceeds the stated budget
where s does not divide T; absent persons are stored as zeros; each clip is offered once per probing epoch.
Here bytes count, only persons who are present are stored, and each clip is offered once, with or without
linear probing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..ops import motion
from ..ops.codecs import DTYPES, Codec
from ..utils import random
from . import slots as slot_table
from .reservoir import budget_bytes, smallest_keys


class ReplayMemory:
    """A byte budget and a codec; `offer` clips once each, `draw` them again, restored.

    Args:
        budget: bytes; ``"500 clips"``: the bytes of 500 uncompressed clips, float32 [3, frames, joints,
            persons] each; or ``"500 slots"``: the bytes of 500 slots with this codec, to compare codecs on
            the same clips.
        codec: one of `skelkit.codecs`.
        frames, joints, persons: T, V and M of the clips that will be offered.
        classes: number of logits stored with a clip; 0 for none.
        logits: type of the stored logits, "float16" or "float32".
        device: of the table and of the clips drawn from it.

    Attributes:
        seen: number of clips offered so far, kept or not.
        slots, slot_bytes: size of the table; nbytes is their product.

    Raises:
        ValueError: a budget that cannot hold one clip (states the bytes that one takes), or that is not a
            budget.

    >>> from skelkit import codecs
    >>> memory = ReplayMemory("500 clips", codecs.Uniform(interval=5), frames=120, joints=25, classes=60)
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
        self.codec, self.classes = codec, classes
        self.frames, self.joints, self.persons = frames, joints, persons
        if logits not in ("float16", "float32"):
            raise ValueError(f"logits={logits!r}: expected 'float16' or 'float32'")
        layout = slot_table.slot_layout(codec, frames, joints, persons, classes, DTYPES[logits])
        self.slot_bytes = sum(math.prod(shape) * dtype.itemsize for shape, dtype in layout.values())
        self.budget = budget_bytes(budget, frames, joints, persons, self.slot_bytes)
        self.slots = self.budget // self.slot_bytes
        if self.slots < persons:
            raise ValueError(
                f"a budget of {self.budget} bytes cannot hold one clip: "
                f"{persons} person(s) in {codec} take {persons * self.slot_bytes} bytes"
            )
        self.table = slot_table.empty_table(layout, self.slots, device)
        self.count = self.seen = 0

    # -- properties ------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        clips = f"{self.count} of {self.seen} clips seen"
        return f"ReplayMemory({clips}, {self.used_bytes} of {self.budget} bytes, {self.codec})"

    @property
    def device(self) -> torch.device:
        """Device of the table."""
        return self.table["key"].device

    @property
    def nbytes(self) -> int:
        """Bytes allocated, used or not; never above the budget."""
        return sum(column.numel() * column.element_size() for column in self.table.values())

    @property
    def used_bytes(self) -> int:
        """Bytes of the slots in use."""
        return int(self.table["key"].isfinite().sum()) * self.slot_bytes

    @property
    def heads(self) -> Tensor:
        """First slot of each clip that is kept, Long[len]."""
        return self.table["head"][: self.count].long()

    @property
    def labels(self) -> Tensor:
        """Label of each clip that is kept, Long[len]."""
        return self.table["label"][self.heads].long()

    def capacity(self, persons: int | None = None) -> int:
        """Number of clips of `persons` persons that fit. Default: the most persons, the worst case."""
        return (self.slots - self.persons) // (persons or self.persons) + 1

    def counts(self) -> Tensor:
        """Number of clips kept of each class, Long[classes]."""
        return self.labels.bincount(minlength=self.classes)

    # -- filling ---------------------------------------------------------------------------------------------

    def offer(
        self,
        x: Tensor,
        labels: Tensor,
        logits: Tensor | None = None,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> int:
        """Let clips compete for a place, each once in the life of the memory. Returns how many were stored.

        Only those are packed. x may be on another device than the memory.

        Args:
            x: [N, 3, T, V, M], as trained on but not augmented. A clip in which nobody is present takes a
                slot, too.
            labels: Long[N].
            logits: [N, classes], the network's output for x; needed if the memory stores logits.
            key: float64 [N], finite; the clips with the smallest keys stay. Default: random, which makes the
                memory a uniform sample.

        Raises:
            ValueError: shapes that do not match the memory, missing or unexpected logits, values that are not
                finite.
        """
        stored_logits = self._check(x, labels, logits)
        persons = motion.presence(motion.to_frames(x)).any(1).sum(1)  # [N]
        size = persons.clamp_min(1).to(self.device)
        key = self._keys(len(x), generator, key)
        heads = self.heads
        held = (self.table["where"][heads] >= 0).sum(1).clamp_min(1)
        keys, sizes = torch.cat([self.table["key"][heads], key]), torch.cat([held, size])
        kept = smallest_keys(keys, sizes, self.slots - self.persons)
        stays, enters = kept.split([len(heads), len(x)])
        slot_table.free(self.table, heads[~stays])
        new = slot_table.store(self.table, self.codec, x[enters.to(x.device)].to(self.device), key[enters])
        self.table["label"][new] = labels.to(self.device, torch.int32)[enters]
        if stored_logits is not None:
            self.table["logits"][new] = stored_logits[enters]
        heads = torch.cat([heads[stays], new])
        self.table["head"][: len(heads)] = heads.int()
        self.count, self.seen = len(heads), self.seen + len(x)
        return len(new)

    def _keys(self, clips: int, generator: torch.Generator | None, key: Tensor | None) -> Tensor:
        """One key per clip, float64 [clips]: the given ones, checked, or random ones."""
        if key is None:
            high, low = random.uniform((2, clips), self.device, generator).double()
            key = high + low * 2**-24  # 48 random bits: no ties
        key = key.to(self.device, torch.float64)
        if list(key.shape) != [clips] or not key.isfinite().all():
            raise ValueError(
                f"keys of shape {list(key.shape)} for {clips} clips; give one finite number per clip"
            )
        return key

    # -- replaying -------------------------------------------------------------------------------------------

    def draw(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Draw n clips at random, in the form of `read`."""
        return self.read(self.choose(n, generator))

    def choose(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Positions of n random clips, Long[n]; none is repeated before all others were chosen.

        Raises:
            ValueError: n is below 1, or the memory is empty.
        """
        if n < 1:
            raise ValueError(f"draw({n}): expected at least one clip")
        if not self.count:
            raise ValueError(
                f"draw({n}) from an empty memory ({self.seen} clips were offered to it); "
                "offer it the clips of a task first"
            )
        rounds = -(-n // self.count)
        order = random.uniform((rounds, self.count), self.device, generator).topk(min(n, self.count)).indices
        return order.flatten()[:n]

    def read(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Restored clips [n, 3, T, V, M], labels Long[n], and logits float32 [n, classes] or None.

        Args:
            index: Long[n], positions 0 to len - 1.
        """
        heads = self.heads[index]
        logits = self.table["logits"][heads].float() if self.classes else None
        x = slot_table.restore(self.table, self.codec, heads, self.frames)
        return x, self.table["label"][heads].long(), logits

    def update_logits(self, index: Tensor, logits: Tensor) -> None:
        """Replace the stored logits [n, classes] of the clips at positions `index`, Long[n]."""
        self.table["logits"][self.heads[index]] = self._check_logits(logits, len(index))

    def refresh_logits(self, network: Callable[[Tensor], Tensor], batch: int = 64) -> None:
        """Recompute all stored logits from the restored clips.

        Args:
            network: x [n, 3, T, V, M] -> logits [n, classes].
            batch: clips per call of the network.

        Differs from the authors: theirs overwrites all logits after one random rotation; here x is not
            augmented.
        """
        with torch.no_grad():
            for start in range(0, self.count, batch):
                index = torch.arange(start, min(start + batch, self.count), device=self.device)
                self.update_logits(index, network(self.read(index)[0]))

    # -- checkpoints -----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """The whole memory as plain tensors, which safetensors can store; restored bit for bit."""
        about = torch.tensor(list(self._about().encode()), dtype=torch.uint8)
        columns = {name: v.clone() for name, v in self.table.items()}
        return columns | {"about": about, "counts": torch.tensor([self.count, self.seen])}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore what `state_dict` returned.

        Raises:
            ValueError: the state is of a memory of another size, codec or kind of clip; nothing is changed.
        """
        about = bytes(state["about"].tolist()).decode()
        if about != self._about():
            raise ValueError(
                f"this state is of another memory: {about}; here: {self._about()}; "
                "create the memory with the same arguments"
            )
        for name, column in self.table.items():
            column.copy_(state[name])
        self.count, self.seen = state["counts"].tolist()

    def _about(self) -> str:
        shape = f"{self.frames} frames, {self.joints} joints, {self.persons} persons, {self.classes} classes"
        return f"{self.slots} slots of {self.slot_bytes} bytes, {self.codec}, {shape}"

    # -- checks ----------------------------------------------------------------------------------------------

    def _check(self, x: Tensor, labels: Tensor, logits: Tensor | None) -> Tensor | None:
        """Check what is offered. Returns the logits as they will be stored; None if none are."""
        expected = [3, self.frames, self.joints, self.persons]
        if list(motion.check_batch(x).shape[1:]) != expected:
            raise ValueError(
                f"clips of shape {list(x.shape[1:])} were offered to a memory of clips {expected} "
                "[channels, frames, joints, persons]"
            )
        if labels.shape != x.shape[:1]:
            raise ValueError(
                f"labels of shape {list(labels.shape)} for {len(x)} clips; give one class index per clip"
            )
        if (logits is not None) != bool(self.classes):
            given = "without logits" if logits is None else "with logits"
            raise ValueError(
                f"clips were offered {given} to a memory of classes={self.classes}; "
                "classes= is the number of logits stored, 0 for none"
            )
        return None if logits is None else self._check_logits(logits, len(x))

    def _check_logits(self, logits: Tensor, clips: int) -> Tensor:
        """Logits in the type and on the device of the table, checked."""
        if list(logits.shape) != [clips, self.classes]:
            raise ValueError(
                f"logits of shape {list(logits.shape)}; expected {[clips, self.classes]}, [clips, classes]"
            )
        stored = logits.detach().to(self.device, self.table["logits"].dtype)
        if not stored.isfinite().all():
            raise ValueError(
                f"logits that are not finite in {str(stored.dtype).removeprefix('torch.')}; "
                "the network has diverged, or store float32"
            )
        return stored
