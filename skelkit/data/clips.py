"""ClipSet: many clips of different lengths, in one tensor on one device."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..ops import motion
from ..skeletons.layouts import known_skeleton
from ..skeletons.skeleton import Skeleton
from ..utils.validation import listed, one_of, positive, printable
from . import clip_checks, cropping, splits, storage
from .clip import Clip
from .clip_checks import Values
from .layout_choice import choose
from .ragged import Index, concatenate, select_rows, to_positions
from .splits import GROUPS
from .summary import summarise

_TENSORS = ("poses", "starts", "labels", *GROUPS)


@dataclass(frozen=True)
class ClipSet:
    """A ragged set of N labelled clips.

    Make one with `ClipSet.from_arrays` or `skelkit.load`; a ClipSet is never changed in place.

    Attributes:
        poses: frames of all clips one after another, [F, M, V, C], metres; absent persons are all zeros.
        starts: first frame of each clip, and F, Long[N + 1].
        labels: class index of each clip, Long[N].
        classes: class names.
        skeleton: whose joints the V joints are.
        fps: frames per second.
        subject, view, setup: group of each clip, Long[N]; None if unknown.
        names: clip names; empty if unknown.
        group_names: names of the groups, indexed by code, for groups that are named, not numbered.
        file_splits: subset name -> clip positions, for files with overlapping predefined splits. Lost
            when clips are selected, and not saved.
    """

    poses: Tensor
    starts: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    skeleton: Skeleton
    fps: float
    subject: Tensor | None = None
    view: Tensor | None = None
    setup: Tensor | None = None
    names: tuple[str, ...] = ()
    group_names: dict[str, tuple[str, ...]] | None = None
    file_splits: dict[str, tuple[int, ...]] | None = None

    @classmethod
    def from_arrays(
        cls,
        arrays: Sequence[Values],
        *,
        labels: Values | None = None,
        skeleton: Skeleton | str | None = None,
        fps: float = 30.0,
        subject: Values | None = None,
        view: Values | None = None,
        setup: Values | None = None,
        classes: Sequence[str] | None = None,
        names: Sequence[object] | None = None,
    ) -> ClipSet:
        """A ClipSet of arrays [T, V, C] (one person) or [T, M, V, C], in metres, y up.

        Args:
            arrays: one array or tensor per clip; T and M may differ between clips, V may not.
            labels: class index of each clip. Default: all 0.
            skeleton: a `Skeleton`, or the short name of a built-in one. Default: the built-in skeleton with
                this number of joints; if several have it, the one that fits the poses (`layout_choice`).
            fps: frames per second.
            subject, view, setup: for each clip a number or a name; `split` uses them.
            classes: class names. Default: "class 0", "class 1", and so on.
            names: clip names in errors (a file name, say). Default: "clip 0", "clip 1", and so on.

        Raises:
            ValueError: names the clip, what was found and what was expected. Nothing is repaired silently.

        >>> arrays = [torch.ones(9, 25, 3), torch.ones(40, 2, 25, 3)]
        >>> clips = ClipSet.from_arrays(arrays, labels=[0, 1], skeleton="ntu25")
        >>> clips, clips.persons.tolist()
        (ClipSet(2 clips, 2 classes, 49 frames at 30 fps, up to 2 persons, NTU-25), [1, 2])
        """
        skeleton = known_skeleton(skeleton)
        if not len(arrays):
            raise ValueError("no clips were given; from_arrays needs at least one array [frames, joints, 3]")
        clip_names = tuple(
            map(str, names if names is not None else (f"clip {i}" for i in range(len(arrays))))
        )
        clip_checks.check_count("names", clip_names, arrays)
        checked = [
            clip_checks.check_clip(array, name, skeleton)
            for array, name in zip(arrays, clip_names, strict=True)
        ]
        skeleton = skeleton or choose(checked)
        clip_checks.check_joints(checked, clip_names, skeleton)
        clip_checks.check_metres(checked)
        indices, class_names = clip_checks.check_labels(labels, classes, clip_names)
        positive(fps, "fps", "frames per second")
        groups, group_names = clip_checks.check_groups(
            {"subject": subject, "view": view, "setup": setup}, checked
        )
        return cls(
            *concatenate(checked),
            indices,
            class_names,
            skeleton,
            float(fps),
            names=clip_names,
            group_names=group_names,
            **groups,
        )

    def __len__(self) -> int:
        """Number of clips, N."""
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> Clip:
        """One clip, which shares the memory of the set; -1 is the last one.

        Raises:
            TypeError: the index is no whole number.
            IndexError: there is no such clip.
        """
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(
                f"clips[{index!r}]: clips are numbered from 0; "
                "those of a class: clips.select(clips.labels == clips.classes.index(…))"
            ) from None
        if not -len(self) <= index < len(self):
            raise IndexError(f"clip {index} was asked for; there are {len(self)} clips, 0 to {len(self) - 1}")
        index %= len(self)
        begin, end = self.starts[index : index + 2].tolist()
        label = int(self.labels[index])
        name = self.names[index] if self.names else f"clip {index}"
        return Clip(self.poses[begin:end], label, self.classes[label], self.skeleton, self.fps, name)

    def __iter__(self) -> Iterator[Clip]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        persons = self.poses.shape[1]
        return (
            f"ClipSet({len(self)} clips, {len(self.classes)} classes, {len(self.poses)} frames at "
            f"{self.fps:g} fps, up to {persons} person{'s' * (persons > 1)}, {printable(self.skeleton.name)})"
        )

    @property
    def device(self) -> torch.device:
        """Device of all tensors of the set."""
        return self.poses.device

    @property
    def lengths(self) -> Tensor:
        """Frames of each clip, Long[N]."""
        return self.starts.diff()

    @cached_property
    def present(self) -> Tensor:
        """Person presence mask of each frame, bool[F, M]."""
        return motion.presence(self.poses)

    @property
    def persons(self) -> Tensor:
        """Number of persons that appear in each clip, Long[N]."""
        none_yet = self.present.new_zeros(1, self.present.shape[1], dtype=torch.long)
        seen = torch.cat([none_yet, self.present.long().cumsum(0)])  # [F + 1, M]
        return (seen[self.starts[1:]] > seen[self.starts[:-1]]).sum(1)

    @property
    def nbytes(self) -> int:
        """Bytes of the poses in memory."""
        return self.poses.numel() * self.poses.element_size()

    def card(self) -> dict[str, Any]:
        """Summary of the set as plain values: counts, lengths, persons and groups."""
        return summarise(self)

    def of_class(self, name: str) -> Tensor:
        """Positions of the clips of a class, Long. Raises ValueError for an unknown class."""
        if name not in self.classes:
            raise ValueError(f"no class {name!r}; the classes are: {listed(self.classes)}")
        return (self.labels == self.classes.index(name)).nonzero().flatten()

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> ClipSet:
        """The set on another device; `dtype`: of the poses. Raises ValueError if float16 cannot hold them."""
        clip_checks.check_range(self.poses, self.starts, dtype)
        moved = {k: v.to(device) for k in _TENSORS if (v := getattr(self, k)) is not None}
        moved["poses"] = moved["poses"].to(dtype or self.poses.dtype)
        return replace(self, **moved)

    def select(self, index: Index) -> ClipSet:
        """The clips at these positions, in that order; class names stay as they are."""
        positions = to_positions(index, len(self), self.device)
        rows, starts = select_rows(self.starts, positions)
        groups = {k: v[positions] for k in GROUPS if (v := getattr(self, k)) is not None}
        names = tuple(self.names[i] for i in positions.tolist()) if self.names else ()
        return replace(
            self,
            poses=self.poses[rows],
            starts=starts,
            labels=self.labels[positions],
            names=names,
            file_splits=None,
            **groups,
        )

    def split(
        self, by: str, train: Iterable[Any] | float | None = None, seed: int = 0
    ) -> tuple[ClipSet, ClipSet]:
        """Disjoint training and test sets.

        ``split("subject", train=[1, 3, 5])`` puts the clips of those subjects in train and all others in
        test; likewise "view" and "setup". ``split("stratified", train=0.7, seed=0)`` draws that share of
        every class.

        Args:
            by: "subject", "view", "setup" or "stratified".
            train: the groups to train on, by name or number; or the training share. Default: a share of 0.7.
            seed: of the stratified split.

        Raises:
            ValueError: an unknown protocol or group, or an empty training or test set.
        """
        one_of(by, (*GROUPS, "stratified"), "protocol")
        if by == "stratified":
            chosen = splits.stratified(self.labels, 0.7 if train is None else train, seed)
        else:
            chosen = splits.by_group(by, getattr(self, by), (self.group_names or {}).get(by), train)
        if chosen.all() or not chosen.any():
            raise ValueError(
                f"split by {by} with train={train!r} leaves the training or the test set empty: "
                f"{int(chosen.sum())} of {len(self)} clips for training"
            )
        return self.select(chosen), self.select(~chosen)

    def batch(
        self,
        index: Index,
        frames: int | None = None,
        crop: cropping.Crop = None,
        generator: torch.Generator | None = None,
        resize: cropping.Resize = "endpoints",
    ) -> Tensor:
        """Clips as one tensor [N, C, T, V, M] on this set's device, in one gather-and-lerp.

        Args:
            index: clip positions.
            frames: T; every clip is linearly resized to it. Default: the length of the longest of them.
            crop: a number p takes the central share p of each clip. A pair (a, b) takes a random share
                p ~ U[a, b] of each clip, at a random place, but at least 64 frames (or the whole clip).
                (CHARON: (0.5, 1) for training, 0.95 for testing.)
            generator: required for a random crop; every call draws a new crop for each clip.
            resize: "endpoints" or "half_pixel", see `cropping.positions`.

        Raises:
            ValueError: no clips, no frames, or as in `cropping.positions`.
            IndexError: a position beyond the set.
        """
        positions = to_positions(index, len(self), self.device)
        begin, length = self.starts[positions], self.lengths[positions]
        if not len(positions):
            raise ValueError("a batch of no clips was asked for")
        if frames is not None and frames < 1:
            raise ValueError(f"frames={frames}: a batch has at least one frame")
        frames = frames or int(length.max())
        # Positions count from frame 0 of the whole set, so that one resample serves any choice of clips.
        where = cropping.positions(length, crop, frames, resize, generator) + begin[:, None]
        all_frames = torch.arange(2, device=self.device) * len(self.poses)
        poses = motion.resample(self.poses, all_frames, where.reshape(1, -1), self.present)
        return motion.to_batch(poses.reshape(len(positions), frames, *poses.shape[2:]))

    def save(self, path: str | Path) -> Path:
        """Write one safetensors file with a checksum; the file appears complete or not at all.

        See `skelkit.data.storage` for the format. `file_splits` are not saved.
        """
        fields = {k: v.cpu() if isinstance(v, Tensor) else v for k, v in vars(self).items() if k != "poses"}
        poses = self.poses.cpu()
        return storage.write(path, fields, [poses], list(poses.shape), poses.dtype)

    @classmethod
    def load(cls, path: str | Path) -> ClipSet:
        """Read what `save` wrote. Raises ValueError for another, truncated or changed file."""
        return cls(**storage.read(path))
