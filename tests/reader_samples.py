"""A valid file for every reader in the table, and how the fuzz test damages it.

A reader without a sample fails `test_reader_fuzz`: add a function that writes a valid file into a folder and
returns a `Sample`, and list it in `SAMPLES` under the reader's `kind`.
"""

import json
import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from fuzzing import damaged_archive, mutate, npy, packed, put

from skelkit.data import ClipSet
from skelkit.data.ntu import layout


@dataclass(frozen=True)
class Sample:
    """What is read, and how it is damaged.

    Args:
        source: the path that is read.
        damage: writes a damaged file to, or into, that path.
        options: of the reader.
        least: share of the damaged files that must still be readable, or else nothing but the first check is
            tested.
        files: share of the number of files that are tried.
    """

    source: Path
    damage: Callable[[random.Random], None]
    options: dict[str, object] = field(default_factory=dict)
    least: float = 0.02
    files: float = 1.0


BVH = """HIERARCHY
ROOT wrist
{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT finger
{
OFFSET 0 10 0
CHANNELS 3 Zrotation Xrotation Yrotation
End Site
{
OFFSET 0 5.5 0
}
}
}
MOTION
Frames: 3
Frame Time: 0.02
100 0 0 0 0 0 1 2 3
200 0 0 90 0 0 1 2 3
200 0 -1e1 90.5 0 0 1 2 3
"""
SKELETON = 'joints = ["a", "b"]\nbones = [["a", "b"]]\nroot = "a"'
CSV_TOML = f"""[source]
path = "a.csv"
[columns]
clip = "clip"
frame = "t"
person = "id"
label = "label"
subject = "who"
[skeleton]
{SKELETON}
[units]
length = "cm"
up = "z"
fps = 25
"""
NPZ_TOML = f"""[source]
path = "a.npz"
[arrays]
poses = "x"
axes = "F V C"
length = "n"
label = "y"
subject = "who"
classes = "k"
[skeleton]
{SKELETON}
"""
CSV = "clip,t,id,label,who,a_x,a_y,a_z,b_x,b_y,b_z\n" + "".join(
    f"{clip},{t},{person},{'sit' if clip == 'c' else 'fall'},7,{t},1.5,-2e0,{person},0.25,9\n"
    for clip in "cd"
    for t in range(4)
    for person in (1, 2)
)
NUMBERS = np.random.default_rng(0).normal(1, 0.3, (8, 25, 3)).astype(np.float32)


def mutated(path, *contents):
    """A function that writes one of the contents, damaged."""
    if len(contents) == 1:
        return lambda rng: put(path, mutate(contents[0], rng))
    return lambda rng: put(path, mutate(rng.choice(contents), rng))


def raw_ntu_sample(folder):
    frames = [[(7, NUMBERS[i]), (8, NUMBERS[i] + 1)] for i in range(3)]
    for name in ("S001C001P001R001A001", "S001C002P003R001A002"):
        (folder / f"{name}.skeleton").write_bytes(layout.text(frames))
    path = folder / "S001C001P001R001A001.skeleton"
    options = {"denoise": False, "workers": 1, "progress": False}
    return Sample(folder, mutated(path, layout.text(frames)), options)


def x_train():
    x = np.zeros((2, 6, 150), np.float32)
    x[0, :4, :75], x[1, :5, :] = NUMBERS[:4].reshape(4, 75), np.tile(NUMBERS[:5].reshape(5, 75), 2)
    return {
        "x_train.npy": npy(x),
        "y_train.npy": npy(np.eye(3)[[0, 2]]),
        "x_test.npy": npy(x[:1]),
        "y_test.npy": npy(np.eye(3)[[1]]),
    }


def x_train_sample(folder):
    return Sample(folder / "a.npz", damaged_archive(folder / "a.npz", x_train()))


def ragged_npz_sample(folder):
    arrays = {
        "data": NUMBERS[:5].astype(np.float32),
        "length": np.array([2, 3]),
        "label": np.array([0, 1]),
        "classes": np.array(["sit", "run"]),
        "fps": np.array(30.0),
    }
    members = {f"{name}.npy": npy(array) for name, array in arrays.items()}
    return Sample(folder / "a.npz", damaged_archive(folder / "a.npz", members))


def saved_clips_sample(folder):
    path = folder / "a.safetensors"
    content = ClipSet.from_arrays([NUMBERS[:3], NUMBERS[:2]], labels=[0, 1]).save(path).read_bytes()
    return Sample(path, mutated(path, content), least=0)


def st_gcn_array_sample(folder):
    path = folder / "train_data.npy"
    data = np.zeros((2, 3, 6, 25, 2), np.float16)
    data[:, :, :5, :, 0] = NUMBERS[:5].transpose(2, 0, 1)
    content = npy(data)
    (folder / "train_label.pkl").write_bytes(pickle.dumps((["S001C001P001R001A001", "b"], [0, 1])))

    def damage(rng):
        # Most bytes are numbers, any of which is valid: half of the mutations are of the header.
        whole = rng.random() < 0.5
        put(path, mutate(content, rng) if whole else mutate(content[:128], rng) + content[128:])

    return Sample(path, damage)


def st_gcn_labels_sample(folder):
    np.save(folder / "train_data.npy", np.ones((2, 3, 2, 25, 1), np.float32))
    contents = [
        pickle.dumps((["S001C001P001R001A001", "b"], labels), protocol)
        for protocol in range(6)
        for labels in ([0, 1], np.array([0, 1]))
    ]
    return Sample(folder / "train_data.npy", mutated(folder / "train_label.pkl", *contents))


def annotated(protocol=4):
    clips = [
        ("S001C001P001R001A001", NUMBERS[None, :4]),
        ("S001C002P003R001A002", np.stack([NUMBERS[:3]] * 2)),
    ]
    notes = [
        {"frame_dir": n, "label": i, "total_frames": k.shape[1], "keypoint": k.astype(np.float16)}
        for i, (n, k) in enumerate(clips)
    ]
    flat = np.abs(NUMBERS[None, :3, :17, :2]) * 100
    notes2 = [
        {
            "frame_dir": "v",
            "label": 3,
            "img_shape": (480, 640),
            "keypoint": flat,
            "keypoint_score": np.full(flat.shape[:3], 0.5, np.float32),
        }
    ]
    one = {"a_train": [n for n, _ in clips[:1]], "a_val": ["v"]}
    two = one | {"b_train": [n for n, _ in clips], "b_val": ["v"]}  # which overlap
    return [
        pickle.dumps({"split": split, "annotations": some}, protocol)
        for split in (one, two)
        for some in (notes, notes2)
    ]


def annotations_sample(folder):
    contents = [content for protocol in (2, 4, 5) for content in annotated(protocol)]
    return Sample(folder / "a.pkl", mutated(folder / "a.pkl", *contents))


def nw_ucla_folder_sample(folder):
    for name in ("a01_s01_e00_v01", "a02_s01_e00_v02"):
        skeletons = NUMBERS[:2, :20].round(3).tolist()
        content = json.dumps({"file_name": name, "skeletons": skeletons, "label": 1}).encode()
        (folder / f"{name}.json").write_bytes(content)
    return Sample(folder, mutated(folder / "a02_s01_e00_v02.json", content))


def nw_ucla_archive_sample(folder):
    content = json.dumps({"skeletons": NUMBERS[:2, :20].round(2).tolist()}).encode()
    members = {f"all_sqe/a0{i}_s01_e00_v01.json": content for i in (1, 2)} | {"readme": b"hello"}
    return Sample(folder / "a.zip", damaged_archive(folder / "a.zip", members))


def table_sample(folder):
    (folder / "a.toml").write_text(CSV_TOML)
    return Sample(folder / "a.toml", mutated(folder / "a.csv", CSV.encode()))


def described():
    some = {
        "x": NUMBERS[:5, :2],
        "n": [3, 2],
        "y": ["sit", "fall"],
        "who": [b"Ann", b"Bob"],
        "k": ["fall", "sit"],
    }
    return {f"{name}.npy": npy(array) for name, array in some.items()}


def arrays_with_a_description_sample(folder):
    (folder / "a.toml").write_text(NPZ_TOML)
    return Sample(folder / "a.toml", damaged_archive(folder / "a.npz", described()))


def _description_sample(folder, toml):
    (folder / "a.csv").write_text(CSV)
    (folder / "a.npz").write_bytes(packed(described()))
    return Sample(folder / "a.toml", mutated(folder / "a.toml", toml.encode()), files=0.5)


def description_of_csv_sample(folder):
    return _description_sample(folder, CSV_TOML)


def description_of_npz_sample(folder):
    return _description_sample(folder, NPZ_TOML)


def bvh_archive_sample(folder):
    members = {"d/": b"", "d/a.bvh": BVH.encode(), "e/b.bvh": BVH.encode()}
    return Sample(folder / "a.zip", damaged_archive(folder / "a.zip", members))


def bvh_sample(folder):
    return Sample(folder / "a.bvh", mutated(folder / "a.bvh", BVH.encode()))


SAMPLES = {
    "NTU RGB+D": [raw_ntu_sample],
    "ST-GCN arrays": [st_gcn_array_sample, st_gcn_labels_sample],
    "NW-UCLA files": [nw_ucla_folder_sample, nw_ucla_archive_sample],
    "BVH files": [bvh_sample],
    "BVH archives": [bvh_archive_sample],
    "x_train/y_train .npz files": [x_train_sample],
    ".npz files": [ragged_npz_sample],
    "annotation pickles": [annotations_sample],
    "described tables": [
        table_sample,
        arrays_with_a_description_sample,
        description_of_csv_sample,
        description_of_npz_sample,
    ],
    ".safetensors files": [saved_clips_sample],
}
"""Kind of a reader -> functions that write its samples."""
