"""The data quality report: thresholds, findings and their sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from torch import Tensor

from ..utils.statistics import median
from ..utils.validation import printable
from .body_size import LEAST_ORDER, BodySize
from .duplicates import leaked

FROZEN = 0.5
"""Seconds without any motion, while other joints move, after which a joint counts as frozen."""

JUMP, SPIKE = 20.0, 10.0
"""Speeds in m/s that count as a jump: in one step; and in two steps out and back.

A fast punch has 10 m/s, and slows down where it turns.
"""


@dataclass(frozen=True)
class Quality(BodySize):
    """Findings about a set of clips. Shares are of the frames with a person, unless they say "clips".

    Attributes besides those of `BodySize`:
        clips: number of clips.
        skeleton, skeleton_joints, bones: name, joints and bones of the skeleton.
        missing: share of frames in which each joint is exactly (0, 0, 0), [V].
        frozen: share of frames in which each joint is still for at least `FROZEN` seconds while its person
            moves, [V].
        jumps: number of steps of each joint faster than `JUMP`, or faster than `SPIKE` and back at once, [V].
            The return from missing does not count.
        repeated: share of frames that are exact copies of the frame before, in all joints.
        bone_variation: standard deviation of each bone's length within a clip over its mean, median over
            clips, [V - 1], in the order of `Skeleton.edges`.
        origin: the joint that is always at the origin, if it is exactly one; it does not count as missing.
        empty: clips with persons in less than half of the frames.
        gaps: clips with frames without persons between frames with persons.
        names: names of the clips; empty if unknown.
        copies: groups of clips with exactly the same frames, as positions.
        crossing: "subject", "view" -> the clips with a copy in another of them.
        single: clips of one frame.
        contradictions: the groups of `copies` whose clips have different labels.
        leaked: for each predefined split of the file, by its training subset: the test subset, its number of
            clips, and those of its clips that are copies of training clips.
        affected: share of clips with any missing, any frozen or any jumping joint, and with a copy.
        worst: clip with the most missing, the most frozen and the most jumping joints.
        fps: frames per second.
    """

    clips: int
    skeleton: str
    skeleton_joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    missing: Tensor
    frozen: Tensor
    jumps: Tensor
    repeated: float
    bone_variation: Tensor
    origin: str | None
    empty: tuple[int, ...]
    gaps: tuple[int, ...]
    names: tuple[str, ...]
    copies: tuple[tuple[int, ...], ...]
    crossing: dict[str, tuple[int, ...]]
    single: tuple[int, ...]
    contradictions: tuple[tuple[int, ...], ...]
    leaked: dict[str, tuple[str, int, tuple[int, ...]]]
    affected: dict[str, float]
    worst: dict[str, int]
    fps: float

    @property
    def upside_down(self) -> bool:
        """Whether the head is below the feet in most clips."""
        return len(self.inverted) > 0.5 * self.clips

    @property
    def standing(self) -> bool:
        """Whether most clips have bodies in metres that stand along y, head up, with joints in order."""
        return self.sized and self.upright > 0.5 and not self.upside_down and not self.disordered

    def lines(self) -> list[str]:
        """The report as sentences, one finding per line."""
        return [*self._body_lines(), *self._joint_lines(), *self._clip_lines()]

    def _body_lines(self) -> list[str]:
        """Units, axes and the order of joints."""
        measure = (
            f"height {self.height:.2f} m (median extent along y)"
            if self.human
            else f"median extent along y {self.height:.3g} m"
        )
        found = [f"{measure}; y is the longest extent in {self.upright:.0%} of the clips"]
        if self.disordered:
            found.append(
                f"{self._disorder()}: these joints are in another order than those of {self.skeleton}; "
                "say which skeleton it is, or give names and bones"
            )
        if self.human and not self.sized:
            found.append(
                "bodies of that height are not in metres, or y is not up: "
                "scale or turn them before anything else (skelkit data convert --scale, --up)"
            )
        if self.longest != "y":
            found.append(
                f"{self.longest} is the longest extent in most clips: if people stand in them, "
                "it is the axis that is up; turn it to y "
                f"(skelkit data convert --up {self.longest}; --up=-{self.longest} if that is upside down)"
            )
        if self.odd:
            found.append(f"bodies of quite another height, perhaps in another unit: {self._clips(self.odd)}")
        if self.upside_down and self.longest == "y" and not self.disordered:
            share = len(self.inverted) / self.clips
            found.append(
                f"the head is below the feet in {share:.0%} of the clips: "
                "y points down; turn it round (skelkit data convert --up=-y)"
            )
        elif self.inverted and not self.upside_down:
            found.append(f"the head is below the feet in {self._clips(self.inverted)}")
        if self.origin:
            found.append(
                f"{self.origin} is the origin in every frame: "
                "positions are relative to it, and the path of the person is lost"
            )
        return found

    def _disorder(self) -> str:
        """What shows that joints are in another order than the skeleton's."""
        if self.misplaced is not None and self.order is not None and self.order < LEAST_ORDER:
            upper, lower, share = self.misplaced
            return f"{upper} is below {lower} in {share:.0%} of the frames, as feet and shoulders show"
        return (
            f"bones connect joints that are far apart ({self.reach:.1f} times as far as any two; "
            "in order 0.3 to 0.4)"
        )

    def _joint_lines(self) -> list[str]:
        """Faulty joints and varying bones."""
        found = []
        kinds = (
            ("missing", "exactly at the origin", self.missing, "{:.1%}"),
            ("frozen", f"still for {FROZEN} s or longer while others move", self.frozen, "{:.1%}"),
            ("jumping", _jump_criterion(self.fps), self.jumps, "{:.0f}x"),
        )
        for what, meaning, values, number in kinds:
            worst = [i for i in values.argsort(descending=True, stable=True).tolist() if values[i] > 0][:4]
            listed = ", ".join(f"{self.skeleton_joints[i]} {number.format(float(values[i]))}" for i in worst)
            where = "none"
            if worst:
                most = self._name(self.worst[what])
                where = f"{listed} ({self.affected[what]:.0%} of the clips, most in {most})"
            found.append(f"{what} joints ({meaning}): {where}")
        found.append(f"repeated frames: {self.repeated:.1%}")
        worst = self.bone_variation.argsort(descending=True, stable=True).tolist()[:3]
        listed = ", ".join(f"{' to '.join(self.bones[i])} {float(self.bone_variation[i]):.0%}" for i in worst)
        middle = float(median(self.bone_variation))
        found.append(f"bone lengths vary within a clip by {middle:.1%} (median bone); most: {listed}")
        return found

    def _clip_lines(self) -> list[str]:
        """Frames without persons, copies and leaks."""
        found = []
        if self.empty:
            found.append(f"nobody is present in more than half of the frames: {self._clips(self.empty)}")
        if self.gaps:
            found.append(
                f"nobody is present for a while between frames with persons: {self._clips(self.gaps)}"
            )
        if self.single:
            found.append(f"clips of one frame, in which nothing moves: {self._clips(self.single)}")
        copies = [i for group in self.copies for i in group[1:]]
        found.append(f"clips that are copies of others: {self._copied(copies)}")
        for key, positions in self.crossing.items():
            found.append(
                f"clips with a copy of another {key}: {len(positions)} of {self.clips} "
                f"({len(positions) / self.clips:.0%}); a split by {key} would test on training clips"
            )
        if self.contradictions:
            groups = "; ".join(self._clips(group) for group in self.contradictions[:3])
            more = "; …" if len(self.contradictions) > 3 else ""
            found.append(f"the same clip under different labels: {groups}{more}")
        for train, (test, count, copied) in self.leaked.items():
            sentence = leaked(len(copied), count)
            found.append(f"the file's own split, {train} and {test}: {sentence}{self._list(copied)}")
        return found

    def _clips(self, positions: Sequence[int], most: int = 5) -> str:
        """Number of clips, and the first of them by name, or by position if they have no names."""
        return f"{len(positions)}{self._list(positions, most)}" if positions else "0"

    def _list(self, positions: Sequence[int], most: int = 5) -> str:
        if not any(self._named(i) for i in positions[:most]):
            return _list(positions, most)
        return f" ({', '.join(map(self._name, positions[:most]))}{' …' * (len(positions) > most)})"

    def _copied(self, positions: Sequence[int], most: int = 5) -> str:
        """Number of copies, and the first of them; those with names with the clip that they are copies of."""
        if not any(self._named(i) for i in positions[:most]):
            return self._clips(positions, most)
        first = {i: group[0] for group in self.copies for i in group}
        listed = ", ".join(f"{self._name(i)} of {self._name(first[i])}" for i in positions[:most])
        return f"{len(positions)} ({listed}{' …' * (len(positions) > most)})"

    def _named(self, position: int) -> bool:
        """Whether a clip has a name of its own, such as that of its file."""
        return bool(self.names) and self.names[position] != f"clip {position}"

    def _name(self, position: int) -> str:
        return printable(self.names[position]) if self._named(position) else f"clip {position}"

    def as_dict(self) -> dict[str, Any]:
        """The findings as plain numbers and strings."""
        per_joint = {
            name: dict(zip(self.skeleton_joints, getattr(self, name).tolist(), strict=True))
            for name in ("missing", "frozen", "jumps")
        }
        per_joint["jumps"] = {joint: int(times) for joint, times in per_joint["jumps"].items()}
        bones = {
            " to ".join(bone): v for bone, v in zip(self.bones, self.bone_variation.tolist(), strict=True)
        }
        plain = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in (*per_joint, "bone_variation", "skeleton_joints", "bones", "names")
        }
        return per_joint | {"bone_variation": bones} | plain


def _list(positions: Sequence[int], most: int = 5) -> str:
    listed = ", ".join(map(str, positions[:most])) + (" …" if len(positions) > most else "")
    return f" ({'clips' if len(positions) > 1 else 'clip'} {listed})" if positions else ""


def _jump_criterion(fps: float) -> str:
    return (
        f"faster than {JUMP:.0f} m/s, {100 * JUMP / fps:.0f} cm from frame to frame; "
        f"or {100 * SPIKE / fps:.0f} cm and back at once"
    )
