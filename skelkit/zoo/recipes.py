"""What is in the zoo, and how each entry is made."""

from __future__ import annotations

from ..continual.learners import LEARNERS
from .continual import ContinualRecipe
from .recipe import Recipe

_WHAT = {
    "fine-tuning": "a network that learns five tasks of two actions each and keeps nothing of earlier ones",
    "ewc": "the same with elastic weight consolidation",
    "lwf": "the same with learning without forgetting",
    "er": "the same with experience replay",
    "der++": "the same with dark experience replay++",
    "icarl": "the same with iCaRL",
    "charon": "the same with CHARON: masked clips, a compressed memory, linear probing",
    "joint": "a network that learns each task together with all clips of earlier ones",
}

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        ContinualRecipe(f"{learner}/embedded", _WHAT.get(learner, learner), learner) for learner in LEARNERS
    )
}
"""Every entry, by name."""
