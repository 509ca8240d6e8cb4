"""A valid file for every reader in the table, and how the fuzz test damages it.

A reader without a sample fails `test_reader_fuzz`: add a function that writes a valid file into a folder and
returns a `Sample`, and list it in `SAMPLES` under the reader's `kind`.
"""

import io
import json
import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.io
from acclaim_files import ASF, CHANNELS, amc
from fuzzing import damaged_archive, mutate, npy, packed, put
from helpers import body
from marker_files import NAMES, TOML, c3d, trc

from skelkit.data import ClipSet
from skelkit.data.ntu import layout
from skelkit.skeletons.layouts import COCO17, KNOWN, NTU25


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
NUMBERS = body(NTU25, 8) + np.float32([1, 0, 2])


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
    np.save(folder / "train_data.npy", np.stack([NUMBERS[:2].transpose(2, 0, 1)] * 2)[..., None])
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
    flat = (body(COCO17, 3)[None, ..., :2] + 2) * np.float32([100, -100]) + 400
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


def openpose_sample(folder):
    numbers = [*(np.abs(NUMBERS[0]) * 100).ravel().round(2).tolist()]
    people = [{"person_id": [-1], "pose_keypoints_2d": numbers, "pose_keypoints_3d": []}] * 2
    content = json.dumps({"version": 1.3, "people": people}).encode()
    for t in range(3):
        (folder / f"video_{t:012d}_keypoints.json").write_bytes(content)
    return Sample(folder, mutated(folder / "video_000000000001_keypoints.json", content))


def kinetics_skeleton_sample(folder):
    person = {"pose": NUMBERS[0, :18, :2].ravel().round(3).tolist(), "score": [0.5] * 18}
    data = [{"frame_index": t + 1, "skeleton": [person] * t} for t in range(3)]
    about = {"has_skeleton": True, "label": "wave", "label_index": 3}
    clip = {"data": data, "label": "wave", "label_index": 3}
    contents = {
        folder / "kinetics_val" / "a.json": json.dumps(clip).encode(),
        folder / "kinetics_val_label.json": json.dumps({"a": about}).encode(),
    }
    (folder / "kinetics_val").mkdir()

    def damage(rng):
        for path, content in contents.items():
            put(path, content)
        path = rng.choice(list(contents))
        put(path, mutate(contents[path], rng))

    return Sample(folder / "kinetics_val" / "a.json", damage)


def alphapose_sample(folder):
    points = (np.abs(NUMBERS[0, :17]) * 100).ravel().round(2).tolist()
    detections = [
        {"image_id": f"{t}.jpg", "category_id": 1, "keypoints": points, "score": 2.9, "idx": m}
        for t in range(3)
        for m in (1, 2)
    ]
    path = folder / "a.json"
    return Sample(path, mutated(path, json.dumps(detections).encode()))


def _landmarks(t):
    return np.c_[np.tile(NUMBERS[t], (2, 1))[:33], np.full(33, 0.5)].round(4)


def mediapipe_json_sample(folder):
    names = ("x", "y", "z", "visibility")
    frames = [[dict(zip(names, row.tolist(), strict=True)) for row in _landmarks(t)] for t in range(3)]
    contents = [
        json.dumps(content).encode()
        for content in (frames, {"frames": [{"frame": t, "pose_landmarks": f} for t, f in enumerate(frames)]})
    ]
    return Sample(folder / "a.json", mutated(folder / "a.json", *contents))


def mediapipe_csv_sample(folder):
    wide = ",".join(["frame", *(f"{axis}{i}" for i in range(33) for axis in "xyzv")]) + "\n"
    wide += "".join(",".join(map(str, [t, *_landmarks(t).ravel()])) + "\n" for t in range(3))
    long = "frame,landmark,x,y,z,visibility\n"
    rows = [[t, i, *row] for t in range(2) for i, row in enumerate(_landmarks(t))]
    long += "".join(",".join(map(str, row)) + "\n" for row in rows)
    return Sample(folder / "a.csv", mutated(folder / "a.csv", wide.encode(), long.encode()))


def azure_kinect_sample(folder):
    positions = (np.tile(NUMBERS[0], (2, 1))[:32] * 1000).round(1).tolist()
    frames = [
        {
            "timestamp_usec": 33333 * t,
            "bodies": [{"body_id": m, "joint_positions": positions} for m in (1, 2)],
        }
        for t in range(3)
    ]
    names = [name.upper() for name in KNOWN["azure32"].joints]
    content = json.dumps({"bone_list": [], "frames": frames, "joint_names": names}).encode()
    return Sample(folder / "a.json", mutated(folder / "a.json", content))


def _text(rows, delimiter=" "):
    return "".join(delimiter.join(f"{value:.3f}" for value in row) + "\n" for row in rows).encode()


def sbu_sample(folder):
    content = _text(np.c_[1:4, NUMBERS[:3].reshape(3, 75), NUMBERS[:3].reshape(3, 75)[:, :15]] / 3, ",")
    return Sample(folder, mutated(folder / "skeleton_pos.txt", content))


def utd_mhad_sample(folder):
    path = folder / "a1_s2_t3_skeleton.mat"
    contents = []
    for packed_ in (True, False):
        buffer = io.BytesIO()
        scipy.io.savemat(buffer, {"d_skel": NUMBERS[:4, :20].transpose(1, 2, 0)}, do_compression=packed_)
        contents.append(buffer.getvalue())
    return Sample(path, mutated(path, *contents))


def msr_action3d_sample(folder):
    path = folder / "a01_s02_e03_skeleton3D.txt"
    return Sample(path, mutated(path, _text(np.c_[NUMBERS[:3, :20].reshape(60, 3), np.ones(60)])))


def florence_sample(folder):
    rows = [[1 + t // 2, 1, 3, *frame.ravel()] for t, frame in enumerate(NUMBERS[:4, :15])]
    path = folder / "Florence_dataset_WorldCoordinates.txt"
    return Sample(path, mutated(path, _text(rows)))


def pku_mmd_sample(folder):
    for name in ("skeleton", "label"):
        (folder / name).mkdir()
    (folder / "label" / "A01N02-L.txt").write_text("11,0,3,2\n3,2,4,1\n")
    path = folder / "skeleton" / "A01N02-L.txt"
    return Sample(folder, mutated(path, _text(np.tile(NUMBERS[:5].reshape(5, 75), 2))))


def pku_mmd_labels_sample(folder):
    sample = pku_mmd_sample(folder)
    content = _text(np.tile(NUMBERS[:5].reshape(5, 75), 2))
    (folder / "skeleton" / "A01N02-L.txt").write_bytes(content)
    return Sample(sample.source, mutated(folder / "label" / "A01N02-L.txt", b"11,0,3,2\n3,2,4,1\n"))


def ntu_dicts_sample(folder):
    content = {"file_name": "S001C002P003R001A013", "nbodys": [2] * 3, "njoints": 25}
    content |= {f"skel_body{body}": NUMBERS[:3].astype(np.float64) for body in (0, 1)}
    buffer = io.BytesIO()
    np.save(buffer, np.array(content))
    path = folder / "S001C002P003R001A013.skeleton.npy"
    return Sample(path, mutated(path, buffer.getvalue()))


def amass_sample(folder):
    motion = {
        "poses": np.resize(NUMBERS, (3, 156)),
        "trans": NUMBERS[:3, 0],
        "betas": NUMBERS[0, :16, 0],
        "mocap_framerate": np.array(120.0),
        "J": np.resize(NUMBERS, (52, 3)),
    }
    members = {f"{name}.npy": npy(array) for name, array in motion.items()}
    return Sample(folder / "a.npz", damaged_archive(folder / "a.npz", members))


def stored_joints_sample(folder):
    motion = {
        "Jtr": np.resize(NUMBERS, (3, 52, 3)),
        "trans": NUMBERS[:3, 0],
        "mocap_frame_rate": np.array(60),
    }
    members = {f"{name}.npy": npy(array) for name, array in motion.items()}
    return Sample(folder / "a.npz", damaged_archive(folder / "a.npz", members))


def human36m_sample(folder):
    poses = np.resize(NUMBERS, (3, 32, 3)).astype(np.float32)
    actions = {"Directions": poses, "Directions 1": poses[:2]}
    members = {
        "positions_3d.npy": npy(np.array({"S1": actions, "S11": {"Walking": poses + 1}}, dtype=object))
    }
    return Sample(folder / "a.npz", damaged_archive(folder / "a.npz", members))


def humanml3d_sample(folder):
    path = folder / "new_joints" / "000001.npy"
    path.parent.mkdir()
    np.save(path.with_name("000002.npy"), NUMBERS[:3, :22])
    contents = [npy(NUMBERS[:4, :22]), npy(np.resize(NUMBERS, (5, 263)).astype(np.float32))]
    return Sample(folder, mutated(path, *(content for content in contents)))


def asf_amc_sample(folder):
    frame = {name: NUMBERS[0, :, 0][:count].round(3).tolist() for name, count in CHANNELS.items()}
    contents = {folder / "01.asf": ASF.encode(), folder / "01_02.amc": amc([frame] * 3).encode()}

    def damage(rng):
        for path, content in contents.items():
            put(path, content)
        path = rng.choice(list(contents))
        put(path, mutate(contents[path], rng))

    return Sample(folder, damage)


def c3d_sample(folder):
    (folder / "markers.toml").write_text(TOML)
    markers = NUMBERS[:5, :4].astype(np.float64) * 1000
    contents = [c3d(NAMES, markers), c3d(NAMES, markers, scale=0.1, analog=2), c3d(NAMES, markers, order=">")]

    def damage(rng):
        content = rng.choice(contents)
        begin = rng.choice((0, 0, 512))  # half of the changes in the header and the parameters
        part = (
            mutate(content[begin : begin + 1024], rng)
            if rng.random() < 0.7
            else content[begin : begin + 1024]
        )
        put(folder / "a.c3d", content[:begin] + part + content[begin + 1024 :])

    return Sample(folder / "a.c3d", damage)


def trc_sample(folder):
    (folder / "markers.toml").write_text(TOML)
    markers = NUMBERS[:5, :4].astype(np.float64) * 1000
    markers[2, 1] = np.nan
    return Sample(folder / "a.trc", mutated(folder / "a.trc", trc(NAMES, markers).encode()))


def marker_map_sample(folder):
    (folder / "a.trc").write_text(trc(NAMES, NUMBERS[:5, :4].astype(np.float64) * 1000))
    return Sample(folder / "a.trc", mutated(folder / "markers.toml", TOML.encode()), files=0.5)


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
    "AMASS files": [amass_sample, stored_joints_sample],
    "Human3.6M files": [human36m_sample],
    "HumanML3D folders": [humanml3d_sample],
    "ASF/AMC files": [asf_amc_sample],
    "C3D files": [c3d_sample],
    "TRC files": [trc_sample, marker_map_sample],
    "OpenPose folders": [openpose_sample],
    "Kinetics-skeleton files": [kinetics_skeleton_sample],
    "AlphaPose files": [alphapose_sample],
    "MediaPipe files": [mediapipe_json_sample, mediapipe_csv_sample],
    "Azure Kinect files": [azure_kinect_sample],
    "SBU files": [sbu_sample],
    "UTD-MHAD files": [utd_mhad_sample],
    "MSR-Action3D files": [msr_action3d_sample],
    "Florence 3D files": [florence_sample],
    "PKU-MMD files": [pku_mmd_sample, pku_mmd_labels_sample],
    "NTU .npy dicts": [ntu_dicts_sample],
}
"""Kind of a reader -> functions that write its samples."""
