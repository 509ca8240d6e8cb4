"""Notebook 07, Distillation: accuracy, size and time of a student beside its teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .. import study
from ..deploy.latency import Latency
from ..deploy.recognizer import Recognition
from ..experiments.recordings import Recording
from ..experiments.statistics import paired_comparison
from ..study import recorded
from ..viz import show
from ..viz.figures import representations

VARIANTS = {
    "labels, laptop size": "labels, larger network",
    "answers alone": "soft labels alone",
    "and features": "features as well",
    "pocket": "smallest student",
    "labels, pocket": "labels, smallest student",
}
"""A variant as the recording "students" names it -> how the chart names it."""

LOST = 0.65
"""Points of accuracy that the paper's student loses compared with its teacher."""


def check_entropy(bits: Mapping[float, float], classes: int) -> None:
    """Claim that the entropy of soft labels grows with the temperature.

    Args:
        bits: temperature (0.5, 1, 4, 100) -> mean entropy of the teacher's soft labels.
        classes: number of classes; the entropy is at most its logarithm.
    """
    most = float(torch.log2(torch.tensor(float(classes))))
    values = list(bits.values())
    study.claim(
        f"A label has an entropy of 0 bits. The teacher's soft labels have {bits[0.5]:.2f} bits at τ = 0.5, "
        f"{bits[1.0]:.2f} at 1, {bits[4.0]:.2f} at 4, and {bits[100.0]:.2f} at 100; the maximum is "
        f"{most:.2f}.",
        values == sorted(values) and values[-1] <= most + 1e-3,
    )


def check_size(parameters: Mapping[str, int], macs: Mapping[str, int]) -> float:
    """Claim how much smaller and cheaper the student is; returns the fraction of parameters saved.

    Args:
        parameters: "teacher" and "student" -> number of parameters.
        macs: "teacher" and "student" -> multiply-adds of one clip.
    """
    fewer = 1 - parameters["student"] / parameters["teacher"]
    study.claim(
        f"The student has {parameters['student']:,} parameters, the teacher {parameters['teacher']:,}: "
        f"{fewer:.1%} "
        "fewer (in the paper 91.4 %).",
        fewer >= 0.914,
    )
    study.claim(
        f"A clip costs the student {macs['student'] / 1e6:.1f} million multiply-adds, the teacher "
        f"{macs['teacher'] / 1e6:.1f} million: {macs['teacher'] / macs['student']:.0f} times as many.",
        macs["teacher"] > 3 * macs["student"],
    )
    return fewer


def compare_agreement(agreement: Mapping[str, float]) -> None:
    """Say whether the student agrees with the teacher on more clips than the control, "labels alone"."""
    student, control = agreement["student"], agreement["labels alone"]
    study.finding(
        student > control,
        f"The student agrees with the teacher on {student:.1%} of the test clips, the control on "
        f"{control:.1%}: "
        "the student has learnt the teacher's predictions, including its errors.",
        f"The student agrees with the teacher on {student:.1%} of the test clips, no more than the control "
        f"({control:.1%}).",
    )


def show_students(found: Recording, accuracy: Mapping[str, float], preset: str) -> None:
    """Draw the recorded teacher and students, with this run's if it has the preset of the recording.

    Args:
        found: the recording "students".
        accuracy: network -> test accuracy of this run.
        preset: of this run.
    """
    usual, smallest, few = (*found.labels, "", "")[:3]
    ways = [
        key
        for key, value in found.runs[0].items()
        if isinstance(value, float) and key != "total_seconds" and "2:4" not in key
    ]
    all_labels = {VARIANTS.get(way, way): found.of(usual, way) for way in ways}
    if smallest:
        all_labels |= {VARIANTS[way]: found.of(smallest, way) for way in ("pocket", "labels, pocket")}
    rows = {"all labels": all_labels}
    if few:
        rows["10 % of the labels"] = {
            VARIANTS.get(way, way): found.of(few, way) for way in ("teacher", "labels", "answers alone")
        }
    here = {name.replace("labels alone", "labels"): value for name, value in accuracy.items()}
    live = {"all labels": here} if preset == found.about["preset"] else None
    show(representations.comparison(rows, "A teacher and its students", live))


def compare_students(found: Recording) -> None:
    """Compare students with the teacher, with the control, and with each other, over seeds."""
    usual, smallest, few = (*found.labels, "", "")[:3]
    apart = paired_comparison(found.paired_differences(usual, usual, "student", "teacher"))
    words = f"Over {apart.seeds} seeds the student differs from its teacher by {apart.difference}"
    study.finding(
        apart.mean >= -LOST, f"{words} (in the paper by -{LOST}).", f"{words}, more than the paper's -{LOST}."
    )
    tables = {
        "A student of the teacher compared with": {
            "its teacher": found.paired_differences(usual, usual, "student", "teacher"),
            "one trained on labels alone": found.paired_differences(usual, usual, "student", "labels"),
        },
        "Other settings of the student compared with τ = 2 and labels at half weight": {
            VARIANTS.get(way, way): found.paired_differences(usual, usual, way, "student")
            for way in ("τ = 1", "τ = 4", "τ = 8", "answers alone", "and features")
        },
    }
    if smallest:
        one = next(run for run in found.runs if run["label"] == smallest)
        fewer = 1 - one["student_parameters"] / one["teacher_parameters"]
        tables[f"The smallest student, with {fewer:.1%} fewer parameters, compared with"] = {
            "its teacher": found.paired_differences(smallest, smallest, "pocket", "teacher"),
            "the same network trained on labels": found.paired_differences(
                smallest, smallest, "pocket", "labels, pocket"
            ),
        }
    if few:
        tables[
            "With 10 % of the labels: a student of the teacher's soft labels of all clips compared with"
        ] = {
            "a network trained on those labels": found.paired_differences(
                few, few, "answers alone", "labels"
            ),
            "its teacher": found.paired_differences(few, few, "answers alone", "teacher"),
        }
    recorded.verdicts(tables)


def compare_sparse(found: Recording) -> None:
    """Compare students with 2:4 sparsity with the dense student, over seeds."""
    usual = found.labels[0]
    ways = {"without further training": "student, 2:4", "trained further": "student, 2:4, taught again"}
    differences = {
        words: found.paired_differences(usual, usual, way, "student") for words, way in ways.items()
    }
    recorded.verdicts({"A student with 2:4 sparsity compared with the dense one": differences})


def check_export(answers: Sequence[Recognition], probabilities: Tensor, names: Sequence[str]) -> None:
    """Claim that the exported student gives the labels and probabilities of the one in torch.

    Args:
        answers: of the exported student, one per clip.
        probabilities: of the student in torch, [N, classes].
        names: names of the classes.
    """
    expected = probabilities.max(1)
    found = torch.tensor([answer.probability for answer in answers])
    same = [a.label == names[i] for a, i in zip(answers, expected.indices.tolist(), strict=True)]
    study.claim(
        f"The exported student gives the same label as torch for all {len(answers)} test clips. "
        "Probabilities "
        f"differ by at most {float((found - expected.values).abs().max()):.1g}.",
        all(same) and torch.allclose(found, expected.values, atol=1e-3),
    )


def draw_frontier(
    spent: Mapping[str, Latency], accuracy: Mapping[str, float], parameters: Mapping[str, int]
) -> None:
    """Print and draw accuracy over time per clip.

    Args:
        spent: network -> measured time.
        accuracy: network -> test accuracy.
        parameters: "teacher" and "student" -> number of parameters; all others have those of the student.
    """
    runtimes = {"onnxruntime": "student (onnx)", "int8": "student, int8 (onnx)"}
    renamed = runtimes | {"2:4, taught again": "2:4, trained further"}
    for name, took in spent.items():
        speedup = spent["teacher"].median / took.median
        times = f"{speedup:4.1f} times as fast as the teacher"
        print(f"{renamed.get(name, name):<22} {took}   {times}   accuracy {accuracy[name]:.1%}")
    rows = [
        {
            "name": renamed.get(name, name),
            "milliseconds": took.median,
            "p95": took.p95,
            "accuracy": accuracy[name],
            "parameters": parameters.get(name, parameters["student"]),
            "kind": "onnxruntime" if name in runtimes else "torch",
        }
        for name, took in spent.items()
    ]
    show(representations.frontier(rows, "Accuracy, time and size"))


def compare_speed(spent: Mapping[str, Latency]) -> None:
    """Compare the speed of the student with the teacher: in torch, in onnxruntime, and with int8 weights."""
    faster = {name: spent["teacher"].median / took.median for name, took in spent.items()}
    words = f"In torch the student is {faster['student']:.1f} times as fast as the teacher"
    study.finding(
        faster["student"] >= 3,
        f"{words} (in the paper 3 times, on an edge device).",
        f"{words}, less than in the paper (3 times).",
    )
    words = f"In onnxruntime it is {faster['onnxruntime']:.1f} times as fast as the teacher in torch"
    study.finding(faster["onnxruntime"] >= 10, f"{words}.", f"{words}, less than ten times.")
    study.finding(
        faster["int8"] > 1.1 * faster["onnxruntime"],
        f"int8 makes it even faster: {faster['int8']:.1f} times as fast as the teacher.",
        f"int8 makes it no faster here: {faster['int8']:.1f} times as fast as the teacher, "
        f"{faster['onnxruntime']:.1f} without int8.",
    )
