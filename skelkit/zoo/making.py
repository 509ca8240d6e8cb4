"""List, load, make and check the entries of the zoo."""

from __future__ import annotations

import datetime
import time
from typing import Any

from torch import nn

from ..continual.history import History
from ..utils.machine import machine
from ..utils.validation import one_of
from ..utils.version import __version__
from . import card as cards
from .card import Card
from .continual import replay
from .data_summary import differences, summary
from .recipes import RECIPES
from .tape import Tape

SEED = 0
"""Of the embedded data and of the training of all entries that ship."""

UNCHANGED = 2e-3
"""Difference of the accuracy up to which float16 is stored instead of float32."""


def listing() -> list[Card]:
    """The cards of all entries, by name."""
    return [card for card, _ in cards.entries()]


def load(name: str) -> nn.Module:
    """A trained network in evaluation mode, on the CPU.

    Args:
        name: of an entry, "charon/embedded", or of a part of it, "charon/embedded/task 3".

    Raises:
        ValueError: an unknown name; an entry that has not been made, or whose settings or data have changed
            since: says how to make it.
        DamagedFile: the entry is damaged.

    >>> load("charon/embedded/task 3").training
    False
    """
    entry, part = _split_name(name)
    card, tape = _read(entry)
    return RECIPES[entry].network(_checked_start(card), tape, part)


def history(name: str) -> History:
    """The history of a continual learner, with every accuracy measured anew; errors as for `load`."""
    entry, _ = _split_name(name)
    card, tape = _read(entry)
    return replay(_checked_start(card), tape, card.notes)


def make(name: str, seed: int = SEED) -> Card:
    """Train an entry and store it. Weights are stored as float16 unless that changes the accuracy.

    Raises:
        ValueError: an unknown name.
        OSError: it cannot be written; says why.
    """
    one_of(name, RECIPES, "entry of the zoo")
    recipe, begun = RECIPES[name], time.perf_counter()
    start = recipe.start(seed)
    identity = cards.plain(recipe.identity(start))  # of the weights before they are trained
    tape, notes = recipe.record(start)
    seconds = time.perf_counter() - begun
    full, half = recipe.results(recipe.start(seed), tape, notes), tape.halved()
    found = recipe.results(recipe.start(seed), half, notes)
    same = abs(found["accuracy"] - full["accuracy"]) <= UNCHANGED
    card = Card(
        name=name,
        what=recipe.what,
        command=f"skelkit zoo make {name}" + (f" --seed {seed}" if seed != SEED else ""),
        identity=identity,
        data={word: summary(clips) for word, clips in recipe.clips(start).items()},
        results=found if same else full,
        precision="float16" if same else "float32",
        seconds=round(seconds, 1),
        machine=machine(),
        date=datetime.date.today().isoformat(),
        version=__version__,
        notes=notes,
    )
    cards.write(card, half if same else tape)
    return card


def check(name: str) -> dict[str, Any]:
    """Results of an entry, measured anew with its stored weights; errors as for `load`."""
    one_of(name, RECIPES, "entry of the zoo")
    card, tape = _read(name)
    return RECIPES[name].results(_checked_start(card), tape, card.notes)


def _split_name(name: str) -> tuple[str, str]:
    """Name of the entry and of the part, which may be empty."""
    entry = next((each for each in RECIPES if name == each or name.startswith(f"{each}/")), name)
    one_of(entry, RECIPES, "entry of the zoo")
    return entry, name[len(entry) + 1 :]


def _read(name: str) -> tuple[Card, Tape]:
    path = cards.path_of(name)
    if not path.exists():
        raise ValueError(f"{name} has not been made; run: skelkit zoo make {name}")
    return cards.read(path)


def _checked_start(card: Card) -> Any:
    """The run of a card before it begins.

    Raises:
        ValueError: its settings or data have changed; says which, and the command that makes it again.
    """
    recipe = RECIPES[card.name]
    start = recipe.start(card.identity["seed"])
    now = cards.plain(recipe.identity(start))
    changed = [k for k in {**card.identity, **now} if card.identity.get(k, ...) != now.get(k, ...)]
    listed = "; ".join(f"{k}: {card.identity.get(k)!r} then, {now.get(k)!r} now" for k in changed)
    listed = listed or differences(card.data, recipe.clips(start))
    if listed:
        raise ValueError(f"{card.name} was made with other settings or data ({listed}); run: {card.command}")
    return start
