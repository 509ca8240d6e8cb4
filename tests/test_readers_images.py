"""OpenPose, Kinetics-skeleton and AlphaPose: what is read equals the numbers that were written."""

import itertools
import json
import warnings

import numpy as np
import pytest

import skelkit as sk
from skelkit.data.errors import UnreadableFile
from skelkit.data.loading import recognised
from skelkit.data.readers import tracks
from skelkit.data.readers.pixels import in_metres
from skelkit.skeletons.layouts import KNOWN


def walkers(frames=6, joints=25, people=2, seed=0):
    """People [T, M, V, 2] in pixels who walk to the right, 400 pixels apart and 300 high."""
    rng = np.random.default_rng(seed)
    body = rng.uniform([0, 100], [100, 400], (people, joints, 2))
    return body + 400 * np.arange(people)[:, None, None] + np.arange(frames)[:, None, None, None] * [4.0, 0.0]


def write_openpose(folder, points, confidence=0.9, name="video", order=None, first=0):
    """A file for each frame, its people in the order `order(frame)`."""
    folder.mkdir(parents=True, exist_ok=True)
    for t, frame in enumerate(points):
        people = frame if order is None else frame[order(t)]
        rows = [np.c_[p, np.full(len(p), confidence) * (p != 0).any(1)] for p in people]
        content = {
            "version": 1.3,
            "people": [{"person_id": [-1], "pose_keypoints_2d": r.ravel().tolist()} for r in rows],
        }
        (folder / f"{name}_{t + first:012d}_keypoints.json").write_text(json.dumps(content))


def the_same(clips, expected):
    assert [tuple(clip.poses.shape) for clip in clips] == [array.shape for array in expected]
    for clip, array in zip(clips, expected, strict=True):
        np.testing.assert_allclose(clip.poses.numpy(), array, atol=1e-5)


def test_openpose_frames_become_clips_of_their_folders_with_people_linked(tmp_path):
    points = walkers()
    write_openpose(tmp_path / "wave" / "one", points, order=lambda t: [0, 1] if t % 2 else [1, 0])
    write_openpose(tmp_path / "sit" / "two", points[:4, :1])
    clips = sk.load(tmp_path)
    assert clips.skeleton is KNOWN["body25"]
    assert (clips.names, clips.classes) == (("sit/two", "wave/one"), ("sit", "wave"))
    assert clips.labels.tolist() == [0, 1]
    swapped = points[:, ::-1]  # of equal weights, the first of the first frame comes first
    the_same([clips[1]], [in_metres(swapped)])
    np.testing.assert_allclose(clips[0].poses[:, 0].numpy(), in_metres(points[:4, :1])[:, 0], atol=1e-5)
    assert not clips[0].poses[:, 1:].any()


def test_openpose_of_18_joints_with_gaps_and_missing_joints(tmp_path):
    points = walkers(joints=18, people=1)
    points[2, 0, 3] = 0
    write_openpose(tmp_path / "clip", points)
    (tmp_path / "clip" / "video_000000000004_keypoints.json").unlink()
    clip = sk.load(tmp_path / "clip")[0]
    expected = points.copy()
    expected[4] = 0
    assert clip.skeleton is KNOWN["coco18"]
    np.testing.assert_allclose(clip.poses.numpy(), in_metres(expected), atol=1e-5)
    assert not clip.poses[4].any()
    assert not clip.poses[2, 0, 3].any()


def test_two_videos_in_a_folder_are_two_clips_and_a_pattern_names_their_classes(tmp_path):
    write_openpose(tmp_path / "all", walkers(), name="ann_wave")
    write_openpose(tmp_path / "all", walkers(4), name="bob_sit", first=7)
    clips = sk.load(tmp_path / "all", pattern="(?P<subject>[a-z]+)_(?P<class>[a-z]+)$")
    assert clips.names == ("ann_wave", "bob_sit")
    assert clips.lengths.tolist() == [6, 4]
    assert (clips.classes, clips.labels.tolist()) == (("sit", "wave"), [1, 0])
    assert clips.group_names == {"subject": ("ann", "bob")}


def test_three_dimensional_openpose_is_turned_upright_and_scaled(tmp_path):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 25, 3))
    points[1, 4] = 0
    for t, frame in enumerate(points):
        found = (frame != 0).any(1)
        numbers = np.c_[frame, found].ravel().tolist()
        content = {"people": [{"pose_keypoints_2d": [1.0] * 75, "pose_keypoints_3d": numbers}]}
        (tmp_path / f"{t:012d}_keypoints.json").write_text(json.dumps(content))
    clip = sk.load(tmp_path, scale=0.5)[0]
    np.testing.assert_allclose(clip.poses[:, 0].numpy(), points * [0.5, -0.5, -0.5], atol=1e-6)


def test_the_errors_of_openpose_files_name_the_file(tmp_path):
    write_openpose(tmp_path, walkers(3, joints=15))
    with pytest.raises(
        UnreadableFile, match=r"000000_keypoints.json: found pose_keypoints_2d: 45 numbers, expected 75 or 54"
    ):
        sk.load(tmp_path)
    write_openpose(tmp_path, np.zeros((3, 1, 25, 2)))
    with pytest.raises(UnreadableFile, match="nobody in any frame"):
        sk.load(tmp_path)
    write_openpose(tmp_path, walkers(3))
    (tmp_path / "video_000000000001_keypoints.json").write_text('{"people": 3}')
    with pytest.raises(UnreadableFile, match=r"1_keypoints.json: found people: 3, expected a list"):
        sk.load(tmp_path)


def test_linking_keeps_people_apart_as_a_slow_search_over_all_orders_does():
    rng = np.random.default_rng(1)
    points = np.cumsum(np.r_[rng.uniform(0, 1000, (1, 3, 18, 2)), rng.normal(0, 3, (20, 3, 18, 2))], 0)
    orders = [rng.permutation(3) for _ in points]
    frames = [np.concatenate([p[o], np.ones((3, 18, 1))], -1) for p, o in zip(points, orders, strict=True)]
    placed = tracks.linked("a", frames, 3, 10**6)
    # Reference: of all orders of a frame, the one that is nearest to the frame before.
    expected = [frames[0]]
    for frame in frames[1:]:
        best = min(
            itertools.permutations(range(3)),
            key=lambda o: np.linalg.norm(frame[list(o)] - expected[-1], axis=-1).sum(),
        )
        expected.append(frame[list(best)])
    np.testing.assert_array_equal(placed, np.stack(expected))


def test_a_person_who_leaves_frees_a_slot_and_only_the_longest_seen_are_kept():
    body = np.c_[np.random.default_rng(0).uniform(0, 100, (18, 2)), np.ones(18)]
    far = body + [1000, 0, 0]
    nobody = np.zeros((0, 18, 3))
    frames = [np.stack([body])] * 3 + [nobody] * 30 + [np.stack([far, body])] * 2
    with pytest.warns(UserWarning, match=r"some clips have more than 1 persons.*persons=2 keeps more"):
        placed = tracks.linked("a", frames, 1, 10**6)
    assert tracks.linked("a", frames, 2, 10**6).shape == (35, 2, 18, 3)
    assert placed.shape == (35, 1, 18, 3)
    np.testing.assert_array_equal(placed[:3, 0], np.stack([body] * 3))
    np.testing.assert_array_equal(placed[33:, 0], np.stack([far] * 2))
    with pytest.raises(ValueError, match="persons=0"):
        tracks.linked("a", frames, 0, 10**6)


# -- Kinetics-skeleton ---------------------------------------------------------------------------------------


def kinetics(points, label="wave", index=3):
    """The content of a clip, of people [T, M, 18, 2] as shares of the image."""
    frames = [
        {
            "frame_index": t + 1,
            "skeleton": [
                {"pose": p.round(3).ravel().tolist(), "score": (0.5 * (p != 0).any(1)).tolist()}
                for p in frame
            ],
        }
        for t, frame in enumerate(points)
    ]
    return {"data": frames, "label": label, "label_index": index}


def test_kinetics_skeleton_with_labels_beside_the_folders_and_a_split(tmp_path):
    points = (walkers(joints=18) / 1000).round(3)
    points[1, 1, 2] = 0
    for part, index in (("train", 3), ("train", 7), ("val", 7)):
        folder = tmp_path / f"kinetics_{part}"
        folder.mkdir(exist_ok=True)
        (folder / f"clip{index}{part}.json").write_text(json.dumps(kinetics(points, "?", index)))
    about = {
        f"clip{i}train": {"has_skeleton": True, "label": name, "label_index": i}
        for i, name in ((3, "wave"), (7, "sit"))
    }
    (tmp_path / "kinetics_train_label.json").write_text(json.dumps(about))
    about = {"clip7val": {"has_skeleton": True, "label": "sit", "label_index": 7}}
    (tmp_path / "kinetics_val_label.json").write_text(json.dumps(about))
    clips = sk.load(tmp_path)
    assert clips.classes == ("wave", "sit")
    assert clips.labels.tolist() == [0, 1, 1]
    assert clips.group_names == {"setup": ("kinetics_train", "kinetics_val")}
    np.testing.assert_allclose(clips[0].poses.numpy(), in_metres(points * [340 / 256, 1]), atol=1e-5)
    assert clips.skeleton is KNOWN["coco18"]


def test_kinetics_clips_without_skeleton_are_left_out_with_a_warning(tmp_path):
    folder = tmp_path / "kinetics_val"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(kinetics(walkers(joints=18) / 1000)))
    (folder / "b.json").write_text(json.dumps(kinetics(np.zeros((3, 0, 18, 2)))))
    with pytest.warns(UserWarning, match="nobody is seen in 'b'; left out: 1"):
        clips = sk.load(folder)
    assert clips.names == ("a",)
    (folder / "b.json").write_text(
        json.dumps({"data": [{"frame_index": 1, "skeleton": [{"pose": [1], "score": []}]}]})
    )
    with pytest.raises(UnreadableFile, match=r"b.json: data 0: found pose: 1 numbers, expected 36"):
        sk.load(folder)


# -- AlphaPose -----------------------------------------------------------------------------------------------


def detections(points, identities=None, suffix=".jpg", extra=0):
    found = []
    for t, frame in enumerate(points):
        for m, p in enumerate(frame):
            numbers = np.r_[np.c_[p, np.full(len(p), 0.8)], np.ones((extra, 3))].ravel().tolist()
            entry = {"image_id": f"{t}{suffix}", "category_id": 1, "keypoints": numbers, "score": 2.9}
            found.append(entry | ({} if identities is None else {"idx": identities[m]}))
    return found


@pytest.mark.parametrize(
    ("joints", "extra", "layout"),
    [(17, 0, "coco17"), (26, 0, "halpe26"), (26, 110, "halpe26"), (23, 110, "wholebody23")],
)
def test_alphapose_with_identities(tmp_path, joints, extra, layout):
    points = walkers(12, joints)
    listed = detections(points, identities=[5, [2]], extra=extra)
    (tmp_path / "walk.json").write_text(json.dumps(listed))
    clips = sk.load(tmp_path / "walk.json")
    assert clips.skeleton is KNOWN[layout]
    the_same(clips, [in_metres(points)])
    assert sk.load(tmp_path).names == ("walk",)


def test_alphapose_without_identities_links_people(tmp_path):
    points = walkers(12, 17)
    (tmp_path / "walk.json").write_text(json.dumps(detections(points[:, ::-1])))
    the_same(sk.load(tmp_path / "walk.json"), [in_metres(points[:, ::-1])])


def test_the_errors_of_alphapose_files_name_the_detection(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(detections(walkers(2, 17), suffix="x")))
    listed = json.loads(path.read_text())
    for change, message in (
        ({"keypoints": [1.0] * 30}, r"detection 1: found keypoints: 30 numbers, expected 51 or 78"),
        (
            {"image_id": "frame"},
            r"detection 1: found image_id 'frame', expected a name that ends in the frame number",
        ),
        ({"idx": [1, 2]}, r"detection 1: found idx a list of 2, expected one number"),
    ):
        path.write_text(json.dumps([listed[0], listed[1] | change, *listed[2:]]))
        with pytest.raises(UnreadableFile, match=message):
            sk.load(path)


def test_load_says_what_it_recognised_and_why(tmp_path):
    write_openpose(tmp_path / "o", walkers(2))
    assert "OpenPose folders: files named *_keypoints.json" in recognised(tmp_path / "o")
    assert "75 numbers for each person: body25" in recognised(tmp_path / "o")
    (tmp_path / "a.json").write_text(json.dumps(detections(walkers(2, 26))))
    assert "26 key points each: halpe26; without idx, people are linked" in recognised(tmp_path / "a.json")


def test_nothing_warns(tmp_path):
    write_openpose(tmp_path / "o", walkers(2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sk.load(tmp_path / "o")
