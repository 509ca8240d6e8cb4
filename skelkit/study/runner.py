"""Headless runs of the notebooks with papermill, with checked parameters."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..utils.files import make_folder
from ..utils.notebooks import notebooks_folder
from ..utils.progress import HEADLESS
from .session import RECORD

NOTEBOOKS = notebooks_folder()


class NotebookFailed(RuntimeError):
    """A notebook stopped with an error, or recorded nothing."""


REPORT = ("report.html", "report")
"""The index of the report of a study, and the folder of its pages, in the folder of the results."""

PLOTLY_FILE = "plotly.js"
"""The script that the pages share, in their folder."""


@dataclass(frozen=True)
class Run:
    """An executed notebook.

    Attributes:
        name: of the notebook.
        path: of the executed notebook.
        results: what it claimed and recorded, see `Session.results`.
        seconds: duration.
        error: why it failed. Default: it did not.
    """

    name: str
    path: Path
    results: dict[str, Any]
    seconds: float
    error: str = ""


def find(names: Sequence[str] = (), folder: Path = NOTEBOOKS) -> list[Path]:
    """Notebooks of the study in order.

    Args:
        names: numbers ("01"), names or paths. Default: all notebooks.
        folder: of the notebooks.

    Raises:
        FileNotFoundError: an unknown name; the message lists the known ones.
    """
    known = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    chosen: list[Path] = []
    for name in names:
        path = Path(name)
        hits = [path] if path.is_file() else [p for p in known if name in (p.stem, *p.stem.split("_", 1))]
        if not hits:
            stems = ", ".join(p.stem for p in known) or "none"
            raise FileNotFoundError(f"no notebook {name!r} in {folder.name}/; there are: {stems}")
        chosen += hits
    if not known and not chosen:
        raise FileNotFoundError(f"no notebooks in {folder}; run the study from a checkout of the project")
    return chosen or known


def check_parameters(notebook: Path, parameters: dict[str, Any]) -> None:
    """Check that the parameters cell of a notebook declares all of the parameters; papermill only warns.

    Raises:
        ValueError: names the notebook, the unknown parameters and the declared ones.
    """
    import papermill

    declared = papermill.inspect_notebook(str(notebook))
    if not declared:
        raise ValueError(f"{notebook.name}: no parameters cell; tag the cell with its settings 'parameters'")
    unknown = sorted(set(parameters) - set(declared))
    if unknown:
        raise ValueError(
            f"{notebook.name}: no parameter {', '.join(unknown)}; it declares: {', '.join(declared)}"
        )


def run(notebook: Path, out: Path, parameters: dict[str, Any], headless: bool = True) -> Run:
    """Execute one notebook; NAME.ipynb and NAME.json in folder `out` are both complete or absent.

    Raises:
        NotebookFailed: with the error of the cell; the cells executed so far are in NAME.failed.ipynb.
        ValueError: an undeclared parameter.
    """
    check_parameters(notebook, parameters)
    out = make_folder(out.resolve())
    target, values = out / f"{notebook.stem}.ipynb", out / f"{notebook.stem}.json"
    _forget(notebook, out)
    began = time.perf_counter()
    # Threads that spin while they wait make torch 25 times slower on two cores as soon as anything else runs.
    variables = {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}
    variables |= {RECORD: str(values), HEADLESS: "1" if headless else "0"}
    with _environment(variables):
        _execute(notebook, target, values, parameters)
    if not values.exists():
        raise NotebookFailed(f"{notebook.name} recorded nothing; end it with study.record(name=value, …)")
    return Run(notebook.stem, target, json.loads(values.read_text()), time.perf_counter() - began)


def _execute(notebook: Path, target: Path, values: Path, parameters: dict[str, Any]) -> None:
    """Write the executed notebook to `target`; on an error, remove `values`."""
    import papermill
    from nbclient.exceptions import DeadKernelError

    partial, failed = (target.with_suffix(f".{end}.ipynb") for end in ("partial", "failed"))
    try:
        papermill.execute_notebook(
            str(notebook),
            str(partial),
            parameters,
            kernel_name="python3",
            cwd=str(notebook.parent.resolve()),
            progress_bar=False,
            # Else the whole notebook is written after each cell; it is written at the end and on an error.
            request_save_on_cell_execute=False,
            # Kernels warn that they use TCP without encryption, which is local to this machine.
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
    except papermill.PapermillExecutionError as error:
        values.unlink(missing_ok=True)
        os.replace(partial, failed)
        raise NotebookFailed(
            f"{notebook.name}, cell {error.cell_index}: {error.ename}: {error.evalue}\n"
            f"  the cells executed so far are in {failed}"
        ) from error
    except DeadKernelError as error:
        partial.unlink(missing_ok=True)
        values.unlink(missing_ok=True)
        raise NotebookFailed(f"{notebook.name}: its process died, perhaps for lack of memory") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        values.unlink(missing_ok=True)
        raise
    os.replace(partial, target)


def run_all(
    names: Sequence[str], out: Path, parameters: dict[str, Any], tell: Callable[[str], None] = print
) -> list[Run]:
    """Execute notebooks one after the other, the others too where one fails.

    The parameters of all are checked before the first one starts.

    Args:
        names: as in `find`.
        out: folder for the executed notebooks and their results; old results there are removed first.
        parameters: of all notebooks.
        tell: called with one line per notebook.

    Raises:
        FileNotFoundError, ValueError: as `find` and `check_parameters`.
    """
    notebooks = find(names)
    for notebook in notebooks:
        check_parameters(notebook, parameters)
    # Before the first run: an interrupted study must not leave old results that look new.
    if out.is_dir():
        remove_report(out)
    for notebook in notebooks:
        _forget(notebook, out)
    runs = []
    for notebook in notebooks:
        began = time.perf_counter()
        try:
            done = run(notebook, out, parameters)
        except NotebookFailed as error:
            runs.append(_failed(notebook, out, parameters, time.perf_counter() - began, str(error)))
            tell(f"  {notebook.stem:<20} FAILED: {error}")
            continue
        claims = sum(not claim.get("finding") for claim in done.results["claims"])
        values = len(done.results["values"])
        tell(f"  {done.name:<20} {done.seconds:5.1f} s   {claims} claims true, {values} values recorded")
        runs.append(done)
    return runs


def remove_report(out: Path) -> None:
    """Remove the report of an earlier study from a folder, and no other file."""
    index, pages = (out / name for name in REPORT)
    index.unlink(missing_ok=True)
    for page in [*pages.glob("[0-9][0-9]_*.html"), pages / "glossary.html", pages / PLOTLY_FILE]:
        page.unlink(missing_ok=True)
    with suppress(OSError):  # other files stand there, or there is no such folder
        pages.rmdir()


def _failed(notebook: Path, out: Path, parameters: dict[str, Any], seconds: float, error: str) -> Run:
    """A run without results; the cells that were executed are kept if there are any."""
    results = {"parameters": parameters, "values": {}, "claims": []}
    return Run(notebook.stem, out.resolve() / f"{notebook.stem}.failed.ipynb", results, seconds, error)


def _forget(notebook: Path, out: Path) -> None:
    """Remove the results of an earlier run."""
    for end in (".ipynb", ".json", ".failed.ipynb"):
        if (old := out / f"{notebook.stem}{end}").is_file():
            old.unlink()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables, which notebook kernels inherit, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
