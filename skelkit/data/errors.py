"""Errors about data, with the facts as attributes: unreadable files, unknown options, missing arguments."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ..utils.validation import listed, printable

_LONGEST_MESSAGE = 2000


@dataclass(frozen=True)
class Place:
    """A place in a file as errors name it: "file:line: part: clip", without the parts that are not given.

    Args:
        file: the file, folder or ``archive.zip/member``.
        line: line of a text file, counted from 1.
        part: what a line number cannot say: an array of an archive, a section of a TOML file, a byte.
        clip: name of a clip (shown in quotes), or its number.

    >>> print(Place("walks.csv", line=7))
    walks.csv:7
    >>> print(Place("walks.npz", part="x_train", clip=3))
    walks.npz: x_train: clip 3
    """

    file: str | os.PathLike[str]
    line: int | None = None
    part: str = ""
    clip: str | int | None = None

    def __str__(self) -> str:
        clip = (
            ""
            if self.clip is None
            else repr(self.clip)
            if isinstance(self.clip, str)
            else f"clip {self.clip}"
        )
        line = "" if self.line is None else f":{self.line}"
        return ": ".join(word for word in (f"{os.fspath(self.file)}{line}", self.part, clip) if word)


class UnreadableFile(ValueError):
    """A file that cannot be read as clips. All errors about the content of a file are of this type.

    ``str(error)`` is "place: found …, expected …; fix", at most about 2,000 characters, and free of control
    characters whatever the file contains.

    Args:
        where: the file, or a `Place` in it.
        found: what was found.
        expected: what was expected instead; "" if `found` is a whole sentence by itself.
        fix: what to do; "" if `found` says that too.

    Attributes:
        file: the file, str.
        line: line in the file counted from 1, or None.
        clip: name or number of the clip, or None.
        where, found, expected, fix: as given.

    >>> error = UnreadableFile(Place("walks.csv", line=7), "3 cells", "4, as in line 1", "correct this line")
    >>> print(error)
    walks.csv:7: found 3 cells, expected 4, as in line 1; correct this line
    >>> error.file, error.line, error.clip, error.fix
    ('walks.csv', 7, None, 'correct this line')
    """

    # All arguments go to `args`, so that an error from a worker process is unpickled with its attributes.
    def __init__(
        self, where: Place | str | os.PathLike[str], found: str, expected: str = "", fix: str = ""
    ) -> None:
        place = where if isinstance(where, Place) else Place(where)
        super().__init__(place, found, expected, fix)
        self.where, self.found, self.expected, self.fix = place, found, expected, fix
        self.file, self.line, self.clip = os.fspath(place.file), place.line, place.clip

    def __str__(self) -> str:
        what = f"found {self.found}, expected {self.expected}" if self.expected else self.found
        message = f"{self.where}: {what}" + (f"; {self.fix}" if self.fix else "")
        if len(message) >= _LONGEST_MESSAGE:
            message = f"{message[:1500]} … {message[-400:]}"
        return printable(message)


class UnknownOption(TypeError):
    """An option that a kind of source does not have.

    Attributes:
        option: the name that was given.
        kind: the kind of source, such as "BVH files".
        known: names of the options that it has.

    >>> print(UnknownOption("pattern", ".npz files", ["fps", "skeleton"]))
    no option 'pattern' for .npz files; they take fps, skeleton
    """

    def __init__(self, option: str, kind: str, known: Sequence[str]) -> None:
        super().__init__(option, kind, known)
        self.option, self.kind, self.known = option, kind, known

    def __str__(self) -> str:
        return f"no option {self.option!r} for {self.kind}; they take {listed(self.known) or 'none'}"


class TrainingGroupsNeeded(ValueError):
    """A split by a group for which the groups to train on are not given.

    Attributes:
        by: "subject", "view" or "setup".
        known: the groups that the clips have.
        argument: the argument that names the training groups. Default: that of `ClipSet.split`.

    >>> print(TrainingGroupsNeeded("subject", [1, 2]))
    split by subject needs train=[…], some of: 1, 2
    """

    def __init__(self, by: str, known: Sequence[object], argument: str = "train=[…]") -> None:
        super().__init__(by, known, argument)
        self.by, self.known, self.argument = by, known, argument

    def __str__(self) -> str:
        return f"split by {self.by} needs {self.argument}, some of: {listed(self.known)}"
