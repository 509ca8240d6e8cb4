"""Parameters and data of a notebook, claims that are checked, values that are recorded."""

from ..data.loading import dataset_name
from ..utils.machine import pick_device
from ..utils.progress import HEADLESS, is_headless
from .presets import STUDY_PRESETS, StudyPreset, describe_presets
from .session import RECORD, ClaimFailed, Session, claim, finding, findings, record, results, start
from .setup import PARAMETERS, Setup, begin, words

__all__ = [
    "HEADLESS",
    "PARAMETERS",
    "RECORD",
    "STUDY_PRESETS",
    "ClaimFailed",
    "Session",
    "Setup",
    "StudyPreset",
    "begin",
    "claim",
    "dataset_name",
    "describe_presets",
    "finding",
    "findings",
    "is_headless",
    "pick_device",
    "record",
    "results",
    "start",
    "words",
]
