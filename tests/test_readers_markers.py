"""C3D and TRC: markers of files made by hand become the joints that the TOML map says."""

import builtins

import numpy as np
import pytest
from marker_files import NAMES, TOML, c3d, trc

import skelkit as sk
from skelkit.data.errors import UnreadableFile
from skelkit.data.loading import recognised
from skelkit.skeletons.layouts import KNOWN

RNG = np.random.default_rng(4)
MARKERS = RNG.uniform(-900, 900, (5, 4, 3)).round(1)  # millimetres
MARKERS[2, 1] = MARKERS[3, 2] = np.nan


def joints(markers, up="y"):
    """Metres with y up, by hand; zero where one of the markers is hidden."""
    out = np.zeros((len(markers), 3, 3))
    for t, (left, right, knee, ankle) in enumerate(markers / 1000):
        for place, position in enumerate(((left + right) / 2, knee, ankle)):
            x, y, z = np.nan_to_num(position) if not np.isnan(position).any() else (0, 0, 0)
            out[t, place] = (x, y, z) if up == "y" else (x, z, -y)
    return out


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "markers.toml").write_text(TOML)
    return tmp_path


def close(clips, wanted, atol=1e-6):
    np.testing.assert_allclose(clips.poses[:, 0].numpy(), wanted, atol=atol)


FORMS = {
    "floats": {},
    "whole numbers": {"scale": 0.1},
    "SGI": {"order": ">"},
    "with analogue samples": {"analog": 3},
    "whole numbers with analogue samples": {"scale": 0.1, "analog": 2},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_markers_of_a_c3d_file_become_joints_in_metres_with_hidden_ones_missing(folder, form):
    (folder / "a.c3d").write_bytes(c3d(NAMES, MARKERS, rate=200.0, **form))
    clips = sk.load(folder / "a.c3d")
    close(clips, joints(MARKERS, "z"))
    assert (clips.fps, clips.skeleton.joints) == (200.0, ("pelvis", "knee", "ankle"))
    assert "markers in .c3d" in recognised(folder / "a.c3d")


@pytest.mark.parametrize(("up", "axis"), [("+Z", "z"), ("+Y", "y"), ("Y", "y")])
def test_unit_and_vertical_axis_are_those_of_the_c3d_file(folder, up, axis):
    (folder / "a.c3d").write_bytes(c3d(NAMES, MARKERS / 1000, units="m", up=up))
    close(sk.load(folder / "a.c3d"), joints(MARKERS, axis))
    close(sk.load(folder / "a.c3d", up="y"), joints(MARKERS, "y"))


@pytest.mark.parametrize(("units", "factor"), [("mm", 1), ("cm", 10), ("m", 1000)])
def test_markers_of_a_trc_file_become_joints_in_metres_with_empty_cells_missing(folder, units, factor):
    (folder / "a.trc").write_text(trc(NAMES, MARKERS / factor, 60.0, units))
    clips = sk.load(folder / "a.trc")
    close(clips, joints(MARKERS), 1e-4)
    assert clips.fps == 60.0
    assert "y is up" in recognised(folder)
    close(sk.load(folder / "a.trc", up="z"), joints(MARKERS, "z"), 1e-4)


def test_line_ends_and_cut_off_empty_cells_of_a_trc_file_make_no_difference(folder):
    markers = np.where(np.arange(4)[:, None] == 3, np.nan, MARKERS[:2])
    text = trc(NAMES, markers)
    (folder / "a.trc").write_text(text)
    (folder / "b.trc").write_text("\n".join(line.rstrip("\t") for line in text.split("\n")), newline="\r\n")
    first, second = sk.load(folder)
    assert np.array_equal(first.poses, second.poses)


def test_classes_are_folders_and_prefixes_of_subjects_are_understood(folder):
    for name in ("walk/a", "run/b"):
        (folder / name).parent.mkdir()
        (folder / f"{name}.c3d").write_bytes(c3d([f"Ann:{n}" for n in NAMES], MARKERS))
    clips = sk.load(folder)
    assert (clips.names, clips.classes, clips.labels.tolist()) == (
        ("run/b", "walk/a"),
        ("run", "walk"),
        [0, 1],
    )
    close(clips, np.tile(joints(MARKERS, "z"), (2, 1, 1)))


def test_markers_with_the_names_of_the_joints_of_a_layout_need_no_map(tmp_path):
    names = [
        joint.title().replace("_", "").replace("Left", "L").replace("Right", "R")
        for joint in KNOWN["coco17"].joints
    ]
    positions = RNG.uniform(-1000, 1000, (3, 17, 3))
    order = RNG.permutation(17)
    (tmp_path / "a.trc").write_text(trc([names[i] for i in order], positions[:, order]))
    clips = sk.load(tmp_path / "a.trc")
    assert clips.skeleton is KNOWN["coco17"]
    close(clips, positions / 1000, 1e-4)


def test_markers_without_a_map_are_refused_with_what_to_write(tmp_path):
    (tmp_path / "a.trc").write_text(trc(NAMES, MARKERS))
    with pytest.raises(
        UnreadableFile, match=r"4 markers \('LASI', .*expected markers.toml beside it.*\[markers\]"
    ):
        sk.load(tmp_path / "a.trc")
    (tmp_path / "other.toml").write_text(TOML)
    assert len(sk.load(tmp_path / "a.trc", markers=tmp_path / "other.toml")) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("LKNE", "LKNEE", "no marker 'LKNEE' for knee, expected one of 'LKNE', …; correct markers.toml"),
        ("knee =", "elbow =", r"markers.toml: \[markers\] elbow: found no such joint, expected a joint of"),
        ('["LKNE"]', "[]", r"\[markers\] knee: found a list of 0, expected markers"),
        ("[markers]", "[marker]", r"found \['marker'\], expected \[markers\] and \[skeleton\]"),
        (TOML[TOML.index("[skeleton]") :], "", r"found no \[skeleton\]"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(tmp_path, old, new, message):
    (tmp_path / "markers.toml").write_text(TOML.replace(old, new))
    (tmp_path / "a.trc").write_text(trc(NAMES, MARKERS))
    with pytest.raises(UnreadableFile, match=message):
        sk.load(tmp_path / "a.trc")


WRONG_TRC = {
    "another kind": ("PathFileType", "Path", r"a.trc:1: found 'Path\\t4.*expected PathFileType"),
    "unit": ("\tmm\t", "\tinch\t", "a.trc:3: found Units 'inch', expected m or cm or mm"),
    "rate": ("\n100.0\t", "\nfast\t", "a.trc:3: found DataRate 'fast', expected a number above zero"),
    "markers": ("LKNE\t\t\t", "", "a.trc:4: found 3 names of markers, expected 4, each once"),
    "name twice": ("LKNE", "LASI", "a.trc:4: found 4 names of markers, expected 4, each once"),
    "no number": ("\n3\t0.020\t", "\n3\t0.020\tx", r"a.trc:9: found 'x-?\d"),
    "cells": ("\n3\t0.020\t", "\n3\t0.020\t1\t", "a.trc:9: found 1 cells too many"),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG_TRC.values(), ids=WRONG_TRC)
def test_a_damaged_trc_file_is_refused_with_its_line(folder, old, new, message):
    (folder / "a.trc").write_text(trc(NAMES, MARKERS).replace(old, new, 1))
    with pytest.raises(UnreadableFile, match=message):
        sk.load(folder / "a.trc")


def test_a_trc_file_that_is_cut_off_is_refused(folder):
    (folder / "a.trc").write_text(trc(NAMES, MARKERS).rsplit("\n", 2)[0])
    with pytest.raises(UnreadableFile, match="found 4 rows, expected the 5 that NumFrames announces"):
        sk.load(folder / "a.trc")


WRONG_C3D = {
    "more frames than bytes": (
        lambda: c3d(NAMES, MARKERS, last=60_000),
        "found 60,000 frames of 64 bytes from byte",
    ),
    "no frames": (lambda: c3d(NAMES, MARKERS, first=9), "found -3 frames"),
    "data in the header": (lambda: c3d(NAMES, MARKERS, data=1), "from byte 0, expected frames that fit"),
    "markers of another count": (lambda: c3d(NAMES, MARKERS, points=7), "a damaged C3D file .*point count"),
    "unit": (
        lambda: c3d(NAMES, MARKERS, units="ft"),
        "a damaged C3D file|the unit 'ft', expected m or cm or mm",
    ),
    "rate": (lambda: c3d(NAMES, MARKERS, rate=0.0), "found 5 frames of 4 markers at 0 frames per second"),
    "labels": (lambda: c3d(("A", "B", "A", "C"), MARKERS), "found 3 labels, expected 4, one for each marker"),
    "cut off": (lambda: c3d(NAMES, MARKERS)[:-10], "expected frames that fit into its"),
    "text": (lambda: b"HIERARCHY" * 99, "a damaged C3D file"),
    "nothing": (lambda: b"", "a damaged C3D file"),
}


@pytest.mark.parametrize(("made", "message"), WRONG_C3D.values(), ids=WRONG_C3D)
def test_a_damaged_c3d_file_is_refused_before_its_frames_are_read(folder, made, message):
    (folder / "a.c3d").write_bytes(made())
    with pytest.raises(UnreadableFile, match=f"a.c3d: .*({message})"):
        sk.load(folder / "a.c3d")


def test_without_the_library_the_error_says_how_to_install_it(folder, monkeypatch):
    (folder / "a.c3d").write_bytes(c3d(NAMES, MARKERS))
    real = builtins.__import__

    def missing(name, *rest):
        if name == "c3d":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install 'skelkit\[c3d\]'"):
        sk.load(folder / "a.c3d")
