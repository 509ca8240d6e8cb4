"""Presets of the notebooks: how many clips they use."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class StudyPreset:
    """Size of a notebook's run.

    Args:
        clips: maximum number of clips; the embedded data set is generated with this size.
        sample: clips for measurements that run codecs or masks many times.
        draws: random draws with which a probability is estimated.
    """

    clips: int
    sample: int
    draws: int


STUDY_PRESETS = {
    "smoke": StudyPreset(clips=300, sample=120, draws=4_000),
    "explore": StudyPreset(clips=800, sample=240, draws=10_000),
    "laptop": StudyPreset(clips=3_000, sample=900, draws=40_000),
    "gpu": StudyPreset(clips=20_000, sample=6_000, draws=200_000),
    "paper": StudyPreset(clips=60_000, sample=20_000, draws=200_000),
}
"""smoke: CI, seconds. explore: trained networks from `zoo`. laptop: minutes on two cores. gpu, paper: as
many clips as the published studies."""


def describe_presets() -> str:
    """All presets and their sizes in one line, for `--help`."""
    return "; ".join(
        f"{name}: " + ", ".join(f"{field} {value:,}" for field, value in asdict(preset).items())
        for name, preset in STUDY_PRESETS.items()
    )
