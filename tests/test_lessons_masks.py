"""Notebook 02: what its functions compute is what their sentences say."""

import math
from itertools import permutations
from pathlib import Path

import pytest
import torch
from helpers import batch, defined, seeded

import skelkit as sk
from skelkit import study
from skelkit.lessons import exercises, masks, masks_coverage, masks_motion
from skelkit.skeletons import COCO17, NTU25

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "02_masks.ipynb"


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {})


@pytest.fixture(scope="module")
def clips():
    return sk.load("synthetic", seed=0, clips=24, frames=30)


def last_sentence():
    return study.results()["claims"][-1]


def odd_clips(frames=10, fps=15.0):
    """15 joints with spaces in their names; two persons, the second absent at first; one class, no names."""
    joints = ["Head", "Neck", "Torso"] + [
        f"{side} {joint}"
        for side in ("Left", "Right")
        for joint in ("Shoulder", "Elbow", "Hand", "Hip", "Knee", "Foot")
    ]
    bones = [("Head", "Neck"), ("Neck", "Torso")]
    for side in ("Left", "Right"):
        for a, b in (("Neck", "Shoulder"), ("Shoulder", "Elbow"), ("Elbow", "Hand")):
            bones.append((a if a == "Neck" else f"{side} {a}", f"{side} {b}"))
        for a, b in (("Torso", "Hip"), ("Hip", "Knee"), ("Knee", "Foot")):
            bones.append((a if a == "Torso" else f"{side} {a}", f"{side} {b}"))
    skeleton = sk.Skeleton("sbu", joints, bones, root="Torso")
    x = 1 + 0.02 * torch.randn(6, frames, 2, 15, 3, generator=seeded()).cumsum(1)
    x[:, : frames // 3, 1] = 0
    x[0, : frames // 2] = 0
    return sk.ClipSet.from_arrays(list(x), skeleton=skeleton, fps=fps)


# -- joints that are drawn ---------------------------------------------------------------------------------


def probability_over_all_orders(weights, count):
    """Every order of draws without repetition, with its probability."""
    found = torch.zeros(len(weights))
    for order in permutations(range(len(weights)), count):
        left, p = sum(weights), 1.0
        for j in order:
            p *= weights[j] / left
            left -= weights[j]
        found[list(order)] += p
    return found


def test_the_probability_of_the_notebook_is_that_of_all_orders_of_draws():
    weights = [3.0, 1.0, 2.0, 1.0, 0.5]
    for count in (1, 2, 3):
        found = defined(NOTEBOOK, "probability")(torch.tensor(weights), count)
        torch.testing.assert_close(found, probability_over_all_orders(weights, count), atol=1e-4, rtol=0)


def test_the_functions_of_the_notebook_are_those_of_the_library(clips):
    for skeleton in (NTU25, COCO17):
        masks.check_algorithm(defined(NOTEBOOK, "draw"), defined(NOTEBOOK, "probability"), skeleton, 0.3, 5)
    masks_motion.check_ranking(defined(NOTEBOOK, "ranked_frames"), clips)


def test_a_draw_with_other_weights_is_a_false_claim():
    def uniform(weights, count, clips, generator):
        return defined(NOTEBOOK, "draw")(torch.ones_like(weights), count, clips, generator)

    with pytest.raises(study.ClaimFailed, match="the same joints as the library's three masks"):
        masks.check_algorithm(uniform, defined(NOTEBOOK, "probability"), NTU25, 0.3, 0)


def test_probabilities_of_the_joint_with_most_bones_grow_less_than_the_weights(capsys):
    masks.work_out(NTU25, 0.3)
    assert "4/48 = 8.3%" in capsys.readouterr().out
    assert masks.times_as_often(NTU25, 1 / 25) == pytest.approx(4, rel=1e-4)  # a single draw
    assert 1 < masks.times_as_often(NTU25, 0.9) < masks.times_as_often(NTU25, 0.3) < 4


def test_every_joint_is_in_one_group():
    groups = masks.joint_groups(NTU25)
    assert (sum(joints.int() for joints in groups.values()) == 1).all()
    assert groups["where most bones meet"].nonzero().flatten().tolist() == [
        j for j, degree in enumerate(NTU25.degrees.tolist()) if degree >= 3
    ]


# -- what moves --------------------------------------------------------------------------------------------


def test_feet_are_found_however_they_are_spelt_and_hands_are_none():
    what, joints = masks_motion.resting_joints(odd_clips().skeleton)
    assert what == "feet"
    assert {odd_clips().skeleton.joints[j] for j in joints} == {"Left Foot", "Right Foot"}
    assert masks_motion.resting_joints(COCO17)[0] == "ankles"
    assert {NTU25.joints[j] for j in masks_motion.resting_joints(NTU25)[1]} == {"left_foot", "right_foot"}
    finger = sk.Skeleton("finger", ["a", "b", "c"], [("a", "b"), ("b", "c")], root="a")
    assert masks_motion.resting_joints(finger) == ("ends of limbs", [0, 2])


def test_joints_that_nowhere_rest_are_said_not_to():
    x = 5 * torch.rand(3, 40, 1, 25, 3, generator=seeded()).cumsum(1)
    assert masks_motion.measure_noise(sk.ClipSet.from_arrays(list(x), skeleton=NTU25))["foot_noise"] == 0
    assert last_sentence()["sentence"] == "In none of 3 clips do the feet rest."


def test_noise_of_standing_feet_is_measured():
    x = 1 + 0.01 * torch.randn(8, 60, 1, 25, 3, generator=seeded())
    found = masks_motion.measure_noise(sk.ClipSet.from_arrays(list(x), skeleton=NTU25, fps=30))
    expected = (
        0.01 * 2**0.5 * math.sqrt(8 / math.pi) * 30
    )  # mean length of a difference of two draws in space
    assert found["foot_speed"] == pytest.approx(expected, rel=0.03)
    assert last_sentence()["holds"]


def test_degrees_without_relation_to_speed_are_within_chance():
    degrees = NTU25.degrees
    chance = masks_motion.shuffled_correlation(degrees, torch.rand(25, generator=seeded()))
    assert 0.3 < chance < 0.5  # about 1.96 / √24
    masks_motion.compare_speed_and_degree(NTU25, torch.rand(25, generator=seeded(3)))
    assert not last_sentence()["holds"]
    correlation, by_degree = masks_motion.compare_speed_and_degree(NTU25, 1 / degrees)
    assert correlation == pytest.approx(-1)
    assert by_degree == {1: 1.0, 2: 0.5, 3: pytest.approx(1 / 3), 4: 0.25}


def test_a_low_pass_keeps_the_ranking_of_a_smooth_burst_and_not_that_of_noise():
    time = torch.arange(90) / 30
    burst = 1 + torch.exp(-0.5 * ((time - 1.5) / 0.3) ** 2)
    smooth = burst.reshape(90, 1, 1, 1).expand(90, 1, 25, 3)
    noise = 1 + 0.01 * torch.randn(90, 1, 25, 3, generator=seeded())
    shared = masks_motion.frames_in_common(
        sk.ClipSet.from_arrays([smooth, noise], skeleton=NTU25, fps=30), 0.2
    )
    assert shared[0] > 0.8 > shared[1]
    assert masks_motion.replaced(shared) == pytest.approx(1 - float(shared.mean()))


def test_clips_of_one_frame_have_no_ranking():
    shared = masks_motion.frames_in_common(
        sk.ClipSet.from_arrays([torch.ones(1, 1, 25, 3)], skeleton=NTU25), 0.2
    )
    assert shared.isnan().all()
    assert masks_motion.compare_rankings(shared, 0.2) == 1
    assert "too short" in last_sentence()["sentence"]


def test_the_travel_of_a_person_who_enters_does_not_begin_at_the_origin():
    x = torch.ones(30, 1, 25, 3)
    x[:10] = 0
    x[20:, ..., 0] = 1.5
    assert masks_motion.travel(sk.ClipSet.from_arrays([x], skeleton=NTU25)[0]) == pytest.approx(0.5)
    alone = torch.stack([torch.zeros(30, 25, 3), torch.ones(30, 25, 3)], 1)  # in the second slot
    assert math.isnan(masks_motion.travel(sk.ClipSet.from_arrays([alone], skeleton=NTU25)[0]))


def test_frames_hidden_by_rank_and_by_lot_are_as_likely_as_the_equation_says(clips, capsys):
    masks_motion.check_law(clips[0], 0.4, 2000, seeded())
    length = len(clips[0])
    h, c = round(0.4 * length), round(0.2 * length)
    assert f"({h} − {c}) / ({length} − {c}) = {(h - c) / (length - c):.1%}" in capsys.readouterr().out


# -- two encoders ------------------------------------------------------------------------------------------


def test_what_both_lack_is_the_share_squared_and_a_covariance():
    f, g = torch.tensor([0.6, 0.2, 0.1]), torch.tensor([0.1, 0.2, 0.6])
    probability = {masks.F: f, masks.G: g, masks.RANDOM: torch.full((3,), 0.3)}
    mean = masks_coverage.check_covariance({k: p.clone() for k, p in probability.items()}, 0.9)
    assert mean["f and g"] == pytest.approx((0.06 + 0.04 + 0.06) / 3)
    assert mean["f twice"] == pytest.approx((0.36 + 0.04 + 0.01) / 3)
    with pytest.raises(study.ClaimFailed, match="as the equation says"):
        masks_coverage.check_covariance(probability | {masks.G: f}, 0.9)  # no opposite of f


def test_opposite_masks_lack_least_together_on_every_layout():
    for skeleton in sk.skeletons.KNOWN.values():
        x = torch.ones(1, 3, 1, len(skeleton), 1)
        probability = {k: m.probability(x, skeleton)[0] for k, m in masks.joint_masks(0.3).items()}
        mean = masks_coverage.check_covariance(probability, masks.hidden_joints(0.3, skeleton))
        assert mean["f and g"] <= mean["two random masks"] + 1e-6


def test_draws_of_f_and_g_hide_the_expected_share_from_both():
    x = torch.ones(1, 3, 1, 25, 1)
    f, g = (masks.joint_masks(0.3)[k].probability(x, NTU25)[0] for k in (masks.F, masks.G))
    expected = float((f * g).mean())
    masks_coverage.check_draws(expected, NTU25, 0.3, 4000, seeded())
    with pytest.raises(study.ClaimFailed, match="hidden from both"):
        masks_coverage.check_draws(expected + 0.02, NTU25, 0.3, 4000, seeded())


def test_f_sees_the_frames_that_move_and_g_those_that_do_not():
    time = torch.arange(50.0)
    x = (1 + (time - 40).clamp(min=0) ** 2 / 50).reshape(50, 1, 1, 1).expand(50, 1, 25, 3)
    seen = masks_coverage.check_frames(sk.ClipSet.from_arrays([x], skeleton=NTU25))
    assert seen["energy_seen_by_f"] == pytest.approx(1)
    assert seen["energy_seen_by_g"] == pytest.approx(0, abs=0.01)


def test_tubes_of_a_clip_without_motion_make_no_difference():
    still = sk.ClipSet.from_arrays([torch.ones(40, 1, 25, 3)] * 4, skeleton=NTU25)
    masks_coverage.compare_tubes(still, 0.4, seeded())
    assert not last_sentence()["holds"]


def test_all_of_it_holds_for_short_clips_with_persons_who_enter_and_joints_with_spaces():
    odd = odd_clips()
    speed = masks_motion.speeds(odd)
    masks_motion.fastest_group(odd.skeleton, speed["as recorded"])
    masks_motion.draw_speed_and_degree(odd.skeleton, speed)
    masks_motion.compare_speed_and_degree(odd.skeleton, speed["as recorded"])
    masks_motion.measure_noise(odd)
    shared = masks_motion.frames_in_common(odd, 0.2)
    masks_motion.compare_rankings(shared, 0.2)
    assert set(masks_motion.still_and_lively(odd, shared)) == {"still", "lively"}
    masks_motion.check_ranking(defined(NOTEBOOK, "ranked_frames"), odd)
    masks_motion.check_law(odd[0], 0.4, 500, seeded())
    hidden = masks.draw_probabilities(odd, 0.3)
    masks.work_out(odd.skeleton, 0.3)
    masks.check_frequencies(hidden, odd.skeleton, 0.3, 2000, seeded())
    masks_coverage.compare_groups(hidden, odd.skeleton)
    masks_coverage.check_frames(odd)
    one = masks_motion.liveliest(odd)
    f, g = sk.masks.asymmetric_views(one.batch, odd.skeleton, seeded())
    masks_coverage.show_views(one, f, g)
    masks_coverage.compare_tubes(odd, 0.4, seeded())
    masks_coverage.show_tubes(one, 0.4, seeded())


# -- the page and its exercises ----------------------------------------------------------------------------


def test_the_panel_starts_with_the_motion_of_the_person_and_fits_a_laptop(clips):
    panel = sk.viz.panels.masking(clips)
    assert panel.values["cutoff"] == 3.0
    rows = -(-len(panel.controls) // 2)
    height = 34 * rows + 30 + panel.player.meta["height"] + 80 + panel.chart._figure.layout.height
    assert height < 660


def test_the_panel_offers_no_ratio_that_hides_all_of_three_joints_or_of_four_frames():
    arm = sk.Skeleton("arm", ["a", "b", "c"], [("a", "b"), ("b", "c")], root="a")
    for frames in (4, 30):
        x = torch.rand(frames, 1, 3, 3, generator=seeded()) + 1
        panel = sk.viz.panels.masking(sk.ClipSet.from_arrays([x], skeleton=arm))
        panel.controls["frames"].value = "random"
        panel.controls["ratio"].value = panel.controls["ratio"].max
        assert 0.7 <= panel.values["ratio"] < 0.9


def test_solutions_of_the_exercises_agree_with_the_library():
    x = batch(clips=3, frames=12, persons=2).abs() + 0.1
    x[0, :, 4:, :, 1] = 0
    torch.testing.assert_close(
        exercises.EXERCISES["frame_motion"].reference(x), sk.masks.frame_motion(x), atol=1e-5, rtol=1e-4
    )
    expected = sk.masks.DegreeDraws(6).probability(x[:1].new_ones(1, 3, 1, 25, 1), NTU25)[0]
    found = exercises.EXERCISES["distinct_joints"].reference(NTU25.degrees.float(), 6)
    assert found == pytest.approx(float(expected.sum()), rel=1e-5)
    assert exercises.EXERCISES["hidden_after_draws"].reference() == pytest.approx(
        float(expected.max()), rel=1e-5
    )
