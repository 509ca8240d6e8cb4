"""`skelkit pretrain`: encoders in a file, from one process or from several."""

import json
import os
import subprocess
import sys

import pytest
import torch

from skelkit import selfsup
from skelkit.cli.main import main
from skelkit.data.default_split import load_split
from skelkit.selfsup import pretrained_file, pretraining
from skelkit.utils import checkpoint
from skelkit.utils.checkpoint import DamagedFile

ARGUMENTS = ["pretrain", "pstl", "--preset", "smoke", "--epochs", "1", "--device", "cpu", "--out"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    assert main([*ARGUMENTS, str(folder)]) == 0
    return folder


def test_the_file_holds_the_encoders_of_this_training(folder):
    train = load_split("synthetic", "smoke", 0).train
    made = selfsup.pretrain("pstl", train, preset="smoke", epochs=1, least_steps=0, progress=False)
    found = pretrained_file.load(folder / "encoders.safetensors")
    assert (found.method, found.settings, found.skeleton) == (made.method, made.settings, made.skeleton)
    assert found.losses == made.losses
    for ours, theirs in zip(found.encoders, made.encoders, strict=True):
        assert not ours.training
        for name, value in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[name], value)
    test = load_split("synthetic", "smoke", 0).test
    assert selfsup.evaluate(found, train, test, "knn").accuracy == (
        selfsup.evaluate(made, train, test, "knn").accuracy
    )


def torchrun(folder):
    here = ["--standalone", "--local_addr=127.0.0.1", "--nproc_per_node=2"]
    command = [sys.executable, "-m", "torch.distributed.run", *here]
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, "-m", "skelkit", *ARGUMENTS, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_torchrun_trains_one_encoder_and_only_the_first_process_speaks(tmp_path, folder):
    done = torchrun(tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("training clips, cpu, 2 processes") == 1
    found, alone = (pretrained_file.load(each / "encoders.safetensors") for each in (tmp_path, folder))
    assert len(found.losses) == len(alone.losses)


def test_a_checkpoint_of_another_number_of_processes_is_refused(tmp_path, monkeypatch):
    training = pretraining.prepare("pstl", load_split("synthetic", "smoke", 0).train, preset="smoke")
    with monkeypatch.context() as two:
        two.setattr("skelkit.training.processes.count", lambda: 2)
        checkpoint.write(tmp_path, {}, training.identity())
    with pytest.raises(ValueError, match="processes: 2 there, None now"):
        checkpoint.read(tmp_path, training.identity())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoders": 10**9}, "1000000000 encoders"),
        ({"size": {"blocks": [[10**6, 1]], "kernel": 9}}, "but .* are stored"),
        ({"settings": {"epochs": "many"}}, "epochs='many'"),
        ({"skeleton": {}}, "TypeError: Skeleton"),
    ],
)
def test_a_file_that_describes_something_else_is_refused(folder, tmp_path, change, words):
    text, tensors = checkpoint.unseal(folder / "encoders.safetensors", pretrained_file.FORMAT, "x")
    about = json.loads(text)
    about = about | {k: about[k] | v if isinstance(v, dict) and v else v for k, v in change.items()}
    (tmp_path / "x.safetensors").write_bytes(
        checkpoint.seal(pretrained_file.FORMAT, json.dumps(about), tensors)
    )
    with pytest.raises(DamagedFile, match=f"x.safetensors.*{words}"):
        pretrained_file.load(tmp_path / "x.safetensors")


def test_no_file_and_a_cut_file_are_said(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        pretrained_file.load(tmp_path / "none")
    (tmp_path / "cut").write_bytes((folder / "encoders.safetensors").read_bytes()[:-7])
    with pytest.raises(DamagedFile, match="cut"):
        pretrained_file.load(tmp_path / "cut")
