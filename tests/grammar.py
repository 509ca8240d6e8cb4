"""Damage within the grammar of a format: nesting, counts, repeated names, numbers at the ends of types.

`mutate` recognises what it is given by its content: .npy, zip (and .npz), pickle, safetensors, JSON, or text.
Bytes that are none of these are damaged as bytes.
"""

import contextlib
import io
import json
import pickle
import re
import zipfile

import numpy as np
from crafting import changed
from fuzzing import mutate as mutate_bytes

EDGES = [
    -1,
    0,
    1,
    2**7,
    2**8,
    2**15,
    2**16,
    2**24 + 1,
    2**31 - 1,
    2**31,
    2**32,
    2**53 + 1,
    2**62,
    2**63 - 1,
    2**64,
]
EDGE_NUMBERS = [str(n) for n in EDGES] + [str(-n) for n in EDGES[3:]]
EDGE_NUMBERS += ["1e38", "3.5e38", "1e-46", "5e-324", "1.8e308", "-0", "-0.0", "65504", "65520", "nan", "inf"]
EDGE_NUMBERS += ["9" * 20, "9" * 5000, "0x10", "1_000", "1e5000", "00", "+1", "٣"]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def mutate(content, rng):
    """The bytes after a change within their grammar; sometimes several, and sometimes one of bytes on top."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        kind = next((kind for kind, begin in BEGINNINGS.items() if content.startswith(begin)), text)
        with contextlib.suppress(NotThisGrammar):
            content = kind(content, rng)
    return mutate_bytes(content, rng) if rng.random() < 0.1 else content


class NotThisGrammar(ValueError):
    """The content only begins like this format."""


def array(content, rng):
    """A .npy file whose header announces another shape, type or order."""
    try:
        file = io.BytesIO(content)
        np.lib.format.read_magic(file)
        shape, order, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception:
        raise NotThisGrammar from None
    shape, kind = list(shape), rng.randrange(6)
    if kind == 0 and shape:
        shape[rng.randrange(len(shape))] = rng.choice(EDGES)
    elif kind == 1:
        shape = rng.choice([[], [0], shape[::-1], [1, *shape], [*shape, 1], shape * 9, shape[1:]])
    elif kind == 2:
        order = not order
    names = ["<f8", ">f4", "<f2", "<i4", "|u1", "|b1", "<c8", "<U9", "|S3", "|O", "<M8[s]", "<f16", "|V8"]
    descr = rng.choice([*names, [("a", "<f4"), ("a", "<f4")]]) if kind >= 3 else dtype.str
    header = repr({"descr": descr, "fortran_order": order, "shape": tuple(shape)})
    if kind == 5:
        header = header.replace("{", "{'shape': (1,), ", 1)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + file.read()


def archive(content, rng):
    """A zip archive with members repeated, renamed, nested in folders, left out, emptied or exchanged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = [(name, packed.read(name)) for name in packed.namelist()]
    except Exception:
        raise NotThisGrammar from None
    if not members:
        raise NotThisGrammar
    at, kind = rng.randrange(len(members)), rng.randrange(7)
    name, inside = members[at]
    odd = [
        "",
        "a" * 300,
        "a/" * 99 + name,
        f"../{name}",
        f"/{name}",
        f"{name}/",
        name.upper(),
        "\u202e" + name,
    ]
    if kind == 0:
        members.append((name, rng.choice(members)[1]))
    elif kind == 1:
        members[at] = (rng.choice(odd), inside)
    elif kind == 2:
        del members[at]
    elif kind == 3:
        members[at] = (name, rng.choice([b"", rng.choice(members)[1]]))
    elif kind == 4:
        members = members * 3
    else:
        members[at] = (name, mutate(inside, rng))
    file = io.BytesIO()
    with contextlib.suppress(UserWarning), zipfile.ZipFile(file, "w") as packed:
        for name, inside in members:
            packed.writestr(zipfile.ZipInfo(name), inside)
    return file.getvalue()


def pickled(content, rng):
    """A pickle of another value: lists, dictionaries, names and numbers changed."""
    try:
        return pickle.dumps(changed(_listed(pickle.loads(content)), rng), rng.choice((2, 4)))
    except RecursionError:  # deeper nesting than Python's pickler writes
        return content
    except Exception:
        raise NotThisGrammar from None


def _listed(value):
    """Tuples as lists; arrays stay."""
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, list | tuple) else value


def tensors(content, rng):
    """A safetensors file with another header of the length that it says."""
    length = int.from_bytes(content[:8], "little")
    try:
        about = json.loads(content[8 : 8 + length])
    except ValueError:
        raise NotThisGrammar from None
    header = json.dumps(changed(about, rng)).encode()
    return len(header).to_bytes(8, "little") + header + content[8 + length :]


def values(content, rng):
    """JSON of another value; sometimes with a name twice in an object."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        raise NotThisGrammar from None
    found = json.dumps(changed(tree, rng))
    if rng.random() < 0.2 and (names := list(re.finditer(r'"[^"]*": ', found))):
        name = rng.choice(names)
        found = f"{found[: name.start()]}{name[0]}{rng.choice(['0', '[]', '{}'])}, {found[name.start() :]}"
    return found.encode(errors="replace")


def text(content, rng):
    """Lines and words repeated, exchanged and left out; counts off by one; numbers at the ends of types."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError:
        return mutate_bytes(content, rng)
    at, kind = rng.randrange(len(lines)), rng.randrange(8)
    words = re.split(r"([\s,=\[\]{}]+)", lines[at])
    if kind == 0:
        lines[at:at] = [lines[at]] * rng.choice((1, 2, 300))
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        begin, end = sorted((at, rng.randrange(len(lines)) + 1))
        lines[begin:begin] = lines[begin:end] * rng.choice((1, 1, 60))
    elif kind == 4:
        words[rng.randrange(len(words))] = rng.choice(words)
        lines[at] = "".join(words)
    elif numbers := list(NUMBER.finditer(lines[at])):
        number = rng.choice(numbers)
        near = [str(float(number[0]) + step).removesuffix(".0") for step in (-1, 1)]
        odd = rng.choice(near + EDGE_NUMBERS)
        lines[at] = lines[at][: number.start()] + odd + lines[at][number.end() :]
    else:
        lines[at] = rng.choice([lines[at] * 2, lines[at][::-1], lines[at].upper(), " ".join(lines[at])])
    return "\n".join(lines).encode(errors="replace")


BEGINNINGS = {array: b"\x93NUMPY", archive: b"PK", pickled: b"\x80", values: (b"{", b"[")}
"""Function -> how the content begins that it changes."""
