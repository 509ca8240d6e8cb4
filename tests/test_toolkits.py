import json
import os
import pickle
import re
import zipfile
from functools import partial

import numpy as np
import pytest
import torch
from helpers import body

import skelkit as sk
from skelkit.data import readers
from skelkit.data.readers import (
    adapters,
    bvh,
    bvh_clips,
    npz_splits,
    nwucla,
    pyskl,
    ragged_npz,
    stgcn_files,
    tables,
)
from skelkit.data.readers.pixels import in_metres
from skelkit.skeletons.layouts import COCO17, KINECT20, MOCAP21, NTU25

NTU_NAMES = ["S001C001P001R001A001", "S001C002P003R001A002", "S018C003P002R002A001"]

# Said, so that the tests hold whatever other layouts of 25 joints there are.
read_stgcn = partial(stgcn_files.read_stgcn, skeleton="ntu25")
read_annotations = partial(pyskl.read_annotations, skeleton="ntu25")


def close(clips, arrays):
    """Whether the clips are these arrays [T, M, V, 3], up to persons who never appear."""
    assert len(clips) == len(arrays)
    for clip, array in zip(clips, arrays, strict=True):
        array = array if array.ndim == 4 else array[:, None]
        wide = np.zeros((len(array), clip.poses.shape[1], *array.shape[2:]))
        wide[:, : array.shape[1]] = array[:, : clip.poses.shape[1]]
        if clip.poses.shape != wide.shape or not np.allclose(clip.poses.numpy(), wide, rtol=1e-6):
            return False
    return True


@pytest.fixture
def people(ragged):
    """Clips [T, 2, V, 3] that end with somebody present: empty frames at the end count as padding."""

    def make(lengths=(5, 9, 3), joints=25, seed=0):
        arrays = ragged(lengths, joints, seed)
        for array in arrays:
            array[-1, 0] = 1
        return arrays

    return make


# -- x_train, y_train, x_test, y_test ------------------------------------------------------------------------


def ctr_gcn(path, parts, labels, classes=4, frames=12, **changes):
    """The layout of CTR-GCN's seq_transformation.py: persons concatenated, zeros after the last frame."""
    arrays = {}
    for part, clips in parts.items():
        x = np.zeros((len(clips), frames, clips[0][0].size), dtype=np.float32)
        for i, clip in enumerate(clips):
            for t, frame in enumerate(clip):
                x[i, t] = np.hstack([person.reshape(-1) for person in frame])
        arrays |= {f"x_{part}": x, f"y_{part}": np.eye(classes)[labels[part]]}
    np.savez(path, **{key: value for key, value in (arrays | changes).items() if value is not None})
    return path


@pytest.fixture
def split_file(tmp_path, people):
    clips = people((5, 9, 3, 12))

    def write(**changes):
        return ctr_gcn(
            tmp_path / "NTU60_CS.npz",
            {"train": clips[:3], "test": clips[3:]},
            {"train": [0, 3, 1], "test": [2]},
            **changes,
        )

    return clips, write


def test_the_published_split_of_an_x_train_file_comes_back_clip_by_clip_without_padding(split_file):
    clips, write = split_file
    path = write()
    train, test = npz_splits.read(path, skeleton=NTU25).split("setup", train=["train"])
    assert close(train, clips[:3])
    assert close(test, clips[3:])
    assert (train.labels.tolist(), test.labels.tolist(), len(test.classes)) == ([0, 3, 1], [2], 4)
    both = npz_splits.read(path, skeleton=NTU25, fps=25, classes=["a", "b", "c", "d"])
    assert close(both, clips)
    assert (both.fps, both.classes, both.skeleton, both.names[3]) == (
        25,
        ("a", "b", "c", "d"),
        NTU25,
        "test 0",
    )
    assert [len(part) for part in both.split("setup", train=["train"])] == [3, 1]


def test_the_skeleton_is_found_from_the_width_and_may_be_said(tmp_path, people):
    for skeleton in (KINECT20, MOCAP21, COCO17):
        for persons in (1, 2):
            clips = [np.stack([body(skeleton, 4, seed)] * persons, 1) for seed in (0, 1)]
            path = ctr_gcn(
                tmp_path / "a.npz", {"train": clips[:1], "test": clips[1:]}, {"train": [0], "test": [1]}
            )
            assert npz_splits.read(path).skeleton == skeleton
            assert close(npz_splits.read(path), clips)
    path = ctr_gcn(
        tmp_path / "b.npz", {k: people((4,), 5) for k in ("train", "test")}, {"train": [0], "test": [1]}
    )
    star = sk.Skeleton("star", "mabcd", [("m", j) for j in "abcd"], root="m")
    assert npz_splits.read(path, skeleton=star).poses.shape[1:] == (2, 5, 3)
    with pytest.raises(
        ValueError,
        match=r"x_train: found float32 \[1, 12, 30\], "
        r"expected .* built-in skeleton \(150 for NTU-25\); pass skeleton=",
    ):
        npz_splits.read(path)
    with pytest.raises(
        ValueError, match="found 30 numbers in a frame, expected a multiple of 75, as NTU-25 has 25 joints"
    ):
        npz_splits.read(path, skeleton="ntu25")


def test_a_gap_inside_a_clip_stays_and_a_frame_of_the_second_person_alone_is_none_of_the_padding(tmp_path):
    clip = np.zeros((8, 2, 25, 3), dtype=np.float32)
    clip[1, 0], clip[5, 1, 24, 2] = 1, -0.5
    path = ctr_gcn(tmp_path / "a.npz", {"train": [clip], "test": [clip]}, {"train": [0], "test": [1]})
    assert npz_splits.read(path, skeleton=NTU25).lengths.tolist() == [6, 6]


def with_nan(x):
    x = np.zeros((3, 12, 150), dtype=np.float32)
    x[:, 0] = 1
    x[1, 3, 80] = np.nan
    return x


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"y_test": None},
            r"found the arrays 'x_train', 'y_train', 'x_test', "
            r"expected x_train, y_train, x_test, y_test .*; add 'y_test'",
        ),
        (
            {"y_train": np.eye(4)[[0, 1]]},
            r"found float32 \[3, 12, 150\] in x_train, 2 labels in y_train, expected as many clips",
        ),
        ({"y_train": np.ones((3, 4))}, "y_train: row 0: found 4 classes, expected one"),
        (
            {"y_train": np.array([0, 1, 10**9])},
            "'train 2': found the label 1000000000, expected a class index from 0 to 9,999",
        ),
        ({"y_train": np.array([0, -1, 1])}, "'train 1': found the label -1"),
        ({"x_train": np.zeros((3, 150), np.float32)}, r"x_train: found float32 \[3, 150\], expected"),
        ({"x_train": np.zeros((3, 12, 150), int)}, r"x_train: found int64 \[3, 12, 150\], expected float"),
        (
            {"x_train": with_nan(0)},
            "train 1: 1 coordinates are NaN or infinite, first at frame 3, person 1, joint 1",
        ),
        ({"x_train": np.full((3, 12, 150), 1e300)}, "train 0: 1800 coordinates are NaN or infinite"),
        ({"x_train": np.zeros((3, 12, 150), np.float32)}, "train 0: all coordinates are zero"),
        ({"x_test": np.array([[[None]]])}, "x_test: found pickled objects, expected plain numbers"),
    ],
)
def test_an_x_train_file_that_does_not_fit_together_is_refused_by_array_and_clip(
    split_file, changes, message
):
    path = split_file[1](**changes)
    with pytest.raises(ValueError, match=re.escape(f"{path}: ") + message):
        npz_splits.read(path, skeleton=NTU25)


def feeder_of_ctr_gcn(path, part):
    """What CTR-GCN's feeder makes of a file: [N, C, T, V, M] and labels."""
    with np.load(path) as file:
        x, y = file[f"x_{part}"], np.where(file[f"y_{part}"] > 0)[1]
    n, t, _ = x.shape
    return x.reshape((n, t, 2, 25, 3)).transpose(0, 4, 1, 3, 2), y


def test_what_is_written_as_x_train_is_what_ctr_gcn_reads_and_comes_back_bit_by_bit(tmp_path, people):
    clips = sk.ClipSet.from_arrays(
        people(), skeleton=NTU25, labels=[0, 2, 1], classes=["a", "b", "c", "never seen"]
    )
    train, test = clips.select([0, 1]), clips.select([2])
    path = npz_splits.write_x_train(train, test, tmp_path / "x.npz", frames=20)
    x, y = feeder_of_ctr_gcn(path, "train")
    assert x.shape == (2, 3, 20, 25, 2)
    assert np.array_equal(x[1, :, :9], train.batch([1])[0].numpy())
    assert not x[1, :, 9:].any()
    assert y.tolist() == [0, 2]
    back = npz_splits.read(path, skeleton=NTU25, classes=clips.classes).split("setup", train=["train"])
    for one, other in zip((train, test), back, strict=True):
        assert torch.equal(one.poses, other.poses)
        assert torch.equal(one.starts, other.starts)
        assert one.labels.tolist() == other.labels.tolist()
    assert len(npz_splits.read(path, skeleton=NTU25).classes) == 4


def test_clips_that_do_not_fit_a_padded_file_are_not_cut(tmp_path, people):
    clips = sk.ClipSet.from_arrays(people(), skeleton=NTU25, names=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"train: b: 9 frames, the file has room for 8; pass frames="):
        npz_splits.write_x_train(clips, clips, tmp_path / "x.npz", frames=8)
    with pytest.raises(ValueError, match=r"a clip has more than 1 persons; pass persons="):
        stgcn_files.write_stgcn(clips, tmp_path / "x", persons=1)
    other = sk.ClipSet.from_arrays(people(joints=20), skeleton=KINECT20)
    with pytest.raises(ValueError, match="train and test differ in skeleton or classes"):
        npz_splits.write_x_train(clips, other, tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())


# -- data.npy and labels -------------------------------------------------------------------------------------


def st_gcn(folder, part, clips, labels, names, dtype=np.float32, protocol=4, array="data"):
    """As ntu_gendata.py of ST-GCN lays it out."""
    data = np.zeros((len(clips), 3, 12, clips[0].shape[2], 2), dtype=dtype)
    for i, clip in enumerate(clips):
        for t, frame in enumerate(clip):
            for m, person in enumerate(frame):
                data[i, :, t, :, m] = person.T
    folder.mkdir(exist_ok=True)
    np.save(folder / f"{part}_{array}.npy", data)
    (folder / f"{part}_label.pkl").write_bytes(pickle.dumps((names, labels), protocol))
    return folder / f"{part}_{array}.npy"


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    ("array", "dtype", "closeness"),
    [("data", np.float32, 0), ("data_joint", np.float16, 1e-3), ("position", np.float64, 0)],
)
def test_an_array_with_the_labels_beside_it_is_read(tmp_path, people, protocol, array, dtype, closeness):
    clips = people()
    names = [f"{name}.skeleton" for name in NTU_NAMES]
    path = st_gcn(tmp_path, "train", clips, [4, 0, 1], names, dtype, protocol, array)
    read = read_stgcn(path)
    for clip, expected in zip(read, clips, strict=True):
        assert np.allclose(clip.poses.numpy(), expected, rtol=closeness)
    assert (read.labels.tolist(), read.names, read.skeleton) == ([4, 0, 1], tuple(names), NTU25)
    assert (read.setup.tolist(), read.view.tolist(), read.subject.tolist()) == (
        [1, 1, 18],
        [1, 2, 3],
        [1, 3, 2],
    )


def test_a_folder_of_train_and_val_gives_the_published_split(tmp_path, people):
    clips = people()
    st_gcn(tmp_path / "xsub", "train", clips[:2], [0, 1], NTU_NAMES[:2], array="data_joint")
    st_gcn(tmp_path / "xsub", "val", clips[2:], [2], NTU_NAMES[2:], array="data_joint")
    np.save(tmp_path / "xsub" / "train_data_bone.npy", np.zeros(3))
    read = read_stgcn(tmp_path / "xsub")
    train, test = read.split("setup", train=["train"])
    assert close(train, clips[:2])
    assert close(test, clips[2:])
    assert read.subject.tolist() == [1, 3, 2]
    assert readers.find_reader(tmp_path / "xsub") is stgcn_files.READER


def test_files_of_2s_agcn_which_have_z_up_are_turned(tmp_path, people):
    clips = [clip[..., [0, 2, 1]] * np.float32([1, -1, 1]) for clip in people()]
    path = st_gcn(tmp_path, "train", clips, [0, 1, 2], ["a", "b", "c"])
    read = read_stgcn(path, up="z")
    assert close(read, people())
    assert read.setup is None


def test_labels_that_are_missing_or_of_another_array_are_answered(tmp_path, people):
    path = st_gcn(tmp_path, "train", people(), [0, 1, 2], ["a", "b", "c"])
    labels = tmp_path / "train_label.pkl"
    for content, message in (
        ((["a", "b"], [0, 1]), "train_data.npy: found 3 clips, 2 names in the labels, expected as many"),
        (
            (["a", "b", "c"], [0, 1]),
            "train_label.pkl: found a list of 3 and a list of 2, "
            "expected names of clips and as many class indices",
        ),
        ((["a", "b", "c"], [0, 1, "x"]), "'c': found the label 'x', expected a class index"),
        ((["a", "b", 3], [0, 1, 2]), "train_label.pkl: clip 2: found the name 3, expected a name"),
        (
            (["a", "b", "c\x1b[2J"], [0, 1, 2]),
            r"clip 2: found the name 'c\\x1b\[2J', expected a name without control characters",
        ),
        ([0, 1, 2], "found a list of 3, expected a pair: names of clips, class indices"),
        (os.system, "found posix.system|found nt.system"),
    ):
        labels.write_bytes(pickle.dumps(content))
        with pytest.raises(ValueError, match=message):
            read_stgcn(path)
    labels.unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r"no labels beside it, "
        r"looked for train_label.pkl, train_data_label.pkl, label.pkl; pass labels=",
    ):
        read_stgcn(path)
    (tmp_path / "other.pkl").write_bytes(pickle.dumps((["a", "b", "c"], np.array([0, 1, 2]))))
    assert read_stgcn(path, labels=tmp_path / "other.pkl").labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", [list, np.array, tuple])
def test_labels_may_be_the_class_index_of_each_clip(tmp_path, people, kind):
    path = st_gcn(tmp_path, "train", people(), [0, 1, 2], ["a", "b", "c"])
    (tmp_path / "train_label.pkl").unlink()
    read = sk.load(path, labels=kind([2, 0, 1]), skeleton="ntu25")
    assert (read.labels.tolist(), read.names) == ([2, 0, 1], ("clip 0", "clip 1", "clip 2"))
    assert close(read, people())


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0], "train_data.npy: found 3 clips, 1 names in the labels, expected as many"),
        (0, "labels=0: expected the path of the pickle, or the class index of each clip"),
        ([[0, 1, 2]], "labels=a list of 1: expected the path"),
        ([0, 1, 0.5], "'clip 0': found the label 0.0, expected a class index"),
        (["a", "b", "c"], "'clip 0': found the label 'a', expected a class index"),
    ],
)
def test_labels_that_are_no_class_indices_are_answered(tmp_path, people, labels, message):
    path = st_gcn(tmp_path, "train", people(), [0, 1, 2], ["a", "b", "c"])
    with pytest.raises(ValueError, match=message):
        sk.load(path, labels=labels)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 12, 150)),
        np.zeros((3, 2, 12, 25, 2)),
        np.zeros((3, 3, 12, 25, 2), int),
        np.zeros((3, 3, 0, 25, 2)),
    ],
)
def test_an_array_of_another_layout_is_refused(tmp_path, people, array):
    path = st_gcn(tmp_path, "train", people(), [0, 1, 2], ["a", "b", "c"])
    np.save(path, array)
    with pytest.raises(
        ValueError, match=r"expected float \[clips, 3, frames, joints, persons\]; pass the array of joints"
    ):
        read_stgcn(path)


def test_two_arrays_of_one_part_or_one_part_alone_are_refused(tmp_path, people):
    st_gcn(tmp_path, "train", people(), [0, 1, 2], ["a", "b", "c"])
    with pytest.raises(ValueError, match=r"found arrays of train, expected train_data.npy and val_data.npy"):
        read_stgcn(tmp_path)
    st_gcn(tmp_path, "train", people(), [0, 1, 2], ["a", "b", "c"], array="position")
    with pytest.raises(
        ValueError, match=r"found train_data.npy and train_position.npy, expected one array of train"
    ):
        read_stgcn(tmp_path)


def test_what_is_written_for_st_gcn_comes_back_bit_by_bit(tmp_path, people):
    clips = sk.ClipSet.from_arrays(people(), skeleton=NTU25, labels=[0, 2, 1], names=NTU_NAMES)
    data, labels = stgcn_files.write_stgcn(clips, tmp_path / "train", frames=15)
    x = np.load(data)
    assert x.shape == (3, 3, 15, 25, 2)
    assert np.array_equal(x[1, :, :9], clips.batch([1])[0].numpy())
    assert pickle.loads(labels.read_bytes()) == (NTU_NAMES, [0, 2, 1])
    back = read_stgcn(data)
    assert torch.equal(back.poses, clips.poses)
    assert (back.names, back.labels.tolist()) == (clips.names, [0, 2, 1])


# -- annotations of pyskl and mmaction2 ----------------------------------------------------------------------


def annotation(name, label, clip, **more):
    return {
        "frame_dir": name,
        "label": label,
        "total_frames": len(clip),
        "keypoint": clip.transpose(1, 0, 2, 3).copy(),
        **more,
    }


@pytest.fixture
def annotated(tmp_path, people):
    clips = people()

    def write(annotations=None, split=None, alone=False, protocol=4):
        annotations = annotations or [
            annotation(name, i, clip.astype(np.float16))
            for i, (name, clip) in enumerate(zip(NTU_NAMES, clips, strict=True))
        ]
        content = annotations if alone else {"split": split or {}, "annotations": annotations}
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(content, protocol))
        return tmp_path / "a.pkl"

    return clips, write


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("protocol", range(6))
def test_annotations_in_three_dimensions_are_read(annotated, alone, protocol):
    clips, write = annotated
    read = read_annotations(write(alone=alone, protocol=protocol))
    assert close(read, [clip.astype(np.float16) for clip in clips])
    assert (read.labels.tolist(), read.names, read.skeleton) == ([0, 1, 2], tuple(NTU_NAMES), NTU25)
    assert (read.setup.tolist(), read.subject.tolist()) == ([1, 1, 18], [1, 3, 2])


def test_one_split_is_the_setup_and_of_several_one_is_chosen(annotated):
    a, b, c = NTU_NAMES
    path = annotated[1](split={"train": [a, b], "val": [c]})
    train, test = read_annotations(path).split("setup", train=["train"])
    assert (train.names, test.names) == ((a, b), (c,))
    path = annotated[1](
        split={"xsub_train": [a], "xsub_val": [b, c], "xview_train": [b], "xview_val": [c, a]}
    )
    assert read_annotations(path).setup.tolist() == [1, 1, 18]
    for parts, expected in (
        (["xsub_train", "xsub_val"], ((a,), (b, c))),
        (["xview_train", "xview_val"], ((b,), (a, c))),
    ):
        train, test = read_annotations(path, split=parts).split("setup", train=parts[:1])
        assert (train.names, test.names) == expected
    assert read_annotations(path, split=["xview_val"]).names == (a, c)
    with pytest.raises(
        ValueError, match=f"found '{a}' in xsub_train and in xview_val, expected each clip in one subset"
    ):
        read_annotations(path, split=["xsub_train", "xview_val"])
    with pytest.raises(ValueError, match="no subset 'xset_train' in the split; it has 'xsub_train', "):
        read_annotations(path, split=["xset_train"])


def test_only_the_frames_counted_are_read(annotated):
    clips, write = annotated
    path = write([annotation("a", 0, clips[1]) | {"total_frames": 4}])
    assert close(read_annotations(path), [clips[1][:4]])


def slow_in_metres(pixels, height):
    """One joint at a time."""
    reaches, xs, ys = [], [], []
    for frame in pixels:
        for person in frame:
            seen = [(x, y) for x, y in person if (x, y) != (0, 0)]
            if seen:
                reaches.append(max(y for _, y in seen) - min(y for _, y in seen))
                xs += [x for x, _ in seen]
                ys += [y for _, y in seen]
    scale, floor, middle = height / np.median(reaches), max(ys), np.median(xs)
    out = np.zeros((*pixels.shape[:3], 3))
    for place in np.ndindex(pixels.shape[:3]):
        x, y = pixels[place]
        if (x, y) != (0, 0):
            out[place] = (x - middle) * scale, (floor - y) * scale, 0
    return out


def pixels(frames=6, seed=0):
    bodies = np.stack([body(COCO17, frames, 2 * seed + person) for person in (0, 1)], 1)[..., :2]
    points = bodies * [300, -300] + np.random.default_rng(seed).uniform(600, 900, (frames, 2, 1, 2))
    points[1:3, 1], points[4, 0, 5] = 0, 0
    return points


def test_annotations_in_two_dimensions_stand_in_metres_on_the_ground(annotated):
    points = pixels()
    read = pyskl.read_annotations(annotated[1]([annotation("a", 0, points, img_shape=(1080, 1920))]))
    assert np.allclose(read.poses.numpy(), slow_in_metres(points, 1.7), atol=1e-5)
    assert read.skeleton == COCO17
    assert not read.poses[1:3, 1].any()
    assert not read.poses[4, 0, 5].any()
    assert float(read.poses[..., 1].min()) == 0
    assert np.allclose(
        pyskl.read_annotations(annotated[1]([annotation("a", 0, points)]), height=3.4).poses,
        2 * read.poses,
        atol=1e-5,
    )


def test_size_and_place_in_the_picture_do_not_matter_in_two_dimensions():
    points = pixels()
    moved = np.where(points == 0, 0, 3.5 * points + np.array([700, 90]))
    assert np.allclose(in_metres(points), in_metres(moved))
    with pytest.raises(ValueError, match="height must be a positive number of metres; got 0"):
        in_metres(points, 0)


def test_joints_of_low_score_are_zero_if_asked_for(annotated):
    points = pixels()
    score = np.random.default_rng(1).random(points.shape[:3]).astype(np.float16)
    path = annotated[1]([annotation("a", 0, points, keypoint_score=score.transpose(1, 0, 2))])
    every, sure = pyskl.read_annotations(path), pyskl.read_annotations(path, score=0.5)
    assert np.allclose(every.poses.numpy(), slow_in_metres(points, 1.7), atol=1e-5)
    there = (sure.poses != 0).any(-1).numpy()
    assert np.array_equal(there, (score >= np.float16(0.5)) & (points != 0).any(-1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"keypoint": np.zeros((1, 5, 25, 4))},
            r"'a': found keypoint: float64 \[1, 5, 25, 4\], "
            r"expected floats \[persons, frames, joints, 3 or 2\]",
        ),
        ({"keypoint": [[1]]}, "'a': found keypoint: a list of 1"),
        ({"keypoint": np.zeros((0, 5, 25, 3))}, "found keypoint: float64 .0, 5, 25, 3., expected"),
        ({"keypoint": np.zeros((1, 5, 25, 3), int)}, "found keypoint: int64"),
        ({"keypoint": np.zeros((40, 5, 25, 3))}, "a.pkl: found 40 persons in a clip, expected at most 16"),
        ({"total_frames": 6}, "'a': found total_frames 6, expected 1 to 5, the frames of keypoint"),
        ({"total_frames": "5"}, "found total_frames '5'"),
        ({"total_frames": True}, "found total_frames True"),
        ({"label": None}, "'a': found the label None, expected a class index"),
        ({"label": 2.0}, "'a': found the label 2.0"),
        ({"label": True}, "'a': found the label True"),
        ({"label": 10**12}, "'a': found the label 1000000000000, expected a class index from 0 to 9,999"),
        ({"frame_dir": 7}, "annotation 0: found the frame_dir 7, expected a name"),
        (
            {"frame_dir": "a\nb"},
            r"annotation 0: found the frame_dir 'a\\nb', expected a name without control characters",
        ),
        ({"keypoint": np.full((1, 5, 25, 3), np.nan)}, "a: 375 coordinates are NaN"),
        (
            {"keypoint": np.full((1, 5, 17, 2), np.nan)},
            "'a': found key points that are NaN or infinite, expected pixels",
        ),
        (
            {"keypoint": np.linspace(-1, 1, 170).reshape(1, 5, 17, 2) * 1.7e308},
            "a: .* coordinates are NaN or infinite",
        ),
        (
            {"keypoint": np.ones((1, 5, 17, 2)), "keypoint_score": np.ones((1, 5, 16))},
            r"'a': found keypoint_score: float64 \[1, 5, 16\], expected floats",
        ),
        ({"keypoint": np.arange(190.0).reshape(1, 5, 19, 2)}, "no built-in skeleton has 19 joints"),
    ],
)
def test_an_annotation_that_is_not_right_is_refused_by_its_name(annotated, changes, message):
    good = annotation("a", 0, np.ones((5, 1, 25, 3)))
    with pytest.raises(ValueError, match=r"a\.pkl: ") as error:
        pyskl.read_annotations(annotated[1]([good | changes]))
    assert re.search(message, str(error.value)), str(error.value)


def test_what_is_no_annotation_file_is_answered(tmp_path, annotated):
    def read(content):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(content))
        return pyskl.read_annotations(tmp_path / "a.pkl")

    for content, found in (
        (5, "5"),
        ([], "a list of 0"),
        ({"a": 1}, "a dict of 1"),
        (["x"], "a list of 1"),
        ((["a"], [0]), "a tuple of 2"),
    ):
        with pytest.raises(
            ValueError, match=f"a.pkl: found {found}, expected a dict with .annotations., or a list of them"
        ):
            read(content)
    bare = {"frame_dir": "a", "label": 0, "raw_file": "kp/a.pkl"}
    with pytest.raises(
        ValueError,
        match=r"found keypoint: only 'frame_dir', 'label', 'raw_file', "
        r"expected .*; read the files that raw_file names",
    ):
        read([bare])
    good = annotation("a", 0, np.ones((5, 1, 25, 3)))
    for split in ([], 5, {"train": "a"}, {5: ["a"]}, {"train": [["a"]]}):
        with (
            pytest.raises(ValueError, match=r"a\.pkl: (found the split|split 'train': found a list)")
            if split
            else pytest.raises(ValueError, match="split")
        ):
            read({"annotations": [good], "split": split})


def test_one_array_in_a_thousand_annotations_is_refused(annotated):
    shared = np.ones((1, 3000, 25, 3), np.float32)
    many = [{"frame_dir": str(i), "label": 0, "keypoint": shared} for i in range(1000)]
    with pytest.raises(ValueError, match=r"found the same key points used repeatedly|bytes of poses"):
        pyskl.read_annotations(annotated[1](many))


def test_what_is_written_as_annotations_is_plain_and_comes_back_bit_by_bit(tmp_path, people):
    arrays = people()
    arrays[1][-2:] = 0  # nobody in the last frames
    clips = sk.ClipSet.from_arrays(
        [*arrays, np.ones((4, 25, 3))],
        skeleton=NTU25,
        labels=[0, 2, 1, 0],
        names=[*NTU_NAMES, "S001C001P001R001A004"],
    )
    path = pyskl.write_annotations(clips, tmp_path / "a.pkl", split={"train": [0, 2], "val": [1, 3]})
    content = pickle.loads(path.read_bytes())
    assert content["split"] == {
        "train": [NTU_NAMES[0], NTU_NAMES[2]],
        "val": [NTU_NAMES[1], "S001C001P001R001A004"],
    }
    assert [a["keypoint"].shape for a in content["annotations"]] == [
        (2, 5, 25, 3),
        (2, 9, 25, 3),
        (2, 3, 25, 3),
        (1, 4, 25, 3),
    ]
    back = read_annotations(path)
    assert torch.equal(back.poses, clips.poses)
    assert (back.names, back.labels.tolist(), back.group_names["setup"]) == (
        clips.names,
        [0, 2, 1, 0],
        ("train", "val"),
    )
    with pytest.raises(ValueError, match="two clips are named 'clip 0'"):
        pyskl.write_annotations(
            sk.ClipSet.from_arrays(people(), skeleton=NTU25, names=["clip 0", "b", "clip 0"]), path
        )


# -- NW-UCLA -------------------------------------------------------------------------------------------------


@pytest.fixture
def ucla(tmp_path):
    """A folder of three clips, and their arrays."""
    generator, arrays = np.random.default_rng(0), {}
    (tmp_path / "all_sqe").mkdir()
    for name, label in (("a01_s02_e00_v01", 1), ("a12_s09_e04_v03", 10), ("a08_s02_e01_v02", 7)):
        arrays[name] = generator.normal(size=(int(generator.integers(2, 6)), 20, 3))
        content = {"file_name": name, "skeletons": arrays[name].tolist(), "label": label}
        (tmp_path / "all_sqe" / f"{name}.json").write_text(json.dumps(content))
    return tmp_path / "all_sqe", arrays


def test_a_folder_of_nw_ucla_and_its_archive_are_read_with_what_their_names_say(ucla):
    folder, arrays = ucla
    with zipfile.ZipFile(folder.parent / "all_sqe.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"all_sqe/{file.name}")
    for path in (folder, folder.parent / "all_sqe.zip"):
        read = nwucla.read_nwucla(path)
        assert read.names == ("a01_s02_e00_v01", "a08_s02_e01_v02", "a12_s09_e04_v03")
        assert close(read, [arrays[name] for name in read.names])
        assert [clip.class_name for clip in read] == ["pick up with one hand", "donning", "carry"]
        assert (read.subject.tolist(), read.view.tolist(), read.setup.tolist()) == (
            [2, 2, 9],
            [1, 2, 3],
            [0, 1, 4],
        )
        assert (read.skeleton, read.fps) == (KINECT20, 30)
        assert [len(part) for part in read.split("view", train=[1, 2])] == [2, 1]
        assert readers.find_reader(path) is nwucla.READER
    assert torch.allclose(nwucla.read_nwucla(folder, scale=0.5, fps=15).poses, read.poses / 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{\n\n'x'}", ":3: found Expecting property name enclosed in double quotes, expected json"),
        ("[" * 100_000, ": found something that is no json"),
        ('{"skeletons": ' + "9" * 5000 + "}", ": found something that is no json"),
        (b"\xff\xfe\x00", ": found "),
        ("[1]", ': found a list of 1, expected "skeletons": '),
        ('{"label": 1}', ": found a dict of 1, expected"),
        ('{"skeletons": []}', ": found skeletons: no frames, expected numbers"),
        (
            '{"skeletons": [[[1, 2, 3]]]}',
            ": found skeletons: frame 0: a list of 1, expected numbers .frames..20..3.; correct the file",
        ),
        (
            json.dumps({"skeletons": [[[1, 2, 3]] * 20, [[1, 2, 3]] * 19 + [[1, 2]]]}),
            ": found skeletons: frame 1, joint 19: a list of 2",
        ),
        (json.dumps({"skeletons": [[[1, 2, "3"]] * 20]}), "frame 0, joint 0: a list of 3"),
        (json.dumps({"skeletons": [[[1, 2, True]] * 20]}), "frame 0, joint 0: a list of 3"),
        (json.dumps({"skeletons": ["x" * 4_000_000] + [1] * 100_000}), "frame 0: 'xxx"),
        (json.dumps({"skeletons": [[[1, 2, 10**30]] * 20]}), "frame 0, joint 0"),
        (
            '{"skeletons": ' + json.dumps([[[1, 2, 3]] * 20]).replace("3", "NaN", 1) + "}",
            "a01_s02_e00_v01: 1 coordinates are NaN",
        ),
        (
            json.dumps({"skeletons": [[[1, 2, 1e300]] * 20]}),
            "a01_s02_e00_v01: 20 coordinates are NaN or infinite",
        ),
        (
            json.dumps({"skeletons": [[[1, 2, 3]] * 20], "file_name": "\x1b[2J"}),
            r"found the file_name '\\x1b",
        ),
    ],
)
def test_a_json_file_that_is_not_right_is_refused_by_name_and_place(ucla, content, message):
    file = ucla[0] / "a01_s02_e00_v01.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message) as error:
        nwucla.read_nwucla(ucla[0])
    assert str(ucla[0]) in str(error.value)


def test_a_folder_without_such_names_and_an_action_without_a_name_are_answered(ucla, tmp_path):
    folder = ucla[0]
    (folder / "a01_s02_e00_v01.json").rename(folder / "a07_s02_e00_v01.json")
    assert nwucla.read_nwucla(folder).classes == ("action 7", "donning", "carry")
    with pytest.raises(
        ValueError, match=r"found no file named like a01_s01_e00_v01.json, expected one for each clip"
    ):
        nwucla.read_nwucla(tmp_path)
    with pytest.raises(ValueError, match="scale must be a positive number"):
        nwucla.read_nwucla(folder, scale=0)
    (folder / "a02_s02_e00_v01.json").write_bytes(b" " * (nwucla.MOST_BYTES + 1))
    with pytest.raises(
        ValueError, match=r"a02_s02_e00_v01.json: found 8,388,609 bytes, expected at most 8,388,608"
    ):
        nwucla.read_nwucla(folder)


# -- which reader --------------------------------------------------------------------------------------------


def test_the_reader_is_found_by_names_alone(tmp_path, split_file):
    def made(name, content=b""):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    assert readers.find_reader(split_file[1]()) is npz_splits.READER
    np.savez(tmp_path / "own.npz", data=np.ones(3))
    for path in (tmp_path / "own.npz", made("damaged.npz", b"?")):
        assert readers.find_reader(path) is ragged_npz.READER
    assert readers.find_reader(made("a.bvh")) is bvh_clips.FOLDER
    assert readers.find_reader(tmp_path) is bvh_clips.FOLDER
    assert readers.find_reader(made("a.pkl")) is pyskl.READER
    assert readers.find_reader(made("a.npy")) is stgcn_files.READER
    assert readers.find_reader(made("a.toml")) is tables.READER
    for member, reader in (("deep/a.BVH", bvh_clips.ARCHIVE), ("S001.skeleton", adapters.NTU_RAW)):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(member, "")
        assert readers.find_reader(tmp_path / "a.zip") is reader
    with pytest.raises(ValueError, match=r"b.zip: found a damaged zip archive"):
        readers.find_reader(made("b.zip", b"?"))


# -- real recordings -----------------------------------------------------------------------------------------


def test_real_recordings_survive_every_file_of_another_toolkit(real_data, tmp_path):
    clips = sk.load(real_data("precog-2016") / "precog.npz")
    clips = clips.select([i for i in range(0, len(clips), 9) if clips[i].poses[-1].any()])
    train, test = clips.select(slice(0, 20)), clips.select(slice(20, None))
    files = [
        npz_splits.read(npz_splits.write_x_train(train, test, tmp_path / "x.npz"), skeleton="kinect20"),
        stgcn_files.read_stgcn(stgcn_files.write_stgcn(clips, tmp_path / "all")[0]),
        pyskl.read_annotations(pyskl.write_annotations(clips, tmp_path / "a.pkl")),
    ]
    for back in files:
        assert back.lengths.tolist() == clips.lengths.tolist()
        assert torch.equal(back.poses[:, :1], clips.poses)
        assert back.labels.tolist() == clips.labels.tolist()


def test_a_real_archive_of_motion_capture_reads_like_its_folder(real_data, tmp_path):
    folder = real_data("bandai-namco-2")
    files = sorted(folder.rglob("*.bvh"))[:3]
    if not files:
        pytest.skip(f"no .bvh files in {folder}")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"data/{file.name}")
    clips = bvh_clips.read_archive(tmp_path / "a.zip")
    for clip, file in zip(clips, files, strict=True):
        whole = bvh.read(file)
        order = [whole.joints.index(joint) for joint in clips.skeleton.joints]
        assert np.array_equal(clip.poses[:, 0].numpy(), whole.poses[:, order])


def test_a_part_after_two_that_overlap_is_checked_too(tmp_path):
    path = tmp_path / "a.pkl"
    clip = {"frame_dir": "a", "label": 0, "keypoint": np.ones((1, 2, 25, 3), np.float32)}
    path.write_bytes(
        pickle.dumps({"split": {"x_train": ["a"], "x_val": ["a"], "y_train": [["a"]]}, "annotations": [clip]})
    )
    with pytest.raises(ValueError, match=r"split 'y_train': found a list of 1, expected names of clips"):
        pyskl.read_annotations(path)
