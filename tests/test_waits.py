"""On a pretended GPU: how often a steady step of training makes the host wait."""

from __future__ import annotations

import pytest
import torch
from pretended_device import pretended_device

import skelkit as sk
from skelkit import selfsup
from skelkit.ops import motion
from skelkit.ops.codecs import CODECS

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"preset": "smoke", "size": "small", "epochs": 1, "progress": False}
CONTINUAL = QUICK | {"frames": 24, "memory": "12 clips", "probe_epochs": 1, "least_probe_steps": 0}
SELFSUP = QUICK | {"frames": 12, "batch": 8}


def learnt(name, train, test, **changes):
    return sk.continual.learn(name, train, test, 2, **CONTINUAL | changes)


def steady(steps: dict[int, list], optimiser: torch.optim.Optimizer | None = None) -> int:
    """Largest number of waits of the last steps of an optimiser; by default of the one with most steps."""
    mine = steps[id(optimiser)] if optimiser is not None else max(steps.values(), key=len)
    last = mine[-2:]
    assert len(last) == 2, "too few steps in the last epoch"
    return max(len(waits) for waits in last)


CONTINUAL_BUDGETS = {
    "fine-tuning": 1,
    "joint": 1,
    "ewc": 1,
    "lwf": 2,  # the old network reads the clips, too
    "er": 2,
    "der++": 3,
    "icarl": 3,
    "charon": 3,  # two draws, and one pass through the network
}


@pytest.mark.parametrize("name", CONTINUAL_BUDGETS)
def test_a_step_waits_once_for_each_draw_and_each_network(name, toy, small):
    with pretended_device() as log:
        train, test = (toy(each=12, seed=seed).to("cuda") for seed in (0, 1))
        with log.per_step() as steps:
            method = learnt(name, train, test).method
    assert steady(steps, method.optimiser) <= CONTINUAL_BUDGETS[name]


@pytest.mark.parametrize("codec", CODECS)
def test_a_step_of_charon_waits_three_times_whatever_the_codec(codec, toy, small):
    with pretended_device() as log:
        train, test = (toy(each=12, seed=seed).to("cuda") for seed in (0, 1))
        with log.per_step() as steps:
            method = learnt("charon", train, test, codec=codec, keyframes=6, coefficients=6).method
    assert steady(steps, method.optimiser) <= 3


def test_a_step_of_probing_never_waits(toy, small):
    with pretended_device() as log:
        train, test = (toy(each=12, seed=seed).to("cuda") for seed in (0, 1))
        with log.per_step() as steps:
            method = learnt("charon", train, test).method
    probing = [waits for optimiser, waits in steps.items() if optimiser != id(method.optimiser)]
    assert len(probing) == 2
    assert all(not waits for steps_of_task in probing for waits in steps_of_task)


SELFSUP_BUDGETS = {"skeletonbt": 3, "pstl": 3, "asma": 6, "skeleton2vec": 1, "autoencoder": 1}


@pytest.mark.parametrize("stream", motion.STREAMS)
@pytest.mark.parametrize("name", SELFSUP_BUDGETS)
def test_a_step_of_pretraining_waits_once_for_each_view(name, stream, toy, small):
    with pretended_device() as log, log.per_step() as steps:
        selfsup.pretrain(name, toy(each=12).to("cuda"), stream=stream, **SELFSUP)
    assert steady(steps) <= SELFSUP_BUDGETS[name]


def test_joints_drawn_for_a_whole_batch_cost_no_further_wait(toy, small):
    with pretended_device() as log, log.per_step() as steps:
        selfsup.pretrain("pstl", toy(each=12).to("cuda"), joint_draws=3, **SELFSUP)
    assert steady(steps) <= 3


def test_a_step_of_distillation_waits_for_teacher_and_student_and_one_of_evaluation_at_most_once(toy, small):
    with pretended_device() as log:
        clips = toy(each=12).to("cuda")
        made = selfsup.pretrain("asma", clips, **SELFSUP)
        with log.per_step() as linear:
            teacher = selfsup.evaluate(made, clips, clips, linear_epochs=9).network
        with log.per_step() as tuned:
            selfsup.evaluate(made, clips, clips, "finetune", tune_epochs=1)
        with log.per_step() as distilled:
            sk.distill(teacher, clips, batch=8, frames=12, **QUICK)
    assert steady(tuned) == 1
    assert steady(distilled) == 2
    # A step of linear evaluation is an epoch here: losses and validation accuracy are read once in each.
    assert steady(linear) <= 3
