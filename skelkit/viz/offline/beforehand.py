"""States of a panel, computed beforehand, for pages that have no kernel."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from plotly.utils import PlotlyJSONEncoder

from .packing import Pool, compressed

MIME = "application/vnd.skelkit.panel+json"
"""Type of the output that holds the states of a panel in an executed notebook."""

MOST_BYTES = 1_000_000
"""Of one panel; positions of its longest control are left out until it fits."""


@dataclass(frozen=True)
class Choice:
    """A control and its positions.

    Attributes:
        name: of the setting.
        label: beside the control.
        kind: "slider", "menu" or "buttons".
        options: (text, value) of each position.
        at: position at the start.
    """

    name: str
    label: str
    kind: str
    options: tuple[tuple[str, Any], ...]
    at: int

    def thinned(self, most: int) -> Choice:
        """`most` positions (3 at least) in even steps, with the first, the last and the one at the start."""
        last, most = len(self.options) - 1, max(3, most)
        if last < most:
            return self
        chosen = {round(i * last / (most - 1)) for i in range(most)}
        if self.at not in chosen:
            chosen.remove(min(chosen - {0, last}, key=lambda i: abs(i - self.at)))
        kept = sorted(chosen | {self.at})
        return replace(self, options=tuple(self.options[i] for i in kept), at=kept.index(self.at))


def choice_of(name: str, control: Any) -> Choice:
    """Positions of an ipywidgets control: a slider, a menu or buttons."""
    label, value = control.description, control.value
    if hasattr(control, "options"):
        texts, values = control._options_labels, control._options_values
        kind = {"Dropdown": "menu", "ToggleButtons": "buttons"}.get(type(control).__name__, "slider")
    else:
        kind, steps = "slider", round((control.max - control.min) / control.step)
        values = [control.min + i * control.step for i in range(steps + 1)]
        if hasattr(control, "base"):
            values = [control.base**exponent for exponent in values]
        if isinstance(value, float):
            values = [float(f"{each:.10g}") for each in values]
        form = getattr(control, "readout_format", "d")
        texts = [format(each, "" if form == "d" else form) for each in values]
    at = min(range(len(values)), key=lambda i: _distance(values[i], value))
    return Choice(name, label, kind, tuple(zip(map(str, texts), values, strict=True)), at)


def states(
    choices: Sequence[Choice],
    state: Callable[..., dict],
    *,
    scene: Callable[[tuple], dict[str, Any]] | None = None,
    most: Mapping[str, int],
) -> dict[str, Any]:
    """All combinations of some controls' positions as JSON; the other controls stay as they are.

    Args:
        choices: all controls.
        state: settings -> "text", and perhaps "player", "figure" and "frame", as `Panel` takes it.
        scene: "player" of a state -> the state of the player, see `skeleton_player.scene`.
        most: name of a control that can be moved -> number of its positions, at most.

    Returns:
        "controls", "fixed" (labels and texts of the others), "pieces" of the player's buffers, the "first"
        state, and "states": the changes that make the first one into each, compressed.
    """
    moved = [c.thinned(most[c.name]) for c in choices if c.name in most]
    fixed = [c for c in choices if c.name not in most]
    kept = {c.name: c.options[c.at][1] for c in fixed}
    known: dict[tuple, dict[str, Any]] = {}
    with _one_thread():
        for key in _positions(moved):
            values = {c.name: c.options[i][1] for c, i in zip(moved, key, strict=True)}
            known[_texts(moved, key)] = _plain(state(**kept, **values), scene)
    while True:
        packed = _pack(moved, known)
        packed["fixed"] = [[c.label, c.options[c.at][0]] for c in fixed]
        longest = max(moved, key=lambda c: len(c.options), default=None)
        if longest is None or len(longest.options) <= 3 or len(json.dumps(packed)) <= MOST_BYTES:
            return packed
        shorter = longest.thinned(max(3, len(longest.options) * 2 // 3))
        moved = [shorter if c is longest else c for c in moved]


def _pack(moved: Sequence[Choice], known: Mapping[tuple, dict[str, Any]]) -> dict[str, Any]:
    first = known[_texts(moved, [c.at for c in moved])]
    pool, packed = Pool(), []
    for key in _positions(moved):
        now = known[_texts(moved, key)]
        found = {name: changes(first[name], now[name]) for name in ("text", "meta", "figure") if name in now}
        packed.append(found | ({"buffers": pool.add(now["scene"])} if "scene" in now else {}))
    controls = [
        {"label": c.label, "kind": c.kind, "options": [text for text, _ in c.options], "at": c.at}
        for c in moved
    ]
    shown = {name: value for name, value in first.items() if name != "scene"}
    return {"controls": controls, "pieces": pool.pieces, "first": shown, "states": compressed(packed)}


def _plain(state: dict, scene: Callable[[tuple], dict[str, Any]] | None) -> dict[str, Any]:
    """A state as JSON; "scene" holds the buffers of its player."""
    found: dict[str, Any] = {"text": state["text"], "frame": state.get("frame", 0)}
    if "player" in state and scene is not None:
        found["scene"] = scene(state["player"])
        found["meta"] = json.loads(json.dumps(found["scene"]["meta"]))
    if "figure" in state:
        figure = json.loads(json.dumps(state["figure"].to_plotly_json(), cls=PlotlyJSONEncoder))
        found["figure"] = {name: _short(figure[name]) for name in ("data", "layout")}
    return found


def _short(value: Any) -> Any:
    """Floats to five digits."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def changes(old: Any, new: Any) -> Any:
    """What makes one JSON value into another: [new], or an object of changes by key or index; {} if equal."""
    if old == new:
        return {}
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return {name: changes(old[name], new[name]) for name in new if old[name] != new[name]}
    nested = isinstance(old, list) and isinstance(new, list) and len(old) == len(new)
    if nested and any(isinstance(each, (dict, list)) for each in new):
        return {str(i): changes(old[i], new[i]) for i in range(len(new)) if old[i] != new[i]}
    return [new]


def _positions(moved: Sequence[Choice]) -> Iterator[tuple[int, ...]]:
    """Positions of all controls, those of the last one fastest."""
    return itertools.product(*(range(len(c.options)) for c in moved))


def _texts(moved: Sequence[Choice], key: Sequence[int]) -> tuple[str, ...]:
    return tuple(c.options[i][0] for c, i in zip(moved, key, strict=True))


def _distance(value: Any, other: Any) -> float:
    if isinstance(value, (int, float)) and isinstance(other, (int, float)):
        return abs(value - other)
    return float(value != other)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute in one thread: on small tensors, threads that wait for each other take most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
