"""The zoo: trained networks that ship with the kit, each with a card that says how it was made."""

from __future__ import annotations

from .card import Card
from .continual import learn
from .making import SEED, check, history, load, make
from .making import listing as list  # noqa: A004 - the module's name stands before it: zoo.list()
from .pretraining import pretrain
from .recipes import RECIPES
from .students import distill
from .teachers import evaluate

__all__ = [
    "RECIPES",
    "SEED",
    "Card",
    "check",
    "distill",
    "evaluate",
    "history",
    "learn",
    "list",
    "load",
    "make",
    "pretrain",
]
