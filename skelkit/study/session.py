"""The session of a running notebook: claims that are checked and values that are recorded.

`claim`, `finding`, `findings`, `record` and `results` act on the current session, which `start` replaces.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..utils.files import write_atomic
from .display import FindingsTable, RecordedTable, SentenceLine, show_item

RECORD = "SKELKIT_RECORD"
"""Environment variable: where a headless run writes the recorded values, a path that ends in .json."""


class ClaimFailed(AssertionError):
    """A sentence of a notebook is false."""


@dataclass
class Session:
    """What a notebook claims and records.

    Attributes:
        notebook: name of the notebook.
        parameters: its preset, data set, seed and device.
        values: recorded so far, by name.
        claims: claims and findings so far: "sentence", "holds", and "finding" if it is one.
        started: `time.perf_counter()` at the start.
    """

    notebook: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def results(self) -> dict[str, Any]:
        """Everything recorded and claimed, as in the JSON file of a headless run; seconds since the start."""
        return {
            "notebook": self.notebook,
            "parameters": self.parameters,
            "values": self.values,
            "claims": self.claims,
            "seconds": round(time.perf_counter() - self.started, 2),
        }


_current = Session()
"""The session of this process: a kernel runs one notebook."""


def start(notebook: str, parameters: dict[str, Any]) -> Session:
    """Start a session, which becomes the current one; claims and values of the previous one are dropped."""
    global _current
    _current = Session(notebook, parameters)
    return _current


def claim(sentence: str, condition: Any) -> None:
    """Show a sentence with its numbers, or stop the notebook if it is not true.

    Raises:
        ClaimFailed: with the sentence.
    """
    holds = bool(condition)
    _current.claims.append({"sentence": sentence, "holds": holds})
    if not holds:
        raise ClaimFailed(f"this claim is false here: {sentence}")
    show_item(SentenceLine("✓", "#0072B2", sentence))


def finding(condition: Any, true: str, false: str) -> None:
    """Show one of two sentences, depending on the condition: for what differs between data sets."""
    holds = bool(condition)
    sentence = true if holds else false
    _current.claims.append({"sentence": sentence, "holds": holds, "finding": True})
    show_item(SentenceLine("→", "#0072B2" if holds else "#D55E00", sentence))


def findings(caption: str, rows: Sequence[tuple[bool, str, Sequence[str]]]) -> None:
    """Show several findings as a table.

    Args:
        caption: above the table.
        rows: for each finding whether it holds, its sentence, and the cells of its row.
    """
    for holds, sentence, _ in rows:
        _current.claims.append({"sentence": sentence, "holds": bool(holds), "finding": True})
    show_item(FindingsTable(caption, rows))


def record(**values: Any) -> None:
    """Record numbers and words of this run.

    They are shown as a table; a headless run also writes them next to the executed notebook.

    Raises:
        TypeError: a value that is not a number, a word, or a list or dictionary of those.
    """
    clean = {name: _plain(name, value) for name, value in values.items()}
    _current.values.update(clean)
    show_item(RecordedTable(clean))
    target = os.environ.get(RECORD)
    if target:
        text = json.dumps(results(), indent=1, ensure_ascii=False)
        write_atomic(Path(target), text.encode(errors="backslashreplace"))


def results() -> dict[str, Any]:
    """Everything recorded and claimed in the current session; see `Session.results`."""
    return _current.results()


def _plain(name: str, value: Any) -> Any:
    """The value as JSON types; floats to six digits."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(name, v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(name, v) for k, v in value.items()}
    raise TypeError(
        f"record({name}=…): a {type(value).__name__} cannot be written as JSON; "
        "pass numbers, words, lists or dictionaries of them"
    )
