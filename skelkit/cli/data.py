"""`skelkit data`: describe, convert, split and show recordings."""

from __future__ import annotations

import html
import json
import os
import sys
import warnings
import webbrowser
from pathlib import Path

import torch

from .. import skeletons, study
from ..utils.files import make_folder, write_atomic
from ..utils.validation import one_of, positive

LOST = "not in such a file: names of classes, frame rate, joints' names; subjects and views but what names of NTU RGB+D samples say; of .npy and .npz frames at the end that show nobody"


def add_data(commands) -> None:
    command = commands.add_parser(
        "data",
        help="describe, convert or show recordings",
        description="Look at recordings, or turn them into one fast file.",
    )
    verbs = command.add_subparsers(dest="verb", required=True, metavar="describe | convert | split | show")
    describe = verbs.add_parser(
        "describe",
        help="counts, lengths, persons, what is wrong",
        description="Print what a data set holds, and what is wrong with it: missing, frozen and jumping joints, bones that change length, clips that are there twice.",
    )
    describe.add_argument("--figure", type=Path, help="also write a page with a figure, joint by joint")
    _source(describe)
    describe.add_argument("--json", action="store_true", help="as JSON, for programs")
    describe.set_defaults(run=run_describe)
    _convert(verbs)
    _split(verbs)
    show = verbs.add_parser(
        "show",
        help="a clip in a browser page",
        description="Write a self-contained page with a player for one clip, and open it where there is a desktop.",
    )
    _source(show)
    show.add_argument("--clip", type=int, default=0, help="which clip, counted from 0 (default: 0)")
    show.add_argument("--out", type=Path, help="page to write, and not to open (default: clip-N.html here)")
    show.set_defaults(run=run_show)


def _source(command) -> None:
    """What every command about data takes: recordings, and what their files do not say."""
    command.add_argument("source", help='"synthetic" or a path')
    reading = command.add_argument_group("how to read it, where its files do not say (see skelkit.load)")
    reading.add_argument("--fps", type=float, help="frames per second")
    reading.add_argument("--skeleton", help=f"joints: {', '.join(skeletons.KNOWN)}")
    reading.add_argument("--scale", type=float, help="metres per unit (default: 0.01 for BVH, 1 for others)")
    reading.add_argument("--up", choices=["y", "z", "-y"], help="the axis that points up (default: y)")
    reading.add_argument(
        "--pattern", help="regular expression for names of BVH files, with groups named class and subject"
    )


def _is_raw_ntu(source: str) -> bool:
    from ..data.ntu import samples

    return source != "synthetic" and Path(source).exists() and samples.holds_samples(source)


def _load(options, **more):
    """The recordings of a command."""
    from dataclasses import replace

    from ..data import load
    from ..data.loading import takes
    from ..data.readers.common import upright

    given = more | {
        name: getattr(options, name)
        for name in ("fps", "skeleton", "scale", "pattern")
        if getattr(options, name) is not None
    }
    scale = given.pop("scale") if "scale" in given and not takes(options.source, "scale") else None
    if scale is not None:
        positive(scale, "--scale", "metres per unit")
    try:
        with warnings.catch_warnings():
            if scale is not None:  # they are not metres yet
                warnings.filterwarnings("ignore", "bodies measure", UserWarning)
            clips = load(options.source, **given)
    except TypeError as error:
        raise ValueError(str(error).replace("option '", "option '--")) from None
    if scale is not None:
        clips = replace(clips, poses=clips.poses * scale)
    if options.up not in (None, "y"):
        clips = replace(clips, poses=torch.from_numpy(upright(clips.poses.numpy(), options.up)).contiguous())
    return clips


def _convert(verbs) -> None:
    convert = verbs.add_parser(
        "convert",
        help="to one file that loads at once, or to another toolkit's",
        description="Read any recordings and write one .safetensors file that loads at once; or .pkl (annotations of pyskl and mmaction2), .npy (arrays of the "
        "ST-GCN family, labels beside them). Raw NTU RGB+D is read on all cores, in bounded memory; killed, it goes on where it was.",
    )
    _source(convert)
    convert.add_argument("target", type=Path, help="file to write, ending in .safetensors, .pkl or .npy")
    convert.add_argument("--force", action="store_true", help="replace the target if it exists")
    ntu = convert.add_argument_group("raw NTU RGB+D")
    ntu.add_argument("--workers", type=int, help="processes (default: as many as are worth their start)")
    ntu.add_argument(
        "--scheduler", metavar="ADDRESS", help="of Dask, whose workers parse; needs the extra cluster"
    )
    ntu.add_argument(
        "--dtype", choices=["float32", "float16"], default="float32", help="of the poses (default: float32)"
    )
    ntu.add_argument("--missing", type=Path, metavar="FILE", help="names of samples to leave out, one a line")
    ntu.add_argument("--only", metavar="PATTERN", help='samples whose name matches, like "S001*"')
    ntu.add_argument(
        "--damaged",
        choices=["refuse", "report"],
        default="refuse",
        help="stop at a damaged file (default), or leave it out and say so",
    )
    ntu.add_argument(
        "--all-bodies",
        action="store_true",
        help="without the published denoising: all bodies that were tracked, furniture too",
    )
    convert.set_defaults(run=run_convert)


def _split(verbs) -> None:
    split = verbs.add_parser(
        "split",
        help="into train and test",
        description="Write train.safetensors and test.safetensors, or both in one file of another toolkit, and say what the two share: clips, subjects.",
    )
    _source(split)
    split.add_argument(
        "--by",
        default="subject",
        help="subject, view, setup, stratified, a protocol of NTU RGB+D (xsub, xview, xset), or file: the split that the file itself has (default: subject)",
    )
    split.add_argument(
        "--train",
        nargs="+",
        help="the subjects, views or setups to train on; for stratified the share, like 0.7; for file the part, if it has several splits",
    )
    split.add_argument(
        "--out",
        type=Path,
        default=Path("."),
        help="folder to write to (default: here); or a file that holds both parts: .npz (x_train, y_train, x_test, y_test) or .pkl (annotations with their split)",
    )
    split.add_argument("--seed", type=int, default=0, help="of a stratified split (default: 0)")
    split.add_argument("--force", action="store_true", help="replace what is there")
    split.set_defaults(run=run_split)


def run_describe(options) -> int:
    from ..analysis.quality import inspect
    from ..data import file_split, ntu

    if options.figure and options.figure.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--figure {options.figure}: the figure is a page; give a name that ends in .html")
    report = ntu.Report() if _is_raw_ntu(options.source) else None
    clips = _load(options, **({} if report is None else {"report": report}))
    card, found = clips.card(), inspect(clips)
    if parts := file_split.subsets(clips):
        if not clips.file_splits:  # then they are what `setup` says
            del card["setups"]
        card["parts"] = {name: len(positions) for name, positions in parts.items()}
    if options.json:
        dropped = {} if report is None else {"dropped": report.counts()}
        print(json.dumps(card | dropped | {"quality": found.as_dict(), "findings": found.lines()}, indent=1))
    else:
        print("\n".join(f"{k:<12} {study.words(v)}" for k, v in card.items()))
        if report is not None:
            print(f"\n{report.describe()}")
        print("\nquality\n" + "\n".join(f"  {line}" for line in found.lines()))
    if options.figure:
        from ..viz.figures.quality import picture

        title = f"Quality of {study.dataset_name(options.source)}, joint by joint"
        write_atomic(
            options.figure, picture(found, html.escape(title)).to_html(include_plotlyjs=True).encode()
        )
        print(f"open {options.figure} in a browser", file=sys.stderr if options.json else sys.stdout)
    return 0


def run_convert(options) -> int:
    from ..data import ClipSet, file_split
    from ..data.ntu import convert
    from ..data.readers import detection

    kinds = {
        ".safetensors": ClipSet.save,
        ".pkl": lambda clips, path: detection.write_annotations(clips, path, split=file_split.subsets(clips)),
        ".npy": lambda clips, path: detection.write_stgcn(clips, str(path).removesuffix("_data.npy"))[0],
    }
    target = options.target
    if target.suffix not in kinds:
        raise ValueError(f"{target}: the target must end in {', '.join(kinds)}")
    if target.suffix == ".npy":  # the toolkits look for two files of these names
        target = target if target.stem.endswith("_data") else target.with_name(f"{target.stem}_data.npy")
    if target.exists() and not options.force:
        raise FileExistsError(f"{target} exists; pass --force to replace it")
    if target.exists() and Path(options.source).exists() and target.samefile(options.source):
        raise ValueError(f"{target} is what is to be read; give another name")
    given = {
        name: getattr(options, name)
        for name in ("workers", "scheduler", "dtype", "missing", "only", "damaged")
    }
    if target.suffix == ".safetensors" and _is_raw_ntu(options.source):
        if unused := [
            name
            for name in ("fps", "skeleton", "scale", "up", "pattern")
            if getattr(options, name) is not None
        ]:
            raise ValueError(f"--{', --'.join(unused)}: raw NTU RGB+D says this itself; leave it out")
        try:
            report = convert(options.source, target, denoise=not options.all_bodies, **given)
        except ValueError as error:
            more = (
                "; --damaged report leaves such files out and says so"
                if options.damaged == "refuse" and ": line " in str(error)
                else ""
            )
            raise ValueError(f"{error}{more}") from None
        print(f"{report.describe()}\nwritten to {target} ({target.stat().st_size / 1e6:.1f} MB)")
        return 0
    unused = [name for name, value in given.items() if value not in (None, "float32", "refuse")] + [
        "all-bodies"
    ] * options.all_bodies
    if unused:
        raise ValueError(
            f"--{', --'.join(unused)}: only for raw NTU RGB+D that is written to a .safetensors file; leave it out"
        )
    clips = _load(options)
    target = kinds[target.suffix](clips, target)
    parts = file_split.subsets(clips)
    if target.suffix != ".safetensors":
        print(
            LOST + (f"; nor its split into {', '.join(parts)}" if parts and target.suffix == ".npy" else "")
        )
    elif clips.file_splits:
        print(
            f"not in such a file: its split into {', '.join(clips.file_splits)}, which overlap; `skelkit data split --by file` divides it"
        )
    print(f"{clips}\nwritten to {target} ({target.stat().st_size / 1e6:.1f} MB)")
    return 0


def run_split(options) -> int:
    from ..analysis.duplicates import leak_report
    from ..data import ntu

    one_file = options.out.suffix.lower() in (".npz", ".pkl")
    if options.out.suffix and not one_file and not options.out.is_dir():
        raise ValueError(f"--out {options.out}: give a folder, or a file that ends in .npz or .pkl")
    one_of(options.by, ("subject", "view", "setup", "stratified", *ntu.PROTOCOLS, "file"), "--by")
    many = len(options.train or [])
    if (options.by in ntu.PROTOCOLS and many) or (options.by in ("stratified", "file") and many > 1):
        raise ValueError(
            f"--train {' '.join(options.train)}: --by {options.by} takes {'none' if options.by in ntu.PROTOCOLS else 'one'}; leave it out"
        )
    paths = [options.out] if one_file else [options.out / f"{name}.safetensors" for name in ("train", "test")]
    if not options.force and (there := [str(path) for path in paths if path.exists()]):
        raise FileExistsError(
            f"{' and '.join(there)} exist{'s' * (len(there) == 1)}; pass --force to replace them, or --out for another folder"
        )
    train, test = _divided(options, _load(options))
    if one_file:
        print(f"{_both(train, test, options.out)}: train {train}, test {test}\n{LOST}")
    else:
        make_folder(options.out)
        for path, part in zip(paths, (train, test), strict=True):
            print(f"{part.save(path)}: {part}")
    print("\n".join(leak_report(train, test)))
    return 0


def _divided(options, clips):
    """Train and test as --by and --train say."""
    from ..data import ntu
    from ..data.file_split import split_by_file

    if options.by in ntu.PROTOCOLS:
        return ntu.protocol(clips, options.by)
    if options.by == "file":
        try:
            train, test, left = split_by_file(clips, *options.train or [])
        except ValueError as error:
            raise ValueError(f"{options.source}: {error}") from None
        if left:
            print(f"in neither: {', '.join(left)}")
        return train, test
    if options.by == "stratified":
        try:
            given = float(options.train[0]) if options.train else 0.7
        except ValueError:
            raise ValueError(
                f"--train {options.train[0]}: a stratified split takes the share to train on, like 0.7"
            ) from None
    else:
        given = [int(v) if v.lstrip("-").isdigit() else v for v in options.train or []] or None
    try:
        return clips.split(options.by, train=given, seed=options.seed)
    except ValueError as error:
        raise ValueError(str(error).replace("train=[…]", "--train")) from None


def _both(train, test, path: Path) -> Path:
    """Both parts in one file of another toolkit."""
    from ..data.merging import merge
    from ..data.readers import detection

    if path.suffix.lower() == ".npz":  # the size that their scripts have, or as much as there is
        frames = max(300, int(train.lengths.max()), int(test.lengths.max()))
        return detection.write_x_train(train, test, path, frames=frames, persons=2)
    both, where = merge(train, test), range(len(train) + len(test))
    return detection.write_annotations(
        both, path, split={"train": where[: len(train)], "test": where[len(train) :]}
    )


def run_show(options) -> int:
    from ..viz.skeleton_player.page import write_page

    clips = _load(options)
    try:
        clip = clips[options.clip]
    except IndexError as error:
        raise ValueError(str(error)) from None
    page = write_page(options.out or Path(f"clip-{options.clip}.html"), clip, title=clip.name)
    opened = options.out is None and _has_desktop() and webbrowser.open(page.absolute().as_uri())
    print(f"{clip}\n{'opened' if opened else 'open'} {page} in a browser")
    return 0


def _has_desktop() -> bool:
    """Whether somebody sits before it: in a terminal, with a screen."""
    screen = (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return bool(sys.stdout.isatty() and screen)
