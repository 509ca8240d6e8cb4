"""Notebook 07: its sentences compute what they say, and it runs where clips are unusual."""

from functools import partial
from pathlib import Path

import pytest
import torch
from helpers import batch, code_of, seeded

import skelkit as sk
from skelkit import study
from skelkit.deploy import sparsity
from skelkit.deploy.latency import Latency
from skelkit.experiments.recordings import Recording
from skelkit.lessons import distillation, distillation_deployed, distillation_recorded, shares
from skelkit.lessons.exercises import EXERCISES
from skelkit.study import recorded

PAGE = Path(__file__).parents[1] / "notebooks" / "07_distillation.ipynb"


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {})


def said():
    return study.results()["claims"][-1]


def logits_of(**networks):
    return {name.replace("_", " "): torch.tensor(each) for name, each in networks.items()}


# -- soft labels and the loss -----------------------------------------------------------------------------


def soft_loss(z, v, tau, factor=2):
    p, q = (v / tau).softmax(1), (z / tau).softmax(1)
    return tau**factor * (p * (p / q).log()).sum(1).mean()


def gradient(z, v, tau):
    return tau * ((z / tau).softmax(1) - (v / tau).softmax(1)) / len(z)


@pytest.fixture
def random_logits():
    draw = torch.randn(2, 8, 4, generator=seeded())
    return {"student": draw[0], "teacher": 3 * draw[1]}


def test_the_loss_and_gradient_of_the_page_are_accepted_and_others_are_not(random_logits):
    distillation.check_loss(soft_loss, gradient, random_logits)
    assert "= (-0.69, 0.10, 0.59)" in said()["sentence"]
    with pytest.raises(study.ClaimFailed, match="Loss and gradient"):
        distillation.check_loss(partial(soft_loss, factor=1), gradient, random_logits)
    with pytest.raises(study.ClaimFailed, match="Loss and gradient"):
        distillation.check_loss(soft_loss, lambda z, v, tau: gradient(z, v, 1.0), random_logits)


def test_a_gradient_without_the_factor_falls_with_the_square_of_a_high_temperature(random_logits):
    found = distillation.gradient_sizes(*random_logits.values(), (1.0, 64.0, 128.0))
    z, v = random_logits["student"].double(), random_logits["teacher"].double()
    assert found[1.0] == pytest.approx(float(gradient(z, v, 1.0).square().mean().sqrt()))
    assert found[64.0] / found[128.0] == pytest.approx(4, rel=0.01)
    centred = [each - each.mean(1, keepdim=True) for each in (z, v)]
    limit = float(((centred[0] - centred[1]) / 4 / 8).square().mean().sqrt())
    assert 128**2 * found[128.0] == pytest.approx(limit, rel=0.02)


def test_the_example_is_softened_to_what_the_question_answers():
    assert distillation.soften_example(4.0) == pytest.approx(50.65, abs=0.01)
    assert "(0.867, 0.117, 0.016)" in said()["sentence"]


def test_entropies_are_in_bits_and_finite_for_a_certain_teacher():
    certain = distillation.entropies(torch.tensor([[1000.0, 0.0, 0.0, 0.0]]), (1.0, 1e6))
    assert certain == {1.0: 0.0, 1e6: pytest.approx(2, abs=1e-3)}


def test_agreement_is_said_with_the_number_of_clips_and_with_guessing(capsys):
    teacher = torch.nn.functional.one_hot(torch.arange(30) % 3, 3).float()
    control = torch.nn.functional.one_hot(torch.zeros(30).long(), 3).float()
    logits = {"teacher": teacher, "student": teacher.clone(), "labels alone": control}
    share = distillation.compare_agreement(logits, torch.arange(30) % 3)
    assert share == {"student": 1.0, "labels alone": pytest.approx(1 / 3)}
    assert said()["holds"]
    assert "of 30 test clips" in said()["sentence"]
    assert "most frequent answer alone: 33%" in said()["sentence"]
    distillation.compare_agreement(logits | {"student": control}, torch.arange(30) % 3)
    assert said()["sentence"].startswith("No difference that can be told")
    assert "the most frequent class 33%" in capsys.readouterr().out


def test_the_interval_of_a_share_and_the_sign_test_are_those_of_statistics():
    from scipy import stats

    low, high = stats.binomtest(15, 40).proportion_ci(method="wilson")
    assert shares.interval(15 / 40, 40) == pytest.approx((low, high), abs=1e-4)
    assert shares.sign_test(9, 2) == pytest.approx(stats.binomtest(9, 11).pvalue)
    assert shares.guessing(torch.tensor([0, 2, 2, 1])) == 0.5


# -- sparsity ---------------------------------------------------------------------------------------------


def pack(weight):
    groups = weight.unflatten(1, (-1, 4))
    places = groups.abs().topk(2).indices
    return groups.gather(2, places), places


def unpack(values, places):
    groups = values.new_zeros(*values.shape[:2], 4)
    return groups.scatter(2, places, values).flatten(1)


@pytest.fixture
def layers():
    return torch.nn.Sequential(torch.nn.Linear(8, 6), torch.nn.Linear(6, 4), torch.nn.Linear(4, 2))


def test_packed_weights_take_nine_sixteenths_of_the_bytes(layers):
    assert distillation_deployed.check_packing(pack, unpack, layers) == pytest.approx(9 / 16)
    assert "the 56 weights of 2 layers" in said()["sentence"], "six inputs are no multiple of four"
    first = (lambda w: (w.unflatten(1, (-1, 4))[..., :2], pack(w)[1])), unpack
    with pytest.raises(study.ClaimFailed, match="Packed and unpacked"):
        distillation_deployed.check_packing(*first, layers)


def test_pruning_keeps_more_of_the_squares_than_of_the_weights(layers):
    pruned = sparsity.prune(layers)
    distillation_deployed.check_density(layers, pruned, pruned)
    before, after = (sum(p.weight.detach().square().sum() for p in each) for each in (layers, pruned))
    assert f"{float(after / before):.0%} of their sum of squares" in said()["sentence"]


# -- clips of every kind ----------------------------------------------------------------------------------


def clips_of(x):
    skeleton = sk.skeletons.Skeleton("chain", list("abcde"), ["ab", "bc", "cd", "de"], root="c")
    return sk.ClipSet.from_arrays(list(sk.motion.to_frames(x)), skeleton=skeleton, fps=15)


def test_a_clip_is_timed_with_its_persons_where_none_has_one():
    two = clips_of(batch(clips=3, frames=10, persons=2) + 3)
    clip, x = distillation_deployed.one_clip(two, 20)
    assert (clip.persons, x.shape) == (2, (1, 3, 20, 5, 2))
    alone = batch(clips=3, frames=10, persons=2) + 3
    alone[1, ..., 1] = 0
    clip, x = distillation_deployed.one_clip(clips_of(alone), 20)
    assert (clip.persons, x.shape[4]) == (1, 1)


def test_speed_is_compared_without_numbers_that_nobody_asked_for():
    spent = {
        "teacher": 8.0,
        "student": 2.4,
        "labels alone": 2.0,
        "onnxruntime": 1.0,
        "int8": 1.0,
        "2:4, taught again": 2.0,
    }
    spent = {name: Latency(median, median) for name, median in spent.items()}
    sizes = {"parameters": {"teacher": 200, "student": 10}, "macs": {"teacher": 80, "student": 8}}
    distillation_deployed.compare_speed(spent, sizes)
    claims = study.results()["claims"]
    assert "one of 20 parameters and one of 10 multiply-adds" in claims[0]["sentence"]
    assert "3.3 times as fast" in claims[0]["sentence"]
    assert [c["holds"] for c in claims] == [True, True, False, False]
    assert "takes, in torch, 1.00 of the time of the dense one: no clear gain" in claims[3]["sentence"]
    assert not any("ten" in c["sentence"] for c in claims)


def test_times_that_other_load_disturbed_are_said_to_be():
    spent = dict.fromkeys(("teacher", "student", "labels alone", "onnxruntime", "int8"), Latency(2.0, 2.5))
    spent |= {"2:4, taught again": Latency(1.0, 2.5)}
    sizes = {"parameters": {"teacher": 200, "student": 10}, "macs": {"teacher": 80, "student": 8}}
    distillation_deployed.compare_speed(spent, sizes)
    first = study.results()["claims"][0]
    assert first["sentence"].startswith(
        "Other load disturbed this measurement: of 2:4, taught again, one call"
    )
    assert not first["holds"]


# -- recordings -------------------------------------------------------------------------------------------


def student_runs(seeds=3):
    """Runs of all variants of "students", in the order of seeds."""
    usual = ("teacher", "student", "labels", "student, 2:4", "student, 2:4, taught again", "τ = 4")
    few = ("teacher", "answers alone", "labels")
    variants = {"few": few, "one": usual, "small": ("teacher", "pocket", "labels, pocket")}
    runs = []
    for seed in range(seeds):
        for label, networks in variants.items():
            values = {network: 0.5 + 0.01 * len(network) + 0.02 * seed for network in networks}
            sizes = {"teacher_parameters": 100, "student_parameters": 5, "total_seconds": 1.0}
            runs.append({"label": label, "seed": seed} | values | sizes)
    return runs


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 9])
def test_a_recording_of_students_is_shown_as_far_as_it_goes(count, monkeypatch, capsys):
    found, figures = Recording({"preset": "laptop"}, student_runs()[:count]), []
    monkeypatch.setattr(recorded, "find", lambda *_, **__: found)
    monkeypatch.setattr(distillation_recorded, "show", figures.append)
    setup = study.begin("x", preset="smoke", seed=0)
    distillation_recorded.compare_sparse(distillation_recorded.show_students(setup, {}, "smoke"))
    assert len(figures) == (count > 0)
    told = capsys.readouterr().out
    assert ("With 10 % of the labels" in told) == (count > 0)
    assert ("A student of the teacher compared with: its teacher" in told) == (count > 1)
    assert ("The smallest student, with 95.0% fewer parameters" in told) == (count > 2)


def test_variants_are_told_apart_by_their_students_in_any_order():
    found = distillation_recorded.Variants.of(Recording({}, student_runs()))
    assert found == ("one", "small", "few")


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ([-0.5, -0.7, -0.6], "is within the interval"),
        ([0.1, 0.2, 0.3], "is a larger loss"),
        ([-3.0, -3.1, -3.2], "a larger loss than the paper's"),
        ([-0.6], "One seed is no comparison"),
    ],
)
def test_the_loss_of_the_paper_is_compared_with_the_interval(differences, words):
    distillation_recorded.compare_with_paper(differences)
    assert words in said()["sentence"]


# -- the page ---------------------------------------------------------------------------------------------


def test_the_page_asks_before_it_shows():
    page = "\n".join(code_of(PAGE))
    guesses = ("guess_speed", "guess_soft", "guess_factor", "guess_bytes", "guess_ignorant")
    assert all(page.index(f"{name} = predict") < page.index(f"{name}.reveal(") for name in guesses)
    assert page.index("predict.compared()") < page.index("study.record(")


def test_a_loss_that_is_not_finite_for_a_certain_teacher_is_told_so():
    (words,) = EXERCISES["distillation_loss"].problems(soft_loss)
    assert "nan for a teacher that is certain" in words


def test_the_solution_of_the_mask_is_that_of_the_library():
    weight = torch.randn(5, 11, generator=seeded())
    assert torch.equal(EXERCISES["two_four_mask"].reference(weight), sparsity.two_of_four(weight))
