"""The stack machine that a pickle is a program for, without the instruction that calls any function.

What each instruction does is told by Python's `pickletools`, which also takes the program apart here.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .common import fail, quote

PLAIN = "numbers, strings, lists, dicts and numpy arrays"

_DO = "a pickle can run any code, so nothing else is read; save plain arrays"

_KEYS = (str, bytes, int, float, bool, type(None))  # to hash a nested tuple can take for ever

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}

_EMPTY = {"EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "EMPTY_SET": set}

_LAST = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

_TEXT = ("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")

_BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8")

_VALUES = frozenset((*_TEXT, *_BYTES, "BININT", "BININT1", "BININT2", "FLOAT", "BINFLOAT"))

_LONG = frozenset(("INT", "LONG", "LONG1", "LONG4"))


@dataclass(frozen=True)
class Name:
    """A function or class that the file names: its name, never the thing itself."""

    name: str


class Machine:
    """Runs one program.

    Args:
        path: the file, for errors.
        size: its bytes, which bound what it may make.
        functions: full name -> what is done instead of calling that function, ``f(machine, *arguments)``.
        build: ``build(machine, state)`` finishes the thing on top of the stack.
    """

    def __init__(self, path: Path, size: int, functions: dict[str, Callable | None], build: Callable):
        self.path, self.place, self.functions, self.build = path, 0, functions, build
        self.stack: list = []
        self.below: list[list] = []  # the stacks under each open mark
        self.memo: dict[int, object] = {}
        # An empty set is one byte of file and 216 of memory, so what is made is counted: real files make one thing in 15 bytes.
        self._things = min(8_000_000, 65_536 + size // 4)
        self._copied = size

    def run(self, program: bytes) -> object:
        """What is on the stack at the end. Raises `Refused`, or anything at all for a damaged program."""
        for instruction, value, place in pickletools.genops(program):
            self.place, name = place, instruction.name
            if name in _VALUES:
                self.stack.append(value)
            elif (step := _STEPS.get(name)) is not None:
                step(self, value)
            elif name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name])
            elif name in _EMPTY:
                self.push(_EMPTY[name]())
            elif name in _LAST:
                self.push(tuple(self.pop(_LAST[name])))
            elif name in _LONG:
                self.stack.append(self.whole(value))
            elif name == "STOP":
                return self.stack.pop()
            elif name not in (
                "PROTO",
                "FRAME",
            ):  # INST, OBJ, NEWOBJ, EXT, PERSID, …: other ways to objects and classes
                self.refuse(name if value is None else f"{name} {quote(value)}")
        raise EOFError("no end")

    def refuse(self, found: str, expected: str = PLAIN, do: str = _DO):
        fail(f"{self.path}: byte {self.place}", found, expected, do)

    def count(self) -> None:
        """One more container or place in the memo."""
        self._things -= 1
        if self._things < 0:
            self.refuse(
                "far more containers than a file of this size needs", do="get the file from its authors"
            )

    def copy(self, length: int) -> None:
        """Some functions copy what they are given: all of it together no more than the file holds."""
        self._copied -= length
        if self._copied < 0:
            self.refuse("the same data used again and again", "each once", "get the file from its authors")

    def push(self, container: object) -> None:
        self.count()
        self.stack.append(container)

    def pop(self, count: int) -> list:
        if count > len(self.stack):
            raise IndexError("the stack is empty")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def marked(self) -> list:
        """What was put on the stack since the last mark."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def filled(self, kind: type):
        """The container on top of the stack."""
        if type(self.stack[-1]) is not kind:
            self.refuse(f"items for {quote(self.stack[-1])}", f"a {kind.__name__}")
        return self.stack[-1]

    def key(self, value: object) -> object:
        if type(value) not in _KEYS:
            self.refuse(f"{quote(value)} as a key or in a set", "a string or a number")
        return value

    def whole(self, value: int) -> int:
        if value.bit_length() > 64:
            self.refuse(quote(value), "whole numbers of at most 64 bits", "save smaller numbers")
        return value


def _mark(machine: Machine, _) -> None:
    machine.count()
    machine.below.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine, _) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.marked()


def _dict(machine: Machine, _) -> None:
    items = machine.marked()
    machine.push({})
    _set_items(machine, items)


def _set_items(machine: Machine, items: list) -> None:
    pairs = zip(map(machine.key, items[::2]), items[1::2], strict=True)
    machine.filled(dict).update(pairs)


def _extend(machine: Machine, items: list) -> None:
    machine.filled(list).extend(items)


def _add(machine: Machine, items: list) -> None:
    machine.filled(set).update(map(machine.key, items))


def _remember(machine: Machine, place: int | None) -> None:
    machine.count()
    place = len(machine.memo) if place is None else place
    machine.memo[place] = machine.stack[-1]
    if hasattr(machine.stack[-1], "places"):  # still to be finished: whoever does must find it here
        machine.stack[-1].places.append(place)


def _name(machine: Machine, module_and_name: str | None) -> None:
    """GLOBAL and STACK_GLOBAL: a name is put on the stack, if it is a known one."""
    parts = machine.pop(2) if module_and_name is None else module_and_name.split(" ", 1)
    name = ".".join(part if isinstance(part, str) else quote(part) for part in parts)
    if name not in machine.functions:
        machine.refuse(name if name.isprintable() and len(name) < 200 else quote(name))
    machine.stack.append(Name(name))


def _call(machine: Machine, _) -> None:
    function, arguments = machine.pop(2)
    known = machine.functions.get(function.name) if isinstance(function, Name) else None
    if known is None or not isinstance(arguments, tuple):
        machine.refuse(f"a call of {function.name if isinstance(function, Name) else quote(function)}")
    machine.stack.append(known(machine, *arguments))


_STEPS: dict[str, Callable[[Machine, object], None]] = {
    "MARK": _mark,
    "POP": _pop,
    "POP_MARK": lambda m, _: m.marked(),
    "DUP": lambda m, _: m.stack.append(m.stack[-1]),
    "LIST": lambda m, _: m.push(m.marked()),
    "TUPLE": lambda m, _: m.push(tuple(m.marked())),
    "DICT": _dict,
    "FROZENSET": lambda m, _: m.push(frozenset(map(m.key, m.marked()))),
    "APPEND": lambda m, _: _extend(m, m.pop(1)),
    "APPENDS": lambda m, _: _extend(m, m.marked()),
    "ADDITEMS": lambda m, _: _add(m, m.marked()),
    "SETITEM": lambda m, _: _set_items(m, m.pop(2)),
    "SETITEMS": lambda m, _: _set_items(m, m.marked()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, place: m.stack.append(m.memo[place])),
    "GLOBAL": _name,
    "STACK_GLOBAL": _name,
    "REDUCE": _call,
    "BUILD": lambda m, _: m.build(m, m.pop(1)[0]),
}
