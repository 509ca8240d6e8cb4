"""Notebook 08, Your data: quality, compression, split and file formats of a reader's recordings."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from .. import study
from ..analysis import duplicates
from ..analysis.quality_report import Quality
from ..data import Clip, ClipSet, load
from ..data.default_split import TooFewClips, TrainTestSplit, load_split
from ..data.errors import UnreadableFile
from ..data.mapping import as_skeleton, match
from ..data.readers import npz_splits, pyskl, stgcn_files
from ..ops import codecs, fidelity
from ..skeletons import KNOWN, Skeleton
from ..viz import figures, show
from .shares import sign_test


def print_card(whole: ClipSet, used: int, preset: str) -> dict:
    """Print the data card of all clips and claim that each clip shows a person; returns the card.

    Args:
        whole: all clips that were loaded.
        used: number of clips that the notebook draws and compresses.
        preset: of the notebook.

    Raises:
        ValueError: no clip has two frames or more.
    """
    if int(whole.lengths.max()) < 2:
        raise ValueError("every clip has a single frame; this notebook needs clips of two frames or more")
    card = whole.card()
    for name, value in card.items():
        if name != "per class":
            print(f"{name:<12} {study.words(value)}")
    study.claim(
        f"{len(whole)} clips in {card['classes']} classes. Each clip has at least one frame in which a "
        "person is "
        "present.",
        sum(card["per class"].values()) == len(whole) and int(whole.persons.min()) >= 1,
    )
    if used < len(whole):
        print(
            f"The charts and measurements below use {used} randomly chosen clips (preset {preset}); the "
            "quality "
            "report uses all clips."
        )
    return card


def check_quality(found: Quality) -> None:
    """Print the quality report; say whether units and axes are plausible, and whether there are copies."""
    print("\n".join(found.lines()))
    if found.human:
        extent = f"From the lowest to the highest joint, bodies measure {found.height:.2f} m along y"
        study.finding(
            found.standing,
            f"{extent}: units are metres, and y points up.",
            f"{extent}, the longest extent in {found.upright:.0%} of the clips. Correct the unit, the axes "
            "or the "
            "order of the joints before you go on; the lines above say which.",
        )
    first = " and ".join(map(str, found.copies[0][:2])) if found.copies else ""
    study.finding(
        not found.copies,
        "No clip occurs twice.",
        f"{sum(len(group) - 1 for group in found.copies)} clips are exact copies of other clips; the first "
        "pair is "
        f"clips {first}.",
    )


def compare_skeletons(clips: ClipSet) -> None:
    """Print the joints that each named skeleton shares with the clips; convert to the closest one."""
    skeleton, mappings = clips.skeleton, []
    for known in KNOWN.values():
        if known == skeleton:
            continue
        try:
            mappings.append(match(skeleton, known))
            print(mappings[-1])
        except ValueError as error:
            print(f"{skeleton.name} -> {known.name}: {error}")
    if not mappings:
        return
    mapping = max(mappings, key=lambda m: len(m.target) - len(m.missing))
    source = clips.select(slice(0, 50)).to("cpu")
    poses = as_skeleton(source, mapping.target).poses
    shared = [(t, s) for t, s in enumerate(mapping.index) if s >= 0]
    study.claim(
        f"Converted to {mapping.target.name}, the {len(shared)} joints that both skeletons have keep their "
        "positions "
        "bit for bit.",
        all(torch.equal(poses[:, :, t], source.poses[:, :, s]) for t, s in shared),
    )


def measure_compression(clips: Sequence[Clip], intervals: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Reconstruction error and size of every s-th frame in int8, at each clip's own length.

    Returns:
        s -> (RMSE over all clips in mm, mean bytes per clip).
    """
    found = {}
    for s in intervals:
        squares, positions, size = 0.0, 0, 0
        for clip in clips:
            codec = codecs.Uniform(min(s, len(clip)), dtype="int8")
            packed = codec.encode(clip.batch)
            weight = len(clip) * clip.persons
            squares += float(fidelity.rmse(clip.batch, codec.decode(packed))) ** 2 * weight
            positions, size = positions + weight, size + packed.nbytes
        found[s] = ((squares / positions) ** 0.5, size / len(clips))
    return found


def show_compression(errors: Mapping[int, tuple[float, float]]) -> None:
    """Print and draw the result of `measure_compression`; claim that error grows and size falls."""
    for s, (error, size) in errors.items():
        print(f"s = {s:2d}   {error:6.1f} mm   {size:7.0f} bytes per clip")
    series = {"every s-th frame, int8": {s: error for s, (error, _) in errors.items()}}
    show(figures.error_by_interval(series, "Reconstruction error over the interval"))
    (fine, large), (coarse, small) = errors[2], errors[24]
    study.claim(
        f"In int8, the error is {fine:.1f} mm at s = 2 and {coarse:.1f} mm at s = 24, where clips are "
        f"{large / small:.1f} times smaller.",
        fine < coarse and large > small,
    )


def compare_degrees(skeleton: Skeleton, speeds: Tensor) -> None:
    """Draw the mean speed of each joint over its degree; say whether ends of limbs are faster beyond chance.

    Args:
        speeds: of each joint in each clip, m/s, [N, V].
    """
    title = "Speed of each joint over its degree"
    show(figures.degree_and_motion(skeleton, {"all clips": speeds.mean(0)}, title))
    ends, others = (speeds[:, of].mean(1) for of in (skeleton.degrees == 1, skeleton.degrees > 1))
    faster, slower = int((ends > others).sum()), int((ends < others).sum())
    p = sign_test(faster, slower)
    values = (
        f"{float(ends.mean()):.2f} m/s at the ends of limbs, {float(others.mean()):.2f} m/s elsewhere; the "
        f"ends are faster in {faster} of {len(speeds)} clips, slower in {slower}, p = {p:.2g}"
    )
    study.finding(
        faster > slower and p < 0.05,
        f"Joints of low degree move faster: {values}.",
        f"Joints of low degree do not move faster beyond chance: {values}.",
    )


def divide(dataset: str, preset: str, seed: int, device: torch.device) -> tuple[TrainTestSplit, str]:
    """The default split and its name; a split of the embedded data if there are too few clips."""
    try:
        return load_split(dataset, preset, seed, device), "the split made here"
    except TooFewClips as error:
        study.finding(
            False,
            "",
            f"Your data is too small to train a network ({error}). The rest of this section and the next one "
            "use the embedded data.",
        )
        return load_split("synthetic", preset, seed, device), "the embedded data"


def check_file_splits(found: Quality) -> None:
    """Say for each split that the file defines whether a test clip is also a training clip."""
    for train, (test, clips, leaked) in found.leaked.items():
        study.finding(
            not leaked,
            f"The split in your file is clean: none of the {clips} clips of {test} is in {train}.",
            f"The split in your file leaks: {len(leaked)} of the {clips} clips of {test} are exact copies of "
            "clips in "
            f"{train}.",
        )


def check_leaks(split: TrainTestSplit, source: str) -> None:
    """Say whether a test clip is also a training clip, and claim that such a clip is found.

    Args:
        split: training and test clips.
        source: what the split is, for the sentence.
    """
    print("\n".join(duplicates.leak_report(split.train, split.test)))
    study.finding(
        not duplicates.leaks(split.train, split.test),
        f"In {source} no test clip is a training clip.",
        f"In {source} some test clips are training clips: remove them before you trust any accuracy.",
    )
    poses = [split.test[0].poses.cpu(), split.train[0].poses.cpu()]
    leaky = ClipSet.from_arrays(poses, labels=[0, 0], skeleton=split.test.skeleton, fps=split.test.fps)
    found = duplicates.leaks(split.train, leaky)
    study.claim(
        f"A training clip among two test clips is found: {len(found)} of 2 leak.",
        len(found) >= 1,
    )


def write_all(clips: ClipSet, folder: Path) -> dict[str, Path]:
    """Write clips in the formats of this kit and of other toolkits; returns format -> file."""
    frames = int(clips.lengths.max())
    written = {
        "safetensors (this kit)": clips.save(folder / "clips.safetensors"),
        "annotations (pyskl, mmaction2)": pyskl.write_annotations(clips, folder / "clips.pkl"),
        "arrays (ST-GCN)": stgcn_files.write_stgcn(clips, folder / "clips", frames=frames)[0],
    }
    if len(clips) > 1:
        cut = 2 * len(clips) // 3
        train, test = clips.select(slice(0, cut)), clips.select(slice(cut, None))
        written["x_train (CTR-GCN)"] = npz_splits.write_x_train(
            train, test, folder / "clips.npz", frames=frames
        )
    return written


def check_round_trips(clips: ClipSet, written: Mapping[str, Path]) -> dict[str, bool]:
    """Load each written file and compare positions and labels; returns format -> whether they are equal."""
    same = {}
    for name, path in written.items():
        back = load(path) if path.suffix == ".safetensors" else load(path, skeleton=clips.skeleton)
        equal = [
            torch.equal(a.poses[: len(b), : b.poses.shape[1]], b.poses[:, : a.poses.shape[1]])
            for a, b in zip(clips, back, strict=True)
        ]
        same[name] = all(equal) and back.labels.tolist() == clips.labels.tolist()
        print(f"{name:<32} {path.stat().st_size / 1e6:6.2f} MB   {back}")
    study.claim(
        f"{sum(same.values())} of {len(same)} formats restore positions and labels bit for bit: "
        f"{', '.join(same)}.",
        all(same.values()),
    )
    return same


class _Trap:
    """An object whose pickle creates the file "trap" when it is opened with `pickle.load`."""

    def __reduce__(self) -> tuple:
        return (exec, ("__import__('pathlib').Path('trap').touch()",))


def write_trap(path: Path) -> Path:
    """Write a pickle that would run a program when it is opened with `pickle.load`."""
    path.write_bytes(pickle.dumps({"split": {}, "annotations": [_Trap()]}))
    return path


def refusal(path: Path) -> str:
    """The error message with which `load` refuses a file, without its folder; "" if it does not."""
    try:
        load(path)
    except UnreadableFile as error:
        where = replace(error.where, file=path.name)
        return str(UnreadableFile(where, error.found, error.expected, error.fix))
    return ""
