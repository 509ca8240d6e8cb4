"""Notebook 07, networks as they are deployed: sparse and quantised, exported, timed, and on a stream."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import study
from ..data import Clip, ClipSet
from ..deploy import latency, onnx_export, sparsity
from ..deploy.latency import Latency
from ..deploy.recognizer import Recognition, Recognizer
from ..models import parameters
from ..models.classifier import Classifier
from ..training.inputs import PreparedClips
from ..viz import show
from ..viz.figures import representations
from . import shares

RUNTIMES = {"onnxruntime": "student (onnx)", "int8": "student, int8 (onnx)"}
"""The exported students, and how they are named in the chart."""


CLEAR = 0.8
"""Share of the time of another network below which one is called faster: medians vary by a tenth or more."""

BUSY = 2.0
"""Ratio of the 95th percentile to the median of a time above which other load has disturbed it."""


def packed_share(bits: int) -> float:
    """Bytes of four weights of which two are kept, with their places of two bits each, over those of all.

    >>> packed_share(16)
    0.5625
    """
    return (2 * bits + 2 * 2) / (4 * bits)


def check_packing(
    pack: Callable[[Tensor], tuple[Tensor, Tensor]],
    unpack: Callable[[Tensor, Tensor], Tensor],
    network: nn.Module,
) -> float:
    """Claim that packed weights are those that the library keeps, and how many bytes they take.

    Layers whose inputs are not a multiple of four are left out.

    Args:
        pack: weights [out, inputs] -> values and their places from 0 to 3, [out, inputs / 4, 2] each.
        unpack: values, places -> weights.

    Returns:
        Bytes of the packed layers over those of the dense ones, in float16.
    """
    weights = [layer.weight.detach().flatten(1) for layer in sparsity.layers(network)]
    weights = [w for w in weights if w.shape[1] % 4 == 0]
    same, dense, packed = True, 0.0, 0.0
    for w in weights:
        values, places = pack(w)
        same &= torch.equal(unpack(values, places), w * sparsity.two_of_four(w))
        dense, packed = dense + 2 * w.numel(), packed + 2 * values.numel() + places.numel() * 2 / 8
    study.claim(
        f"Packed and unpacked, the {dense / 2:,.0f} weights of {len(weights)} layers are those that the "
        f"library keeps. In float16 they take {packed / 1000:.1f} instead of {dense / 1000:.1f} kB: "
        f"{packed / dense:.2%}, not half, because of the places.",
        same and abs(packed / dense - packed_share(16)) < 1e-6,
    )
    return packed / dense


def check_density(dense: nn.Module, pruned: nn.Module, further: nn.Module) -> None:
    """Claim how many weights pruning leaves, with which sum of squares, and that training keeps the zeros."""
    before, after = (
        torch.cat([layer.weight.detach().flatten().cpu() for layer in sparsity.layers(network)])
        for network in (dense, pruned)
    )
    kept = float(after.square().sum() / before.square().sum())
    study.claim(
        f"With 2:4 sparsity {sparsity.density(pruned):.1%} of the weights of the pruned layers are left, "
        f"with {kept:.0%} of their sum of squares: the smaller ones went. After further training the zeros "
        f"are still zero ({sparsity.density(further):.1%} are left).",
        sparsity.density(further) <= sparsity.density(pruned) < 0.56 and kept >= 0.5,
    )


def accuracies(networks: Mapping[str, nn.Module], clips: PreparedClips) -> dict[str, float]:
    """Test accuracy of each network, 0 to 1."""
    return {
        name: float((clips.map(network).argmax(1) == clips.labels).float().mean())
        for name, network in networks.items()
    }


def export_student(student: Classifier) -> dict[str, Path]:
    """Write the student as an ONNX file, and again with int8 weights; prints their sizes.

    Returns:
        "onnxruntime" and "int8" -> path of the file.
    """
    folder = Path(tempfile.mkdtemp())
    onnx = onnx_export.onnx(student, folder / "student.onnx")
    files = {"onnxruntime": onnx, "int8": onnx_export.quantise(onnx, folder / "student-int8.onnx")}
    size = {"weights in float32": 4 * parameters(student)}
    size |= {RUNTIMES[name]: path.stat().st_size for name, path in files.items()}
    print("bytes:", ", ".join(f"{name} {each / 1000:.0f} kB" for name, each in size.items()))
    return files


def check_recognizers(files: Mapping[str, Path], test: ClipSet, logits: Tensor) -> dict[str, float]:
    """Claim that the exported student answers as the one in torch; returns the accuracy of each file.

    Clips in which nobody is present are left out.

    Args:
        files: from `export_student`.
        test: N clips.
        logits: of the student in torch, [N, classes].
    """
    seen = [i for i in range(len(test)) if bool(test[i].poses.any())]
    clips, labels = [test[i].poses.cpu().numpy() for i in seen], test.labels.cpu()[seen].tolist()
    found = {}
    for name, path in files.items():
        recognizer = Recognizer(path)
        answers = [recognizer.recognise(clip) for clip in clips]
        if name == "onnxruntime":
            check_export(answers, logits[seen].softmax(1), test.classes)
        right = [a.label == test.classes[i] for a, i in zip(answers, labels, strict=True)]
        found[name] = sum(right) / len(right)
    print(
        f"accuracy on {len(seen)} test clips: "
        + ", ".join(f"{RUNTIMES[name]} {shares.in_words(value, len(seen))}" for name, value in found.items())
    )
    return found


def check_export(answers: Sequence[Recognition], probabilities: Tensor, names: Sequence[str]) -> None:
    """Claim that the exported student gives the labels and probabilities of the one in torch.

    Args:
        answers: of the exported student, one per clip.
        probabilities: of the student in torch, [N, classes].
        names: names of the classes.
    """
    found = torch.stack([torch.as_tensor(answer.probabilities) for answer in answers])
    expected = probabilities.max(1).indices.tolist()
    same = sum(a.label == names[i] for a, i in zip(answers, expected, strict=True))
    off = float((found - probabilities).abs().max())
    study.claim(
        f"The exported student gives the label of the one in torch for {same} of {len(answers)} test clips. "
        f"Probabilities differ by at most {off:.1g}.",
        off < 1e-3,
    )


def one_clip(test: ClipSet, frames: int) -> tuple[Clip, Tensor]:
    """A test clip of one person, or the first if there is none; also as a batch x [1, 3, T, V, M].

    The batch has room for the persons that are in it, at least one.
    """
    index = next((i for i in range(len(test)) if test[i].persons == 1), 0)
    x = PreparedClips(test.to("cpu"), frames)[torch.tensor([index])]
    present = (x != 0).any(0).any(0).any(0).any(0)
    present[0] |= not present.any()
    return test[index], x[..., present].contiguous()


def measure_latency(
    networks: Mapping[str, nn.Module], files: Mapping[str, Path], x: Tensor, rounds: int
) -> dict[str, Latency]:
    """Time of each network and of each exported file for one clip x; networks are moved to the CPU."""
    print(f"one clip of {x.shape[2]} frames, {x.shape[3]} joints, persons: {x.shape[4]}")
    ready = {name: network.to("cpu").eval() for name, network in networks.items()}
    calls: dict[str, Callable[[], object]] = {name: partial(each, x) for name, each in ready.items()}
    array = x.numpy()
    for name, path in files.items():
        calls[name] = partial(Recognizer(path).session.run, None, {"x": array})
    return latency.measure(calls, rounds=rounds)


def speedup(spent: Mapping[str, Latency]) -> float:
    """How many times as fast as the teacher the student is, both in torch."""
    return spent["teacher"].median / spent["student"].median


def draw_frontier(
    spent: Mapping[str, Latency], accuracy: Mapping[str, float], parameters: Mapping[str, int]
) -> None:
    """Print and draw accuracy over time per clip.

    Args:
        spent: network -> measured time.
        accuracy: network -> test accuracy.
        parameters: "teacher" and "student" -> number of parameters; all others have those of the student.
    """
    renamed = RUNTIMES | {"2:4, taught again": "2:4, trained further"}
    for name, took in spent.items():
        times = f"{spent['teacher'].median / took.median:4.1f} times as fast as the teacher"
        print(f"{renamed.get(name, name):<22} {took}   {times}   accuracy {accuracy[name]:.1%}")
    rows = [
        {
            "name": renamed.get(name, name),
            "milliseconds": took.median,
            "p95": took.p95,
            "accuracy": accuracy[name],
            "parameters": parameters.get(name, parameters["student"]),
            "kind": "onnxruntime" if name in RUNTIMES else "torch",
        }
        for name, took in spent.items()
    ]
    show(representations.frontier(rows, "Accuracy, time and size"))


def compare_speed(spent: Mapping[str, Latency], sizes: Mapping[str, Mapping[str, int]]) -> None:
    """Compare speed with size, torch with onnxruntime, and int8 with float32 weights.

    Args:
        spent: network -> measured time.
        sizes: "parameters" and "macs" -> those of "teacher" and "student".
    """
    disturbed = [name for name, took in spent.items() if took.p95 > BUSY * took.median]
    if disturbed:
        text = (
            f"Other load disturbed this measurement: of {', '.join(disturbed)}, one call in twenty took more "
            f"than {BUSY:g} times the median. Trust no ratio; run this cell again on a quiet machine."
        )
        study.finding(False, "", text)
    fewer = {name: each["teacher"] / each["student"] for name, each in sizes.items()}
    words = (
        f"With one of {fewer['parameters']:.0f} parameters and one of {fewer['macs']:.0f} multiply-adds the "
        f"student is {speedup(spent):.1f} times as fast in torch"
    )
    study.finding(
        speedup(spent) >= 3,
        f"{words} (in the paper 3 times, on an edge device).",
        f"{words}, less than in the paper (3 times, on an edge device).",
    )
    dense = min(spent["student"].median, spent["labels alone"].median)  # the same network twice
    for name, other, words in (
        ("onnxruntime", dense, "The same student in onnxruntime takes {:.2f} of its time in torch"),
        ("int8", spent["onnxruntime"].median, "With int8 weights it takes {:.2f} of that"),
        (
            "2:4, taught again",
            dense,
            "With 2:4 sparsity it takes, in torch, {:.2f} of the time of the dense one",
        ),
    ):
        share = spent[name].median / other
        text = words.format(share)
        study.finding(share < CLEAR, f"{text}.", f"{text}: no clear gain on this machine.")


def show_stream(path: Path, clip: Clip) -> None:
    """Print what a recognizer says while a clip is streamed; claim that a frame with NaN is refused."""
    recognizer, frames = Recognizer(path), clip.poses.cpu().numpy()
    for a in recognizer.stream(frames):
        print(f"frames {a.start_frame:>3} to {a.end_frame:>3}: {a.label:<14} {a.probability:.0%}")
    print(f"true class: {clip.class_name}")
    bad, at = frames.copy(), min(4, len(frames) - 1)
    bad[at, 0, -1, 1] = float("nan")
    try:
        list(recognizer.stream(bad))
        message = ""
    except ValueError as error:
        message = str(error)
    study.claim(f"A frame with NaN is refused: {message}", f"frame {at}" in message)


def check_gap(path: Path, clip: Clip) -> None:
    """Claim that windows in which nobody is present get no label; the second half of the clip is emptied."""
    frames = clip.poses.cpu().numpy().copy()
    frames[len(frames) // 2 :] = 0
    seconds = len(frames) / clip.fps
    answers = list(Recognizer(path, window=seconds / 4, stride=seconds / 8).stream(frames))
    last = max((a.end_frame for a in answers), default=0)
    study.claim(
        f"Nobody is present from frame {len(frames) // 2} of {len(frames)} on. {len(answers)} windows get a "
        f"label, the last one ends at frame {last}; in each of them somebody is present.",
        all(frames[a.start_frame : a.end_frame].any() for a in answers),
    )
