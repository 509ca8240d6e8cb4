"""The recognizer gives torch's probabilities without torch, and explains what is wrong with its input."""

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from skelkit import ClipSet, Recognizer, load, motion, recognizer
from skelkit.deploy.checksum import append_checksum
from skelkit.skeletons.layouts import KINECT20

WITHOUT_TORCH = """
import importlib.abc, json, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "onnx", "onnxscript", "safetensors"):
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Absent())
"""
STREAM = """
import json, sys
import numpy as np
from skelkit import Recognizer

file = np.load(sys.argv[2])
recognizer = Recognizer(sys.argv[1], window=float(sys.argv[3]), stride=0.2)
found = [r for frame in file["frames"] if (r := recognizer.push(frame))]
print(json.dumps([[r.label, r.probability, r.start_frame, r.end_frame] for r in found]))
assert "torch" not in sys.modules and "onnx" not in sys.modules
"""


def by_torch(model, clips, index=0):
    """Probabilities of a clip as tests of the kit compute them."""
    x = motion.centre(clips.batch(index, frames=model.frames, crop=0.95), clips.skeleton)
    with torch.no_grad():
        return model(x).softmax(1)[0].numpy()


def person(frames, seed=0, where=2.0):
    """One person [T, 20, 3] who moves."""
    generator = np.random.default_rng(seed)
    return (
        generator.normal(0, 0.4, (20, 3)) + generator.normal(0, 0.05, (frames, 20, 3)).cumsum(0) + where
    ).astype(np.float32)


# -- the answer --------------------------------------------------------------------------------------------


def test_a_whole_clip_gets_the_probabilities_of_torch(classifier, exported, ragged):
    clips = ClipSet.from_arrays(ragged([1, 2, 7, 31, 32, 33, 64, 65, 200]), skeleton=KINECT20)
    model, deployed = classifier(), Recognizer(exported())
    for i in range(len(clips)):
        expected, found = by_torch(model, clips, i), deployed.recognise(clips[i].poses.numpy())
        assert np.abs(found.probabilities - expected).max() < 1e-5, i
        assert found.label == model.classes[expected.argmax()]
        assert found.probability == found.probabilities.max()
        assert (found.start_frame, found.end_frame) == (0, len(clips[i]))


@pytest.mark.parametrize("stream", ["joint", "motion"])
def test_real_recordings_get_the_probabilities_of_torch(classifier, exported, real_data, stream):
    clips = load(real_data("precog-2016") / "precog.npz")
    model, deployed = classifier(stream), Recognizer(exported(stream))
    labels = set()
    for i in range(0, len(clips), 7):
        found = deployed.recognise(clips[i].poses.numpy())
        assert np.abs(found.probabilities - by_torch(model, clips, i)).max() < 1e-4
        labels.add(found.label)
    assert len(labels) > 1


def test_resampling_is_that_of_torch():
    generator = np.random.default_rng(0)
    for length, frames, share in [
        (1, 4, 0.95),
        (2, 7, 1.0),
        (50, 32, 0.95),
        (20, 64, 0.95),
        (9, 1, 0.5),
        (64, 64, 1.0),
    ]:
        poses = generator.normal(size=(length, 3, 20, 3)).astype(np.float32)
        poses[generator.random((length, 3)) < 0.4] = 0
        poses[0, 0] = 1
        expected = ClipSet.from_arrays([poses], skeleton=KINECT20).batch(0, frames=frames, crop=share)
        assert (
            np.abs(recognizer.resample(poses, frames, share) - motion.to_frames(expected)[0].numpy()).max()
            < 1e-6
        )


def test_a_person_is_never_interpolated_with_an_absent_one():
    poses = np.zeros((4, 1, 20, 3), np.float32)
    poses[2:] = 7
    assert set(recognizer.resample(poses, 50).ravel().tolist()) == {0, 7}


def test_a_window_of_a_stream_is_recognised_as_the_clip_of_its_frames(exported):
    deployed = Recognizer(exported(), window=1.0, stride=0.3)
    both = np.stack([person(100), person(100, seed=1, where=-1)], 1)  # [T, 2, 20, 3]
    both[:40, 1] = 0
    found = [(k, r) for k, frame in enumerate(both) if (r := deployed.push(frame[0] if k < 40 else frame))]
    assert [k for k, _ in found] == list(range(29, 100, 9))
    for k, r in found:
        assert (r.start_frame, r.end_frame) == (k - 29, k + 1)
        assert np.allclose(
            r.probabilities, deployed.recognise(both[r.start_frame : r.end_frame]).probabilities, atol=1e-6
        )


def test_window_and_stride_come_from_the_file_and_the_rate_of_the_stream(exported):
    frames = person(100)
    assert [r.end_frame for r in Recognizer(exported()).stream(frames)] == list(
        range(45, 101, 11)
    )  # 1.5 s at 30 fps, a quarter of it
    assert [r.end_frame for r in Recognizer(exported(), fps=60).stream(frames)] == [90]
    with pytest.raises(
        ValueError, match=r"window=0 and stride=0\.0 seconds, fps=30\.0: all three must be positive"
    ):
        Recognizer(exported(), window=0)


def test_a_stream_shorter_than_the_window_is_recognised_once(exported):
    deployed, frames = Recognizer(exported()), person(20)
    (found,) = deployed.stream(frames)
    assert (found.start_frame, found.end_frame) == (0, 20)
    assert np.array_equal(found.probabilities, deployed.recognise(frames).probabilities)
    assert list(deployed.stream(iter([]))) == []


def test_streams_do_not_mix(exported):
    deployed = Recognizer(exported())
    first = [r.probabilities for r in deployed.stream(person(60))]
    list(deployed.stream(person(50, seed=3)))
    again = [r.probabilities for r in deployed.stream(person(60))]
    assert len(first) == 2
    assert np.array_equal(first, again)


def test_a_person_in_a_later_slot_is_recognised_as_in_the_first(exported):
    deployed, one = Recognizer(exported()), person(45)
    two = np.zeros((45, 3, 20, 3), np.float32)
    two[:, 2] = one
    assert np.allclose(
        deployed.recognise(two).probabilities, deployed.recognise(one).probabilities, atol=1e-6
    )


def test_frames_without_a_person_are_not_recognised(exported):
    deployed = Recognizer(exported(), window=0.5)
    assert list(deployed.stream(np.zeros((40, 20, 3)))) == []
    assert deployed.push(np.zeros((0, 20, 3))) is None
    with pytest.raises(ValueError, match="a clip of 5 frames without a person"):
        deployed.recognise(np.zeros((5, 20, 3)))
    with pytest.raises(ValueError, match="a clip of 0 frames"):
        deployed.recognise(np.zeros((0, 20, 3)))


# -- invalid frames ----------------------------------------------------------------------------------------


def test_a_frame_with_nan_names_frame_and_joint_and_does_not_count(exported):
    deployed, frames = Recognizer(exported(), window=0.5), person(15)
    bad = np.stack([frames[7]] * 2)
    bad[1, KINECT20.index("left_wrist"), 2] = np.nan
    for frame in frames[:7]:
        deployed.push(frame)
    with pytest.raises(
        ValueError,
        match=r"frame 7: joint left_wrist of person 1 is nan, expected metres; fill it, .* skip_bad=True",
    ):
        deployed.push(bad)
    found = [r for frame in frames[7:] if (r := deployed.push(frame))]
    assert np.array_equal(found[0].probabilities, deployed.recognise(frames).probabilities)
    frames[3, 0, 0] = -np.inf
    with pytest.raises(ValueError, match="frame 3: joint hip_center of person 0 is -inf"):
        deployed.recognise(frames)


def test_an_invalid_frame_can_be_replaced_by_the_one_before(exported):
    deployed, frames = Recognizer(exported(), skip_bad=True), person(45)
    held, absent = frames.copy(), frames.copy()
    held[10:12] = frames[9]
    absent[0] = 0
    frames[[0, 10, 11], 4, 1] = np.nan
    held[0] = absent[0]
    (found,) = [r for frame in frames if (r := deployed.push(frame))]
    assert np.array_equal(found.probabilities, deployed.recognise(held).probabilities)
    assert np.array_equal(found.probabilities, deployed.recognise(frames).probabilities)


@pytest.mark.parametrize("shape", [(25, 3), (2, 17, 3), (1, 0, 3)])
def test_another_number_of_joints_is_refused_with_the_names_expected(exported, shape):
    message = (
        rf"frame 0: {shape[-2]} joints, expected \[20 joints, 3\] or .*; "
        r"those of the Kinect v1-20 skeleton, in this order: hip_center, spine, .*right_foot"
    )
    for skip_bad in (False, True):
        with pytest.raises(ValueError, match=message):
            Recognizer(exported(), skip_bad=skip_bad).push(np.ones(shape))


@pytest.mark.parametrize("shape", [(60,), (20, 2), (3, 20), (1, 1, 20, 3)])
def test_another_shape_is_refused(exported, shape):
    with pytest.raises(ValueError, match=r"frame 0: shape \[.*\], expected \[20 joints, 3\]"):
        Recognizer(exported()).push(np.ones(shape))


def test_millimetres_cause_a_warning(exported):
    with pytest.warns(UserWarning, match="bodies measure .* from end to end; coordinates should be metres"):
        Recognizer(exported()).recognise(person(10) * 1000)


def test_a_frame_may_be_changed_after_it_was_pushed(exported):
    deployed, frames = Recognizer(exported()), person(45)
    buffer = np.empty_like(frames[0])
    for frame in frames:
        buffer[:] = frame
        found = deployed.push(buffer)
    assert np.array_equal(found.probabilities, deployed.recognise(frames).probabilities)


# -- invalid files -----------------------------------------------------------------------------------------


def test_a_truncated_file_is_refused(exported, tmp_path):
    whole, path = exported().read_bytes(), tmp_path / "cut.onnx"
    tail = whole.index(b"skelkit-onnx-1") - 12
    places = {
        0,
        1,
        60,
        len(whole) // 3,
        tail,
        tail + 5,
        len(whole) - 77,
        len(whole) - 76,
        len(whole) - 64,
        len(whole) - 1,
    }
    for length in places:
        path.write_bytes(whole[:length])
        with pytest.raises(
            ValueError,
            match=rf"cut\.onnx: its {length} bytes do not end in the checksum .*: cut off, .*; "
            r"copy it again or export it again",
        ):
            Recognizer(path)


def test_any_changed_byte_is_detected(exported, tmp_path):
    whole, path = exported().read_bytes(), tmp_path / "changed.onnx"
    for place in [
        *np.random.default_rng(0).integers(0, len(whole), 40).tolist(),
        whole.index(b"left punch"),
        len(whole) - 1,
    ]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(
            ValueError,
            match=r"changed\.onnx: "
            r"(damaged, its content has the checksum|its \d+ bytes do not end in the checksum)",
        ):
            Recognizer(path)


def test_a_file_of_another_version_says_what_to_do(exported, tmp_path):
    path, model = tmp_path / "new.onnx", onnx.load(exported())
    for entry in model.metadata_props:
        entry.value = {"format": "skelkit-onnx-2", "version": "7.1"}.get(entry.key, entry.value)
    path.write_bytes(append_checksum(model.SerializeToString()))
    with pytest.raises(
        ValueError,
        match=r"format 'skelkit-onnx-2', written by skelkit 7\.1; "
        r"skelkit .* reads 'skelkit-onnx-1': export it again",
    ):
        Recognizer(path)


def test_other_files_are_refused(exported, tmp_path):
    path = tmp_path / "other.onnx"
    model = onnx.load(exported())
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(
        ValueError,
        match=r"do not end in the checksum of a file of skelkit\.export: "
        r"cut off, or written by another program",
    ):
        Recognizer(path)
    path.write_bytes(append_checksum(b"no protobuf at all"))
    with pytest.raises(
        ValueError, match=r"other\.onnx: a graph that is cut off: not a classifier of skelkit"
    ):
        Recognizer(path)
    model.graph.node[0].op_type = "NoSuchOperator"
    path.write_bytes(append_checksum(model.SerializeToString()))
    with pytest.raises(
        ValueError,
        match=r"complete, but onnxruntime .* cannot read it \(.*\); update onnxruntime, or export it again",
    ):
        Recognizer(path)
    with pytest.raises(FileNotFoundError, match=r"no such file; write one with skelkit\.export\.onnx"):
        Recognizer(tmp_path / "nothing.onnx")


# -- without torch -----------------------------------------------------------------------------------------


@pytest.fixture
def streamed(classifier, exported, real_data, tmp_path):
    """`streamed(python, code)` runs the stream of a real clip elsewhere and compares with torch here."""
    clips, model = load(real_data("precog-2016") / "precog.npz"), classifier()
    i = int(clips.lengths.argmax())
    poses = clips[i].poses.numpy()
    np.savez(tmp_path / "clip.npz", frames=poses)
    window = 45

    def check(python, code):
        command = [python, "-I", "-c", code, exported(), tmp_path / "clip.npz", str(window / 30)]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert [(start, end) for _, _, start, end in found] == [
            (end - window, end) for end in range(window, len(poses) + 1, 6)
        ]
        assert len(found) > 3
        for label, probability, start, end in found:
            expected = by_torch(model, ClipSet.from_arrays([poses[start:end]], skeleton=KINECT20))
            assert label == model.classes[expected.argmax()]
            assert probability == pytest.approx(float(expected.max()), abs=1e-4)

    return check


def test_a_real_clip_streamed_frame_by_frame_is_recognised_without_torch(streamed):
    streamed(sys.executable, WITHOUT_TORCH + STREAM)


def test_in_an_environment_of_numpy_and_onnxruntime_alone_too(streamed, tmp_path):
    project = shutil.copytree(
        Path(__file__).parent.parent,
        tmp_path / "project",
        ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "notebooks", "tests"),
    )
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        "0",
        "-c",
        project / "constraints.txt",
    ]
    done = subprocess.run([*pip, "numpy", "onnxruntime"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"pip cannot install numpy and onnxruntime here: {done.stderr.strip().splitlines()[-1]}")
    subprocess.run([*pip, "--no-deps", project], check=True)
    assert subprocess.run([python, "-c", "import torch"], capture_output=True).returncode
    streamed(python, STREAM)


def test_modules_are_imported_at_their_first_use():
    code = """
import skelkit, sys
assert {"ClipSet", "load", "masks", "Recognizer", "viz"} <= set(dir(skelkit))
assert "numpy" not in sys.modules
from skelkit import codecs, load, masks, Skeleton
assert skelkit.ClipSet is skelkit.data.ClipSet and skelkit.load is load
assert skelkit.masks is masks and callable(masks.degree_joints)
assert skelkit.codecs is codecs is skelkit.ops.codecs and skelkit.skeletons.Skeleton is Skeleton
assert all(hasattr(skelkit, name) for name in skelkit.__all__)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    import skelkit

    with pytest.raises(AttributeError, match="module 'skelkit' has no attribute 'nothing'"):
        _ = skelkit.nothing
