"""Notebook 06, Asymmetric pre-training: views, collapse, two encoders, and the methods of this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .. import study
from ..data import ClipSet
from ..models import STGCN, parameters
from ..ops import masks
from ..selfsup import Downstream, barlow_twins
from ..selfsup.diagnostics import EncoderRecorder, EpochSnapshot
from ..skeletons import NTU25, Skeleton
from ..training.inputs import PreparedClips
from ..viz import figures, show
from ..viz.figures import representations


def check_views(cost: Mapping[str, int], joints: Tensor, frames: Tensor) -> None:
    """Claim that removed joints and frames are not computed.

    Args:
        cost: "anchor", "spatial", "temporal" -> multiply-adds of the view.
        joints: joints removed from the spatial view, bool [V].
        frames: frames removed from the temporal view, bool [T].
    """
    spatial, temporal = (cost[view] / cost["anchor"] for view in ("spatial", "temporal"))
    study.claim(
        f"The spatial view lacks {int(joints.sum())} of {len(joints)} joints, the temporal view "
        f"{int(frames.sum())} of {len(frames)} frames. What is removed is not computed: the views cost "
        f"{spatial:.0%} and {temporal:.0%} of the anchor.",
        spatial < 0.8 and temporal < 0.8,
    )


def compare_learning(losses: Sequence[float], first: EpochSnapshot, last: EpochSnapshot) -> None:
    """Say whether the loss falls, the views agree more, and the features become less redundant."""
    values = f"{losses[0]:.1f} in the first epoch, {losses[-1]:.1f} in the last of {len(losses)}"
    study.finding(losses[-1] < losses[0], f"The loss falls: {values}.", f"The loss does not fall: {values}.")
    values = f"correlation {first.agreement[0]:.2f} before training, {last.agreement[0]:.2f} after"
    study.finding(
        last.agreement[0] > first.agreement[0],
        f"Two views of a test clip, which is not used for training, agree more than before: {values}.",
        f"Two views of a test clip agree no more than before: {values}.",
    )
    values = f"off the diagonal {first.redundancy[0]:.2f} before training, {last.redundancy[0]:.2f} after"
    study.finding(
        last.redundancy[0] < first.redundancy[0],
        f"The features are less redundant: {values}.",
        f"The features are no less redundant: {values}.",
    )


def check_mirroring(pairs: Sequence[tuple[str, str]], classes: int, probability: float) -> None:
    """Say whether the names of two classes differ only in left and right, so that views are not mirrored.

    Args:
        pairs: names of such classes, from `augment.sides`.
        classes: number of classes.
        probability: with which a view was mirrored.
    """
    example = " and ".join(map(repr, pairs[0])) if pairs else ""
    study.finding(
        not pairs,
        f"By their names, no two of these {classes} classes are mirror images: views were mirrored with a "
        f"probability of {probability:.0%}.",
        f"By their names, {len(pairs)} pairs of classes are mirror images, such as {example}: views were not "
        "mirrored.",
    )


def compare_mirror_images(similarity: Mapping[str, Tensor]) -> None:
    """Say whether pre-training makes features of a clip and of its mirror image more alike.

    Args:
        similarity: "pstl" and "untrained" -> correlation of the features of clips (rows) and mirror images.
    """
    same = {name: float(each.diagonal().mean()) for name, each in similarity.items()}
    trained = similarity["pstl"]
    other = float(trained[~torch.eye(len(trained), dtype=torch.bool)].mean())
    values = (
        f"the correlation of a clip and its mirror image is {same['pstl']:.2f}, with an untrained encoder "
        f"{same['untrained']:.2f}; of two different clips it is {other:.2f}"
    )
    study.finding(
        same["pstl"] > same["untrained"],
        f"The encoder has learnt to give a clip and its mirror image similar features: {values}.",
        f"The encoder has not learnt to give a clip and its mirror image similar features: {values}.",
    )


def draw_features(recorder: EncoderRecorder, names: Sequence[str], title: str) -> None:
    """Draw the last recorded features of the first encoder, and the correlations of its projector."""
    last = recorder.snapshots[-1]
    show(
        representations.cross_correlation(
            last.features[0], last.correlations[0], recorder.labels, names, title
        )
    )


def compare_ranks(without: float, with_: float) -> None:
    """Compare the effective rank of the projector's features without and with the redundancy term."""
    values = f"the projector uses {without:.1f} directions without the redundancy term, {with_:.1f} with it"
    study.finding(
        without < 0.7 * with_, f"The features begin to collapse: {values}.", f"No collapse yet: {values}."
    )


def check_constant_features() -> None:
    """Claim that the Barlow Twins loss of constant features is 1 per feature."""
    constant = torch.ones(16, 8)
    loss = float(barlow_twins(constant, constant))
    study.claim(
        "A constant feature has no correlation and adds 1 to the loss: with 8 features the loss is "
        f"{loss:.2f}.",
        abs(loss - 8) < 1e-3,
    )


def compare_removed_joints(clips: ClipSet, frequency: Mapping[str, Tensor], removed: int, draws: int) -> None:
    """Draw how often f and g remove each joint, and claim that they prefer different joints.

    Args:
        clips: for the body that is drawn.
        frequency: "f" and "g" -> fraction of the draws in which each joint is removed, [V].
        removed: number of joints that each draw removes.
        draws: number of draws.
    """
    skeleton, percent = clips.skeleton, {way: 100 * share for way, share in frequency.items()}
    title = f"How often each joint is removed ({draws} draws)"
    show(figures.on_body(figures.reference_pose(clips), skeleton, percent, title, "draws that remove it (%)"))
    common, alone = (float((frequency["f"] * frequency[way]).sum()) for way in ("g", "f"))
    study.claim(
        f"f and g prefer different joints: of {removed} removed joints they have {common:.1f} in common on "
        "average, "
        f"two draws of f have {alone:.1f}, and two uniform draws would have "
        f"{removed**2 / len(skeleton):.1f}.",
        common < alone,
    )


def check_removed_frames(x: Tensor, ratio: float) -> None:
    """Claim that the frames that f always drops and those that g always drops never overlap."""
    low, high = masks.low_motion_frames(x, ratio=ratio), masks.high_motion_frames(x, ratio=ratio)
    study.claim(
        f"f always drops {int(low[0].sum())} frames, g always {int(high[0].sum())}. No frame of any clip is "
        "in both "
        "sets.",
        not (low & high).any(),
    )


@torch.no_grad()
def fused_features(network: Downstream, clips: ClipSet, frames: int) -> dict[str, Tensor]:
    """Features of two encoders, on the CPU: "f", "g", "concatenated" and "aligned"; each [N, D].

    Args:
        network: the network of an evaluation with two encoders and feature alignment.
        clips: what to encode.
        frames: length to which clips are resized.
    """
    tokens = [network.tokens(x) for _, x in PreparedClips(clips, frames).batches()]
    f, g = (torch.cat(each) for each in zip(*tokens, strict=True))
    fused = [network.fuse([a, b]) for a, b in zip(f.split(256), g.split(256), strict=True)]
    alone = {"f": f.mean(1), "g": g.mean(1)}
    both = {"concatenated": torch.cat([*alone.values()], 1), "aligned": torch.cat(fused)}
    return {name: features.cpu() for name, features in (alone | both).items()}


def check_other_skeleton(
    other: Skeleton, lacking: Sequence[str], missing: Sequence[str], joints: int
) -> None:
    """Claim that an encoder reads clips of another skeleton without the joints that it lacks."""
    study.claim(
        f"The same encoder reads the same clips as {other.name}, without {len(lacking)} of its {joints} "
        "joints.",
        set(lacking) == set(missing),
    )


def check_projector() -> int:
    """Claim the size of the published projector beside that of its encoder; returns its parameters."""
    published = 256 * 6144 + 2 * 6144**2 + 2 * 2 * 6144
    encoder = parameters(STGCN(NTU25, "paper", torch.Generator()))
    study.claim(
        f"The published projector has {published / 1e6:.0f} million parameters, its encoder "
        f"{encoder / 1e6:.2f} "
        f"million: {published / encoder:.0f} times fewer.",
        published > 90 * encoder,
    )
    return published


def motion_left(x: Tensor, ratio: float, generator: torch.Generator) -> dict[str, float]:
    """Fraction of the motion energy that stays when frames are dropped by three strategies.

    Args:
        x: clips, [N, C, T, V, M].
        ratio: fraction of the frames that are dropped.
        generator: for the random strategies.
    """
    energy = masks.frame_motion(x)
    hidden = {
        "half of them random": masks.motion_attentive_frames(x, ratio=ratio, generator=generator),
        "all that move most": masks.high_motion_frames(x, ratio=ratio),
        "all random": masks.random_frames(x, ratio=ratio, generator=generator),
    }
    return {name: float((energy * ~h).sum() / energy.sum()) for name, h in hidden.items()}
