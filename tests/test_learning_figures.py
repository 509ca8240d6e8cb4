"""Figures of learning are pure, labelled, and drawn from the numbers they are given."""

import pytest
import torch
from helpers import seeded

from skelkit.viz.figures import learning

NAMES = ["wave", "drink_water", "kick"]
nan = torch.nan
MATRIX = torch.tensor([[0.9, nan, nan], [0.5, 0.8, nan], [0.25, 0.5, 0.75]])
COUNTS = torch.tensor([[8, 2, 0], [1, 3, 0], [0, 0, 0]])
FAA = {"fine-tuning": [0.2, 0.3], "ER": [0.5, 0.7], "joint": [0.9, 0.9]}


def drawn():
    """Every figure once, by name."""
    before = torch.arange(24.0).reshape(12, 2)
    ratios = [
        {"ratio": r, "cost": 1 - 0.8 * r, "accuracy": [0.6 + r - 2 * r * r, 0.62 + r - 2 * r * r]}
        for r in (0.5, 0.0, 0.25)
    ]
    parts = [
        {"components": dict(zip("abc", p, strict=True)), "group": m, "faa": [0.3 + 0.1 * sum(p), 0.4]}
        for p in ((True, True, False), (False, False, False))
        for m in ("100", "500")
    ]
    return {
        "accuracy_matrix": learning.accuracy_matrix(MATRIX, NAMES, live_row=2),
        "accuracy_matrices": learning.accuracy_matrices(
            {"ER": MATRIX, "CHARON": MATRIX, "joint": MATRIX, "LwF": MATRIX}
        ),
        "methods": learning.methods(FAA, "Methods", chance=0.1, live={"ER": [0.55]}),
        "learnt_so_far": learning.learnt_so_far({"ER": MATRIX, "CHARON": [MATRIX, MATRIX - 0.1]}),
        "confusion": learning.confusion(COUNTS, NAMES, borders=[1, 2]),
        "confusions": learning.confusions(COUNTS, COUNTS.T, NAMES),
        "drift": learning.drift(before, before.flip(1), torch.arange(12) % 2, NAMES),
        "over_ratio": learning.over_ratio(ratios),
        "ablation": learning.ablation(parts),
        "by_budget": learning.by_budget(
            {"uniform": [(72000, [0.6, 0.62]), (7200, [0.605, 0.61]), (720, [0.4])]}
        ),
    }


@pytest.fixture(scope="module")
def every():
    return drawn()


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


# -- all of them -------------------------------------------------------------------------------------------


def test_every_figure_has_a_title_and_alt_text_with_numbers(every):
    for name, figure in every.items():
        assert figure.layout.title.text, name
        assert len(figure.layout.meta["alt"]) > 40, name
        assert any(letter.isdigit() for letter in figure.layout.meta["alt"]), name


def test_every_figure_says_what_its_axes_are(every):
    for name, figure in every.items():
        titles = {a: figure.layout[a].title.text for a in figure.layout if a.startswith(("xaxis", "yaxis"))}
        assert any(text for a, text in titles.items() if a[0] == "x"), name
        assert any(text for a, text in titles.items() if a[0] == "y") or name in ("methods", "ablation"), (
            name
        )  # there, words name the rows


def test_the_same_numbers_make_the_same_figure(every):
    for name, figure in drawn().items():
        assert figure.to_json() == every[name].to_json(), name


def test_no_figure_changes_what_it_is_given():
    matrix, counts, given = MATRIX.clone(), COUNTS.clone(), {k: list(v) for k, v in FAA.items()}
    drawn()
    assert torch.equal(matrix.nan_to_num(-1), MATRIX.nan_to_num(-1))
    assert torch.equal(counts, COUNTS)
    assert given == FAA


# -- accuracy matrices -----------------------------------------------------------------------------------


def test_known_cells_hold_their_percent_and_unknown_ones_are_blank(every):
    heat = every["accuracy_matrix"].data[0]
    assert [list(row) for row in heat.z] == [[90, None, None], [50, 80, None], [25, 50, 75]]
    assert [list(row) for row in heat.text] == [
        ["90 %", "", ""],
        ["50 %", "80 %", ""],
        ["25 %", "50 %", "75 %"],
    ]


def test_the_colours_always_reach_from_0_to_100_percent(every):
    for name in ("accuracy_matrix", "accuracy_matrices", "confusion", "confusions"):
        assert (every[name].layout.coloraxis.cmin, every[name].layout.coloraxis.cmax) == (0, 100), name


def test_the_provisional_row_has_a_frame_and_an_explanation():
    live, done = learning.accuracy_matrix(MATRIX, NAMES, live_row=1), learning.accuracy_matrix(MATRIX, NAMES)
    frame = [s for s in live.layout.shapes if s.line.dash == "dash"]
    assert [(s.x0, s.x1, s.y0, s.y1) for s in frame] == [(-0.5, 1.5, 0.5, 1.5)]
    assert "validation" in live.layout.title.subtitle.text
    assert not [s for s in done.layout.shapes if s.line.dash == "dash"]
    assert "validation" not in done.layout.title.subtitle.text


def test_the_alt_text_tells_the_last_known_row():
    alt = learning.accuracy_matrix(
        torch.where(torch.arange(3)[:, None] < 2, MATRIX, nan), NAMES, live_row=1
    ).layout.meta["alt"]
    assert (
        "After learning drink water (not final, on validation clips): 50 % on wave, 80 % on drink water."
        in alt
    )


def test_an_empty_matrix_is_drawn_too():
    figure = learning.accuracy_matrix(torch.full((3, 3), nan), NAMES)
    assert all(value is None for row in figure.data[0].z for value in row)
    assert "empty" in figure.layout.meta["alt"]


def test_a_matrix_that_does_not_fit_its_names_is_an_error():
    with pytest.raises(ValueError, match=r"shape \[3, 3\] for 2 tasks"):
        learning.accuracy_matrix(MATRIX, NAMES[:2])
    with pytest.raises(ValueError, match="at least one"):
        learning.accuracy_matrices({})


def test_several_matrices_share_one_colour_bar(every):
    assert {trace.coloraxis for trace in every["accuracy_matrices"].data} == {"coloraxis"}
    assert [a.text for a in every["accuracy_matrices"].layout.annotations] == ["ER", "CHARON", "joint", "LwF"]


# -- methods, curves, ratios, parts, bytes ---------------------------------------------------------------


def test_methods_show_every_seed_their_mean_and_the_bounds(every):
    figure = every["methods"]
    assert list(named(figure, "recorded, one seed").x) == pytest.approx([20, 30, 50, 70, 90, 90])
    mean = named(figure, "mean with 95 % interval over seeds")
    assert list(mean.x) == pytest.approx([25, 60, 90])
    t = 12.7062  # of one degree of freedom
    assert list(mean.error_x.array) == pytest.approx([t * 5, t * 10, 0], rel=1e-5)
    assert list(named(figure, "run here").x) == pytest.approx([55])
    band = next(s for s in figure.layout.shapes if s.type == "rect")
    assert (band.x0, band.x1) == pytest.approx((25, 90))
    assert list(figure.layout.yaxis.ticktext) == list(FAA)


def test_without_both_bounds_there_is_no_band():
    assert not learning.methods({"ER": [0.5], "joint": [0.9]}, "Methods").layout.shapes


def test_the_accuracy_so_far_is_the_mean_over_the_tasks_seen(every):
    curve = named(every["learnt_so_far"], "ER")
    assert list(curve.x) == [1, 2, 3]
    assert list(curve.y) == pytest.approx([90, 65, 50])
    assert list(named(every["learnt_so_far"], "CHARON").y) == pytest.approx([85, 60, 45])


def test_the_band_of_a_curve_is_the_interval_over_seeds():
    matrices = [torch.tensor([[a, nan], [b, b]]) for a, b in ((0.6, 0.4), (0.8, 0.5))]
    figure = learning.learnt_so_far({"ER": matrices})
    band, t = figure.data[0], 12.7062  # of one degree of freedom
    assert list(band.y) == pytest.approx([70 + 10 * t, 45 + 5 * t, 45 - 5 * t, 70 - 10 * t], abs=0.01)
    assert "95 % interval over seeds" in figure.layout.yaxis.title.text
    assert "interval" not in learning.learnt_so_far({"ER": matrices[0]}).layout.yaxis.title.text


def test_unknown_accuracies_are_left_out_of_the_curve():
    late = torch.full((3, 3), nan)
    late[2] = 0.75
    figure = learning.learnt_so_far({"joint": late, "nothing": torch.full((3, 3), nan)})
    assert [(list(t.x), list(t.y)) for t in figure.data] == [([3], [75.0])]


def test_ten_methods_never_look_alike():
    figure = learning.learnt_so_far({str(k): MATRIX for k in range(10)})
    looks = {(t.line.color, t.line.dash, t.marker.symbol) for t in figure.data}
    assert len(looks) == 10
    assert len({t.marker.symbol for t in figure.data}) == 10


def test_the_cost_is_drawn_over_the_ratio_and_the_best_is_marked(every):
    figure = every["over_ratio"]
    cost = named(figure, "cost of a step")
    assert list(cost.x) == [0, 25, 50]
    assert list(cost.y) == pytest.approx([1, 0.8, 0.6])
    best = next(t for t in figure.data if t.name.startswith("best"))
    assert (list(best.x), best.name) == ([25], "best: 73.5 % at 25 % masked")


def test_the_ablation_shows_each_combination_once_from_none_to_all(every):
    figure = every["ablation"]
    dots = [list(t.marker.color) for t in figure.data if t.mode == "markers" and not t.name]
    assert dots == [["#DDDDDD"] * 3, ["black", "black", "#DDDDDD"]]
    assert list(named(figure, "100").x) == pytest.approx([45, 35])
    assert [round(y) for y in named(figure, "100").y] == [1, 0]
    assert named(figure, "100").marker.color != named(figure, "500").marker.color


def test_the_band_lies_one_point_around_the_uncompressed_memory(every):
    band = next(s for s in every["by_budget"].layout.shapes if s.type == "rect")
    assert (band.y0, band.y1) == pytest.approx((60, 62))
    assert "The smallest within one point of it: 7,200." in every["by_budget"].layout.meta["alt"]
    other = learning.by_budget({"uniform": [(720, [0.4])]}, uncompressed=0.5)
    assert "fewest" not in other.layout.meta["alt"]


# -- classes -----------------------------------------------------------------------------------------------


def test_a_confusion_shows_shares_of_the_true_class(every):
    heat = every["confusion"].data[0]
    assert [list(row) for row in heat.z] == [
        [80, 20, 0],
        [25, 75, 0],
        [None, None, None],
    ]  # no clips of the last class
    assert "accuracy 79 %" in every["confusion"].layout.meta["alt"]


def test_lines_divide_the_tasks_and_only_them(every):
    lines = [s for s in every["confusion"].layout.shapes if s.type == "line"]
    assert sorted((s.x0, s.y0) for s in lines) == [(0, 0.5), (0.5, 0)]
    assert not every["confusions"].layout.shapes


def test_counts_that_do_not_fit_the_names_are_an_error():
    with pytest.raises(ValueError, match=r"shape \[3, 3\] for 2 names"):
        learning.confusion(COUNTS, NAMES[:2])


def test_one_plane_serves_all_feature_sets_and_keeps_distances_within_it():
    generator = seeded()
    flat = (
        torch.randn(50, 2, generator=generator) @ torch.linalg.qr(torch.randn(9, 2, generator=generator))[0].T
    )
    a, b = learning.plane(flat, flat + 3)
    assert a.shape == b.shape == (50, 2)
    assert torch.allclose(b - a, (b - a)[:1].expand(50, 2), atol=1e-4)
    (alone,) = learning.plane(flat)
    assert torch.allclose(torch.pdist(alone), torch.pdist(flat), atol=1e-4)


def test_the_plane_is_that_of_an_independent_decomposition():
    features = torch.randn(40, 6, generator=seeded(1)) * torch.tensor([5.0, 4, 3, 2, 1, 1])
    (ours,) = learning.plane(features)
    u, s, _ = torch.linalg.svd(features - features.mean(0), full_matrices=False)
    assert torch.allclose(ours.abs(), (u * s)[:, :2].abs(), atol=1e-4)


def test_features_of_one_dimension_have_no_plane():
    with pytest.raises(ValueError, match="two dimensions"):
        learning.plane(torch.rand(5, 1))


def test_an_arrow_leads_from_each_mean_before_to_its_mean_after(every):
    arrows = {(a.ax, a.ay, a.x, a.y) for a in every["drift"].layout.annotations if a.showarrow}
    assert arrows == {(10.0, 11.0, 11.0, 10.0), (12.0, 13.0, 13.0, 12.0)}
    words = [a.text for a in every["drift"].layout.annotations if not a.showarrow] + [
        t.name for t in every["drift"].data
    ]
    assert "kick" not in words  # a class without clips
    assert {"wave", "drink water"} <= set(words)


def test_every_class_that_moves_is_named_beside_its_arrow_or_in_the_legend():
    points = torch.randn(40, 2, generator=seeded()) * 0.01
    names = [f"class {k}" for k in range(10)]
    figure = learning.drift(points, points + 1, torch.arange(40) % 10, names)
    beside = [a.text for a in figure.layout.annotations if not a.showarrow]
    listed = [t.name for t in figure.data if t.mode == "lines"]
    assert sorted(beside + listed) == names
    assert listed
