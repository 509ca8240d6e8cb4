"""Notebook 04: sentences with chance and errors, equations with numbers, and the locks of its panel."""

from types import SimpleNamespace

import pytest
import torch
from helpers import seeded

from skelkit import study
from skelkit.continual import LEARNERS, metrics
from skelkit.continual.learners import ewc
from skelkit.experiments.recording import Recording
from skelkit.lessons import forgetting, forgetting_equations, forgetting_panel, forgetting_recorded
from skelkit.lessons.recorded_variants import guessing
from skelkit.lessons.uncertainty import Accuracy, final, mean_over_tasks, on_task

nan = torch.nan


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {})


def last():
    return study.results()["claims"][-1]


def history(accuracy, told=None, clips=(30, 10)):
    """A run of tasks with two classes each, the first of which has `clips[0]` test clips."""
    matrix = torch.tensor(accuracy)
    tasks = range(len(matrix))
    labels = torch.cat([torch.tensor([2 * j] * clips[0] + [2 * j + 1] * clips[1]) for j in tasks])
    scenario = SimpleNamespace(order=[(2 * j, 2 * j + 1) for j in tasks], test=SimpleNamespace(labels=labels))
    return SimpleNamespace(
        accuracy=matrix,
        task_accuracy=torch.tensor(told or accuracy),
        scenario=scenario,
        faa=metrics.faa(matrix),
        forgetting=metrics.forgetting(matrix),
        backward_transfer=metrics.backward_transfer(matrix),
    )


LOST = [[0.9, nan, nan], [0.5, 0.95, nan], [0.05, 0.1, 0.9]]


def test_an_accuracy_knows_its_error_and_what_guessing_gives():
    run = history(LOST)
    one = on_task(run, 0, 1)
    middle = (0.5 * 40 + 2) / 44
    assert one.error == pytest.approx(2 * (middle * (1 - middle) / 44) ** 0.5)
    assert (one.value, one.chance) == (0.5, 1 / 4)
    assert on_task(run, 0, 2, told=True).chance == 30 / 40, "always the most frequent class of the task"
    mean = final(run)
    assert mean.value == pytest.approx(run.faa)
    assert mean.error == pytest.approx(sum(on_task(run, j, 2).error ** 2 for j in range(3)) ** 0.5 / 3)
    assert str(Accuracy(0.414, 0.093, 0.5)) == "41 % ± 9"


def test_a_mean_of_one_accuracy_is_that_accuracy():
    one = Accuracy(0.4, 0.1, 0.25)
    assert mean_over_tasks([one]) == one
    assert not one.differs_from(one)
    assert one.differs_from(Accuracy(0.6, 0.1, 0.25))


def test_what_is_lost_is_forgetting_only_if_it_was_learnt():
    forgetting.check_forgetting(history(LOST))
    assert last()["holds"]
    assert last()["sentence"].endswith("This is catastrophic forgetting.")
    assert "(guessing: 38 % → 17 %;" in last()["sentence"]
    forgetting.check_forgetting(history([[0.5, nan, nan], [0.2, 0.3, nan], [0.1, 0.2, 0.2]]))
    assert not last()["holds"]
    assert "what was not learnt cannot be forgotten" in last()["sentence"]
    forgetting.check_forgetting(history([[0.9, nan, nan], [0.9, 0.9, nan], [0.9, 0.85, 0.9]]))
    assert "no larger than chance allows" in last()["sentence"]


def test_a_single_task_has_nothing_to_forget():
    run = history([[0.9]])
    forgetting.check_forgetting(run)
    assert "single task" in last()["sentence"]
    assert forgetting.told_the_task(run)[0] == pytest.approx(90)
    forgetting.check_told(run)
    forgetting_equations.work_out(run)


def test_being_told_the_task_helps_only_beyond_its_most_frequent_class():
    told = [[0.9, nan, nan], [0.9, 0.95, nan], [0.76, 0.76, 0.9]]
    forgetting.check_told(history(LOST, told))  # three of four clips are of one class
    assert not last()["holds"]
    assert "guessing gives 75 %" in last()["sentence"]
    forgetting.check_told(history(LOST, told, clips=(20, 20)))
    assert last()["holds"]
    assert forgetting.told_the_task(history(LOST, told))[0] == pytest.approx(76)


def test_the_first_task_is_the_first_column():
    values, words = forgetting.first_task(history(LOST))
    assert values == pytest.approx([90, 50, 5])
    assert "50 %, 25 %, 17 %" in words


def test_methods_that_are_closer_than_their_errors_are_not_ranked():
    def rank(**faa):
        forgetting.rank_methods({n.replace("derpp", "der++"): history([[v]]) for n, v in faa.items()})
        return last()["sentence"]

    assert "does not rank them" in rank(charon=0.83, derpp=0.82, er=0.8)
    assert "as in the paper" in rank(charon=0.95, derpp=0.6, er=0.2)
    assert "not the ranking of the paper" in rank(charon=0.1, derpp=0.9, er=0.5)


def test_the_metrics_are_worked_out_with_their_numbers(capsys):
    forgetting_equations.work_out(history([[1.0, nan, nan], [0.5, 0.8, nan], [0.25, 0.9, 0.5]]))
    said = capsys.readouterr().out
    assert "FAA = (0.25 + 0.90 + 0.50) / 3 = 0.550" in said
    assert "forgetting = [(1.00 − 0.25) + (0.80 − 0.90)] / 2 = 0.325" in said
    wrong = history(LOST)
    wrong.faa += 0.01
    with pytest.raises(study.ClaimFailed, match="as the library computes them"):
        forgetting_equations.work_out(wrong)


def test_a_fisher_information_without_probabilities_is_a_false_claim(monkeypatch):
    network, x = torch.nn.Linear(4, 3), torch.randn(3, 4, generator=seeded())
    run = SimpleNamespace(network=network, settings=SimpleNamespace(frames=1))
    run.scenario = SimpleNamespace(test=SimpleNamespace(select=lambda _: None))

    class Clips(torch.Tensor):
        labels = torch.zeros(3)

    monkeypatch.setattr(forgetting_equations, "PreparedClips", lambda *_: x.as_subclass(Clips))

    def fisher(network, x, weighted=True):
        found = [torch.zeros_like(w) for w in network.parameters()]
        for clip in x.split(1):
            log_p = network(clip)[0].log_softmax(0)
            for c in range(3):
                g = torch.autograd.grad(log_p[c], list(network.parameters()), retain_graph=True)
                p = float(log_p[c].detach().exp()) if weighted else 1.0
                found = [f + p * one.square() for f, one in zip(found, g, strict=True)]
        return [f.as_subclass(torch.Tensor) for f in found]

    assert ewc.FISHER_CLIPS >= 3
    forgetting_equations.check_fisher(fisher, run)
    with pytest.raises(study.ClaimFailed, match="F is that of the library"):
        forgetting_equations.check_fisher(lambda *given: fisher(*given, weighted=False), run)


def test_controls_without_effect_on_a_method_are_locked(monkeypatch):
    assert forgetting_panel.controls_of("fine-tuning") == {"method", "seed"}
    assert forgetting_panel.controls_of("er") == {"method", "seed", "memory"}
    assert forgetting_panel.controls_of("charon") == {"method", "seed", "memory", "interval", "ratio"}
    uses = {name: forgetting_panel.controls_of(name) for name in LEARNERS}
    panel = forgetting_panel.LiveMatrix(
        lambda *_, **__: None, ["one"], list(LEARNERS), [5, 10], [1, 5], [0.0, 0.3], uses=uses
    )
    for method in LEARNERS:
        panel.controls["method"].value = method
        free = {name for name, control in panel.controls.items() if not control.disabled}
        assert free == uses[method]
        assert ("mask ratio" in panel.unused.value) == ("ratio" not in free)
    result = SimpleNamespace(
        faa=0.5, forgetting=0.1, seconds=1.0, bytes_per_clip=None, accuracy=torch.ones(1, 1)
    )
    panel.controls["method"].value = "ewc"
    panel._finished(panel.settings, result)
    assert panel.runs[0]["memory (clips)"] == panel.runs[0]["interval s"] == "–"
    assert "ewc: final" in panel.text.value, "the memory is not named"


def test_er_and_derpp_are_compared_over_seeds_and_otherwise_in_this_run():
    def found(er, derpp):
        runs = [
            {
                "label": label,
                "seed": seed,
                "faa": faa + 0.01 * (seed % len(label)),
                "variant": {"learner": label, "changes": {}},
            }
            for label, faa in (("er", er), ("der++", derpp), ("charon", 0.9), ("icarl", 0.8), ("joint", 0.9))
            for seed in range(4)
        ]
        return Recording({"divided": "5 tasks x 2 classes, 300 clips to train"}, runs)

    runs = {"er": history([[0.3]]), "der++": history([[0.9]])}
    assert forgetting_recorded.er_or_derpp(None, runs)[0] == "DER++"
    assert forgetting_recorded.er_or_derpp(None, {"er": runs["er"], "der++": runs["er"]})[0].startswith("no ")
    assert forgetting_recorded.er_or_derpp(found(0.7, 0.5), runs)[0] == "ER"
    assert guessing(found(0.7, 0.5)) == ", guessing 10%"
    assert guessing(Recording({}, [])) == ""


def test_equal_faa_does_not_mean_equally_much_forgotten():
    assert forgetting_equations.two_matrices() == "no"
    assert "diagonals 60, 60, 60 and 100, 100, 100" in last()["sentence"]


def test_at_preset_smoke_fine_tuning_alone_takes_enough_steps_to_forget():
    assert forgetting.enough_steps("smoke") == forgetting.STEPS
    assert forgetting.enough_steps("explore") == forgetting.enough_steps("laptop") > forgetting.STEPS
    assert forgetting.memory_clips("explore") == forgetting.memory_clips("laptop") == 20
