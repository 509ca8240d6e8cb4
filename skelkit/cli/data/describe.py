"""`skelkit data describe`: what a data set contains, and its quality."""

from __future__ import annotations

import html
import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ...analysis.quality import inspect
from ...analysis.quality_report import Quality
from ...data import ClipSet, file_split, ntu
from ...data.loading import dataset_name, recognised
from ...data.readers import find_reader
from ...study import words
from ...utils.files import check_target, write_atomic
from ..command import Command
from . import source


def _add_arguments(parser: ArgumentParser) -> None:
    source.add_arguments(parser)
    parser.add_argument("--figure", type=Path, help="also write an HTML page with a figure of every joint")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _run(options: Namespace) -> int:
    if options.figure and options.figure.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--figure {options.figure}: the figure is a page; give a name that ends in .html")
    if options.figure:
        check_target(options.figure)
    report = ntu.Report() if source.is_raw_ntu(options.source) else None
    clips = source.read(options, report)
    card, quality = {"read as": recognised(options.source)} | _card(clips), inspect(clips)
    remarks = find_reader(options.source).remarks(Path(options.source), options.fps)
    if options.json:
        dropped = {} if report is None else {"dropped": report.counts()}
        findings = {"remarks": remarks, "quality": quality.as_dict(), "findings": quality.lines()}
        print(json.dumps(card | dropped | findings, indent=1))
    else:
        print("\n".join(f"{name:<12} {words(value)}" for name, value in card.items()))
        print("".join(f"{'note':<12} {remark}\n" for remark in remarks), end="")
        if report is not None:
            print(f"\n{report.describe()}")
        print("\nquality\n" + "\n".join(f"  {line}" for line in quality.lines()))
    if options.figure:
        _write_figure(options.figure, quality, options.source)
        print(f"open {options.figure} in a browser", file=sys.stderr if options.json else sys.stdout)
    return 0


def _card(clips: ClipSet) -> dict[str, object]:
    """The data card, with the size of each subset if the file has a train/test split."""
    card = clips.card()
    if subsets := file_split.subsets(clips):
        if not clips.file_splits:  # the subsets are the setups then
            del card["setups"]
        card["subsets"] = {name: len(positions) for name, positions in subsets.items()}
    return card


def _write_figure(path: Path, quality: Quality, name: str) -> None:
    from ...viz.figures.quality import picture

    title = html.escape(f"Quality of {dataset_name(name)}, joint by joint")
    write_atomic(
        path, picture(quality, title).to_html(include_plotlyjs=True).encode(errors="backslashreplace")
    )


COMMAND = Command(
    name="describe",
    help="counts, lengths, persons and data quality",
    description="Print what a data set contains and report its quality: missing, frozen and jumping joints, "
    "bones that change length, duplicate clips, test clips that are also training clips.",
    add_arguments=_add_arguments,
    run=_run,
)
