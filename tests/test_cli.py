"""The `skelkit` command, run in this process."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from jupyterlab_server.config import get_page_config

from skelkit import ClipSet, load
from skelkit.cli.main import main
from skelkit.data import file_split
from skelkit.data.readers.pyskl import write_annotations
from skelkit.utils.notebooks import notebooks_folder, recorded_folder

NTU25 = ["--skeleton", "ntu25"]
"""For files without joint names, which a contributor's second layout of 25 joints would make ambiguous."""


@pytest.mark.parametrize(
    "arguments",
    [[], ["study"], ["data"], ["data", "describe"], ["data", "convert"], ["data", "show"], ["bench"]],
)
def test_every_command_has_help_that_reads_like_documentation(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "usage: skelkit" in text
    assert len(text) > 200


@pytest.mark.parametrize("module", ["skelkit", "skelkit.cli"])
def test_the_command_runs_as_a_module(module):
    command = [sys.executable, "-m", module, "--help"]
    assert "skelkit study" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("arguments", "variable"), [(["--debug"], ""), ([], "1")])
def test_debug_prints_the_traceback_of_an_error(arguments, variable, capsys, monkeypatch):
    monkeypatch.setenv("SKELKIT_DEBUG", variable)
    assert main([*arguments, "data", "describe", "nowhere"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Traceback")
    assert "FileNotFoundError: nowhere" in error


def test_a_command_says_which_extra_it_needs(capsys, monkeypatch):
    monkeypatch.setattr("skelkit.cli.command.find_spec", lambda module: None)
    assert main(["study", "00"]) == 1
    message = "papermill is not installed; install it with: pip install 'skelkit[notebooks]'"
    assert capsys.readouterr().err == f"skelkit study: {message}\n"


@pytest.fixture
def jupyterlab(monkeypatch):
    """The arguments with which JupyterLab is started, instead of starting it."""
    started = []
    monkeypatch.setattr("jupyterlab.labapp.LabApp.launch_instance", started.extend)
    monkeypatch.setenv("SKELKIT_RECORDED", "")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    return started


def test_lab_turns_the_news_of_jupyterlab_off(jupyterlab):
    assert main(["lab"]) == 0
    config = get_page_config([])
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]


def test_lab_opens_the_notebooks_of_a_checkout_in_place(jupyterlab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lab"]) == 0
    assert jupyterlab == [f"--notebook-dir={notebooks_folder()}"]
    assert list(tmp_path.iterdir()) == []


def test_lab_copies_the_notebooks_to_a_folder_and_keeps_changed_ones(jupyterlab, tmp_path, capsys):
    folder = tmp_path / "mine"
    assert main(["lab", str(folder), "--no-browser"]) == 0
    assert jupyterlab[0] == f"--notebook-dir={folder}"
    assert "--no-browser" in jupyterlab
    copied = {path.name for path in folder.glob("*.ipynb")}
    assert copied == {path.name for path in notebooks_folder().glob("*.ipynb")}
    (folder / "02_masks.ipynb").write_text("changed")
    capsys.readouterr()
    assert main(["lab", str(folder), "--copy-only"]) == 0
    printed = capsys.readouterr().out
    assert f"{folder}: 0 files copied\nkept {folder / '02_masks.ipynb'}: it differs" in printed
    assert (folder / "02_masks.ipynb").read_text() == "changed"


def test_notebooks_in_a_copy_read_the_recorded_results_of_that_copy(jupyterlab, tmp_path):
    assert main(["lab", str(tmp_path)]) == 0
    assert recorded_folder() == tmp_path / "recorded"
    assert (tmp_path / "recorded" / "synthetic" / "methods.json").is_file()


def test_describe_prints_the_data_card(capsys):
    assert main(["data", "describe", "synthetic"]) == 0
    assert "30" in capsys.readouterr().out.split("classes")[1].split("\n")[0]


def test_describe_reports_quality_and_draws_it(capsys, tmp_path):
    assert main(["data", "describe", "synthetic", "--figure", str(tmp_path / "quality.html")]) == 0
    printed = capsys.readouterr().out
    assert "clips that are copies of others: 0" in printed
    assert "bone lengths vary within a clip by" in printed
    page = (tmp_path / "quality.html").read_text("utf-8")
    assert "missing (% of frames)" in page
    assert "left hand tip" in page


def described(path, capsys, *options):
    """What `describe` prints of a file."""
    capsys.readouterr()
    assert main(["data", "describe", str(path), *options]) == 0
    return capsys.readouterr().out


def test_describe_says_which_frame_rate_is_assumed_and_what_is_not_read(tmp_path, capsys):
    arrays = {"data": np.ones((9, 25, 3), np.float32), "length": [4, 5], "label": [0, 1]}
    np.savez(tmp_path / "silent.npz", **arrays, trial=[1, 2], start=[0, 9])
    np.savez(tmp_path / "says.npz", **arrays, fps=25.0)
    silent, says = (described(tmp_path / f"{name}.npz", capsys, *NTU25) for name in ("silent", "says"))
    assert "note         the frame rate is assumed, not read\n" in silent
    assert "note         not read: trial, start\n" in silent
    assert "note" not in says
    assert "assumed" not in described(tmp_path / "silent.npz", capsys, *NTU25, "--fps", "25")
    remarks = json.loads(described(tmp_path / "silent.npz", capsys, *NTU25, "--json"))["remarks"]
    assert remarks == ["the frame rate is assumed, not read", "not read: trial, start"]
    toml = '[source]\npath = "says.npz"\n[arrays]\nposes = "data"\naxes = "F V C"\nlength = "length"\n'
    toml += '[skeleton]\nname = "ntu25"\n'
    (tmp_path / "a.toml").write_text(toml)
    assert "the frame rate is assumed" in described(tmp_path / "a.toml", capsys)
    (tmp_path / "a.toml").write_text(toml + "[units]\nfps = 30\n")
    assert "the frame rate is assumed" not in described(tmp_path / "a.toml", capsys)
    assert "assumed" not in described("synthetic", capsys)


def test_long_clips_and_many_persons_are_converted_without_options(tmp_path, capsys):
    clips = load("synthetic", clips=6, classes=["wave", "hug"], frames=320)
    poses = torch.cat([clips.poses, clips.poses[:, :1] + 1], 1)
    source = replace(clips, poses=poses).save(tmp_path / "a.safetensors")
    assert main(["data", "convert", str(source), str(tmp_path / "b_data.npy")]) == 0
    assert "the file has 320 frames for each clip, as many as the longest has" in capsys.readouterr().out
    again = load(tmp_path / "b_data.npy", skeleton="ntu25")
    assert torch.equal(again.poses, poses)
    split = ["data", "split", str(source), "--by", "stratified", "--out", str(tmp_path / "c.npz")]
    assert main(split) == 0
    assert load(tmp_path / "c.npz", skeleton="ntu25").poses.shape[1] == 3


def test_describe_as_json_can_be_read_by_programs(capsys):
    main(["data", "describe", "synthetic", "--json"])
    card = json.loads(capsys.readouterr().out)
    assert card["clips"] == sum(card["per class"].values())


def test_convert_writes_a_file_that_loads_and_refuses_to_overwrite_it(tmp_path, capsys):
    target = tmp_path / "clips.safetensors"
    assert main(["data", "convert", "synthetic", str(target)]) == 0
    assert len(ClipSet.load(target)) > 0
    before = target.read_bytes()
    assert main(["data", "convert", "synthetic", str(target)]) == 1
    assert "pass --force" in capsys.readouterr().err
    assert target.read_bytes() == before


def test_show_writes_a_page_for_one_clip(tmp_path):
    page = tmp_path / "clip.html"
    assert main(["data", "show", "synthetic", "--clip", "3", "--out", str(page)]) == 0
    assert "skelkitPlayer" in page.read_text()


@pytest.mark.parametrize(
    ("terminal", "screen", "out"),
    [(True, ":0", []), (False, ":0", []), (True, "", []), (True, ":0", ["--out", "a.html"])],
)
def test_show_opens_the_page_on_a_desktop(terminal, screen, out, tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["data", "show", "synthetic", *out]) == 0
    printed = capsys.readouterr().out
    if terminal and screen and not out:
        assert opened == [(tmp_path / "clip-0.html").as_uri()]
        assert "opened clip-0.html" in printed
    else:
        assert not opened
        assert f"open {out[1] if out else 'clip-0.html'} in a browser" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data", "describe", "nowhere"], "nowhere"),
        (["data", "show", "synthetic", "--clip", "100000"], "clip 100000 was asked for"),
        (["data", "convert", "synthetic", "clips.xyz"], "must end in .safetensors, .pkl, .npy"),
        (["study", "99"], "no notebook '99'"),
        (["study", "--dataset", "nowhere"], "nowhere: no such file or folder"),
        (["bench", "everything"], "no benchmark 'everything'; known: asma, charon, clips, codecs"),
        (["bench", "masks", "--device", "tpu"], "no device 'tpu'"),
        (
            ["data", "describe", "synthetic", "--figure", "quality.png"],
            "--figure quality.png: the figure is a page; give a name that ends in .html",
        ),
        (
            ["data", "describe", "synthetic", "--pattern", "a"],
            "no option '--pattern' for synthetic clips; they take clips, classes",
        ),
        (
            ["data", "describe", "synthetic", "--scale", "0"],
            "--scale must be a positive number of metres per unit; got 0.0",
        ),
        (
            ["data", "split", "synthetic", "--by", "xsub", "--train", "1"],
            "--by xsub takes none; leave it out",
        ),
        (
            ["data", "split", "synthetic", "--by", "stratified", "--train", "0.3", "0.9"],
            "--by stratified takes one; leave the others out",
        ),
        (
            ["data", "split", "synthetic", "--by", "stratified", "--train", "half"],
            "a stratified split takes the share to train on",
        ),
        (["data", "split", "synthetic", "--by", "subjects"], "did you mean 'subject'?"),
        (
            ["data", "split", "synthetic", "--out", "parts.csv"],
            "give a folder, or a file that ends in .npz or .pkl",
        ),
        (
            ["data", "convert", "synthetic", "clips.safetensors", "--all-bodies"],
            "--all-bodies: only for raw NTU RGB+D",
        ),
        (
            ["data", "convert", "synthetic", "clips.npy", "--dtype", "float16"],
            "--dtype: only for raw NTU RGB+D that is written to a .safetensors file",
        ),
        (["data", "split", "synthetic"], "split by subject needs --train, some of: 1, 2, 3"),
    ],
)
def test_a_wrong_argument_gets_one_line_that_says_what_to_do(
    arguments, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_options_supply_what_files_do_not_say(tmp_path, capsys):
    path = tmp_path / "a.npz"
    arrays = {
        "data": np.random.default_rng(0).normal(0, 0.3, (40, 20, 3)).astype(np.float32),
        "length": [15, 25],
        "label": [0, 1],
    }
    np.savez(path, **arrays)
    assert main(["data", "describe", str(path), "--fps", "50", "--skeleton", "kinect20"]) == 0
    assert "fps          50.0" in capsys.readouterr().out
    assert main(["data", "describe", str(path), "--skeleton", "kinect2"]) == 1
    assert "no built-in skeleton 'kinect2'" in capsys.readouterr().err
    assert main(["data", "describe", str(tmp_path)]) == 1
    assert f"this folder is no recording, but {path} in it may be: pass that path" in capsys.readouterr().err


def test_a_split_replaces_files_only_with_force(tmp_path, capsys):
    split = ["data", "split", "synthetic", "--by", "stratified", "--out", str(tmp_path)]
    assert main(split) == 0
    (tmp_path / "train.safetensors").unlink()
    before = (tmp_path / "test.safetensors").read_bytes()
    assert main([*split, "--seed", "1"]) == 1
    assert "test.safetensors exists; pass --force" in capsys.readouterr().err
    assert (tmp_path / "test.safetensors").read_bytes() == before
    assert main([*split, "--seed", "1", "--force"]) == 0
    assert (tmp_path / "test.safetensors").read_bytes() != before


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m skelkit.cli data describe synthetic"
    ran = subprocess.run(
        ["bash", "-c", f"{command} | head -n 0"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ran.stderr


def test_bench_prints_ratios(capsys, monkeypatch):
    from skelkit import bench
    from skelkit.bench import operations

    monkeypatch.setitem(
        bench.BENCHES, "codecs", lambda device: operations.bench_codecs(device, clips=4, rounds=1)
    )
    assert main(["bench", "codecs", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(row["times a copy"] > 0 for row in found["codecs"])


def test_an_output_folder_below_a_file_is_refused_by_name(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["data", "convert", "synthetic", str(tmp_path / "file" / "x.safetensors")]) == 1
    assert "a part of its path is a file, not a folder" in capsys.readouterr().err


def test_data_that_cannot_be_read_stops_the_study_before_the_first_notebook(tmp_path, capsys):
    (tmp_path / "bad.npz").write_bytes(b"not an archive")
    out = tmp_path / "out"
    assert main(["study", "--dataset", str(tmp_path / "bad.npz"), "--out", str(out)]) == 1
    assert "bad.npz: found something that is not a whole .npz archive" in capsys.readouterr().err
    assert not out.exists()


@pytest.fixture
def raw(tmp_path):
    """Raw NTU RGB+D files of four performers, with oddities."""
    from skelkit import load
    from skelkit.data.ntu import sample_writer

    sample_writer.synthesise(
        tmp_path / "raw", load("synthetic", clips=12, frames=20, classes=["wave", "hug"])
    )
    return tmp_path / "raw"


def test_raw_ntu_files_are_converted_with_a_report_of_what_is_dropped(raw, tmp_path, capsys):
    from skelkit import load

    target = tmp_path / "clips.safetensors"
    assert main(["data", "convert", str(raw), str(target), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "written to" in printed
    assert "12" in printed
    clips = load(target)
    assert (clips.poses == load(raw).poses).all()
    assert main(["data", "convert", str(raw), str(target)]) == 1, "what is there is not replaced"
    assert main(["data", "convert", str(raw), str(target), "--force", "--all-bodies", "--workers", "1"]) == 0


def test_describe_and_convert_report_the_same_about_raw_ntu_files(raw, tmp_path, capsys):
    assert main(["data", "convert", str(raw), str(tmp_path / "clips.safetensors"), "--workers", "1"]) == 0
    report = capsys.readouterr().out.split("written to")[0].strip()
    assert main(["data", "describe", str(raw)]) == 0
    assert report in capsys.readouterr().out


@pytest.mark.parametrize("more", [[], ["--scale", "0.01"]])
def test_files_of_another_kind_in_a_folder_cause_one_warning(raw, more, tmp_path):
    (raw / "other.npz").write_bytes(b"")
    with pytest.warns(UserWarning, match="not read with it") as warned:
        assert main(["data", "describe", str(raw), *more]) == 0
    assert len(warned) == 1


def test_converted_files_are_not_loaded_into_memory(raw, tmp_path, monkeypatch, capsys):
    def load(*_):
        raise MemoryError

    monkeypatch.setattr(ClipSet, "load", load)
    assert main(["data", "convert", str(raw), str(tmp_path / "clips.safetensors"), "--workers", "1"]) == 0
    assert "12 files, 12 clips" in capsys.readouterr().out


def test_options_cannot_contradict_raw_ntu_files(raw, tmp_path, capsys):
    assert (
        main(
            [
                "data",
                "convert",
                str(raw),
                str(tmp_path / "clips.safetensors"),
                "--fps",
                "15",
                "--scale",
                "0.1",
            ]
        )
        == 1
    )
    assert "--fps, --scale: raw NTU RGB+D defines this itself" in capsys.readouterr().err


def test_a_file_with_several_splits_is_described_split_and_converted(tmp_path, capsys):
    clips = load("synthetic", clips=12, classes=["wave", "hug"], frames=20).select(
        [*range(11), 0]
    )  # the last is the first
    clips = replace(clips, names=tuple(f"clip{i}" for i in range(12)))
    split = {
        "xsub_train": range(6),
        "xsub_val": range(6, 12),
        "xview_train": range(5, 9),
        "xview_val": range(9, 11),
        "xview_test": [11, 4],
    }
    source = write_annotations(clips, tmp_path / "a.pkl", split=split)
    assert main(["data", "describe", str(source), *NTU25]) == 0
    printed = capsys.readouterr().out
    assert "xsub_train: 6, xsub_val: 6, xview_train: 4, xview_val: 2, xview_test: 2" in printed
    assert (
        "xsub_train and xsub_val: test clips that are training clips, bit for bit: 1 of 6 (17%) (clip11)"
        in printed
    )
    assert (
        "xview_train and xview_test: test clips that are training clips, bit for bit: 0 of 2 (0%)" in printed
    )
    assert (
        main(["data", "describe", str(source), *NTU25, "--json", "--figure", str(tmp_path / "a.html")]) == 0
    )
    assert json.loads(capsys.readouterr().out)["quality"]["leaked"]["xsub_train"] == ["xsub_val", 6, [11]]
    by_file = ["data", "split", str(source), *NTU25, "--by", "file", "--out", str(tmp_path)]
    assert main(by_file) == 1
    assert "several splits; say on which to train: xsub_train, xview_train" in capsys.readouterr().err
    assert main([*by_file, "--train", "xsub_val"]) == 1
    assert "no training subset 'xsub_val'" in capsys.readouterr().err
    assert main([*by_file, "--train", "xview_train"]) == 0
    assert "in neither: xsub_train, xsub_val, xview_val" in capsys.readouterr().out
    assert ClipSet.load(tmp_path / "train.safetensors").names == tuple(f"clip{i}" for i in range(5, 9))
    assert ClipSet.load(tmp_path / "test.safetensors").names == ("clip4", "clip11")
    assert main(["data", "convert", str(source), *NTU25, str(source), "--force"]) == 1
    assert "is the source itself; give another name" in capsys.readouterr().err
    assert main(["data", "convert", str(source), *NTU25, str(tmp_path / "b.pkl")]) == 0
    assert file_split.subsets(load(tmp_path / "b.pkl", skeleton="ntu25")) == {
        name: sorted(positions) for name, positions in split.items()
    }


def test_scale_and_up_work_for_any_file(tmp_path, capsys):
    clips = load("synthetic", clips=4, classes=["wave", "hug"])
    turned = replace(clips, poses=100 * clips.poses[..., [0, 2, 1]] * torch.tensor([1, -1, 1]))
    turned.save(tmp_path / "a.safetensors")
    main(["data", "describe", str(tmp_path / "a.safetensors")])
    assert "z is the longest extent in most clips" in capsys.readouterr().out
    assert (
        main(
            [
                "data",
                "convert",
                str(tmp_path / "a.safetensors"),
                str(tmp_path / "b.safetensors"),
                "--scale",
                "0.01",
                "--up",
                "z",
            ]
        )
        == 0
    )
    assert torch.allclose(ClipSet.load(tmp_path / "b.safetensors").poses, clips.poses, atol=1e-6)


@pytest.mark.parametrize("target", ["clips.pkl", "clips.npy"])
def test_recordings_are_converted_to_files_of_other_toolkits_and_back(target, tmp_path):
    from skelkit import load

    source = load("synthetic", clips=6, classes=["wave", "hug"]).save(tmp_path / "source.safetensors")
    assert main(["data", "convert", str(source), str(tmp_path / target)]) == 0
    written = next(p for p in tmp_path.iterdir() if p.suffix == target[5:] and "label" not in p.name)
    back, clips = load(written, skeleton="ntu25"), load(source)
    assert back.labels.tolist() == clips.labels.tolist()
    assert (back.lengths <= clips.lengths).all()
    assert main(["data", "convert", str(source), str(tmp_path / target)]) == 1


@pytest.mark.parametrize(
    "how",
    [
        ["--by", "subject", "--train", "1", "2", "3"],
        ["--by", "stratified", "--train", "0.6"],
        ["--by", "view", "--train", "2"],
    ],
)
def test_a_split_reports_what_train_and_test_share(how, tmp_path, capsys):
    from skelkit import load

    source = load("synthetic", clips=40, classes=["wave", "hug"], frames=12).save(
        tmp_path / "source.safetensors"
    )
    assert main(["data", "split", str(source), *how, "--out", str(tmp_path / "parts")]) == 0
    printed = capsys.readouterr().out
    train, test = (load(tmp_path / "parts" / f"{name}.safetensors") for name in ("train", "test"))
    assert len(train) + len(test) == 40
    assert "test clips that are training clips, bit for bit: 0 of" in printed
    assert "subjects in both: 0, a cross-subject split" in printed or how[1] != "subject"


@pytest.mark.parametrize("kind", ["npz", "pkl"])
def test_a_split_can_be_one_file_of_another_toolkit_that_has_the_same_split(kind, tmp_path, capsys):
    source, target = tmp_path / "clips.safetensors", tmp_path / f"parts.{kind}"
    clips = load("synthetic", clips=20, classes=["wave", "hug"], frames=20)
    clips.save(source)
    assert main(["data", "split", str(source), "--by", "stratified", "--out", str(target)]) == 0
    assert "(0%)" in capsys.readouterr().out
    assert main(["data", "split", str(source), "--by", "stratified", "--out", str(target)]) == 1
    assert "--force" in capsys.readouterr().err
    main(["data", "describe", str(target), *NTU25])
    printed = capsys.readouterr().out
    assert "subsets      " in printed
    assert ("train: 14" in printed, "test: 6" in printed) == (True, True)
    assert "test clips that are training clips, bit for bit: 0 of" in printed
    assert main(["data", "split", str(target), *NTU25, "--by", "file", "--out", str(tmp_path)]) == 0
    train, test = clips.split("stratified", train=0.7)
    for name, part in (("train", train), ("test", test)):
        again = ClipSet.load(tmp_path / f"{name}.safetensors")
        assert torch.equal(again.poses[:, : part.poses.shape[1]], part.poses)
        assert torch.equal(again.labels, part.labels)
    assert main(["data", "split", str(source), "--by", "file"]) == 1
    assert "no split of its own" in capsys.readouterr().err


def test_raw_ntu_files_are_split_by_the_published_protocols(raw, tmp_path, capsys):
    from skelkit import load

    assert main(["data", "split", str(raw), "--by", "xsub", "--out", str(tmp_path / "parts")]) == 0
    train = load(tmp_path / "parts" / "train.safetensors")
    assert set(train.subject.tolist()) <= {
        1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38,
    }  # fmt: skip
