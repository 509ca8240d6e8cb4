"""A copy of the package and its tests, in which a test follows a recipe of CONTRIBUTING.md."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import skelkit

ROOT = Path(__file__).parents[1]
PACKAGE = Path(skelkit.__file__).parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
CODE = dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", CONTRIBUTING, flags=re.DOTALL))
"""The code of the recipes, by file."""
CLIPS = """
import skelkit as sk
train, test = sk.load("synthetic", clips=96, seed=1, classes=["wave", "hug", "kick", "nod"]).split(
    "subject", train=range(1, 41, 2))
"""


class Kit:
    """The copy, and the files that a recipe touched."""

    def __init__(self, folder):
        self.folder, self.touched = folder, set()
        ignore = shutil.ignore_patterns("__pycache__", "notebooks")
        shutil.copytree(PACKAGE, folder / "skelkit", ignore=ignore)

    def add(self, name, text):
        """A new file."""
        path = self.folder / name
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
        self.touched.add(name)

    def follow(self, name, table="", entry="", line=""):
        """The file as CONTRIBUTING.md shows it, and its line in a table, which CONTRIBUTING.md shows too."""
        self.add(name, CODE[name])
        if table:
            assert all(f"`{text}`" in CONTRIBUTING.replace(",`", "`") for text in (entry, line) if text)
            package = str(Path(name).parent / "__init__.py")
            self.register(package, table, entry, line)

    def register(self, name, table, entry, line=""):
        """An entry at the start of a table, and the import that it needs."""
        path = self.folder / name
        lines = path.read_text("utf-8").splitlines()
        (start,) = (i for i, text in enumerate(lines) if text.startswith(table))
        lines.insert(start + 1, f"    {entry},")
        if line:
            lines.insert(next(i for i, text in enumerate(lines) if text.startswith("from .")), line)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        self.touched.add(name)

    def define(self, name, code, table, entry):
        """Code before a table that is in the same file, without the code's imports, and an entry in it."""
        path = self.folder / name
        code = "".join(line for line in code.splitlines(keepends=True) if not line.startswith("from "))
        text = path.read_text("utf-8")
        assert text.count(f"\n{table}") == 1
        path.write_text(text.replace(f"\n{table}", f"\n{code.strip()}\n\n{table}"), "utf-8")
        self.register(name, table, entry)

    def start(self, *arguments):
        """A Python process that imports this copy."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            "OMP_NUM_THREADS": "1",
            "SKELKIT_HEADLESS": "1",
            "SKELKIT_FUZZ": "200",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # nbval alone takes seconds to import
        }
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, *arguments], cwd=self.folder, env=environment, **pipes)

    def run(self, *arguments):
        """What a process prints; it must succeed."""
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, out + errors
        return out

    def script(self, text, *arguments):
        """What a script prints, with clips to train and test on."""
        return self.run("-c", CLIPS + dedent(text), *arguments)

    def copy_tests(self):
        """The tests, their settings and the page that they compare with the package."""
        ignore = shutil.ignore_patterns("__pycache__", "browser", "benchmarks", "expected")
        shutil.copytree(ROOT / "tests", self.folder / "tests", ignore=ignore)
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        (self.folder / "docs").mkdir()
        shutil.copy(ROOT / "docs" / "data.md", self.folder / "docs")

    def passed(self, chosen, *files):
        """Names of the tests of the copied files that `-k chosen` selects; they must pass."""
        if not (self.folder / "tests").exists():
            self.copy_tests()
        out = self.run("-m", "pytest", "-v", "-k", chosen, *(f"tests/{file}.py" for file in files))
        return [line.split("::")[1].split(" PASSED")[0] for line in out.splitlines() if " PASSED" in line]


def kill_when(process, ready, seconds=120):
    """Kill a process as soon as `ready()` holds."""
    end = time.monotonic() + seconds
    while not ready() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate()
