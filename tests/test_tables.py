import re

import numpy as np
import pytest
from helpers import body

import skelkit as sk
from skelkit.data.errors import UnreadableFile
from skelkit.data.readers import tables
from skelkit.skeletons.layouts import KINECT20
from skelkit.study import display
from skelkit.viz.skeleton_player import page

HAND = (
    'joints = ["wrist", "index", "thumb"]\nbones = [["wrist", "index"], ["wrist", "thumb"]]\nroot = "wrist"'
)
CSV = f"""
[source]
path = "a.csv"
[columns]
clip = "trial"
frame = "t"
person = "id"
label = "action"
subject = "who"
[skeleton]
{HAND}
[units]
length = "mm"
up = "z"
fps = 50
"""
HEADER = [
    "trial",
    "t",
    "id",
    "action",
    "who",
    *(f"{joint}_{axis}" for joint in ("wrist", "index", "thumb") for axis in "xyz"),
]


@pytest.fixture
def table(tmp_path):
    """`table(rows, toml)` writes both files and reads them."""

    def read(rows, toml=CSV, header=HEADER, delimiter=",", **options):
        lines = [header, *rows] if header else rows
        content = (
            rows
            if isinstance(rows, (bytes, str))
            else "\n".join(delimiter.join(map(str, line)) for line in lines) + "\n"
        )
        (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        (tmp_path / "a.toml").write_text(toml)
        return tables.read_table(tmp_path / "a.toml", **options)

    return read


def row(trial, t, who="7", label="sit", person="p", values=range(1, 10)):
    return [trial, t, person, label, who, *values]


# -- csv -----------------------------------------------------------------------------------------------------


def test_rows_become_clips_in_metres_with_y_up(table):
    values = np.arange(1.0, 28).reshape(3, 3, 3) * 100
    clips = table(
        [
            row("a", 4, values=values[0].ravel()),
            row("a", 5, values=values[1].ravel()),
            row("b", 0, "9", "fall", values=values[2].ravel()),
        ]
    )
    for got, (x, y, z) in zip(clips.poses.reshape(-1, 3).tolist(), values.reshape(-1, 3), strict=True):
        assert got == pytest.approx([x / 1000, z / 1000, -y / 1000])
    assert (clips.lengths.tolist(), clips.names, clips.fps, clips.skeleton.joints) == (
        [2, 1],
        ("a", "b"),
        50,
        ("wrist", "index", "thumb"),
    )
    assert (clips.classes, clips.labels.tolist(), clips.subject.tolist()) == (("fall", "sit"), [1, 0], [7, 9])


def test_rows_may_come_in_any_order_and_where_there_is_none_nobody_was_seen(table):
    rows = [
        row("a", 9, person="q"),
        row("b", 3),
        row("a", 6),
        row("a", 7, values=[""] * 9),
        row("a", 6, person="q", values=range(2, 11)),
    ]
    clips = table(rows)
    assert clips.lengths.tolist() == [4, 1]
    assert clips.poses.any(-1).any(-1).tolist() == [
        [True, True],
        [False, False],
        [False, False],
        [True, False],
        [True, False],
    ]
    assert clips.persons.tolist() == [2, 1]
    assert clips[0].poses[0, 0, 0].tolist() == pytest.approx([0.002, 0.004, -0.003])


@pytest.mark.parametrize("step", [2, 33, 33_333], ids=["half rate", "milliseconds", "microseconds"])
def test_frame_numbers_that_are_times_are_refused(table, step):
    times = [round(i * step * 1.01) for i in range(40)]
    rows = [row(clip, 7 + t, values=range(i + 1, i + 10)) for clip in "ab" for i, t in enumerate(times)]
    with pytest.raises(
        UnreadableFile, match=r"a\.csv:2: 'a': found the frames 7, .*, … with steps of"
    ) as error:
        table(rows)
    assert "expected frame numbers that count by one; if they are times, leave out frame in" in str(
        error.value
    )
    whole = table(rows, CSV.replace('frame = "t"\nperson = "id"\n', ""))
    assert (whole.lengths.tolist(), whole.fps) == ([40, 40], 50)


def test_frames_without_rows_are_gaps_if_other_frames_follow_each_other(table):
    assert table([row("a", t) for t in (0, 30, 31, 90)] + [row("b", 0), row("b", 40)]).lengths.tolist() == [
        91,
        41,
    ]


def test_only_the_coordinates_are_needed(table):
    toml = (
        '[source]\npath = "a.csv"\n[columns]\njoints = "{axis}{joint}"\naxes = ["X", "Y", "Z"]\n'
        f'words = {{ thumb = "THB" }}\n[skeleton]\n{HAND}'
    )
    header = [f"{axis}{joint}" for axis in "ZYX" for joint in ("THB", "index", "wrist")] + ["unused"]
    clips = table([[*range(1, 10), "?"], [*range(11, 20), ""]], toml, header)
    assert clips.poses.tolist() == [
        [[[9, 6, 3], [8, 5, 2], [7, 4, 1]]],
        [[[19, 16, 13], [18, 15, 12], [17, 14, 11]]],
    ]
    assert (clips.classes, clips.names, clips.fps) == (("all",), ("a",), 30)


def test_tables_with_semicolons_and_decimal_commas_are_read(table):
    toml = CSV.replace('path = "a.csv"', 'path = "a.csv"\ndelimiter = ";"\ndecimal = ","')
    clips = table([row("a", 0, values=["1,5"] * 9)], toml, delimiter=";")
    assert clips.poses.flatten().tolist() == pytest.approx([0.0015, 0.0015, -0.0015] * 3)
    with pytest.raises(ValueError, match=r"a.csv:2: found '1.5' in column 'wrist_x', expected a number"):
        table([row("a", 0, values=["1.5"] * 9)], toml, delimiter=";")


def test_quotes_blank_lines_a_byte_order_mark_and_windows_lines_are_read(table):
    text = (
        "\ufeff" + ",".join(HEADER) + '\r\n\r\n"a, b",0,p,"sit ""down""",7,' + ",".join("123456789") + "\r\n"
    )
    clips = table(text)
    assert (clips.names, clips.classes) == (("a, b",), ('sit "down"',))


def test_labels_that_are_numbers_are_in_the_order_of_numbers(table):
    clips = table([row(t, 0, label=label) for t, label in enumerate(["10", "9", "100", "9"])])
    assert (clips.classes, clips.labels.tolist()) == (("9", "10", "100"), [1, 0, 2, 0])


def test_a_built_in_skeleton_is_named(table):
    toml = '[source]\npath = "a.csv"\n[columns]\njoints = "{joint}.{axis}"\n[skeleton]\nname = "kinect20"'
    header = [f"{joint}.{axis}" for joint in KINECT20.joints for axis in "xyz"]
    assert table([np.arange(60) / 60], toml, header).skeleton is KINECT20


def test_the_table_may_be_passed_in_place_of_the_one_named(table, tmp_path):
    table([row("a", 0)])
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    with pytest.raises(FileNotFoundError, match=r"a.csv: no such file"):
        tables.read_table(tmp_path / "a.toml")
    assert len(tables.read_table(tmp_path / "a.toml", source=tmp_path / "b.csv")) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", ":1: found an empty file, expected a line with the names"),
        (",".join(HEADER), ":2: found no rows, expected a row per frame"),
        ([row("a", 0)[:-1]], ":2: found 13 cells, expected 14, as in line 1"),
        (
            [row("a", 0), row("a", 0)],
            ":3: found frame 0 a second time, expected each frame .and person. once",
        ),
        (
            [row("a", 0), row("b", 0), row("a", 1, label="fall")],
            ":4: found label 'fall' of clip 'a', expected 'sit' as in line 2",
        ),
        ([row("a", 0), row("a", 1, who="8")], ":3: found subject '8' of clip 'a', expected '7' as in line 2"),
        ([row("a", "x")], ":2: found frame 'x', expected a whole number"),
        ([row("a", "1.5")], ":2: found frame '1.5', expected a whole number"),
        ([row("a", "nan")], ":2: found frame 'nan'"),
        ([row("a", 10**12)], ":2: found frame '1000000000000'"),
        (
            [row("a", 0), row("a", 2**31 - 1)],
            r"a.csv: found [\d,]+ bytes of poses, expected fewer, from [\d,]+ bytes of file",
        ),
        (
            [row("a", 0, values=[1, 2, 3, 4, "five", 6, 7, 8, 9])],
            ":2: found 'five' in column 'index_y', expected a number",
        ),
        (
            [row("a", 0, values=[1, 2, 3, 4, "", 6, 7, 8, 9])],
            ":2: found '' in column 'index_y', expected a number",
        ),
        ([row("a", 0, values=[1, 2, 3, 4, "inf", 6, 7, 8, 9])], ":2: found 'inf' in column 'index_y'"),
        ([row("a", 0, values=[1, 2, 3, 4, "1_0", 6, 7, 8, 9])], ":2: found '1_0' in column 'index_y'"),
        ([row("a", 0, values=["1e300"] * 9)], r"a.csv: a: 9 coordinates are NaN or infinite"),
        ([row("a", 0, values=[0] * 9)], r"a.csv: a: all coordinates are zero"),
        ([row("", 0)], ":2: found the clip '', expected a name"),
        (
            [row("a\x1b[2J", 0)],
            r":2: found the clip 'a\\x1b\[2J', expected a name without control characters",
        ),
        (
            [row("a", 0, label="sit\x07")],
            r"a.csv: found the label 'sit\\x07', expected a name without control characters",
        ),
        ([row("a", 0, label="")], "a.csv: found the label '', expected a name"),
        ([row("a", 0, person=p) for p in range(17)], ":18: found more than 16 persons in one clip"),
        ([row("a", 0, label='"sit')], ":2: found a broken line"),
        (",".join(HEADER).encode() + b"\n\xff\xfe,", ":2: found bytes that are no UTF-8"),
        ([row("x" * 200_000, 0)], ":2: found a broken line .field larger than field limit"),
    ],
)
def test_a_row_that_is_not_right_is_refused_by_its_line(table, rows, message):
    with pytest.raises(ValueError, match=r"a\.csv") as error:
        table(rows)
    assert re.search(message, str(error.value)), str(error.value)
    assert str(error.value).isprintable()


def test_columns_that_are_missing_or_twice_there_are_answered_with_those_that_are(table):
    with pytest.raises(
        ValueError,
        match=r"a.csv:1: found the columns 'trial', 't', .*, expected 'thumb_z' for thumb, z; "
        r"correct the table or .*a.toml",
    ):
        table([row("a", 0)[:-1]], header=HEADER[:-1])
    with pytest.raises(ValueError, match=r"a.csv:1: found two columns 'trial', expected each name once"):
        table([[1, *row("a", 0)]], header=["trial", *HEADER])
    with pytest.raises(ValueError, match="expected 'moment' for frame"):
        table([row("a", 0)], CSV.replace('frame = "t"', 'frame = "moment"'))


# -- npz -----------------------------------------------------------------------------------------------------

NPZ = f"""
[source]
path = "a.npz"
[arrays]
poses = "data"
axes = "N T V C"
label = "y"
[skeleton]
{HAND}
"""


@pytest.fixture
def saved(tmp_path):
    def read(toml=NPZ, **arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        (tmp_path / "a.toml").write_text(toml)
        return tables.read_table(tmp_path / "a.toml")

    return read


def some(*shape, seed=0):
    return np.random.default_rng(seed).normal(1, 0.2, shape).astype(np.float32)


def test_axes_may_stand_in_any_order(saved):
    data = some(2, 5, 3, 3)
    for axes in ("N T V C", "C V T N", "T N C V"):
        array = data.transpose(["NTVC".index(axis) for axis in axes.split()])
        assert np.array_equal(
            saved(NPZ.replace("N T V C", axes), data=array, y=[1, 0]).poses.numpy(), data.reshape(10, 1, 3, 3)
        )
    data = some(2, 5, 2, 3, 3)
    clips = saved(NPZ.replace("N T V C", "n c t v m"), data=data.transpose(0, 4, 1, 3, 2), y=[1, 0])
    assert np.array_equal(clips.poses.numpy(), data.reshape(10, 2, 3, 3))


def test_padding_is_cut_off_or_lengths_say_where_clips_end(saved):
    data = some(2, 5, 3, 3)
    data[0, 3:] = 0
    assert saved(data=data, y=[0, 1]).lengths.tolist() == [3, 5]
    with_length = NPZ.replace('label = "y"', 'label = "y"\nlength = "n"')
    assert saved(with_length, data=data, y=[0, 1], n=[4, 2]).lengths.tolist() == [4, 2]
    flat = with_length.replace("N T V C", "F V C")
    clips = saved(flat, data=some(7, 3, 3), y=[0, 1], n=[5, 2])
    assert np.array_equal(clips.poses[:, 0].numpy(), some(7, 3, 3))
    assert clips.lengths.tolist() == [5, 2]


def test_labels_may_be_numbers_names_or_one_hot_and_groups_names_or_numbers(saved):
    data = some(3, 2, 3, 3)
    assert saved(data=data, y=np.eye(4)[[3, 0, 1]]).labels.tolist() == [3, 0, 1]
    clips = saved(data=data, y=["sit", "fall", "sit"])
    assert (clips.classes, clips.labels.tolist()) == (("fall", "sit"), [1, 0, 1])
    assert saved(data=data, y=[b"10", b"9", b"10"]).classes == ("9", "10")
    more = NPZ.replace('label = "y"', 'label = "y"\nclasses = "names"\nsubject = "who"\nview = "cam"')
    clips = saved(
        more,
        data=data,
        y=["sit", "fall", "sit"],
        names=["sit", "fall", "run"],
        who=[7, 7, 9],
        cam=["left", "right", "left"],
    )
    assert (clips.classes, clips.labels.tolist(), clips.subject.tolist()) == (
        ("sit", "fall", "run"),
        [0, 1, 0],
        [7, 7, 9],
    )
    assert [len(part) for part in clips.split("view", train=["left"])] == [2, 1]
    assert saved(NPZ.replace('label = "y"\n', ""), data=data).classes == ("class 0",)


def test_whole_numbers_of_millimetres_with_z_up_are_turned_into_metres(saved):
    data = (1000 * body(KINECT20, 4)[None]).astype(int)
    toml = (
        '[source]\npath = "a.npz"\n[arrays]\nposes = "data"\naxes = "N T V C"\n'
        '[units]\nlength = "mm"\nup = "z"\nfps = 12.5'
    )
    clips = saved(toml, data=data)
    assert np.allclose(clips.poses[:, 0].numpy(), data[0][..., [0, 2, 1]] * [0.001, 0.001, -0.001])
    assert (clips.skeleton, clips.fps) == (KINECT20, 12.5)


@pytest.mark.parametrize(
    ("toml", "arrays", "message"),
    [
        (NPZ, {"y": [0]}, "a.npz: found the arrays 'y', expected data, y .named in .*a.toml.; add 'data'"),
        (
            NPZ,
            {"data": some(2, 5, 3), "y": [0, 1]},
            r"a.npz: data: found float32 \[2, 5, 3\], expected numbers with the axes N T V C",
        ),
        (NPZ, {"data": some(2, 5, 3, 2), "y": [0, 1]}, "data: found 2 coordinates of a joint, expected 3"),
        (
            NPZ,
            {"data": some(2, 5, 4, 3), "y": [0, 1]},
            r"a.npz: found 4 joints, expected 3, as 3 joints in .*a.toml",
        ),
        (
            NPZ.replace(HAND, 'name = "ntu25"'),
            {"data": some(2, 5, 4, 3), "y": [0, 1]},
            "found 4 joints, expected 25, as NTU-25",
        ),
        (
            NPZ.split("[skeleton]")[0],
            {"data": some(2, 5, 4, 3), "y": [0, 1]},
            r"\[skeleton\]: found nothing, and 4 joints, expected a skeleton",
        ),
        (NPZ, {"data": some(2, 5, 3, 3), "y": [0]}, "y: found 1 labels, expected 2|2 clips"),
        (NPZ, {"data": some(2, 5, 3, 3), "y": [0, 10**15]}, "'clip 1': found the label 1000000000000000"),
        (NPZ, {"data": some(2, 5, 3, 3), "y": [0.0, 1.0]}, r"y: found float64 \[2\], expected class indices"),
        (NPZ, {"data": np.array([[[[None]]]]), "y": [0]}, "data: found pickled objects"),
        (NPZ, {"data": some(2, 5, 3, 3) * np.nan, "y": [0, 1]}, "a.npz: clip 0: 45 coordinates are NaN"),
        (
            NPZ.replace("N T V C", "N T V"),
            {"data": some(2, 5, 3), "y": [0, 1]},
            r"\[arrays\] axes: found 'N T V', expected",
        ),
        (
            NPZ.replace("N T V C", "F V C"),
            {"data": some(2, 3, 3), "y": [0, 1]},
            "data: found no length for 2 frames",
        ),
        (
            NPZ.replace('"y"', '"y"\nlength = "n"'),
            {"data": some(2, 5, 3, 3), "y": [0, 1], "n": [3, 6]},
            "n: found 2 lengths up to 6, expected 2 up to 5",
        ),
        (
            NPZ.replace('"y"', '"y"\nlength = "n"'),
            {"data": some(2, 5, 3, 3), "y": [0, 1], "n": [3, 0]},
            "n: clip 1: found 0 frames, expected at least one",
        ),
        (
            NPZ.replace('"y"', '"y"\nlength = "n"'),
            {"data": some(2, 5, 3, 3), "y": [0, 1], "n": [3.0, 1]},
            r"n: found float64 \[2\], expected whole",
        ),
        (
            NPZ.replace('"y"', '"y"\nclasses = "k"'),
            {"data": some(2, 5, 3, 3), "y": ["a", "b"], "k": ["a"]},
            "y: clip 1: found the class 'b'",
        ),
        (
            NPZ.replace('"y"', '"y"\nclasses = "k"'),
            {"data": some(2, 5, 3, 3), "y": [0, 1], "k": ["a\n", "b"]},
            r"k: class 0: found the name 'a\\n'",
        ),
        (
            NPZ.replace('"y"', '"y"\nclasses = "k"'),
            {"data": some(2, 5, 3, 3), "y": [0, 2], "k": ["a", "b"]},
            "found the label 2, expected 0 to 1",
        ),
        (
            NPZ.replace('"y"', '"y"\nsubject = "s"'),
            {"data": some(2, 5, 3, 3), "y": [0, 1], "s": [b"\xff", b"a"]},
            "s: found no text",
        ),
        (
            NPZ.replace('"y"', '"y"\nsubject = "s"'),
            {"data": some(2, 5, 3, 3), "y": [0, 1], "s": [1]},
            r"s: found int64 \[1\], expected names or whole",
        ),
    ],
)
def test_arrays_that_do_not_fit_their_description_are_refused_by_name(saved, toml, arrays, message):
    with pytest.raises(ValueError, match=message):
        saved(toml, **arrays)


# -- the description -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[source]\npath = ?", r"a.toml: found no TOML \(.*line 2"),
        ("a = 1", r"a.toml: found \['a'\], expected the sections source, columns, arrays, skeleton, units"),
        ("[sauce]", r"found \['sauce'\], expected the sections"),
        ("[source]\nfile = 'a'", r"\[source\]: found 'file', expected the keys path, delimiter, decimal"),
        ("[source]\npath = 5", r"\[source\] path: found 5, expected a str"),
        ("[source]\npath = 'a.csv'", r"found neither \[columns\] nor \[arrays\]"),
        (CSV + "[arrays]\nposes = 'x'", r"found both \[columns\] and \[arrays\]"),
        (CSV.replace('path = "a.csv"', ""), r"\[source\]: found no path, expected the table or arrays"),
        (CSV.replace('"mm"', '"inch"'), r"\[units\] length: found 'inch', expected 'm' or 'cm' or 'mm'"),
        (CSV.replace('"z"', '"w"'), r"\[units\] up: found 'w', expected 'x' or '-x' or 'y'"),
        (CSV.replace("fps = 50", "fps = 0"), r"\[units\] fps: found 0, expected frames per second"),
        (CSV.replace("fps = 50", "fps = nan"), r"\[units\] fps: found nan"),
        (CSV.replace("fps = 50", "fps = true"), r"\[units\] fps: found True, expected a number"),
        (CSV.replace("fps = 50", "fps = 2024-01-01"), r"\[units\] fps: found a date, expected a number"),
        (CSV.replace('"a.csv"', '"a.csv"\ndelimiter = "ab"'), r"\[source\] delimiter: found 'ab', expected"),
        (
            CSV.replace('"a.csv"', '"a.csv"\ndecimal = ","'),
            r"\[source\]: found ',' between cells and in numbers",
        ),
        (CSV.replace('frame = "t"\n', ""), r"\[columns\]: found person without frame"),
        (
            CSV.replace('clip = "trial"', 'clip = "trial"\njoints = "{joint}"'),
            r"\[columns\]: found joints = '{joint}', axes of 3",
        ),
        (
            CSV.replace('clip = "trial"', 'clip = "trial"\nwords = {nose = "n"}'),
            r"\[columns\] words: found 'nose', expected joints of 3 joints",
        ),
        (
            CSV.replace(HAND, 'name = "ntu26"'),
            r"\[skeleton\]: found 'ntu26', expected a built-in skeleton.* known: ntu25",
        ),
        (
            CSV.replace('"thumb"]\n', '"thumb", "wrist"]\n'),
            r"\[skeleton\]: found .* joint names are repeated: wrist",
        ),
        (CSV.replace('["wrist", "thumb"]]', "]"), r"\[skeleton\]: found .* 3 joints need 2 bones"),
        (
            CSV.replace('["wrist", "thumb"]]', "[0, 2]]"),
            r"\[skeleton\] bones, number 2: found \[0, 2\], expected the names of two joints, like .*; "
            "write names, not numbers",
        ),
        (
            CSV.replace('["wrist", "thumb"]]', '["wrist"]]'),
            r"bones, number 2: found \['wrist'\], expected the names of two joints",
        ),
        (CSV.replace('["wrist", "thumb"]]', "5]"), r"bones, number 2: found 5, expected the names of two"),
        (
            CSV.replace('joints = ["wrist"', 'joints = ["wrist"' + 500 * ', "x"'),
            r"\[skeleton\]: found 503 joints, expected at most 500",
        ),
        (CSV.replace('root = "wrist"', 'root = "nose"'), r"\[skeleton\]: found .* has no joint 'nose'"),
        (
            CSV.replace(HAND, ""),
            r"\[skeleton\]: found nothing, expected the joints that the columns are named after",
        ),
        (CSV.replace("wrist", "wr\\u0007ist"), r"\[skeleton\]: found the joint 'wr\\x07ist'"),
        ("x = " + "[" * 5000, "found no TOML"),
        ("x = " + "9" * 5000, "found no TOML"),
        ("#" * 70_000, "found 70,000 bytes, expected at most 65,536"),
    ],
)
def test_a_description_that_is_not_right_is_answered_by_section_and_key(table, toml, message):
    with pytest.raises(ValueError, match=r"a\.toml") as error:
        table([row("a", 0)], toml)
    assert re.search(message, str(error.value)), str(error.value)


def test_no_pattern_reaches_beyond_the_names_of_joints_and_axes(table):
    toml = CSV.replace('clip = "trial"', 'clip = "trial"\njoints = "{joint.__class__}{joint}_{axis}"')
    with pytest.raises(ValueError, match=r"expected '{joint.__class__}wrist_x' for wrist, x"):
        table([row("a", 0)], toml)


@pytest.mark.parametrize("path", ["\\u0000", "x" * 3000, "/dev/zero", "/dev", "."])
def test_what_is_no_file_is_no_table(table, path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        table([row("a", 0)], CSV.replace("a.csv", path))


def test_the_description_at_the_top_of_the_module_is_one_that_works(table, tmp_path):
    blocks = [block for block in re.split(r"\n(?=\S)", tables.__doc__) if "\n    [" in block]
    csv_told, npz_told = (
        re.search(r"::\n\n(.*)", block, re.DOTALL)[1].replace("\n    ", "\n").strip() for block in blocks
    )
    header = [
        "trial",
        "frame",
        "id",
        "action",
        "who",
        *(f"{'HD' if j == 'head' else j}_{a}" for j in KINECT20.joints for a in "xyz"),
    ]
    clips = table(
        [["a", 3, "p", "sit", "Ann", *["1500,5"] * 60]], csv_told.replace("walks.csv", "a.csv"), header, ";"
    )
    assert clips.poses[0, 0, 0].tolist() == pytest.approx([1.5005, 1.5005, -1.5005])
    assert clips.fps == 50
    np.savez(
        tmp_path / "b.npz",
        data=np.stack([body(KINECT20, 5, seed) for seed in (0, 1)]),
        frames=[5, 4],
        y=["sit", "fall"],
        names=["sit", "fall"],
        who=[1, 2],
    )
    (tmp_path / "b.toml").write_text('[source]\npath = "b.npz"\n' + npz_told)
    assert tables.read_table(tmp_path / "b.toml").lengths.tolist() == [5, 4]


# -- names that would do something in a page -----------------------------------------------------------------

MARKUP = '<img src=x onerror="alert(1)"></script><script>alert(2)</script>'


def test_markup_in_labels_and_clip_names_is_kept_as_text_and_escaped_in_every_page(table, tmp_path):
    quoted = '"' + MARKUP.replace('"', '""') + '"'
    clips = table([row(quoted, 0, label=quoted, who=quoted), row("b", 0)])
    assert MARKUP in clips.classes
    assert clips.names[0] == MARKUP
    html = page.write_page(tmp_path / "page.html", clips[0], title=MARKUP).read_text()
    told = display.RecordedTable({"card": clips.card(), MARKUP: [MARKUP, {MARKUP: 1}]})._repr_html_()
    line = display.SentenceLine("✓", "#000", MARKUP)._repr_html_()
    for text in (html, told, line):
        assert "<img" not in text
        assert "<script>alert" not in text
    assert "&lt;img" in told


def test_names_are_shown_in_errors_without_what_a_terminal_would_do(table):
    with pytest.raises(UnreadableFile) as error:
        table([row("\x1b]0;pwned\x07", 0)])
    assert "\x1b" not in str(error.value)


def test_the_clips_of_a_table_save_load_and_merge_like_any_others(table, tmp_path):
    clips = table([row("a", 0), row("b", 0, "9", "fall")])
    back = sk.load(clips.save(tmp_path / "a.safetensors"))
    assert (back.names, back.classes, back.poses.tolist()) == (
        clips.names,
        clips.classes,
        clips.poses.tolist(),
    )


def test_pairs_of_left_and_right_joints_may_be_described(saved):
    poses = some(2, 5, 3, 3)
    told = NPZ.replace(HAND, HAND + '\npairs = [["index", "thumb"]]')
    assert saved(told, data=poses, y=[0, 1]).skeleton.mirror_pairs == (("index", "thumb"),)
    assert saved(data=poses, y=[0, 1]).skeleton.mirror_pairs == ()
    wrong = NPZ.replace(HAND, HAND + '\npairs = [["index"]]')
    with pytest.raises(
        UnreadableFile, match=r"\[skeleton\] pairs, number 1: found \['index'\], expected the names"
    ):
        saved(wrong, data=poses, y=[0, 1])
