"""The stack machine that runs pickles, without the instruction that calls any function.

Python's `pickletools` documents the instructions, and splits the program into them here.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..errors import Place, UnreadableFile
from .common import quote

MOST_INSTRUCTIONS = 12_000_000
"""Instructions of a program. An annotation of pyskl takes some forty; NTU RGB+D 120 has 114,480 of them."""

PLAIN = "numbers, strings, lists, dicts and numpy arrays"

_FIX = "a pickle can run any code, so nothing else is read; save plain arrays"

_KEYS = (str, bytes, int, float, bool, type(None))  # hashing a nested tuple may never end

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}

_EMPTY = {"EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "EMPTY_SET": set}

_LAST = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

_TEXT = ("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")

_BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8")

_VALUES = frozenset((*_TEXT, *_BYTES, "BININT", "BININT1", "BININT2", "FLOAT", "BINFLOAT"))

_LONG = frozenset(("INT", "LONG", "LONG1", "LONG4"))


@dataclass(frozen=True)
class Name:
    """The name of a function or class in the file; the object itself is never looked up."""

    name: str


Step = Callable[["Machine", Any], object]
"""What an instruction does: ``step(machine, argument of the instruction)``."""


class Machine:
    """Runs one program.

    Args:
        path: the file, for errors.
        size: its bytes, which limit what the program may make.
        functions: full name -> the substitute for that function, called as ``f(machine, *arguments)``; None
            for names that are arguments only.
        build: ``build(machine, state)`` completes the object on top of the stack.
        most: instructions of the program.
    """

    def __init__(
        self,
        path: Path,
        size: int,
        functions: dict[str, Callable[..., object] | None],
        build: Callable[[Machine, object], None],
        most: int = MOST_INSTRUCTIONS,
    ) -> None:
        self.path, self.functions, self.build, self.most = path, functions, build, most
        self.position = 0  # of the current instruction, in bytes
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each open mark
        self.memo: dict[int, object] = {}
        # An empty set takes one byte of the file and 216 of memory, so objects are counted; real files make
        # one in 15 bytes.
        self._objects_left = min(8_000_000, 65_536 + size // 4)
        self._copies_left = 2 * size  # Python 2 kept bytes as text, in any byte order

    def run(self, program: bytes) -> object:
        """The object on top of the stack at the end.

        Raises:
            UnreadableFile: an instruction or a name is refused.
            Exception: of any type, for a damaged program.
        """
        for number, (instruction, value, position) in enumerate(pickletools.genops(program)):
            self.position, name = position or 0, instruction.name
            if number > self.most:
                self.refuse("millions of instructions", f"at most {self.most:,}", "split the file")
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
            # Refused are INST, OBJ, NEWOBJ, EXT, PERSID, …: other ways to objects and classes.
            elif name not in ("PROTO", "FRAME"):
                self.refuse(name if value is None else f"{name} {quote(value)}")
        raise EOFError("no end")

    def refuse(self, found: str, expected: str = PLAIN, fix: str = _FIX) -> NoReturn:
        """Raise the error for the current instruction."""
        raise UnreadableFile(Place(self.path, part=f"byte {self.position}"), found, expected, fix)

    def count(self) -> None:
        """Count one more container or entry of the memo."""
        self._objects_left -= 1
        if self._objects_left < 0:
            self.refuse(
                "far more containers than a file of this size needs", fix="get the file from its authors"
            )

    def copy(self, length: int) -> None:
        """Count bytes or items that a function copies; in total at most twice the bytes of the file."""
        self._copies_left -= length
        if self._copies_left < 0:
            self.refuse("the same data used repeatedly", "each once", "get the file from its authors")

    def push(self, container: object) -> None:
        """Put a new container on the stack."""
        self.count()
        self.stack.append(container)

    def pop(self, count: int) -> list[Any]:
        """Take the last `count` objects from the stack.

        Raises:
            IndexError: there are fewer.
        """
        if count > len(self.stack):
            raise IndexError("the stack is empty")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def marked(self) -> list[Any]:
        """Take the objects since the last mark from the stack."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def top(self, kind: type) -> Any:
        """The container on top of the stack, which must be of this type."""
        if type(self.stack[-1]) is not kind:
            self.refuse(f"items for {quote(self.stack[-1])}", f"a {kind.__name__}")
        return self.stack[-1]

    def key(self, value: object) -> object:
        """The value itself, if it may be a key or a member of a set."""
        if type(value) not in _KEYS:
            self.refuse(f"{quote(value)} as a key or in a set", "a string or a number")
        return value

    def whole(self, value: Any) -> int:
        """The number itself, if it has at most 64 bits."""
        if value.bit_length() > 64:
            self.refuse(quote(value), "whole numbers of at most 64 bits", "save smaller numbers")
        return value


def _mark(machine: Machine, _: object) -> None:
    machine.count()
    machine.below.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine, _: object) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.marked()


def _dict(machine: Machine, _: object) -> None:
    items = machine.marked()
    machine.push({})
    _set_items(machine, items)


def _set_items(machine: Machine, items: list[Any]) -> None:
    pairs = zip(map(machine.key, items[::2]), items[1::2], strict=True)
    machine.top(dict).update(pairs)


def _extend(machine: Machine, items: list[Any]) -> None:
    machine.top(list).extend(items)


def _add(machine: Machine, items: list[Any]) -> None:
    machine.top(set).update(map(machine.key, items))


def _remember(machine: Machine, place: int | None) -> None:
    machine.count()
    place = len(machine.memo) if place is None else place
    machine.memo[place] = machine.stack[-1]
    if hasattr(machine.stack[-1], "places"):  # not complete yet: `build` replaces it here, too
        machine.stack[-1].places.append(place)


def _name(machine: Machine, module_and_name: str | None) -> None:
    """GLOBAL and STACK_GLOBAL: put a name on the stack, if it is a known one."""
    parts = machine.pop(2) if module_and_name is None else module_and_name.split(" ", 1)
    name = ".".join(part if isinstance(part, str) else quote(part) for part in parts)
    if name not in machine.functions:
        machine.refuse(name if name.isprintable() and len(name) < 200 else quote(name))
    machine.stack.append(Name(name))


def _call(machine: Machine, _: object) -> None:
    function, arguments = machine.pop(2)
    known = machine.functions.get(function.name) if isinstance(function, Name) else None
    if known is None or not isinstance(arguments, tuple):
        machine.refuse(f"a call of {function.name if isinstance(function, Name) else quote(function)}")
    machine.stack.append(known(machine, *arguments))


_STEPS: dict[str, Step] = {
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
