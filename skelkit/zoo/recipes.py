"""What is in the zoo, and how each entry is made."""

from __future__ import annotations

from ..continual.learners import LEARNERS
from .continual import ContinualRecipe
from .pretraining import PretrainingRecipe
from .recipe import Recipe
from .students import StudentRecipe
from .teachers import TeacherRecipe

_LEARNERS = {
    "fine-tuning": "a network that learns five tasks of two actions each and keeps nothing of earlier ones",
    "ewc": "the same with elastic weight consolidation",
    "lwf": "the same with learning without forgetting",
    "er": "the same with experience replay",
    "der++": "the same with dark experience replay++",
    "icarl": "the same with iCaRL",
    "charon": "the same with CHARON: masked clips, a compressed memory, linear probing",
    "joint": "a network that learns each task together with all clips of earlier ones",
}

_ENCODERS = (
    PretrainingRecipe(
        "pstl/embedded", "an encoder pre-trained by PSTL, and how it came there", "pstl", (1, 2, 3, 5, 7)
    ),
    PretrainingRecipe(
        "pstl without redundancy/embedded",
        "the same without the redundancy term",
        "pstl",
        (),
        {"redundancy": 0.0},
    ),
    PretrainingRecipe("asma/embedded", "two encoders pre-trained by ASMa, f and g", "asma", (2, 6)),
    PretrainingRecipe("skeletonbt/embedded", "an encoder pre-trained by SkeletonBT", "skeletonbt"),
    PretrainingRecipe("skeleton2vec/embedded", "an encoder pre-trained by Skeleton2vec", "skeleton2vec"),
    PretrainingRecipe(
        "autoencoder/embedded", "an encoder pre-trained by a masked autoencoder", "autoencoder"
    ),
)

_TEACHER = TeacherRecipe(
    "teacher/embedded",
    "the encoders of ASMa, aligned and fine-tuned",
    "asma",
    options=({}, {"head": "aligned"}),
)


def _masked(name: str, what: str, ratio: float, **changes: str) -> ContinualRecipe:
    """CHARON on all ten classes at once, without probing."""
    alone = {"probing": False, "validation": 0.0, "ratio": ratio}
    return ContinualRecipe(f"{name}/embedded", what, "charon", tasks=1, changes=alone | changes)


_ALL: tuple[Recipe, ...] = (
    *(ContinualRecipe(f"{name}/embedded", _LEARNERS.get(name, name), name) for name in LEARNERS),
    *(
        _masked(f"masked {r:.0%}", f"an autoencoder, trained with {r:.0%} of the frames hidden", r)
        for r in (0.0, 0.3, 0.9)
    ),
    _masked(
        "deviations",
        "an autoencoder that predicts deviations from straight lines",
        0.3,
        target="deviation",
    ),
    *_ENCODERS,
    _TEACHER,
    StudentRecipe("student/embedded", "a small network that the teacher has taught", _TEACHER),
    StudentRecipe("student of labels/embedded", "the same, taught by labels alone", None),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
"""Every entry, by name; what others are made from comes first."""
