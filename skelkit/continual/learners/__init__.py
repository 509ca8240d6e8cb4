"""Continual learners: what each does about forgetting."""

from .base import FineTuning, Joint
from .charon import CHARON
from .ewc import EWC
from .icarl import ICaRL, herd
from .lwf import LwF
from .replay import ER, DERpp

__all__ = ["CHARON", "ER", "EWC", "DERpp", "FineTuning", "ICaRL", "Joint", "LwF", "herd"]
