"""The player without a browser: what is sent to it, and what is refused."""

import base64
import json
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from helpers import seeded

from skelkit import motion, skeletons
from skelkit.data import ClipSet
from skelkit.skeletons import NTU25

pytest.importorskip("anywidget", reason="needs the notebooks extra: pip install 'skelkit[notebooks]'")
from skelkit.viz import style
from skelkit.viz.skeleton_player import page, widget
from skelkit.viz.skeleton_player import scene as scenes
from skelkit.viz.skeleton_player.widget import Player

V = 20

# Random poses have no layout of their own.
player, compare, scene = (
    partial(function, skeleton=skeletons.KINECT20)
    for function in (widget.player, widget.compare, scenes.scene)
)


def walk(frames: int, seed: int = 0, persons: int = 1) -> torch.Tensor:
    """[frames, persons, 20, 3], random but smooth enough to be resampled."""
    return torch.randn(frames, persons, V, 3, generator=seeded(seed)).cumsum(0)


def clip_set(*lengths: int, fps: float = 30) -> ClipSet:
    clips = [walk(n, i).numpy() for i, n in enumerate(lengths)]
    return ClipSet.from_arrays(
        clips,
        labels=range(len(lengths)),
        skeleton=skeletons.KINECT20,
        fps=fps,
        classes=[f"act {i}" for i in range(len(lengths))],
    )


def sent(state, name: str = "poses", dtype=torch.float32) -> torch.Tensor:
    data = state[name] if isinstance(state, dict) else getattr(state, name)
    return torch.frombuffer(bytearray(data), dtype=dtype)


# -- poses -----------------------------------------------------------------------------------------------


def test_the_buffer_holds_the_poses_of_a_clip_bit_for_bit():
    clip = clip_set(17)[0]
    p = player(clip)
    assert torch.equal(sent(p).reshape(17, 1, V, 3), clip.poses)
    assert p.meta["clips"][0]["label"] == "act 0 · clip 0"
    assert p.meta["fps"] == 30
    assert p.meta["frames"] == 17


def test_all_forms_of_one_clip_give_the_same_buffer():
    poses = walk(12, persons=2)
    batch = motion.to_batch(poses[None])
    forms = [poses, poses.numpy(), batch, batch[0], poses.double()]
    assert len({scene(form, skeleton=skeletons.KINECT20)["poses"] for form in forms}) == 1
    assert scene(poses[:, :1])["poses"] == scene(poses[:, 0])["poses"]


def test_half_precision_is_shown_as_float32():
    assert torch.equal(sent(scene(walk(9).half())).reshape(9, 1, V, 3), walk(9).half().float())


def test_a_batch_shows_each_of_its_clips_and_seven_are_refused():
    x = torch.randn(7, 3, 10, V, 2)
    assert len(player(x[:6]).meta["clips"]) == 6
    with pytest.raises(ValueError, match=r"7 clips were given; a player shows 1 to 6"):
        player(x)
    with pytest.raises(ValueError, match=r"7 clips"):
        player(clip_set(*[5] * 7))
    with pytest.raises(ValueError, match=r"0 clips"):
        player()


def test_slots_that_no_person_ever_fills_are_not_sent():
    poses = walk(10, persons=3)
    poses[:, 1:] = 0
    assert scene(poses)["poses"] == scene(poses[:, :1])["poses"]
    assert scene(torch.zeros(10, 2, V, 3))["meta"]["clips"][0]["persons"] == 1


def test_clips_of_different_lengths_play_in_their_own_time_and_hold_their_last_frame():
    clips = clip_set(8, 20)
    state = scene(clips)
    assert state["meta"]["frames"] == 20
    assert [c["end"] for c in state["meta"]["clips"]] == [7, 19]
    short = sent(state)[: 20 * V * 3].reshape(20, V, 3)
    assert torch.allclose(short[:8], clips[0].poses[:, 0], atol=1e-6)
    assert torch.allclose(short[8:], clips[0].poses[-1:, 0].expand(12, -1, -1), atol=1e-6)


def test_two_frame_rates_are_shown_at_the_same_seconds():
    slow, fast = clip_set(11, fps=10)[0], clip_set(31, fps=30)[0]
    state = scene(slow, fast)
    assert (state["meta"]["fps"], state["meta"]["frames"]) == (30, 31)
    shown = sent(state)[: 31 * V * 3].reshape(31, V, 3)
    assert torch.allclose(shown[::3], slow.poses[:, 0], atol=1e-5)
    assert torch.allclose(shown[1], torch.lerp(slow.poses[0, 0], slow.poses[1, 0], 1 / 3), atol=1e-5)


def test_compared_clips_begin_and_end_together_and_the_first_keeps_its_duration():
    clip = clip_set(31)[0]
    short = motion.resize(clip.batch, 11)
    p = compare(clip, short)
    first, second = sent(p).reshape(2, 31, V, 3)
    assert torch.equal(first, clip.poses[:, 0])
    expected = motion.resize(short, 31)[0].permute(1, 3, 2, 0)[:, 0]
    assert torch.allclose(second, expected, atol=1e-6)
    longer = compare(clip, motion.resize(clip.batch, 61))
    assert longer.meta["frames"] == 61
    assert (longer.meta["frames"] - 1) / longer.meta["fps"] == pytest.approx(30 / 30)


def test_compare_overlays_in_different_colours_with_labels():
    x = torch.randn(3, 3, 10, V, 1)
    meta = compare(x[:1], x[1:]).meta
    assert [c["label"] for c in meta["clips"]] == ["original", "restored 1", "restored 2"]
    assert meta["overlay"]
    assert len({c["colours"][0][0] for c in meta["clips"]}) == 3
    assert not compare(x[:1], x[1:2], overlay=False).meta["overlay"]


def test_bones_sides_and_head_come_from_the_skeleton():
    for skeleton in skeletons.KNOWN.values():
        about = scene(torch.randn(4, len(skeleton), 3), skeleton=skeleton)["meta"]["skeletons"][0]
        assert about["bones"] == skeleton.edges
        assert about["head"]
        for joint, mirrored in enumerate(skeleton.mirror.tolist()):
            assert about["side"][joint] == {0: 0, 1: 2, 2: 1}[about["side"][mirrored]]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (
            torch.randn(5, 1, 24, 3),
            {"skeleton": skeletons.KINECT20},
            "24 joints, the Kinect v1-20 skeleton has 20",
        ),
        (torch.randn(5, 1, 19, 3), {"skeleton": None}, "no built-in skeleton has 19 joints"),
        (torch.randn(5, 1, V, 2), {}, r"shape \[5, 1, 20, 2\]; expected"),
        (torch.randn(0, 1, V, 3), {}, "not empty"),
        (torch.randn(3, 8, V, 3), {}, r"may be \[C, T, V, M\] or \[T, M, V, C\]"),
        (torch.randn(5, 1, V, 3), {"fps": -1}, "fps must be a positive number"),
        (torch.randn(5, 1, V, 3), {"speed": 3}, "speed=3; choose one of 0.25, 0.5, 1, 1.5, 2"),
        (torch.randn(5, 1, V, 3), {"labels": ["a", "b"]}, "2 labels for 1 clips"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_both_numbers(given, options, message):
    with pytest.raises(ValueError, match=message):
        player(given, **options)


def test_a_coordinate_that_is_not_a_number_is_refused_with_its_place():
    poses = walk(9, persons=2)
    poses[4, 1, 3, 0] = float("nan")
    with pytest.raises(ValueError, match=r"clip 0: NaN or infinite at frame 4, person 1, joint head"):
        player(poses)


# -- values and masks ------------------------------------------------------------------------------------


def test_values_are_sent_per_joint_or_per_frame_or_per_person():
    poses = walk(10, persons=2)
    for shape, sizes in (((V,), [1, 1]), ((10, V), [10, 1]), ((10, V, 2), [10, 2]), ((1, 10, V, 2), [10, 2])):
        values = torch.rand(shape)
        state = scene(poses, values=values)
        assert state["meta"]["clips"][0]["values"] == sizes
        expected = values.reshape(-1, V, 2).permute(0, 2, 1) if sizes[1] == 2 else values
        assert torch.equal(sent(state, "values"), expected.flatten())
        assert state["meta"]["scale"]["range"] == [
            pytest.approx(float(values.min())),
            pytest.approx(float(values.max())),
        ]


def test_values_and_masks_of_stretched_clips_are_those_of_the_nearest_frame():
    x = torch.randn(1, 3, 21, V, 1)
    short, mask = motion.resize(x, 11), torch.arange(11) % 3 == 0
    p = compare(x, short, values=torch.arange(11.0)[:, None].expand(11, V), masked=mask)
    at = (torch.arange(21) / 2).round().long()
    assert torch.equal(sent(p, "values").reshape(21, V)[:, 0], at.float())
    assert torch.equal(sent(p, "masked", torch.uint8).reshape(21, V)[:, 0].bool(), mask[at])


def test_masks_of_frames_joints_and_both_are_the_same_bytes():
    poses, frames, joints = walk(10), torch.arange(10) > 6, torch.arange(V) < 3
    both = scene(poses, masked=frames[:, None].expand(10, V))
    assert scene(poses, masked=frames)["masked"] == both["masked"]
    assert sent(scene(poses, masked=joints), "masked", torch.uint8).tolist() == joints.long().tolist()
    assert scene(poses, masked=joints)["meta"]["clips"][0]["masked"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": torch.rand(7)}, r"values of shape \[7\]; expected \[20\], \[10, 20\]"),
        ({"values": torch.full((V,), torch.inf)}, "20 values are NaN or infinite"),
        ({"values": torch.rand(V), "value_range": (2, 1)}, "low below high"),
        ({"masked": torch.rand(10)}, "masked is torch.float32; expected bool"),
        ({"masked": torch.ones(9, dtype=torch.bool)}, r"masked of shape \[9\]; expected \[10\] frames"),
    ],
)
def test_values_and_masks_of_the_wrong_shape_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        player(walk(10), **options)


def test_a_mask_that_may_mean_frames_or_joints_is_refused():
    with pytest.raises(ValueError, match="may mean frames or joints"):
        player(walk(V), masked=torch.ones(V, dtype=torch.bool))


def test_several_clips_need_a_list_of_values():
    with pytest.raises(ValueError, match="10 values for 2 clips; give a list"):
        player(walk(10), walk(10), values=torch.rand(10, V))


# -- updates ---------------------------------------------------------------------------------------------


@pytest.fixture
def messages(monkeypatch):
    """The names of the traits in each message that a player sends."""
    log = []
    monkeypatch.setattr(
        Player,
        "send_state",
        lambda self, key=None: log.append({key} if isinstance(key, str) else set(key or ())),
    )
    return log


def updates(p, messages, **options):
    messages.clear()
    clips = options.pop("clips", ())
    p.comm = p.comm or object()
    p.show(*clips, **options)
    return set().union(*messages) if messages else set()


def test_only_the_traits_that_changed_are_sent(messages):
    p = player(walk(12), values=torch.rand(V))
    assert updates(p, messages) == set()
    assert updates(p, messages, masked=torch.arange(12) > 3) >= {"masked", "meta"}
    assert updates(p, messages, masked=torch.arange(12) > 4) == {"masked"}
    assert updates(p, messages, title="other") == {"meta"}
    assert updates(player(walk(12)), messages, clips=[walk(12, seed=1)]) == {"poses"}


def test_new_clips_keep_the_options_but_not_the_values_and_masks():
    x = torch.randn(2, 3, 12, V, 1)
    p = compare(x[:1], x[1:], values=torch.rand(V), title="kept")
    p.show(x[:1], x[:1])
    assert p.meta["title"] == "kept"
    assert p.meta["overlay"]
    assert p.meta["scale"] is None
    assert p.values == b""


def test_a_refused_update_changes_nothing():
    p = player(walk(12))
    before = p.poses, p.meta
    with pytest.raises(ValueError, match="24 joints"):
        p.show(torch.randn(5, 24, 3))
    p.show(title="still works")
    assert p.poses == before[0]


def test_the_frame_stays_inside_the_clip():
    p = player(walk(12))
    p.frame = 11
    p.show(walk(5))
    assert p.frame == 4


def test_building_and_updating_two_bodies_of_120_frames_is_quick():
    clips = [torch.randn(1, 3, 120, 25, 2) for _ in range(12)]
    p = player(clips[0], skeleton=NTU25)

    def least(call, arguments):
        times = []
        for argument in arguments:
            start = time.perf_counter()
            call(argument)
            times.append(time.perf_counter() - start)
        return min(times) * 1000

    build, update = least(partial(player, skeleton=NTU25), clips), least(p.show, clips)
    print(f"build {build:.2f} ms, update {update:.2f} ms")
    assert build < 50  # 1 ms and 0.3 ms on an idle machine
    assert update < 10


# -- pages and sizes -------------------------------------------------------------------------------------


def test_a_page_needs_no_network_and_a_title_cannot_break_out_of_it(tmp_path):
    nasty = "</script><script>alert(1)</script> & <b>"
    path = page.write_page(
        tmp_path / "deep" / "page.html", walk(10), title=nasty, labels=[nasty], skeleton=skeletons.KINECT20
    )
    text = path.read_text("utf-8")
    assert "<title>&lt;/script&gt;" in text
    assert "alert(1)</script>" not in text
    assert text.count("<script") == text.count("</script>") == 2
    assert not re.search(r"https?://|//cdn|@import|url\(", text)
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


def test_a_page_holds_the_buffer_and_stays_small(tmp_path):
    x = torch.randn(1, 3, 120, 25, 2)
    text = page.write_page(tmp_path / "page.html", x, skeleton=NTU25).read_text("utf-8")
    state = json.loads(re.search(r'getElementById\("skelkit-[^"]+"\), (\{.*\})\);', text).group(1))
    assert base64.b64decode(state["poses"]) == player(x, skeleton=NTU25).poses
    assert len(text) < 130_000


def test_fragments_of_the_same_clip_have_their_own_ids():
    fragments = [page.page_fragment(walk(10), skeleton=skeletons.KINECT20) for _ in range(3)]
    assert len({re.search(r'<div id="([^"]+)"', f).group(1) for f in fragments}) == 3
    assert "function render" not in fragments[0]
    assert page.player_module().count("window.skelkitPlayer={initialize,render}") == 1


def test_the_script_that_each_saved_player_repeats_is_at_most_21_kb():
    assert len(Player._esm.encode()) <= 21_000
    assert "//" not in Player._esm
    assert Player._esm.endswith("export default{initialize,render};")


def test_each_function_of_the_parts_is_in_the_script_once():
    parts = [path.read_text("utf-8") for path in Path(page.__file__).parent.glob("*.js")]
    names = re.findall(r"^(?:async )?function (\w+)", "\n".join(parts), re.MULTILINE)
    assert len(names) > 40
    assert {name: Player._esm.count(f"function {name}(") for name in names} == dict.fromkeys(names, 1)


def test_saved_state_of_two_bodies_is_at_most_150_kb():
    p = player(torch.randn(1, 3, 120, 25, 2), skeleton=NTU25)
    state = {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in p.get_state().items()}
    size = len(json.dumps(state))
    print(
        f"{size / 1000:.0f} kB of widget state, "
        f"of these {(len(p._esm) + len(p._css)) / 1000:.1f} kB script and style"
    )
    assert size < 150_000


def test_skelkit_alone_does_not_import_anywidget():
    code = (
        "import sys, skelkit; "
        "sys.exit(any(name in sys.modules for name in ('anywidget', 'ipywidgets', 'plotly')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- style -----------------------------------------------------------------------------------------------


def test_figure_defaults_set_palette_titles_and_alt_text():
    go = pytest.importorskip("plotly.graph_objects")
    fig = style.figure_defaults(
        go.Figure(go.Scatter(y=[1, 2])), title="Title", alt="a rising line", x="time (s)", y="speed (m/s)"
    )
    assert fig.layout.template.layout.colorway == style.COLORWAY
    assert (fig.layout.title.text, fig.layout.meta["alt"]) == ("Title", "a rising line")
    assert (fig.layout.xaxis.title.text, fig.layout.yaxis.title.text) == ("time (s)", "speed (m/s)")
