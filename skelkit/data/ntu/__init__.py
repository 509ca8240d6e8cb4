"""NTU RGB+D: raw files in, clips out, with a report of what was dropped; or one file of any number of them, in bounded memory."""

from __future__ import annotations

from .bodies import Report, Rules
from .conversion import convert
from .names import ACTIONS, PROTOCOLS, TRAINING_PERFORMERS, protocol
from .reading import read

__all__ = ["ACTIONS", "PROTOCOLS", "TRAINING_PERFORMERS", "Report", "Rules", "convert", "protocol", "read"]
