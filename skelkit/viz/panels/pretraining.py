"""What encoders make of clips: while they are trained (epoch slider), alone and together (f, g, aligned); and a teacher's soft answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import torch
from torch import Tensor

from ...data import ClipSet
from ...deploy.distillation import soft_labels
from ...selfsup.diagnostics import EncoderRecorder
from ...selfsup.objectives.barlow_twins import effective_rank
from ...selfsup.protocols import accuracy, nearest_neighbour_scores
from ..figures import representations
from ..style import readable
from ..tables import table
from .panel import LAYOUT, WIDE, Panel


def training(diary: EncoderRecorder, names: Sequence[str], encoders: Sequence[str] = ("",)) -> Panel:
    """Move through the epochs: how the features of two views go together, and where the clips lie.

    Args:
        diary: of a finished `pretrain`; names: of all classes; encoders: what its encoders are called.
    """

    def state(epoch: int, encoder: int = 0) -> dict:
        moment = diary.snapshots[epoch]
        when = f"after epoch {moment.epoch}" if moment.epoch else "before the first epoch"
        features = moment.features[encoder]
        figure = representations.inside(
            features,
            moment.correlations[encoder],
            diary.labels,
            names,
            f"Encoder {encoders[encoder]}, {when}".replace("  ", " ").replace(" ,", ","),
        )
        rows = [
            ("correlation on the diagonal: both views say the same", f"{moment.agreement[encoder]:.2f}", "1"),
            (
                "size of correlations off it: features repeat each other",
                f"{moment.redundancy[encoder]:.2f}",
                "0",
            ),
            ("effective rank of what the projector says", f"{diary.ranks[epoch][encoder]:.1f}", "many"),
            (
                "clips whose nearest other clip is of their class",
                f"{neighbours(features, diary.labels):.0%}",
                "100%",
            ),
        ]
        return {"figure": figure, "text": table(["", "now", "ideal"], rows)}

    epochs = [(str(m.epoch), i) for i, m in enumerate(diary.snapshots)]
    controls = {
        "epoch": widgets.SelectionSlider(
            options=epochs, value=len(epochs) - 1, description="epoch", style=WIDE, layout=LAYOUT
        )
    }
    choice = [(name, i) for i, name in enumerate(encoders)]
    if len(encoders) > 1:
        controls["encoder"] = widgets.ToggleButtons(
            options=choice, description="encoder", style={"description_width": "5em", "button_width": "7em"}
        )
    return Panel(state, controls)


def neighbours(features: Tensor, labels: Tensor) -> float:
    """Share of clips whose nearest other clip, by cosine, is of the same class: no training, no test set. [N, D], Long[N]."""
    features = torch.nn.functional.normalize(features)
    alike = (features @ features.T).fill_diagonal_(-2)
    return float((labels[alike.argmax(1)] == labels).float().mean())


def together(
    features: Mapping[str, tuple[Tensor, Tensor]], train_labels: Tensor, labels: Tensor, names: Sequence[str]
) -> Panel:
    """Switch between what f, g and both together make of the test clips.

    Args:
        features: name -> of the training clips [N, D], of the test clips [B, D]; labels: of both.
    """

    def state(which: str) -> dict:
        known, asked = features[which]
        nearest = nearest_neighbour_scores(
            *(torch.nn.functional.normalize(known), train_labels),
            torch.nn.functional.normalize(asked),
            5,
            len(names),
        )
        text = (
            f"<b>{accuracy(nearest, labels):.0%}</b> of the test clips are told by their five nearest training clips; "
            f"effective rank of the {asked.shape[1]} features: <b>{effective_rank(asked):.1f}</b>"
        )
        return {
            "figure": representations.scatter(asked, labels, names, f"Test clips, features of {which}"),
            "text": text,
        }

    kinds = list(features)
    return Panel(
        state,
        {
            "which": widgets.ToggleButtons(
                options=kinds,
                description="features",
                style={"description_width": "5em", "button_width": "9em"},
            )
        },
    )


def temperature(clips: ClipSet, logits: Mapping[str, Tensor]) -> Panel:
    """Choose a clip and turn up the temperature: what the teacher says of every class, beside what a student says.

    Args:
        clips: N; logits: who -> [N, classes], the teacher first.
    """
    names, teacher = clips.classes, next(iter(logits.values()))
    order = teacher.softmax(1).max(1).values.argsort().tolist()  # the clips it is least sure of come first

    def state(clip: int, temperature: float, who: str) -> dict:
        label = int(clips.labels[clip])
        answers = {
            name: soft_labels(logits[name][clip], temperature)
            for name in ([*logits] if who == "all" else [who])
        }
        said = soft_labels(teacher[clip], temperature)
        bits = float(torch.special.entr(said).sum() / torch.log(torch.tensor(2.0)))
        others = [c for c in said.argsort(descending=True).tolist() if c != label][:2]
        words = ", ".join(f"{readable(names[c])} {float(said[c]):.1%}" for c in others)
        text = f"A label says one thing: <b>{readable(names[label])}</b>. At τ = {temperature:.3g} the teacher says <b>{bits:.2f} bits</b>; next likeliest: {words}."
        return {
            "player": ((clips[clip],), {"labels": [readable(names[label])], "height": 200}),
            "figure": representations.soft_answers(
                answers, names, f"What is said of {clips[clip].name} at temperature {temperature:.3g}", label
            ),
            "text": text,
        }

    listed = [
        (
            f"{readable(names[int(clips.labels[i])])}: {clips[i].name}, {float(teacher[i].softmax(0).max()):.0%} sure",
            i,
        )
        for i in order[:60]
    ]
    controls = {
        "clip": widgets.Dropdown(options=listed, description="clip", style=WIDE, layout=LAYOUT),
        "temperature": widgets.FloatLogSlider(
            value=1,
            base=2,
            min=-1,
            max=5,
            step=0.25,
            description="temperature τ",
            readout_format=".1f",
            style=WIDE,
            layout=LAYOUT,
        ),
        "who": widgets.ToggleButtons(
            options=["all", *logits],
            description="who",
            style={"description_width": "5em", "button_width": "8em"},
        ),
    }
    return Panel(state, controls)
