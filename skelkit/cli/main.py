"""The `skelkit` command: run the study, look at data, measure this machine."""

from __future__ import annotations

import argparse
import os
import sys
import warnings

from ..utils.version import __version__
from .bench import add_bench
from .data import add_data
from .record import add_record
from .study import add_study

EPILOG = """examples:
  skelkit study                                              the whole study on embedded data, in seconds
  skelkit study --preset laptop --dataset recordings/        the same on your own recordings, in minutes
  skelkit study 01 02 --seed 3                               two notebooks, another seed
  skelkit data describe recordings/                          what is in a folder or file
  skelkit data convert recordings/ clips.safetensors         any readable data as one file that loads at once
  skelkit data split recordings/ --by subject --train 1 3 5  into train and test, and what the two share
  skelkit data show recordings/ --clip 3 --out clip3.html    a clip in a browser page
  skelkit record methods --dataset recordings/               every learner, three seeds; goes on where it was broken off
  skelkit bench codecs                                       how fast this machine packs and unpacks clips
"""


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    top = argparse.ArgumentParser(
        prog="skelkit",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True, metavar="study | data | record | bench")
    add_study(commands)
    add_data(commands)
    add_record(commands)
    add_bench(commands)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors of use and of data are one line on standard error, exit status 1."""
    options = parser().parse_args(arguments)
    warnings.formatwarning = lambda message, *_: (
        f"skelkit {options.command}: {message}\n"
    )  # whose line it is does not concern users
    try:
        return options.run(options) or 0
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (
        ValueError,
        FileNotFoundError,
        FileExistsError,
        PermissionError,
        NotADirectoryError,
        RuntimeError,
    ) as error:
        print(f"skelkit {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
