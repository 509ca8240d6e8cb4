"""HumanML3D and KIT-ML: positions as stored, and positions from features that a slow encoder writes."""

import math

import numpy as np
import pytest

import skelkit as sk
from skelkit.data.errors import UnreadableFile
from skelkit.data.loading import recognised
from skelkit.data.readers import humanml3d
from skelkit.skeletons.layouts import KNOWN

RNG = np.random.default_rng(11)


def moving(frames=6, joints=22):
    return (
        RNG.normal(0, 0.5, (frames, joints, 3)) + [0, 1, 0] + np.arange(frames)[:, None, None] * [0.1, 0, 0.2]
    )


def quaternion_rotated(quaternion, vector):
    """q v q*, written out with the product of Hamilton."""

    def product(p, q):
        a, b, c, d = p
        e, f, g, h = q
        return [
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        ]

    conjugate = [quaternion[0], *(-v for v in quaternion[1:])]
    return product(product(quaternion, [0.0, *vector]), conjugate)[1:]


def encoded(positions, angles):
    """Features of positions [T, V, 3] and of root rotations (cos a, 0, sin a, 0), as the authors define them.

    The root rotation turns the world so that the body faces z. Frame t has the angle to the next rotation and
    the velocity, seen with the next rotation; the last frame has none.
    """
    frames, joints, _ = positions.shape
    out = np.zeros((frames, 12 * joints - 1))
    out[:, 4 + 3 * (joints - 1) :] = RNG.normal(
        size=(frames, 9 * joints - 2)
    )  # rotations, velocities, contacts
    for t in range(frames):
        here = [math.cos(angles[t]), 0.0, math.sin(angles[t]), 0.0]
        if t + 1 < frames:
            then = [math.cos(angles[t + 1]), 0.0, math.sin(angles[t + 1]), 0.0]
            velocity = quaternion_rotated(then, positions[t + 1, 0] - positions[t, 0])
            out[t, :3] = angles[t + 1] - angles[t], velocity[0], velocity[2]
        out[t, 3] = positions[t, 0, 1]
        for joint in range(1, joints):
            local = positions[t, joint] - [positions[t, 0, 0], 0.0, positions[t, 0, 2]]
            out[t, 1 + 3 * joint : 4 + 3 * joint] = quaternion_rotated(here, local)
    return out


def save(folder, **arrays):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.asarray(array, np.float32))
    return folder


def test_positions_are_read_as_they_are_and_copies_and_texts_are_named_as_not_read(tmp_path):
    first, second = moving(), moving(4)
    save(tmp_path / "new_joints", **{"000021": first, "000007": second, "M000021": first})
    save(tmp_path, Mean=np.zeros(263))
    (tmp_path / "texts").mkdir()
    clips = sk.load(tmp_path)
    assert clips.names == ("000007", "000021")
    np.testing.assert_allclose(clips[1].poses[:, 0], first, atol=1e-6)
    assert (clips.skeleton.name, clips.fps, clips.classes) == ("HumanML3D-22", 20.0, ("all",))
    remarks = humanml3d.READER.remarks(tmp_path, None)
    assert remarks == ["not read: mirrored copies (M*.npy; mirrored=True), Mean.npy, texts"]
    assert len(sk.load(tmp_path, mirrored=True)) == 3
    assert "new_joints of HumanML3D or KIT-ML" in recognised(tmp_path)
    assert len(sk.load(tmp_path / "new_joints" / "000007.npy")) == 1


@pytest.mark.parametrize("joints", [22, 21])
def test_features_give_the_positions_that_a_slow_encoder_wrote(tmp_path, joints):
    positions, angles = moving(9, joints), RNG.uniform(-1, 1, 9)
    positions[:, 0, [0, 2]] -= positions[0, 0, [0, 2]].copy()  # the authors begin at the origin, facing z
    angles[0] = 0
    save(tmp_path / "new_joint_vecs", a=encoded(positions, angles))
    clips = sk.load(tmp_path, scale=1.0)
    np.testing.assert_allclose(clips.poses[:, 0], positions, atol=1e-5)


def test_kit_ml_has_21_joints_at_its_own_rate_and_is_scaled_to_persons(tmp_path):
    positions = moving(5, 21) * 640
    clips = sk.load(save(tmp_path / "KIT-ML" / "new_joints", a=positions).parent)
    assert clips.skeleton is KNOWN["kit21"]
    assert clips.fps == 12.5
    np.testing.assert_allclose(clips.poses[:, 0], positions / 640, atol=1e-5)
    np.testing.assert_allclose(
        sk.load(tmp_path / "KIT-ML", scale=0.001).poses[:, 0], positions / 1000, atol=1e-5
    )


def test_motions_with_nan_are_left_out_with_a_warning(tmp_path):
    save(tmp_path / "new_joints", a=moving(), b=np.full((3, 22, 3), np.nan))
    with pytest.warns(UserWarning, match="NaN in b; left out: 1"):
        assert sk.load(tmp_path).names == ("a",)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.ones((3, 24, 3))}, r"a.npy: found float32 \[3, 24, 3\], expected \[frames, 22 or 21, 3\]"),
        ({"a": np.ones((3, 260))}, r"a.npy: found float32 \[3, 260\], expected"),
        ({"a": moving(3, 21), "b": moving(3, 22)}, "motions of 21 joints and of 22, expected one data set"),
        ({"a": np.full((3, 22, 3), np.nan)}, "no motion without NaN"),
    ],
)
def test_arrays_of_something_else_are_refused(tmp_path, arrays, message):
    save(tmp_path / "new_joints", **arrays)
    with pytest.raises(UnreadableFile, match=message):
        sk.load(tmp_path)
