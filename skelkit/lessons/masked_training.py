"""Notebook 03, Masked training: accuracy over the mask ratio, and the signs that it is too high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from .. import study, zoo
from ..continual import settings
from ..continual.history import History, TaskProgress
from ..data import ClipSet
from ..models import MaskedAutoencoder
from ..ops import masks
from ..study import recorded
from ..training.inputs import PreparedClips
from ..viz import figures, show
from ..viz.figures import learning
from ..viz.panels.masked_training import curves
from .masked_costs import relative_cost
from .shares import guessing, in_words
from .uncertainty import paired_difference

EXTRAS = ("mask ratio follows accuracy", "mask ratio follows memory use", "position of tuples known")
"""Changes of CHARON that concern masking, as the recording names them, besides "no reconstruction"."""


class Runs:
    """Trainings on all classes at once, one for each mask ratio; each is trained when first asked for.

    Attributes:
        setup: of the notebook, with a split.
        losses: ratio -> loss of each epoch.
    """

    def __init__(self, setup: study.Setup):
        assert setup.split is not None
        self.setup, self.split, self.losses = setup, setup.split, dict[float, list[float]]()
        self._found: dict[float, History] = {}
        self.preset = str(study.results()["parameters"].get("preset", "smoke"))

    def __getitem__(self, ratio: float) -> History:
        if ratio not in self._found:
            seen = self.losses.setdefault(ratio, [])

            def keep(now: TaskProgress) -> None:
                if now.loss is not None:
                    seen.append(now.loss)

            self._found[ratio] = self.learn(ratio, callback=keep)
        return self._found[ratio]

    def network(self, ratio: float) -> MaskedAutoencoder:
        """The network trained with this ratio, in evaluation mode."""
        network = self[ratio].network
        assert isinstance(network, MaskedAutoencoder)
        return network

    @cache  # noqa: B019 - runs live as long as their notebook
    def deviations(self, ratio: float) -> MaskedAutoencoder:
        """A network whose decoder predicts deviations from straight lines, in evaluation mode."""
        network = self.learn(ratio, target="deviation").network
        assert isinstance(network, MaskedAutoencoder)
        return network

    def learn(self, ratio: float, **changes: Any) -> History:
        """Train CHARON with `ratio` of the tuples hidden; settings may be changed."""
        fixed: dict[str, Any] = {"tasks": 1, "memory": "20 clips", "probing": False, "validation": 0.0}
        fixed |= {"preset": self.preset, "seed": self.setup.seed}
        train, test = self.split.train, self.split.test
        return zoo.learn("charon", train, test, **(fixed | {"ratio": ratio} | changes))

    @property
    def known(self) -> list[float]:
        """The ratios that have been trained, in order."""
        return sorted(self._found)

    @property
    def labels(self) -> Tensor:
        """Class of each test clip, Long[N]."""
        return self.split.test.labels.cpu()

    def right(self, ratio: float) -> Tensor:
        """Whether each test clip is right, bool[N]."""
        return self[ratio].predictions[-1].cpu() == self.labels

    def accuracy(self, ratio: float) -> float:
        """Share of the test clips that are right."""
        return float(self.right(ratio).double().mean())

    def words(self, ratio: float) -> str:
        """The accuracy with its 95 % interval."""
        return in_words(self.accuracy(ratio), len(self.labels))


def prepared(clips: ClipSet, frames: int, most: int) -> Tensor:
    """The first `most` clips as networks read them, [N, C, T, V, M]."""
    return PreparedClips(clips, frames)[torch.arange(min(len(clips), most))]


def clips_of(setup: study.Setup, frames: int) -> Tensor:
    """Some test clips as the network reads them, [N, C, T, V, M]."""
    assert setup.split is not None
    return prepared(setup.split.test, frames, setup.preset.sample)


def ratios_of(preset: str) -> tuple[float, ...]:
    """Mask ratios that a notebook trains at this preset; the published one is 0.3."""
    return (0.0, 0.3, 0.9) if preset in ("smoke", "explore") else (0.0, 0.3, 0.5, 0.7, 0.9)


def compare_with_chance(runs: Runs, ratio: float) -> None:
    """Say whether a network that was trained with `ratio` of the tuples hidden is better than guessing."""
    guess, clips = guessing(runs.labels), len(runs.labels)
    better = runs.accuracy(ratio) - 1.96 * (guess * (1 - guess) / clips) ** 0.5 > guess
    words = (
        f"Trained with {ratio:.0%} hidden: {runs.words(ratio)} of {clips} test clips are right (95 % "
        f"interval). Always the most frequent class would be right in {100 * guess:.0f} %"
    )
    study.finding(better, f"{words}.", f"{words}: no more than chance can explain.")


def draw_accuracy(runs: Runs, frames: int) -> dict[float, float]:
    """Draw accuracy and cost over the ratios that were trained; returns ratio -> cost of a step."""
    network = runs.network(runs.known[0])
    cost = {r: relative_cost(network, frames, r) for r in runs.known}
    rows = [{"ratio": r, "cost": cost[r], "accuracy": [runs[r].faa]} for r in runs.known]
    show(learning.over_ratio(rows, "Accuracy over the mask ratio, this run"))
    return cost


def compare_ratios(runs: Runs) -> None:
    """Say whether the published ratio helps, and whether the highest one hurts, on the same test clips."""
    for name, one, other in (("Masking", 0.3, 0.0), ("Too high a ratio", 0.3, max(runs.known))):
        gain, error = paired_difference(runs.right(one), runs.right(other))
        words = (
            f"{runs.words(one)} with {one:.0%} hidden, {runs.words(other)} with {other:.0%}; difference "
            f"{100 * gain:+.0f} ± {100 * error:.0f} points on the same {len(runs.labels)} clips, one seed"
        ).replace("-", "−")
        if name == "Masking":
            sentences = (
                "Masking improves the accuracy",
                "Masking makes training cheaper, not measurably better",
            )
        else:
            sentences = "Too high a ratio hurts", "The highest ratio does not measurably hurt"
        study.finding(gain > error, f"{sentences[0]}: {words}.", f"{sentences[1]}: {words}.")


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


# -- a ratio that follows the training ---------------------------------------------------------------------


def follow(runs: Runs, preset: str) -> dict[str, list[float]]:
    """Ratio of each epoch when it follows "difficulty" or "memory", from 60 %, in short tasks."""
    epochs = min(settings(preset).epochs, 3)
    short = {"frames": 18, "epochs": epochs, "least_steps": 0, "reconstruction": False}
    found: dict[str, list[float]] = {"difficulty": [], "memory": []}
    for adaptive, ratios in found.items():

        def keep(now: TaskProgress, ratios: list[float] = ratios) -> None:
            if now.stage == "train":
                ratios.append(float(now.ratio or 0.0))

        runs.learn(0.6, tasks=runs.split.tasks, adaptive=adaptive, callback=keep, **short)
    return found


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
        f"memory, it starts at {by_memory[0]:.0%} and ends at {by_memory[-1]:.0%}.",
        # One task leaves the memory empty to its end.
        0 <= low <= high <= 0.6 and by_memory[0] == 0 and (by_memory[-1] > 0) == (tasks > 1),
    )


# -- signs that the ratio is too high ----------------------------------------------------------------------


def compare_losses(runs: Runs, low: float, high: float) -> None:
    """Say whether the training loss ends higher with more hidden."""
    ends = {r: runs.losses[r][-1] for r in (low, high)}
    values = f"{ends[high]:.2f} with {high:.0%} hidden, {ends[low]:.2f} with {low:.0%} (one run each)"
    study.finding(
        ends[high] > 1.1 * ends[low],
        f"The training loss ends higher: {values}. The network fits its training clips less well.",
        f"The training loss ends at {values}: the loss gives no sign here.",
    )


@torch.no_grad()
def right_when_masked(runs: Runs, frames: int, ratio: float, seed: int) -> Tensor:
    """Whether each test clip is right when it is masked as in training, bool[N]."""
    x, encoder = prepared(runs.split.test, frames, len(runs.labels)), runs.network(ratio).encoder
    hidden = masks.random_tuples(x, ratio=ratio, generator=torch.Generator().manual_seed(seed))
    answers = [encoder(part, h).argmax(1) for part, h in zip(x.split(128), hidden.split(128), strict=True)]
    return torch.cat(answers).cpu() == runs.labels


def compare_masked_and_whole(runs: Runs, frames: int, low: float, high: float, seed: int) -> None:
    """Say whether whole clips have an advantage over masked ones that grows with the ratio."""
    rows, gains = [], {}
    for r in (low, high):
        whole, masked = runs.right(r), right_when_masked(runs, frames, r, seed)
        gains[r] = paired_difference(whole, masked)
        rows.append(
            f"{100 * gains[r][0]:+.0f} ± {100 * gains[r][1]:.0f} with {r:.0%} hidden".replace("-", "−")
        )
    values = f"Accuracy on whole clips minus that on clips masked as in training, points: {'; '.join(rows)}"
    more = gains[high][0] - gains[low][0] > (gains[high][1] ** 2 + gains[low][1] ** 2) ** 0.5
    study.finding(
        more,
        f"{values}. The higher the ratio, the more the masked clips differ from whole ones.",
        f"{values} ({len(runs.labels)} clips). No clear sign.",
    )


def compare_recall(runs: Runs, low: float, high: float) -> None:
    """Draw the recall of each class at two mask ratios, and name the class that loses most."""
    labels, classes, recall = runs.labels, runs.split.test.classes, {}
    known = labels.unique().tolist()
    for r in (low, high):
        right = runs.right(r).double()
        recall[r] = {k: float(right[labels == k].mean()) for k in known}
    named = {f"{r:.0%} hidden": {classes[k]: v for k, v in each.items()} for r, each in recall.items()}
    show(figures.bars(named, "Recall of each class", "action", "recall", height=400))
    worst = max(known, key=lambda k: recall[low][k] - recall[high][k])
    members = labels == worst
    lost, error = paired_difference(runs.right(low)[members], runs.right(high)[members])
    values = (
        f"'{classes[worst].replace('_', ' ')}' loses most: its recall is {100 * lost:.0f} ± "
        f"{100 * error:.0f} points lower with {high:.0%} hidden than with {low:.0%} "
        f"({int(members.sum())} clips; the worst of {len(known)} classes is low by chance, too)"
    )
    study.finding(lost > error, f"{values}.", f"{values}: not more than chance can explain.")
