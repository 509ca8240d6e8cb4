"""Names of NTU RGB+D samples, and the published train/test protocols.

``S001C002P003R002A013`` is setup 1, camera 2, performer 3, second take, action 13.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from ..clips import ClipSet
from .actions import ACTIONS

NAME = re.compile(
    r"S(?P<setup>[0-9]{3})C(?P<view>[0-9]{3})P(?P<subject>[0-9]{3})R(?P<take>[0-9]{3})A(?P<action>[0-9]{3})"
)
"""A sample name."""

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
"""Cross-view training cameras."""


def columns(names: Sequence[str]) -> dict[str, Tensor]:
    """Labels (from 0), subject, view and setup of samples, Long[N] each.

    Raises:
        ValueError: a name that is not of NTU RGB+D.

    >>> {k: v.tolist() for k, v in columns(["S001C002P003R002A013"]).items()}
    {'labels': [12], 'subject': [3], 'view': [2], 'setup': [1]}
    """
    rows = []
    for name in names:
        fields = NAME.fullmatch(name)
        if fields is None:
            raise ValueError(f"{name!r} is not a sample name; names look like S001C002P003R002A013")
        rows.append([int(number) for number in fields.group("action", "subject", "view", "setup")])
    action, *groups = torch.tensor(rows).reshape(-1, 4).unbind(1)
    contiguous = (group.contiguous() for group in groups)
    return {"labels": action - 1} | dict(zip(("subject", "view", "setup"), contiguous, strict=True))


def classes_of(labels: Tensor) -> tuple[str, ...]:
    """The 60 actions of NTU RGB+D, or all 120 if a label needs them."""
    return ACTIONS[:60] if not len(labels) or int(labels.max()) < 60 else ACTIONS


PROTOCOLS = {"xsub": "subject", "xview": "view", "xset": "setup"}
"""Published protocol -> the group that it splits by."""

_PUBLISHED = {60: ("xsub", "xview"), 120: ("xsub", "xset")}


def protocol(clips: ClipSet, name: str, dataset: int | None = None) -> tuple[ClipSet, ClipSet]:
    """Training and test clips of a published protocol.

    ==========  ====================================  =================
    name        training                              published for
    ==========  ====================================  =================
    ``"xsub"``  20 of 40, or 53 of 106, performers    NTU-60, NTU-120
    ``"xview"`` cameras 2 and 3                       NTU-60
    ``"xset"``  setups of even number                 NTU-120
    ==========  ====================================  =================

    Args:
        clips: with subject, view and setup, as `skelkit.data.ntu.read` gives them.
        name: name of the protocol.
        dataset: 60 or 120. Default: by the number of classes.

    Raises:
        ValueError: an unknown protocol, one not published for the data set, or one that leaves a side empty.
    """
    dataset = dataset or (60 if len(clips.classes) <= 60 else 120)
    _check_protocol(clips, name, dataset)
    group = PROTOCOLS[name]
    codes = getattr(clips, group)
    if lacking := [each for each in ("subject", "view", "setup") if getattr(clips, each) is None]:
        raise ValueError(
            f"these clips have no {' and no '.join(lacking)}, as clips of NTU RGB+D have, and {name} needs "
            "the published numbers: read them with skelkit.data.ntu.read, "
            f"or split other clips by split('{group}', train=[…])"
        )
    if name == "xset":
        chosen = codes % 2 == 0
    else:
        training = TRAINING_PERFORMERS[dataset] if name == "xsub" else TRAINING_VIEWS
        chosen = torch.isin(codes, codes.new_tensor(training))
    if chosen.all() or not chosen.any():
        raise ValueError(
            f"{name} leaves the training or the test set empty: {int(chosen.sum())} of {len(clips)} clips "
            "are for training; "
            "read more of the data set"
        )
    return clips.select(chosen), clips.select(~chosen)


def _check_protocol(clips: ClipSet, name: str, dataset: int) -> None:
    """Raise ValueError unless the protocol is published for the data set, and the clips can be of it."""
    if dataset not in _PUBLISHED:
        raise ValueError(
            f"dataset={dataset!r}: NTU RGB+D has 60 actions, NTU RGB+D 120 has 120; pass one of these numbers"
        )
    if name not in _PUBLISHED[dataset]:
        known = ", ".join(_PUBLISHED[dataset])
        raise ValueError(f"no protocol {name!r} is published for NTU-{dataset}; known: {known}")
    if dataset == 60 and len(clips) and int(clips.labels.max()) >= 60:
        action = clips.classes[int(clips.labels.max())]
        raise ValueError(
            f"these clips hold {action!r}, which NTU-60 has not; pass dataset=120, or select clips"
        )
