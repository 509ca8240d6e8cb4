"""The start of a notebook: its parameters in, its data out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch

from .. import zoo
from ..data import ClipSet, load
from ..data.default_split import TooFewClips, TrainTestSplit, load_split
from ..data.loading import dataset_name
from ..utils.machine import pick_device
from ..utils.presets import EXPLORE
from ..utils.validation import one_of
from .presets import STUDY_PRESETS, StudyPreset
from .session import finding, start

PARAMETERS = ("preset", "dataset", "seed", "device")
"""What the parameters cell of every notebook declares."""


@dataclass(frozen=True)
class Setup:
    """Data and settings of a notebook, from `begin`.

    Attributes:
        notebook: its name.
        clips: drawn at random from `whole`; with a split, the training clips.
        preset: size of the run.
        device: of `clips`.
        embedded: whether `clips` are from the embedded data set.
        generator: on the CPU, seeded with the notebook's seed.
        seed: of every draw; that of the zoo where its networks are shown instead of the reader's data.
        whole: all clips that were loaded.
        dataset: name of the data set in recordings of longer runs.
        split: training and test clips, if `begin` was asked for them.
    """

    notebook: str
    clips: ClipSet
    preset: StudyPreset
    device: torch.device
    embedded: bool
    generator: torch.Generator
    seed: int
    whole: ClipSet
    dataset: str
    split: TrainTestSplit | None = None

    @property
    def sample(self) -> ClipSet:
        """The first `preset.sample` clips; `clips` are in random order."""
        return self.clips.select(slice(0, self.preset.sample))


def begin(
    notebook: str,
    *,
    preset: str = "smoke",
    dataset: str = "synthetic",
    seed: int = 0,
    device: str = "auto",
    split: bool = False,
) -> Setup:
    """Load the data of a notebook and start a new session; earlier claims and values are dropped.

    Args:
        notebook: name in the results.
        preset: one of `STUDY_PRESETS`.
        dataset: "synthetic" or a path that `skelkit.load` reads; relative to the notebook's folder.
        seed: of the embedded data, of the choice of clips, and of every random draw.
        device: "auto" (a GPU if there is one), "cpu", "cuda".
        split: load training and test clips with `load_split`; `clips` are then the training clips. A data set
            with too few clips, or at preset "explore" one for which the zoo has no networks, is replaced by
            the embedded one, which a finding says.

    Raises:
        ValueError: an unknown preset or device; the message lists the known ones.
    """
    # The location of a warning in this package does not help the reader of a notebook.
    warnings.formatwarning = lambda message, category, *_: f"{category.__name__}: {message}\n"
    one_of(preset, STUDY_PRESETS, "preset")
    if not isinstance(seed, int):
        raise ValueError(f"seed={seed!r}: expected a whole number")
    size, where = STUDY_PRESETS[preset], pick_device(device)
    generator = torch.Generator().manual_seed(seed)
    divided, replaced = _split(dataset, preset, seed, where) if split else (None, "")
    start(notebook, {"preset": preset, "dataset": dataset, "seed": seed, "device": str(where)})
    if replaced:
        finding(False, "", replaced)
        dataset, seed = "synthetic", zoo.SEED if preset == EXPLORE else seed
    if divided is not None:
        whole = clips = divided.train
    else:
        whole = load("synthetic", seed=seed, clips=size.clips) if dataset == "synthetic" else load(dataset)
        clips = whole.select(torch.randperm(len(whole), generator=generator)[: size.clips]).to(where)
    embedded, name = dataset == "synthetic", dataset_name(dataset)
    return Setup(notebook, clips, size, where, embedded, generator, seed, whole, name, divided)


def _split(dataset: str, preset: str, seed: int, device: torch.device) -> tuple[TrainTestSplit, str]:
    """Training and test clips; of the embedded data if others are no use, and a sentence that says why."""
    if preset == EXPLORE and (dataset, seed) != ("synthetic", zoo.SEED):
        what = f"seed {seed}" if dataset == "synthetic" else dataset_name(dataset)
        sentence = (
            f"The kit has no trained networks for {what}; those of the embedded data, seed {zoo.SEED}, are "
            "shown instead. Preset laptop trains networks on yours."
        )
        return load_split("synthetic", preset, zoo.SEED, device), sentence
    try:
        return load_split(dataset, preset, seed, device), ""
    except TooFewClips as few:
        sentence = (
            f"This data set is too small to train a network ({few}); the embedded data is used instead."
        )
        return load_split("synthetic", preset, seed, device), sentence


def words(value: Any) -> str:
    """A value of the data card in words.

    >>> words({"one": 1, "two": 2})
    'one: 1, two: 2'
    """
    return ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
