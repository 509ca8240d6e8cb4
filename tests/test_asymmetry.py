"""Other asymmetries than ASMa's, and controls that hide as much motion."""

import pytest
import torch
from helpers import seeded

from skelkit import masks, selfsup
from skelkit.selfsup.objectives import OBJECTIVES, siamese
from skelkit.selfsup.presets import settings
from skelkit.skeletons.layouts import NTU25

pytestmark = pytest.mark.usefixtures("small")
TINY = {"frames": 10, "epochs": 2, "batch": 12, "projector": 16, "size": "small"}


def lively(clips=3, frames=20, seed=0):
    """Clips [n, 3, frames, 25, 1] in which joint v moves v times as far as joint 1."""
    steps = torch.randn(clips, 3, frames, 1, 1, generator=seeded(seed))
    return (steps * torch.arange(25.0)[:, None]).cumsum(2) + 10


@pytest.mark.parametrize(("power", "function"), [(1, masks.degree_joints), (-1, masks.inverse_degree_joints)])
def test_powers_of_one_of_the_degree_are_the_masks_of_asma(power, function):
    x = lively(9)
    drawn = masks.JointsBy("degree", power, 0.3)(x, NTU25, seeded(2))
    assert torch.equal(drawn, function(x, NTU25, 0.3, seeded(2)))


@pytest.mark.parametrize("quantity", ["degree", "hops", "motion"])
@pytest.mark.parametrize("power", [-4, -1, 1, 4])
def test_joints_are_hidden_as_often_as_a_power_of_the_quantity_says(quantity, power):
    mask, x = masks.JointsBy(quantity, power, 0.3), lively(1).expand(4000, -1, -1, -1, -1)
    value = {"degree": NTU25.degrees, "hops": 1 + NTU25.hops, "motion": torch.arange(25.0)}[quantity].double()
    if quantity == "motion":
        value = (value / value.mean()).clamp_min(1e-3)
    expected = masks.inclusion(value**power, 8)
    probability = mask.probability(x[:2], NTU25)
    torch.testing.assert_close(probability[1], expected, rtol=1e-3, atol=1e-4)
    often = mask(x, NTU25, seeded(1)).float().mean(0)
    assert (often - expected).abs().max() < 5 * 0.5 / len(x) ** 0.5


def test_a_higher_power_makes_f_and_g_hide_more_different_joints():
    def total_variation(power):
        f, g = (masks.JointsBy("degree", sign * power).probability(lively(1), NTU25)[0] for sign in (1, -1))
        return float((f / f.sum() - g / g.sum()).abs().sum() / 2)

    found = [total_variation(power) for power in (1, 2, 4)]
    assert found == sorted(found)
    assert found[2] > 1.5 * found[0]


def test_an_unknown_quantity_is_refused():
    with pytest.raises(ValueError, match="quantity='colour': expected 'degree', 'hops' or 'motion'"):
        masks.JointsBy("colour")(lively(), NTU25, seeded())
    with pytest.raises(ValueError, match="quantity='colour'"):
        settings("smoke", OBJECTIVES["asma"], quantity="colour")


def test_a_power_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="power=nan: expected a finite number"):
        masks.JointsBy("motion", float("nan"))(lively(), NTU25, seeded())


@pytest.mark.parametrize("like", [masks.JointsBy("motion", 2, 0.3), masks.JointsBy("motion", -2, 0.3)])
def test_matched_joints_hide_as_much_motion_as_the_mask_they_match(like):
    x = lively(6)
    speed = masks.joint_motion(x)
    wanted = masks.motion_share(like.probability(x, NTU25), speed)
    hidden = masks.MatchedJoints(like)(x, NTU25, seeded(1))
    assert len(hidden.sum(1).unique()) == 1
    assert masks.motion_share(masks.MatchedJoints(like).probability(x, NTU25), speed) == pytest.approx(
        wanted, abs=0.5 / 25 + 1e-6
    )


def test_matched_frames_hide_as_much_motion_as_the_mask_they_match():
    like, x = masks.MotionAttentiveFrames(0.4), lively(4, frames=40)
    energy = masks.frame_motion(x)
    wanted = masks.motion_share(like.probability(x), energy)
    assert wanted > 0.6
    found = masks.motion_share(masks.MatchedFrames(like).probability(x, NTU25), energy)
    assert found == pytest.approx(wanted, abs=0.5 / 40 + 1e-6)


def test_where_nothing_moves_as_many_are_hidden():
    still = torch.ones(2, 3, 20, 25, 1)
    assert masks.MatchedJoints(masks.DegreeJoints(0.4))(still, NTU25, seeded()).sum(1).tolist() == [10, 10]
    assert masks.MatchedJoints(masks.DegreeJoints(0.4))(still[:0], NTU25, seeded()).shape == (0, 25)


def test_f_hides_the_trunk_the_near_or_the_still_joints_and_g_the_others():
    s = settings("laptop")
    for quantity, sign in (("degree", 1), ("hops", -1), ("motion", -1)):
        f, still = siamese.asymmetric_masks("f", s, quantity, 2.0, 0.12)
        g, moving = siamese.asymmetric_masks("g", s, quantity, 2.0, 0.0)
        assert (f, g) == (
            masks.JointsBy(quantity, 2 * sign, s.joints),
            masks.JointsBy(quantity, -2 * sign, s.joints),
        )
        assert (still.lowest, still.cutoff, moving.lowest, moving.cutoff) == (True, 0.12, False, None)
        matched = siamese.asymmetric_masks("matched g", s, quantity, 2.0, 0.0)
        assert matched == (masks.MatchedJoints(g), masks.MatchedFrames(moving))


def test_the_asymmetry_is_an_option_of_pre_training(toy):
    clips = toy()
    default = selfsup.pretrain("asma", clips, **TINY)
    same = selfsup.pretrain("asma", clips, **TINY, quantity="degree", power=1.0, cutoff=0.0)
    other = selfsup.pretrain("asma", clips, **TINY, quantity="motion", power=2.0, cutoff=0.12)
    assert default.losses == same.losses != other.losses
    assert dict(other.settings.options) == {"quantity": "motion", "power": 2.0, "cutoff": 0.12}
    matched = selfsup.pretrain("two matched", clips, **TINY, power=4.0)
    assert len(matched.encoders) == 2
    assert len(matched.losses) == 2


def test_two_untrained_encoders_are_a_control_for_whatever_is_put_on_top(toy):
    made = selfsup.pretrain("two untrained", toy(), **TINY)
    assert (len(made.encoders), made.losses, made.head) == (2, [], 0)
    weights = [torch.cat([p.flatten() for p in e.parameters()]) for e in made.encoders]
    assert not torch.equal(*weights)
