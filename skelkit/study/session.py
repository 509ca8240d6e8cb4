"""What a notebook asks for: its data at a preset's size, claims that are checked, values that are recorded."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from ..data import ClipSet, load
from ..data.default_split import TooFewClips, TrainTestSplit, load_split
from ..data.loading import dataset_name
from ..utils.files import write_atomic
from ..utils.machine import pick_device
from ..utils.validation import one_of
from .display import FindingsTable, RecordedTable, SentenceLine, show_item

RECORD = "SKELKIT_RECORD"
"""Where a headless run wants the notebook's recorded values: a path ending in .json."""


@dataclass(frozen=True)
class Preset:
    """How much work a notebook does.

    Args:
        clips: at most so many clips are used (the embedded set is made this large).
        sample: clips for measurements that take the codecs or masks many passes.
        draws: draws where a probability is compared with what is really drawn.
    """

    clips: int
    sample: int
    draws: int


PRESETS = {
    "smoke": Preset(clips=300, sample=120, draws=4_000),
    "laptop": Preset(clips=3_000, sample=900, draws=40_000),
    "gpu": Preset(clips=20_000, sample=6_000, draws=200_000),
    "paper": Preset(clips=60_000, sample=20_000, draws=200_000),
}
"""smoke: CI, seconds. laptop: minutes on two cores. gpu, paper: as many clips as the published studies."""


@dataclass(frozen=True)
class Setup:
    """What `begin` hands to a notebook."""

    notebook: str
    clips: ClipSet
    preset: Preset
    device: torch.device
    embedded: bool
    generator: torch.Generator
    whole: ClipSet  # all that was loaded, of which `clips` were drawn
    split: TrainTestSplit | None = None

    @property
    def dataset(self) -> str:
        """What recordings of longer runs call this data set."""
        return dataset_name(_state["parameters"]["dataset"])

    @property
    def sample(self) -> ClipSet:
        """The first `preset.sample` clips of the (already shuffled) set."""
        return self.clips.select(slice(0, self.preset.sample))


class ClaimFailed(AssertionError):
    """A sentence of a notebook turned out to be false."""


_state: dict = {}


def begin(
    notebook: str,
    *,
    preset: str = "smoke",
    dataset: str = "synthetic",
    seed: int = 0,
    device: str = "auto",
    split: bool = False,
) -> Setup:
    """Start a notebook: its parameters in, its data out. Anything recorded or claimed before is forgotten.

    Args:
        notebook: the notebook's name; results carry it.
        preset: one of `PRESETS`.
        dataset: "synthetic" or a path that `skelkit.load` reads; relative to the notebook's folder.
        seed: of the embedded data, of sampling and of every draw.
        device: "auto" (a GPU where there is one), "cpu", "cuda".
        split: load train and test clips with `load_split`; `clips` are then the training clips. For notebooks that train.

    Raises:
        ValueError: an unknown preset or device; the message lists the known ones.
    """
    warnings.formatwarning = lambda message, category, *_: (
        f"{category.__name__}: {message}\n"
    )  # readers do not look for a line of this kit
    one_of(preset, PRESETS, "preset")
    if not isinstance(seed, int):
        raise ValueError(f"seed={seed!r}: expected a whole number")
    size, where = PRESETS[preset], pick_device(device)
    generator = torch.Generator().manual_seed(seed)
    divided, too_small = _split(dataset, preset, seed, where) if split else (None, "")
    if divided is not None:
        whole = clips = divided.train
        dataset = "synthetic" if too_small else dataset
    else:
        whole = load("synthetic", seed=seed, clips=size.clips) if dataset == "synthetic" else load(dataset)
        clips = whole.select(torch.randperm(len(whole), generator=generator)[: size.clips]).to(where)
    parameters = {"preset": preset, "dataset": dataset, "seed": seed, "device": str(where)}
    _state.clear()
    _state.update(notebook=notebook, parameters=parameters, values={}, claims=[], began=time.perf_counter())
    if too_small:
        finding(
            False,
            "",
            f"This data set is too small to teach a network on ({too_small}); this notebook goes on with the embedded data.",
        )
    return Setup(notebook, clips, size, where, dataset == "synthetic", generator, whole, divided)


def _split(dataset: str, preset: str, seed: int, device: torch.device) -> tuple[TrainTestSplit, str]:
    """The data set divided; or the embedded one, and why."""
    try:
        return load_split(dataset, preset, seed, device), ""
    except TooFewClips as few:
        return load_split("synthetic", preset, seed, device), str(few)


def claim(sentence: str, condition) -> None:
    """Print a sentence with its numbers; stop the notebook if it is not true.

    Raises:
        ClaimFailed: with the sentence.
    """
    holds = bool(condition)
    _note({"sentence": sentence, "holds": holds})
    if not holds:
        raise ClaimFailed(f"this claim is false here: {sentence}")
    show_item(SentenceLine("✓", "#0072B2", sentence))


def finding(condition, true: str, false: str) -> None:
    """For what depends on the data: print whichever of two sentences holds, and record which."""
    holds = bool(condition)
    _note({"sentence": true if holds else false, "holds": holds, "finding": True})
    show_item(SentenceLine("→", "#0072B2" if holds else "#D55E00", true if holds else false))


def findings(caption: str, rows: Sequence[tuple[bool, str, Sequence[str]]]) -> None:
    """Several findings as one table: of each whether it holds, its sentence, and the cells of its row."""
    for holds, sentence, _ in rows:
        _note({"sentence": sentence, "holds": bool(holds), "finding": True})
    show_item(FindingsTable(caption, rows))


def record(**values) -> None:
    """Keep numbers and words of this run: shown as a table, written beside the executed notebook when it runs headlessly.

    Raises:
        TypeError: a value that is no number, word, or list of such.
    """
    clean = {name: _plain(name, value) for name, value in values.items()}
    _state.setdefault("values", {}).update(clean)
    show_item(RecordedTable(clean))
    target = os.environ.get(RECORD)
    if target:
        write_atomic(Path(target), json.dumps(results(), indent=1, ensure_ascii=False).encode())


def results() -> dict:
    """Everything recorded and claimed since `begin`, as written to the JSON file."""
    kept = {key: _state.get(key) for key in ("notebook", "parameters", "values", "claims")}
    return kept | {"seconds": round(time.perf_counter() - _state.get("began", time.perf_counter()), 2)}


def words(value) -> str:
    """A value of the data card in words.

    >>> words({"one": 1, "two": 2})
    'one: 1, two: 2'
    """
    return ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def describe_presets() -> str:
    """One line a preset, for `--help`."""
    return "; ".join(
        f"{name}: " + ", ".join(f"{k} {v:,}" for k, v in asdict(p).items()) for name, p in PRESETS.items()
    )


PARAMETERS = ("preset", "dataset", "seed", "device")
"""What every notebook's parameters cell declares."""


def _plain(name: str, value):
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
        f"record({name}=…): a {type(value).__name__} cannot be written as JSON; pass numbers, words, lists or dictionaries of them"
    )


def _note(entry: dict) -> None:
    _state.setdefault("claims", []).append(entry)
