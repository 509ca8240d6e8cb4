"""States of panels for pages without a kernel: they are those of the notebook, few, and small."""

import itertools
import json

import ipywidgets as widgets
import numpy as np
import pytest
import torch

import skelkit as sk
from skelkit.viz import offline, panels
from skelkit.viz.offline import beforehand, packing
from skelkit.viz.panels import pretraining, soft_labels
from skelkit.viz.skeleton_player.scene import scene

BODY = sk.skeletons.KNOWN["ntu25"]


@pytest.fixture(scope="module")
def clips():
    return sk.load("synthetic", clips=12, classes=["wave", "hug"], seed=1)


def applied(old, new):
    """What `changed` of panel.js does."""
    if isinstance(new, list):
        return new[0]
    if isinstance(old, list):
        return [applied(each, new.get(str(i), {})) for i, each in enumerate(old)]
    return (
        {name: applied(each, new[name]) if name in new else each for name, each in old.items()}
        if new
        else old
    )


def buffer(pool, numbers):
    return b"".join(packing.unpacked(pool.pieces[i]) for i in numbers)


# -- packing -----------------------------------------------------------------------------------------------


def test_a_packed_pose_is_off_by_half_a_step_at_most(clips):
    pool, state = packing.Pool(), scene(clips[0], clips[1])
    found = np.frombuffer(buffer(pool, pool.add(state)["poses"]), "<f4")
    expected = np.frombuffer(state["poses"], "<f4")
    assert np.abs(found - expected).max() <= packing.FINEST / 2 + 1e-6
    assert sum(len(piece["data"]) for piece in pool.pieces) < len(state["poses"]) / 3


def test_coordinates_of_kilometres_are_rounded_more_coarsely_and_do_not_overflow():
    far = torch.rand(5, 25, 3) * 4000 - 2000
    pool, state = packing.Pool(), scene(far, skeleton=BODY)
    found = np.frombuffer(buffer(pool, pool.add(state)["poses"]), "<f4")
    assert np.abs(found - far.flatten().numpy()).max() < 0.05


def test_an_absent_person_stays_exactly_zero():
    poses = torch.rand(20, 2, 25, 3)
    poses[5:9, 1] = 0
    pool = packing.Pool()
    found = np.frombuffer(buffer(pool, pool.add(scene(poses, skeleton=BODY))["poses"]), "<f4").reshape(
        poses.shape
    )
    assert (found[5:9, 1] == 0).all()
    assert (found[:5] != 0).any((1, 2, 3)).all()


def test_masks_are_kept_exactly_and_equal_buffers_once():
    poses, mask = torch.rand(20, 25, 3), torch.rand(20, 25) > 0.5
    pool = packing.Pool()
    first, again = (pool.add(scene(poses, masked=[mask], skeleton=BODY)) for _ in range(2))
    assert first == again
    assert len(pool.pieces) == 2
    assert np.array_equal(
        np.frombuffer(buffer(pool, first["masked"]), np.uint8).reshape(20, 25), mask.numpy()
    )


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}, {"b": [[1, 3]]}),
        ([{"x": 1}, {"x": 2}], [{"x": 1}, {"x": 3}], {"1": {"x": [3]}}),
        ({"a": 1}, {"b": 1}, [{"b": 1}]),
        ([[1]], [[1], [2]], [[[1], [2]]]),
        ("same", "same", {}),
        (None, {"a": None}, [{"a": None}]),
    ],
)
def test_changes_name_only_what_differs(old, new, changes):
    assert beforehand.changes(old, new) == changes
    assert applied(old, changes) == new


# -- controls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "kind", "texts", "at"),
    [
        (widgets.IntSlider(min=1, max=4, value=2), "slider", ["1", "2", "3", "4"], 1),
        (
            widgets.FloatSlider(min=0, max=0.3, step=0.1, value=0.3, readout_format=".0%"),
            "slider",
            "0% 10% 20% 30%",
            3,
        ),
        (
            widgets.FloatLogSlider(base=2, min=-1, max=1, step=1, value=1, readout_format=".1f"),
            "slider",
            "0.5 1.0 2.0",
            1,
        ),
        (widgets.SelectionSlider(options=[("a", 7), ("b", 8)], value=8), "slider", ["a", "b"], 1),
        (widgets.Dropdown(options=["x", "y"]), "menu", ["x", "y"], 0),
        (widgets.ToggleButtons(options=[("both", 2), ("one", 1)], value=1), "buttons", ["both", "one"], 1),
    ],
)
def test_a_control_becomes_its_positions(control, kind, texts, at):
    choice = offline.choice_of("name", control)
    assert choice.kind == kind
    assert [text for text, _ in choice.options] == (texts.split() if isinstance(texts, str) else texts)
    assert choice.at == at
    assert choice.options[at][1] == control.value


@pytest.mark.parametrize("at", range(30))
@pytest.mark.parametrize("most", [2, 3, 7, 29])
def test_fewer_positions_keep_the_ends_and_the_start(at, most):
    whole = offline.Choice("s", "s", "slider", tuple((str(i), i) for i in range(30)), at)
    fewer = whole.thinned(most)
    values = [value for _, value in fewer.options]
    assert len(values) == max(3, most) or (at in (0, 29) and len(values) <= max(3, most))
    assert values == sorted(set(values))
    assert {0, 29, at} <= set(values)
    assert values[fewer.at] == at


# -- states ------------------------------------------------------------------------------------------------


def test_every_state_is_the_one_that_the_notebook_shows(clips):
    panel = panels.compression(clips)
    panel.offline = {"interval": 4, "restore": 5}
    data = panel.states()
    every = json.loads(packing.uncompressed(data["states"]))
    intervals, codecs = ([*control["options"]] for control in data["controls"])
    assert len(every) == len(intervals) * len(codecs) == 20
    pool = packing.Pool()
    pool.pieces = data["pieces"]
    for state, (interval, codec) in zip(every, itertools.product(intervals, codecs), strict=True):
        now = panel.state(**(panel.values | {"interval": int(interval), "restore": codec}))
        assert applied(data["first"]["text"], state["text"]) == now["text"]
        found = np.frombuffer(buffer(pool, state["buffers"]["poses"]), "<f4")
        shown = panel.player.scene(*now["player"][0], **now["player"][1])
        assert np.abs(found - np.frombuffer(shown["poses"], "<f4")).max() <= packing.FINEST
        assert applied(data["first"]["meta"], state["meta"]) == json.loads(json.dumps(shown["meta"]))
    assert data["first"]["text"] == panel.text.value


def test_a_chart_of_a_state_is_the_one_that_the_notebook_shows(clips):
    panel = panels.masking(clips)
    panel.offline = {"ratio": 3}
    data = panel.states()
    ratios = data["controls"][0]["options"]
    for ratio, state in zip(ratios, json.loads(packing.uncompressed(data["states"])), strict=True):
        figure = applied(data["first"]["figure"], state["figure"])
        expected = panel.state(**(panel.values | {"ratio": float(ratio)}))["figure"]
        assert figure["data"][1]["y"] == [float(f"{y:.5g}") for y in expected.data[1].y]


def test_soft_labels_have_a_slider_for_the_temperature_and_buttons_for_the_network(clips):
    logits = torch.randn(len(clips), 2, generator=torch.Generator().manual_seed(0))
    data = soft_labels.temperature(clips, {"teacher": logits, "student": -logits}).states()
    slider, buttons = data["controls"]
    assert slider["options"][slider["at"]] == "1.0"
    assert buttons["options"] == ["all", "teacher", "student"]
    every = json.loads(packing.uncompressed(data["states"]))
    assert len(every) == len(slider["options"]) * 3
    hottest = applied(data["first"]["figure"], every[-3]["figure"])
    assert max(hottest["data"][0]["y"]) < 60


def test_features_are_chosen_with_buttons(clips):
    generator = torch.Generator().manual_seed(0)
    features = {
        name: (torch.randn(12, 4, generator=generator), torch.randn(9, 4, generator=generator))
        for name in "fg"
    }
    labels = torch.arange(12) % 2
    data = pretraining.together(features, labels, labels[:9], ["wave", "hug"]).states()
    assert [control["options"] for control in data["controls"]] == [["f", "g"]]
    assert data["fixed"] == []


def test_a_panel_without_a_list_offers_its_first_slider(clips):
    panel = panels.Panel(
        lambda a, b: {"text": f"{a} {b}"},
        {
            "a": widgets.Dropdown(options="xy", description="a"),
            "b": widgets.IntSlider(max=50, description="b"),
        },
    )
    data = panel.states()
    assert [control["label"] for control in data["controls"]] == ["b"]
    assert len(data["controls"][0]["options"]) == 20
    assert data["fixed"] == [["a", "x"]]


def test_positions_are_left_out_until_the_panel_is_small_enough(monkeypatch):
    monkeypatch.setattr(beforehand, "MOST_BYTES", 60_000)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(31, 40, 25, 3, generator=generator)  # cannot be compressed

    def state(s):
        return {"text": str(s), "player": ((noise[s],), {})}

    choice = offline.Choice("s", "s", "slider", tuple((str(i), i) for i in range(31)), 5)
    data = offline.states(
        [choice], state, scene=lambda given: scene(*given[0], skeleton=BODY), most={"s": 31}
    )
    options = data["controls"][0]["options"]
    assert 3 <= len(options) < 31
    assert {"0", "5", "30"} <= set(options)
    assert len(json.dumps(data)) <= 60_000 or len(options) == 3


def test_states_leave_the_number_of_threads_as_it_was():
    before, seen = torch.get_num_threads(), []
    choice = offline.Choice("s", "s", "slider", (("0", 0),), 0)

    def state(s):
        seen.append(torch.get_num_threads())
        raise ValueError("no state")

    with pytest.raises(ValueError, match="no state"):
        offline.states([choice], state, most={"s": 1})
    assert seen == [1]
    assert torch.get_num_threads() == before


# -- pages -------------------------------------------------------------------------------------------------


def test_a_page_holds_the_first_text_and_no_word_can_end_a_script():
    choice = offline.Choice("s", "s", "slider", (("</script>", 0), ("b", 1)), 0)
    page = offline.fragment_of(offline.states([choice], lambda s: {"text": f"<b>{s}</b>"}, most={"s": 2}))
    assert "<b>0</b>" in page
    assert page.count("</script>") == 1
    fixed = offline.states([choice], lambda s: {"text": ""}, most={})
    assert "s: <b>&lt;/script&gt;</b>" in offline.fragment_of(fixed)


def test_a_chart_has_its_alt_text_and_height():
    page = offline.chart_of({"data": [], "layout": {"height": 300, "meta": {"alt": "a <line>"}}})
    assert 'aria-label="a &lt;line&gt;"' in page
    assert "height:300px" in page
