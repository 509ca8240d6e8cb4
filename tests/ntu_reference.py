"""A slow reference parser of .skeleton files, line by line, and ways to damage such a file.

It shares no code with the package.
"""

import math
import random
import struct


class Refused(Exception):
    pass


def slow_parse(data: bytes):
    """(frames, {tracking id: [(frame, [[x, y, z] of 25 joints]), …]}), or Refused."""
    if any(byte < 9 or 13 < byte < 32 for byte in data):
        raise Refused("control character")
    lines = iter([words for line in data.split(b"\n") if (words := line.split())])

    def one_number():
        words = next(lines, [b"the end"])
        if len(words) != 1 or not words[0].isdigit() or len(words[0]) > 9:
            raise Refused(words)
        return int(words[0])

    bodies: dict[int, list] = {}
    frames = one_number()
    if frames > 100_000:
        raise Refused(frames)
    for frame in range(frames):
        seen = set()
        count = one_number()
        if count > 100:
            raise Refused(count)
        for _ in range(count):
            about = next(lines, [])
            if len(about) != 10 or not about[0].isdigit() or len(about[0]) > 20 or int(about[0]) in seen:
                raise Refused(about)
            seen.add(int(about[0]))
            if one_number() != 25:
                raise Refused("joints")
            bodies.setdefault(int(about[0]), []).append((frame, [_joint(next(lines, [])) for _ in range(25)]))
    if next(lines, None) is not None:
        raise Refused("more")
    return frames, bodies


def _joint(words):
    if len(words) != 12:
        raise Refused(words)
    values = []
    for word in words[:3]:
        try:
            value = struct.unpack("f", struct.pack("f", float(word)))[0]
        except (ValueError, OverflowError):
            raise Refused(word) from None
        if b"_" in word or not math.isfinite(value):
            raise Refused(word)
        values.append(value)
    return values


ODD_WORDS = [
    b"nan",
    b"inf",
    b"-Infinity",
    b"1e999",
    b"-1",
    b"0",
    b"1",
    b"24",
    b"26",
    b"25.0",
    b"999999999",
    b"18446744073709551616",
    b"99999999999999999999999",
    b"1_0",
    b"1e-3",
    b"-.5",
    b"5.",
    b".",
    b"-",
    b"--1",
    b"1-",
    b"+2.5",
    b"0x1p3",
    b"\xd9\xa1",
    b"1,5",
    b"",
    b"0.12345678901234567890",
    b"123456789012345",
    b"-12345678901234.5",
    b"1.2.3",
    b"3.4e38",
    b"3.5e38",
    b"1e-320",
    b"\x00",
]


def damage(data: bytes, draw: random.Random) -> bytes:
    """One to three mutations: of bytes, of words, of lines, of the whole."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        data = draw.choice(
            [_flip, _cut, _repeat, _truncate, _word, _word, _word, _line, _line, _junk, _endings]
        )(data, draw)
    return data


def _span(data, draw):
    begin = draw.randrange(len(data) + 1)
    return begin, min(len(data), begin + int(2 ** draw.uniform(0, 12)))


def _flip(data, draw):
    changed = bytearray(data)
    for _ in range(draw.choice([1, 1, 8])):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _cut(data, draw):
    begin, end = _span(data, draw)
    return data[:begin] + data[end:]


def _repeat(data, draw):
    begin, end = _span(data, draw)
    return data[:end] + data[begin:end] + data[end:]


def _truncate(data, draw):
    return data[: draw.randrange(len(data) + 1)]


def _word(data, draw):
    words = data.split(b" ") if draw.random() < 0.7 else data.split(b"\n")
    place = draw.randrange(len(words))
    ending = b"\r" * words[place].endswith(b"\r")
    words[place] = (
        draw.choice([*ODD_WORDS, words[place] * 2, b" " + words[place], words[place][:-1]]) + ending
    )
    return (b" " if b" " in data and len(words) == data.count(b" ") + 1 else b"\n").join(words)


def _line(data, draw):
    lines = data.split(b"\n")
    a, b = draw.randrange(len(lines)), draw.randrange(len(lines))
    kind = draw.randrange(4)
    if kind == 0:
        del lines[a]
    elif kind == 1:
        lines.insert(a, lines[b])
    elif kind == 2:
        lines[a], lines[b] = lines[b], lines[a]
    else:
        lines.insert(a, draw.choice([b"", b"\r", b"   ", b"0", b"1", b"25"]))
    return b"\n".join(lines)


def _junk(data, draw):
    begin, _ = _span(data, draw)
    return data[:begin] + draw.randbytes(draw.choice([1, 3, 40])) + data[begin:]


def _endings(data, draw):
    return draw.choice(
        [
            data.replace(b"\r\n", b"\n"),
            data.replace(b"\n", b"\r\n"),
            data.replace(b"\n", b"\r"),
            data.replace(b" ", b"\t"),
            data.rstrip(),
            data.replace(b" ", b"  "),
            data + b"\n\n",
        ]
    )
