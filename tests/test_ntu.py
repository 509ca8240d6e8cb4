import os
import re
import stat
import zipfile

import numpy as np
import pytest
import torch
from ntu_reference import slow_parse

import skelkit as sk
from skelkit.bench import ntu_parsing
from skelkit.data import ntu
from skelkit.data.errors import UnreadableFile
from skelkit.data.ntu import layout, reading, sample_writer, samples
from skelkit.data.ntu.bodies import Rules, performers
from skelkit.data.ntu.report import REASONS
from skelkit.skeletons.layouts import NTU25

NAME = "S001C002P003R002A013"


def body(height=1.7, width=0.5, at=(0.0, 0.0, 3.0), seed=0):
    """Twenty-five joints that fill a box."""
    joints = np.random.default_rng(seed).uniform(-0.5, 0.5, (25, 3)) * [width, height, 0.3] + at
    joints[0], joints[1] = (
        np.array(at) - [width / 2, height / 2, 0],
        np.array(at) + [width / 2, height / 2, 0],
    )
    return joints


def moving(frames, speed=0.01, **box):
    """The body in each of these frames, going along x."""
    return {t: body(**box) + [speed * t, 0, 0] for t in frames}


def recording(frames, **tracks):
    """What `parse` makes of these tracks, named i1, i2, …, written as a file."""
    return layout.parse(
        layout.text(
            [[(int(i[1:]), track[t]) for i, track in tracks.items() if t in track] for t in range(frames)]
        )
    )


def clip_file(folder, name=NAME, frames=20, **more):
    return layout.write(
        folder / f"{name}.skeleton", [[(7, joints)] for joints in moving(range(frames)).values()], **more
    )


def people(frames, *tracks, **rules):
    """Who is in which slot: for every slot the frames in which somebody is, and what is noted."""
    poses, notes = performers(
        recording(frames, **{f"i{k + 1}": track for k, track in enumerate(tracks)}), Rules(**rules)
    )
    return (
        [np.flatnonzero(slot.any((1, 2))).tolist() for slot in poses.swapaxes(0, 1)],
        [reason for reason, _ in notes],
        poses,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(clips, folder of raw files with every oddity, name -> oddity)."""
    clips = sk.load("synthetic", clips=42)
    folder = tmp_path_factory.mktemp("ntu")
    return clips, folder, sample_writer.synthesise(folder, clips)


# -- one file ----------------------------------------------------------------------------------------------


def test_the_fast_parser_agrees_with_the_slow_reference(made):
    for path in made[1].iterdir():
        frames, bodies = slow_parse(path.read_bytes())
        parsed = layout.parse(path.read_bytes(), path)
        assert (parsed.frames, list(parsed.bodies)) == (frames, list(bodies))
        for identity, seen in bodies.items():
            assert parsed.bodies[identity][0].tolist() == [frame for frame, _ in seen]
            assert np.array_equal(
                parsed.bodies[identity][1], np.array([joints for _, joints in seen], np.float32)
            )


def test_bodies_come_and_go_with_ids_that_a_float_could_not_tell_apart():
    a, b = 72057594037944340, 72057594037944341
    assert float(a) == float(b)
    parsed = layout.parse(
        layout.text([[(a, body())], [], [(b, body(seed=1)), (a, body())], [(b, body(seed=1))]])
    )
    assert parsed.frames == 4
    assert {i: frames.tolist() for i, (frames, _) in parsed.bodies.items()} == {a: [0, 2], b: [2, 3]}
    assert np.allclose(parsed.bodies[b][1], body(seed=1), atol=1e-6)


def test_line_endings_blank_lines_spaces_and_a_missing_last_newline_do_not_matter():
    data = layout.text([[(1, body())], []], "\r\n")
    _, expected = layout.parse(data).bodies[1]
    for same in (
        data.replace(b"\r\n", b"\n"),
        data.rstrip(),
        data + b"\r\n\n",
        data.replace(b" ", b" \t "),
        data.replace(b"\n", b" \n\n"),
    ):
        assert np.array_equal(layout.parse(same).bodies[1][1], expected)


def test_columns_after_z_may_hold_anything():
    data = layout.text([[(1, body())]]).split(b"\r\n")
    data[4] = b"1 2 3 -Infinity nan -1.#IND" + b" 0" * 6
    assert layout.parse(b"\n".join(data)).bodies[1][1][0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "words", "error"),
    [
        (1, b"-1", "1: found '-1' (1 word), expected the number of frames"),
        (
            1,
            b"5",
            "31: found the end of the file, expected the number of bodies in frame 3; get the whole file",
        ),
        (1, b"500", "1: found 500 frames, expected 30 at most in a file of 31 lines"),
        (
            1,
            b"2",
            "31: found '0', expected the end of the file after 2 frames; "
            "correct the number of frames in line 1",
        ),
        (2, b"x", "2: found 'x' (1 word), expected the number of bodies in frame 0"),
        (
            2,
            b"2",
            "30: found '0' (1 word), expected the tracking id of body 2 of 2 in frame 0 and 9 more numbers",
        ),
        (2, b"1000", "2: found 1000 bodies, expected 100 at most"),
        (
            3,
            b"7 0 1",
            "3: found '7 0 1' (3 words), "
            "expected the tracking id of body 1 of 1 in frame 0 and 9 more numbers",
        ),
        (
            3,
            b"-7 0 1 1 1 1 0 0 0 2",
            "3: found '-7 0 1 1 1 1 0 0 0 2' (10 words), expected the tracking id",
        ),
        (4, b"20", "4: found 20 joints, expected 25, those of Kinect v2; pass a file of NTU RGB+D"),
        (9, b"1 2 3", "9: found '1 2 3' (3 words), expected the 12 numbers of joint 5 of 25"),
        (9, b"1 nan 3" + b" 0" * 9, "9: found 'nan', expected a finite coordinate"),
        (29, b"1 2 -1e39" + b" 0" * 9, "29: found '-1e39', expected a finite coordinate"),
        (29, b"1_0 2 3" + b" 0" * 9, "29: found '1_0', expected a finite coordinate"),
        (30, b"\x1b[31m", "30: found the control character 27, expected text"),
    ],
)
def test_an_error_names_file_and_line_and_what_to_do(line, words, error):
    lines = layout.text([[(7, body())], [], []], "\n").split(b"\n")
    lines[line - 1] = words
    with pytest.raises(UnreadableFile, match=re.escape(f"S1.skeleton:{error}")) as refused:
        layout.parse(b"\n".join(lines), "S1.skeleton")
    assert (refused.value.file, refused.value.line) == ("S1.skeleton", int(error.partition(":")[0]))


def test_an_empty_file_a_truncated_one_and_a_body_twice_in_a_frame_are_refused():
    with pytest.raises(
        ValueError,
        match=r"f:1: found the end of the file, expected the number of frames; get the whole file",
    ):
        layout.parse(b"", "f")
    data = layout.text([[(7, body())]] * 9)
    with pytest.raises(ValueError, match=r"f:\d+: found"):
        layout.parse(data[: len(data) // 2], "f")
    with pytest.raises(
        ValueError, match=":30: found tracking id 7 again, expected each body once in frame 0"
    ):
        layout.parse(layout.text([[(7, body()), (7, body())]]), "f")


# -- who performs ------------------------------------------------------------------------------------------


def slow_notes(tracks, length=11, spread=0.8, share=0.69754):
    """The published denoising, body by body and frame by frame: what each is dropped for."""
    found = []
    for track in tracks:
        wide = [max(j[:, 0]) - min(j[:, 0]) > spread * (max(j[:, 1]) - min(j[:, 1])) for j in track.values()]
        found.append(
            "length" if len(track) <= length else "spread" if sum(wide) / len(wide) >= share else None
        )
    return found


def test_the_denoising_drops_what_the_published_rules_drop():
    generator = np.random.default_rng(0)
    for _ in range(40):
        frames = int(generator.integers(8, 30))
        tracks = [moving(range(frames), 0.02)]
        for k in range(2):
            seen = range(int(generator.integers(6, 16)))
            tracks.append(
                {
                    t: body(width=generator.choice([0.5, 1.3, 2.0]), at=(4 + 2 * k, 0, 3), seed=k)
                    for t in seen
                    if t < frames
                }
            )
        expected = slow_notes(tracks)
        _, reasons, _ = people(frames, *tracks, persons=3, join=0)
        if any(reason is None for reason in expected):
            assert reasons == [reason for reason in expected if reason]
        else:
            assert sorted(reasons) == sorted([*expected[1:], "kept"])


def test_a_body_of_eleven_frames_is_dropped_and_one_of_twelve_stays():
    assert people(30, moving(range(30)), moving(range(11), at=(2, 0, 3)))[0] == [list(range(30)), []]
    assert people(30, moving(range(30)), moving(range(12), at=(2, 0, 3)))[0] == [
        list(range(30)),
        list(range(12)),
    ]
    assert people(30, moving(range(30)), moving(range(11), at=(2, 0, 3)), length=10)[0][1] == list(range(11))
    assert people(30, moving(range(30)), moving(range(11), at=(2, 0, 3)), denoise=False)[0][1] == list(
        range(11)
    )


def test_a_body_that_is_wider_than_high_in_enough_of_its_frames_is_dropped():
    for flat, dropped in ((13, False), (14, True), (20, True)):  # of 20 frames; the threshold is 69.754 %
        odd = {t: body(width=2.0 if t < flat else 0.5, height=1.5, at=(3, 0, 3)) for t in range(20)}
        slots, reasons, _ = people(20, moving(range(20), 1.0), odd)
        assert (reasons == ["spread"]) == dropped
        assert bool(slots[1]) != dropped
    assert people(20, moving(range(20), 1.0), odd, share=1.01)[0][1] == list(range(20))
    assert people(20, moving(range(20), 1.0), odd, spread=2)[0][1] == list(range(20))


def test_if_all_bodies_would_be_dropped_the_one_that_moves_most_stays_with_a_note():
    slots, reasons, _ = people(20, moving(range(5), 0.01), moving(range(8, 16), 0.05))
    assert slots == [list(range(8, 16)), []]
    assert reasons == ["length", "kept"]


def test_the_two_who_move_most_are_kept_in_order_of_motion():
    tracks = [moving(range(20), speed, at=(4 * k, 0, 3)) for k, speed in enumerate((0.01, 0.03, 0.02))]
    _, reasons, poses = people(20, *tracks)
    assert reasons == ["third"]
    assert np.allclose(poses[5, :, 0], [tracks[1][5][0], tracks[2][5][0]], atol=1e-6)
    assert people(20, *tracks, persons=3)[1] == []
    assert people(20, *tracks, persons=1)[1] == ["third", "third"]


def test_a_person_who_gets_a_new_id_stays_in_one_slot_and_another_far_away_does_not():
    first, near, far = moving(range(15)), moving(range(18, 40)), moving(range(18, 40), at=(2.5, 0, 3))
    assert people(40, first, near)[0] == [[*range(15), *range(18, 40)], []]
    assert people(40, first, far)[0] == [list(range(18, 40)), list(range(15))]
    assert people(40, first, far, join=float("inf"))[0] == [[*range(15), *range(18, 40)], []]
    assert people(40, first, near, join=0)[0] == [list(range(18, 40)), list(range(15))]


def test_two_persons_who_both_get_new_ids_are_each_joined_to_the_nearer_one():
    left, right = (
        moving(range(40), speed, at=(x, 0, 3), seed=k)
        for k, (speed, x) in enumerate(((0.02, -0.4), (0.01, 0.4)))
    )
    before, after = (
        [{t: joints for t, joints in track.items() if t in span} for track in (left, right)]
        for span in (range(18), range(20, 40))
    )
    slots, reasons, poses = people(40, *before, *reversed(after))
    assert slots == [[*range(18), *range(20, 40)]] * 2
    assert reasons == ["joined", "joined"]
    for slot, track in enumerate((left, right)):
        assert np.allclose(poses[slots[slot], slot], [track[t] for t in slots[slot]], atol=1e-6)


def test_rules_out_of_range_are_refused():
    for options, error in (
        ({"persons": 0}, "persons=0: expected a whole number from 1 to 6"),
        ({"length": 1.5}, "length=1.5: expected a whole number"),
        ({"spread": float("nan")}, "spread=nan: expected a number from 0"),
    ):
        with pytest.raises(ValueError, match=re.escape(error)):
            Rules(**options)


# -- folders and archives ----------------------------------------------------------------------------------


def test_raw_files_with_every_irregularity_give_the_persons_that_were_written(made):
    clips, folder, oddities = made
    report = ntu.Report()
    read = ntu.read(folder, report=report)
    assert read.skeleton is NTU25
    assert list(read.names) == sorted(oddities)
    for i, (name, oddity) in enumerate(oddities.items()):
        poses = read[read.names.index(name)].poses
        written = clips[i].poses[:, : clips[i].persons]
        assert len(poses) == len(written)
        gone = ~written.any(-1).any(-1).any(-1)
        if oddity in ("gap", "all"):
            gone[[0, *range(len(gone) // 2, len(gone) // 2 + 3)]] = True
        if oddity in ("new ids", "all"):
            gone[[len(gone) // 2, len(gone) // 2 + 1]] = True
        for person in written.unbind(1):
            expected = torch.where(gone[:, None, None], 0, person)
            assert min((expected - slot).abs().max() for slot in poses.unbind(1)) < 2e-6, (name, oddity)
        seen = int(poses.any(-1).any(-1).any(0).sum())
        assert seen == (2 if oddity == "bystanders" else written.shape[1])
    counts = {reason: sum(why == reason for _, why, _ in report.notes) for reason in REASONS}
    each = sum(oddity == "ghost" for oddity in oddities.values())
    assert counts["length"] >= 2 * each
    assert counts["spread"] == 2 * each
    assert counts["third"] >= each
    assert counts["joined"] >= 2 * each
    assert report.files == report.clips == len(oddities)


def test_labels_and_groups_come_from_the_name(tmp_path):
    for name in (NAME, "S032C003P106R001A060"):
        clip_file(tmp_path / "deep" / "er", name)
    clips = sk.ClipSet.select(ntu.read(tmp_path), slice(None))
    assert clips.names == (NAME, "S032C003P106R001A060")
    assert clips.labels.tolist() == [12, 59]
    assert (clips.setup.tolist(), clips.view.tolist(), clips.subject.tolist()) == ([1, 32], [2, 3], [3, 106])
    assert (len(clips.classes), clips.classes[12], clips.classes[59]) == (
        60,
        "tear up paper",
        "walking apart from each other",
    )
    clip_file(tmp_path, "S018C001P001R001A061")
    clips = ntu.read(tmp_path)
    assert (len(clips.classes), clips[1].class_name) == (120, "put on headphone")
    assert ntu.ACTIONS[119] == "finger-guessing game (playing rock-paper-scissors)"


def test_an_archive_is_read_in_place_and_a_folder_of_archives_too(made, tmp_path):
    _, folder, _ = made
    expected = ntu.read(folder)
    for name, part in (("one.zip", slice(0, None, 2)), ("other.zip", slice(1, None, 2))):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(folder.iterdir())[part]:
                file.write(path, f"nturgb+d_skeletons/{path.name}")
    before = sorted(tmp_path.rglob("*"))
    half, whole = ntu.read(tmp_path / "one.zip"), ntu.read(tmp_path)
    assert half.names == expected.names[::2]
    assert whole.names == expected.names
    assert torch.equal(whole.poses, expected.poses)
    assert sorted(tmp_path.rglob("*")) == before
    assert samples.holds_samples(tmp_path)
    assert samples.holds_samples(tmp_path / "one.zip")
    assert samples.holds_samples(folder)
    assert not samples.holds_samples(tmp_path / "no such folder")


def test_missing_empty_and_damaged_samples_are_left_out_and_reported(tmp_path):
    good, listed, empty, damaged = (f"S001C001P001R001A00{k}" for k in range(1, 5))
    clip_file(tmp_path, good)
    clip_file(tmp_path, listed)
    layout.write(tmp_path / f"{empty}.skeleton", [[]] * 30)
    (tmp_path / f"{damaged}.skeleton").write_text("1\n1\n")
    (tmp_path / "notes.skeleton").write_text("?")
    listing = tmp_path / "missing.txt"
    listing.write_text(f"Samples with missing skeletons:\r\n{listed}\r\nS017C003P020R002A060.skeleton\r\n")
    with pytest.raises(ValueError, match=f"{damaged}.skeleton:2: found the end of the file"):
        ntu.read(tmp_path, missing=listing)
    report = ntu.Report()
    clips = ntu.read(tmp_path, missing=listing, damaged="report", report=report)
    assert clips.names == (good,)
    assert report.counts() == {"listed": 1, "empty": 1, "damaged": 1, "name": 1}
    assert (empty, "empty", "0 bodies in all 30 frames") in report.notes
    assert report.describe().startswith("4 files, 1 clip\n1 file left out: on the list")
    assert len(ntu.read(tmp_path, only="*A00[12]")) == 2
    with pytest.raises(ValueError, match="no clip is left of 1 file, 0 clips; 1 file left out: nobody"):
        ntu.read(tmp_path, only="*A003")
    with pytest.raises(ValueError, match=r"found no sample that matches only='S9\*'"):
        ntu.read(tmp_path, only="S9*")
    with pytest.raises(ValueError, match="found no sample name, expected one a line"):
        ntu.read(tmp_path, missing=tmp_path / "notes.skeleton")
    with pytest.raises(FileNotFoundError, match="no such file; missing= is the authors' list"):
        ntu.read(tmp_path, missing=tmp_path / "none.txt")
    with pytest.raises(ValueError, match="damaged='skip': expected 'refuse' or 'report'"):
        ntu.read(tmp_path, damaged="skip")
    with pytest.raises(ValueError, match="workers=0: expected a whole number"):
        ntu.read(tmp_path, workers=0)


def test_a_duplicate_sample_is_refused(tmp_path):
    clip_file(tmp_path / "a")
    clip_file(tmp_path / "b")
    with pytest.raises(ValueError, match=f"found sample {NAME} again, expected it once"):
        ntu.read(tmp_path)


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such file or folder"):
        ntu.read(tmp_path / "nowhere")
    (tmp_path / "x.skeleton").write_text("1\n0\n")
    with pytest.raises(
        ValueError, match=r"found no file named like S001C002P003R002A013.skeleton \(1 others\)"
    ):
        ntu.read(tmp_path)


@pytest.mark.parametrize("member", ["../{}", "/tmp/{}", "a/../../{}", "..\\{}", "C:/{}", "a\x1b[31m/{}"])
def test_a_member_that_would_leave_the_archive_is_refused(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as file:
        file.writestr(member.format(f"{NAME}.skeleton"), layout.text([[(7, body())]]))
    with pytest.raises(
        ValueError, match=r"leaves the archive's folder or holds control characters.*do not use this archive"
    ) as refused:
        ntu.read(tmp_path / "bad.zip")
    assert str(refused.value).isprintable()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.zip"]


def test_a_member_that_unpacks_to_more_than_a_clip_can_be_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{NAME}.skeleton", b"0" * (layout.LIMIT + 1))
    assert (tmp_path / "bomb.zip").stat().st_size < 100_000
    with pytest.raises(ValueError, match=f"found {layout.LIMIT + 1} bytes, expected {layout.LIMIT} at most"):
        ntu.read(tmp_path / "bomb.zip")


def test_a_member_that_lies_about_its_size_is_not_unpacked_further(tmp_path):
    path = tmp_path / "lies.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{NAME}.skeleton", b"0" * (layout.LIMIT + 1))
    path.write_bytes(
        path.read_bytes().replace((layout.LIMIT + 1).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    )
    with pytest.raises(ValueError, match=r"found something that cannot be read \(Bad CRC-32"):
        ntu.read(path)


def test_links_encrypted_members_and_broken_archives_are_refused(tmp_path):
    for name, attributes, flags, error in (
        ("link.zip", stat.S_IFLNK << 16, 0, "found a link in an archive"),
        ("secret.zip", 0, 1, "found an encrypted member"),
    ):
        about = zipfile.ZipInfo(f"{NAME}.skeleton")
        about.external_attr = attributes
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr(about, "/etc/passwd")
            about.flag_bits |= flags
        with pytest.raises(ValueError, match=error):
            ntu.read(tmp_path / name)
    (tmp_path / "cut.zip").write_bytes((tmp_path / "link.zip").read_bytes()[:40])
    with pytest.raises(ValueError, match=r"cut.zip: found no file named like"):
        ntu.read(tmp_path / "cut.zip")


def test_links_out_of_the_folder_pipes_and_broken_links_are_refused_and_links_within_are_followed(tmp_path):
    inside, outside = tmp_path / "inside", clip_file(tmp_path)
    clip_file(inside / "store", "S001C001P001R001A001").rename(inside / "store" / "content")
    (inside / "S001C001P001R001A001.skeleton").symlink_to("store/content")
    (inside / "loop").symlink_to(inside, target_is_directory=True)
    report = ntu.Report()
    assert len(ntu.read(inside, report=report)) == 1
    assert report.counts() == {"link": 1}
    bad = inside / "S001C001P001R001A002.skeleton"
    for make, error in (
        (lambda: bad.symlink_to(outside), "found a link that leaves the folder"),
        (lambda: bad.symlink_to("nothing"), "found a link to nothing"),
        (lambda: os.mkfifo(bad), "found something that is no file"),
    ):
        make()
        with pytest.raises(ValueError, match=error):
            ntu.read(inside)
        bad.unlink()


def test_names_with_control_characters_are_not_read_and_not_printed(tmp_path):
    clip_file(tmp_path)
    clip_file(tmp_path, "S001C001P001R001A001\x1b[2J\n")
    report = ntu.Report()
    assert ntu.read(tmp_path, report=report).names == (NAME,)
    assert report.counts() == {"name": 1}
    assert all(line.isprintable() for line in report.describe().split("\n"))
    assert r"\x1b[2J\n" in report.describe()


# -- protocols ---------------------------------------------------------------------------------------------


def all_names(performers, cameras, setups, actions):
    """A set of one-frame clips of every combination."""
    names = [
        f"S{s:03d}C{c:03d}P{p:03d}R001A{a:03d}"
        for s in setups
        for c in cameras
        for p in performers
        for a in actions
    ]
    fields = reading.clip_fields("", names, [1] * len(names), ntu.Report())
    return sk.ClipSet(torch.ones(len(names), 1, 25, 3), **fields)


def test_the_published_protocols_split_by_performer_camera_and_setup():
    small, large = (
        all_names(range(1, 41), (1, 2, 3), (1, 17), (1, 60)),
        all_names(range(1, 107), (1,), (1, 2, 31, 32), (1, 120)),
    )
    train, test = ntu.protocol(small, "xsub")
    assert (len(train.subject.unique()), len(test.subject.unique())) == (20, 20)
    assert set(train.subject.tolist()) == set(ntu.TRAINING_PERFORMERS[60])
    train, test = ntu.protocol(small, "xview")
    assert (set(train.view.tolist()), set(test.view.tolist())) == ({2, 3}, {1})
    train, test = ntu.protocol(large, "xsub")
    assert (len(train.subject.unique()), len(test.subject.unique())) == (53, 53)
    assert set(ntu.TRAINING_PERFORMERS[60]) < set(train.subject.tolist())
    train, test = ntu.protocol(large, "xset")
    assert (set(train.setup.tolist()), set(test.setup.tolist())) == ({2, 32}, {1, 31})
    for clips, name, options, error in (
        (small, "xset", {}, "no protocol 'xset' is published for NTU-60; known: xsub, xview"),
        (large, "xview", {}, "no protocol 'xview' is published for NTU-120; known: xsub, xset"),
        (large, "xsub", {"dataset": 60}, "these clips hold 'finger-guessing"),
        (small, "xsub", {"dataset": 40}, "dataset=40: NTU RGB\\+D has 60 actions"),
        (
            small.select(small.view == 1),
            "xview",
            {},
            "xview leaves the training or the test set empty: 0 of 160 clips are for training",
        ),
        (
            sk.load("synthetic", clips=4),
            "xset",
            {"dataset": 120},
            "these clips have no setup, as clips of NTU RGB\\+D have",
        ),
    ):
        with pytest.raises(ValueError, match=error):
            ntu.protocol(clips, name, **options)


def test_only_clips_of_25_joints_can_be_synthesised(tmp_path, ragged):
    with pytest.raises(ValueError, match="20 joints, an NTU file has 25"):
        sample_writer.synthesise(tmp_path, sk.ClipSet.from_arrays(ragged([5]), skeleton="kinect20"))


def test_the_benchmark_compares_with_a_plain_parser():
    plain, every, disk, *growth = ntu_parsing.bench_ntu(files=8, rounds=1, growth=(4, 8))
    assert every["what"].startswith("parse on all")
    assert every["times faster"] > 0
    assert plain["times faster"] > 1 > disk["times faster"]
    assert [r["files"] for r in growth] == [4, 8, 8]
    assert growth[-1]["what"].startswith("the same on all")
    assert growth[-1]["times faster"] > 0
    assert all(r["files a second"] > 0 for r in growth)
