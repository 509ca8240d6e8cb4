"""Continual learners: one file each, and the table of all of them."""

from __future__ import annotations

from .base import BaseLearner, Learner
from .charon import CHARON
from .derpp import DERpp
from .er import ER
from .ewc import EWC
from .finetuning import FineTuning
from .icarl import ICaRL
from .joint import Joint
from .lwf import LwF

LEARNERS: dict[str, type[BaseLearner]] = {
    "fine-tuning": FineTuning,
    "joint": Joint,
    "ewc": EWC,
    "lwf": LwF,
    "er": ER,
    "der++": DERpp,
    "icarl": ICaRL,
    "charon": CHARON,
}
"""Name -> learner; to add one, write its file and add its line here."""

__all__ = [
    "CHARON",
    "ER",
    "EWC",
    "LEARNERS",
    "BaseLearner",
    "DERpp",
    "FineTuning",
    "ICaRL",
    "Joint",
    "Learner",
    "LwF",
]
