import inspect
from itertools import permutations

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import example, given
from hypothesis import strategies as st

from skelkit import Skeleton, masks, motion
from skelkit.skeletons.layouts import KINECT20, KNOWN, NTU25

STAR = Skeleton(
    "star",
    ["centre", "arm", "hand", "left", "right"],
    [("centre", n) for n in ("arm", "left", "right")] + [("arm", "hand")],
    root="centre",
)
JOINT_MASKS = [masks.random_joints, masks.degree_joints, masks.inverse_degree_joints]
RANKED = [masks.high_motion_frames, masks.low_motion_frames]
DRAWN_FRAMES = [masks.random_frames, masks.motion_attentive_frames]


def named(values):
    return [v.__name__ for v in values]


def walks(clips=4, frames=24, joints=20, persons=1, seed=0):
    return torch.randn(clips, 3, frames, joints, persons, generator=seeded(seed)).cumsum(2) + 10


def copies(count, frames=12, joints=5, seed=0):
    """One clip, over and over."""
    return walks(1, frames, joints, seed=seed).expand(count, -1, -1, -1, -1)


def come_and_go(ragged, frames, clips=3, seed=0):
    return motion.to_batch(torch.tensor(np.stack(ragged([frames] * clips, seed=seed))))


def of_joints(mask, skeleton, ratio):
    """Probability of each joint, [V], of the mask that this function draws."""
    return masks.MASKS[mask.__name__](ratio).probability(walks(1, 1, len(skeleton)), skeleton)[0]


def agree(hidden, probability):
    """How often something was hidden, over clips, is within five standard errors of its probability."""
    count = len(hidden)
    wanted = probability.double()
    margin = 5 * (wanted * (1 - wanted) / count).clamp_min(0).sqrt() + 1e-6
    assert ((hidden.double().mean(0) - wanted).abs() <= margin).all()


# -- slow references --------------------------------------------------------------------------------------


def slow_frame_motion(x):
    """[N, T], by loops over clips, frames and the persons who are in this frame and the next."""
    clips, _, frames, joints, persons = x.shape
    out = np.zeros((clips, frames))
    for n in range(clips):
        for t in range(frames - 1):
            pairs = [(x[n, :, t, :, m], x[n, :, t + 1, :, m]) for m in range(persons)]
            moves = [float((b - a).double().square().sum()) / joints for a, b in pairs if a.any() and b.any()]
            out[n, t] = sum(moves) / max(len(moves), 1)
        if frames > 1:
            out[n, -1] = out[n, -2]
    return out


def slow_joint_motion(x, fps):
    clips, _, frames, joints, persons = x.shape
    out = np.zeros((clips, joints))
    for n in range(clips):
        speeds = []
        for m in range(persons):
            for t in range(frames - 1):
                a, b = x[n, :, t, :, m].double(), x[n, :, t + 1, :, m].double()
                if a.any() and b.any():
                    speeds.append((b - a).square().sum(0).sqrt().numpy() * fps)
        out[n] = np.mean(speeds, 0) if speeds else 0
    return out


def slow_inclusion(weights, count):
    """Every order in which `count` items can be drawn, each with its probability."""
    total = np.zeros(len(weights))
    for order in permutations(range(len(weights)), count):
        left, chance = sum(weights), 1.0
        for item in order:
            chance *= weights[item] / left
            left -= weights[item]
        total[list(order)] += chance
    return total


# -- how many ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", JOINT_MASKS, ids=named(JOINT_MASKS))
@given(ratio=st.floats(0, 0.97), seed=st.integers(0, 99))
def test_every_clip_has_exactly_its_share_of_joints_hidden(mask, ratio, seed):
    hidden = mask(walks(), KINECT20, ratio, seeded(seed))
    assert hidden.dtype is torch.bool
    assert hidden.sum(1).tolist() == [round(ratio * 20)] * 4


@pytest.mark.parametrize("mask", [*DRAWN_FRAMES, *RANKED], ids=named([*DRAWN_FRAMES, *RANKED]))
@given(ratio=st.floats(0, 0.97), frames=st.integers(17, 40), seed=st.integers(0, 99))
def test_every_clip_has_exactly_its_share_of_frames_hidden(mask, ratio, frames, seed):
    hidden = mask(walks(frames=frames, joints=2), ratio=ratio, generator=seeded(seed))
    assert hidden.shape == (4, frames)
    assert hidden.sum(1).tolist() == [round(ratio * frames)] * 4


@given(ratio=st.floats(0, 1), tuples=st.integers(1, 25), size=st.integers(1, 6))
def test_every_clip_keeps_the_rounded_share_of_its_tuples_and_at_least_one(ratio, tuples, size):
    kept = masks.kept_tuples(tuples, ratio)
    assert kept >= 1
    assert kept == 1 or abs(kept - tuples * (1 - ratio)) <= 0.5 + 1e-9
    hidden = masks.random_tuples(
        walks(frames=tuples * size, joints=2), ratio=ratio, generator=seeded(), size=size
    )
    assert hidden.shape == (4, tuples)
    assert (~hidden).sum(1).tolist() == [kept] * 4


def test_nine_tenths_of_twenty_tuples_hidden_leaves_two_not_the_one_of_the_published_code():
    assert int(20 * (1 - 0.9)) == 1
    assert masks.kept_tuples(20, 0.9) == 2
    assert (~masks.random_tuples(walks(frames=120, joints=2), ratio=0.9, generator=seeded())).sum(
        1
    ).tolist() == [2] * 4


@given(ratio=st.floats(0, 0.97), seed=st.integers(0, 99))
def test_tubes_hide_the_same_number_of_joints_in_every_frame_and_change_only_between_stretches(ratio, seed):
    hidden = masks.motion_tubes(walks(), KINECT20, ratio, seeded(seed), size=4)
    assert hidden.shape == (4, 24, 20)
    assert (hidden.sum(2) == round(ratio * 20)).all()
    assert torch.equal(hidden, hidden[:, ::4].repeat_interleave(4, 1))


def test_draws_with_repetition_hide_no_more_joints_than_draws_and_fewer_on_average():
    hidden = masks.degree_draws(copies(20000, 1, 25), NTU25, 8, seeded()).sum(1).double()
    assert hidden.max() == 8
    assert hidden.min() >= 1
    expected = masks.DegreeDraws(8).probability(walks(1, 1, 25), NTU25)[0].double().sum()
    assert expected < 8
    assert (hidden.mean() - expected).abs() < 5 * hidden.std() / 20000**0.5


# -- how likely -------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=5), st.data())
def test_the_probability_of_being_drawn_agrees_with_counting_every_order_of_seeded(weights, data):
    count = data.draw(st.integers(0, len(weights)))
    np.testing.assert_allclose(
        masks.inclusion(torch.tensor(weights), count).numpy(), slow_inclusion(weights, count), atol=2e-5
    )


@pytest.mark.parametrize("mask", JOINT_MASKS, ids=named(JOINT_MASKS))
@pytest.mark.parametrize("skeleton", KNOWN.values(), ids=KNOWN)
def test_probabilities_of_joints_add_up_to_the_number_hidden_and_follow_the_weights(mask, skeleton):
    for count in range(len(skeleton)):
        probability = of_joints(mask, skeleton, count / len(skeleton))
        assert float(probability.sum()) == pytest.approx(count, abs=1e-4)
        order = {masks.random_joints: 0, masks.degree_joints: 1, masks.inverse_degree_joints: -1}[mask]
        for degree in range(1, int(skeleton.degrees.max())):
            low, high = probability[skeleton.degrees == degree], probability[skeleton.degrees > degree]
            if count and len(low) and len(high):
                assert (
                    ((high.min() - low.max()) * order > 0)
                    if order
                    else torch.allclose(high, low.mean().expand_as(high), atol=1e-6)
                )


@pytest.mark.parametrize("mask", JOINT_MASKS, ids=named(JOINT_MASKS))
@pytest.mark.parametrize(
    ("skeleton", "ratio"), [(KINECT20, 0.3), (KINECT20, 0.8), (NTU25, 0.04), (STAR, 0.4)], ids=str
)
def test_joints_are_hidden_as_often_as_their_probability_says(mask, skeleton, ratio):
    hidden = mask(copies(20000, 1, len(skeleton)), skeleton, ratio, seeded())
    agree(hidden, of_joints(mask, skeleton, ratio))


@pytest.mark.parametrize("count", [1, 8, 30])
def test_draws_with_repetition_hide_joints_as_often_as_their_probability_says(count):
    agree(
        masks.degree_draws(copies(20000, 1, 20), KINECT20, count, seeded()),
        masks.DegreeDraws(count).probability(walks(1, 1), KINECT20)[0],
    )


@pytest.mark.parametrize("mask", [*DRAWN_FRAMES, *RANKED], ids=named([*DRAWN_FRAMES, *RANKED]))
@pytest.mark.parametrize("ratio", [0, 0.1, 0.4, 0.9])
def test_frames_are_hidden_as_often_as_their_probability_says(mask, ratio):
    x = copies(10000, joints=2)
    probability = masks.MASKS[mask.__name__](ratio).probability(x, None)
    assert (probability == probability[:1]).all()
    assert float(probability[0].sum()) == pytest.approx(round(ratio * 12), abs=1e-5)
    agree(mask(x, ratio=ratio, generator=seeded()), probability[0])


@pytest.mark.parametrize("ratio", [0, 0.3, 1])
def test_tuples_are_hidden_as_often_as_their_probability_says(ratio):
    x = copies(10000, 20, 2)
    probability = masks.RandomTuples(ratio, size=2).probability(x)[0]
    assert float(probability.sum()) == pytest.approx(10 - masks.kept_tuples(10, ratio), abs=1e-5)
    agree(masks.random_tuples(x, ratio=ratio, generator=seeded(), size=2), probability)


@pytest.mark.parametrize("sharpness", [0, 1, 2.5])
def test_a_single_tube_a_stretch_is_drawn_as_often_as_its_probability_says(sharpness):
    x = copies(20000)
    probability = masks.MotionTubes(size=4, sharpness=sharpness).weights(x[:1], STAR)[0]
    hidden = masks.motion_tubes(x, STAR, 0.2, seeded(), size=4, sharpness=sharpness)
    agree(hidden[:, ::4], probability)


@pytest.mark.parametrize("sharpness", [0, 1, 2.5])
def test_the_first_tube_is_drawn_in_proportion_to_a_power_of_the_path_its_joint_travels(ragged, sharpness):
    x = come_and_go(ragged, 12)
    probability = masks.MotionTubes(size=4, sharpness=sharpness).weights(x, KINECT20)
    for n in range(3):
        for stretch in range(3):
            path = np.zeros(20)
            for t in range(4 * stretch, min(4 * stretch + 4, 11)):
                for m in range(2):
                    a, b = x[n, :, t, :, m].double(), x[n, :, t + 1, :, m].double()
                    path += (b - a).norm(dim=0).numpy() * bool(a.any() and b.any())
            wanted = (path / 4 + 1e-6) ** sharpness
            np.testing.assert_allclose(probability[n, stretch].numpy(), wanted / wanted.sum(), rtol=1e-4)


@pytest.mark.parametrize("ratio", [0.2, 0.6])
def test_tubes_hide_joints_as_often_as_their_probability_says(ratio):
    mask = masks.MotionTubes(ratio, size=4)
    x = copies(20000)
    agree(mask(x, STAR, seeded()), mask.probability(x[:1], STAR)[0])


def test_joints_that_hardly_move_have_the_probability_with_which_they_are_drawn():
    weights = torch.tensor([1e-6] * 20 + [1.0] * 5)
    expected = torch.tensor([3 / 20] * 20 + [1.0] * 5)  # all five that move, and three of the twenty others
    torch.testing.assert_close(masks.inclusion(weights, 8), expected, rtol=0, atol=1e-4)


def test_where_nothing_moves_all_tubes_are_alike():
    probability = masks.MotionTubes().weights(torch.ones(2, 3, 12, 5, 1), STAR)
    torch.testing.assert_close(probability, torch.full((2, 2, 5), 0.2))


# -- every clip its own draw ------------------------------------------------------------------------------


DRAWING = {
    **{
        m.__name__: lambda x, g, m=m: m(x, KINECT20, 0.4, g)
        for m in [*JOINT_MASKS, masks.motion_tubes, *DRAWN_FRAMES, masks.random_tuples]
    },
    "degree_draws": lambda x, g: masks.degree_draws(x, KINECT20, 8, g),
    "asymmetric_views": lambda x, g: masks.asymmetric_views(x, KINECT20, g)[0].joints,
}


@pytest.mark.parametrize("draw", DRAWING.values(), ids=DRAWING)
def test_clips_have_draws_of_their_own_and_the_same_seed_draws_the_same_masks(draw):
    x = copies(8, 60, 20)
    hidden = draw(x, seeded(5))
    assert len({tuple(row.flatten().tolist()) for row in hidden}) > 1
    assert torch.equal(hidden, draw(x, seeded(5)))
    assert not torch.equal(hidden, draw(x, seeded(6)))


@pytest.mark.parametrize("draw", DRAWING.values(), ids=DRAWING)
def test_a_mask_that_draws_asks_for_a_generator(draw):
    with pytest.raises(ValueError, match=r"needs generator=torch.Generator\(\)"):
        draw(walks(), None)


def test_the_two_views_draw_their_joints_independently():
    f, g = masks.asymmetric_views(copies(2000, 5, 20), KINECT20, seeded(), joint_ratio=0.3)
    together = (f.joints & g.joints).double().mean(0)
    agree(f.joints & g.joints, f.joints.double().mean(0) * g.joints.double().mean(0))
    assert together.max() > 0


# -- what moves -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_motion_agrees_with_loops_over_the_persons_present(ragged, frames):
    x = come_and_go(ragged, frames)
    x[1, ..., 1] = 0
    np.testing.assert_allclose(masks.frame_motion(x).numpy(), slow_frame_motion(x), rtol=1e-5)
    np.testing.assert_allclose(masks.joint_motion(x, 25).numpy(), slow_joint_motion(x, 25), rtol=1e-5)


def test_an_absent_person_is_not_one_who_does_not_move():
    x = walks(persons=2)
    x[..., 1] = 0
    torch.testing.assert_close(masks.frame_motion(x), masks.frame_motion(x[..., :1]))
    torch.testing.assert_close(masks.joint_motion(x), masks.joint_motion(x[..., :1]))
    torch.testing.assert_close(
        masks.MotionTubes().weights(x, KINECT20), masks.MotionTubes().weights(x[..., :1], KINECT20)
    )


def test_a_person_who_leaves_neither_moves_nor_halves_the_motion_of_who_stays():
    x = torch.ones(1, 3, 20, 20, 2)
    x[0, 0, :, :, 0] += torch.arange(20)[:, None] * 0.1
    x[0, :, 10:, :, 1] = 0
    motions = masks.frame_motion(x)[0]
    torch.testing.assert_close(
        motions, torch.cat([torch.full((9,), 0.005), torch.full((11,), 0.01)]), rtol=1e-4, atol=0
    )


@given(ratio=st.floats(0, 0.97), frames=st.integers(17, 40), seed=st.integers(0, 99))
def test_the_frames_of_most_and_least_motion_are_those_of_a_sorted_list(ragged, ratio, frames, seed):
    x = come_and_go(ragged, frames, clips=2, seed=seed)
    motions, count = slow_frame_motion(x), round(ratio * frames)
    high, low = (mask(x, ratio=ratio).numpy() for mask in (masks.high_motion_frames, masks.low_motion_frames))
    for n in range(2):
        in_order = np.sort(motions[n])
        np.testing.assert_allclose(np.sort(motions[n][low[n]]), in_order[:count], rtol=1e-5)
        np.testing.assert_allclose(np.sort(motions[n][high[n]]), in_order[frames - count :], rtol=1e-5)


def test_attentive_masks_always_hide_the_frames_that_move_most():
    x = copies(500, 20, 2)
    hidden = masks.motion_attentive_frames(x, ratio=0.4, generator=seeded())
    top = masks.high_motion_frames(x, ratio=0.2)
    assert hidden[top].all()
    assert (hidden & ~top).any(0).sum() == 16  # all others now and then


def jittering(frames=60):
    """30 frames a second. First half: a slow glide, 2 cm a frame.

    Second half: still, but for a 2 cm alternating jitter (4 cm a frame).
    """
    time = torch.arange(frames)
    glide = 0.02 * time.clamp(max=frames // 2)
    jitter = 0.02 * (-1.0) ** time * (time >= frames // 2)
    x = torch.ones(1, 3, frames, 20, 1)
    x[0, 0] += (glide + jitter)[:, None, None]
    return x


@pytest.mark.parametrize(("cutoff", "moving_half"), [(None, slice(30, 60)), (3.0, slice(0, 30))])
def test_a_low_pass_ranks_true_motion_above_jitter_and_without_it_jitter_wins(cutoff, moving_half):
    x = jittering()
    inside = torch.zeros(1, 60, dtype=torch.bool)
    inside[:, moving_half] = True
    for ranked in RANKED:
        hidden = ranked(x, ratio=0.4, cutoff=cutoff, fps=30)
        assert (hidden <= (inside if ranked is masks.high_motion_frames else ~inside)).all()
    attentive = masks.MotionAttentiveFrames(0.4, cutoff, fps=30).probability(x)
    assert (attentive[~inside] < 1).all()
    f, g = masks.asymmetric_views(x, KINECT20, seeded(), cutoff=cutoff, fps=30)
    assert (g.frames <= inside).all()
    assert (f.frames <= ~inside).all()


def test_a_low_pass_takes_the_speed_of_jitter_off_joints_and_tubes():
    x = torch.ones(1, 3, 60, 20, 1)
    x[0, 1, :, 3, 0] += 0.02 * (-1.0) ** torch.arange(60)
    x[0, 1, :, 7, 0] += 0.02 * torch.arange(60)
    raw, smooth = masks.joint_motion(x, 30)[0], masks.joint_motion(x, 30, cutoff=3.0)[0]
    assert raw[3] > raw[7]
    assert smooth[3] < 0.2 * smooth[7]
    assert float(smooth[7]) == pytest.approx(0.6, rel=0.1)
    tubes = masks.MotionTubes(cutoff=3.0).weights(x, KINECT20)[0, 2:-2]
    assert (tubes[:, 7] > 0.95).all()


@pytest.mark.parametrize("mask", [*DRAWN_FRAMES, *RANKED], ids=named([*DRAWN_FRAMES, *RANKED]))
def test_of_a_clip_of_one_frame_nothing_is_hidden_and_a_share_above_a_half_is_refused(mask):
    assert mask(walks(frames=1), ratio=0.4, generator=seeded()).tolist() == [[False]] * 4
    with pytest.raises(ValueError, match=r"ratio=0.6 hides all 1 frames"):
        mask(walks(frames=1), ratio=0.6, generator=seeded())


# -- two views --------------------------------------------------------------------------------------------


@example(ratio=0.5, frames=27, still=False, seed=0)  # two times round(13.5) is 28
@given(ratio=st.floats(0, 0.5), frames=st.integers(2, 40), still=st.booleans(), seed=st.integers(0, 99))
def test_no_frame_is_hidden_from_both_views_not_even_where_all_frames_are_alike(ratio, frames, still, seed):
    x = torch.ones(2, 3, frames, 20, 1) if still else walks(2, frames, seed=seed)
    count = round(ratio * frames)
    if 2 * count > frames:
        with pytest.raises(ValueError, match=f"each hide {count} of {frames} frames, some of them both"):
            masks.asymmetric_views(x, KINECT20, seeded(seed), frame_ratio=ratio)
        return
    f, g = masks.asymmetric_views(x, KINECT20, seeded(seed), frame_ratio=ratio)
    assert not (f.frames & g.frames).any()
    assert f.frames.sum(1).tolist() == g.frames.sum(1).tolist() == [count] * 2


def test_one_view_hides_the_trunk_and_slow_frames_and_the_other_the_ends_and_fast_frames():
    x = copies(20000, 5, 20)
    f, g = masks.asymmetric_views(x, KINECT20, seeded(), joint_ratio=0.25, frame_ratio=0.4)
    agree(f.joints, of_joints(masks.degree_joints, KINECT20, 0.25))
    agree(g.joints, of_joints(masks.inverse_degree_joints, KINECT20, 0.25))
    assert torch.equal(f.frames, masks.low_motion_frames(x, ratio=0.4))
    assert torch.equal(g.frames, masks.high_motion_frames(x, ratio=0.4))


def test_a_view_zeroes_its_joints_in_one_stream_and_its_frames_in_the_other():
    x = walks(persons=2)
    f, _ = masks.asymmetric_views(x, KINECT20, seeded())
    for n in range(4):
        for j in range(20):
            assert torch.equal(f.spatial(x)[n, :, :, j], x[n, :, :, j] * (not f.joints[n, j]))
        for t in range(24):
            assert torch.equal(f.temporal(x)[n, :, t], x[n, :, t] * (not f.frames[n, t]))


def test_hiding_takes_joints_for_the_whole_clip_or_frame_by_frame_together_with_frames():
    x = walks(2, 6, 5, 2)
    joints, tubes, frames = (
        torch.rand(size, generator=seeded(3)) < 0.5 for size in ((2, 5), (2, 6, 5), (2, 6))
    )
    assert masks.hide(x) is x
    for hidden in (joints, tubes):
        y = masks.hide(x, hidden, frames)
        assert y.shape == x.shape
        for n, t, j in np.ndindex(2, 6, 5):
            gone = frames[n, t] or (hidden[n, j] if hidden is joints else hidden[n, t, j])
            assert torch.equal(y[n, :, t, j], x[n, :, t, j] * (not gone))


# -- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x, g: masks.random_joints(x, KINECT20, 1.0, g),
            "ratio=1.0 hides all 20 joints; an encoder needs at least one",
        ),
        (
            lambda x, g: masks.degree_joints(x, KINECT20, -0.1, g),
            "ratio=-0.1: the share to hide must be between 0 and 1",
        ),
        (
            lambda x, g: masks.random_frames(x, ratio=1.5, generator=g),
            "ratio=1.5: the share to hide must be between 0 and 1",
        ),
        (lambda x, g: masks.RandomFrames(1).probability(x), "ratio=1 hides all 24 frames"),
        (lambda x, g: masks.DegreeJoints(0.99).probability(x, KINECT20), "ratio=0.99 hides all 20 joints"),
        (lambda x, g: masks.kept_tuples(20, 1.1), "ratio=1.1: the share to hide"),
        (
            lambda x, g: masks.random_tuples(x, generator=g, size=7),
            "24 frames are not a whole number of tuples of 7; resize the clips to a multiple of 7",
        ),
        (
            lambda x, g: masks.motion_tubes(x, KINECT20, generator=g, size=5),
            "24 frames are not a whole number of tuples of 5",
        ),
        (lambda x, g: masks.degree_draws(x, KINECT20, 0, g), "draws=0: expected a whole number, at least 1"),
        (lambda x, g: masks.degree_draws(x, KINECT20, 0.3, g), "draws=0.3: expected a whole number"),
        (
            lambda x, g: masks.asymmetric_views(x, KINECT20, g, frame_ratio=0.6),
            "f and g would each hide 14 of 24 frames",
        ),
        (
            lambda x, g: masks.asymmetric_views(x, KINECT20, g, joint_ratio=0.99),
            "ratio=0.99 hides all 20 joints",
        ),
        (lambda x, g: masks.frame_motion(x, cutoff=0), "positive frequency in Hz; got 0"),
        (lambda x, g: masks.random_frames(x[0], generator=g), r"got 4 axes of sizes \[3, 24, 20, 1\]"),
    ],
)
def test_a_share_or_number_that_makes_no_mask_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(walks(), seeded())


@pytest.mark.parametrize(
    "mask",
    [*JOINT_MASKS, masks.degree_draws, masks.motion_tubes, masks.asymmetric_views],
    ids=lambda m: m.__name__,
)
def test_the_skeleton_of_other_clips_is_refused(mask):
    with pytest.raises(ValueError, match="the batch has 20 joints, the NTU-25 skeleton has 25"):
        mask(walks(), NTU25, generator=seeded())


def test_hiding_tuples_as_if_they_were_frames_says_how_to_spread_them():
    x = torch.ones(1, 3, 60, 25, 1)
    mask = masks.random_tuples(x, generator=seeded(0))
    with pytest.raises(ValueError, match=r"10 hidden frames for 60 frames; .*repeat_interleave\(6, 1\)"):
        masks.hide(x, frames=mask)
    assert masks.hide(x, frames=mask.repeat_interleave(6, 1)).shape == x.shape


# -- the interface of all masks ---------------------------------------------------------------------------


BUILT_IN = (
    *("random_joints", "degree_joints", "inverse_degree_joints", "degree_draws", "random_frames"),
    *("low_motion_frames", "high_motion_frames", "motion_attentive_frames", "random_tuples", "motion_tubes"),
)


@pytest.mark.parametrize("name", masks.MASKS)
def test_every_mask_is_called_the_same_way_and_draws_what_its_function_draws_if_it_has_one(name):
    x, mask = walks(), masks.MASKS[name]()
    hidden = mask(x, KINECT20, seeded(3))
    shape = {"joints": (4, 20), "frames": (4, 24), "tuples": (4, 4), "tubes": (4, 24, 20)}[mask.hides]
    assert (hidden.shape, hidden.dtype) == (shape, torch.bool)
    function = getattr(masks, name, None)
    assert inspect.isfunction(function) or name not in BUILT_IN
    if inspect.isfunction(function):
        assert torch.equal(hidden, function(x, KINECT20, generator=seeded(3)))
    probability = mask.probability(x, KINECT20)
    assert probability.shape == shape
    assert (probability[hidden] > 0).all()
    assert (probability[~hidden] < 1).all()


def test_masks_with_the_same_parameters_are_equal_and_cannot_be_changed():
    assert masks.DegreeJoints(0.3) == masks.DegreeJoints(0.3) != masks.DegreeJoints(0.4)
    assert masks.DegreeJoints(0.3) != masks.InverseDegreeJoints(0.3)
    with pytest.raises(AttributeError):
        masks.DegreeJoints(0.3).ratio = 0.4


def test_a_mask_takes_the_settings_that_it_has():
    settings = {"ratio": 0.5, "cutoff": 3.0, "colour": "red"}
    assert masks.HighMotionFrames.from_settings(settings) == masks.HighMotionFrames(0.5, cutoff=3.0)
    assert masks.RandomJoints.from_settings(settings) == masks.RandomJoints(0.5)
