"""Running notebooks without anybody there: papermill, checked parameters, results beside the executed notebooks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import study
from ..utils.files import make_folder
from ..utils.notebooks import notebooks_folder

NOTEBOOKS = notebooks_folder()


class NotebookFailed(RuntimeError):
    """A notebook did not run to its end."""


@dataclass(frozen=True)
class Run:
    """One executed notebook: where it is, what it recorded, how long it took (seconds)."""

    name: str
    path: Path
    results: dict
    seconds: float


def find(names: Sequence[str] = (), folder: Path = NOTEBOOKS) -> list[Path]:
    """The study's notebooks in order; `names` picks some by number ("01"), name or path.

    Raises:
        FileNotFoundError: lists the notebooks there are.
    """
    every = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    chosen = []
    for name in names:
        hits = (
            [Path(name)]
            if Path(name).is_file()
            else [p for p in every if name in (p.stem, *p.stem.split("_", 1))]
        )
        if not hits:
            raise FileNotFoundError(
                f"no notebook {name!r} in {folder.name}/; there are: {', '.join(p.stem for p in every) or 'none'}"
            )
        chosen += hits
    if not every and not chosen:
        raise FileNotFoundError(f"no notebooks in {folder}; run the study from a checkout of the project")
    return chosen or every


def check_parameters(notebook: Path, parameters: dict) -> None:
    """Refuse parameters that the notebook does not declare in its parameters cell (papermill alone would only warn).

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


def run(notebook: Path, out: Path, parameters: dict, headless: bool = True) -> Run:
    """Execute one notebook into folder `out`: NAME.ipynb and NAME.json, both complete or absent.

    Raises:
        NotebookFailed: with the cell's error; what had run is kept as NAME.failed.ipynb.
        ValueError: an undeclared parameter.
    """
    import papermill

    check_parameters(notebook, parameters)
    out = make_folder(out.resolve())
    target, partial, failed = (out / f"{notebook.stem}{end}.ipynb" for end in ("", ".partial", ".failed"))
    values = target.with_suffix(".json")
    _forget(notebook, out)
    began = time.perf_counter()
    # Threads that spin while they wait make torch some 25 times slower on two cores as soon as anything else runs.
    threads = {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}
    with _environment(threads | {study.RECORD: str(values), study.HEADLESS: "1" if headless else "0"}):
        try:
            papermill.execute_notebook(
                str(notebook),
                str(partial),
                parameters,
                kernel_name="python3",
                cwd=str(notebook.parent.resolve()),
                progress_bar=False,
                extra_arguments=[
                    "--IPKernelApp.log_level=CRITICAL"
                ],  # its warning about plain TCP on this machine worries for nothing
            )
        except papermill.PapermillExecutionError as error:
            values.unlink(missing_ok=True)
            os.replace(partial, failed)
            raise NotebookFailed(
                f"{notebook.name}, cell {error.cell_index}: {error.ename}: {error.evalue}\n  what had run is in {failed}"
            ) from error
        except BaseException:
            partial.unlink(missing_ok=True)
            values.unlink(missing_ok=True)
            raise
    os.replace(partial, target)
    if not values.exists():
        raise NotebookFailed(f"{notebook.name} recorded nothing; end it with study.record(name=value, …)")
    return Run(notebook.stem, target, json.loads(values.read_text()), time.perf_counter() - began)


def run_all(
    names: Sequence[str], out: Path, parameters: dict, tell: Callable[[str], None] = print
) -> list[Run]:
    """Run notebooks one after the other; parameters are checked in all of them before the first one starts."""
    notebooks = find(names)
    for notebook in notebooks:
        check_parameters(notebook, parameters)
    # Old results go first of all, so that a run that is broken off leaves none that look new.
    if out.is_dir():
        (out / "report.html").unlink(missing_ok=True)
    for notebook in notebooks:
        _forget(notebook, out)
    runs = []
    for notebook in notebooks:
        done = run(notebook, out, parameters)
        claims = [c for c in done.results["claims"] if not c.get("finding")]
        tell(
            f"  {done.name:<20} {done.seconds:5.1f} s   {len(claims)} claims true, {len(done.results['values'])} values recorded"
        )
        runs.append(done)
    return runs


def _forget(notebook: Path, out: Path) -> None:
    for end in (".ipynb", ".json", ".failed.ipynb"):
        if (old := out / f"{notebook.stem}{end}").is_file():
            old.unlink()


class _environment:
    """Environment variables for a while; notebook kernels inherit them."""

    def __init__(self, values: dict[str, str]):
        self.values = values

    def __enter__(self):
        self.before = {name: os.environ.get(name) for name in self.values}
        os.environ.update(self.values)

    def __exit__(self, *_):
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
