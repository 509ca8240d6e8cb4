"""Hostile files are refused within 5 s and 1 GB, with an error that names the file.

Each is read in a process of its own, forked from one that has imported the package. Its memory is the peak of
its resident set above that; its seconds are those of the processor, because the machine may be busy.
"""

import json
import os
import struct
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

import skelkit
from skelkit.data import storage
from skelkit.data.zip_directory import MOST_MEMBERS
from skelkit.deploy.checksum import append_checksum
from skelkit.skeletons.layouts import KINECT20

SECONDS, MEGABYTES = 5, 1000

READER = """
import json, os, resource, sys, time, warnings
import numpy as np, onnxruntime, torch
import skelkit as sk
from skelkit.deploy import recognizer
from skelkit.utils import checkpoint

def load(path): sk.load(path)
def labels(path): sk.load(os.path.dirname(path) + "/x.npy", labels=path)
def resume(path): checkpoint.read(path, {})
def recognise(path): recognizer.Recognizer(path).recognise(np.ones((9, 20, 3)))

def memory(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key)) / 1e3

def child(out, action, path):
    limit = int((memory("VmSize") + 2500) * 1e6)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (8, 9))
    warnings.simplefilter("ignore")
    before, begin, kind, message = memory("VmRSS"), time.process_time(), "nothing", ""
    try:
        globals()[action](path)
    except BaseException as error:
        kind, message = type(error).__name__, str(error)[:5000]
    found = [kind, message, time.process_time() - begin, memory("VmHWM") - before]
    os.write(out, json.dumps(found).encode())
    os._exit(0)

for line in sys.stdin:
    action, path = json.loads(line)
    source, out = os.pipe()
    pid, begin = os.fork(), time.monotonic()
    if not pid:
        child(out, action, path)
    while not (status := os.waitpid(pid, os.WNOHANG))[0]:
        time.sleep(0.01)
        if time.monotonic() - begin > 12:
            os.kill(pid, 9)
    os.close(out)
    with open(source, "rb") as file:
        text = file.read().decode()
    print(text or json.dumps([f"killed by signal {status[1]}", "", 99, 0]), flush=True)
"""


@pytest.fixture(scope="module")
def reader():
    """`reader(action, path)` reads in a child process: error, message, seconds and megabytes."""
    folder = str(Path(skelkit.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": folder, "OMP_NUM_THREADS": "1"}
    command, pipes = [sys.executable, "-c", READER], {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes) as process:

        def read(action, path):
            process.stdin.write(json.dumps([action, str(path)]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield read
        process.stdin.close()


# -- pickles -------------------------------------------------------------------------------------------------


def big_endian_array_repeated(folder):
    """One array of 0.5 MB, whose bytes 4,000 arrays share; each array is converted to this byte order."""
    np.save(folder / "x.npy", np.ones((1, 3, 2, 25, 1), np.float32))
    raw = bytes(500_000)
    head = b"\x80\x04" + b"B" + struct.pack("<I", len(raw)) + raw + b"q\x000"
    state = b"(K\x03X\x01\x00\x00\x00>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    kind = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4I00\nI01\ntR" + state + b"q\x010"
    one = (
        b"cnumpy.core.numeric\n_frombuffer\n(h\x00h\x01(J"
        + struct.pack("<i", len(raw) // 4)
        + b"tX\x01\x00\x00\x00CtR"
    )
    path = folder / "label.pkl"
    path.write_bytes(head + kind + b"(" + 4_000 * one + b"l.")
    return path


def one_number_20_million_times(folder):
    return written(folder / "a.pkl", b"\x80\x04](N" + 20_000_000 * b"2" + b"e.")


# -- text ----------------------------------------------------------------------------------------------------


def dotted_keys(folder):
    return written(folder / "a.toml", b".".join([b"a"] * 30_000) + b" = 1\n")


def dotted_tables(folder):
    return written(folder / "a.toml", b"['x,#']\n[" + b" . ".join([b'"a"'] * 10_000) + b"]\n")


def two_alike_of_100_000_columns(folder):
    (folder / "a.toml").write_text(
        '[source]\npath = "a.csv"\n[columns]\nclip = "c"\n[skeleton]\nname = "kinect20"\n'
    )
    (folder / "a.csv").write_text(",".join(f"column{min(i, 99_998)}" for i in range(100_000)) + "\n")
    return folder / "a.toml"


def nested_joints_without_offset(folder):
    joints = "".join(f"JOINT j{i}\n{{\n" for i in range(60_000))
    return written(folder / "a.bvh", f"HIERARCHY\nROOT r\n{{\n{joints}".encode())


def lines_100_million(folder):
    return written(folder / "a.bvh", b"HIERARCHY\n" + 100_000_000 * b"\n")


def joints_in_one_line(folder):
    joints = "".join(f"JOINT j{i}{{" for i in range(60_000))
    return written(folder / "a.bvh", f"HIERARCHY ROOT r\n{{ {joints}".encode())


# -- archives ------------------------------------------------------------------------------------------------


def zipped(path, names):
    """A zip archive of empty members, written without Python's checks and far faster."""
    body, directory = bytearray(), bytearray()
    for name in map(str.encode, names):
        fields = struct.pack("<HHHHIIIH", 0, 0, 0, 33, 0, 0, 0, len(name))
        directory += (
            b"PK\x01\x02\x14\x00\x14\x00" + fields + struct.pack("<HHHHII", 0, 0, 0, 0, 0, len(body)) + name
        )
        body += b"PK\x03\x04\x14\x00" + fields + b"\x00\x00" + name
    count, size, begin = len(names), len(directory), len(body)
    end = b""
    if count > 0xFFFF:
        end += b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, begin)
        end += b"PK\x06\x07" + struct.pack("<IQI", 0, begin + size, 1)
    end += b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, *2 * (min(count, 0xFFFF),), size, begin, 0)
    path.write_bytes(body + directory + end)
    assert len(names) > 70_000 or len(zipfile.ZipFile(path).namelist()) == count
    return path


def duplicate_after_60_000_members(folder):
    return zipped(folder / "a.zip", [*(f"{i}.bvh" for i in range(60_000)), "59999.bvh"])


def names_in_495_folders(folder):
    return zipped(folder / "a.zip", [f"{i:05d}" + "/a" * 495 + ".bvh" for i in range(8_000)])


def names_in_many_folders(folder):
    return zipped(folder / "a.zip", [f"{i:05d}" + "/a" * 20 + ".bvh" for i in range(60_000)])


def members_500_000(folder):
    return zipped(folder / "a.zip", [f"{i}.bvh" for i in range(500_000)])


def members_just_below_the_limit(folder):
    return zipped(folder / "a.zip", [f"{i:06d}{'/folder' * 9}/walk.bvh" for i in range(MOST_MEMBERS)])


def members_that_the_end_does_not_count(folder):
    path = members_500_000(folder)
    content = bytearray(path.read_bytes())
    counts = content.rindex(b"PK\x06\x06") + 24
    content[counts : counts + 16] = bytes(16)
    return written(path, content)


def arrays_100_000(folder):
    return zipped(folder / "a.npz", [f"{i}.npy" for i in range(100_000)])


# -- safetensors ---------------------------------------------------------------------------------------------


def store(path, **metadata):
    """A file with the checksum of its content, but with other metadata than `ClipSet.save` writes."""
    clips = skelkit.ClipSet.from_arrays([torch.ones(2, 20, 3)], skeleton=KINECT20)
    fields = {"labels": clips.labels, "starts": clips.starts}
    words = {"classes": '["a"]', "format": storage.FORMAT, "fps": "30.0", "group_names": "{}", "names": "[]"}
    words |= {"skeleton": json.dumps(KINECT20.to_dict())} | metadata
    layout = {name: (v.dtype, list(v.shape)) for name, v in fields.items()}
    layout["poses"] = (clips.poses.dtype, list(clips.poses.shape))
    tensors = fields | {"poses": clips.poses}
    content = [tensors[name].contiguous().numpy().tobytes() for name in layout]
    digests = {
        name: storage.hashlib.sha256(raw).hexdigest() for name, raw in zip(layout, content, strict=True)
    }
    header = storage._header(words, layout, storage.checksum(words, layout, digests))
    return written(path, header + b"".join(content))


def skeleton(joints, bones, **more):
    return json.dumps({"name": "chain", "joints": joints, "bones": bones, "root": joints[0]} | more)


def chain_of_20_000_joints(folder):
    joints = [f"j{i}" for i in range(20_000)]
    return store(folder / "a.safetensors", skeleton=skeleton(joints, list(pairwise(joints))))


def parts_of_a_million_joints(folder):
    joints = [f"j{i}" for i in range(2_000)]
    bones = [(joints[0], joint) for joint in joints[1:]]
    parts = {"trunk": [joints[-1]] * 1_000_000}
    return store(folder / "a.safetensors", skeleton=skeleton(joints, bones, parts=parts))


def nested_metadata(folder):
    return store(folder / "a.safetensors", names="[" * 200_000)


# -- sizes and kinds of files --------------------------------------------------------------------------------


def written(path, content):
    path.write_bytes(content)
    return path


def sparse(path, begin=b"", size=5_000_000_000, end=b""):
    """A file of 5 GB that takes a few kilobytes on the disk."""
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(size - len(end))
        file.seek(0, 2)
        file.write(end)
    return path


def sparse_csv(folder):
    two_alike_of_100_000_columns(folder)
    sparse(folder / "a.csv", b"c,column1\n")
    return folder / "a.toml"


def csv_of_one_endless_line(folder):
    """250 MB that are on the disk."""
    two_alike_of_100_000_columns(folder)
    (folder / "a.csv").write_bytes(b"\n" + b"a," * 125_000_000)
    return folder / "a.toml"


def sparse_labels(folder):
    np.save(folder / "x.npy", np.ones((1, 3, 2, 25, 1), np.float32))
    return sparse(folder / "label.pkl", b"\x80\x04]q\x00.")


def pipe_as_checkpoint(folder):
    os.mkfifo(folder / "checkpoint.safetensors")
    return folder


def device_as_checkpoint(folder):
    (folder / "checkpoint.safetensors").symlink_to("/dev/zero")
    return folder


def link(path, target):
    path.symlink_to(target)
    return path


# -- ONNX ----------------------------------------------------------------------------------------------------


SHAPE = ["clips", 3, "frames", 20, "persons"]


def endless(op):
    """A graph whose condition never turns false, with valid metadata and checksum."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still_on"]), helper.make_node("Add", ["v", "v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, SHAPE),
        ],
        [
            helper.make_tensor_value_info("still_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, SHAPE),
        ],
    )
    true = helper.make_node(
        "Constant", [], ["true"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True])
    )
    loop = helper.make_node("Loop", ["", "true", "x"], ["logits"], body=body)
    nodes, functions, imports = [true, loop], [], [helper.make_opsetid("", 18)]
    if op == "function":
        inside = helper.make_function("mine", "Forever", ["x"], ["logits"], nodes, imports)
        nodes, functions = [helper.make_node("Forever", ["x"], ["logits"], domain="mine")], [inside]
        imports = [*imports, helper.make_opsetid("mine", 1)]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, SHAPE)],
    )
    model = helper.make_model(graph, opset_imports=imports, functions=functions, ir_version=8)
    about = {"classes": ["a", "b"], "joints": KINECT20.joints, "frames": 8, "fps": 30.0, "seconds": 1.0}
    words = {name: json.dumps(value) for name, value in about.items()} | {"format": "skelkit-onnx-1"}
    for key, value in (words | {"skeleton": "s", "stream": "joint", "weights": "float32"}).items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    return append_checksum(model.SerializeToString())


def sparse_onnx(folder):
    """5 GB that end in the header of a checksum."""
    return sparse(folder / "a.onnx", end=append_checksum(b""))


BOMBS = {
    "labels": [big_endian_array_repeated, sparse_labels],
    "load": [
        dotted_keys,
        dotted_tables,
        two_alike_of_100_000_columns,
        nested_joints_without_offset,
        joints_in_one_line,
        lines_100_million,
        one_number_20_million_times,
        duplicate_after_60_000_members,
        names_in_495_folders,
        names_in_many_folders,
        members_500_000,
        members_just_below_the_limit,
        members_that_the_end_does_not_count,
        arrays_100_000,
        chain_of_20_000_joints,
        parts_of_a_million_joints,
        nested_metadata,
        sparse_csv,
        csv_of_one_endless_line,
    ],
    "resume": [pipe_as_checkpoint, device_as_checkpoint],
    "recognise": [sparse_onnx],
}
FILES = [pytest.param(action, make, id=make.__name__) for action, bombs in BOMBS.items() for make in bombs]
FILES += [
    pytest.param("load", lambda f, name=name: sparse(f / name), id=f"sparse {name}")
    for name in ("a.bvh", "a.pkl", "a.npz", "a.npy", "a.zip", "a.toml", "a.safetensors")
]
FILES += [
    pytest.param("load", lambda f: sparse(f / "a.bvh", b"HIERARCHY\n"), id="sparse after HIERARCHY"),
    pytest.param("load", lambda f: sparse(f / "a.pkl", b"\x80\x04]q\x00."), id="sparse annotations"),
    pytest.param("load", lambda f: link(f / "a.toml", "/proc/self/pagemap"), id="pagemap.toml"),
    pytest.param("load", lambda f: link(f / "a.bvh", "/proc/self/pagemap"), id="pagemap.bvh"),
    pytest.param("load", lambda f: link(f / "a.pkl", "/proc/self/pagemap"), id="pagemap.pkl"),
    pytest.param("recognise", lambda f: sparse(f / "a.onnx"), id="sparse onnx without checksum"),
    pytest.param("recognise", lambda f: link(f / "a.onnx", "/proc/self/pagemap"), id="pagemap.onnx"),
    pytest.param("recognise", lambda f: written(f / "a.onnx", endless("loop")), id="loop"),
    pytest.param("recognise", lambda f: written(f / "a.onnx", endless("function")), id="loop in a function"),
]


@pytest.mark.parametrize(("action", "make"), FILES)
def test_a_hostile_file_is_refused_in_time_and_memory_by_an_error_that_names_it(
    tmp_path, reader, action, make
):
    path = make(tmp_path)
    error, message, seconds, megabytes = reader(action, path)
    print(f"{make.__name__}: {error}, {seconds:.2f} s, {megabytes:.0f} MB: {message[:300]}")
    assert error in ("UnreadableFile", "FileNotFoundError", "DamagedFile", "ValueError")
    assert str(tmp_path) in message
    assert "MemoryError" not in message
    assert len(message) < 3000
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
