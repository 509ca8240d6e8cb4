"""The named skeleton layouts by their short names, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence

from ..utils.validation import one_of
from .bodies import H36M17, H36M32, HUMANML22, KIT21, MOCAP21, SMPL22, SMPL24
from .images import BODY25, COCO17, COCO18, HALPE26, MEDIAPIPE33, WHOLEBODY23
from .kinect import AZURE32, FLORENCE15, KINECT20, KINECT20_HEAD, MSR20, NTU25, SBU15
from .skeleton import Skeleton

KNOWN: dict[str, Skeleton] = {
    "ntu25": NTU25,
    "kinect20": KINECT20,
    "mocap21": MOCAP21,
    "coco17": COCO17,
    "kinect20_head": KINECT20_HEAD,
    "msr20": MSR20,
    "azure32": AZURE32,
    "sbu15": SBU15,
    "florence15": FLORENCE15,
    "body25": BODY25,
    "coco18": COCO18,
    "wholebody23": WHOLEBODY23,
    "halpe26": HALPE26,
    "mediapipe33": MEDIAPIPE33,
    "h36m17": H36M17,
    "h36m32": H36M32,
    "smpl22": SMPL22,
    "smpl24": SMPL24,
    "humanml22": HUMANML22,
    "kit21": KIT21,
}
"""The built-in skeletons by the short names that the command line takes."""

_FIRST = ("ntu25", "kinect20", "mocap21", "coco17")
_LATER = ("kinect20_head", "msr20", "body25", "h36m17", "kit21")


def known_skeleton(skeleton: Skeleton | str | None) -> Skeleton | None:
    """The skeleton itself, or the built-in one of this short name.

    Raises:
        ValueError: no built-in skeleton has this name; lists the known ones.

    >>> known_skeleton("kinect20").name
    'Kinect v1-20'
    """
    if not isinstance(skeleton, str):
        return skeleton
    one_of(skeleton, KNOWN, "built-in skeleton", "; or pass a Skeleton")
    return KNOWN[skeleton]


class AmbiguousLayout(ValueError):
    """Several built-in skeletons have as many joints as the data.

    Attributes:
        joints: their number.
        names: short names of these skeletons.
    """

    def __init__(self, joints: int, names: Sequence[str]) -> None:
        super().__init__(joints, names)
        self.joints, self.names = joints, names

    def __str__(self) -> str:
        return self.message()

    def message(self, on_command_line: bool = False) -> str:
        """What was found and how to choose a layout; on the command line its option comes first."""
        example = self.names[0]
        ways = [
            f"skeleton={example!r} (sk.load) or skeleton=sk.skeletons.KNOWN[{example!r}] (elsewhere)",
            f"--skeleton {example} (command line)",
            f'[skeleton] name = "{example}" (TOML description)',
        ]
        if on_command_line:
            ways.insert(0, ways.pop(1))
        return (
            f"{len(self.names)} built-in skeletons have {self.joints} joints: {', '.join(self.names)}; "
            f"say which one: {', '.join(ways)}"
        )


def of_size(joints: int) -> Skeleton:
    """The built-in skeleton with this many joints, if there is exactly one.

    Raises:
        ValueError: no built-in skeleton has this many joints.
        AmbiguousLayout: several have; the message lists them and how to choose one.

    >>> of_size(20).name
    'Kinect v1-20'
    """
    candidates = [name for name, skeleton in KNOWN.items() if len(skeleton) == joints]
    if any(name in _FIRST for name in candidates):
        candidates = [name for name in candidates if name not in _LATER]
    if len(candidates) == 1:
        return KNOWN[candidates[0]]
    if candidates:
        raise AmbiguousLayout(joints, candidates)
    known = ", ".join(f"{len(s)} ({k})" for k, s in KNOWN.items())
    raise ValueError(
        f"no built-in skeleton has {joints} joints; they have {known}; "
        "pass skeleton=sk.Skeleton(name, joints, bones, root)"
    )
