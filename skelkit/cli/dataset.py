"""The `--dataset` argument of commands that run notebooks and experiments."""

from __future__ import annotations

from pathlib import Path

from ..data.loading import dataset_name, load


def resolved(argument: str) -> tuple[str, str]:
    """Check the argument of `--dataset` and return the data set and its short name.

    The data set is "synthetic" or an absolute path, because notebooks run in another folder.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: the data cannot be read. It is loaded here so that the error comes
            before the first notebook.
    """
    if argument == "synthetic":
        return argument, argument
    path = Path(argument).expanduser()
    if not argument or not path.exists():
        raise FileNotFoundError(
            f"{argument}: no such file or folder; "
            '--dataset takes a path, or "synthetic" for the embedded data'
        )
    load(path)
    return str(path.resolve()), dataset_name(argument)
