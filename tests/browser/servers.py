"""JupyterLab and Voilà on a copy of the notebooks, as child processes that are surely gone afterwards."""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, its secret, and what it has written so far."""

    url: str
    token: str
    log: Path

    def tail(self, lines: int = 25) -> str:
        """The end of the log, without the token, to be added to a failed assertion."""
        text = self.log.read_text("utf-8", errors="replace").replace(self.token, "TOKEN")
        return "\n".join(["", f"-- the end of {self.log.name}:", *text.splitlines()[-lines:]])


@contextlib.contextmanager
def jupyterlab(folder: Path):
    """JupyterLab on a copy of the notebooks below `folder`, without the configuration of the user."""
    root, environment, token = _prepare(folder)
    for name, values in SETTINGS.items():
        path = Path(environment["JUPYTERLAB_SETTINGS_DIR"]) / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values), "utf-8")
    port = _free_port()
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        f"--ServerApp.root_dir={root}",
        f"--IdentityProvider.token={token}",
        "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LanguageServerManager.autodetect=False",
    ]
    with _running(
        "jupyterlab", options, environment, folder, f"http://127.0.0.1:{port}/", "api/status", token
    ) as server:
        yield server


@contextlib.contextmanager
def voila(folder: Path):
    """Voilà on a copy of the notebooks below `folder`: pages without code."""
    root, environment, token = _prepare(folder)
    port = _free_port()
    options = [
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
        "--no-browser",
        "--show_tracebacks=True",
        f"--token={token}",
    ]
    options += [f"--Voila.connection_dir_root={folder}", str(root)]
    with _running("voila", options, environment, folder, f"http://127.0.0.1:{port}/", "", token) as server:
        yield server


def _prepare(folder: Path) -> tuple[Path, dict, str]:
    root = folder / "notebooks"
    shutil.copytree(NOTEBOOKS, root, ignore=shutil.ignore_patterns(".*"))
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "JPY_", "SKELKIT_"))
    }
    own = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    environment |= {name: str(folder / name.lower()) for name in own}
    environment |= {"OMP_WAIT_POLICY": "PASSIVE", "JUPYTER_PLATFORM_DIRS": "1", "PYTHONUNBUFFERED": "1"}
    return root, environment, secrets.token_hex(16)


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def _running(
    module: str,
    options: list[str],
    environment: dict,
    folder: Path,
    url: str,
    ready: str,
    token: str,
    seconds: float = 60,
):
    log = folder / f"{module}.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", module, *options]
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(url, token, log)
    try:
        _wait(process, server, ready, seconds)
        yield server
    finally:
        _end(process)


def _wait(process: subprocess.Popen, server: Server, ready: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    request = urllib.request.Request(server.url + ready, headers={"Authorization": f"token {server.token}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < until:
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            opener.open(request, timeout=5),
        ):
            return
        time.sleep(0.1)
    what = (
        f"ended with {process.returncode}"
        if process.poll() is not None
        else f"does not answer after {seconds:.0f} s"
    )
    raise RuntimeError(f"{process.args[2]} {what}{server.tail()}")


def _end(process: subprocess.Popen) -> None:
    """The server and its kernels (which are sessions of their own): politely, then not."""
    family = [process.pid, *_descendants(process.pid)]
    for number, patience in ((signal.SIGTERM, 8), (signal.SIGKILL, 5)):
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + patience
        while any(map(_alive, family)) and time.monotonic() < until:
            time.sleep(0.05)
    process.wait(5)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " not in stat.read_text(errors="replace")


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    children: dict[int, list[int]] = {}
    for child, parent in re.findall(r"(\d+) +(\d+)", listed):
        children.setdefault(int(parent), []).append(int(child))
    found, queue = [], [pid]
    while queue:
        queue += (new := children.get(queue.pop(), []))
        found += new
    return found
