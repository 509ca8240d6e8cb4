"""What an ONNX graph may contain: operators only, no graphs inside operators and no functions.

Loops, branches and scans have a graph inside; a loop may never end. An exported classifier has none. The file
is read here as protobuf, of which a few lines suffice, so that no other package is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

MOST_FIELDS = 1_000_000
"""Fields of the graph, its operators and their attributes; an exported classifier has some thousands."""

_GRAPH, _FUNCTIONS = 7, 25  # of ModelProto
_NODE = 1  # of GraphProto
_NAME, _ATTRIBUTE = 4, 5  # of NodeProto: the operator, and its attributes
_SUBGRAPHS = (6, 11)  # of AttributeProto


def graph_fault(content: bytes) -> str:
    """What the graph of an ONNX file contains that is refused, as its error names it; "" for nothing.

    >>> graph_fault(b"")
    ''
    >>> graph_fault(bytes([0xCA, 0x01, 0]))
    'functions of its own'
    >>> graph_fault(bytes([0x3A, 99]))
    'a graph that is cut off'
    """
    try:
        fields = _Fields()
        for number, graph in fields.of(memoryview(content)):
            if number == _FUNCTIONS:
                return "functions of its own"
            if number == _GRAPH:
                for _, node in (each for each in fields.of(graph) if each[0] == _NODE):
                    if (operator := _operator_with_graph(fields, node)) is not None:
                        return f"an operator {operator!r} with a graph inside, which may never end"
    except OverflowError:
        return f"more than {MOST_FIELDS:,} parts"
    except (IndexError, ValueError):
        return "a graph that is cut off"
    return ""


def _operator_with_graph(fields: _Fields, node: memoryview) -> str | None:
    """The name of the operator of a node, if an attribute of it is a graph."""
    parts = list(fields.of(node))
    attributes = (attribute for number, attribute in parts if number == _ATTRIBUTE)
    if not any(number in _SUBGRAPHS for attribute in attributes for number, _ in fields.of(attribute)):
        return None
    return next((bytes(name[:40]).decode(errors="replace") for number, name in parts if number == _NAME), "")


class _Fields:
    """Fields of messages, `MOST_FIELDS` in all; more raise OverflowError."""

    left = MOST_FIELDS

    def of(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """As `_fields`."""
        for field in _fields(data):
            self.left -= 1
            if self.left < 0:
                raise OverflowError
            yield field


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of each field of a protobuf message; numbers have no bytes.

    Raises:
        IndexError, ValueError: no whole message.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        size = 0
        if key & 7 == 0:
            _, at = _varint(data, at)
        elif key & 7 in (1, 5):
            at += 8 if key & 7 == 1 else 4
        elif key & 7 == 2:
            size, at = _varint(data, at)
        else:
            raise ValueError("a group")
        if at + size > len(data):
            raise ValueError("cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("no number")
