"""Pickle files, read without running them.

A pickle is a program for a small stack machine, and one of its instructions calls any function of any module:
loading a pickle runs its author's code. `pickle_machine` is that machine without this instruction. It builds
numbers, strings, lists, tuples, dicts and sets; this module adds substitutes for the few functions that
numpy's arrays are stored with. Any other name is refused, and none is ever looked up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import Place, UnreadableFile
from .common import MOST_BYTES, quote, read_file
from .pickle_machine import PLAIN, Machine, Name

_TYPES = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,5})")

_CONTAINERS = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict}


def load(path: str | Path, *, most_bytes: int = MOST_BYTES) -> Any:
    """The numbers, strings, containers and arrays in a pickle file of any protocol.

    Strings of Python 2 are decoded as latin-1. Arrays are of numbers, truth values or strings, never of
    objects; they share the file's bytes and cannot be written to. numpy's scalars (``numpy.int64(3)``) become
    Python's. The result takes about as much memory as the file.

    Differs from `pickle.load`: refuses classes, functions, arrays of objects, tuples as keys, integers of
    more than 64 bits, and Python 2's arrays of protocol 0.

    Args:
        path: the file.
        most_bytes: size limit of the file.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableFile: names the function, class or instruction that is refused, or the damage.

    >>> import pickle, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.pkl"
    >>> _ = path.write_bytes(pickle.dumps({"label": [3], "keypoint": np.arange(4.0)}))
    >>> load(path)
    {'label': [3], 'keypoint': array([0., 1., 2., 3.])}
    >>> _ = path.write_bytes(b"cos\\nsystem\\n(S'reboot'\\ntR.")
    >>> load(path)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    skelkit.data.errors.UnreadableFile: ...a.pkl: byte 0: found os.system, expected ...; a pickle can run ...
    """
    content = read_file(path, most_bytes)
    path = Path(path)
    machine = Machine(path, len(content), FUNCTIONS, build)
    try:
        return machine.run(content)
    except UnreadableFile:
        raise
    except Exception as error:  # a damaged program fails in a dozen ways
        raise UnreadableFile(
            Place(path, part=f"byte {machine.position}"),
            f"a damaged pickle ({quote(f'{type(error).__name__}: {error}')})",
            PLAIN,
            "get the whole file",
        ) from None


@dataclass
class Type:
    """Stands for a numpy.dtype while the pickle is read: its code ("f4") and byte order."""

    code: str
    order: Literal["<", ">", "|", "="] = "="


@dataclass
class Array:
    """Stands for an array until its numbers are read; `places` are its keys in the memo."""

    places: list[int] = field(default_factory=list)


def array(
    machine: Machine, kind: object, shape: object, raw: object, columns_first: bool = False
) -> np.ndarray:
    """numpy.ndarray of this type and shape from its bytes."""
    dtype, sizes = _type_and_shape(machine, kind, shape)
    if isinstance(raw, str):  # Python 2 had no bytes
        raw = encode(machine, raw, "latin1")
    if not isinstance(raw, (bytes, bytearray)):
        machine.refuse("an array of Python objects")
    if (size := math.prod(sizes) * dtype.itemsize) != len(raw):
        machine.refuse(
            f"{len(raw)} bytes for an array {dtype} {list(sizes)}", str(size), "get the whole file"
        )
    if not raw:
        return np.zeros(sizes, dtype)
    if not dtype.isnative:
        machine.copy(len(raw))
    values = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="), copy=False)
    if dtype.kind == "U" and (values.view(np.uint32) > 0x10FFFF).any():
        machine.refuse(
            "an array of strings with characters that do not exist", "Unicode", "get the whole file"
        )
    return values.reshape(sizes, order="F" if columns_first else "C")


def _type_and_shape(machine: Machine, kind: object, shape: object) -> tuple[np.dtype, tuple[int, ...]]:
    is_shape = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape) and len(shape) <= 8
    if not isinstance(kind, Type) or not isinstance(shape, tuple) or not is_shape:
        machine.refuse(f"an array of shape {quote(shape)} and type {quote(kind)}", "whole numbers and a type")
    return np.dtype(kind.code).newbyteorder(kind.order), shape


def build(machine: Machine, state: object) -> None:
    """Complete the array or type on top of the stack.

    Args:
        state: of an array (version, shape, type, columns first, bytes), of a type (version, byte order, …).
    """
    unfinished = machine.stack[-1]
    if isinstance(unfinished, Type) and isinstance(state, tuple) and len(state) >= 5:
        if any(part is not None for part in state[2:5]) or state[1] not in ("<", ">", "|", "="):
            machine.refuse("an array with fields", "an array of numbers")
        unfinished.order = state[1]
    elif isinstance(unfinished, Array) and isinstance(state, tuple) and len(state) in (4, 5):
        shape, kind, columns_first, raw = state[-4:]
        finished = array(machine, kind, shape, raw, columns_first is True or columns_first == 1)
        machine.stack[-1] = finished
        for place in unfinished.places:
            machine.memo[place] = finished
    else:
        machine.refuse(f"the state of {quote(unfinished)}")


def empty_array(machine: Machine, kind: object = None, *_: object) -> Array:
    """numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b"b")."""
    if kind != Name("numpy.ndarray"):
        machine.refuse(kind.name if isinstance(kind, Name) else quote(kind), "numpy.ndarray")
    return Array()


def data_type(machine: Machine, code: object = None, *_: object) -> Type:
    """numpy.dtype("f4", False, True)."""
    if not isinstance(code, str) or not _TYPES.fullmatch(code):
        machine.refuse(
            "an array of Python objects" if code in ("O", "O8") else f"an array of type {quote(code)}",
            "numbers or strings",
        )
    order: Literal["<", ">", "="] = "<" if code[0] == "<" else ">" if code[0] == ">" else "="
    return Type(code.lstrip("<>=|"), order)


def scalar(machine: Machine, kind: object, raw: object) -> object:
    """numpy.core.multiarray.scalar(dtype, bytes)."""
    return array(machine, kind, (), raw).item()


def from_buffer(
    machine: Machine, raw: object, kind: object, shape: object, order: object = "C"
) -> np.ndarray:
    """numpy.core.numeric._frombuffer(bytes, dtype, shape, order), of protocol 5."""
    return array(machine, kind, shape, raw, order == "F")


def encode(machine: Machine, text: object = None, encoding: object = None) -> bytes:
    """_codecs.encode(str, "latin1"), of protocol 2 and below."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        machine.refuse(f"_codecs.encode of {quote(text)} as {quote(encoding)}", "a string as latin1")
    machine.copy(len(text))
    return text.encode("latin-1")


def byte_array(machine: Machine, raw: object = b"", encoding: object = None) -> bytearray:
    """bytearray(bytes), or (str, "latin-1"); an integer is refused, since bytearray(n) allocates n bytes."""
    if not isinstance(raw, bytes):
        return bytearray(encode(machine, raw, encoding))
    machine.copy(len(raw))
    return bytearray(raw)


def no_bytes(machine: Machine, *arguments: object) -> bytes:
    """bytes(), of protocol 2."""
    return b"" if not arguments else machine.refuse(f"bytes of {quote(arguments[0])}")


def container(kind: str) -> Callable[..., object]:
    """The substitute for list, tuple, set, frozenset or dict: makes one from a list or tuple."""

    def make(machine: Machine, items: object = (), *rest: object) -> object:
        if not isinstance(items, (list, tuple)) or rest:
            machine.refuse(f"a {kind} of {quote(items)}")
        machine.copy(len(items))
        machine.count()
        if kind == "dict":
            if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in items):
                machine.refuse("a dict of other things than pairs")
            return {machine.key(key): value for key, value in items}
        return _CONTAINERS[kind](map(machine.key, items) if kind in ("set", "frozenset") else items)

    return make


Functions = dict[str, Callable[..., object] | None]


def _names(modules: Sequence[str], functions: Mapping[str, Callable[..., object]]) -> Functions:
    """The functions by their full names in each of the modules."""
    return {f"{module}.{name}": function for module in modules for name, function in functions.items()}


FUNCTIONS: Functions = {
    "numpy.ndarray": None,  # an argument only
    "numpy.dtype": data_type,
    "_codecs.encode": encode,
    "collections.OrderedDict": container("dict"),
    **_names(
        ("numpy.core.multiarray", "numpy._core.multiarray"), {"_reconstruct": empty_array, "scalar": scalar}
    ),
    **_names(("numpy.core.numeric", "numpy._core.numeric"), {"_frombuffer": from_buffer}),
    **_names(
        ("builtins", "__builtin__"),
        {kind: container(kind) for kind in _CONTAINERS} | {"bytearray": byte_array, "bytes": no_bytes},
    ),
}
"""The names that a pickle may use, and the substitutes that are called for them."""
