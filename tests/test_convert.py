import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import skelkit as sk
from skelkit.data import ntu
from skelkit.data.ntu import conversion, layout, reading, sample_writer
from skelkit.data.ntu.conversion import convert
from skelkit.utils import parallel


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Raw files with every oddity, one of them empty."""
    folder = tmp_path_factory.mktemp("ntu")
    sample_writer.synthesise(folder, sk.load("synthetic", clips=21, frames=30))
    layout.write(folder / "S001C001P001R009A001.skeleton", [[]] * 9)
    return folder


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 4)


def header(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size]), data[8 + size :], size


def test_the_file_is_the_one_that_save_would_write(folder, tmp_path):
    report, expected_report = convert(folder, tmp_path / "a.safetensors"), ntu.Report()
    clips = ntu.read(folder, report=expected_report)
    clips.save(tmp_path / "b.safetensors")
    (mine, data, size), (theirs, expected, _) = (
        header(tmp_path / "a.safetensors"),
        header(tmp_path / "b.safetensors"),
    )
    assert mine == theirs
    assert list(mine)[1:] == list(theirs)[1:]  # the metadata's own order differs from one save to the next
    assert data == expected
    assert size % 8 == 0
    assert report == expected_report
    loaded = sk.load(tmp_path / "a.safetensors")
    assert torch.equal(loaded.poses, clips.poses)
    assert (loaded.names, loaded.classes, loaded.skeleton) == (clips.names, clips.classes, clips.skeleton)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.safetensors", "b.safetensors"]


def test_a_single_clip_is_converted_and_saved_like_many(folder, tmp_path):
    name = next(p.stem for p in sorted(folder.iterdir()) if p.stem.endswith("R001A001"))
    convert(folder, tmp_path / "a.safetensors", only=name)
    clips = ntu.read(folder, only=name)
    clips.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    loaded = sk.load(tmp_path / "a.safetensors")
    assert (loaded.names, loaded.subject.tolist()) == ((name,), clips.subject.tolist())
    assert torch.equal(loaded.poses, clips.poses)


def test_poses_may_be_float16(folder, tmp_path):
    convert(folder, tmp_path / "half.safetensors", dtype="float16")
    clips, half = ntu.read(folder), sk.load(tmp_path / "half.safetensors")
    assert half.poses.dtype == torch.float16
    assert torch.equal(half.poses, clips.poses.half())
    (tmp_path / "far").mkdir()
    for k, far in enumerate((1, 1e5)):
        layout.write(
            tmp_path / "far" / f"S001C001P001R001A00{k + 1}.skeleton", [[(1, np.full((25, 3), far))]] * 20
        )
    with pytest.raises(ValueError, match="S001C001P001R001A002: found coordinates that float16 cannot hold"):
        convert(tmp_path / "far", tmp_path / "far.safetensors", dtype="float16")


def test_any_number_of_workers_gives_the_same_bytes(folder, tmp_path):
    for workers in (1, 2):
        convert(folder, tmp_path / f"{workers}.safetensors", workers=workers)
    assert (tmp_path / "1.safetensors").read_bytes() == (tmp_path / "2.safetensors").read_bytes()
    assert torch.equal(ntu.read(folder, workers=2).poses, ntu.read(folder).poses)


def test_a_dask_cluster_gives_the_same_bytes(folder, tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs Dask: pip install 'skelkit[cluster]'")
    convert(folder, tmp_path / "here.safetensors")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        report = convert(folder, tmp_path / "there.safetensors", scheduler=cluster.scheduler_address)
    assert (tmp_path / "here.safetensors").read_bytes() == (tmp_path / "there.safetensors").read_bytes()
    assert (report.files, report.clips) == (22, 21)


def test_without_dask_a_scheduler_is_an_error_that_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'skelkit\[cluster\]'"):
        convert(folder, tmp_path / "a.safetensors", scheduler="tcp://127.0.0.1:8786")


# -- broken off --------------------------------------------------------------------------------------------

CHILD = """
import sys, time
from skelkit.data.ntu import conversion, reading
reading.CHUNK = 4
write = conversion.write_atomic

def slowly(path, content):
    time.sleep(0.3)
    write(path, content)
    print(path, flush=True)

conversion.write_atomic = slowly
if __name__ == "__main__":
    conversion.convert(sys.argv[1], sys.argv[2], workers=2)
"""


def children_of(pid):
    found = []
    for about in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = about.parent.name, about.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(rest[1]) == pid:
            found.append(int(number))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
def test_a_killed_conversion_leaves_no_target_and_no_process_and_a_second_run_completes_it(
    folder, tmp_path, monkeypatch
):
    (tmp_path / "child.py").write_text(CHILD)
    target = tmp_path / "a.safetensors"
    command = [sys.executable, tmp_path / "child.py", folder, target]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1", "SKELKIT_HEADLESS": "1"}
    ) as child:
        for _ in range(2):
            child.stdout.readline()
        workers = children_of(child.pid)
        child.send_signal(signal.SIGKILL)
    assert not target.exists()
    done = list((tmp_path / "a.safetensors.parts").glob("[0-9]*.safetensors"))
    assert 2 <= len(done) < 6
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in workers):
            break
        time.sleep(0.1)
    else:
        raise AssertionError("workers stay behind")

    parsed = []
    parse = conversion._parse
    monkeypatch.setattr(conversion, "_parse", lambda chunk: parsed.append(chunk) or parse(chunk))
    report = convert(folder, target)
    assert len(parsed) == 6 - len(done)
    convert(folder, tmp_path / "b.safetensors")
    assert target.read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert (report.files, report.clips) == (22, 21)
    assert report.counts()["empty"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.safetensors", "b.safetensors", "child.py"]


@pytest.fixture
def broken_off(folder, tmp_path, monkeypatch):
    """(target, list of chunks parsed from now on): a conversion interrupted before the last chunk."""
    target, parsed = tmp_path / "a.safetensors", []
    parse = conversion._parse

    def stop(chunk):
        if len(parsed) == 5:
            raise KeyboardInterrupt
        parsed.append(chunk)
        return parse(chunk)

    monkeypatch.setattr(conversion, "_parse", stop)
    with pytest.raises(KeyboardInterrupt):
        convert(folder, target)
    parsed.clear()
    monkeypatch.setattr(conversion, "_parse", lambda chunk: parsed.append(chunk) or parse(chunk))
    return target, parsed


def test_an_interrupted_conversion_resumes(folder, broken_off):
    target, parsed = broken_off
    assert not target.exists()
    convert(folder, target)
    assert len(parsed) == 1
    assert len(sk.load(target)) == 21


def test_a_chunk_that_was_damaged_on_disk_is_parsed_again(folder, broken_off):
    target, parsed = broken_off
    first, second, third, *_ = sorted(target.with_name("a.safetensors.parts").iterdir())
    data = bytearray(first.read_bytes())
    data[-5] ^= 1
    first.write_bytes(data)
    second.write_bytes(second.read_bytes()[:-100])
    third.write_bytes(b"")
    convert(folder, target)
    assert len(parsed) == 4
    assert torch.equal(sk.load(target).poses, ntu.read(folder).poses)


@pytest.mark.parametrize("change", [{"length": 10}, {"dtype": "float16"}, {"damaged": "report"}])
def test_chunks_of_other_options_are_not_reused(folder, broken_off, change):
    target, parsed = broken_off
    convert(folder, target, **change)
    assert len(parsed) == 6


def test_a_changed_sample_is_parsed_again(folder, broken_off):
    target, parsed = broken_off
    os.utime(next(iter(folder.iterdir())))
    convert(folder, target)
    assert len(parsed) in (1, 2)  # with the chunk that was not done, unless it is that one
    assert len(sk.load(target)) == 21


def test_an_error_leaves_the_target_as_it_was(folder, tmp_path):
    target = tmp_path / "a.safetensors"
    target.write_bytes(b"before")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "S001C001P001R001A001.skeleton").write_text("1\n")
    with pytest.raises(ValueError, match=r"skeleton:1: found"):
        convert(tmp_path / "raw", target)
    assert target.read_bytes() == b"before"
    with pytest.raises(ValueError, match=r"found the ending '.npz', expected .safetensors"):
        convert(folder, tmp_path / "a.npz")
    with pytest.raises(ValueError, match="dtype='int8': expected 'float32' or 'float16'"):
        convert(folder, target, dtype="int8")
    with pytest.raises(TypeError, match="lenght"):
        convert(folder, target, lenght=3)


# -- processes ---------------------------------------------------------------------------------------------


def die(task):
    os._exit(3)


def fail(task):
    raise ValueError(f"task {task}")


def doze(seconds):
    time.sleep(seconds)


def test_an_interrupt_does_not_wait_for_work_that_takes_long():
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 4)
        with pytest.raises(KeyboardInterrupt):
            list(parallel.map_unordered(doze, [600, 600], 2))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_error_in_a_process_is_raised_in_the_caller_and_a_dead_process_is_explained():
    with pytest.raises(ValueError, match="task 7"):
        list(parallel.map_unordered(fail, [7], 2))
    with pytest.raises(ValueError, match=r"task [78]"):
        list(parallel.map_unordered(fail, [7, 8], 2))
    with pytest.raises(RuntimeError, match="a worker process ended before its work was done"):
        list(parallel.map_unordered(die, [7, 8], 2))
