"""Notebook 07, Distillation: soft labels, the loss and its gradient, and what a student has learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from .. import study
from ..data import ClipSet
from ..deploy.distillation import distill, distillation_loss, soft_labels
from ..models import macs, parameters
from ..models.classifier import Classifier
from ..selfsup import Downstream
from ..selfsup.evaluation import Evaluation
from ..training.inputs import PreparedClips
from ..viz import show
from ..viz.figures import representations
from ..viz.figures.curves import curves
from . import shares

Logits = Mapping[str, Tensor]
"""Network ("teacher", "student", "labels alone") -> logits of the test clips, [N, classes]."""

EXAMPLE = torch.tensor([[4.0, 2.0, 0.0]])
"""Logits of a teacher for three classes, to be worked out by hand."""


def show_teacher(tuned: Evaluation) -> None:
    """Print the size of the teacher, and its accuracy beside that of guessing."""
    clips, size = len(tuned.labels), parameters(tuned.network)
    print(
        f"teacher: {size:,} parameters, right for {shares.in_words(tuned.accuracy, clips)} of {clips} test "
        f"clips (the most frequent class alone: {shares.guessing(tuned.labels):.0%})"
    )


def soften_example(temperature: float) -> float:
    """Claim the soft labels of `EXAMPLE` at 1 and at a temperature; returns the highest there, in %."""
    sharp, soft = (soft_labels(EXAMPLE, t)[0].tolist() for t in (1.0, temperature))

    def listed(values: Sequence[float]) -> str:
        return ", ".join(f"{v:.3f}" for v in values)

    divided = ", ".join(f"{v / temperature:g}" for v in EXAMPLE[0].tolist())
    study.claim(
        f"softmax(4, 2, 0) = ({listed(sharp)}); at τ = {temperature:g}, softmax({divided}) = "
        f"({listed(soft)}). The order stays, the ratio of the first two falls from e² = "
        f"{sharp[0] / sharp[1]:.1f} to its root of order τ, {soft[0] / soft[1]:.2f}.",
        abs(soft[0] / soft[1] - (sharp[0] / sharp[1]) ** (1 / temperature)) < 1e-4,
    )
    return 100 * soft[0]


def entropies(logits: Tensor, temperatures: Sequence[float] = (0.5, 1.0, 4.0, 100.0)) -> dict[float, float]:
    """Temperature -> mean entropy of the soft labels in bits; logits [N, classes]."""
    soft = {t: soft_labels(logits.double(), t) for t in temperatures}
    return {t: float(-(p * p.clamp_min(1e-300).log2()).sum(1).mean()) for t, p in soft.items()}


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


def draw_similar(logits: Tensor, test: ClipSet) -> None:
    """Draw the teacher's mean soft labels of the other classes; logits [N, classes] of the test clips."""
    title = "Mean probabilities of the other classes at temperature 4"
    soft = soft_labels(logits, 4.0)
    show(representations.mean_probabilities(soft, test.labels.cpu(), test.classes, title))


def check_loss(
    loss: Callable[[Tensor, Tensor, float], Tensor],
    gradient: Callable[[Tensor, Tensor, float], Tensor],
    logits: Logits,
) -> None:
    """Claim that a loss is that of the library, and a gradient that which torch finds for it.

    Args:
        loss: (student's logits [N, K], teacher's, τ) -> scalar.
        gradient: the same -> derivative with respect to the student's logits, [N, K].
        logits: to compare on, besides the example.
    """
    pairs = [(torch.zeros(1, 3), EXAMPLE), (logits["student"], logits["teacher"])]
    worst = 0.0
    for student, teacher in pairs:
        z, v = student.double().requires_grad_(), teacher.double()
        for temperature in (1.0, 2.0, 8.0):
            ours, theirs = loss(z.detach(), v, temperature), distillation_loss(z, v, temperature)
            (expected,) = torch.autograd.grad(theirs, z)
            off = (gradient(z.detach(), v, temperature) - expected).abs().max() / expected.abs().max()
            apart = (ours - theirs.detach()).abs() / (1 + theirs.detach().abs())
            worst = max(worst, float(apart), float(off))
    one = gradient(torch.zeros(1, 3), EXAMPLE, 4.0)[0]
    study.claim(
        f"Loss and gradient are those of the library; the largest relative difference is {worst:.1g}. Worked "
        "out: a student with logits (0, 0, 0), a teacher with (4, 2, 0), τ = 4: 4 · ((0.333, 0.333, 0.333) − "
        f"(0.506, 0.307, 0.186)) = ({', '.join(f'{v:.2f}' for v in one.tolist())}).",
        worst < 1e-3,
    )


def gradient_sizes(student: Tensor, teacher: Tensor, temperatures: Sequence[float]) -> dict[float, float]:
    """Temperature -> root mean square of the gradient of KL(p ‖ q), without τ²; logits [N, K]."""
    found = {}
    for temperature in temperatures:
        z = student.double().requires_grad_()
        q = (z / temperature).log_softmax(1)
        p = soft_labels(teacher.double(), temperature)
        (gradient,) = torch.autograd.grad((p * (p.clamp_min(1e-300).log() - q)).sum(1).mean(), z)
        found[temperature] = float(gradient.square().mean().sqrt())
    return found


def draw_gradients(logits: Logits) -> None:
    """Draw the size of the gradient over the temperature, with and without τ²; claim how it falls without."""
    temperatures = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
    plain = gradient_sizes(logits["student"], logits["teacher"], temperatures)
    series = {
        "KL(p ‖ q)": (temperatures, list(plain.values())),
        "τ² KL(p ‖ q)": (temperatures, [t**2 * v for t, v in plain.items()]),
    }
    axes = "temperature τ", "gradient (root mean square)"
    figure = curves(series, "Size of the gradient, student against teacher", *axes)
    ticks = {"type": "log", "tickvals": list(temperatures), "ticktext": [f"{t:g}" for t in temperatures]}
    show(figure.update_xaxes(**ticks).update_yaxes(type="log"))
    worked = gradient_sizes(torch.zeros(1, 3), EXAMPLE, (32.0, 64.0))
    limit = EXAMPLE.mean() - EXAMPLE[0]
    found = 64.0**2 * worked[64.0] / float((limit / 3).square().mean().sqrt())
    study.claim(
        "From τ = 32 to 64 the gradient of KL(p ‖ q) of the example becomes "
        f"{worked[32.0] / worked[64.0]:.2f} times smaller: with the square of τ. Times τ² it is "
        f"{found:.3f} times the limit (z − v) / K = (−2, 0, 2) / 3.",
        abs(worked[32.0] / worked[64.0] - 4) < 0.1 and abs(found - 1) < 0.02,
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
        f"{fewer:.1%} fewer (in the paper 91.4 %).",
        fewer >= 0.914,
    )
    study.claim(
        f"A clip costs the student {macs['student'] / 1e6:.1f} million multiply-adds, the teacher "
        f"{macs['teacher'] / 1e6:.1f} million: {macs['teacher'] / macs['student']:.0f} times as many.",
        macs["teacher"] > 3 * macs["student"],
    )
    return fewer


def compare_sizes(
    teacher: Downstream, student: Classifier, clips: PreparedClips
) -> dict[str, dict[str, int]]:
    """Claim how much smaller the student is; returns "parameters" and "macs" of both, for the first clip."""
    x = clips[torch.arange(1, device=clips.labels.device)]
    networks = {"teacher": teacher.eval(), "student": student.eval()}
    sizes = {name: parameters(network) for name, network in networks.items()}
    costs = {name: macs(network, x) for name, network in networks.items()}
    check_size(sizes, costs)
    return {"parameters": sizes, "macs": costs}


def compare_agreement(logits: Logits, labels: Tensor) -> dict[str, float]:
    """Compare how often student and control, "labels alone", give the teacher's answer; returns the shares.

    Args:
        labels: of the test clips, Long[N].
    """
    predicted = {name: each.argmax(1) for name, each in logits.items()}
    teacher, clips = predicted["teacher"], len(labels)
    same = {name: predicted[name] == teacher for name in ("student", "labels alone")}
    share = {name: float(each.float().mean()) for name, each in same.items()}
    accuracy = {name: float((each == labels).float().mean()) for name, each in predicted.items()}
    words = ", ".join(f"{name} {shares.in_words(value, clips)}" for name, value in accuracy.items())
    guess = f"the most frequent class {shares.guessing(labels):.0%}"
    print(f"test accuracy, one seed, {clips} clips: {words}; {guess}")
    only = [int((same[a] & ~same[b]).sum()) for a, b in (list(same), list(same)[::-1])]
    p = shares.sign_test(*only)
    values = (
        f"the student gives the teacher's answer for {shares.in_words(share['student'], clips)} of {clips} "
        f"test clips, the control for {shares.in_words(share['labels alone'], clips)} (the teacher's most "
        f"frequent answer alone: {shares.guessing(teacher):.0%}); only the student for {only[0]}, only the "
        f"control for {only[1]}, p = {p:.2g}"
    )
    study.finding(
        p < 0.05 and only[0] > only[1],
        f"The student has learnt the teacher's predictions, including its errors: {values}, one seed.",
        f"No difference that can be told on these clips with one seed: {values}.",
    )
    return share


def check_ignorant(train: ClipSet, test: ClipSet, options: Mapping[str, object]) -> None:
    """Train a student on a teacher whose logits are all equal; claim that it becomes as uncertain.

    Args:
        options: of `distill`: preset and seed.
    """
    classes = len(train.classes)

    def ignorant(x: Tensor) -> Tensor:
        return torch.zeros(len(x), classes, device=x.device)

    student = distill(ignorant, train, **dict(options), epochs=2, least_steps=0, hard=0.0)  # type: ignore[arg-type]
    clips = PreparedClips(test, student.frames)
    certainty = float(clips.map(student.to(train.device)).softmax(1).max(1).values.mean())
    study.claim(
        f"After two epochs the highest probability of this student is {certainty:.0%} on average. A uniform "
        f"guess has {1 / classes:.0%}.",
        certainty < 1 / classes + 1 / 3,
    )
