"""The recipes of CONTRIBUTING.md: a toy is added to a copy of the kit and used as a user would use it.

A recipe touches two files at most: a new one, and one line in one table. Every toy runs in a process of its
own.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest

import skelkit

PACKAGE = Path(skelkit.__file__).parent
CONTRIBUTING = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
CODE = dict(re.findall(r"```python\n# (skelkit/\S+)\n(.*?)```", CONTRIBUTING, flags=re.DOTALL))
"""The code of the recipes, by file."""
CLIPS = """
import skelkit as sk
train, test = sk.load("synthetic", clips=96, seed=1, classes=["wave", "hug", "kick", "nod"]).split(
    "subject", train=range(1, 41, 2))
"""


class Kit:
    """A copy of the package that a recipe changes, and the files that it touched."""

    def __init__(self, folder):
        self.folder, self.touched = folder, set()
        ignore = shutil.ignore_patterns("__pycache__", "notebooks")
        shutil.copytree(PACKAGE, folder / "skelkit", ignore=ignore)

    def add(self, name, text):
        """A new file."""
        path = self.folder / name
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
        self.touched.add(name)

    def follow(self, name, table="", entry="", line=""):
        """The file as CONTRIBUTING.md shows it, and its line in a table, which CONTRIBUTING.md shows too."""
        self.add(name, CODE[name])
        if table:
            assert all(f"`{text}`" in CONTRIBUTING.replace(",`", "`") for text in (entry, line) if text)
            package = str(Path(name).parent / "__init__.py")
            self.register(package, table, entry, line)

    def register(self, name, table, entry, line=""):
        """An entry at the start of a table, and the import that it needs."""
        path = self.folder / name
        lines = path.read_text("utf-8").splitlines()
        (start,) = (i for i, text in enumerate(lines) if text.startswith(table))
        lines.insert(start + 1, f"    {entry},")
        if line:
            lines.insert(next(i for i, text in enumerate(lines) if text.startswith("from .")), line)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        self.touched.add(name)

    def start(self, *arguments):
        """A Python process that imports this copy."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            "OMP_NUM_THREADS": "1",
            "SKELKIT_HEADLESS": "1",
        }
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, *arguments], cwd=self.folder, env=environment, **pipes)

    def run(self, *arguments):
        """What a process prints; it must succeed."""
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return out

    def script(self, text, *arguments):
        """What a script prints, with clips to train and test on."""
        return self.run("-c", CLIPS + dedent(text), *arguments)


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


def kill_when(process, ready, seconds=120):
    """Kill a process as soon as `ready()` holds."""
    end = time.monotonic() + seconds
    while not ready() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate()


# -- a codec -----------------------------------------------------------------------------------------------


def test_a_codec_is_a_file_and_a_line(kit):
    kit.follow("skelkit/ops/codecs/ends.py", "CODECS", '"ends": Ends', "from .ends import Ends")
    printed = kit.script(
        """
        import torch
        from skelkit.continual import ReplayMemory
        from skelkit.lessons.compression import codec_families, draw_rate_distortion

        codec = sk.codecs.CODECS["ends"]()
        figure = draw_rate_distortion(train, codec_families(48), 48)
        print("in the figure:", "first and last frame, 2" in figure)
        sizes = {"frames": 24, "joints": 25, "persons": 2}
        memory = ReplayMemory("10 slots", codec, **sizes)
        generator = torch.Generator().manual_seed(0)
        memory.offer(train.batch(slice(0, 5), frames=24), train.labels[:5], generator=generator)
        x, labels, _ = memory.draw(3, generator)
        print("from the memory:", tuple(x.shape), codec.bytes_per_person(24, 25))
        history = sk.continual.learn(
            "charon", train, test, tasks=2, memory="40 clips", preset="smoke", epochs=1, codec="ends",
            dtype="int8")
        print("stored:", history.stored > 0, history.memory.codec)
        """
    )
    assert "in the figure: True" in printed
    assert f"from the memory: (3, 3, 24, 25, 2) {2 * 25 * 3 * 4 + 1}" in printed
    assert "stored: True Ends(dtype='int8')" in printed
    assert len(kit.touched) == 2


# -- a mask ------------------------------------------------------------------------------------------------


def test_a_mask_is_a_file_and_a_line(kit):
    line = "from .first_joints import FirstJoints"
    kit.follow("skelkit/ops/masks/first_joints.py", "MASKS", '"first_joints": FirstJoints', line)
    printed = kit.script(
        """
        from skelkit.viz.panels import masking

        mask = sk.masks.MASKS["first_joints"](ratio=0.16)
        x = train.batch(slice(0, 2), frames=24)
        hidden = mask(x, train.skeleton)
        left = sk.masks.hide(x, joints=hidden)
        print("hidden:", hidden.sum(1).tolist(), float(left[:, :, :, :4].abs().max()))
        panel = masking(train)
        print("in the panel:", any("first joints" in str(c.options) for c in panel.controls.values()
                                   if hasattr(c, "options")))
        """
    )
    assert "hidden: [4, 4] 0.0" in printed
    assert "in the panel: True" in printed
    assert len(kit.touched) == 2


# -- a learner ---------------------------------------------------------------------------------------------

SMALL_RUN = ("--seeds", "0", "--preset", "smoke", "--jobs", "1", "--out", "recorded")
LEARN = CLIPS + dedent(
    """
    import sys, time
    slow = len(sys.argv) > 2
    options = {"tasks": 2, "preset": "smoke", "epochs": 3, "every": 0, "progress": False}
    history = sk.continual.learn("counting", train, test, checkpoints=sys.argv[1],
                                 callback=lambda progress: time.sleep(0.5 * slow), **options)
    weights = sum(float(p.detach().double().abs().sum()) for p in history.network.parameters())
    print(repr(weights), history.method.seen)
    """
)


def test_a_learner_is_a_file_and_a_line_and_resumes_after_a_kill(kit, tmp_path):
    line = "from .counting import Counting"
    kit.follow("skelkit/continual/learners/counting.py", "LEARNERS", '"counting": Counting', line)
    whole = kit.run("-c", LEARN, str(tmp_path / "whole"))
    broken = tmp_path / "broken"
    process = kit.start("-c", LEARN, str(broken), "slow")
    kill_when(process, lambda: len(list(broken.glob("*"))) > 0)
    assert kit.run("-c", LEARN, str(broken)) == whole
    recorded = kit.run("-m", "skelkit", "record", "methods", "--only", "counting", *SMALL_RUN)
    assert "counting" in recorded
    assert len(kit.touched) == 2


# -- an objective ------------------------------------------------------------------------------------------


def test_an_objective_is_a_file_and_a_line(kit, tmp_path):
    name, line = "small_features", "from .small_features import SmallFeatures"
    kit.follow(f"skelkit/selfsup/objectives/{name}.py", "OBJECTIVES", '"small features": SmallFeatures', line)
    printed = kit.script(
        """
        import sys, warnings
        warnings.simplefilter("ignore")
        options = {"preset": "smoke", "progress": False}
        made = sk.selfsup.pretrain("small features", train, checkpoints=sys.argv[1], every=0, **options)
        again = sk.selfsup.pretrain("small features", train, checkpoints=sys.argv[1], every=0, **options)
        print("losses:", made.losses[-1] < made.losses[0], made.losses == again.losses)
        print("accuracy:", 0 <= sk.selfsup.evaluate(made, train, test, "knn").accuracy <= 1)
        """,
        str(tmp_path / "checkpoints"),
    )
    assert "losses: True True" in printed
    assert "accuracy: True" in printed
    assert len(kit.touched) == 2


# -- a reader ----------------------------------------------------------------------------------------------


def test_a_reader_is_a_file_and_a_line(kit, tmp_path):
    kit.follow("skelkit/data/readers/plain_text.py")
    table = "skelkit/data/readers/__init__.py"
    kit.register(table, "READERS", "plain_text.READER", "from . import plain_text")
    (tmp_path / "walk.poses").write_text("\n".join(" ".join(["0.5 1.0 1.5"] * 20) for _ in range(7)))
    (tmp_path / "bad.poses").write_text("1 2 x")
    printed = kit.script(
        """
        clips = sk.load("walk.poses")
        print(clips.lengths.tolist(), len(clips.skeleton), ".poses" in sk.load.__doc__)
        """
    )
    assert "[7] 20 True" in printed
    assert "walk" not in kit.run("-m", "skelkit", "data", "describe", "walk.poses", "--json")
    process = kit.start("-m", "skelkit", "data", "describe", "bad.poses")
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "bad.poses" in error
    assert "write one frame per line" in error
    assert len(kit.touched) == 2


def test_the_fuzz_test_names_a_reader_that_it_has_no_sample_of(kit):
    shutil.copytree(Path(__file__).parent, kit.folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    kit.add(
        "skelkit/data/readers/plain_text.py",
        '''
        """A reader without a sample in the fuzz test."""

        from .reader import Reader, has_suffix

        can_read = has_suffix(".poses")
        READER = Reader("plain text", "a .poses of plain text", lambda path: None, can_read, (".poses",))
        ''',
    )
    kit.register(
        "skelkit/data/readers/__init__.py", "READERS", "plain_text.READER", "from . import plain_text"
    )
    process = kit.start(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "every_reader", "tests/test_reader_fuzz.py"
    )
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 1, out
    assert "plain text" in out


# -- a skeleton layout ---------------------------------------------------------------------------------------


JOINTS, BONES = '["shoulder", "elbow", "wrist"]', '("shoulder", "elbow"), ("elbow", "wrist")'


def test_a_skeleton_layout_is_an_entry_in_one_file(kit, tmp_path):
    kit.register(
        "skelkit/skeletons/layouts.py",
        "KNOWN",
        f'"arm3": Skeleton("arm", {JOINTS}, [{BONES}], root="shoulder")',
    )
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
    assert len(kit.touched) == 1


def test_a_joint_count_that_two_layouts_share_is_never_guessed(kit):
    for name in ("left_arm3", "right_arm3"):
        kit.register(
            "skelkit/skeletons/layouts.py",
            "KNOWN",
            f'"{name}": Skeleton("{name}", {JOINTS}, [{BONES}], root="shoulder")',
        )
    kit.script(
        """
        import numpy as np
        np.savez("arm.npz", data=np.ones((9, 3, 3), dtype=np.float32), length=[4, 5], label=[0, 1])
        """
    )
    process = kit.start("-m", "skelkit", "data", "describe", "arm.npz")
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "left_arm3" in error
    assert "right_arm3" in error
    assert "--skeleton" in error
    assert "right_arm3" in kit.run("-m", "skelkit", "data", "describe", "arm.npz", "--skeleton", "right_arm3")


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
