"""Figures are labelled and drawn from the numbers they are given; panels show what their controls say."""

import pytest
import torch

from skelkit import Skeleton, codecs, load, masks, motion
from skelkit.viz import chart, figures, offline, panels, style


@pytest.fixture(scope="module")
def clips():
    return load("synthetic", clips=60, seed=1)


@pytest.fixture(scope="module")
def every(clips):
    """Every figure of the kit once, by name."""
    pose = figures.reference_pose(clips)
    rows = [
        {"family": f, "codec": f, "bytes_per_clip": b, "rmse_mm": e}
        for f in "ab"
        for b, e in ((1000, 20.0), (4000, 5.0))
    ]
    x = clips[0].batch
    return {
        "lengths": figures.lengths(clips),
        "against_target": figures.against_target([("speed", 1.0, 1.2)], "title", "Statistics"),
        "on_body": figures.on_body(
            pose, clips.skeleton, {"a": torch.arange(25.0), "b": torch.ones(25)}, "title", "value (mm)"
        ),
        "tracks": figures.tracks(
            {"original": torch.rand(9), "other": torch.rand(9)}, 30, "title", kept=torch.tensor([0, 5])
        ),
        "rate_distortion": figures.rate_distortion(rows),
        "error_by_interval": figures.error_by_interval(
            {"indexed": {2: 4.0, 5: 9.0}, "indexed (NTU)": {2: 5.0}}, "title"
        ),
        "by_class": figures.by_class(
            ["a", "b"], [1.0, 2.0], [3.0, 4.0], "title", "x (mm)", "y (mm)", [False, True], "two persons"
        ),
        "degree_and_motion": figures.degree_and_motion(clips.skeleton, {"raw": torch.rand(25)}, "title"),
        "motion_over_time": figures.motion_over_time(
            masks.frame_motion(x)[0], 30, {"f": torch.rand(x.shape[2]) > 0.5}, "title"
        ),
        "bars": figures.bars({"a": {"x": 1.0, "y": 2.0}}, "title", "thing", "count"),
    }


def test_every_figure_has_a_title_and_alt_text(every):
    for name, figure in every.items():
        assert figure.layout.title.text, name
        assert len(figure.layout.meta["alt"]) > 40, name


def test_every_visible_axis_has_a_title(every):
    for name, figure in every.items():
        axes = [figure.layout[key] for key in figure.layout if key.startswith(("xaxis", "yaxis"))]
        titled = [a for a in axes if a.visible is not False and a.title.text]
        assert titled or name == "on_body", name


def test_figures_use_no_pair_of_red_and_green_lines():
    assert not {"#FF0000", "red", "#00FF00", "green"} & set(style.COLORWAY)


def test_a_figure_does_not_change_what_it_is_given(clips):
    values = torch.rand(25)
    before = values.clone()
    figures.on_body(figures.reference_pose(clips), clips.skeleton, {"a": values}, "t", "u")
    assert torch.equal(values, before)


def test_values_on_the_body_sit_on_their_joints(every):
    points = [t for t in every["on_body"].data if t.mode == "markers"]
    assert list(points[0].marker.color) == list(range(25))
    assert points[0].text[22] == "right knee" or points[0].text[17] == "right knee"
    assert [len(p.x) for p in points] == [25, 25]


def test_the_reference_pose_is_symmetric(clips):
    pose = figures.reference_pose(clips)
    image = pose[clips.skeleton.mirror] * torch.tensor([-1.0, 1.0])
    assert torch.allclose(pose, image, atol=1e-5)


def test_the_reference_pose_works_without_left_and_right():
    from skelkit import ClipSet

    chain = Skeleton("chain", ["a", "b", "c"], [("a", "b"), ("b", "c")], root="a")
    pose = figures.reference_pose(ClipSet.from_arrays([torch.rand(5, 3, 3)], skeleton=chain))
    assert pose.shape == (3, 2)
    assert pose.isfinite().all()


def test_names_that_would_overlap_are_left_to_the_pointer():
    labels = figures.label_places(
        [0.0, 1.0] + [0.5] * 8, [0.0, 1.0] + [0.5] * 8, [f"class {k}" for k in range(10)]
    )
    assert sum(text == "" for text, _ in labels) >= 4
    assert labels[0][0] == "class 0"


def test_no_values_on_the_body_is_an_error(clips):
    with pytest.raises(ValueError, match="at least one entry"):
        figures.on_body(figures.reference_pose(clips), clips.skeleton, {}, "t", "u")


# -- panels ------------------------------------------------------------------------------------------------


def test_moving_s_changes_skeleton_bytes_and_error(clips):
    panel = panels.compression(clips)
    before = panel.player.poses, panel.player.values, panel.text.value
    panel.controls["interval"].value = 12
    assert panel.text.value != before[2]
    assert panel.player.poses != before[0]
    assert panel.player.values != before[1]
    assert "Uniform(interval=12" in panel.text.value


@pytest.mark.parametrize("restore", list(codecs.comparison(codecs.CODECS)))
@pytest.mark.parametrize("interval", [1, 7, 30])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_every_setting_of_the_compression_panel_works(clips, restore, interval, dtype):
    r = panels.restored(clips[0], restore, interval, dtype)
    assert r["y"].shape == r["x"].shape
    assert r["bytes"] > 0


@pytest.mark.parametrize("joints", list(panels.mask_choices("joints")))
@pytest.mark.parametrize("frames", list(panels.mask_choices("frames")))
def test_every_setting_of_the_mask_panel_works(clips, joints, frames):
    m = panels.masked(clips[2], joints, frames, ratio=0.4, draw=3, cutoff=3.0)
    expected = {"none": 0, "random": 10}.get(joints, 10)
    assert int(m["hidden"][~m["hidden"].all(1)].all(0).sum()) == expected
    assert torch.isclose(m["joints"].sum(), torch.tensor(float(expected)), atol=0.01)


def test_the_mask_panel_redraws_its_chart_and_its_player(clips):
    panel = panels.masking(clips)
    before = panel.player.masked, panel.chart._figure
    panel.controls["ratio"].value = 0.6
    assert panel.player.masked != before[0]
    assert panel.chart._figure is not before[1]


def test_the_browser_panel_offers_as_many_clips_as_the_action_has(clips):
    panel = panels.browser(clips)
    panel.controls["class_name"].value = "wave"
    assert panel.controls["number"].max == int((clips.labels == clips.classes.index("wave")).sum())
    assert "wave" in panel.text.value


def test_a_headless_panel_shows_one_output_with_its_states(clips, monkeypatch):
    shown = []
    monkeypatch.setenv("SKELKIT_HEADLESS", "1")
    monkeypatch.setattr(panels.panel, "display", lambda item, **_: shown.append(item))
    panel = panels.compression(clips)
    panel._ipython_display_()
    (bundle,) = shown
    assert "reconstruction error" in bundle["text/plain"]
    assert [control["label"] for control in bundle[offline.MIME]["controls"]] == ["interval s", "codec"]
    assert bundle[offline.MIME]["fixed"] == [["action", panel.values["action"]], ["value type", "float32"]]


def test_a_live_panel_shows_its_controls(clips, monkeypatch):
    shown = []
    monkeypatch.delenv("SKELKIT_HEADLESS", raising=False)
    for module in (panels.panel, chart):
        monkeypatch.setattr(module, "display", lambda item, **_: shown.append(item))
    panel = panels.compression(clips)
    panel._ipython_display_()
    box = shown[0].children[0]
    assert set(box.children) == set(panel.controls.values())
    assert all(control.description for control in box.children)


def test_a_restored_clip_of_two_persons_has_errors_for_both():
    clips = load("synthetic", clips=10, classes=["shake hands"], seed=0)
    r = panels.restored(clips[0], "uniform, indexed", 8)
    assert (r["error"].amax((0, 1)) > 0).all()
    assert motion.presence(clips[0].poses).all(0).sum() == 2
