"""Damage 100,000 files for each reader, as the tests damage 2,000, and print the results as JSON.

Beside them, 20,000 files for each reader are damaged within the grammar of their format, and as many files
of the kit's own formats are made up with a valid checksum. For each kind of file: how many are read or
refused, the slowest, and the additional memory.

python tests/benchmarks/fuzz.py [--files 100000] [--grammar 20000]
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

TESTS = Path(__file__).parents[1]

FUZZED = ("reader_fuzz", "ntu_fuzz", "grammar_fuzz", "crafted_files")


def main() -> None:
    """Exits as pytest does: 0 if every file was read or refused as documented, soon, and in little memory."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--files", type=int, default=100_000)
    arguments.add_argument("--grammar", type=int, default=20_000)
    options = arguments.parse_args()
    counts = {"SKELKIT_FUZZ": str(options.files), "SKELKIT_FUZZ_GRAMMAR": str(options.grammar)}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        tests = [TESTS / f"test_{name}.py" for name in FUZZED]
        flags = ["-q", "-k", "damaged or made_up", "-o", "junit_family=xunit1", f"--junitxml={report}"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *tests, *flags],
            env=os.environ | counts,
            stdout=sys.stderr,
        )
        cases = ET.parse(report).getroot().iter("testcase")
    rows = [
        {"reader": case.get("name")} | {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    ]
    machine = f"{platform.machine()}, {os.cpu_count()} threads, Python {platform.python_version()}"
    result = {
        "date": str(datetime.date.today()),
        "machine": machine,
        "passed": done.returncode == 0,
        "readers": [_row(**row) for row in rows if "files" in row],
    }
    print(json.dumps(result, indent=1))
    sys.exit(done.returncode)


def _name(test: str) -> str:
    """What was damaged: the id of a parametrized test, or the rest of the test's name."""
    name, bracket, identity = test.rstrip("]").partition("[")
    how = ", within its grammar" if name.endswith("grammar") else ""
    return (identity + how if bracket else name.removeprefix("test_damaged_")).replace("_", " ")


def _row(reader: str, files: str, read: str, slowest: str, memory: str = "") -> dict:
    row = {
        "what": _name(reader),
        "files": int(files),
        "read": int(read),
        "refused": int(files) - int(read),
    }
    return (
        row
        | {"slowest, ms": round(1e3 * float(slowest), 1)}
        | ({"more memory, MB": round(int(memory) / 2**20)} if memory else {})
    )


if __name__ == "__main__":
    main()
