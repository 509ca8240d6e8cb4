"""Is a set of recordings fit to learn from? Missing, frozen and jumping joints, bones that change length, clips that are there twice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..data import file_split
from ..data.clips import ClipSet
from .duplicates import alike, fingerprints
from .quality_report import FROZEN, JUMP, MANY, ODD_HEIGHT, SPIKE, Quality

HEADS, FEET = ("head", "nose"), ("foot", "ankle", "toe")
"""Words in names of joints that are above, and below, in a body that stands; a skeleton without them is judged by no body's measures."""

SEGMENT = 4096  # frames looked at together, so that large sets need little memory


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
    stood = torch.zeros(
        clips.poses.shape[1], joints, dtype=torch.long
    )  # frames for which each joint has not moved so far
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
        jump = (
            ((moved * clips.fps > JUMP) | _spikes(clips, of_clip, now, here, before, moved))
            & both[..., None]
            & ~zero
            & ~back
        )
        ice = ice.long() * torch.where(
            runs == wait, wait + 1, 1
        )  # when it has stood long enough, all of these frames count
        for total, found, name in ((gone, zero, "missing"), (still, ice, "frozen"), (fast, jump, "jumping")):
            total += found.sum((0, 1))
            hit[name].index_add_(0, of_clip[rows], found.flatten(1).sum(1))
        there_all += int(there.sum())
        repeated += int((unmoved.all(-1)).sum())
    prints = fingerprints(clips)
    copies = alike(prints)
    contradictions = tuple(group for group in copies if len(clips.labels[list(group)].unique()) > 1)
    origin = _origin(clips, (gone == there_all).nonzero().flatten().tolist())
    if origin is not None:
        gone[origin] = 0
        hit["missing"].index_add_(0, of_clip, clips.present.sum(1), alpha=-1)
    share = {name: float((found > 0).float().mean()) for name, found in hit.items()} | {
        "copied": sum(map(len, copies)) / count
    }
    worst = {name: int(found.argmax()) for name, found in hit.items() if found.any()}
    nobody = torch.zeros(count).index_add(0, of_clip, (~clips.present.any(1)).float())
    gaps = tuple(
        i
        for i in nobody.nonzero().flatten().tolist()
        if _has_gap(clips.present[clips.starts[i] : clips.starts[i + 1]].any(1))
    )
    return Quality(
        count,
        clips.skeleton.name,
        clips.skeleton.joints,
        tuple((clips.skeleton.joints[p], clips.skeleton.joints[c]) for p, c in clips.skeleton.edges),
        gone / max(there_all, 1),
        still / max(there_all, 1),
        fast,
        repeated / max(there_all, 1),
        _bone_variation(clips, of_clip),
        *_bodies(clips, origin),
        None if origin is None else clips.skeleton.joints[origin],
        tuple((nobody / clips.lengths > 0.5).nonzero().flatten().tolist()),
        gaps,
        copies,
        contradictions,
        _own_leaks(clips, prints),
        share,
        worst,
        float(clips.fps),
    )


def _origin(clips: ClipSet, never: list[int]) -> int | None:
    """Of the joints that are at the origin in all frames, the one that positions are relative to: it is alone, and amid the others."""
    if len(never) != 1:
        return None
    poses = clips.poses[:, 0][clips.present[:, 0]].float()
    others = poses[:, [v for v in range(poses.shape[1]) if v != never[0]]]
    amid = ((others.amin(1) <= 0) & (others.amax(1) >= 0)).all(1)
    return never[0] if bool(amid.float().mean() > 0.5) else None


def _spikes(
    clips: ClipSet, of_clip: Tensor, now: Tensor, here: Tensor, before: Tensor, moved: Tensor
) -> Tensor:
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
    last = (
        torch.where(unmoved, 0, index).cummax(0).values
    )  # the last frame in which it moved, counted from 1; 0 if in none
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
    return (
        (deviation / mean.clamp_min(1e-9))[known].median(0).values
        if known.any()
        else torch.zeros(len(parent), dtype=torch.float64)
    )


def _bodies(
    clips: ClipSet, origin: int | None
) -> tuple[float, float, str, bool, tuple[int, ...], float | None, tuple[int, ...]]:
    """Of a frame of each clip's first person, without missing joints: median extent along y; in how many clips that is the longest of the
    three, and which is in most; whether there are a head and feet; clips in which the one is below the others; how far apart the ends of
    bones are, to any two joints; clips of quite another extent. `origin`: a joint that is never missing though it is at the origin."""
    first = clips.starts[:-1]
    for position in (0.25, 0.5):  # a frame in which somebody is, of each clip
        first = torch.where(
            clips.present[first, 0], first, (clips.starts[:-1] + position * clips.lengths).long()
        )
    known = clips.present[first, 0].nonzero().flatten()
    above, below = (
        [i for i, name in enumerate(clips.skeleton.joints) if any(word in name.lower() for word in words)]
        for words in (HEADS, FEET)
    )
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
        reach = float(
            apart[parent, child].nanmean()
            / (apart.nansum() / (len(apart) * (len(apart) - 1))).clamp_min(1e-9)
        )
    longest = "xyz"[int(axis.bincount(minlength=3).argmax())]
    return (
        float(extent[:, 1].median()),
        float((axis == 1).float().mean()),
        longest,
        human,
        inverted,
        reach,
        tuple(odd),
    )


def _has_gap(there: Tensor) -> bool:
    """Whether somebody is, then nobody, then somebody. bool [T]"""
    inside = there.nonzero().flatten()
    return len(inside) > 0 and not bool(there[inside[0] : inside[-1]].all())


def _own_leaks(clips: ClipSet, prints: Sequence[str]) -> dict[str, tuple[str, int, tuple[int, ...]]]:
    """Of the splits that the file itself has, see `Quality.leaked`."""
    there, found = file_split.subsets(clips), {}
    for train, test in file_split.train_test_pairs(clips).items():
        known = {prints[i] for i in there[train]}
        found[train] = (test, len(there[test]), tuple(i for i in there[test] if prints[i] in known))
    return found
