"""Measure the latency of sliders in JupyterLab with Chromium; print medians in milliseconds as JSON.

python tests/benchmarks/slider_latency.py [--moves 30]
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))


def measure(moves: int) -> dict:
    """Medians over `moves` moves of the time from the key event to the changed pixels."""
    import driving
    import servers
    from playwright.sync_api import sync_playwright

    path = driving.find_chromium() or sys.exit(f"no browser: none of {', '.join(driving.NAMES)} is installed")
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.jupyterlab(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=driving.FLAGS)
        with driving.lab_page(browser, server, "01_compression.ipynb") as page:
            cell = driving.cell(page, "panels.compression(")
            player, text = cell.locator(".skelkit-player"), cell.locator(".widget-html-content").first
            own = driving.measure_slider(
                page, player.locator("input[type=range]"), picture=player, moves=moves
            )
            python = driving.measure_slider(
                page, driving.handle(cell, "interval"), picture=player, text=text, moves=moves
            )
        with driving.lab_page(browser, server, "02_masks.ipynb") as page:
            cell = driving.cell(page, "panels.masking(")
            cell.locator(".js-plotly-plot .main-svg").first.wait_for()
            chart = driving.measure_slider(
                page, driving.handle(cell, "ratio"), chart=cell.locator(".js-plotly-plot"), moves=moves
            )
        version = browser.version
        browser.close()
    middle = {
        "player_slider_ms": own["picture"],
        "python_slider_ms": python["picture"],
        "python_text_ms": python["text"],
        "chart_ms": chart["chart"],
    }
    machine = {"cores": _cores(), "cpu": _cpu(), "chromium": version, "python": platform.python_version()}
    return {"machine": machine, "moves": moves} | {
        name: round(statistics.median(times), 1) for name, times in middle.items()
    }


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--moves",
        type=int,
        default=30,
        help="moves of each slider; at most 40, because the interval ends at 30. Default: 30",
    )
    print(json.dumps(measure(parser.parse_args().moves), indent=1))
