"""Write tests/expected from a run of all notebooks at preset smoke: python tests/expect.py"""

import json
import tempfile
from pathlib import Path

from skelkit.study import runner
from skelkit.utils.files import write_atomic

if __name__ == "__main__":
    folder = Path(__file__).parent / "expected"
    with tempfile.TemporaryDirectory() as out:
        for run in runner.run_all(
            [], Path(out), {"preset": "smoke", "dataset": "synthetic", "seed": 0, "device": "cpu"}
        ):
            write_atomic(
                folder / f"{run.name}.json",
                json.dumps(run.results["values"], indent=1, ensure_ascii=False).encode() + b"\n",
            )
