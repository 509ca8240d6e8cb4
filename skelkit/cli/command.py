"""What a command of `skelkit` consists of, and how commands become an argument parser."""

from __future__ import annotations

import textwrap
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec

HELP_WIDTH = 80


@dataclass(frozen=True)
class Command:
    """One command, or one verb of a command.

    Args:
        name: the word on the command line.
        help: one line in the list of commands.
        description: what ``skelkit NAME --help`` says before the arguments.
        add_arguments: adds the command's arguments to its parser.
        run: does the work and returns the exit status. Default: the command has verbs, which do it.
        epilog: what the help says after the arguments, with its line breaks.
    """

    name: str
    help: str
    description: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int] | None = None
    epilog: str = ""


def add_commands(parser: ArgumentParser, commands: Iterable[Command], dest: str) -> None:
    """Add a choice of commands to a parser; the chosen name is stored as `dest`, its function as ``run``."""
    commands = list(commands)
    names = " | ".join(command.name for command in commands)
    choice = parser.add_subparsers(dest=dest, required=True, metavar=names)
    for command in commands:
        added = choice.add_parser(
            command.name,
            help=command.help,
            description=textwrap.fill(command.description, HELP_WIDTH),
            epilog=command.epilog,
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.add_arguments(added)
        if command.run is not None:
            added.set_defaults(run=command.run)


def require(module: str, extra: str) -> None:
    """Check that a module of an extra is installed.

    Raises:
        ImportError: says how to install it.
    """
    if find_spec(module) is None:
        raise ImportError(f"{module} is not installed; install it with: pip install 'skelkit[{extra}]'")
