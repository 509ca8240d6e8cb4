"""Files of the kit's own formats that somebody made up, with a valid checksum: they work, or are refused.

1,000 changes of the values and tensors of a valid file for each format, 20,000 in the run that
tests/benchmarks/fuzz.py records; the same ones in every run.
"""

import json
import os
import random
import time
import warnings

import numpy as np
import onnx
import pytest
import torch
from crafting import changed
from fuzzing import limits, put, timed
from safetensors.torch import save
from torch import nn

import skelkit as sk
from skelkit import ClipSet
from skelkit.data import storage
from skelkit.data.errors import UnreadableFile
from skelkit.deploy.checksum import append_checksum, read_checked
from skelkit.deploy.recognizer import Recognizer
from skelkit.experiments import recordings
from skelkit.models.classifier import FORMAT as CLASSIFIER
from skelkit.models.classifier import Classifier
from skelkit.training.loop import Run
from skelkit.utils import checkpoint

__all__ = ["limits"]

FILES = int(os.environ.get("SKELKIT_FUZZ_GRAMMAR", "1000"))


def odd_tensor(tensor, rng):
    """A tensor of another size, type or content."""
    kind = rng.randrange(7)
    if kind == 0:
        return tensor.to(rng.choice([torch.float64, torch.int32, torch.uint8, torch.bool, torch.float16]))
    if kind == 1:
        return tensor.reshape(-1).clone()
    if kind == 2:
        return tensor[:0].clone() if tensor.ndim else tensor[None]
    if kind == 3:
        return torch.cat([tensor, tensor]) if tensor.ndim else tensor
    if kind == 4 and tensor.numel():
        tensor = tensor.clone()
        whole = not tensor.dtype.is_floating_point
        most = torch.iinfo(tensor.dtype).max if whole else 0
        odd = [0, 1, most, most // 2, -most] if whole else [float("nan"), 1e30, -1.0]
        odd = [number for number in odd if number >= 0 or tensor.dtype != torch.uint8]
        tensor.view(-1)[rng.randrange(tensor.numel())] = rng.choice(odd)
        return tensor
    return tensor[None].clone()


def change(rng, tree, tensors):
    """Change the tree, the tensors, or both."""
    tensors = dict(tensors)
    if tensors and rng.random() < 0.4:
        name = rng.choice(sorted(tensors))
        if rng.random() < 0.2:
            other = tensors.pop(name)
            if rng.random() < 0.5:
                tensors["other"] = other
        else:
            tensors[name] = odd_tensor(tensors[name], rng)
        if rng.random() < 0.7:
            return tree, tensors
    return changed(tree, rng), tensors


@pytest.fixture
def craft(record_property, tmp_path):
    """Write `count` made-up files and use each; errors are of the documented types and name the folder."""

    def craft(write, use, errors, count=FILES):
        rng, used, refused, slowest = random.Random(0), 0, [], 0.0
        for number in range(count):
            write(rng)
            begin = time.perf_counter()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    timed(use)
                used += 1
            except errors as error:
                refused.append(str(error))
            except BaseException:
                print(f"made-up file {number} of this seed")
                raise
            slowest = max(slowest, time.perf_counter() - begin)
        assert [message for message in refused if str(tmp_path) not in message or len(message) > 3000] == []
        for name, value in (("files", count), ("read", used), ("slowest", slowest)):
            record_property(name, value)
        assert 0 < used < count

    return craft


def sealed_clips(path, metadata, tensors):
    """Write a store with a valid checksum."""
    words = {key: value if key == "format" else json.dumps(value) for key, value in metadata.items()}
    layout = {name: (v.dtype, list(v.shape)) for name, v in tensors.items()}
    digests = {
        name: storage.hashlib.sha256(checkpoint.raw_bytes(v)).hexdigest() for name, v in tensors.items()
    }
    words["sha256"] = storage.checksum(words, layout, digests)
    put(path, save({name: v.contiguous() for name, v in tensors.items()}, words))


def test_made_up_stores_of_clips(tmp_path, toy, craft):
    path = tmp_path / "clips.safetensors"
    clips = toy(classes=2, each=2)
    n = len(clips)
    tensors = {"poses": clips.poses, "starts": clips.starts, "labels": clips.labels}
    tensors |= {"subject": torch.arange(n) % 2, "view": torch.arange(n), "setup": torch.zeros(n).long()}
    metadata = {
        "classes": list(clips.classes),
        "format": storage.FORMAT,
        "fps": 30.0,
        "group_names": {"subject": ["ann", "bob"]},
        "names": [f"clip {i}" for i in range(n)],
        "skeleton": clips.skeleton.to_dict(),
    }

    def write(rng):
        tree, odd = change(rng, {k: v for k, v in metadata.items() if k != "format"}, tensors)
        tree = tree if isinstance(tree, dict) else {"classes": tree}
        sealed_clips(path, tree | {"format": storage.FORMAT}, odd)

    def use():
        found = sk.load(path)
        assert isinstance(found, ClipSet)
        found.card(), repr(found), repr(found[0]), found[-1].name
        found.batch([0], frames=8), found.skeleton.mirror_pairs, found.skeleton.body_parts
        found.save(tmp_path / "again.safetensors")
        for group in ("subject", "view"):
            if getattr(found, group) is not None and len(getattr(found, group).unique()) > 1:
                code = int(getattr(found, group)[0])
                known = (found.group_names or {}).get(group)
                found.split(group, train=[known[code] if known else code])

    craft(write, use, UnreadableFile)


def state():
    network = nn.Linear(2, 2)
    optimiser = torch.optim.AdamW(network.parameters())
    network(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    return {"network": network, "optimiser": optimiser, "generator": torch.Generator()}


def test_made_up_checkpoints(tmp_path, craft):
    Run(state(), {"seed": 1}, tmp_path).save()
    path = checkpoint.paths(tmp_path)[0]
    text, tensors = checkpoint.unseal(path, checkpoint.FORMAT, "checkpoint")
    tree = json.loads(text)

    def write(rng):
        odd, others = change(rng, tree, tensors)
        for left in tmp_path.iterdir():
            left.unlink()
        put(
            path,
            checkpoint.seal(checkpoint.FORMAT, json.dumps(odd), {k: v.clone() for k, v in others.items()}),
        )

    def use():
        for _ in Run(state(), {"seed": 1}, tmp_path).loop("epoch", range(3)):
            pass

    craft(write, use, (checkpoint.DamagedFile, ValueError))


def test_made_up_classifiers(tmp_path, craft, toy):
    from skelkit.models import STGCN
    from skelkit.models.stgcn import GraphSize

    path = tmp_path / "student.safetensors"
    size = GraphSize(blocks=((4, 1), (8, 2)))
    Classifier(
        STGCN(toy().skeleton, size, torch.Generator(), classes=2), None, ("a", "b"), 8, 30.0, 1.0
    ).save(path)
    text, tensors = checkpoint.unseal(path, CLASSIFIER, "classifier")
    tree = json.loads(text)

    def write(rng):
        odd, others = change(rng, tree, tensors)
        put(path, checkpoint.seal(CLASSIFIER, json.dumps(odd), {k: v.clone() for k, v in others.items()}))

    def use():
        found = Classifier.load(path)
        found(torch.ones(1, 3, 8, 5, 1))
        found.save(path)

    craft(write, use, ValueError, FILES // 4)


def test_made_up_recordings(tmp_path, craft):
    path = tmp_path / "clips" / "methods.json"
    path.parent.mkdir()
    from skelkit.experiments import predictions

    packed = predictions.pack(torch.arange(4) % 2)
    run = {
        "label": "charon",
        "seed": 0,
        "variant": {"a": 1},
        "faa": 0.5,
        "test": "t",
        "predictions": {"linear": packed},
    }
    about = {"command": "c", "preset": "laptop", "settings": {}, "tests": {"t": packed}, "divided": "so"}
    tree = about | {"machine": "m", "date": "d", "runs": [run, run | {"seed": 1}]}

    def write(rng):
        put(path, json.dumps(changed(tree, rng)).encode())

    def use():
        found = recordings.read("methods", "clips", tmp_path)
        found.labels, found.of("charon"), found.paired_differences("charon", "charon")
        [found.recomputed(run) for run in found.runs]
        found.correct("charon", "linear")
        recordings.RecordingFile("methods", "clips", tmp_path, about, [{"a": 1}])

    craft(write, use, ValueError)


def test_made_up_packages_of_the_recognizer(tmp_path, craft, exported):
    content = read_checked(exported())
    model = onnx.load_from_string(content)
    words = {entry.key: entry.value for entry in model.metadata_props if entry.key != "sha256"}
    plain = {"format", "version", "skeleton", "stream", "weights"}
    tree = {key: value if key in plain else json.loads(value) for key, value in words.items()}
    path = tmp_path / "a.onnx"

    def write(rng):
        odd = changed({key: value for key, value in tree.items() if key != "format"}, rng)
        odd = (odd if isinstance(odd, dict) else {}) | {"format": tree["format"]}
        del model.metadata_props[:]
        for key, value in odd.items():
            text = value if key in plain and isinstance(value, str) else json.dumps(value)
            model.metadata_props.add(key=str(key), value=text.encode(errors="replace").decode())
        put(path, append_checksum(model.SerializeToString()))

    def use():
        found = Recognizer(path)
        repr(found)
        found.push(np.ones((len(found.joints), 3)))
        found.recognise(np.ones((9, len(found.joints), 3)))

    craft(write, use, ValueError, FILES // 4)
