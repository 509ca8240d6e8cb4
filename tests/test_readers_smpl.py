"""AMASS: forward kinematics against a slow one of another kind, and what is read from which arrays."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

import skelkit as sk
from skelkit.data.readers import amass
from skelkit.data.readers.rotations import rotations
from skelkit.skeletons.layouts import KNOWN

RNG = np.random.default_rng(5)
PARENTS = [
    -1,
    0,
    0,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    9,
    9,
    12,
    13,
    14,
    16,
    17,
    18,
    19,
]  # of the SMPL paper's model
REST = RNG.normal(0, 0.2, (52, 3))


def motion(frames=5, joints=52, **more):
    poses, trans = RNG.normal(0, 1, (frames, 3 * joints)), RNG.normal(0, 1, (frames, 3))
    about = {"poses": poses, "trans": trans, "betas": np.zeros(16), "gender": np.array("female")}
    return about | {"mocap_framerate": np.array(120.0)} | more


def slow_positions(poses, trans, rest):
    """By recursion, one frame and one joint at a time, with 4x4 matrices, as linear blend skinning does."""
    out = np.zeros((len(poses), 22, 3))
    for t in range(len(poses)):

        def world(joint, t=t):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_rotvec(poses[t, 3 * joint : 3 * joint + 3]).as_matrix()
            parent = PARENTS[joint]
            local[:3, 3] = rest[joint] - (rest[parent] if parent >= 0 else 0)
            return local if parent < 0 else world(parent) @ local

        for joint in range(22):
            out[t, joint] = world(joint)[:3, 3] + trans[t]
    return out


def to_y_up(positions):
    return np.stack([positions[..., 0], positions[..., 2], -positions[..., 1]], -1)


def test_rotation_vectors_become_the_matrices_of_scipy():
    vectors = np.concatenate([RNG.normal(0, 2, (50, 3)), np.zeros((1, 3)), [[1e-9, 0, 0]], [[0, np.pi, 0]]])
    np.testing.assert_allclose(rotations(vectors), Rotation.from_rotvec(vectors).as_matrix(), atol=1e-9)


def test_joints_are_where_a_slow_forward_kinematics_puts_them(tmp_path):
    about = motion(J=REST)
    np.savez(tmp_path / "walk_poses.npz", **about)
    clips = sk.load(tmp_path / "walk_poses.npz")
    wanted = to_y_up(slow_positions(about["poses"], about["trans"], REST))
    np.testing.assert_allclose(clips.poses[:, 0].numpy(), wanted, atol=1e-5)
    assert clips.skeleton is KNOWN["smpl22"]
    assert (clips.fps, clips.classes) == (120.0, ("all",))


def test_root_and_body_in_arrays_of_their_own_give_the_same_joints_as_poses(tmp_path):
    about = motion(J=REST[None])
    np.savez(tmp_path / "whole.npz", **about)
    poses = about.pop("poses")
    np.savez(tmp_path / "parts.npz", root_orient=poses[:, :3], pose_body=poses[:, 3:66], **about)
    whole, parts = (sk.load(tmp_path / name) for name in ("whole.npz", "parts.npz"))
    assert torch.equal(whole.poses, parts.poses)


@pytest.mark.parametrize("count", [22, 24, 52, 127])
def test_stored_joints_are_read_before_any_are_computed_and_cut_to_the_body(tmp_path, count):
    joints = RNG.normal(0, 1, (4, count, 3)).astype(np.float32)
    np.savez(tmp_path / "a.npz", **motion(4, J=REST, Jtr=joints))
    clips = sk.load(tmp_path / "a.npz", up="y")
    kept = 24 if count == 24 else 22
    assert torch.equal(clips.poses[:, 0], torch.from_numpy(joints[:, :kept]))
    assert len(clips.skeleton) == kept


def test_the_parents_of_the_layout_are_those_of_the_body_model():
    from dataclasses import replace

    assert list(replace(KNOWN["smpl22"], root="pelvis").parents) == PARENTS


def test_folders_are_subjects_and_files_beside_the_motions_are_left_alone(tmp_path):
    for name in ("CMU/01/walk_poses", "CMU/02/run_poses"):
        (tmp_path / name).parent.mkdir(parents=True)
        np.savez(tmp_path / f"{name}.npz", **motion(3, J=REST))
    np.savez(tmp_path / "CMU/01/shape.npz", betas=np.zeros(16), gender=np.array("male"))
    clips = sk.load(tmp_path)
    assert clips.names == ("CMU/01/walk_poses", "CMU/02/run_poses")
    assert clips.group_names["subject"] == ("CMU/01", "CMU/02")
    assert sk.load(tmp_path, pattern=r"(?P<class>\w+)_poses").classes == ("run", "walk")


def test_poses_without_joints_are_refused_with_the_licensed_body_model_and_what_to_do(tmp_path):
    np.savez(tmp_path / "a.npz", **motion())
    with pytest.raises(sk.data.errors.UnreadableFile) as caught:
        sk.load(tmp_path / "a.npz")
    assert "positions need the licensed body model (SMPL), which this kit does not have" in str(caught.value)
    assert "export joints with the body model" in caught.value.fix


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mocap_framerate": np.array("fast")}, "mocap_framerate: <U4"),
        ({"mocap_framerate": np.array(0.0)}, "expected mocap_framerate; pass fps=…"),
        ({"poses": np.zeros((4, 63))}, r"poses float64 \[4, 63\]"),
        ({"trans": np.zeros((4, 3))}, r"trans float64 \[4, 3\]"),
        ({"J": np.zeros((20, 3))}, r"rest joints float64 \[20, 3\]"),
        ({"joints": np.zeros((5, 20, 3))}, r"joints: found float64 \[5, 20, 3\]"),
        ({"poses": np.full((5, 156), np.nan)}, "NaN or infinite"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, change, message):
    np.savez(tmp_path / "a.npz", **(motion(J=REST) | change))
    with pytest.raises(sk.data.errors.UnreadableFile, match=message):
        sk.load(tmp_path / "a.npz")


def test_two_frame_rates_are_refused_unless_one_is_given(tmp_path):
    np.savez(tmp_path / "a.npz", **motion(J=REST))
    np.savez(tmp_path / "b.npz", **motion(J=REST, mocap_framerate=np.array(60)))
    with pytest.raises(
        sk.data.errors.UnreadableFile, match=r"b.npz: found 60 fps, expected 120 fps as in .*a.npz"
    ):
        sk.load(tmp_path)
    assert sk.load(tmp_path, fps=30).fps == 30


def test_what_is_recognised_and_what_is_not_read_is_said(tmp_path):
    np.savez(tmp_path / "a.npz", **motion(J=REST))
    assert "positions from J, in metres, z up" in amass.READER.recognised(tmp_path / "a.npz")
    assert amass.READER.remarks(tmp_path / "a.npz", None) == ["not read: betas, gender"]
