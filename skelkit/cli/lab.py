"""`skelkit lab`: the notebooks in JupyterLab."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..utils.files import write_atomic
from ..utils.notebooks import COPY, RECORDED, is_checkout, notebooks_folder
from .command import Command, require

_JUPYTER_SETTINGS = Path(__file__).parent / "jupyter"
"""Settings of JupyterLab: the pop-up about news is off."""


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help=f"folder to copy the notebooks to. Default: ./{COPY}; in a checkout notebooks/, in place",
    )
    parser.add_argument("--copy-only", action="store_true", help="copy the notebooks without opening them")
    parser.add_argument(
        "--no-browser", action="store_true", help="start JupyterLab without opening a browser"
    )


def _run(options: Namespace) -> int:
    if options.folder is None and is_checkout():
        folder = notebooks_folder()
    else:
        folder = options.folder or COPY
        copied, kept = copy_notebooks(folder)
        print(f"{folder}: {copied} {'file' if copied == 1 else 'files'} copied")
        for path in kept:
            print(f"kept {path}: it differs from the installed version; delete it to get that one")
        os.environ[RECORDED] = str((folder / "recorded").resolve())
    if not options.copy_only:
        _open(folder, options.no_browser)
    return 0


def copy_notebooks(target: Path) -> tuple[int, list[Path]]:
    """Copy the notebooks with their glossary, pictures and recorded results to a folder of the user's.

    Returns:
        The number of files copied, and the files that exist with other content; those are left as they are.
    """
    copied, kept = 0, []
    source = notebooks_folder()
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_dir() or any(part.startswith(".") for part in name.parts):
            continue
        content, copy = path.read_bytes(), target / name
        if not copy.exists():
            write_atomic(copy, content)
            copied += 1
        elif copy.read_bytes() != content:
            kept.append(copy)
    return copied, kept


def _open(folder: Path, no_browser: bool) -> None:
    """Run JupyterLab in this process until the user stops it."""
    require("jupyterlab", "notebooks")
    from jupyterlab.labapp import LabApp

    # Spinning OpenMP threads make torch about 25 times slower on two cores as soon as anything else runs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    paths = [str(_JUPYTER_SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    LabApp.launch_instance([f"--notebook-dir={folder.resolve()}"] + ["--no-browser"] * no_browser)


COMMAND = Command(
    name="lab",
    help="open the notebooks in JupyterLab",
    description="Copy the notebooks to a folder of yours and open them in JupyterLab. A notebook that you "
    "have changed is never overwritten. In a checkout of the project, its notebooks are opened "
    "in place.",
    add_arguments=_add_arguments,
    run=_run,
)
