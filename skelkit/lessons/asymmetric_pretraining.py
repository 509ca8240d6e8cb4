"""Notebook 06, Asymmetric pre-training: views, what is learnt, two encoders, and the methods of this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .. import study
from ..data import ClipSet
from ..models import STGCN, macs, parameters
from ..ops import masks
from ..selfsup import Downstream, Settings, barlow_twins
from ..selfsup.diagnostics import EncoderRecorder, EpochSnapshot
from ..selfsup.objectives.siamese import VIEW_MASKS
from ..selfsup.views import augmented
from ..skeletons import NTU25
from ..training.inputs import PreparedClips
from ..viz import figures, player, show
from ..viz.figures import representations

SHOWN = 8
"""Clips of which views are drawn."""


@dataclass(frozen=True)
class Views:
    """Some training clips and what their views lack.

    Attributes:
        x: clips [N, 3, T, V, M].
        settings: of the pre-training.
        joints: removed from the spatial view, bool[N, V].
        frames: dropped from the temporal view, bool[N, T].
        cost: "anchor", "spatial", "temporal" -> multiply-adds of a clip.
        pictures: the three views of the first clip, augmented, each [1, 3, T, V, M].
    """

    x: Tensor
    settings: Settings
    joints: Tensor
    frames: Tensor
    cost: dict[str, int]
    pictures: tuple[Tensor, ...]

    @property
    def removed(self) -> int:
        """Number of joints that the spatial view lacks."""
        return int(self.joints[0].sum())


def three_views(clips: ClipSet, s: Settings, seed: int) -> Views:
    """Draw views of the first clips; claims that what is removed is neither computed nor seen."""
    skeleton, generator = clips.skeleton, torch.Generator().manual_seed(seed)
    index = torch.arange(min(SHOWN, len(clips)), device=clips.device)
    x = PreparedClips(clips, s.frames, crop=None)[index]
    joints = masks.degree_joints(x, skeleton, s.joints, generator)
    frames = masks.motion_attentive_frames(x, skeleton, s.hidden, generator)
    encoder = STGCN(skeleton, s.size, generator).to(clips.device).eval()
    cost = {
        "anchor": macs(encoder, x[:1]),
        "spatial": macs(encoder, x[:1], hidden=joints[:1]),
        "temporal": macs(encoder, x[:1, :, ~frames[0]]),
    }
    check_views(cost, joints[0], frames[0])
    moved = x.clone()
    moved[:, :, :, joints[0]] *= 2
    with torch.no_grad():
        same = torch.equal(encoder.features(x, joints[0]), encoder.features(moved, joints[0]))
    study.claim("The features do not depend on the removed joints: they are equal bit for bit.", same)
    pictures = tuple(augmented(x[:1], skeleton, s, generator) for _ in range(3))
    return Views(x, s, joints, frames, cost, pictures)


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


def show_views(clips: ClipSet, views: Views) -> object:
    """A player of the three views of the first clip; removed joints are hollow, dropped frames marked."""
    size = views.frames.shape[1], len(clips.skeleton)
    hidden = [None, views.joints[0].expand(size), views.frames[0, :, None].expand(size)]
    labels = ["anchor", "spatial view", "temporal view"]
    return player(*views.pictures, skeleton=clips.skeleton, labels=labels, masked=hidden, height=300)


def compare_learning(losses: Sequence[float], first: EpochSnapshot, last: EpochSnapshot, clips: int) -> None:
    """Say whether the loss falls, the views agree more, and the features become less redundant.

    Args:
        losses: mean loss of each epoch.
        first, last: recorded on the test clips before and after the training.
        clips: number of these.
    """
    values = f"{losses[0]:.1f} in the first epoch, {losses[-1]:.1f} in the last of {len(losses)}"
    study.finding(losses[-1] < losses[0], f"The loss falls: {values}.", f"The loss does not fall: {values}.")
    where = f"over {clips} test clips, which are not trained on"
    values = f"correlation {first.agreement[0]:.2f} before training, {last.agreement[0]:.2f} after, {where}"
    study.finding(
        last.agreement[0] > first.agreement[0],
        f"Two views of a clip agree more than before: {values}.",
        f"Two views of a clip agree no more than before: {values}.",
    )
    chance = clips**-0.5
    values = (
        f"off the diagonal {first.redundancy[0]:.2f} before training, {last.redundancy[0]:.2f} after; of "
        f"unrelated features it would be {chance:.2f} on so few clips"
    )
    study.finding(
        last.redundancy[0] < first.redundancy[0],
        f"The features are less redundant: {values}.",
        f"The features are no less redundant: {values}.",
    )


def check_mirroring(
    pairs: Sequence[tuple[str, str]], classes: int, probability: float, named: bool = True
) -> None:
    """Say whether two classes differ only in left and right as far as their names tell, and what was done.

    Args:
        pairs: names of such classes, from `augment.sides`.
        classes: number of classes.
        probability: with which a view was mirrored.
        named: whether the classes have names.
    """
    done = f"views were mirrored with a probability of {probability:.0%}"
    if probability == 0:
        done = "views were not mirrored"
    if not named:
        text = (
            f"These {classes} classes have no names, so nothing tells whether two of them are mirror images"
        )
        study.finding(False, "", f"{text}: {done}. If some are, pre-train with mirror=0.")
        return
    example = " and ".join(map(repr, pairs[0])) if pairs else ""
    unknown = " (no left and right joints of this skeleton are known)" if probability == 0 else ""
    study.finding(
        not pairs,
        f"By their names, no two of these {classes} classes are mirror images: {done}{unknown}.",
        f"By their names, classes are mirror images (pairs: {len(pairs)}), such as {example}: {done}.",
    )


def draw_features(recorder: EncoderRecorder, names: Sequence[str], title: str) -> None:
    """Draw the last recorded features of the first encoder, and the correlations of its projector."""
    last = recorder.snapshots[-1]
    show(
        representations.cross_correlation(
            last.features[0], last.correlations[0], recorder.labels, names, title
        )
    )


def check_constant_features() -> float:
    """Claim that the Barlow Twins loss of constant features is 1 per feature; returns it for 8 features."""
    constant = torch.ones(16, 8)
    loss = float(barlow_twins(constant, constant))
    study.claim(
        "A constant feature has no correlation and adds 1 to the loss: with 8 features the loss is "
        f"{loss:.2f}.",
        abs(loss - 8) < 1e-3,
    )
    return loss


def removal_probability(clips: ClipSet, views: Views) -> dict[str, Tensor]:
    """Probability that f and that g removes each joint, [V] each, on the CPU."""
    s, found = views.settings, {}
    for way in ("f", "g"):
        mask, _ = VIEW_MASKS[way](s.joints, s.hidden)
        assert mask is not None
        found[way] = mask.probability(views.x[:1], clips.skeleton)[0].cpu()
    return found


def compare_removed(clips: ClipSet, probability: Mapping[str, Tensor], removed: int) -> float:
    """Draw how often f and g remove each joint; claim how many they have in common, which is returned.

    Args:
        clips: for the body that is drawn.
        probability: from `removal_probability`.
        removed: number of joints that each draw removes.
    """
    skeleton, percent = clips.skeleton, {way: 100 * share for way, share in probability.items()}
    pose, axis = figures.reference_pose(clips), "draws that remove it (%)"
    show(figures.on_body(pose, skeleton, percent, "How often each joint is removed", axis))
    common, alone = (float((probability["f"] * probability[way]).sum()) for way in ("g", "f"))
    uniform = removed**2 / len(skeleton)
    study.claim(
        f"Of {removed} joints that f removes, g removes {common:.2f} as well on average; a second draw of f "
        f"would have {alone:.2f} in common, and two uniform draws {uniform:.2f}.",
        common <= alone + 1e-6,
    )
    counts = ", ".join(
        f"{int((skeleton.degrees == d).sum())} of degree {int(d)}" for d in skeleton.degrees.unique()
    )
    print(f"{len(skeleton)} joints: {counts}")
    return common


def check_removed_frames(views: Views) -> None:
    """Claim that f and g never drop the same frames for their motion, and how much motion is left."""
    x, s = views.x, views.settings
    low, high = (f(x, ratio=s.hidden / 2) for f in (masks.low_motion_frames, masks.high_motion_frames))
    study.claim(
        f"f always drops {int(low[0].sum())} frames, g always {int(high[0].sum())}. No frame of any clip is "
        "in both sets.",
        not (low & high).any(),
    )
    left = motion_left(x, s.hidden, torch.Generator().manual_seed(0))
    study.claim(
        f"Of the motion, PSTL and g leave {left['half of them random']:.0%}; dropping as many frames, all of "
        f"them those that move most, would leave {left['all that move most']:.0%}, at random "
        f"{left['all random']:.0%}.",
        left["all that move most"] == min(left.values()),
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


def fused_pairs(
    network: Downstream, train: ClipSet, test: ClipSet, frames: int
) -> dict[str, tuple[Tensor, Tensor]]:
    """`fused_features` of training and of test clips, by name."""
    known, asked = (fused_features(network, clips, frames) for clips in (train, test))
    return {name: (known[name], asked[name]) for name in known}


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
