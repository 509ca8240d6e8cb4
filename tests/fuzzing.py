"""Damaged files for the tests of readers: how files are damaged, and what must hold for any of them."""

import contextlib
import io
import re
import signal
import threading
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skelkit.data import ClipSet
from skelkit.data.errors import UnreadableFile

SECONDS, BYTES = 5, 2**30
"""Limits of one file: seconds of the processor, because the machine may be busy, and additional memory."""

WAITING = 12
"""So many times `SECONDS` may pass; more is a reader that waits for something."""

STATUS = Path("/proc/self/status")


class Late(BaseException):
    """A reader takes too long. (Not an Exception, which a reader might take for damage.)"""


def check(read, where):
    """Whether a reader returns clips, which must be finite; if not, it must raise the documented error.

    The error names a file in the folder `where`.
    """
    begin = time.process_time()
    try:
        with warnings.catch_warnings():
            for expected in ("bodies measure", ".*left out", ".*Frame Time is"):
                warnings.filterwarnings("ignore", expected, UserWarning)
            clips = read()
    except (UnreadableFile, FileNotFoundError) as error:
        message = str(error)
        assert str(where) in message, message
        assert len(message) < 3000, message[:3000]
        # Text from the file is shown without control characters (line breaks are in the kit's own lists of
        # clips).
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e]", message), repr(message)
        return False
    assert time.process_time() - begin < SECONDS
    if isinstance(clips, ClipSet):
        assert len(clips)
        assert clips.poses.isfinite().all()
        assert clips.lengths.min() > 0
        assert 0 <= clips.labels.min() <= clips.labels.max() < len(clips.classes)
        assert clips.starts[-1] == len(clips.poses)
    return True


@pytest.fixture(autouse=True)
def limits(record_property):
    """Limit each file to `SECONDS` and a whole test to `BYTES` of additional memory."""

    def late(*_):
        raise Late(f"more than {SECONDS} s")

    begin, alarmed = (
        _memory("VmRSS"),
        threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"),
    )
    if begin:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # forgets the highest so far
    before = {each: signal.signal(each, late) for each in (signal.SIGALRM, signal.SIGPROF) if alarmed}
    yield
    if alarmed:
        _set_timers(0)
        for each, handler in before.items():
            signal.signal(each, handler)
    more = _memory("VmHWM") - begin
    record_property("memory", more)
    assert more < BYTES


def _memory(what):
    """Bytes, 0 on systems without /proc."""
    found = re.search(rf"{what}:\s+(\d+) kB", STATUS.read_text()) if STATUS.exists() else None
    return int(found[1]) * 1024 if found else 0


def timed(read):
    if hasattr(signal, "setitimer"):
        _set_timers(SECONDS)
    try:
        return read()
    finally:
        if hasattr(signal, "setitimer"):
            _set_timers(0)


def _set_timers(seconds):
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, WAITING * seconds)


ODD_BYTES = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff\xff\xff\x7f",
    b"\xff" * 8,
    b"\xff" * 7 + b"\x7f",
    b"\n",
    b"\r",
]
ODD_TEXT = [
    b"-1",
    b"0",
    b"1e999",
    b"-1e308",
    b"nan",
    b"inf",
    b"99999999999999999999",
    b"2147483648",
    b"9" * 400,
    b"1.5",
    b",",
    b'"',
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b"../",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b"<script>",
    b"\xc3\x28",
    b"None",
    b"true",
    b"[[",
    b"()",
    b" ",
]


def mutate(content, rng):
    """The bytes after one to eight changes: flipped, replaced, inserted, removed, repeated, moved or cut off.

    Numbers are also replaced by unusual ones.
    """
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(content) + 1)
        length = rng.choice((1, 1, 2, 4, 8, rng.randrange(1, 65)))
        kind = rng.randrange(10)
        if kind < 2 and at < len(content):
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            content[at : at + length] = rng.randbytes(length)
        elif kind < 5:
            odd = rng.choice(ODD_BYTES + ODD_TEXT)
            content[at : at + rng.choice((0, len(odd)))] = odd
        elif kind == 5:
            del content[at : at + length]
        elif kind == 6:
            content[at:at] = content[at : at + length] * rng.choice((1, 2, 50))
        elif kind == 7:
            other = rng.randrange(len(content) + 1)
            content[at : at + length] = content[other : other + length]
        elif kind == 8 and (numbers := [m.span() for m in re.finditer(rb"\d+", bytes(content[:4000]))]):
            begin, end = rng.choice(numbers)
            content[begin:end] = rng.choice(ODD_TEXT)
        elif kind == 9 and rng.random() < 0.3:
            del content[at:]
    return bytes(content)


def packed(members, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def put(path, content):
    """Write a file. (Truncating an existing one would wait for the disk, 4 ms each time.)"""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def npy(array):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array))
    return buffer.getvalue()


def damaged_archive(path, members):
    """A function that writes a damaged archive: its bytes change, or those of a member before packing."""
    whole = packed(members)

    def damage(rng):
        if rng.random() < 0.4:
            put(path, mutate(whole, rng))
        else:
            name = rng.choice(list(members))
            put(path, packed(members | {name: mutate(members[name], rng)}))

    return damage
