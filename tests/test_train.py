import io
import math
import sys

import pytest
import torch
from helpers import seeded
from torch import nn

from skelkit import continual, selfsup, study
from skelkit.deploy import distillation_presets
from skelkit.training import loop
from skelkit.training.loop import Diverged, Run, fit
from skelkit.utils import checkpoint, progress
from skelkit.utils.presets import EXPLORE, PRESET_NAMES


class Killed(BaseException):
    pass


class Trace:
    """An object that remembers what was done, and does it with a number drawn each time."""

    def __init__(self, generator):
        self.generator, self.done, self.total = generator, [], torch.zeros(())

    def do(self, *step):
        self.done.append(list(step))
        self.total += torch.rand((), generator=self.generator)

    def state_dict(self):
        return {"done": self.done, "total": self.total}

    def load_state_dict(self, state):
        self.done, self.total = state["done"], state["total"]


def nested(run, trace):
    """Loops in loops, one after another, some of them empty."""
    for warm in run.loop("warm-up", range(2)):
        trace.do("warm", warm)
    for task in run.loop("task", ["a", "b", "c"]):
        for stage in run.loop("stage", ["begin", "train", "train again", "end"]):
            if stage.startswith("train"):
                for epoch in run.loop("epoch", range({"a": 2, "b": 0, "c": 1}[task])):
                    trace.do(task, stage, epoch)
                for _ in run.loop("check", range(1)):
                    trace.do(task, stage, "check")
            else:
                trace.do(task, stage)
    for end in run.loop("end", range(1)):
        trace.do("end", end)


def begin(folder=None, every=0.0):
    generator = seeded(5)
    trace = Trace(generator)
    return Run({"trace": trace, "generator": generator}, {"seed": 5}, folder, every), trace


def saving(monkeypatch, allowed, before):
    """From the next save on count them, and be killed at the one after `allowed`: before it is written, or
    right after."""
    write, left = checkpoint.write, [allowed]

    def limited(*args):
        if before and not left[0]:
            raise Killed
        write(*args)
        left[0] -= 1
        if not before and not left[0]:
            raise Killed

    monkeypatch.setattr(loop.checkpoint, "write", limited)
    return left


# -- where a run is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [False, True], ids=["after writing", "before writing"])
def test_killed_after_any_number_of_saves_a_run_does_what_one_that_was_never_killed_does(
    tmp_path, monkeypatch, before
):
    run, straight = begin(tmp_path / "whole")
    left = saving(monkeypatch, 10**6, before)
    nested(run, straight)
    monkeypatch.undo()
    saves = 10**6 - left[0]
    assert saves == 2 + 3 + 12 + 6 + 6 + 1  # items of all loops
    for k in range(1, saves):
        folder = tmp_path / f"killed {k}"
        saving(monkeypatch, k, before)
        with pytest.raises(Killed):
            nested(*begin(folder))
        monkeypatch.undo()
        run, trace = begin(folder)
        assert run.resumed
        nested(run, trace)
        assert trace.done == straight.done
        assert torch.equal(trace.total, straight.total)


def test_killed_after_every_single_save_a_run_ends_as_one_that_was_never_killed(tmp_path, monkeypatch):
    _, straight = run = begin()
    nested(*run)
    for _ in range(100):
        saving(monkeypatch, 1, True)
        try:
            run, trace = begin(tmp_path)
            nested(run, trace)
            break
        except Killed:
            monkeypatch.undo()
    assert trace.done == straight.done
    assert torch.equal(trace.total, straight.total)


def test_a_run_that_was_finished_does_nothing_when_begun_again(tmp_path):
    run, first = begin(tmp_path)
    nested(run, first)
    run.save()
    for _ in range(2):
        run, again = begin(tmp_path)
        nested(run, again)
        run.save()
        assert run.resumed
        assert again.done == first.done


def test_a_loop_that_was_broken_off_is_over_when_the_item_around_it_is(tmp_path):
    def some(run, trace):
        for i in run.loop("outer", range(3)):
            for j in run.loop("inner", range(5)):
                if j == 2:
                    break
                trace.do(i, j)

    run, trace = begin(tmp_path)
    some(run, trace)
    assert trace.done == [[i, j] for i in range(3) for j in range(2)]
    run, again = begin(tmp_path)
    some(run, again)
    assert again.done == trace.done


def test_checkpoints_are_written_as_often_as_asked_and_only_with_a_folder(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: clock[0])
    written = []
    monkeypatch.setattr(loop.checkpoint, "write", lambda folder, state, settings: written.append(clock[0]))
    for folder in (None, tmp_path):
        clock[0] = 0.0
        run, _ = begin(folder, every=30)
        for _ in run.loop("step", range(100)):
            clock[0] += 8
    assert written == [32 * k for k in range(1, 26)]


def test_a_run_of_another_training_is_refused(tmp_path):
    run, _ = begin(tmp_path)
    for _ in run.loop("task", range(1)):
        pass
    with pytest.raises(ValueError, match=r"seed: 5 there, 6 now"):
        Run({}, {"seed": 6}, tmp_path)
    run, _ = begin(tmp_path)
    with pytest.raises(
        ValueError, match=r"the checkpoint is within a loop 'task', not 'epoch'; it is of another training"
    ):
        next(run.loop("epoch", range(3)))


# -- one epoch --------------------------------------------------------------------------------------------

X, Y = torch.randn(12, 3, generator=seeded()), torch.randn(12, 1, generator=seeded(1))


def line(**options):
    layer = nn.utils.skip_init(nn.Linear, 3, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer, torch.optim.SGD(layer.parameters(), lr=0.1, **options)


def loss_of(layer):
    return lambda index: (layer(X[index]) - Y[index]).square().mean()


@pytest.mark.parametrize("clip", [1e9, 0.5, 0.01])
def test_an_epoch_is_the_steps_one_would_take_by_hand_with_clipped_gradients(clip):
    layer, optimiser = line()
    batches = torch.arange(12).split(5)
    mean = fit(loss_of(layer), batches, optimiser, rates=[0.1, 0.2, 0.3], clip=clip)
    w, b, losses = torch.ones(1, 3), torch.zeros(1), []
    for rate, index in zip([0.1, 0.2, 0.3], batches, strict=True):
        error = X[index] @ w.T + b - Y[index]
        losses.append(float((error**2).mean()))
        slope_w, slope_b = 2 * error.T @ X[index] / len(index), 2 * error.mean(0)
        norm = float((slope_w.square().sum() + slope_b.square().sum()).sqrt())
        shrink = min(1.0, clip / norm)
        w, b = w - rate * shrink * slope_w, b - rate * shrink * slope_b
    torch.testing.assert_close(layer.weight.detach(), w)
    torch.testing.assert_close(layer.bias.detach(), b)
    assert mean == pytest.approx(sum(losses) / 3)


def test_a_group_of_parameters_may_learn_faster_than_the_rate():
    layer, _ = line()
    groups = [{"params": [layer.weight]}, {"params": [layer.bias], "factor": 10.0}]
    optimiser = torch.optim.SGD(groups, lr=0.1)
    fit(loss_of(layer), [torch.arange(4)], optimiser, rates=[0.02])
    assert [group["lr"] for group in optimiser.param_groups] == [0.02, 0.2]


def test_without_rates_the_rate_of_the_optimiser_stays_and_an_empty_epoch_does_nothing():
    layer, optimiser = line()
    fit(loss_of(layer), [torch.arange(4)], optimiser)
    assert optimiser.param_groups[0]["lr"] == 0.1
    before = layer.weight.clone()
    assert math.isnan(fit(loss_of(layer), [], optimiser))
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize("bad", ["loss", "gradient"])
def test_a_loss_or_gradient_that_is_no_number_stops_before_the_weights_and_names_batch_and_clips(bad):
    layer, optimiser = line()
    seen = []

    def broken(index):
        loss = loss_of(layer)(index)
        seen.append(layer.weight.detach().clone())
        if 7 not in index:
            return loss
        return (
            loss * math.nan if bad == "loss" else loss + (layer.weight.sum() * 0).sqrt()
        )  # finite; its slope is not

    with pytest.raises(
        Diverged,
        match=r"task 3, epoch 1, batch 1 of 3: the loss is .* gradient's norm nan "
        r"\(training clips 5, 7, 9\); look for",
    ):
        fit(
            broken,
            [torch.tensor([0, 1]), torch.tensor([5, 7, 9]), torch.tensor([2])],
            optimiser,
            what="task 3, epoch 1",
        )
    assert len(seen) == 2
    assert torch.equal(layer.weight, seen[1])
    assert not torch.equal(seen[0], seen[1])


def test_bf16_is_computed_where_it_is_asked_for_and_an_unknown_precision_is_refused():
    found = {}
    for precision in ("fp32", "bf16", "auto"):
        layer, optimiser = line()

        def loss(index, layer=layer, precision=precision):
            y = layer(X[index])
            found[precision] = y.dtype
            return (y.float() - Y[index]).square().mean()

        fit(loss, [torch.arange(4)], optimiser, precision=precision)
        assert layer.weight.dtype == torch.float32
    assert found == {"fp32": torch.float32, "bf16": torch.bfloat16, "auto": torch.float32}
    with pytest.raises(ValueError, match=r"precision='fp16': expected 'auto', 'fp32' or 'bf16'"):
        fit(loss_of(line()[0]), [torch.arange(4)], line()[1], precision="fp16")


# -- presets -----------------------------------------------------------------------------------------------


def test_every_table_of_presets_has_the_same_names():
    tables = [
        continual.CONTINUAL_PRESETS,
        selfsup.PRETRAINING_PRESETS,
        distillation_presets.DISTILLATION_PRESETS,
        {name: size for name, size in study.STUDY_PRESETS.items() if name != EXPLORE},
    ]
    assert [tuple(table) for table in tables] == [PRESET_NAMES] * 4
    assert EXPLORE in study.STUDY_PRESETS


# -- watching ---------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def told(monkeypatch, stream, **options):
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.ProgressBar("learning", 2, **options) as bar:
        bar.update("epoch 1 of 3", 0.25)
        bar.update("epoch 3 of 3", None, 1)
    return stream.getvalue()


def test_a_bar_is_silent_where_nobody_watches(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", loop)  # some tools import it without being a notebook
    monkeypatch.delenv(progress.HEADLESS, raising=False)
    assert told(monkeypatch, io.StringIO()) == ""
    assert told(monkeypatch, Terminal(), show=False) == ""
    monkeypatch.setenv(progress.HEADLESS, "1")
    assert told(monkeypatch, Terminal()) == ""
    assert not progress.is_interactive()
    monkeypatch.setenv(progress.HEADLESS, "0")
    assert progress.is_interactive()


def test_a_bar_says_where_it_is_on_a_terminal_and_goes_without_tqdm(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.delenv(progress.HEADLESS, raising=False)
    written = told(monkeypatch, Terminal())
    assert "learning" in written
    assert "/2" in written
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert told(monkeypatch, Terminal()) == ""
