"""The project's own files agree with each other, and the wheel contains what users need."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from helpers import batch

from skelkit.continual.learners import BaseLearner
from skelkit.selfsup.objectives import Objective
from skelkit.skeletons.layouts import KINECT20

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGES = [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]


def requirements() -> dict[str, str]:
    """Package name -> version bound, of the core and all extras."""
    lines = PROJECT["dependencies"] + [
        line for extra in PROJECT["optional-dependencies"].values() for line in extra
    ]
    return {re.split(r"[<>=]", line)[0]: line[len(re.split(r"[<>=]", line)[0]) :] for line in lines}


def test_the_conda_environment_asks_for_the_same_packages_as_pyproject():
    lines = re.findall(r"^\s*- ([\w-]+)(>=[\d.]+)?\s*$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    conda = {
        ("torch" if name == "pytorch" else name): bound
        for name, bound in lines
        if name not in ("pip", "python", "conda-forge")
    }
    assert conda == requirements()


def test_the_conda_environment_asks_for_the_same_python_as_pyproject():
    assert f"- python{PROJECT['requires-python']}" in (ROOT / "environment.yml").read_text()


def test_every_requirement_is_pinned_and_the_pin_satisfies_it():
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for name, bound in requirements().items():
        assert name in pins, f"{name} has no pin in constraints.txt"
        least = [int(part) for part in bound.removeprefix(">=").split(".")]
        assert [int(part) for part in re.findall(r"\d+", pins[name])[: len(least)]] >= least, name


def test_the_core_needs_torch_numpy_and_safetensors_alone():
    assert sorted(re.split(r"[<>=]", line)[0] for line in PROJECT["dependencies"]) == [
        "numpy",
        "safetensors",
        "torch",
    ]


def test_importing_skelkit_imports_nothing_of_the_extras():
    extras = {"plotly", "ipywidgets", "anywidget", "papermill", "IPython", "nbformat"}
    used = "import sys, skelkit; skelkit.load, skelkit.codecs, skelkit.masks"
    code = f"{used}; print({extras} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"


def test_no_file_speaks_of_one_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if (
            path.suffix in (".py", ".md", ".ipynb", ".toml", ".txt", ".yml", ".js", ".json", "")
            and path.is_file()
        ):
            text = path.read_text("utf-8", errors="ignore")
            assert not re.search(r"/(home|root|work|Users)/\w", text), f"{name} names a folder of one machine"


def test_the_examples_of_the_readme_and_of_the_docs_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = "".join((ROOT / page).read_text("utf-8") for page in ("README.md", *PAGES))
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 4
    frames = np.random.default_rng(0).normal(1, 0.3, (200, 25, 3))
    for example in examples:
        exec(compile(example, "README.md", "exec"), {"camera": lambda: frames})
    told = capsys.readouterr().out
    assert "bytes" in told
    assert any(line.startswith(("wave 0.", "kick 0.", "hug 0.", "clap 0.")) for line in told.splitlines()), (
        "what the camera showed has a name"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.html", "robot.safetensors", "student.onnx"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run([*build, "--wheel-dir", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """`installed(*command)` runs a command of an environment that has the wheel, outside the checkout.

    The environment finds all other packages where this one has them.
    """
    folder, outside = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("outside")
    venv.create(folder, with_pip=False)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        binaries / "python",
        "install",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*install, "--quiet", "--disable-pip-version-check", wheel], check=True)
    purelib = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(purelib, "others.pth").write_text(sysconfig.get_path("purelib") + "\n")

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*command):
        done = subprocess.run(
            [binaries / command[0], *command[1:]],
            cwd=outside,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return outside, done.stdout

    _, imported = run("python", "-c", "import skelkit; print(skelkit.__file__)")
    assert Path(imported).is_relative_to(folder)
    return run


def test_the_wheel_contains_scripts_styles_types_and_notebooks(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith("skelkit/") and (ROOT / name).is_file():
            assert name in names
        elif name.startswith("notebooks/") and (ROOT / name).is_file():
            assert f"skelkit/{name}" in names
    assert {"skelkit/py.typed", "skelkit/notebooks/00_start_here.ipynb"} <= names


def test_the_study_runs_outside_the_checkout(installed):
    outside, printed = installed("skelkit", "study", "00")
    assert (outside / "build" / "study" / "synthetic-explore" / "report.html").is_file()
    assert "claims true" in printed


def test_the_notebooks_are_copied_outside_the_checkout_and_a_changed_one_is_kept(installed):
    outside, _ = installed("skelkit", "lab", "--copy-only")
    copy = outside / "skelkit-notebooks"
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert (copy / path.name).read_bytes() == path.read_bytes()
    assert (copy / "glossary.md").is_file()
    assert (copy / "pictures" / "panel.png").is_file()
    assert (copy / "recorded" / "synthetic" / "methods.json").is_file()
    (copy / "01_compression.ipynb").write_text("changed")
    (copy / "02_masks.ipynb").unlink()
    _, printed = installed("skelkit", "lab", "--copy-only")
    assert "skelkit-notebooks: 1 file copied" in printed
    assert "kept skelkit-notebooks/01_compression.ipynb: it differs from the installed version" in printed
    assert (copy / "01_compression.ipynb").read_text() == "changed"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *PAGES])
def test_links_of_the_documentation_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), f"{page} links to {target}"


def test_the_recipes_of_contributing_define_what_they_say(monkeypatch):
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    recipes = re.findall(r"```python\n# (skelkit/\S+)\.py\n(.*?)```", text, re.DOTALL)
    assert len(recipes) == 7
    made = {}
    for name, code in recipes:
        module = ModuleType(name.replace("/", "."))
        module.__package__ = module.__name__.rpartition(".")[0]
        if (ROOT / f"{name}.py").exists():  # the recipe adds to a module, whose names are there
            vars(module).update(vars(import_module(module.__name__)))
        monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look their module up
        exec(compile(code, f"{name}.py", "exec"), vars(module))
        made |= vars(module)
    skeleton, x = KINECT20, batch(clips=2, frames=9, joints=20)
    codec = made["Ends"]()
    y = codec.decode(codec.encode(x))
    assert torch.equal(y[:, :, [0, -1]], x[:, :, [0, -1]])
    assert made["FirstJoints"](ratio=0.2)(x, skeleton).sum(1).tolist() == [4, 4]
    assert issubclass(made["Counting"], BaseLearner)
    assert issubclass(made["SmallFeatures"], Objective)
    assert made["READER"].options == ["skeleton"]
    assert made["ARM3"].degrees.tolist() == [1, 2, 1]
    assert callable(made["check_lengths"])
