"""Report on reading NTU RGB+D: what was read, what was dropped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

Note = tuple[str, str, str]
"""A sample, a reason out of `REASONS`, and the details."""

REASONS = {
    "listed": ("file", "left out: on the list of missing samples"),
    "empty": ("file", "left out: nobody in any frame"),
    "damaged": ("file", "left out: damaged"),
    "name": ("file", "left out: not named like S001C002P003R002A013.skeleton"),
    "link": ("folder", "not read: a link"),
    "length": ("body", "dropped: present too briefly"),
    "spread": ("body", "dropped: wider than high"),
    "third": ("body", "dropped: more persons than person slots"),
    "kept": ("body", "kept, although dropped by the rules: the clip has no other"),
    "joined": ("body", "joined to another: the same person under a new id"),
}
"""Reason of a note -> what it is about, and what happened to it."""


@dataclass
class Report:
    """What was read and what was dropped.

    Attributes:
        files: number of files that were read or left out.
        clips: number of clips in the result.
        notes: everything that was dropped or joined, with the reason.

    >>> print(Report(2, 1, [("S001C001P001R001A001", "empty", "0 bodies in all 80 frames")]).describe())
    2 files, 1 clip
    1 file left out: nobody in any frame
      S001C001P001R001A001: 0 bodies in all 80 frames
    """

    files: int = 0
    clips: int = 0
    notes: list[Note] = field(default_factory=list)

    def add(self, files: int, clips: int, notes: Iterable[Iterable[str]]) -> None:
        """Add the numbers and notes of some more samples."""
        self.files += files
        self.clips += clips
        for sample, reason, details in notes:
            self.notes.append((sample, reason, details))

    def counts(self) -> dict[str, int]:
        """Number of notes for each reason, in the order of `REASONS`."""
        found = Counter(reason for _, reason, _ in self.notes)
        return {reason: found[reason] for reason in REASONS if found[reason]}

    def describe(self, examples: int = 3) -> str:
        """The counts, and the first few notes for each reason, one per line."""
        lines = [f"{_counted(self.files, 'file')}, {_counted(self.clips, 'clip')}"]
        for reason, count in self.counts().items():
            what, event = REASONS[reason]
            lines.append(f"{_counted(count, what)} {event}")
            listed = [f"  {sample}: {details}" for sample, why, details in self.notes if why == reason]
            lines += listed[:examples] + [f"  … and {count - examples} more"] * (count > examples)
        return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    plural = {"body": "bodies"}.get(what, f"{what}s")
    return f"{count} {what if count == 1 else plural}"
