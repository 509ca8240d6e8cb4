"""An array of one Python object, as `numpy.save` pickles a dict; the pickle is not run.

The program is run by the machine of `pickles`, with one thing more: an array of objects that holds a single
one.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Place, UnreadableFile
from . import pickles
from .common import quote
from .pickle_machine import Machine

MOST_INSTRUCTIONS = 200_000
"""Instructions of the pickle. An array takes some forty, and Human3.6M has 210 of them."""


def value(where: Place, content: bytes, expected: str) -> Any:
    """The object in the content of an .npy file.

    Args:
        where: the file, or the array in it, for errors.
        content: header and pickle.
        expected: what the object should be, for errors.

    Raises:
        UnreadableFile: an array of something else, damage, or anything that `pickles` refuses.
    """
    stream = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            shape, _, dtype = read[version](stream)
    except Exception as error:  # a damaged header fails in a dozen ways
        found = f"a damaged header ({quote(str(error), 100)})"
        raise UnreadableFile(where, found, "a numpy array", "get the whole file") from None
    if shape != () or dtype != np.dtype(object):
        found = f"an array {str(dtype)[:60]} {list(shape)[:8]}"
        raise UnreadableFile(where, found, expected, "save it as its authors do")
    machine = Machine(Path(where.file), len(content), _FUNCTIONS, _build, MOST_INSTRUCTIONS)
    try:
        return machine.run(stream.read())
    except UnreadableFile:
        raise
    except Exception as error:  # a damaged program fails in a dozen ways
        found = f"a damaged pickle ({quote(f'{type(error).__name__}: {error}')})"
        part = f"{where.part} byte {machine.position}".strip()
        raise UnreadableFile(replace(where, part=part), found, expected, "get the whole file") from None


def _data_type(machine: Machine, code: object = None, *rest: object) -> pickles.Type:
    """numpy.dtype, also that of objects."""
    return pickles.Type("O", "|") if code in ("O", "O8") else pickles.data_type(machine, code, *rest)


def _build(machine: Machine, state: object) -> None:
    """As `pickles.build`; an array of a single object becomes the object."""
    unfinished = machine.stack[-1]
    is_array = isinstance(unfinished, pickles.Array) and isinstance(state, tuple) and len(state) in (4, 5)
    kind = state[-3] if is_array and isinstance(state, tuple) else None
    if not isinstance(kind, pickles.Type) or kind.code != "O" or not isinstance(state, tuple):
        pickles.build(machine, state)
        return
    items = state[-1]
    if state[-4] != () or not isinstance(items, list) or len(items) != 1:
        machine.refuse("an array of several objects")
    machine.stack[-1] = items[0]
    for place in unfinished.places:
        machine.memo[place] = items[0]


_FUNCTIONS = pickles.FUNCTIONS | {"numpy.dtype": _data_type}
