"""What the names of NTU RGB+D samples say: ``S001C002P003R002A013`` is setup 1, camera 2, performer 3, second take, action 13."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from ..clips import ClipSet

NAME = re.compile(
    r"S(?P<setup>[0-9]{3})C(?P<view>[0-9]{3})P(?P<subject>[0-9]{3})R(?P<take>[0-9]{3})A(?P<action>[0-9]{3})"
)

ACTIONS = (
    "drink water",
    "eat meal/snack",
    "brushing teeth",
    "brushing hair",
    "drop",
    "pickup",
    "throw",
    "sitting down",
    "standing up (from sitting position)",
    "clapping",
    "reading",
    "writing",
    "tear up paper",
    "wear jacket",
    "take off jacket",
    "wear a shoe",
    "take off a shoe",
    "wear on glasses",
    "take off glasses",
    "put on a hat/cap",
    "take off a hat/cap",
    "cheer up",
    "hand waving",
    "kicking something",
    "reach into pocket",
    "hopping (one foot jumping)",
    "jump up",
    "make a phone call/answer phone",
    "playing with phone/tablet",
    "typing on a keyboard",
    "pointing to something with finger",
    "taking a selfie",
    "check time (from watch)",
    "rub two hands together",
    "nod head/bow",
    "shake head",
    "wipe face",
    "salute",
    "put the palms together",
    "cross hands in front (say stop)",
    "sneeze/cough",
    "staggering",
    "falling",
    "touch head (headache)",
    "touch chest (stomachache/heart pain)",
    "touch back (backache)",
    "touch neck (neckache)",
    "nausea or vomiting condition",
    "use a fan (with hand or paper)/feeling warm",
    "punching/slapping other person",
    "kicking other person",
    "pushing other person",
    "pat on back of other person",
    "point finger at the other person",
    "hugging other person",
    "giving something to other person",
    "touch other person's pocket",
    "handshaking",
    "walking towards each other",
    "walking apart from each other",
    "put on headphone",
    "take off headphone",
    "shoot at the basket",
    "bounce ball",
    "tennis bat swing",
    "juggling table tennis balls",
    "hush (quiet)",
    "flick hair",
    "thumb up",
    "thumb down",
    "make ok sign",
    "make victory sign",
    "staple book",
    "counting money",
    "cutting nails",
    "cutting paper (using scissors)",
    "snapping fingers",
    "open bottle",
    "sniff (smell)",
    "squat down",
    "toss a coin",
    "fold paper",
    "ball up paper",
    "play magic cube",
    "apply cream on face",
    "apply cream on hand back",
    "put on bag",
    "take off bag",
    "put something into a bag",
    "take something out of a bag",
    "open a box",
    "move heavy objects",
    "shake fist",
    "throw up cap/hat",
    "hands up (both hands)",
    "cross arms",
    "arm circles",
    "arm swings",
    "running on the spot",
    "butt kicks (kick backward)",
    "cross toe touch",
    "side kick",
    "yawn",
    "stretch oneself",
    "blow nose",
    "hit other person with something",
    "wield knife towards other person",
    "knock over other person (hit with body)",
    "grab other person's stuff",
    "shoot at other person with a gun",
    "step on foot",
    "high-five",
    "cheers and drink",
    "carry something with other person",
    "take a photo of other person",
    "follow other person",
    "whisper in other person's ear",
    "exchange things with other person",
    "support somebody with hand",
    "finger-guessing game (playing rock-paper-scissors)",
)
"""The 120 published actions, A001 first; NTU RGB+D has the first 60."""

TRAINING_PERFORMERS = {
    60: (1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38),
    120: (
        1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38, 45, 46, 47, 49,
        50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89, 91, 92, 93,
        94, 95, 97, 98, 100, 103,
    ),
}  # fmt: skip
"""Cross-subject training performers, 20 of 40 (Shahroudy et al., 2016) and 53 of 106 (Liu et al., 2019)."""

TRAINING_VIEWS = (2, 3)


def columns(names: Sequence[str]) -> dict[str, Tensor]:
    """labels (from 0), subject, view and setup of samples, each Long[N].

    >>> {k: v.tolist() for k, v in columns(["S001C002P003R002A013"]).items()}
    {'labels': [12], 'subject': [3], 'view': [2], 'setup': [1]}
    """
    found = [
        [int(number) for number in NAME.fullmatch(name).group("action", "subject", "view", "setup")]
        for name in names
    ]
    action, *groups = torch.tensor(found).reshape(-1, 4).unbind(1)
    return {"labels": action - 1} | dict(
        zip(("subject", "view", "setup"), (v.contiguous() for v in groups), strict=True)
    )


def classes_of(labels: Tensor) -> tuple[str, ...]:
    """The 60 actions of NTU RGB+D, or all 120 where a label needs them."""
    return ACTIONS[:60] if not len(labels) or int(labels.max()) < 60 else ACTIONS


PROTOCOLS = {"xsub": "subject", "xview": "view", "xset": "setup"}
"""What each published protocol goes by."""


def protocol(clips: ClipSet, name: str, dataset: int | None = None) -> tuple[ClipSet, ClipSet]:
    """Training and test clips as published.

    ==========  ====================================  =================
    name        training                              published for
    ==========  ====================================  =================
    ``"xsub"``  20 of 40, or 53 of 106, performers    NTU-60, NTU-120
    ``"xview"`` cameras 2 and 3                       NTU-60
    ``"xset"``  setups of even number                 NTU-120
    ==========  ====================================  =================

    Args:
        clips: with subject, view and setup, as `skelkit.data.ntu.read` gives them.
        dataset: 60 or 120; unless given, what the clips' classes are.

    Raises:
        ValueError: an unknown protocol, one not published for the data set, or one that leaves a side empty.
    """
    dataset = dataset or (60 if len(clips.classes) <= 60 else 120)
    known = {60: ("xsub", "xview"), 120: ("xsub", "xset")}
    if dataset not in known:
        raise ValueError(
            f"dataset={dataset!r}: NTU RGB+D has 60 actions, NTU RGB+D 120 has 120; pass one of these numbers"
        )
    if name not in known[dataset]:
        raise ValueError(
            f"no protocol {name!r} is published for NTU-{dataset}; known: {', '.join(known[dataset])}"
        )
    if dataset == 60 and len(clips) and int(clips.labels.max()) >= 60:
        raise ValueError(
            f"these clips hold {clips.classes[int(clips.labels.max())]!r}, which NTU-60 has not; pass dataset=120, or select clips"
        )
    group = PROTOCOLS[name]
    codes = getattr(clips, group)
    if lacking := [each for each in ("subject", "view", "setup") if getattr(clips, each) is None]:
        raise ValueError(
            f"these clips have no {' and no '.join(lacking)}, as clips of NTU RGB+D have; {name} goes by its numbers: read it with skelkit.data.ntu.read, "
            f"or divide other clips by split('{group}', train=[…])"
        )
    if name == "xset":
        chosen = codes % 2 == 0
    else:
        chosen = torch.isin(
            codes, codes.new_tensor(TRAINING_PERFORMERS[dataset] if name == "xsub" else TRAINING_VIEWS)
        )
    if chosen.all() or not chosen.any():
        raise ValueError(
            f"{name} leaves one side empty: {int(chosen.sum())} of {len(clips)} clips are for training; read more of the data set"
        )
    return clips.select(chosen), clips.select(~chosen)
