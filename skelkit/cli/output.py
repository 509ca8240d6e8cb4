"""Standard output of the command line: safe to print whatever a file contains, and with one kind of error."""

from __future__ import annotations

from typing import Any, TextIO

from ..utils.validation import printable


class UnwritableOutput(Exception):
    """Standard output cannot be written; the cause is the error of the system."""


class Printable:
    """A text stream that escapes what a terminal would execute, and what its encoding does not have.

    Everything else is that of the stream it wraps.

    Raises:
        UnwritableOutput: by `write` and `flush`.
    """

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text; returns its number of characters."""
        encoding = self._stream.encoding or "utf-8"
        known = escaped(text).encode(encoding, "backslashreplace").decode(encoding)
        try:
            self._stream.write(known)
        except OSError as error:
            raise _unwritable(error) from error
        return len(text)

    def flush(self) -> None:
        """Pass on what is written."""
        try:
            self._stream.flush()
        except OSError as error:
            raise _unwritable(error) from error


def escaped(text: str) -> str:
    r"""`printable` text that keeps its line breaks and tabs.

    >>> escaped("a\x1b[2J\n")
    'a\\x1b[2J\n'
    """
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def _unwritable(error: OSError) -> UnwritableOutput:
    return UnwritableOutput(
        f"standard output cannot be written ({error.strerror}); files that this command wrote are complete; "
        "print to another place"
    )
