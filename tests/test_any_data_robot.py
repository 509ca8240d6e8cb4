"""The whole study, as interactive as for a reader, on a skeleton that is no human body."""

import numpy as np
from study_runs import ALL, READING, check_study

import skelkit as sk


def save_robot(path, clips: int):
    """Clips of two classes with three joints in a row: no left or right, no feet, no joint of three bones."""
    skeleton = sk.Skeleton(
        "robot", joints=["base", "elbow", "hand"], bones=[("base", "elbow"), ("elbow", "hand")], root="base"
    )
    draw = np.random.default_rng(0)
    arrays = [1 + draw.normal(0, 0.01, (80 + i, 3, 3)).cumsum(0) for i in range(clips)]
    labels = [i % 2 for i in range(clips)]
    return sk.ClipSet.from_arrays(
        arrays, labels=labels, skeleton=skeleton, fps=50, classes=["reach", "wave"]
    ).save(path)


def test_twelve_clips_are_enough_to_train_on(tmp_path):
    """One task of two classes, as in docs/data.md."""
    check_study(save_robot(tmp_path / "robot.safetensors", 12), tmp_path, ALL, interactive=True)


def test_three_clips_are_enough_to_look_at(tmp_path):
    check_study(save_robot(tmp_path / "robot.safetensors", 3), tmp_path, READING)
