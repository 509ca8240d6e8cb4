"""The split that a file itself has: on which of its clips one trains, and on which one tests."""

from __future__ import annotations

from .clips import ClipSet


def subsets(clips: ClipSet) -> dict[str, list[int]]:
    """Positions of the clips in each part; {} if the file has no part whose name ends in "train" and another to test on.

    They are those of `ClipSet.file_splits` (which may overlap: NTU-60 of pyskl has two splits, of subjects and of views), else those of `setup`.
    """
    found = clips.file_splits
    if found is None:
        names = (clips.group_names or {}).get("setup", ())
        found = {name: (clips.setup == code).nonzero().flatten().tolist() for code, name in enumerate(names)}
    found = {name: list(positions) for name, positions in found.items() if len(positions)}
    return found if any(map(_trains, found)) and not all(map(_trains, found)) else {}


def train_test_pairs(clips: ClipSet) -> dict[str, str]:
    """For each part to train on, the one to test on: its name begins alike, and it is "…test" before "…val" before any other.

    >>> import torch
    >>> clips = ClipSet.from_arrays([torch.ones(3, 25, 3)] * 3, setup=["xsub_train", "xsub_val", "xsub_test"])
    >>> train_test_pairs(clips)
    {'xsub_train': 'xsub_test'}
    """
    names = subsets(clips)
    found = {}
    for train in filter(_trains, names):
        others = [name for name in names if not _trains(name) and name.startswith(train[: -len("train")])]
        if others:
            found[train] = min(
                others, key=lambda name: (not name.endswith("test"), not name.endswith("val"), name)
            )
    return found


def split_by_file(clips: ClipSet, train: str | None = None) -> tuple[ClipSet, ClipSet, tuple[str, ...]]:
    """Train and test as the file has them, and the parts that are in neither.

    Args:
        train: the part to train on, where there are several splits.

    Raises:
        ValueError: the file has no split; it has several and `train` is none of them.
    """
    there, known = subsets(clips), train_test_pairs(clips)
    if not known:
        raise ValueError(
            'this file has no split of its own (parts named "…train" and "…test" or "…val"); split by something else'
        )
    wanted = list(known) if train is None else [train]
    if len(wanted) > 1 or wanted[0] not in known:
        what = "several splits" if train is None else f"no part {train!r} to train on"
        raise ValueError(f"this file has {what}; say on which to train: {', '.join(known)}")
    train = wanted[0]
    left = tuple(name for name in there if name not in (train, known[train]))
    return clips.select(there[train]), clips.select(there[known[train]]), left


def _trains(name: str) -> bool:
    return name.endswith("train")
