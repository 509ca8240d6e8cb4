"""Cards: what an entry of the zoo is, how it was made, and how accurate it is; and the files of entries."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ..continual.metrics import two_standard_errors
from ..data import ClipSet
from ..utils.checkpoint import DamagedFile, seal, unseal
from ..utils.files import write_atomic
from ..utils.validation import MALFORMED, reason
from .data_summary import differences
from .tape import Tape

FORMAT = "skelkit-zoo-1"

FOLDER = "SKELKIT_ZOO"
"""Environment variable: folder of the entries, instead of the one that is part of the kit."""


@dataclass(frozen=True)
class Card:
    """What is known of an entry.

    Attributes:
        name: such as "charon/embedded": what was trained, and on which data.
        what: one sentence.
        command: makes the entry again.
        identity: plain values that decide the training: seed, settings, ….
        data: summaries of its clips, by the word that names them, as `data_summary.summary` makes them.
        results: measured with the stored weights: accuracy, 0 to 1, the 95 % interval of the test clips, the
            number of test clips and of right predictions, ….
        notes: what a callback saw in each epoch.
        precision: "float16" or "float32", of the stored weights.
        seconds, machine, date, version: of the training; version is that of the kit.
    """

    name: str
    what: str
    command: str
    identity: dict[str, Any]
    data: dict[str, Any]
    results: dict[str, Any]
    precision: str
    seconds: float
    machine: str
    date: str
    version: str
    notes: list[dict[str, Any]] = field(default_factory=list)

    def is_of(self, identity: Mapping[str, Any], sets: Mapping[str, ClipSet]) -> bool:
        """Whether this is the card of a training with this identity on these clips."""
        return self.identity == plain(identity) and not differences(self.data, sets)

    def __repr__(self) -> str:
        low, high = self.results["interval"]
        accuracy = f"{self.results['accuracy']:.1%} [{100 * low:.1f}, {100 * high:.1f}]"
        return f"{self.name}: {self.what} {accuracy} of {self.results['clips']} test clips."


def accuracy(share: float, clips: int) -> dict[str, Any]:
    """Results of a card: an accuracy, 0 to 1, its 95 % interval over test clips, and their number."""
    error = two_standard_errors(share, clips)
    return {"accuracy": share, "interval": [max(0.0, share - error), min(1.0, share + error)], "clips": clips}


def folder() -> Path:
    """Where the entries lie: the folder that `FOLDER` names, or `networks` in this package."""
    return Path(os.environ.get(FOLDER) or Path(__file__).parent / "networks")


def path_of(name: str) -> Path:
    """File of the entry of this name."""
    return folder() / f"{name.replace('/', '.')}.safetensors"


def write(card: Card, tape: Tape) -> Path:
    """Write an entry; returns its path.

    Raises:
        OSError: it cannot be written; says why and what to do. The entry is as it was.
    """
    folder().mkdir(parents=True, exist_ok=True)
    tree = json.dumps({"card": asdict(card), "changes": tape.changes})
    return write_atomic(path_of(card.name), seal(FORMAT, tree, tape.tensors))


def read(path: Path) -> tuple[Card, Tape]:
    """The card and the states of an entry.

    Raises:
        DamagedFile: no entry, cut off or changed.
    """
    text, tensors = unseal(path, FORMAT, "entry of the zoo")
    try:
        tree = json.loads(text)
        card = Card(**tree["card"])
        tape = Tape(half=card.precision == "float16")
        tape.changes, tape.tensors = [dict(each) for each in tree["changes"]], tensors
        return card, tape
    except MALFORMED as error:
        raise DamagedFile(f"{path}: whole, but not what this kit writes ({reason(error)})") from None


def entries() -> Iterator[tuple[Card, Tape]]:
    """All entries of the folder, by name."""
    for path in sorted(folder().glob("*.safetensors")):
        yield read(path)


def find(identity: Mapping[str, Any], sets: Mapping[str, ClipSet]) -> tuple[Card, Tape] | None:
    """The entry of a training with this identity on these clips; None if there is none.

    Raises:
        DamagedFile: it is cut off or changed.
    """
    for path in sorted(folder().glob("*.safetensors")):
        card = _glance(path)
        if card is not None and card.is_of(identity, sets):
            return read(path)
    return None


def _glance(path: Path) -> Card | None:
    """The card of a file, without reading or checking its tensors; None if it has none."""
    with contextlib.suppress(*MALFORMED, OSError, SafetensorError), safe_open(path, framework="pt") as file:
        return Card(**json.loads((file.metadata() or {})["tree"])["card"])
    return None


def plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """An identity as it is read back from JSON: tuples as lists."""
    return json.loads(json.dumps(dict(identity)))


def refuse_part(name: str, part: str) -> None:
    """Raise ValueError if a part of an entry without parts is asked for."""
    if part:
        raise ValueError(f"{name} has no part {part!r}; load {name}")
