import os
import re
import stat
import struct
import zipfile

import numpy as np
import pytest

from skelkit.data.readers import archives, bvh_clips, common, npy
from skelkit.utils import files

BVH = """HIERARCHY
ROOT wrist
{
OFFSET 0 0 0
CHANNELS 3 Xposition Yposition Zposition
JOINT finger
{
OFFSET 0 10 0
CHANNELS 3 Zrotation Xrotation Yrotation
}
}
MOTION
Frames: 2
Frame Time: 0.02
100 0 0 0 0 0
200 0 0 90 0 0
"""


@pytest.fixture
def packed(tmp_path):
    """`packed({name: content})` writes a zip file of these members in order; a name may be a ZipInfo."""

    def write(files, name="clips.zip", method=zipfile.ZIP_DEFLATED):
        items = files.items() if isinstance(files, dict) else files
        with zipfile.ZipFile(tmp_path / name, "w", method) as archive:
            for member, content in items:
                if isinstance(member, zipfile.ZipInfo):
                    member.compress_type = method
                archive.writestr(member, content)
        return tmp_path / name

    return write


def info(name, mode=0, flags=0):
    member = zipfile.ZipInfo(name)
    member.orig_filename = member.filename = name  # zipfile tidies names up before it writes them
    member.external_attr, member.create_system = mode << 16, 3
    member.flag_bits |= flags
    return member


# -- what is read --------------------------------------------------------------------------------------------


def test_members_come_by_name_with_their_content_and_nothing_else(packed):
    path = packed({"b/two.TXT": b"2", "b/": b"", "a.txt": b"1", "c.bin": b"3", "__MACOSX/._a.txt": b"?"})
    assert list(archives.members(path, ".txt")) == [("a.txt", b"1"), ("b/two.TXT", b"2")]


def test_an_archive_of_bvh_files_reads_like_the_folder_it_was_packed_from(packed, tmp_path):
    files = {
        "data/dataset-1_walk_tired_001.bvh": BVH,
        "data/dataset-1_run_glad_001.bvh": BVH.replace("200 0 0", "300 0 0"),
        "readme.md": "hello",
    }
    clips = bvh_clips.read_archive(packed(files))
    for name, content in files.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(content)
    same = bvh_clips.read_folder(tmp_path / "folder")
    assert clips.poses.tolist() == same.poses.tolist()
    assert (clips.classes, clips.names, clips.group_names, clips.fps) == (
        same.classes,
        same.names,
        same.group_names,
        same.fps,
    )
    assert clips.classes == ("run", "walk")


def test_the_class_is_the_folder_or_the_archives_own_name_or_what_a_pattern_says(packed):
    assert bvh_clips.read_archive(packed({"sit/a.bvh": BVH, "b.bvh": BVH}, "acts.zip")).classes == (
        "acts",
        "sit",
    )
    assert bvh_clips.read_archive(packed({"a.bvh": BVH})).classes == ("all",)
    clips = bvh_clips.read_archive(
        packed({"07-sit.bvh": BVH, "09-fall.bvh": BVH}), pattern=r"(?P<subject>\d+)-(?P<class>\w+)", scale=1
    )
    assert (clips.classes, clips.subject.tolist(), float(clips.poses.max())) == (("fall", "sit"), [7, 9], 200)


def test_nothing_is_left_behind(packed, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    bvh_clips.read_archive(packed({"a.bvh": BVH}))
    with pytest.raises(ValueError, match="HIERARCHY"):
        bvh_clips.read_archive(packed({"a.bvh": "nothing"}))
    assert not list((tmp_path / "temporary").iterdir())


def test_an_error_in_a_member_names_the_archive_the_member_and_the_line(packed):
    path = packed({"sit/a.bvh": BVH, "sit/b.bvh": BVH.replace("200 0 0", "200 x 0")})
    with pytest.raises(ValueError, match=re.escape(f"{path}/sit/b.bvh:16: found 'x' as number 2")):
        bvh_clips.read_archive(path)
    with pytest.raises(
        ValueError,
        match=re.escape(f"{path}: pattern '(?P<class>z)' does not fit") + "|" + re.escape(str(path)),
    ):
        bvh_clips.read_archive(path, pattern="(?P<class>z)")
    with pytest.raises(ValueError, match=r"clips.zip: found no .bvh file in the archive"):
        bvh_clips.read_archive(packed({"a.txt": ""}))
    with pytest.raises(FileNotFoundError, match=r"no.zip: no such file"):
        bvh_clips.read_archive(path.with_name("no.zip"))


# -- what is refused -----------------------------------------------------------------------------------------

ESCAPES = [
    "../a.bvh",
    "a/../../b.bvh",
    "/etc/a.bvh",
    "a//b.bvh",
    "./a.bvh",
    "..\\a.bvh",
    "C:a.bvh",
    "C:\\a.bvh",
    "\\\\host\\a.bvh",
    "..",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_members_that_would_leave_their_folder_are_refused_before_anything_is_unpacked(
    packed, tmp_path, monkeypatch, name
):
    path = packed([("first.bvh", BVH), (info(name), BVH)])
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(
        ValueError, match=r"clips.zip: '.*': found the name .*, expected one that stays inside the archive"
    ):
        bvh_clips.read_archive(path)
    with pytest.raises(ValueError, match="stays inside"):
        next(archives.members(path))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    [
        "a\n.bvh",
        "a\x1b[2J.bvh",
        "a\x00.bvh",
        "a\x7f.bvh",
        "a\x85.bvh",
        "a\u2028.bvh",
        "evil\u202ehvb.exe",
        " /a.bvh",
    ],
)
def test_names_with_control_characters_are_refused_and_shown_harmlessly(packed, name):
    with pytest.raises(ValueError, match="expected a name") as error:
        bvh_clips.read_archive(packed([(info(name), BVH)]))
    assert str(error.value).isprintable()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices_are_refused(packed, kind):
    with pytest.raises(ValueError, match=r"'a.bvh': found a link or a device, expected files"):
        bvh_clips.read_archive(packed([(info("a.bvh", kind | 0o777), "/etc/passwd")]))


def test_plain_files_and_folders_with_their_modes_are_read(packed):
    files = [(info("d/", stat.S_IFDIR | 0o755), ""), (info("d/a.bvh", stat.S_IFREG | 0o644), BVH)]
    assert len(bvh_clips.read_archive(packed(files))) == 1


def test_encrypted_members_and_rare_methods_are_refused(packed):
    path = packed({"a.bvh": BVH})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="found an encrypted member"):
        bvh_clips.read_archive(path)
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with pytest.raises(
            ValueError, match=rf"found compression method {method}, expected store or deflate"
        ):
            bvh_clips.read_archive(packed({"a.bvh": BVH}, method=method))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [["a.bvh", "a.bvh"], ["a.bvh", "A.BVH"], ["a.bvh", "a.bvh/b.bvh"]])
def test_two_members_of_one_name_are_refused(packed, names):
    with pytest.raises(ValueError, match=r"found several members for 'a.bvh'"):
        bvh_clips.read_archive(packed([(info(name), BVH) for name in names]))


def test_a_name_that_no_file_can_have_is_refused(packed):
    with pytest.raises(ValueError, match="expected a name of 1 to 200 characters"):
        bvh_clips.read_archive(packed([(info("a" * 300 + ".bvh"), BVH)]))
    with pytest.raises(ValueError, match="expected one that a file can have"):
        bvh_clips.read_archive(packed([(info("\u20ac" * 150 + ".bvh"), BVH)]))


# -- bombs ---------------------------------------------------------------------------------------------------


def test_a_bomb_is_refused_before_it_is_unpacked(packed):
    path = packed({"a.bvh": bytes(200_000_000)})
    assert path.stat().st_size < 250_000
    with pytest.raises(
        ValueError,
        match=r"clips.zip: found [\d,]+ bytes that unpack to 200,000,000, expected at most 100 times as many",
    ):
        bvh_clips.read_archive(path)


def test_a_member_that_says_it_is_small_is_not_unpacked_further_than_that(packed):
    path = packed({"a.txt": bytes(5_000_000)})
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 50)))
    with pytest.raises(ValueError, match="found a damaged zip archive"):
        next(archives.members(path))


def test_members_that_share_their_bytes_are_refused(packed):
    path = packed({f"{i}.txt": os.urandom(5000) for i in range(2)}, method=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[second + 20 : second + 28] = struct.pack("<II", 9000, 9000)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="bytes that unpack to 14,000"):
        next(archives.members(path))


def test_a_member_larger_than_asked_for_is_refused(packed):
    with pytest.raises(ValueError, match=r"a.txt: found 100 bytes, expected at most 99"):
        next(archives.members(packed({"a.txt": b"x" * 100}), most_bytes=99))


def test_a_bvh_file_with_thousands_of_joints_that_cost_nothing_is_refused(packed):
    many = "".join(f"JOINT j{i} {{ OFFSET 0 0 0 }}\n" for i in range(1500))
    bomb = (
        BVH.replace("JOINT finger", many + "JOINT finger").replace("Frames: 2", "Frames: 9000")
        + "1 1 1 1 1 1\n" * 8998
    )
    with pytest.raises(ValueError, match=r"clips.zip/a.bvh: found 1,502 joints in [\d,]+ lines"):
        bvh_clips.read_archive(packed({"a.bvh": bomb}))
    with pytest.raises(ValueError, match="found 2,502 joints"):
        bvh_clips.read_archive(
            packed(
                {"a.bvh": BVH.replace("JOINT finger", many + many[:10] + "OFFSET " * 1000 + "JOINT finger")}
            )
        )


def test_one_hot_labels_which_pack_very_well_are_no_bomb(tmp_path):
    labels = np.eye(120, dtype=np.float64)[np.random.default_rng(0).integers(0, 120, 150_000)]
    np.savez_compressed(tmp_path / "y.npz", y=labels)
    assert labels.nbytes > 2**27
    assert labels.nbytes / (tmp_path / "y.npz").stat().st_size > 50
    assert npy.find(tmp_path / "y.npz", "y").shape == labels.shape


# -- damage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.99])
def test_a_truncated_archive_is_refused(packed, share):
    path = packed({"a.bvh": BVH})
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"clips.zip: found a damaged zip archive"):
        bvh_clips.read_archive(path)


def test_flipped_bits_are_found(packed):
    path = packed({"a.bvh": BVH}, method=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(b"OFFSET")] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"found a damaged zip archive .*Bad CRC-32"):
        bvh_clips.read_archive(path)


# -- arrays in archives --------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_rows_of_an_array_are_those_that_numpy_reads(tmp_path, save, order):
    array = np.asarray(np.random.default_rng(0).normal(size=(5, 4, 3)).astype(">f4"), order=order)
    save(tmp_path / "a.npz", x=array, y=np.arange(3))
    np.save(tmp_path / "x.npy", array)
    for stored in (npy.find(tmp_path / "a.npz", "x"), npy.find(tmp_path / "x.npy")):
        assert (stored.shape, stored.describe()) == ((5, 4, 3), ">f4 [5, 4, 3]")
        assert np.array_equal(np.stack(list(stored.rows())), array)
        assert np.array_equal(stored.whole(), array)
        assert stored.whole().dtype == np.dtype("f4")
    assert npy.names(tmp_path / "a.npz") == ["x", "y"]


def header(shape, descr="'<f4'"):
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            header("(1000000000000,)") + b"1234",
            r"found 132 bytes, expected 4,000,000,000,128 for float32 \[1000000000000\]",
        ),
        (header("(2,)") + bytes(12), "found 140 bytes, expected 136"),
        (header("(-1, -4)") + bytes(16), "found an array .* expected numbers or strings"),
        (
            header("(1,)", "'|O'") + b"cos\nsystem\n(S'true'\ntR.",
            "found pickled objects, expected plain numbers",
        ),
        (header("(1,)", "[('a', '<f4')]") + bytes(4), "found an array .* expected numbers or strings"),
        (header("(1,)", "'<c16'") + bytes(16), "found an array complex128"),
        (header("(1, 1000000000000, 0)", "'<f4'"), None),
        (header("(1,)", "'<U0'"), "found an array .* expected numbers or strings"),
        (header("__import__('os').system('true')"), "found a damaged header"),
        (header("(" * 300 + ")" * 300), "found a damaged header"),
        (b"\x93NUMPY\x09\x00", "found a damaged header"),
        (b"", "found a damaged header"),
        (b"hello", "found a damaged header"),
    ],
)
def test_an_array_that_is_not_what_its_header_says_is_refused_before_any_memory_is_taken(
    tmp_path, content, message
):
    (tmp_path / "a.npy").write_bytes(content)
    if message is None:
        assert npy.find(tmp_path / "a.npy").whole().size == 0
        return
    with pytest.raises(ValueError, match=rf"a.npy: {message}"):
        npy.find(tmp_path / "a.npy")


def test_labels_are_class_indices_or_one_hot(tmp_path):
    def labels(array):
        np.save(tmp_path / "y.npy", array)
        return npy.labels(npy.find(tmp_path / "y.npy")).tolist()

    assert labels(np.array([2, 0, 1])) == [2, 0, 1]
    assert labels(np.eye(3)[[2, 0, 1]]) == [2, 0, 1]
    assert labels(np.eye(3, dtype=bool)[[2, 0, 1]]) == [2, 0, 1]
    with pytest.raises(ValueError, match=r"y.npy: row 1: found 2 classes, expected one"):
        labels(np.array([[1, 0], [1, 1]]))
    with pytest.raises(ValueError, match=r"row 0: found 0 classes"):
        labels(np.zeros((1, 4)))
    with pytest.raises(
        ValueError, match=r"found float64 \[2\], expected class indices \[clips\], or one-hot"
    ):
        labels(np.zeros(2))


# -- what all readers share ----------------------------------------------------------------------------------


def test_up_is_a_rotation_that_leaves_left_and_right_as_they_are():
    for up, high in (("y", [0, 1, 0]), ("z", [0, 0, 1]), ("-y", [0, -1, 0])):
        turned = common.upright(np.eye(3), up)
        assert np.linalg.det(turned) == pytest.approx(1)
        assert common.upright(np.array(high, dtype=float), up).tolist() == [0, 1, 0]
        assert common.upright(np.array([1.0, 0, 0]), up).tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match=r"up='w'; known: "):
        common.upright(np.eye(3), "w")


def test_padding_is_the_zero_frames_after_the_last_that_shows_anybody():
    clip = np.zeros((9, 2, 4, 3))
    clip[2, 0], clip[5, 1, 3, 2] = 1, -1e-30
    assert len(common.trimmed(clip)) == 6
    assert len(common.trimmed(np.zeros((9, 2, 4, 3)))) == 1


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    with pytest.raises(TypeError), files.open_atomic(tmp_path / "deep" / "a.bin") as file:
        file.write(file.write(b"half"))
    assert not list((tmp_path / "deep").iterdir())
    with files.open_atomic(tmp_path / "deep" / "a.bin") as file:
        file.write(b"whole")
    assert [p.read_bytes() for p in (tmp_path / "deep").iterdir()] == [b"whole"]
