"""Notebook 08, Your data: what networks learn from it, and what a data set costs in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from .. import study
from ..analysis import quality
from ..analysis.quality_report import Quality
from ..continual.history import History
from ..data import Clip, ClipSet
from ..data.default_split import TrainTestSplit
from ..experiments.bootstrap import accuracy_interval
from ..viz import learning, show
from .uncertainty import final

LEARNERS = ("fine-tuning", "CHARON", "no difference beyond chance")
"""Answers to the question which learner is more accurate in the end."""

ACCURATE_ENOUGH = 30.0
"""Reconstruction error in mm up to which a whole data set is compressed in the example."""


def bone_variation(found: Quality) -> tuple[float, str]:
    """How much the length of a bone varies, in % (median of the bones), and the range over the bones."""
    of_bones = 100 * found.bone_variation[~found.bone_variation.isnan()]
    if not len(of_bones):
        return 0.0, "There are no bones."
    words = f"Between {float(of_bones.min()):.1f} % and {float(of_bones.max()):.1f} %, depending on the bone."
    return float(of_bones.median()), words


def better_learner(runs: Mapping[str, History]) -> tuple[str, str]:
    """Which of "fine-tuning" and "charon" has the higher final accuracy beyond chance, one of `LEARNERS`."""
    charon, tuned = final(runs["charon"]), final(runs["fine-tuning"])
    answer = LEARNERS[charon.value > tuned.value] if charon.differs_from(tuned) else LEARNERS[2]
    return answer, f"CHARON {charon}, fine-tuning {tuned}, guessing {charon.guessing} (one seed)."


def compare_learners(runs: Mapping[str, History], split: TrainTestSplit, source: str) -> None:
    """Draw the accuracy matrices of "fine-tuning" and "charon", and compare their final accuracy."""
    show(learning.accuracy_matrices({n: h.accuracy for n, h in runs.items()}, "Accuracy after each task"))
    print(
        f"{split.tasks} task{'s' * (split.tasks > 1)} of {source}, one seed: no test; 95 % intervals of the "
        f"accuracy on all {len(split.test)} test clips count the clips alone"
    )
    for name, history in runs.items():
        correct = history.predictions[-1] == history.scenario.test.labels.cpu()
        found = accuracy_interval([correct], shared_clips=True)
        print(f"  {name:<12} {found.mean:6.1%} [{100 * found.low:.1f}, {100 * found.high:.1f}]")
    charon, tuned = final(runs["charon"]), final(runs["fine-tuning"])
    values = (
        f"Final average accuracy of CHARON {charon}, of fine-tuning {tuned}, guessing {charon.guessing} (± "
        f"two standard errors, {len(split.test)} test clips, one seed)"
    )
    apart = charon.differs_from(tuned)
    if split.tasks == 1:
        study.finding(False, "", f"{values}. With a single task there is nothing to forget.")
        return
    no = "CHARON is worse here." if apart else "The difference is no larger than chance allows."
    learnt = charon.above_chance
    study.finding(
        apart and charon.value > tuned.value and learnt,
        f"{values}. CHARON keeps more.",
        f"{values}. {no if learnt else 'CHARON does no better than guessing: nothing was learnt.'}",
    )


def whole_data_set(whole: ClipSet, sample: Sequence[Clip], errors: Mapping[int, tuple[float, float]]) -> None:
    """Claim how many bytes all clips take in a replay memory, at the coarsest interval that is exact enough.

    Args:
        whole: all clips.
        sample: those that were measured.
        errors: s -> error in mm, bytes per clip; of `your_data.measure_compression`.
    """
    s = max((s for s, (error, _) in errors.items() if error < ACCURATE_ENOUGH), default=2)
    raw = sum(len(clip) * clip.persons * len(whole.skeleton) * 12 for clip in sample) / len(sample)
    study.claim(
        f"At s = {s} in int8, with an error of {errors[s][0]:.1f} mm, all {len(whole)} clips take "
        f"{errors[s][1] * len(whole) / 1e6:.3g} MB; as float32 with all frames "
        f"{raw * len(whole) / 1e6:.3g} MB.",
        errors[s][1] * 2 < raw,
    )


def lay_down(clips: ClipSet) -> str:
    """Which line of the report changes if people lie on their sides: an answer, with the numbers."""
    some = clips.select(slice(0, 12)).to("cpu")
    lying = ClipSet(
        some.poses[..., [1, 0, 2]], some.starts, some.labels, some.classes, some.skeleton, some.fps
    )
    changed, original = quality.inspect(lying), quality.inspect(some)
    shares = (
        f"y is the longest extent in {changed.upright:.0%} of {len(some)} rotated clips, and in "
        f"{original.upright:.0%} of the original ones"
    )
    study.finding(
        changed.upright < original.upright,
        f"The line about the axes changes: {shares}.",
        f"This skeleton does not stand along y, so no line tells: {shares}.",
    )
    same = changed.bone_variation.nan_to_num(0), original.bone_variation.nan_to_num(0)
    study.claim("The lengths of bones vary as before.", torch.allclose(*same, atol=1e-3))
    return "the one about the axes"
