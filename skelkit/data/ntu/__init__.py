"""NTU RGB+D: raw files read into clips, or converted to one file of any size in bounded memory."""

from __future__ import annotations

from .bodies import Rules
from .conversion import convert
from .names import ACTIONS, PROTOCOLS, TRAINING_PERFORMERS, protocol
from .reading import read
from .report import Report

__all__ = ["ACTIONS", "PROTOCOLS", "TRAINING_PERFORMERS", "Report", "Rules", "convert", "protocol", "read"]
