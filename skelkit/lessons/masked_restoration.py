"""What the decoder restores, against simple baselines, and the order of tuples; for notebook 03."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from .. import study
from ..continual.batchnorm import recalibrate
from ..data import ClipSet
from ..models import MaskedAutoencoder, STTFormer
from ..models.autoencoder import reconstruction_errors
from ..models.persons import tracks
from ..models.sttformer import kept_index
from ..ops import fidelity, masks
from ..viz import figures, show
from ..viz.panels.masked_training import restored as restore
from .masked_training import Runs, prepared
from .shares import sign_test
from .tables import show_table

LARGER = ("on hidden frames", "on visible frames", "about the same on both")
"""Where a decoder's error may be larger; about the same is within a tenth."""

GUESSES = ("decoder", "decoder of deviations", "straight lines", "mean body")
"""What fills in hidden frames."""


def check_restoration(
    restored: Callable[[MaskedAutoencoder, Tensor, Tensor], Tensor],
    loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    network: MaskedAutoencoder,
    x: Tensor,
    ratio: float,
) -> None:
    """Claim that two functions restore and judge clips as the library does.

    Args:
        restored: (network, poses [P, C, T, V], positions of the visible tuples [P, K]) -> [P, C, T, V].
        loss: (restored, poses, frames that count, bool [P, T]) -> m².
        network: in evaluation mode.
        x: clips, [N, C, T, V, M].
        ratio: share of tuples that is hidden.
    """
    people = tracks(x)
    hidden = masks.random_tuples(x, ratio=ratio, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = restored(network, people.poses, kept_index(hidden)[people.clip])
        expected = network.reconstruct(x, hidden).permute(0, 4, 1, 2, 3)[people.clip, people.person]
    seen = people.present[:, None, :, None]
    off = float(((found - expected) * seen).abs().max())
    errors, counts = reconstruction_errors(found, people, len(x))
    library = float((errors * counts).sum() / counts.sum())
    value = float(loss(found, people.poses, people.present))
    print(
        f"L = {value:.4f} m² per coordinate, so joints are off by √(3 L) = "
        f"{1000 * (3 * value) ** 0.5:.0f} mm (RMSE), with {ratio:.0%} hidden"
    )
    study.claim(
        f"These lines restore {len(found)} persons as the library does (largest difference {1000 * off:.3f} "
        "mm), and have its loss.",
        off < 1e-3 and abs(value - library) < 1e-3 * library,
    )


def fill_in(runs: Runs, x: Tensor, ratio: float, seed: int) -> dict[str, Tensor]:
    """Clips with hidden tuples, and what fills them in: "hidden" bool [N, T], and `GUESSES`, like x.

    Args:
        runs: of the notebook.
        x: clips, [N, C, T, V, M].
        ratio: share of tuples that is hidden, in training and now.
        seed: of the mask.
    """
    deviations = runs.deviations(ratio)
    found = restore(runs.network(ratio), x, ratio, draw=seed)
    mean = fidelity.mean_body(prepared(runs.split.train, x.shape[2], 500))
    return {
        "hidden": found["frames"],
        "decoder": found["restored"],
        "decoder of deviations": restore(deviations, x, ratio, draw=seed)["restored"],
        "straight lines": found["straight"],
        "mean body": mean.expand_as(x),
    }


def overall_errors(x: Tensor, filled: Mapping[str, Tensor]) -> dict[str, float]:
    """RMSE in mm in the hidden frames, of each of `GUESSES`."""
    return {name: float(fidelity.rmse(x, filled[name], frames=filled["hidden"])) for name in GUESSES}


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


def draw_errors(x: Tensor, filled: Mapping[str, Tensor], clips: ClipSet) -> None:
    """Draw the error in hidden frames of each class, for each of `GUESSES`; x are the first of the clips."""
    guesses = {name: filled[name] for name in GUESSES}
    error = errors_by_class(x, guesses, filled["hidden"], clips.labels[: len(x)], clips.classes)
    title = f"Error in hidden frames, {float(filled['hidden'].float().mean()):.0%} hidden"
    show(figures.bars(error, title, "action", "error (RMSE, mm)", height=420))


def compare_decoder(x: Tensor, filled: Mapping[str, Tensor]) -> None:
    """Say in how many clips the decoders' error in hidden frames is below that of straight lines."""
    overall, frames = overall_errors(x, filled), filled["hidden"]
    each = {name: fidelity.rmse(x, filled[name], over="clip", frames=frames) for name in GUESSES}
    values = ", ".join(f"{name} {value:.0f} mm" for name, value in overall.items())
    print(f"RMSE in hidden frames: {values}")
    for name in GUESSES[:2]:
        better = int((each[name] < each["straight lines"]).sum())
        p = sign_test(better, len(x) - better)
        words = f"in {better} of {len(x)} clips (by chance in half of them; sign test p = {p:.2g})"
        study.finding(
            p < 0.05 and 2 * better > len(x),
            f"The {name} is closer to the hidden frames than straight lines {words}.",
            f"The {name} is not closer to the hidden frames than straight lines: it is {words}.",
        )


def relate_to_acceleration(x: Tensor, filled: Mapping[str, Tensor]) -> None:
    """Say whether the error of decoder and straight lines grows with a clip's acceleration."""
    acceleration = 1000 * fidelity.acceleration(x)  # mm per frame squared
    lines, decoder = (
        fidelity.rank_correlation(
            acceleration, fidelity.rmse(x, filled[name], over="clip", frames=filled["hidden"])
        )
        for name in ("straight lines", "decoder")
    )
    chance = 1.96 / max(1, len(x) - 1) ** 0.5
    study.finding(
        lines > max(chance, decoder),
        f"The error of straight lines grows with acceleration (rank correlation over {len(x)} clips "
        f"{lines:.2f}; chance stays within ±{chance:.2f}). The decoder's error depends less on it "
        f"({decoder:.2f}).",
        f"Rank correlation of error and acceleration over {len(x)} clips: straight lines {lines:.2f}, "
        f"decoder {decoder:.2f}; chance stays within ±{chance:.2f}.",
    )


def where_larger(network: MaskedAutoencoder, x: Tensor, ratio: float, seed: int) -> tuple[str, str]:
    """Where the decoder's error is larger, one of `LARGER`, and both errors in words."""
    error = restore(network, x, ratio, draw=seed)["error"]["restored"]
    hidden, kept = error["hidden"], error["kept"]
    same = abs(hidden - kept) < 0.1 * kept
    larger = LARGER[2] if same else LARGER[int(hidden < kept)]
    return larger, f"{hidden:.0f} mm (RMSE) on hidden frames, {kept:.0f} mm on visible ones, {len(x)} clips."


# -- the order of tuples -----------------------------------------------------------------------------------


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


def order_effects(x: Tensor, seed: int) -> dict[tuple[bool, bool], float]:
    """(position, convolutions) -> result of `order_effect`, on 16 clips."""
    return {(p, c): order_effect(x[:16], seed, p, c) for p in (False, True) for c in (True, False)}


def check_order(effect: Mapping[tuple[bool, bool], float]) -> None:
    """Claim that without position and without convolutions the order of tuples has no effect.

    Args:
        effect: result of `order_effects`.
    """
    rows = [
        [name, f"{100 * effect[position, True]:.1f} %", f"{100 * effect[position, False]:.1g} %"]
        for position, name in ((False, "position unknown (published)"), (True, "position of tuples added"))
    ]
    heads = ["change of features, of their spread", "with 3x1 convolutions", "without"]
    show_table(heads, rows)
    study.claim(
        "Without position and without 3x1 convolutions the order of tuples has no effect: features change by "
        f"{effect[False, False]:.0e} of their spread. With position they change by "
        f"{effect[True, False]:.2f}.",
        effect[False, False] < 1e-3 and effect[True, False] > 10 * effect[False, False],
    )
