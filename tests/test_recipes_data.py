"""The recipes of a reader, a skeleton layout and a notebook in CONTRIBUTING.md."""

import nbformat
import pytest
from recipe_kit import CODE, CONTRIBUTING, Kit

FORMATS = "test_the_table_of_formats_in_the_documentation_is_that_of_the_readers"
LAYOUTS = "skelkit/skeletons/layouts.py"
ANOTHER25 = """
ANOTHER25 = Skeleton("another-25", NTU25.joints[::-1], NTU25.bones, NTU25.root, body_parts=NTU25.body_parts)
"""


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


# -- a reader ----------------------------------------------------------------------------------------------


@pytest.fixture
def plain_text(kit):
    """A copy with the reader."""
    table = "skelkit/data/readers/__init__.py"
    kit.follow("skelkit/data/readers/plain_text.py")
    kit.register(table, "READERS", "plain_text.READER", "from . import plain_text")
    return kit


def test_a_reader_is_a_file_and_a_line(plain_text, tmp_path):
    (tmp_path / "walk.poses").write_text("\n".join(" ".join(["0.5 1.0 1.5"] * 22) for _ in range(7)))
    (tmp_path / "bad.poses").write_text("1 2 x")
    printed = plain_text.script(
        """
        clips = sk.load("walk.poses")
        print(clips.lengths.tolist(), len(clips.skeleton), ".poses" in sk.load.__doc__)
        """
    )
    assert "[7] 22 True" in printed
    assert "walk" not in plain_text.run("-m", "skelkit", "data", "describe", "walk.poses", "--json")
    process = plain_text.start("-m", "skelkit", "data", "describe", "bad.poses")
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "bad.poses" in error
    assert "write one frame per line" in error
    assert len(plain_text.touched) == 2


def test_a_reader_needs_a_sample_and_a_new_table_of_formats_as_its_tests_say(plain_text):
    plain_text.copy_tests()
    chosen = f"plain_text or has_a_sample or {FORMATS}"
    files = ("tests/test_reader_fuzz.py", "tests/test_files.py")
    process = plain_text.start("-m", "pytest", "-q", "-k", chosen, *files)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 1, out
    assert "no sample for plain text" in out
    assert "the table of formats is not up to date: run python -m skelkit.data.readers docs/data.md" in out

    samples, entry = "tests/reader_samples.py", '"plain text": [plain_text_sample]'
    assert f"`{entry},`" in CONTRIBUTING
    plain_text.define(samples, CODE[samples], "SAMPLES = {", entry)
    plain_text.run("-m", "skelkit.data.readers", "docs/data.md")
    passed = plain_text.passed(chosen, "test_reader_fuzz", "test_files")
    assert {"test_damaged_files[plain_text]", FORMATS} <= set(passed)


# -- a skeleton layout -------------------------------------------------------------------------------------


def test_a_skeleton_layout_is_an_entry_in_one_file(kit):
    assert '`"arm3": ARM3,`' in CONTRIBUTING
    kit.define(LAYOUTS, CODE[LAYOUTS], "KNOWN", '"arm3": ARM3')
    printed = kit.script(
        """
        import numpy as np
        data = np.ones((9, 3, 3), dtype=np.float32) * np.arange(9, dtype=np.float32)[:, None, None]
        np.savez("arm.npz", data=data, length=[4, 5], label=[0, 1])
        print(sk.load("arm.npz").skeleton.name, sk.load("arm.npz", skeleton="arm3").skeleton.root)
        """
    )
    assert "arm shoulder" in printed
    assert "arm3" in kit.run("-m", "skelkit", "data", "describe", "--help")
    assert "arm" in kit.run("-m", "skelkit", "data", "describe", "arm.npz", "--skeleton", "arm3")
    assert kit.touched == {LAYOUTS}


def test_a_second_layout_of_25_joints_breaks_no_test(kit):
    kit.define(LAYOUTS, ANOTHER25, "KNOWN", '"another25": ANOTHER25')
    files = ("test_skeletons", "test_files", "test_toolkits", "test_masks", "test_cli")
    slow = "not add_up and not partition and not degrees_hops"
    chosen = (
        "another25 or layout or x_train or st_gcn or annotations or other_toolkits or one_file_of "
        "or splits_is"
    )
    passed = kit.passed(f"({chosen}) and {slow}", *files)
    assert sum("another25" in name for name in passed) >= 5


def test_a_joint_count_that_two_layouts_share_is_never_guessed(kit):
    for name, end in (("LEFT_ARM3", "wrist"), ("RIGHT_ARM3", "hand")):
        code = CODE[LAYOUTS].replace("ARM3", name).replace('"arm"', f'"{name}"').replace("wrist", end)
        kit.define(LAYOUTS, code, "KNOWN", f'"{name.lower()}": {name}')
    printed = kit.script(
        """
        import numpy as np
        import torch

        np.savez("arm.npz", data=np.ones((9, 3, 3), dtype=np.float32), length=[4, 5], label=[0, 1])
        reach = torch.ones(1, 3, 9, 3, 1)
        print(len(sk.viz.player(reach, skeleton=sk.skeletons.KNOWN["left_arm3"]).poses) > 0)
        try:
            sk.viz.player(reach)
        except ValueError as error:
            print(error)
        """
    )
    assert "True" in printed
    assert (
        "2 built-in skeletons have 3 joints: right_arm3, left_arm3; the poses do not settle it (" in printed
    )
    assert "skeleton=sk.skeletons.KNOWN['right_arm3'] (elsewhere)" in printed
    process = kit.start("-m", "skelkit", "data", "describe", "arm.npz")
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "left_arm3" in error
    assert "right_arm3" in error
    assert "--skeleton" in error
    assert "RIGHT_ARM3" in kit.run("-m", "skelkit", "data", "describe", "arm.npz", "--skeleton", "right_arm3")


# -- a notebook --------------------------------------------------------------------------------------------


def test_a_notebook_is_a_notebook_and_its_lesson(kit, tmp_path):
    kit.follow("skelkit/lessons/lengths.py")
    parameters = nbformat.v4.new_code_cell(
        'preset = "smoke"\ndataset = "synthetic"\nseed = 0\ndevice = "auto"'
    )
    parameters.metadata.tags = ["parameters"]
    cells = [
        nbformat.v4.new_markdown_cell("# 99 · Lengths"),
        parameters,
        nbformat.v4.new_code_cell(
            "from skelkit import study\nfrom skelkit.lessons import lengths\n\n"
            'setup = study.begin("99_lengths", preset=preset, dataset=dataset, seed=seed, device=device)\n'
            "lengths.check_lengths(setup.clips)"
        ),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    kit.add("skelkit/notebooks/99_lengths.ipynb", nbformat.writes(notebook))
    out = kit.run("-m", "skelkit", "study", "99", "--out", str(tmp_path / "out"))
    assert "99_lengths" in out
    assert "Lengths" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert len(kit.touched) == 2
