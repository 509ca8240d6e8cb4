"""What cannot be written: the error says why and what to do, before long work, and keeps what was there."""

import errno
import os
import resource
import subprocess
import sys

import pytest
import torch

import skelkit as sk
from skelkit.cli.main import main
from skelkit.continual import learn
from skelkit.data import ntu
from skelkit.utils import checkpoint, files, write_errors

KEPT = "was not written, what was there is unchanged: "
FAULTS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EFBIG: r"it would be larger than a file may be here; raise the limit \(ulimit -f\)",
    errno.EROFS: "the file system is read-only; write to another place",
    errno.EACCES: "no permission to write there",
    errno.EIO: "Input/output error; write to another place",
}


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", FAULTS)
@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "os.chmod", "tempfile.mkstemp"])
def test_an_error_of_the_system_at_any_step_keeps_the_old_file_and_says_what_to_do(
    number, step, tmp_path, monkeypatch
):
    path = files.write_atomic(tmp_path / "a.json", b"old")
    monkeypatch.setattr(step, failing(number))
    with pytest.raises(OSError, match=rf"a\.json {KEPT}{FAULTS[number]}") as error:
        files.write_atomic(path, b"new")
    monkeypatch.undo()
    assert error.value.errno == number
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"old"


def test_an_error_within_the_work_that_makes_a_file_is_not_called_one_of_writing(tmp_path):
    with pytest.raises(FileNotFoundError) as error, files.open_atomic(tmp_path / "a"):
        (tmp_path / "source").read_bytes()
    assert KEPT not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def limited(code, folder, kilobytes=20):
    """Run Python that may write files of so many kilobytes only."""
    limit = (1024 * kilobytes,) * 2
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )


def test_a_file_beyond_the_limit_of_file_sizes_is_an_error_that_names_it(tmp_path, toy):
    toy().save(tmp_path / "clips.safetensors")
    code = "from skelkit.cli.main import main; print(main(['data', 'convert', 'clips.safetensors', 'a.pkl']))"
    done = limited(code, tmp_path)
    assert done.returncode == 0
    assert done.stdout == "1\n"
    assert done.stderr.startswith(f"skelkit data: a.pkl {KEPT}it would be larger than a file may be here")
    assert [path.name for path in tmp_path.iterdir()] == ["clips.safetensors"]


def test_training_that_cannot_write_its_checkpoint_keeps_the_one_before(tmp_path):
    checkpoint.write(tmp_path, {"number": 1}, {})
    code = """
import torch
from skelkit.utils import checkpoint
try:
    checkpoint.write(".", {"number": 2, "weights": torch.ones(10_000)}, {})
except OSError as error:
    print(error)
"""
    assert limited(code, tmp_path).stdout.startswith(f"checkpoint.safetensors {KEPT}")
    assert checkpoint.read(tmp_path, {})["number"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


TARGETS = {
    "a folder has this name": lambda folder: folder / "folder.safetensors",
    "its name is too long": lambda folder: folder / f"{'n' * 260}.safetensors",
    "cannot be a folder, a file stands there": lambda folder: folder / "file" / "deep" / "a.safetensors",
    "a part of its path is a file": lambda folder: folder / "file" / "a.safetensors",
}


def prepared(folder):
    (folder / "folder.safetensors").mkdir()
    (folder / "file").write_text("mine")
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("reason", TARGETS)
def test_a_target_that_cannot_be_written_is_refused_and_nothing_changes(reason, tmp_path, toy):
    before, target = prepared(tmp_path), TARGETS[reason](tmp_path)
    with pytest.raises(OSError, match=r"was not written|cannot be a folder"):
        toy().save(target)
    early = "a part of its path is a file" if "stands there" in reason else reason
    with pytest.raises(OSError, match=early) as error:
        files.check_target(target)
    assert len(str(error.value)) < 600
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_killed_writer_left_is_removed_by_the_next_one_unless_it_is_new_or_being_written(tmp_path):
    old, new = (tmp_path / f".a.json.{name}" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    with files.open_atomic(tmp_path / "a.json") as other:
        (living,) = set(tmp_path.iterdir()) - {new}
        os.utime(living, (1, 1))
        files.write_atomic(tmp_path / "a.json", b"whole")
        other.write(b"later")
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", new.name}
    assert (tmp_path / "a.json").read_bytes() == b"later"


def test_a_name_of_the_greatest_length_is_written(tmp_path):
    name = "n" * 251 + ".txt"
    assert files.write_atomic(tmp_path / name, b"a").read_bytes() == b"a"
    assert files.check_target(tmp_path / ("ü" * 127)).name == "ü" * 127


def test_checking_a_target_makes_no_folder_and_leaves_no_file(tmp_path):
    files.check_target(tmp_path / "a" / "b" / "c.json")
    assert list(tmp_path.iterdir()) == []


COMMANDS = {
    "convert": ["data", "convert", "synthetic", "{}", "--force"],
    "split": ["data", "split", "synthetic", "--out", "{}", "--force"],
    "show": ["data", "show", "synthetic", "--out", "{}"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_refuses_its_target_before_it_reads_anything(command, tmp_path, monkeypatch, capsys):
    target = tmp_path / ("a.npz" if command == "split" else "a.safetensors")
    target.mkdir()
    monkeypatch.setattr("skelkit.cli.data.source.read", lambda *_: pytest.fail("it was read"))
    assert main([word.replace("{}", str(target)) for word in COMMANDS[command]]) == 1
    told = capsys.readouterr().err
    assert told == f"skelkit data: {target} {KEPT}a folder has this name; give the name of a file\n"


def test_the_study_refuses_a_page_that_cannot_be_written_before_the_first_notebook(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("skelkit.study.runner.run_all", lambda *_: pytest.fail("it ran"))
    (tmp_path / "report.html").mkdir()
    assert main(["study", "01", "--out", str(tmp_path)]) == 1
    assert "report.html was not written" in capsys.readouterr().err


def test_training_refuses_a_folder_of_checkpoints_that_cannot_be_written_before_it_begins(tmp_path, toy):
    (tmp_path / "file").write_text("mine")
    train, test = toy(), toy(seed=1)
    options = {"tasks": 2, "preset": "smoke", "callback": lambda *_: pytest.fail("it trained")}
    with pytest.raises(OSError, match="file cannot be a folder, a file stands there"):
        learn("fine-tuning", train, test, checkpoints=tmp_path / "file", **options)


def test_a_conversion_of_raw_clips_refuses_its_target_before_it_parses(tmp_path, monkeypatch):
    monkeypatch.setattr(ntu.conversion.reading, "plan", lambda *_, **__: pytest.fail("it was read"))
    (tmp_path / "a.safetensors").mkdir()
    with pytest.raises(IsADirectoryError, match="a folder has this name"):
        ntu.convert(tmp_path, tmp_path / "a.safetensors")


FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, which Linux has")


@FULL
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["record", "--help"], ["bench", "--help"]])
def test_standard_output_that_is_full_is_one_sentence_without_a_traceback(arguments):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "skelkit.cli", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "skelkit: standard output cannot be written (No space left on device); files that this command wrote "
        "are complete; print to another place\n"
    )


@FULL
def test_what_a_command_wrote_is_complete_though_standard_output_is_full(tmp_path, toy):
    toy().save(tmp_path / "a.safetensors")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "skelkit.cli", "data", "convert", "a.safetensors", "b.safetensors"]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert torch.equal(sk.load(tmp_path / "b.safetensors").poses, toy().poses)


def test_an_error_that_is_a_sentence_already_is_left_as_it_is():
    error = NotADirectoryError("a sentence")
    assert write_errors.explained("a", error) is error
