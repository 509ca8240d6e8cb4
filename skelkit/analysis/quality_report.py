"""The data quality report: thresholds, findings and their sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from torch import Tensor

from .duplicates import leaked

FROZEN = 0.5
"""Seconds for which a joint must not move at all, while others do, to be called frozen."""

JUMP, SPIKE = 20.0, 10.0
"""Metres per second that no joint of a person reaches; that none has out and back within two frames. A fast punch has 10, and slows down where it turns."""

ODD_HEIGHT = 2.5
"""A clip whose body is so many times taller, or smaller, than the median one is probably in another unit."""

FAR_BONES, MANY = 0.6, 12
"""Bones whose ends are so far apart, in mean distances between any two joints, connect the wrong joints (0.3 to 0.4 in order, 0.8 to 1.1 in
another one); judged in bodies of so many joints or more."""


@dataclass(frozen=True)
class Quality:
    """What was found; shares are of the frames in which a person is there, unless they say "clips".

    Attributes:
        missing: share of frames in which each joint is exactly (0, 0, 0), [V].
        frozen: share of frames in which each joint stood still, for `FROZEN` seconds or longer, while its person moved, [V].
        jumps: times each joint moved faster than `JUMP`, or faster than `SPIKE` and back at once, [V]; coming back from missing is no jump.
        repeated: share of frames that are exact copies of the frame before, all joints.
        bone_variation: standard deviation of each bone's length within a clip over its mean, median over clips, [V - 1], as `skeleton.edges`.
        height: median extent of a first person along y, metres; upright: share of clips in which y is the longest extent of the first person.
        longest: the axis of the longest extent in most clips, "x", "y" or "z".
        human: whether the skeleton has a head and feet by name.
        inverted: clips in which the head is below the feet; none where there are no such joints.
        reach: mean distance between the ends of a bone over that between any two joints; None where it is not judged, see `FAR_BONES`.
        origin: the joint that is at the origin wherever somebody is, if it is one alone; it is not missing then.
        odd: clips whose body is more than `ODD_HEIGHT` times as tall as the median one, or as much smaller.
        empty: clips in which nobody is for more than half of the frames; gaps: clips with frames in which nobody is between frames with somebody.
        copies: groups of clips whose frames are the same, bit for bit: positions, the first first.
        contradictions: those groups whose clips have different labels.
        leaked: for each split that the file itself has, by its part to train on: the part to test on, how many clips that has, and which of
            the set's clips are in it although they are training clips, bit for bit.
        affected: share of clips with any missing, any frozen or any jumping joint, and with a copy.
        worst: the clip with most missing, most frozen and most jumping joints.
        fps: frames a second.
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
    height: float
    upright: float
    longest: str
    human: bool
    inverted: tuple[int, ...]
    reach: float | None
    odd: tuple[int, ...]
    origin: str | None
    empty: tuple[int, ...]
    gaps: tuple[int, ...]
    copies: tuple[tuple[int, ...], ...]
    contradictions: tuple[tuple[int, ...], ...]
    leaked: dict[str, tuple[str, int, tuple[int, ...]]]
    affected: dict[str, float]
    worst: dict[str, int]
    fps: float

    @property
    def disordered(self) -> bool:
        """Whether joints seem to be in another order than the skeleton's."""
        return self.reach is not None and self.reach > FAR_BONES

    @property
    def sized(self) -> bool:
        """Whether bodies are as high as a person's may be, in metres."""
        return 0.5 < self.height < 2.5

    @property
    def upside_down(self) -> bool:
        """Whether the head is below the feet in most clips."""
        return len(self.inverted) > 0.5 * self.clips

    @property
    def standing(self) -> bool:
        """Whether most clips are of bodies in metres that stand along y, head up, joints in order."""
        return self.sized and self.upright > 0.5 and not self.upside_down and not self.disordered

    def lines(self) -> list[str]:
        """The report in words, a finding a line; nothing that is in order is mentioned twice."""
        measure = (
            f"height {self.height:.2f} m (median extent along y)"
            if self.human
            else f"median extent along y {self.height:.3g} m"
        )
        found = [f"{measure}; y is the longest extent in {self.upright:.0%} of the clips"]
        if self.disordered:
            found.append(
                f"bones connect joints that are far apart ({self.reach:.1f} times as far as any two; in order 0.3 to 0.4): "
                f"these joints are in another order than those of {self.skeleton}; say which skeleton it is, or give names and bones"
            )
        if self.human and not self.sized:
            found.append(
                "bodies of that height are not in metres, or y is not up: scale or turn them before anything else (skelkit data convert --scale, --up)"
            )
        if self.longest != "y":
            found.append(
                f"{self.longest} is the longest extent in most clips: if people stand in them, it is the axis that is up; turn it to y"
                + " (skelkit data convert --up z)" * (self.longest == "z")
            )
        if self.odd:
            found.append(f"bodies of quite another height, perhaps in another unit: {_clips(self.odd)}")
        if self.upside_down:
            if self.longest == "y" and not self.disordered:
                found.append(
                    f"the head is below the feet in {len(self.inverted) / self.clips:.0%} of the clips: y points down; turn it round (skelkit data convert --up=-y)"
                )
        elif self.inverted:
            found.append(f"the head is below the feet in {_clips(self.inverted)}")
        if self.origin:
            found.append(
                f"{self.origin} is the origin in every frame: positions are relative to it, and where people went is lost"
            )
        kinds = (
            ("missing", "exactly at the origin", self.missing, "{:.1%}"),
            ("frozen", f"still for {FROZEN} s or longer while others move", self.frozen, "{:.1%}"),
            ("jumping", _how_far(self.fps), self.jumps, "{:.0f}x"),
        )
        for what, meaning, values, each in kinds:
            worst = [i for i in values.argsort(descending=True, stable=True).tolist() if values[i] > 0][:4]
            listed = ", ".join(f"{self.skeleton_joints[i]} {each.format(float(values[i]))}" for i in worst)
            where = f"{listed} ({self.affected[what]:.0%} of the clips, most in clip {self.worst.get(what)})"
            found.append(f"{what} joints ({meaning}): {where if worst else 'none'}")
        found.append(f"repeated frames: {self.repeated:.1%}")
        worst = self.bone_variation.argsort(descending=True, stable=True).tolist()[:3]
        listed = ", ".join(f"{' to '.join(self.bones[i])} {float(self.bone_variation[i]):.0%}" for i in worst)
        found.append(
            f"bone lengths vary within a clip by {float(self.bone_variation.median()):.1%} (median bone); most: {listed}"
        )
        if self.empty:
            found.append(f"nobody is there for more than half of: {_clips(self.empty)}")
        if self.gaps:
            found.append(f"nobody is there for a while, and then somebody again: {_clips(self.gaps)}")
        found.append(
            f"clips that are copies of others: {_clips([i for group in self.copies for i in group[1:]])}"
        )
        if self.contradictions:
            found.append(
                f"the same clip under different labels: {'; '.join(_clips(group) for group in self.contradictions[:3])}{'; …' if len(self.contradictions) > 3 else ''}"
            )
        for train, (test, count, copied) in self.leaked.items():
            sentence = leaked(len(copied), count)
            found.append(f"the file's own split, {train} and {test}: {sentence}{_list(copied)}")
        return found

    def as_dict(self) -> dict:
        """Plain numbers and words, for programs."""
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
            if f.name not in (*per_joint, "bone_variation", "skeleton_joints", "bones")
        }
        return per_joint | {"bone_variation": bones} | plain


def _clips(positions: Sequence[int], most: int = 5) -> str:
    return f"{len(positions)}{_list(positions, most)}" if positions else "0"


def _list(positions: Sequence[int], most: int = 5) -> str:
    listed = ", ".join(map(str, positions[:most])) + (" …" if len(positions) > most else "")
    return f" ({'clips' if len(positions) > 1 else 'clip'} {listed})" if positions else ""


def _how_far(fps: float) -> str:
    """What a jump is, in words."""
    return f"faster than {JUMP:.0f} m/s, {100 * JUMP / fps:.0f} cm from frame to frame; or {100 * SPIKE / fps:.0f} cm and back at once"
