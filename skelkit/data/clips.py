"""ClipSet: many clips of different lengths, in one tensor on one device."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..ops import motion
from ..skeletons.layouts import of_size
from ..skeletons.skeleton import Skeleton
from ..utils.validation import one_of, positive
from . import storage
from .clip_checks import as_codes, check_clip, check_count, check_metres

GROUPS = ("subject", "view", "setup")

_TENSORS = ("poses", "starts", "labels", *GROUPS)


@dataclass(frozen=True)
class Clip:
    """One clip of a ClipSet: poses [T, M, V, C] in metres, and what is known of it."""

    poses: Tensor
    label: int
    class_name: str
    skeleton: Skeleton
    fps: float
    name: str

    def __len__(self) -> int:
        return len(self.poses)

    @property
    def persons(self) -> int:
        """How many persons appear in it."""
        return int(motion.presence(self.poses).any(0).sum())

    @property
    def seconds(self) -> float:
        return len(self) / self.fps

    @property
    def batch(self) -> Tensor:
        """This clip alone as a batch, [1, C, T, V, M]."""
        return motion.to_batch(self.poses[None].float())

    def __repr__(self) -> str:
        return f"Clip({self.name!r}: {self.class_name}, {len(self)} frames at {self.fps:g} fps, {self.poses.shape[1]} person slots, {self.skeleton.name})"


@dataclass(frozen=True)
class ClipSet:
    """A ragged set of labelled clips.

    ``poses`` [F, M, V, C] holds the frames of all clips back to back, ``starts`` Long[N + 1] where each begins. Make one
    with `ClipSet.from_arrays` or `skelkit.load`; a ClipSet is never changed in place. ``file_splits`` are positions in the set as it was
    read, where its file divides it so that parts overlap; they go when clips are chosen, and are not saved.
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

    # -- making ----------------------------------------------------------------------------------------------------

    @classmethod
    def from_arrays(
        cls,
        arrays: Sequence,
        *,
        labels: Sequence[int] | None = None,
        skeleton: Skeleton | None = None,
        fps: float = 30.0,
        subject: Sequence | None = None,
        view: Sequence | None = None,
        setup: Sequence | None = None,
        classes: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> ClipSet:
        """The door for any data: a list of arrays [T, V, C] (one person) or [T, M, V, C], in metres, y up.

        Args:
            arrays: one array or tensor per clip; lengths and numbers of persons may differ, joints may not.
            labels: class index of each clip; all 0 unless given.
            skeleton: found from the number of joints unless given.
            subject, view, setup: per clip a number or a name; `split` uses them.
            classes: class names; ``class 0``, … unless given.
            names: what errors call each clip (a file name, say); ``clip 0``, … unless given.

        Raises:
            ValueError: names the clip, what was found and what was expected. Nothing is repaired silently.

        >>> clips = ClipSet.from_arrays([torch.ones(9, 25, 3), torch.ones(40, 2, 25, 3)], labels=[0, 1])
        >>> clips, clips.persons.tolist()
        (ClipSet(2 clips, 2 classes, 49 frames at 30 fps, up to 2 persons, NTU-25), [1, 2])
        """
        if not len(arrays):
            raise ValueError("no clips were given; from_arrays needs at least one array [frames, joints, 3]")
        names = (
            tuple(map(str, names)) if names is not None else tuple(f"clip {i}" for i in range(len(arrays)))
        )
        check_count("names", names, arrays)
        checked = [check_clip(array, name, skeleton) for array, name in zip(arrays, names, strict=True)]
        skeleton = skeleton or of_size(checked[0].shape[2])
        for clip, name in zip(checked, names, strict=True):
            if clip.shape[2] != len(skeleton):
                raise ValueError(
                    f"{name}: {clip.shape[2]} joints, the {skeleton.name} skeleton has {len(skeleton)}; pass skeleton=… (built in: 25, 20, 21 or 17 joints)"
                )
        persons = max(clip.shape[1] for clip in checked)
        lengths = torch.tensor([len(clip) for clip in checked])
        check_metres(checked)
        poses = torch.zeros(int(lengths.sum()), persons, len(skeleton), 3)
        starts = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])
        for clip, start in zip(checked, starts.tolist(), strict=False):
            poses[start : start + len(clip), : clip.shape[1]] = clip
        labels = np.zeros(len(checked), dtype=np.int64) if labels is None else np.asarray(labels)
        check_count("labels", labels, checked)
        if labels.dtype.kind not in "iu" or labels.ndim != 1:
            raise ValueError(
                f"labels are {labels.dtype} of shape {list(labels.shape)}; expected one class index (a whole number) per clip"
            )
        labels = torch.as_tensor(labels.astype(np.int64))
        classes = (
            tuple(map(str, classes))
            if classes is not None
            else tuple(f"class {i}" for i in range(int(labels.max()) + 1))
        )
        for name, label in zip(names, labels.tolist(), strict=True):
            if not 0 <= label < len(classes):
                more = (
                    f" to {len(classes) - 1}, one for each class; do yours count from 1?" if label > 0 else ""
                )
                raise ValueError(f"{name}: label {label}; labels count from 0{more}")
        positive(fps, "fps", "frames per second")
        groups, group_names = {}, {}
        for key, values in zip(GROUPS, (subject, view, setup), strict=True):
            if values is not None:
                check_count(key, values, checked)
                groups[key], found = as_codes(values)
                if found:
                    group_names[key] = found
        return cls(
            poses,
            starts,
            labels,
            classes,
            skeleton,
            float(fps),
            names=names,
            group_names=group_names,
            **groups,
        )

    # -- looking ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> Clip:
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(
                f"clips[{index!r}]: clips are numbered from 0; those of a class: clips.select(clips.labels == clips.classes.index(…))"
            ) from None
        if not -len(self) <= index < len(self):
            raise IndexError(f"clip {index} was asked for; there are {len(self)} clips, 0 to {len(self) - 1}")
        index %= len(self)
        begin, end = self.starts[index : index + 2].tolist()
        label = int(self.labels[index])
        return Clip(
            self.poses[begin:end],
            label,
            self.classes[label],
            self.skeleton,
            self.fps,
            self.names[index] if self.names else f"clip {index}",
        )

    def __repr__(self) -> str:
        return (
            f"ClipSet({len(self)} clips, {len(self.classes)} classes, {len(self.poses)} frames at {self.fps:g} fps, "
            f"up to {self.poses.shape[1]} person{'s' if self.poses.shape[1] > 1 else ''}, {self.skeleton.name})"
        )

    @property
    def device(self) -> torch.device:
        return self.poses.device

    @property
    def lengths(self) -> Tensor:
        """Frames of each clip, Long[N]."""
        return self.starts.diff()

    @property
    def present(self) -> Tensor:
        """Who is in each frame, bool[F, M]; computed once."""
        if "_present" not in self.__dict__:
            object.__setattr__(self, "_present", motion.presence(self.poses))
        return self.__dict__["_present"]

    @property
    def persons(self) -> Tensor:
        """How many persons appear in each clip, Long[N]."""
        seen = torch.cat(
            [
                self.present.new_zeros(1, self.present.shape[1], dtype=torch.long),
                self.present.long().cumsum(0),
            ]
        )
        return (seen[self.starts[1:]] > seen[self.starts[:-1]]).sum(1)

    @property
    def nbytes(self) -> int:
        """Bytes of the poses as storage."""
        return self.poses.numel() * self.poses.element_size()

    def card(self) -> dict:
        """The data card: counts, lengths, persons and groups, as plain values."""
        seconds, persons = self.lengths / self.fps, self.persons
        card = {
            "clips": len(self),
            "classes": len(self.labels.unique()),
            "skeleton": f"{self.skeleton.name}, {len(self.skeleton)} joints",
            "fps": self.fps,
            "frames": {
                "shortest": int(self.lengths.min()),
                "median": int(self.lengths.median()),
                "longest": int(self.lengths.max()),
            },
            "seconds": {
                "shortest": round(float(seconds.min()), 1),
                "longest": round(float(seconds.max()), 1),
                "together": round(float(seconds.sum())),
            },
            "persons": {f"{n} in a clip": int((persons == n).sum()) for n in persons.unique().tolist()},
            "megabytes": float(f"{self.nbytes / 1e6:.3g}"),
        }
        for key in GROUPS:
            if (codes := getattr(self, key)) is not None:
                names = (self.group_names or {}).get(key)
                card[f"{key}s"] = ", ".join(names) if names and len(names) <= 12 else len(codes.unique())
        per_class = self.labels.bincount(minlength=len(self.classes)).tolist()
        card["per class"] = {
            name: count for name, count in zip(self.classes, per_class, strict=True) if count
        }
        if without := per_class.count(0):
            card["classes without clips"] = without
        return card

    def of_class(self, name: str) -> Tensor:
        """Indices of the clips of a class, Long."""
        if name not in self.classes:
            raise ValueError(f"no class {name!r}; the classes are: {', '.join(self.classes)}")
        return (self.labels == self.classes.index(name)).nonzero().flatten()

    # -- moving and choosing ---------------------------------------------------------------------------------------

    def to(self, device=None, dtype: torch.dtype | None = None) -> ClipSet:
        """All of it on another device; `dtype` (float32 or float16) is that of the poses."""
        moved = {k: v.to(device) for k in _TENSORS if (v := getattr(self, k)) is not None}
        moved["poses"] = moved["poses"].to(dtype or self.poses.dtype)
        return replace(self, **moved)

    def select(self, index) -> ClipSet:
        """The clips at these positions (indices, a slice or a bool mask), in that order; classes stay as they are."""
        index = self._positions(index)
        lengths = self.lengths[index]
        starts = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        within = torch.arange(int(starts[-1]), device=self.device) - starts[:-1].repeat_interleave(lengths)
        rows = self.starts[index].repeat_interleave(lengths) + within
        groups = {k: v[index] for k in GROUPS if (v := getattr(self, k)) is not None}
        names = tuple(self.names[i] for i in index.tolist()) if self.names else ()
        return replace(
            self,
            poses=self.poses[rows],
            starts=starts,
            labels=self.labels[index],
            names=names,
            file_splits=None,
            **groups,
        )

    def _positions(self, index) -> Tensor:
        """Long[n] from an int, a list, a slice, a tensor or a bool mask."""
        every = torch.arange(len(self), device=self.device)
        if not isinstance(index, slice):
            index = torch.as_tensor(index, device=self.device)
            index = (index if index.numel() else index.long()).reshape(
                -1
            )  # an empty list would be a float tensor
        beyond = (
            index[(index >= len(self)) | (index < -len(self))]
            if not isinstance(index, slice) and index.dtype is torch.long
            else ()
        )
        if len(beyond):
            raise IndexError(
                f"clip {int(beyond[0])} was asked for; there are {len(self)} clips, 0 to {len(self) - 1}"
            )
        return every[index].reshape(-1)

    def split(self, by: str, train: Iterable | float | None = None, seed: int = 0) -> tuple[ClipSet, ClipSet]:
        """Train and test set, sharing nothing.

        ``split("subject", train=[1, 3, 5])`` puts those subjects' clips in train, all others in test; likewise "view" and
        "setup". ``split("stratified", train=0.7, seed=0)`` draws that share of every class.

        Raises:
            ValueError: an unknown protocol or group, or a side that would be empty.
        """
        one_of(by, (*GROUPS, "stratified"), "protocol")
        if by == "stratified":
            chosen = self._stratified(0.7 if train is None else train, seed)
        else:
            chosen = self._of_group(by, train)
        if chosen.all() or not chosen.any():
            raise ValueError(
                f"split by {by} with train={train!r} leaves one side empty: {int(chosen.sum())} of {len(self)} clips for training"
            )
        return self.select(chosen), self.select(~chosen)

    def _stratified(self, share, seed: int) -> Tensor:
        if not isinstance(share, (int, float)) or not 0 < share < 1:
            raise ValueError(f"a stratified split takes train= as a share between 0 and 1; got {share!r}")
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.zeros(len(self), dtype=torch.bool)
        labels = self.labels.cpu()
        for label in labels.unique():
            members = (labels == label).nonzero().flatten()
            order = members[torch.randperm(len(members), generator=generator)]
            chosen[order[: round(len(members) * share)]] = True
        return chosen.to(self.device)

    def _of_group(self, by: str, train) -> Tensor:
        codes, known = getattr(self, by), (self.group_names or {}).get(by)
        if codes is None:
            raise ValueError(
                f"these clips have no {by}; pass {by}=… to from_arrays, or use split('stratified')"
            )
        if isinstance(train, (str, int, float)):
            raise ValueError(f"split by {by} takes several {by}s, train=[{train!r}]; got train={train!r}")
        values = list(known) if known else sorted(codes.unique().tolist())
        if train is None:
            raise ValueError(f"split by {by} needs train=[…], some of: {', '.join(map(str, values))}")
        chosen = torch.zeros_like(codes, dtype=torch.bool)
        for value in train:
            if value not in values:
                raise ValueError(
                    f"no {by} {value!r} among these clips; they have: {', '.join(map(str, values))}"
                )
            chosen |= codes == (values.index(value) if known else value)
        return chosen

    # -- batches ---------------------------------------------------------------------------------------------------

    def batch(
        self,
        index,
        frames: int | None = None,
        crop: float | tuple[float, float] | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Clips as one tensor [N, C, T, V, M] on this set's device, in one gather-and-lerp.

        Args:
            index: clip positions (int, list, slice, tensor or bool mask).
            frames: T; every clip is linearly resized to it. Unless given, T is the length of the longest clip asked for.
            crop: a number p takes the central share p of each clip; a pair (a, b) takes a random share p ~ U[a, b] of each
                clip, anywhere in it, never shorter than 64 frames (or the clip). (CHARON: (0.5, 1) to train, 0.95 to test.)
            generator: needed for a random crop; crops are drawn anew at each call, per clip.
        """
        index = self._positions(index)
        begin, length = self.starts[index], self.lengths[index]
        if not len(index):
            raise ValueError("a batch of no clips was asked for")
        if frames is not None and frames < 1:
            raise ValueError(f"frames={frames}: a batch has at least one frame")
        frames = frames or int(length.max())
        first, last = _crop(length, crop, generator)
        # Positions count from frame 0 of the whole set, so that one resample serves any choice of clips.
        positions = motion.spread(first, last, frames) + begin[:, None]
        bounds = torch.tensor([0, len(self.poses)], device=self.device)
        poses = motion.resample(self.poses, bounds, positions.reshape(1, -1), self.present)
        return motion.to_batch(poses.reshape(len(index), frames, *poses.shape[2:]))

    # -- files -----------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write one safetensors file with a checksum, see `skelkit.data.stored`; complete under its name or not at all."""
        fields = {k: v.cpu() if isinstance(v, Tensor) else v for k, v in vars(self).items() if k != "poses"}
        poses = self.poses.cpu()
        return storage.write(path, fields, [poses], list(poses.shape), poses.dtype)

    @classmethod
    def load(cls, path: str | Path) -> ClipSet:
        """Read what `save` wrote. Raises ValueError for a file that is not such a file, is cut off or was changed."""
        return cls(**storage.read(path))


def _crop(length: Tensor, crop, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
    """First and last frame position of each clip to keep, float64 [N]."""
    whole = (length - 1).double()
    if crop is None:
        return torch.zeros_like(whole), whole
    if isinstance(crop, (int, float)):
        if not 0 < crop <= 1:
            raise ValueError(f"crop={crop}: the central share of a clip to keep lies in (0, 1]")
        margin = whole * (1 - crop) / 2
        return margin, whole - margin
    low, high = crop
    if not 0 < low <= high <= 1:
        raise ValueError(
            f"crop={crop}: a random share of a clip lies between two numbers in (0, 1], smaller first"
        )
    if generator is None:
        raise ValueError(
            "a random crop needs generator=torch.Generator(); the same seed draws the same crops"
        )
    share, place = torch.rand(
        2, len(length), generator=generator, device=generator.device, dtype=torch.float64
    ).to(length.device)
    keep = (whole * (low + (high - low) * share)).maximum(whole.clamp_max(63))  # 64 frames span 63 intervals
    first = (whole - keep) * place
    return first, first + keep
