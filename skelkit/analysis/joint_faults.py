"""Missing, frozen and jumping joints, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.clips import ClipSet
from .quality_report import FROZEN, JUMP, SPIKE

SEGMENT = 4096
"""Frames that are examined at once, so that large sets need little memory."""


@dataclass(frozen=True)
class JointFaults:
    """Number of frames with a fault.

    Attributes:
        missing, frozen, jumping: frames of each joint, float64 [V].
        per_clip: fault name -> number of joints and frames with it in each clip, Long[N].
        person_frames: number of frames of all persons.
        repeated: person frames that are exact copies of the frame before.
    """

    missing: Tensor
    frozen: Tensor
    jumping: Tensor
    per_clip: dict[str, Tensor]
    person_frames: int
    repeated: int


def find_faults(clips: ClipSet) -> JointFaults:
    """Examine every frame of a set once; `clips` must be on the CPU."""
    joints, persons = len(clips.skeleton), clips.poses.shape[1]
    of_clip = torch.repeat_interleave(torch.arange(len(clips)), clips.lengths)  # [F]
    total = {name: torch.zeros(joints, dtype=torch.float64) for name in ("missing", "frozen", "jumping")}
    per_clip = {name: torch.zeros(len(clips), dtype=torch.long) for name in total}
    person_frames, repeated = 0, 0
    still = torch.zeros(persons, joints, dtype=torch.long)  # frames for which each joint has not moved so far
    for begin in range(0, len(clips.poses), SEGMENT):
        segment = _Segment(clips, of_clip, begin, min(begin + SEGMENT, len(clips.poses)))
        still, frozen = segment.frozen(still)
        found = {"missing": segment.zero, "frozen": frozen, "jumping": segment.jumping()}
        for name, faults in found.items():
            total[name] += faults.sum((0, 1))
            per_clip[name].index_add_(0, of_clip[segment.rows], faults.flatten(1).sum(1))
        person_frames += int(segment.present.sum())
        repeated += int(segment.unmoved.all(-1).sum())
    return JointFaults(total["missing"], total["frozen"], total["jumping"], per_clip, person_frames, repeated)


class _Segment:
    """Consecutive frames, each with the frame before it. Masks are bool [f, M, V]."""

    def __init__(self, clips: ClipSet, of_clip: Tensor, begin: int, end: int) -> None:
        self.clips, self.of_clip, self.rows = clips, of_clip, slice(begin, end)
        self.now = torch.arange(begin, end)
        previous = (self.now - 1).clamp_min(0)
        self.here, self.before = clips.poses[self.rows].float(), clips.poses[previous].float()  # [f, M, V, C]
        self.present = clips.present[self.rows]  # [f, M]
        same_clip = (of_clip[previous] == of_clip[self.now]) & (self.now > 0)
        self.in_both = (self.present & clips.present[previous] & same_clip[:, None])[..., None]
        self.zero = (self.here == 0).all(-1) & self.present[..., None]
        self.moved = (self.here - self.before).norm(dim=-1)  # [f, M, V]
        self.unmoved = (self.moved == 0) & self.in_both

    def frozen(self, still: Tensor) -> tuple[Tensor, Tensor]:
        """Frames without motion so far, Long[M, V], and the number of frozen frames, Long[f, M, V].

        When a joint has been still for `FROZEN` seconds, all frames of that time count.
        """
        wait = max(1, round(FROZEN * self.clips.fps))
        still, runs = _run_lengths(self.unmoved, still)
        others_move = (~self.unmoved).any(-1, keepdim=True) & self.in_both
        frozen = (runs >= wait) & others_move & ~self.zero
        return still, frozen.long() * torch.where(runs == wait, wait + 1, 1)

    def jumping(self) -> Tensor:
        """Joints faster than `JUMP`, or faster than `SPIKE` and back at once; missing ones do not count."""
        was_missing = (self.before == 0).all(-1) & ~self.zero
        fast = self.moved * self.clips.fps > JUMP
        return (fast | self._spikes()) & self.in_both & ~self.zero & ~was_missing

    def _spikes(self) -> Tensor:
        """Joints that return to their place two frames ago, faster than `SPIKE` both ways."""
        two_ago = (self.now - 2).clamp_min(0)
        earlier = self.clips.poses[two_ago].float()
        same_clip = (self.of_clip[two_ago] == self.of_clip[self.now]) & (self.now > 1)
        known = (self.clips.present[two_ago] & same_clip[:, None])[..., None] & (earlier != 0).any(-1)
        least = torch.minimum(self.moved, (self.before - earlier).norm(dim=-1))
        is_back = (self.here - earlier).norm(dim=-1) < 0.5 * least
        return is_back & (least * self.clips.fps > SPIKE) & known


def _run_lengths(unmoved: Tensor, still: Tensor) -> tuple[Tensor, Tensor]:
    """For how many frames each joint has not moved, continued from `still`.

    bool [f, M, V], Long[M, V] -> Long[M, V] after the last frame, Long[f, M, V].
    """
    index = torch.arange(1, len(unmoved) + 1)[:, None, None]
    # The last frame in which the joint moved, counted from 1; 0 if there is none.
    last = torch.where(unmoved, 0, index).cummax(0).values
    runs = torch.where(last > 0, index - last, index + still)
    return runs[-1], torch.where(unmoved, runs, 0)
