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
    """Built-in skeletons have as many joints as the data, but which of them it has is not clear.

    Attributes:
        joints: their number.
        names: short names of these skeletons.
        evidence: what the poses say for and against each; "" if they were not looked at.
    """

    def __init__(self, joints: int, names: Sequence[str], evidence: str = "") -> None:
        super().__init__(joints, names, evidence)
        self.joints, self.names, self.evidence = joints, names, evidence

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
        several = len(self.names) > 1
        seen = f"; the poses do not settle it ({self.evidence})" if self.evidence else ""
        return (
            f"{len(self.names)} built-in skeleton{'s have' if several else ' has'} {self.joints} joints: "
            f"{', '.join(self.names)}{seen}; say which one: {', '.join(ways)}"
        )


def layouts_of(joints: int) -> dict[str, Skeleton]:
    """The built-in skeletons with this many joints, by short name; of equal joints and bones the first one.

    Raises:
        ValueError: there is none.

    >>> list(layouts_of(20)), list(layouts_of(22))
    (['kinect20', 'kinect20_head', 'msr20'], ['smpl22'])
    """
    found: dict[str, Skeleton] = {}
    for name, skeleton in KNOWN.items():
        if len(skeleton) == joints and not any(_same(skeleton, other) for other in found.values()):
            found[name] = skeleton
    if found:
        return found
    known = ", ".join(f"{len(s)} ({k})" for k, s in KNOWN.items())
    raise ValueError(
        f"no built-in skeleton has {joints} joints; they have {known}; "
        "pass skeleton=sk.Skeleton(name, joints, bones, root)"
    )


def _same(one: Skeleton, other: Skeleton) -> bool:
    return (one.joints, one.bones) == (other.joints, other.bones)


def of_size(joints: int) -> Skeleton:
    """The built-in skeleton with this many joints, if there is exactly one.

    Raises:
        ValueError: no built-in skeleton has this many joints.
        AmbiguousLayout: several have; the message lists them and how to choose one.

    >>> of_size(33).name
    'MediaPipe-33'
    """
    found = layouts_of(joints)
    if len(found) > 1:
        raise AmbiguousLayout(joints, list(found))
    return next(iter(found.values()))
