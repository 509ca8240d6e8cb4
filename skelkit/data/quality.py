"""Is a set of recordings fit to learn from? Missing, frozen and jumping joints, bones that change length, clips that are there twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from . import own_split
from .clips import ClipSet

FROZEN = 0.5
"""Seconds for which a joint must not move at all, while others do, to be called frozen."""
JUMP, SPIKE = 20.0, 10.0
"""Metres per second that no joint of a person reaches; that none has out and back within two frames. A fast punch has 10, and slows down where it turns."""
ODD_HEIGHT = 2.5
"""A clip whose body is so many times taller, or smaller, than the median one is probably in another unit."""
FAR_BONES, MANY = 0.6, 12
"""Bones whose ends are so far apart, in mean distances between any two joints, connect the wrong joints (0.3 to 0.4 in order, 0.8 to 1.1 in
another one); judged in bodies of so many joints or more."""
HEADS, FEET = ("head", "nose"), ("foot", "ankle", "toe")
"""Words in names of joints that are above, and below, in a body that stands; a skeleton without them is judged by no body's measures."""
SEGMENT = 4096  # frames looked at together, so that large sets need little memory


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
        measure = f"height {self.height:.2f} m (median extent along y)" if self.human else f"median extent along y {self.height:.3g} m"
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
            found.append(f"{self.origin} is the origin in every frame: positions are relative to it, and where people went is lost")
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
        found.append(f"bone lengths vary within a clip by {float(self.bone_variation.median()):.1%} (median bone); most: {listed}")
        if self.empty:
            found.append(f"nobody is there for more than half of: {_clips(self.empty)}")
        if self.gaps:
            found.append(f"nobody is there for a while, and then somebody again: {_clips(self.gaps)}")
        found.append(f"clips that are copies of others: {_clips([i for group in self.copies for i in group[1:]])}")
        if self.contradictions:
            found.append(
                f"the same clip under different labels: {'; '.join(_clips(group) for group in self.contradictions[:3])}{'; …' if len(self.contradictions) > 3 else ''}"
            )
        for train, (test, many, leaked) in self.leaked.items():
            found.append(f"the file's own split, {train} and {test}: {_leaked(len(leaked), many)}{_list(leaked)}")
        return found

    def as_dict(self) -> dict:
        """Plain numbers and words, for programs."""
        per_joint = {name: dict(zip(self.skeleton_joints, getattr(self, name).tolist(), strict=True)) for name in ("missing", "frozen", "jumps")}
        per_joint["jumps"] = {joint: int(times) for joint, times in per_joint["jumps"].items()}
        bones = {" to ".join(bone): v for bone, v in zip(self.bones, self.bone_variation.tolist(), strict=True)}
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in (*per_joint, "bone_variation", "skeleton_joints", "bones")}
        return per_joint | {"bone_variation": bones} | plain


def inspect(clips: ClipSet) -> Quality:
    """Look at every frame of a set once.

    >>> from skelkit.data import synthetic
    >>> found = inspect(synthetic.make(6, classes=["wave", "hug"]))
    >>> found.copies, 1.2 < found.height < 2.1
    ((), True)
    """
    clips = clips.to("cpu")
    joints, count = len(clips.skeleton), len(clips)
    of_clip = torch.repeat_interleave(torch.arange(count), clips.lengths)  # [F]
    wait = max(1, round(FROZEN * clips.fps))
    gone, still, fast = (torch.zeros(joints, dtype=torch.float64) for _ in range(3))
    hit = {name: torch.zeros(count, dtype=torch.long) for name in ("missing", "frozen", "jumping")}
    there_all, repeated = 0, 0
    stood = torch.zeros(clips.poses.shape[1], joints, dtype=torch.long)  # frames for which each joint has not moved so far
    for begin in range(0, len(clips.poses), SEGMENT):
        rows = slice(begin, min(begin + SEGMENT, len(clips.poses)))
        now = torch.arange(rows.start, rows.stop)
        one = (now - 1).clamp_min(0)
        here, there = clips.poses[rows].float(), clips.present[rows]  # [f, M, V, C], [f, M]
        before = clips.poses[one].float()
        both = there & clips.present[one] & (of_clip[one] == of_clip[now])[:, None] & (now > 0)[:, None]
        zero = (here == 0).all(-1) & there[..., None]
        back = (before == 0).all(-1) & ~zero  # from nowhere
        moved = (here - before).norm(dim=-1)  # [f, M, V]
        unmoved = (moved == 0) & both[..., None]
        stood, runs = _runs(unmoved, stood)
        lively = (~unmoved).any(-1, keepdim=True) & both[..., None]
        ice = (runs >= wait) & lively & ~zero
        jump = ((moved * clips.fps > JUMP) | _spikes(clips, of_clip, now, here, before, moved)) & both[..., None] & ~zero & ~back
        ice = ice.long() * torch.where(runs == wait, wait + 1, 1)  # when it has stood long enough, all of these frames count
        for total, found, name in ((gone, zero, "missing"), (still, ice, "frozen"), (fast, jump, "jumping")):
            total += found.sum((0, 1))
            hit[name].index_add_(0, of_clip[rows], found.flatten(1).sum(1))
        there_all += int(there.sum())
        repeated += int((unmoved.all(-1)).sum())
    prints = fingerprints(clips)
    copies = _alike(prints)
    contradictions = tuple(group for group in copies if len(clips.labels[list(group)].unique()) > 1)
    origin = _origin(clips, (gone == there_all).nonzero().flatten().tolist())
    if origin is not None:
        gone[origin] = 0
        hit["missing"].index_add_(0, of_clip, clips.present.sum(1), alpha=-1)
    share = {name: float((found > 0).float().mean()) for name, found in hit.items()} | {"copied": sum(map(len, copies)) / count}
    worst = {name: int(found.argmax()) for name, found in hit.items() if found.any()}
    nobody = torch.zeros(count).index_add(0, of_clip, (~clips.present.any(1)).float())
    gaps = tuple(i for i in nobody.nonzero().flatten().tolist() if _has_gap(clips.present[clips.starts[i] : clips.starts[i + 1]].any(1)))
    return Quality(
        count, clips.skeleton.name, clips.skeleton.joints, tuple((clips.skeleton.joints[p], clips.skeleton.joints[c]) for p, c in clips.skeleton.edges),
        gone / max(there_all, 1), still / max(there_all, 1), fast, repeated / max(there_all, 1), _bone_variation(clips, of_clip), *_bodies(clips, origin),
        None if origin is None else clips.skeleton.joints[origin], tuple((nobody / clips.lengths > 0.5).nonzero().flatten().tolist()), gaps, copies, contradictions, _own_leaks(clips, prints), share, worst, float(clips.fps),
    )  # fmt: skip


def _origin(clips: ClipSet, never: list[int]) -> int | None:
    """Of the joints that are at the origin in all frames, the one that positions are relative to: it is alone, and amid the others."""
    if len(never) != 1:
        return None
    poses = clips.poses[:, 0][clips.present[:, 0]].float()
    others = poses[:, [v for v in range(poses.shape[1]) if v != never[0]]]
    amid = ((others.amin(1) <= 0) & (others.amax(1) >= 0)).all(1)
    return never[0] if bool(amid.float().mean() > 0.5) else None


def _spikes(clips: ClipSet, of_clip: Tensor, now: Tensor, here: Tensor, before: Tensor, moved: Tensor) -> Tensor:
    """Joints that came back in these frames from where they had been for one frame only, faster than `SPIKE` both ways. bool [f, M, V]"""
    two = (now - 2).clamp_min(0)
    earlier = clips.poses[two].float()
    known = clips.present[two] & ((of_clip[two] == of_clip[now]) & (now > 1))[:, None]
    least = torch.minimum(moved, (before - earlier).norm(dim=-1))
    back = (here - earlier).norm(dim=-1) < 0.5 * least
    return back & (least * clips.fps > SPIKE) & known[..., None] & (earlier != 0).any(-1)


def _runs(unmoved: Tensor, stood: Tensor) -> tuple[Tensor, Tensor]:
    """For how many frames each joint has not moved, counted on from `stood`. bool [f, M, V] -> Long [M, V] after the last, Long [f, M, V]."""
    index = torch.arange(1, len(unmoved) + 1)[:, None, None]
    last = torch.where(unmoved, 0, index).cummax(0).values  # the last frame in which it moved, counted from 1; 0 if in none
    runs = torch.where(last > 0, index - last, index + stood)
    return runs[-1], torch.where(unmoved, runs, 0)


def _bone_variation(clips: ClipSet, of_clip: Tensor) -> Tensor:
    """[V - 1]: median over clips of each bone's standard deviation over its mean, first person."""
    parent, child = (list(v) for v in zip(*clips.skeleton.edges, strict=True))
    there = clips.present[:, 0].double()
    sums = torch.zeros(3, len(clips), len(parent), dtype=torch.float64)
    for begin in range(0, len(clips.poses), SEGMENT):
        rows = slice(begin, begin + SEGMENT)
        poses = clips.poses[rows, 0].double()
        length = (poses[:, child] - poses[:, parent]).norm(dim=-1) * there[rows, None]
        for k, value in enumerate((there[rows, None].expand_as(length), length, length**2)):
            sums[k].index_add_(0, of_clip[rows], value)
    frames, mean = sums[0].clamp_min(1), sums[1] / sums[0].clamp_min(1)
    deviation = (sums[2] / frames - mean**2).clamp_min(0).sqrt()
    known = sums[0, :, 0] > 1
    return (deviation / mean.clamp_min(1e-9))[known].median(0).values if known.any() else torch.zeros(len(parent), dtype=torch.float64)


def _bodies(clips: ClipSet, origin: int | None) -> tuple[float, float, str, bool, tuple[int, ...], float | None, tuple[int, ...]]:
    """Of a frame of each clip's first person, without missing joints: median extent along y; in how many clips that is the longest of the
    three, and which is in most; whether there are a head and feet; clips in which the one is below the others; how far apart the ends of
    bones are, to any two joints; clips of quite another extent. `origin`: a joint that is never missing though it is at the origin."""
    first = clips.starts[:-1]
    for position in (0.25, 0.5):  # a frame in which somebody is, of each clip
        first = torch.where(clips.present[first, 0], first, (clips.starts[:-1] + position * clips.lengths).long())
    known = clips.present[first, 0].nonzero().flatten()
    above, below = ([i for i, name in enumerate(clips.skeleton.joints) if any(word in name.lower() for word in words)] for words in (HEADS, FEET))
    human = bool(above and below)
    if not len(known):
        return 0.0, 0.0, "y", human, (), None, ()
    poses = clips.poses[first[known], 0].float()
    there = (poses != 0).any(-1)  # [N, V]
    if origin is not None:
        there[:, origin] = True
    poses = poses.where(there[..., None], torch.nan)
    extent = poses.nan_to_num(nan=-torch.inf).amax(1) - poses.nan_to_num(nan=torch.inf).amin(1)  # [N, 3]
    tall, axis = extent.max(1)
    times = (tall / tall.median().clamp_min(1e-9)).clamp_min(1e-9)
    odd = known[(times > ODD_HEIGHT) | (times < 1 / ODD_HEIGHT)].tolist()
    inverted, reach = (), None
    if human:
        inverted = tuple(known[poses[:, above, 1].nanmean(1) < poses[:, below, 1].nanmean(1)].tolist())
    if human and len(clips.skeleton) >= MANY:
        parent, child = (list(v) for v in zip(*clips.skeleton.edges, strict=True))
        apart = (poses[:, :, None] - poses[:, None]).norm(dim=-1).nanmean(0)  # [V, V]
        reach = float(apart[parent, child].nanmean() / (apart.nansum() / (len(apart) * (len(apart) - 1))).clamp_min(1e-9))
    longest = "xyz"[int(axis.bincount(minlength=3).argmax())]
    return float(extent[:, 1].median()), float((axis == 1).float().mean()), longest, human, inverted, reach, tuple(odd)


def _has_gap(there: Tensor) -> bool:
    """Whether somebody is, then nobody, then somebody. bool [T]"""
    inside = there.nonzero().flatten()
    return len(inside) > 0 and not bool(there[inside[0] : inside[-1]].all())


def _clips(positions: Sequence[int], most: int = 5) -> str:
    return f"{len(positions)}{_list(positions, most)}" if positions else "0"


def _list(positions: Sequence[int], most: int = 5) -> str:
    listed = ", ".join(map(str, positions[:most])) + (" …" if len(positions) > most else "")
    return f" ({'clips' if len(positions) > 1 else 'clip'} {listed})" if positions else ""


def fingerprints(clips: ClipSet) -> list[str]:
    """Of each clip's frames, bit by bit; person slots in which nobody ever is do not count."""
    found, poses = [], clips.poses.cpu().float()
    for begin, end in zip(clips.starts[:-1].tolist(), clips.starts[1:].tolist(), strict=True):
        clip = poses[begin:end]
        there = (clip != 0).flatten(2).any(2).any(0)
        found.append(hashlib.sha256(clip[:, there].contiguous().numpy().tobytes() + str(clip.shape[2:]).encode()).hexdigest())
    return found


def duplicates(clips: ClipSet) -> tuple[tuple[int, ...], ...]:
    """Groups of two or more clips whose frames are the same, bit for bit; positions."""
    return _alike(fingerprints(clips))


def _alike(prints: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    groups: dict[str, list[int]] = {}
    for i, print_ in enumerate(prints):
        groups.setdefault(print_, []).append(i)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def leaks(train: ClipSet, test: ClipSet) -> list[tuple[int, int]]:
    """Test clips whose frames are those of a training clip, bit for bit: (test position, training position) of each.

    A network that saw them knows the answers; a published split of one well-known set has a fifth of its test clips among the training clips.
    """
    known = {print_: i for i, print_ in reversed(list(enumerate(fingerprints(train))))}
    return [(i, known[print_]) for i, print_ in enumerate(fingerprints(test)) if print_ in known]


def leak_report(train: ClipSet, test: ClipSet) -> Sequence[str]:
    """What train and test share, in words: clips, subjects."""
    found = leaks(train, test)
    lines = [_leaked(len(found), len(test))]
    if found:
        listed = ", ".join(f"{i} (training clip {j})" for i, j in found[:5]) + (" …" if len(found) > 5 else "")
        lines.append(f"  test clip {listed}: leave them out of the test, or of the training")
    if train.subject is not None and test.subject is not None:
        shared = sorted(set(train.subject.tolist()) & set(test.subject.tolist()))
        lines.append(f"subjects in both: {len(shared)}" + ("" if shared else ", a cross-subject split"))
    return lines


def _own_leaks(clips: ClipSet, prints: Sequence[str]) -> dict[str, tuple[str, int, tuple[int, ...]]]:
    """Of the splits that the file itself has, see `Quality.leaked`."""
    there, found = own_split.parts(clips), {}
    for train, test in own_split.splits(clips).items():
        known = {prints[i] for i in there[train]}
        found[train] = (test, len(there[test]), tuple(i for i in there[test] if prints[i] in known))
    return found


def _leaked(found: int, test: int) -> str:
    return f"test clips that are training clips, bit for bit: {found} of {test} ({found / test:.0%})"


def _how_far(fps: float) -> str:
    """What a jump is, in words."""
    return f"faster than {JUMP:.0f} m/s, {100 * JUMP / fps:.0f} cm from frame to frame; or {100 * SPIKE / fps:.0f} cm and back at once"
