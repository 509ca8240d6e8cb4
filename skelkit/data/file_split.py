"""The predefined train/test split of a file."""

from __future__ import annotations

from .clips import ClipSet


def subsets(clips: ClipSet) -> dict[str, list[int]]:
    """Subset name -> clip positions. Empty unless the file has both training and other subsets.

    A training subset is one whose name ends in "train". The subsets are those of `ClipSet.file_splits`, which
    may overlap (NTU-60 of pyskl has a cross-subject and a cross-view split), or else the groups of `setup`.
    """
    found: dict[str, list[int]] = {}
    if clips.file_splits is not None:
        found = {name: list(positions) for name, positions in clips.file_splits.items()}
    elif clips.setup is not None:
        names = (clips.group_names or {}).get("setup", ())
        found = {name: (clips.setup == i).nonzero().flatten().tolist() for i, name in enumerate(names)}
    found = {name: positions for name, positions in found.items() if positions}
    return found if any(map(_trains, found)) and not all(map(_trains, found)) else {}


def train_test_pairs(clips: ClipSet) -> dict[str, str]:
    """Training subset -> its test subset: same prefix, preferably "…test", then "…val", then any other.

    >>> import torch
    >>> clips = ClipSet.from_arrays(
    ...     [torch.ones(3, 20, 3)] * 3, skeleton="kinect20", setup=["xsub_train", "xsub_val", "xsub_test"]
    ... )
    >>> train_test_pairs(clips)
    {'xsub_train': 'xsub_test'}
    """
    names = subsets(clips)
    found = {}
    for train in filter(_trains, names):
        others = [name for name in names if not _trains(name) and name.startswith(train[: -len("train")])]
        if others:
            found[train] = min(others, key=_test_preference)
    return found


def split_by_file(clips: ClipSet, train: str | None = None) -> tuple[ClipSet, ClipSet, tuple[str, ...]]:
    """Train and test set as the file defines them, and the names of the unused subsets.

    Args:
        clips: as they are read, before any selection.
        train: the training subset. Default: the only one.

    Raises:
        ValueError: the file has no split; or it has several, and `train` is none of them.
    """
    positions, pairs = subsets(clips), train_test_pairs(clips)
    if not pairs:
        raise ValueError(
            'this file has no split of its own (subsets named "…train" and "…test" or "…val"); '
            "split by something else"
        )
    wanted = list(pairs) if train is None else [train]
    if len(wanted) > 1 or wanted[0] not in pairs:
        what = "several splits" if train is None else f"no training subset {train!r}"
        raise ValueError(f"this file has {what}; say on which to train: {', '.join(pairs)}")
    train, test = wanted[0], pairs[wanted[0]]
    unused = tuple(name for name in positions if name not in (train, test))
    return clips.select(positions[train]), clips.select(positions[test]), unused


def _trains(name: str) -> bool:
    return name.endswith("train")


def _test_preference(name: str) -> tuple[bool, bool, str]:
    return not name.endswith("test"), not name.endswith("val"), name
