"""A set of clips as a file: the same bytes for the same clips, and nothing believed that was changed."""

import numpy as np
import pytest
import torch

from skelkit import ClipSet
from skelkit.data import storage
from skelkit.skeletons.layouts import KINECT20


@pytest.fixture
def clips(ragged):
    return ClipSet.from_arrays(
        ragged([9, 4, 7]),
        labels=[0, 1, 1],
        skeleton=KINECT20,
        classes=["a", "b <i>"],
        subject=["Ann", "Bo", "Ann"],
        fps=25,
    )


@pytest.fixture
def path(clips, tmp_path):
    return clips.save(tmp_path / "clips.safetensors")


def test_the_same_clips_give_the_same_bytes(clips, path, tmp_path):
    assert clips.save(tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert ClipSet.load(path).save(tmp_path / "loaded.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_saved_clips_are_loaded_bit_for_bit(clips, tmp_path, dtype):
    clips = clips.to(dtype=dtype)
    back = ClipSet.load(clips.save(tmp_path / "clips.safetensors"))
    for name in ("poses", "starts", "labels", "subject"):
        assert torch.equal(getattr(clips, name), getattr(back, name))
    assert (back.classes, back.fps, back.group_names, back.names) == (
        clips.classes,
        25.0,
        {"subject": ("Ann", "Bo")},
        clips.names,
    )


def test_any_changed_byte_of_the_content_is_detected(path):
    whole = path.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    for at in (*range(header, len(whole), 97), len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ValueError, match=r"clips.safetensors: damaged .* checksum"):
            ClipSet.load(path)


def test_two_thousand_changed_files_are_refused_by_name_or_have_the_same_content(clips, path):
    generator, whole = np.random.default_rng(0), path.read_bytes()
    for _ in range(2000):
        content = bytearray(whole)
        kind, at = generator.integers(4), int(generator.integers(min(len(whole), 2500)))
        if kind == 0:
            content[at] = int(generator.integers(256))
        elif kind == 1:
            del content[at : at + int(generator.integers(1, 40))]
        elif kind == 2:
            content[at:at] = content[at : at + int(generator.integers(1, 40))]
        else:
            del content[at:]
        path.write_bytes(content)
        try:
            back = ClipSet.load(path)
        except ValueError as error:
            assert str(error).startswith(str(path))  # noqa: PT017 - most files are refused, not all
        else:
            assert torch.equal(back.poses, clips.poses)
            assert back.classes == clips.classes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": torch.tensor([0, 1, 2])}, "a class for each label"),
        ({"labels": torch.tensor([0, -1, 1])}, "a class for each label"),
        ({"labels": torch.tensor([0, 1])}, "a label for each clip"),
        ({"starts": torch.tensor([0, 9, 9, 20])}, "starts that rise"),
        ({"starts": torch.tensor([0, 9, 13, 21])}, "starts that rise"),
        ({"subject": torch.tensor([0, 1])}, r"numbers \[clips\]"),
        ({"fps": 0}, "frames per second"),
        ({"fps": "fast"}, "frames per second"),
        ({"names": ["one"]}, "names for all clips or none"),
    ],
)
def test_a_complete_but_contradictory_file_is_refused(clips, tmp_path, change, message):
    path = tmp_path / "odd.safetensors"
    storage.write(path, vars(clips) | change, [clips.poses], list(clips.poses.shape), torch.float32)
    with pytest.raises(
        ValueError, match=f"odd.safetensors: whole, but not what ClipSet.save writes .*{message}"
    ):
        ClipSet.load(path)


def test_coordinates_that_are_nan_are_refused(clips, tmp_path):
    poses = clips.poses.clone()
    poses[3, 0, 0, 0] = torch.nan
    storage.write(tmp_path / "odd.safetensors", vars(clips), [poses], list(poses.shape), torch.float32)
    with pytest.raises(ValueError, match="all finite"):
        ClipSet.load(tmp_path / "odd.safetensors")


def test_a_set_may_be_written_in_pieces(clips, path, tmp_path):
    pieces = clips.poses.split(6)
    storage.write(
        tmp_path / "pieces.safetensors", vars(clips), iter(pieces), list(clips.poses.shape), torch.float32
    )
    assert (tmp_path / "pieces.safetensors").read_bytes() == path.read_bytes()
    assert ClipSet.load(path).skeleton == KINECT20
