"""`skelkit data`: describe, convert, split and show recordings."""

from __future__ import annotations

from argparse import ArgumentParser

from ..command import Command, add_commands
from . import convert, describe, show, split


def _add_arguments(parser: ArgumentParser) -> None:
    add_commands(parser, (describe.COMMAND, convert.COMMAND, split.COMMAND, show.COMMAND), dest="verb")


COMMAND = Command(
    name="data",
    help="describe, convert, split or show recordings",
    description="Inspect recordings, convert them to one file that loads fast, split them, or play a clip.",
    add_arguments=_add_arguments,
)
