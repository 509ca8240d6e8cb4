import json
import math
import os
import pickle

import pytest
import torch
from helpers import seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit.utils import checkpoint
from skelkit.utils.checkpoint import DamagedFile

SETTINGS = {"seed": 3, "lr": 0.1, "order": ((0, 1), (2, 3))}


def whole():
    """One of everything that a training may want to keep."""
    dtypes = (
        torch.float64,
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int32,
        torch.int8,
        torch.uint8,
        torch.bool,
    )
    return {
        "tensors": {str(d): torch.randn(3, 2, generator=seeded()).mul(9).to(d) for d in dtypes},
        "odd": [
            torch.tensor(7.0),
            torch.empty(0, 4),
            torch.tensor([math.nan, -0.0, math.inf]),
            torch.ones(2, 1).expand(2, 3),
            torch.arange(6).view(2, 3).T,
        ],
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "numbers": [0.1 + 0.2, 5e-324, -math.inf, 2**80, True, None, 1, 1.0, -0.0],
        "words": [
            "tensor:0",
            "tensor:9",
            "",
            "größer \ud800 \0 \N{SKULL}",
            {"tensor": "0", "order": [], "pairs": 1},
        ],
        "keys": {0: "a", 1: {"state": {}}, -2.5: [], "0": "b", None: 1},
        "generator": seeded(4).get_state(),
    }


def same(a, b):
    """Equal in type and bits; a tuple may have become a list."""
    if isinstance(a, torch.Tensor):
        return (
            a.dtype == b.dtype
            and a.shape == b.shape
            and a.detach()
            .contiguous()
            .view(-1)
            .view(torch.uint8)
            .equal(b.contiguous().view(-1).view(torch.uint8))
        )
    if isinstance(a, dict):
        return (
            list(a) == list(b)
            and [type(k) for k in a] == [type(k) for k in b]
            and all(same(a[k], b[k]) for k in a)
        )
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (repr(a) == repr(b))


def write(folder, number):
    return checkpoint.write(folder, {"number": number, "row": torch.arange(number)}, SETTINGS)


def read(folder):
    return checkpoint.read(folder, SETTINGS)


# -- what is written comes back ---------------------------------------------------------------------------


def test_nested_state_comes_back_bit_for_bit(tmp_path):
    checkpoint.write(tmp_path / "deep" / "folder", whole(), SETTINGS)
    back = read(tmp_path / "deep" / "folder")
    assert same(whole(), back)
    back["odd"][0] += 1  # and may be trained on


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["tensor:0", "tensor:1"])
)
leaves |= st.lists(st.floats(width=16), max_size=3).map(lambda v: torch.tensor(v, dtype=torch.float16))
keys = st.text() | st.integers() | st.sampled_from(["tensor", "pairs", "order"])


@given(
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_nest_comes_back(tmp_path_factory, nest):
    folder = tmp_path_factory.mktemp("nest")
    checkpoint.write(folder, {"nest": nest}, {})
    assert same(nest, checkpoint.read(folder, {})["nest"])


@pytest.mark.parametrize("optimiser", [torch.optim.AdamW, torch.optim.SGD])
def test_an_optimiser_goes_on_from_its_state_as_if_nothing_had_happened(tmp_path, optimiser):
    def make():
        network = torch.nn.Conv2d(3, 8, (1, 5)).to(memory_format=torch.channels_last)
        torch.nn.init.normal_(network.weight, generator=seeded())
        torch.nn.init.zeros_(network.bias)
        return network, optimiser(
            network.parameters(),
            lr=0.01,
            weight_decay=0.1,
            **({"momentum": 0.9} if optimiser is torch.optim.SGD else {}),
        )

    def train(network, optimiser, steps):
        for _ in range(steps):
            optimiser.zero_grad()
            network(torch.ones(2, 3, 4, 9).cumsum(3)).square().mean().backward()
            optimiser.step()
        return network.weight

    straight = train(*make(), 7)
    network, first = make()
    train(network, first, 3)
    checkpoint.write(tmp_path, {"network": network.state_dict(), "optimiser": first.state_dict()}, {})
    state = checkpoint.read(tmp_path, {})
    network, second = make()
    network.load_state_dict(state["network"])
    second.load_state_dict(state["optimiser"])
    assert [type(k) for k in state["optimiser"]["state"]] == [int, int]
    assert torch.equal(train(network, second, 4), straight)


@pytest.mark.parametrize("shape", [(4, 3, 1, 5), (4, 3, 1, 1), (1, 3, 2, 2)])
def test_a_tensor_lies_in_memory_as_it_did(tmp_path, shape):
    """A sum over another layout adds in another order: the last bits would differ."""
    tensor = torch.randn(shape, generator=seeded()).to(memory_format=torch.channels_last)
    checkpoint.write(tmp_path, {"tensor": tensor, "sliced": tensor[:, ::2]}, {})
    back = checkpoint.read(tmp_path, {})
    assert back["tensor"].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(back["tensor"], tensor)
    assert torch.equal(back["sliced"], tensor[:, ::2])


def test_what_is_read_is_what_was_written_last_and_nothing_if_nothing_was(tmp_path):
    assert read(tmp_path) is None
    assert read(tmp_path / "nowhere") is None
    for number in range(3):
        write(tmp_path, number)
        assert read(tmp_path)["number"] == number
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "checkpoint.previous.safetensors",
        "checkpoint.safetensors",
    ]


def test_later_changes_of_what_was_written_do_not_matter(tmp_path):
    row = torch.arange(3)
    checkpoint.write(tmp_path, {"row": row, "whole": row}, {})
    row.fill_(9)
    assert checkpoint.read(tmp_path, {})["row"].tolist() == [0, 1, 2]


# -- damage -----------------------------------------------------------------------------------------------


def damaged(folder, content, previous=b""):
    """Read a folder whose last checkpoint has this content instead."""
    target, before = checkpoint.paths(folder)
    target.write_bytes(content)
    if previous:
        before.write_bytes(previous)
    with pytest.warns(UserWarning, match=rf"{target}: .*; going on from the one before it, {before.name}"):
        return read(folder)


def test_a_file_cut_off_anywhere_is_refused_and_the_one_before_it_read(tmp_path):
    good = write(tmp_path, 1).read_bytes()
    content = write(tmp_path, 2).read_bytes()
    for length in {*range(0, len(content), 37), 1, 7, 8, 9, len(content) - 1}:
        assert damaged(tmp_path, content[:length], good)["number"] == 1


def test_a_single_wrong_byte_anywhere_is_noticed(tmp_path):
    target, state = (
        checkpoint.paths(tmp_path)[0],
        {"number": 2, "row": torch.arange(5), "half": torch.ones(2, dtype=torch.float16)},
    )
    content = bytearray(checkpoint.write(tmp_path, state, {"lr": 0.5}).read_bytes())
    padding = int.from_bytes(content[:8], "little") + 8
    for place in range(len(content)):
        for flip in (1, 32, 255):
            content[place] ^= flip
            target.write_bytes(content)
            if not (
                place < padding
                and chr(content[place]) in " \t\r\n"
                and chr(content[place] ^ flip) in " \t\r\n"
            ):
                with pytest.raises(DamagedFile, match=str(target)):
                    checkpoint.read(tmp_path, {"lr": 0.5})
            content[place] ^= flip
    target.write_bytes(content)
    assert same(checkpoint.read(tmp_path, {"lr": 0.5}), state)


def test_of_two_damaged_files_both_are_named_and_what_to_do(tmp_path):
    for number in range(2):
        write(tmp_path, number)
    for path in checkpoint.paths(tmp_path):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        DamagedFile,
        match=r"checkpoint\.safetensors: .*checkpoint\.previous\.safetensors: .*; "
        "delete the folder .* to start again",
    ):
        read(tmp_path)
    assert all(path.exists() for path in checkpoint.paths(tmp_path))


class Malicious:
    def __reduce__(self):
        return os.abort, ()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.write_bytes(pickle.dumps(Malicious())),
        lambda p: torch.save({"state": torch.ones(3)}, p),
        lambda p: p.touch(),
    ],
)
def test_a_pickle_is_never_opened(tmp_path, make):
    make(checkpoint.paths(tmp_path)[0])
    with pytest.raises(
        DamagedFile, match=r"checkpoint\.safetensors: cut off, damaged or no checkpoint at all"
    ):
        read(tmp_path)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "skelkit-clips-1"},
        {"format": checkpoint.FORMAT},
        {"format": checkpoint.FORMAT, "tree": "{}"},
    ],
)
def test_other_safetensors_files_are_no_checkpoints(tmp_path, metadata):
    from safetensors.torch import save_file

    save_file({"weight": torch.ones(3)}, checkpoint.paths(tmp_path)[0], metadata)
    with pytest.raises(DamagedFile, match=r"no checkpoint of this kit|does not have the checksum"):
        read(tmp_path)


def test_a_damaged_file_never_takes_the_place_of_a_whole_one(tmp_path, monkeypatch):
    """Read, go on, be killed in the middle of the next write."""
    good, content = write(tmp_path, 1).read_bytes(), write(tmp_path, 2).read_bytes()
    assert damaged(tmp_path, content[:-1], good)["number"] == 1
    monkeypatch.setattr(checkpoint, "write_atomic", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, 3)
    assert read(tmp_path)["number"] == 1
    assert (tmp_path / "checkpoint.damaged.safetensors").read_bytes() == content[:-1]


# -- being killed -----------------------------------------------------------------------------------------


def killed(*_, **__):
    raise KeyboardInterrupt


def test_killed_at_any_moment_of_writing_one_whole_checkpoint_is_left(tmp_path, monkeypatch):
    for number in range(2):
        write(tmp_path, number)
    for module, name, found in [
        (checkpoint, "save", 1),
        (checkpoint.os, "replace", 1),
        (checkpoint, "write_atomic", 1),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, killed)
            with pytest.raises(KeyboardInterrupt):
                write(tmp_path, 2)
        assert read(tmp_path)["number"] == found
    for number in (3, 4):
        write(tmp_path, number)
        assert read(tmp_path)["number"] == number


def test_what_a_killed_write_left_lying_is_cleared_away(tmp_path):
    (tmp_path / ".checkpoint.safetensors.x1y2").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.safetensors", "notes.txt"]


# -- settings ---------------------------------------------------------------------------------------------


def test_a_checkpoint_of_other_settings_is_refused_with_the_differences_and_left_as_it_is(tmp_path):
    before = write(tmp_path, 1).read_bytes()
    with pytest.raises(
        ValueError,
        match=r"written with other settings \(lr: 0.1 there, 0.2 now; "
        r"order: .* there, None now; new: None there, 1 now\)",
    ) as error:
        checkpoint.read(tmp_path, {"seed": 3, "lr": 0.2, "new": 1})
    assert not isinstance(error.value, DamagedFile)
    assert "seed" not in str(error.value)
    assert checkpoint.paths(tmp_path)[0].read_bytes() == before


def test_settings_are_compared_as_values_whatever_they_are_made_of(tmp_path):
    write(tmp_path, 1)
    assert checkpoint.read(tmp_path, json.loads(json.dumps(SETTINGS)))["number"] == 1


def test_what_cannot_be_written_leaves_the_checkpoint_as_it_was(tmp_path):
    write(tmp_path, 1)
    with pytest.raises(TypeError, match="set is not JSON serializable"):
        checkpoint.write(tmp_path, {"classes": {1, 2}}, SETTINGS)
    assert read(tmp_path)["number"] == 1
