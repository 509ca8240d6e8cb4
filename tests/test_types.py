"""The types of the package are checked: beside the other tests, so that no process waits for it."""

import subprocess
import sys
from pathlib import Path


def test_mypy_finds_no_error():
    command, root = [sys.executable, "-m", "mypy"], Path(__file__).parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
