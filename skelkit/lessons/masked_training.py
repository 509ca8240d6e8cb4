"""Notebook 03, Masked training: cost and accuracy over the mask ratio, and what the decoder restores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .. import study
from ..continual import settings
from ..continual.batchnorm import recalibrate
from ..models import MaskedAutoencoder, STTFormer
from ..ops import fidelity, masks
from ..study import recorded
from ..viz import figures, show
from ..viz.figures import learning
from ..viz.panels.masked_training import costs, curves

Costs = Mapping[str, Mapping[float, Mapping[str, int]]]
"""Network size -> mask ratio -> multiply-adds of the "encoder" and of "both" encoder and decoder."""

EXTRAS = ("mask ratio follows accuracy", "mask ratio follows memory use", "position of tuples known")
"""Changes of CHARON that concern masking, as the recording names them, besides "no reconstruction"."""


def compare_with_chance(accuracy: float, clips: int, chance: float, ratio: float) -> None:
    """Say whether a network that was trained with `ratio` of the tuples hidden is better than chance."""
    words = f"Trained with {ratio:.0%} hidden, the test accuracy is {accuracy:.0%} on {clips} clips"
    study.finding(
        accuracy > 1.5 * chance,
        f"{words}. Chance is {chance:.0%}.",
        f"{words}, hardly more than chance ({chance:.0%}).",
    )


def relative_cost(network: MaskedAutoencoder, frames: int, ratio: float) -> float:
    """Multiply-adds of a clip with `ratio` of its tuples hidden, as a fraction of those of the whole clip."""
    return costs(network, frames, ratio)["both"] / costs(network, frames, 0.0)["both"]


def draw_costs(cost: Costs) -> None:
    """Draw the cost of a clip over the mask ratio, for each size of the network."""
    series = {
        f"{size}, {'encoder' if part == 'encoder' else 'encoder and decoder'}": (
            [100 * r for r in by_ratio],
            [found[part] / by_ratio[0.0]["both"] for found in by_ratio.values()],
        )
        for size, by_ratio in cost.items()
        for part in ("encoder", "both")
    }
    axes = "tuples hidden (%)", "cost (encoder and decoder, nothing hidden = 1)"
    show(curves(series, "Cost of a clip", *axes, ideal=([0, 100], [1, 0], "proportional to 1 - ratio")))


def check_costs(cost: Costs, lengths: Mapping[str, int], ratio: float) -> dict[str, int]:
    """Claim how the costs depend on the mask ratio; returns the decoder's multiply-adds for each size.

    Args:
        cost: the costs of networks "nano" and "tiny".
        lengths: frames of a clip for each size.
        ratio: the mask ratio whose costs the sentence names.
    """
    full = {size: by_ratio[0.0] for size, by_ratio in cost.items()}
    decoder = {size: each["both"] - each["encoder"] for size, each in full.items()}
    furthest, same = 0.0, True
    for size, by_ratio in cost.items():
        tuples = lengths[size] // masks.TUPLE
        for r, found in by_ratio.items():
            kept = masks.kept_tuples(tuples, r) / tuples
            furthest = max(furthest, abs(found["encoder"] / full[size]["encoder"] - kept))
            same &= abs(found["both"] - found["encoder"] - decoder[size]) < 0.01 * decoder[size]
    study.claim(
        f"The encoder's cost is proportional to the fraction of tuples kept, within {furthest:.2%} of its "
        "full "
        f"cost: with {ratio:.0%} hidden, {full['tiny']['encoder'] / 1e9:.2f} GMAC of 'tiny' become "
        f"{cost['tiny'][ratio]['encoder'] / 1e9:.2f}.",
        furthest < 0.01,
    )
    shares = ", ".join(f"{decoder[size] / full[size]['encoder']:.0%} for '{size}'" for size in cost)
    study.claim(
        f"The decoder's cost is the same at every ratio. As a fraction of the full encoder it is {shares}. "
        "Masking cannot save this part.",
        same,
    )
    return decoder


def compare_clock(part: float, whole: float, ratio: float, counted: float) -> None:
    """Compare the seconds of a step with 60 % hidden (`part`) and with nothing hidden (`whole`).

    `ratio` is the median ratio of the two, `counted` the ratio of their multiply-adds.
    """
    words = (
        f"Here a step with 60% hidden takes {1000 * part:.0f} ms, with nothing hidden {1000 * whole:.0f} ms"
    )
    study.finding(
        ratio < 0.9,
        f"{words}: {ratio:.2f} of the time. The multiply-adds predict {counted:.2f}.",
        f"{words}. The median ratio is {ratio:.2f}; the multiply-adds predict {counted:.2f}.",
    )


def compare_ratios(accuracy: Mapping[float, float], clips: int, two_errors: float) -> None:
    """Say whether masking helps, and whether accuracy falls at the highest ratio.

    Args:
        accuracy: mask ratio -> test accuracy; includes 0.
        clips: number of test clips.
        two_errors: two standard errors of an accuracy on them.
    """
    noise = f"two standard errors of {clips} clips are {100 * two_errors:.0f} points"
    best, most = max((r for r in accuracy if r), key=accuracy.__getitem__), max(accuracy)
    values = f"{accuracy[best]:.0%} with {best:.0%} hidden, {accuracy[0.0]:.0%} with nothing hidden ({noise})"
    study.finding(
        accuracy[best] - accuracy[0.0] > two_errors,
        f"Masking improves the accuracy in this run (one seed): {values}.",
        f"Masking makes training cheaper here, but not measurably better: {values}.",
    )
    study.finding(
        accuracy[best] - accuracy[most] > two_errors,
        f"Too high a ratio hurts in this run (one seed): {accuracy[most]:.0%} with {most:.0%} hidden.",
        f"In this run (one seed) even the highest ratio does not hurt: {accuracy[most]:.0%} with {most:.0%} "
        "hidden.",
    )


def show_recorded_ratios(setup: study.Setup, network: MaskedAutoencoder) -> None:
    """Draw the recorded accuracy over the mask ratio, if there is a recording, and say whether it falls."""
    found = recorded.find("ratios", setup)
    if not found:
        return
    ratios = {float(label.rstrip("%")) / 100: label for label in found.labels}
    frames = settings(found.about["preset"]).frames
    rows = [
        {"ratio": r, "cost": relative_cost(network, frames, r), "accuracy": found.of(label)}
        for r, label in ratios.items()
    ]
    show(learning.over_ratio(rows, f"Accuracy over the mask ratio, recorded {found.about['date']}"))
    least = ratios[min(ratios)]
    recorded.verdicts({f"Compared with {least} hidden": found.differences_from(least)})


def errors_by_class(
    x: Tensor, guesses: Mapping[str, Tensor], frames: Tensor, labels: Tensor, classes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """RMSE (mm) of each guess in the hidden frames of each class.

    Args:
        x: the clips, [N, C, T, V, M].
        guesses: name -> what fills in the hidden frames, like `x`.
        frames: hidden frames, bool [N, T].
        labels: class of each clip, [N].
        classes: names of the classes.
    """
    present = [int(k) for k in labels.unique() if frames[labels == k].any()]
    return {
        name: {
            classes[k]: float(fidelity.rmse(x[labels == k], y[labels == k], frames=frames[labels == k]))
            for k in present
        }
        for name, y in guesses.items()
    }


def compare_decoder(overall: Mapping[str, float]) -> None:
    """Say whether the decoder's error (mm) in hidden frames is below that of the two baselines."""
    better = [name for name in ("mean body", "straight lines") if overall["decoder"] < overall[name]]
    values = ", ".join(f"{name} {value:.0f} mm" for name, value in overall.items())
    beaten = "only the mean body" if better else "neither of the two"
    study.finding(
        "straight lines" in better,
        f"In hidden frames the decoder has a smaller error than straight lines: {values}.",
        f"In hidden frames straight lines have the smaller error: {values}. The decoder beats {beaten}.",
    )


def relate_to_acceleration(x: Tensor, guesses: Mapping[str, Tensor], frames: Tensor) -> None:
    """Say whether the error of decoder and straight lines grows with a clip's acceleration."""
    acceleration = 1000 * fidelity.acceleration(x)  # mm per frame squared
    lines, decoder = (
        fidelity.rank_correlation(acceleration, fidelity.rmse(x, guesses[name], over="clip", frames=frames))
        for name in ("straight lines", "decoder")
    )
    study.finding(
        lines > max(0.3, decoder),
        f"The error of straight lines grows with acceleration (rank correlation over clips {lines:.2f}). The "
        f"decoder's error depends less on it ({decoder:.2f}).",
        f"Rank correlation of error and acceleration over clips: straight lines {lines:.2f}, decoder "
        f"{decoder:.2f}.",
    )


def order_effect(x: Tensor, seed: int, position: bool, convolutions: bool) -> float:
    """How much features change when the tuples of a clip are reversed, relative to their spread over clips.

    Args:
        x: clips, [N, C, T, V, M].
        seed: of the weights; the network is untrained.
        position: the network encodes the position of each tuple in the clip.
        convolutions: it keeps its 3x1 convolutions, which see the neighbouring tuples.
    """
    generator = torch.Generator().manual_seed(seed)
    fresh = STTFormer(2, x.shape[3], generator=generator, temporal_position=position).to(x.device)
    for name, weight in fresh.named_parameters():
        if not convolutions and name.endswith("along_time.0.weight"):
            weight.data[:, :, [0, 2]] = 0
    recalibrate(fresh, [x])
    backwards = torch.arange(x.shape[2]).view(-1, masks.TUPLE).flip(0).flatten()
    with torch.no_grad():
        forwards, reverse = fresh.eval().features(x), fresh.features(x[:, :, backwards])
    spread = (forwards - forwards.mean(0)).norm(dim=1).mean()
    return float((forwards - reverse).norm(dim=1).mean() / spread)


def check_order(effect: Mapping[tuple[bool, bool], float]) -> None:
    """Claim that without position and without convolutions the order of tuples has no effect.

    Args:
        effect: (position, convolutions) -> result of `order_effect`.
    """
    print("change of features / spread between clips         with 3x1 convolutions   without")
    for position, name in ((False, "no position of tuples (published)"), (True, "position of tuples")):
        print(f"  {name:<45} {effect[position, True]:>22.1e} {effect[position, False]:>9.1e}")
    study.claim(
        "Without position and without 3x1 convolutions the order of tuples has no effect: features change by "
        f"{effect[False, False]:.0e} of their spread. With position they change by "
        f"{effect[True, False]:.2f}.",
        effect[False, False] < 1e-3 and effect[True, False] > 10 * effect[False, False],
    )


def draw_adaptive(ratios: Mapping[str, Sequence[float]], tasks: int) -> None:
    """Draw the mask ratio of each epoch when it follows "difficulty" or "memory"."""
    series = {name: (list(range(1, len(r) + 1)), [100 * v for v in r]) for name, r in ratios.items()}
    by_memory, by_difficulty = ratios["memory"], ratios["difficulty"]
    epochs = len(by_memory)
    title = f"Mask ratio over {tasks} tasks of {epochs // tasks} epochs"
    axes = "epochs completed", "tuples hidden in the next epoch (%)"
    show(curves(series, title, *axes, ideal=([1, epochs], [60, 60], "fixed")))
    low, high = min(by_difficulty), max(by_difficulty)
    study.claim(
        f"If the ratio follows the accuracy, it moves between {low:.0%} and {high:.0%}. If it follows the "
        "memory, "
        f"it starts at {by_memory[0]:.0%} and ends at {by_memory[-1]:.0%}.",
        # One task leaves the memory empty to its end.
        0 <= low <= high <= 0.6 and by_memory[0] == 0 and (by_memory[-1] > 0) == (tasks > 1),
    )


def show_recorded_extras(setup: study.Setup) -> None:
    """Print and compare the recorded changes of CHARON that concern masking, if there is a recording."""
    found = recorded.find("extras", setup)
    if not found:
        return
    shown = [label for label in found.labels if label in ("CHARON", *EXTRAS, "no reconstruction")]
    for label in shown:
        print(f"{label:<30} final average accuracy {found.percent(label)}, {len(found.of(label))} seeds")
    changes = found.differences_from("CHARON")
    masking = {label: changes.pop(label) for label in shown if label != "CHARON"}
    recorded.verdicts({"Compared with CHARON unchanged": masking}, also=changes)


def compare_recall(confusion: Mapping[float, Tensor], classes: Sequence[str]) -> None:
    """Draw the recall of each class at two mask ratios, and name the class that loses most.

    Args:
        confusion: a low and a high mask ratio -> confusion matrix, [classes, classes].
        classes: names of the classes.
    """
    low, high = sorted(confusion)
    recall = {
        f"{r:.0%} hidden": {classes[k]: float(m[k, k] / m[k].sum()) for k in range(len(m)) if m[k].sum()}
        for r, m in confusion.items()
    }
    show(figures.bars(recall, "Recall of each class", "action", "recall", height=420))
    before, after = recall[f"{low:.0%} hidden"], recall[f"{high:.0%} hidden"]
    lost = {name: before[name] - after[name] for name in before}
    worst = max(lost, key=lost.__getitem__)
    study.finding(
        lost[worst] > 0.1,
        f"'{worst.replace('_', ' ')}' loses most: its recall is {100 * lost[worst]:.0f} points lower with "
        f"{high:.0%} hidden than with {low:.0%}.",
        "No class loses more than 10 points of recall.",
    )
