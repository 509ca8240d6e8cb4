"""Writers of files that hold at a step of a write until they are killed.

Run as a script, it reads lines `[action, step, file, number, folder]` and forks a process for each. In it
the action runs until write number `number` of a file of this name is at the step; without a step, to its end.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

import torch

import skelkit as sk
from skelkit.cli.main import main
from skelkit.continual import learn
from skelkit.experiments.recording_file import RecordingFile
from skelkit.selfsup import pretrain
from skelkit.study import report, session
from skelkit.utils import files

STEPS = ("made", "half written", "written", "old one kept", "before rename", "after rename", "folder sync")
"""Where a writer holds; "old one kept" is for checkpoints alone."""


def learning(folder):
    clips = sk.load("synthetic", clips=40, classes=["wave", "hug", "kick", "nod"], frames=8)
    train, test = clips.split("stratified", train=0.5)
    options = {"tasks": 2, "memory": "4 clips", "preset": "smoke", "epochs": 2, "validation": 0, "frames": 12}
    history = learn("er", train, test, checkpoints=folder / "checkpoints", every=0, progress=False, **options)
    return torch.nan_to_num(history.accuracy).tolist()


def pretraining(folder):
    clips = sk.load("synthetic", clips=16, classes=["wave", "hug"], frames=8)
    options = {"preset": "smoke", "epochs": 3, "batch": 8, "frames": 8, "progress": False}
    made = pretrain("pstl", clips, checkpoints=folder / "checkpoints", every=0, **options)
    return made.losses


def recording(folder):
    file = RecordingFile("tiny", "clips", folder, {"preset": "smoke"}, [{"a": 1}])
    for seed in range(3):
        run = {
            "variant": {"a": 1},
            "label": "one",
            "seed": seed,
            "test": "t",
            "test_labels": "int8 0 eJwDAAAAAAE=",
        }
        if ('{"a": 1}', seed) not in file.done:
            file.add(run | {"divided": "so", "machine": "here"})
    return [run["seed"] for run in json.loads(file.path.read_text())["runs"]]


def converting(folder):
    done = main(
        ["data", "convert", str(folder / "source.safetensors"), str(folder / "a.safetensors"), "--force"]
    )
    return [done, sk.load(folder / "a.safetensors").poses.sum().item()]


def studying(folder):
    os.environ[session.RECORD] = str(folder / "values.json")
    session.start("x", {})
    session.record(accuracy=0.5)
    report.write([], folder / "report.html")
    return json.loads((folder / "values.json").read_text())["values"]


ACTIONS = {each.__name__: each for each in (learning, pretraining, recording, converting, studying)}


def hold_at(step, name, number, held):
    """Make the write `number` of a file `name` stop at a step: `held` is written to, and nothing follows."""
    writes = {"seen": 0, "active": False}
    replace, fsync, sync_folder = os.replace, os.fsync, files._sync_folder

    def hold(at):
        if writes["active"] and at == step:
            os.write(held, b"held")
            time.sleep(600)

    class Held(files._Named):
        def __init__(self, handle, path):
            super().__init__(handle, path)
            writes["seen"] += path.name == name
            writes["active"] = path.name == name and writes["seen"] == number
            hold("made")

        def write(self, content, /):
            if writes["active"] and step == "half written":
                super().write(memoryview(content)[: len(content) // 2])
                hold("half written")
            return super().write(content)

    def held_replace(source, target):
        final = Path(target).name == name
        hold("before rename" if final else "")
        replace(source, target)
        hold("after rename" if final else "old one kept")

    def held_fsync(handle):
        hold("written")
        fsync(handle)

    def held_sync(folder):
        hold("folder sync")
        sync_folder(folder)

    files._Named, os.replace, os.fsync, files._sync_folder = Held, held_replace, held_fsync, held_sync


def run(action, step, name, number, folder, out):
    try:
        warnings.simplefilter("ignore")
        sys.stdout = sys.stderr
        if step:
            hold_at(step, name, number, out)
        os.write(out, json.dumps(ACTIONS[action](Path(folder))).encode())
    except BaseException as error:
        os.write(out, json.dumps(f"{type(error).__name__}: {error}").encode())
    os._exit(0)


def serve():
    torch.set_num_threads(1)
    for line in sys.stdin:
        source, out = os.pipe()
        pid = os.fork()
        if not pid:
            run(*json.loads(line), out)
        os.close(out)
        text = b""
        while text != b"held" and (more := os.read(source, 65536)):
            text += more
        if text == b"held":
            os.kill(pid, 9)
            text = b'"held"'
        os.waitpid(pid, 0)
        os.close(source)
        print(text.decode(), flush=True)


if __name__ == "__main__":
    serve()
