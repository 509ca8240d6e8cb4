"""The `skelkit` command: run the notebooks, look at data, run experiments, measure this machine."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import traceback
import warnings

from ..data.errors import UnknownOption
from ..utils.version import __version__
from . import bench, data, exercises, lab, pretrain, record, study, zoo
from .command import add_commands
from .output import Printable, UnwritableOutput, escaped

COMMANDS = (
    study.COMMAND,
    lab.COMMAND,
    data.COMMAND,
    pretrain.COMMAND,
    record.COMMAND,
    zoo.COMMAND,
    exercises.COMMAND,
    bench.COMMAND,
)

DEBUG = "SKELKIT_DEBUG"
"""Environment variable: set (to 1), an error prints its traceback, as with ``--debug``."""

_EXPECTED = (ValueError, UnknownOption, OSError, RuntimeError, ImportError)
"""Errors of use, of data and of the installation; the message alone says what to do."""

_EPILOG = """examples:
  skelkit study                                         run all notebooks on the embedded data, in minutes
  skelkit study --preset laptop --dataset recordings/   the same on your own recordings
  skelkit study 01 02 --seed 3                          two notebooks, with another seed
  skelkit lab                                           open the notebooks in JupyterLab
  skelkit data describe recordings/                     contents and quality of a folder or file
  skelkit data convert recordings/ clips.safetensors    write any readable data as one fast file
  skelkit data split clips.safetensors --train 1 3 5    write train and test sets of different subjects
  skelkit data show recordings/ --clip 3                play a clip in a browser page
  skelkit record methods --dataset recordings/          every learner with eight seeds; can be interrupted
  skelkit bench codecs                                  how fast this machine compresses clips
  skelkit --debug data describe recordings/             the traceback of an error, for bug reports
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser of all commands."""
    top = argparse.ArgumentParser(
        prog="skelkit",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("--debug", action="store_true", help=f"print tracebacks (also: {DEBUG}=1)")
    add_commands(top, COMMANDS, dest="command")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; an expected error prints one line and returns 1."""
    with contextlib.redirect_stdout(Printable(sys.stdout)):
        try:
            return _run(arguments)
        except UnwritableOutput as error:
            with contextlib.suppress(OSError, ValueError):  # else Python reports it once more as it ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error.__cause__, BrokenPipeError):  # the reader, such as `head`, has enough
                print(f"skelkit: {error}", file=sys.stderr)
            return 1


def _run(arguments: list[str] | None) -> int:
    name, debug = "skelkit", False
    try:
        options = parser().parse_args(arguments)
        name, debug = f"skelkit {options.command}", options.debug
        # Users do not need to know which line of the code issued a warning.
        warnings.formatwarning = lambda message, *_: f"{escaped(f'{name}: {message}')}\n"
        return options.run(options)
    except _EXPECTED as error:
        if debug or os.environ.get(DEBUG, "") not in ("", "0"):
            traceback.print_exc()
        else:
            print(escaped(f"{name}: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    finally:
        sys.stdout.flush()
