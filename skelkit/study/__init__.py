"""What notebooks use to get their parameters and data, check their claims, and record their results."""

from ..data.loading import dataset_name
from ..utils.machine import pick_device
from ..utils.progress import HEADLESS, is_headless
from .session import (
    PARAMETERS,
    PRESETS,
    RECORD,
    ClaimFailed,
    Preset,
    Setup,
    begin,
    claim,
    describe_presets,
    finding,
    findings,
    record,
    results,
    words,
)

__all__ = [
    "HEADLESS",
    "PARAMETERS",
    "PRESETS",
    "RECORD",
    "ClaimFailed",
    "Preset",
    "Setup",
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
    "words",
]
