"""What the table of readers knows of each reader."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...utils.validation import printable
from ..clips import ClipSet
from ..errors import UnknownOption
from . import windows as windows_of


@dataclass(frozen=True)
class Reader:
    """A reader of one kind of recordings.

    Args:
        kind: plural name of what it reads, in messages: "no option 'fps' for BVH files".
        description: what `skelkit.load` takes, as a noun phrase: "a folder or file of .bvh".
        read: returns the ClipSet; called as ``read(path, **options)``. Its keyword parameters are the
            options.
        can_read: whether this reader is the one for a path, which exists. Looks at names and directories, not
            at whole files. May raise `UnreadableFile` for a container that no reader can open.
            Default: whether `why` has a sentence; without that, never.
        suffixes: endings of its files, in lower case.
        whole_folders: whether it reads all its files in a folder and below together.
        name: a name, such as "synthetic", by which it is loaded; its ``read(**options)`` then takes no path.
        notes: sentences for the table of formats in ``docs/data.md``.
        says_fps: whether a file says its frame rate. Default: it does if the reader has no option ``fps``.
        not_read: names of what a file holds beside its clips and is not read. Default: nothing.
        why: the sentence that says by what a path is recognised, and what was decided from the file alone
            (layout, unit); "" if the path is not of this kind. Default: the description.
    """

    kind: str
    description: str
    read: Callable[..., ClipSet]
    can_read: Callable[[Path], bool] | None = None
    suffixes: tuple[str, ...] = ()
    whole_folders: bool = False
    name: str = ""
    notes: str = ""
    says_fps: Callable[[Path], bool] | None = None
    not_read: Callable[[Path], list[str]] | None = None
    why: Callable[[Path], str] | None = None

    @property
    def options(self) -> list[str]:
        """Names of the options of `read`."""
        parameters = list(inspect.signature(self.read).parameters.values())
        return [p.name for p in parameters[0 if self.name else 1 :]]

    def is_for(self, path: Path) -> bool:
        """Whether this reader is the one for a path, which exists."""
        if self.can_read is not None:
            return self.can_read(path)
        return self.why is not None and bool(self.why(path))

    def recognised(self, source: Path) -> str:
        """What a source was taken for, and why."""
        reason = self.description if self.why is None or self.name else self.why(source)
        found = None if self.name else windows_of.beside(source)
        return f"{self.kind}: {reason}" + (f"; cut into the windows of {found.name}" if found else "")

    def remarks(self, source: Path, fps: float | None) -> list[str]:
        """Sentences on what a source does not say and on what is not read of it.

        Args:
            source: as for `load`, which has read it.
            fps: the frame rate that was given; None if none was.
        """
        says_fps = "fps" not in self.options if self.says_fps is None else self.says_fps(source)
        found = [] if says_fps or fps is not None or self.name else ["the frame rate is assumed, not read"]
        if self.not_read is not None and (names := self.not_read(source)):
            listed = ", ".join(map(printable, names[:12])) + " …" * (len(names) > 12)
            found.append(f"not read: {listed}")
        return found

    def load(
        self,
        source: Path,
        *,
        seed: int,
        windows: str | Path | windows_of.Rows | None = None,
        **options: Any,
    ) -> ClipSet:
        """The clips of `source`.

        Args:
            seed: passed on if `read` takes one.
            windows: rows of start, end and label that become clips, or a table of them. Default: the table
                beside the source, if there is one (see `skelkit.data.readers.windows`).

        Raises:
            UnknownOption: `read` does not have an option.
        """
        known = [name for name in self.options if name != "seed"]
        for name in options:
            if name not in known:
                raise UnknownOption(name, self.kind, known)
        if "seed" in self.options:
            options["seed"] = seed
        clips = self.read(**options) if self.name else self.read(source, **options)
        if windows is None and not self.name:
            windows = windows_of.beside(source)
        return clips if windows is None else windows_of.applied(clips, source, windows)


def has_suffix(*suffixes: str) -> Callable[[Path], bool]:
    """A `can_read` for files (not folders) with one of these endings, in upper or lower case."""

    def can_read(path: Path) -> bool:
        return path.suffix.lower() in suffixes and not path.is_dir()

    return can_read
