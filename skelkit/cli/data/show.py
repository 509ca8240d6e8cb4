"""`skelkit data show`: a player for one clip in a browser page."""

from __future__ import annotations

import os
import sys
import webbrowser
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ...utils.files import check_target
from ..command import Command
from . import source


def _add_arguments(parser: ArgumentParser) -> None:
    source.add_arguments(parser)
    parser.add_argument("--clip", type=int, default=0, help="number of the clip, counted from 0. Default: 0")
    parser.add_argument("--out", type=Path, help="page to write without opening it. Default: ./clip-N.html")


def _run(options: Namespace) -> int:
    from ...viz.skeleton_player.page import write_page

    target = check_target(options.out or Path(f"clip-{options.clip}.html"))
    clips = source.read(options)
    try:
        clip = clips[options.clip]
    except IndexError as error:
        raise ValueError(str(error)) from None
    page = write_page(target, clip, title=clip.name)
    opened = options.out is None and _has_desktop() and webbrowser.open(page.absolute().as_uri())
    print(f"{clip}\n{'opened' if opened else 'open'} {page} in a browser")
    return 0


def _has_desktop() -> bool:
    """Whether a user sits in front of this process: a terminal, on a machine with a screen."""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.stdout.isatty() and (sys.platform in ("darwin", "win32") or bool(screen))


COMMAND = Command(
    name="show",
    help="play a clip in a browser page",
    description="Write a self-contained page with a player for one clip, and open it if there is a desktop.",
    add_arguments=_add_arguments,
    run=_run,
)
