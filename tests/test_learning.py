import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from skelkit.continual import LEARNERS, BaseLearner, Settings, learn, settings, stages
from skelkit.continual.replay import finish_task
from skelkit.experiments import continual as experiments
from skelkit.ops.codecs import CODECS
from skelkit.training import loop
from skelkit.training.inputs import PreparedClips
from skelkit.utils import checkpoint, progress

pytestmark = pytest.mark.usefixtures("one_thread", "small")
TINY = {
    "size": "small",
    "frames": 12,
    "batch": 4,
    "epochs": 2,
    "interval": 3,
    "lr": 0.01,
    "least_steps": 0,
    "least_probe_steps": 0,
    "probe_epochs": 1,
}


@pytest.fixture
def go(toy):
    """`go(name, …)` learns two tasks of two classes, 24 clips in all."""

    def run(name="charon", clips=None, test=None, tasks=2, **options):
        clips = toy(4, 6) if clips is None else clips
        test = toy(len(clips.classes), 2, 1) if test is None else test
        return learn(name, clips, test, tasks, **{"memory": "16 clips", "preset": "smoke"} | TINY | options)

    return run


def bits(history):
    """Everything that learning leaves, as bytes by name."""
    found = dict(history.network.state_dict()) | {
        "accuracy": history.accuracy,
        "task accuracy": history.task_accuracy,
        "predictions": history.predictions,
        "task predictions": history.task_predictions,
    }
    found |= {"confusion": history.confusion} | {
        f"memory {k}": v for k, v in (history.memory.state_dict() if history.memory else {}).items()
    }
    return {k: v.contiguous().view(-1).view(torch.uint8).numpy().tobytes() for k, v in found.items()}


# -- results ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_fills_its_matrices_within_its_budget(go, name):
    history = go(name)
    seen = torch.ones(2, 2).tril().bool()
    for matrix in (history.accuracy, history.task_accuracy):
        assert torch.equal(~matrix.isnan(), seen)
        assert ((matrix[seen] >= 0) & (matrix[seen] <= 1)).all()
    assert (history.task_accuracy[seen] >= history.accuracy[seen]).all()
    assert history.confusion.sum(1).tolist() == [2, 2, 2, 2]
    assert history.confusion.diag().sum() / 8 == pytest.approx(history.faa)
    assert (history.memory is not None) is LEARNERS[name].uses_memory
    if history.memory:
        assert 0 < history.stored * history.bytes_per_clip <= history.memory_bytes <= 16 * 12 * 5 * 3 * 4 * 2
        assert set(history.memory.labels.tolist()) == {0, 1, 2, 3}
    plain = json.loads(json.dumps(history.as_dict(), allow_nan=False))
    assert plain["accuracy"][0] == [pytest.approx(float(history.accuracy[0, 0])), None]
    assert plain["faa"] == history.faa
    assert history.seconds == pytest.approx(sum(plain["seconds"].values()) - plain["seconds"]["evaluate"])
    assert repr(history).startswith(f"History({name}: FAA 0.")


def test_the_last_row_is_the_accuracy_of_the_final_network_on_the_test_clips(go, toy):
    history, test = go("er"), toy(4, 2, 1)
    answers = history.network.eval()(PreparedClips(test, 12)[torch.arange(8)]).detach()
    for j, classes in enumerate(history.scenario.order):
        mine = [i for i in range(8) if int(test.labels[i]) in classes]
        right = [int(answers[i].argmax()) == int(test.labels[i]) for i in mine]
        among = [max(classes, key=lambda c, i=i: float(answers[i, c])) == int(test.labels[i]) for i in mine]
        assert float(history.accuracy[1, j]) == pytest.approx(sum(right) / 4)
        assert float(history.task_accuracy[1, j]) == pytest.approx(sum(among) / 4)


def test_fine_tuning_forgets_what_joint_training_keeps(go, toy):
    options = {
        "clips": toy(4, 8),
        "test": toy(4, 5, 1),
        "epochs": 25,
        "lr": 0.02,
        "validation": 0,
        "seed": 4,
        "probing": False,
    }
    fine, joint = (go(name, **options) for name in ("fine-tuning", "joint"))
    assert fine.accuracy[0, 0] == joint.accuracy[0, 0] > 0.6
    assert fine.accuracy[1, 0] == 0  # not one clip is taken for an old class any more
    assert fine.forgetting > 0.6
    assert joint.accuracy[1, 0] > 0.4
    assert joint.faa > fine.faa + 0.1


def test_the_same_seed_gives_the_same_bits_and_another_seed_gives_others(go):
    once, again, other = (bits(go(order_seed=0, seed=seed)) for seed in (0, 0, 1))
    assert once == again
    assert once["encoder.stem.0.weight"] != other["encoder.stem.0.weight"]
    assert once["memory key"] != other["memory key"]


def test_callbacks_bars_and_checkpoints_do_not_change_the_result(go, tmp_path, monkeypatch):
    monkeypatch.setenv(progress.HEADLESS, "0")
    plain = bits(go("icarl"))
    assert (
        bits(
            go(
                "icarl",
                callback=lambda progress: progress.network.eval(),
                progress=True,
                checkpoints=tmp_path,
                every=0,
            )
        )
        == plain
    )


def test_test_clips_do_not_influence_training(go, toy):
    test = toy(4, 2, 1)
    poisoned = replace(test, labels=test.labels.flip(0), poses=test.poses * -7)
    for name in ("charon", "icarl"):
        one, other = (bits(go(name, test=t)) for t in (test, poisoned))
        outcome = {"accuracy", "task accuracy", "confusion", "predictions", "task predictions"}
        assert {k: v for k, v in one.items() if k not in outcome} == {
            k: v for k, v in other.items() if k not in outcome
        }
        assert one["confusion"] != other["confusion"]


# -- callbacks ----------------------------------------------------------------------------------------------


def test_a_callback_gets_validation_rows_during_a_task_and_test_rows_after_it(go):
    seen, networks = [], []

    def watch(progress):
        seen.append((progress, progress.accuracy.clone()))
        if progress.live:
            networks.append({k: v.clone() for k, v in progress.network.state_dict().items()})

    history = go("fine-tuning", callback=watch, validation=0.3)
    assert [(p.task, p.stage, p.epoch, p.live) for p, _ in seen] == [
        (i, stage, epoch, stage == "train")
        for i in range(2)
        for stage, epoch in [("train", 1), ("train", 2), ("evaluate", 2)]
    ]
    assert all((p.learner, p.tasks, p.epochs) == ("fine-tuning", 2, 2) for p, _ in seen)
    assert all((p.loss is None) == (p.stage == "evaluate") for p, _ in seen)
    seconds = [p.seconds for p, _ in seen]
    assert seconds == sorted(seconds)
    for told, then in seen:
        assert torch.equal(told.accuracy.nan_to_num(-1), then.nan_to_num(-1))
        assert torch.equal(
            ~told.accuracy.isnan(),
            torch.arange(2)[:, None].expand(2, 2).le(told.task) & torch.ones(2, 2).tril().bool(),
        )
    assert seen[2][1][0, 0] == history.accuracy[0, 0]
    assert torch.equal(seen[-1][1].nan_to_num(-1), history.accuracy.nan_to_num(-1))
    clips, order = history.scenario.validation, history.scenario.order
    for (told, _), state in zip([s for s in seen if s[0].live], networks, strict=True):
        history.network.load_state_dict(state)
        answers = history.network.eval()(PreparedClips(clips, 12)[torch.arange(len(clips))]).detach()
        learnt = sum(order[: told.task + 1], ())
        for j, classes in enumerate(order[: told.task + 1]):
            mine = [i for i in range(len(clips)) if int(clips.labels[i]) in classes]
            right = [max(learnt, key=lambda c, i=i: answers[i, c]) == int(clips.labels[i]) for i in mine]
            assert float(told.accuracy[told.task, j]) == pytest.approx(sum(right) / len(mine))


def test_classes_not_learnt_yet_do_not_compete(go, monkeypatch):
    """A network that is sure of the class learnt last gets right what it can before that."""
    make = LEARNERS["fine-tuning"]
    monkeypatch.setattr(make, "logits", lambda self, x: torch.arange(4.0).expand(len(x), 4))
    history = go("fine-tuning", order=[0, 1, 2, 3])
    assert history.accuracy[0, 0] == history.task_accuracy[0, 0] == 0.5
    assert history.accuracy[1].tolist() == [0.0, 0.5]
    assert history.task_accuracy[1].tolist() == [0.5, 0.5]
    assert history.scenario.test.labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert history.predictions.tolist() == [[1, 1, -1, -1, 1, 1, -1, -1], [3] * 8]
    assert history.task_predictions.tolist() == [[1, 1, -1, -1, 1, 1, -1, -1], [1, 1, 3, 3, 1, 1, 3, 3]]


def test_without_validation_a_live_row_is_unknown(go):
    rows = []
    go("er", validation=0, callback=lambda p: rows.append((p.live, p.accuracy[p.task].isnan().all().item())))
    assert rows == [(True, True), (True, True), (False, False)] * 2


def test_a_callback_gets_the_mask_ratio_of_the_next_epoch(go):
    ratios = {}
    for name, options in {"charon": {}, "er": {}, "adaptive": {"adaptive": "memory"}}.items():
        told = ratios.setdefault(name, [])
        go("er" if name == "er" else "charon", callback=lambda p, told=told: told.append(p.ratio), **options)
    assert set(ratios["charon"]) == {0.3}
    assert set(ratios["er"]) == {None}
    assert ratios["adaptive"][0] == 0
    assert 0 < ratios["adaptive"][-1] <= 0.3


# -- stopped, killed, resumed --------------------------------------------------------------------------------


class Killed(BaseException):
    pass


@pytest.mark.parametrize(
    ("name", "changes"),
    [*((n, {}) for n in LEARNERS), ("charon", {"adaptive": "difficulty", "fused": True, "dtype": "int8"})],
    ids=str,
)
def test_a_run_killed_before_every_checkpoint_ends_with_the_same_bits(
    go, tmp_path, monkeypatch, name, changes
):
    """Each run writes one checkpoint and is killed before the second, so all its later work is repeated."""
    whole, write, lives = bits(go(name, **changes)), checkpoint.write, 0
    left = []

    def limited(*args):
        if not left:
            raise Killed
        left.pop()
        write(*args)

    monkeypatch.setattr(loop.checkpoint, "write", limited)
    for lives in range(1, 40):  # noqa: B007
        left[:] = [1]
        try:
            history = go(name, checkpoints=tmp_path, every=0, **changes)
            break
        except Killed:
            continue
    assert lives == 2 * (1 + 5 + 2) + 1  # tasks, stages, epochs, and the end
    assert bits(history) == whole


class WithCounter(BaseLearner):
    """A learner as a newcomer would write one: a loss, and one piece of state of its own."""

    uses_memory = True
    steps = 0

    def observe(self, x, y):
        self.steps += 1
        return F.cross_entropy(self.network(x), y) / self.steps

    def end_task(self, clips):
        finish_task(self.network, self.memory, clips, self.settings, self.generator)

    def state_dict(self):
        return super().state_dict() | {"steps": self.steps}

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.steps = state["steps"]


def test_a_new_learner_resumes_and_is_compared_once_it_is_in_the_table(go, tmp_path, monkeypatch):
    monkeypatch.setitem(LEARNERS, "counter", WithCounter)

    def stop(progress):
        if progress.task == 1:
            raise loop.Stopped

    whole = go("counter")
    with pytest.raises(loop.Stopped):
        go("counter", checkpoints=tmp_path, every=0, callback=stop)
    resumed = go("counter", checkpoints=tmp_path, every=0)
    assert bits(resumed) == bits(whole)
    assert resumed.method.steps == whole.method.steps > 0
    assert len(resumed.memory)
    assert "counter" in [variant.label for variant in experiments.methods()]


def test_a_learner_without_a_loss_or_without_its_memory_is_an_error(go, monkeypatch):
    monkeypatch.setitem(LEARNERS, "empty", type("Empty", (BaseLearner,), {}))
    with pytest.raises(NotImplementedError, match=r"Empty defines no loss; override observe\(x, y\)"):
        go("empty")
    with pytest.raises(ValueError, match="WithCounter needs a memory; got None"):
        WithCounter(go("er", epochs=1).network, Settings(), None, torch.Generator())


def test_a_run_stopped_by_its_callback_resumes_from_the_last_checkpoint(go, tmp_path):
    whole, told = bits(go("lwf")), []

    def stop_at_the_second(progress):
        told.append(progress)
        if len(told) == 2:
            raise loop.Stopped

    for stops in range(20):  # noqa: B007
        told.clear()
        try:
            history = go("lwf", checkpoints=tmp_path, every=0, callback=stop_at_the_second)
            break
        except loop.Stopped:
            continue
    assert stops == 5
    assert bits(history) == whole


def test_a_finished_run_is_not_trained_again(go, tmp_path):
    first = go(checkpoints=tmp_path)
    told = []
    again = go(checkpoints=tmp_path, callback=told.append)
    assert bits(again) == bits(first)
    assert told == []
    assert again.as_dict() == first.as_dict()
    assert torch.equal(again.method.unprobed.weight, first.method.unprobed.weight)


def test_a_checkpoint_of_other_settings_or_clips_is_refused(go, toy, tmp_path):
    go("er", checkpoints=tmp_path)
    for options, message in [
        ({"lr": 0.02}, "lr: 0.01 there, 0.02 now"),
        ({"name": "der++"}, r"learner: 'er' there, 'der\+\+' now"),
        (
            {"seed": 1, "memory": "9 clips"},
            "memory: '16 clips' there, '9 clips' now; seed: 0 there, 1 now; order.*",
        ),
        (
            {"clips": toy(4, 6, 3)},
            r"frames of clips: \[\d+, \d+\] there, \[\d+, \d+\] now; poses of the training clips: .*",
        ),
        ({"validation": 0.5}, "validation: 0.1 there, 0.5 now"),
    ]:
        with pytest.raises(
            ValueError, match=rf"written with other settings \({message}\); use those, or another folder"
        ):
            go(**{"name": "er"} | options, checkpoints=tmp_path)


@pytest.mark.parametrize("what", ["training", "test"])
@pytest.mark.parametrize("field", ["poses", "labels"])
def test_a_checkpoint_of_as_many_other_clips_is_refused_and_the_error_says_which(
    go, toy, tmp_path, what, field
):
    train, test = toy(4, 6), toy(4, 2, 1)
    options = {"name": "er", "order": [0, 1, 2, 3], "validation": 0, "checkpoints": tmp_path}
    go(clips=train, test=test, **options)
    clips = train if what == "training" else test
    changed = replace(clips, **{field: getattr(clips, field).flip(0)})
    sets = {"clips": changed, "test": test} if what == "training" else {"clips": train, "test": changed}
    named = rf"other settings \({field} of the {what} clips: '\w{{16}}' there, '\w{{16}}' now\)"
    with pytest.raises(ValueError, match=named):
        go(**sets, **options)


def test_a_damaged_checkpoint_costs_one_item_and_changes_nothing(go, tmp_path):
    whole = bits(go("der++"))

    def stop(progress):
        if progress.task == 1 and progress.epoch == 2:
            raise loop.Stopped

    with pytest.raises(loop.Stopped):
        go("der++", checkpoints=tmp_path, every=0, callback=stop)
    target = checkpoint.paths(tmp_path)[0]
    target.write_bytes(target.read_bytes()[:-100])
    with pytest.warns(UserWarning, match="going on from the one before it"):
        history = go("der++", checkpoints=tmp_path, every=0)
    assert bits(history) == whole


def test_a_loss_that_is_not_finite_names_its_clips_and_keeps_the_checkpoint(go, toy, tmp_path):
    clips = toy(4, 6)
    poses = clips.poses.clone()
    poses[clips.starts[6] : clips.starts[7]] = torch.nan  # the second clip of class 2
    with pytest.raises(
        loop.Diverged,
        match=r"charon, task 1, epoch 0, batch \d of 3: the loss is nan, .* "
        r"\(training clips .*last checkpoint was kept",
    ):
        go(clips=replace(clips, poses=poses), order=[0, 1, 2, 3], validation=0, checkpoints=tmp_path, every=0)
    kept = checkpoint._read(checkpoint.paths(tmp_path)[0])[0]
    assert kept["position"] == [["task", 1], ["stage", 1]]
    assert all(v.isfinite().all() for v in kept["parts"]["learner"]["network"].values())
    with pytest.raises(
        ValueError, match=r"poses of the training clips: .* now\); use those, or another folder"
    ):
        go(clips=clips, order=[0, 1, 2, 3], validation=0, checkpoints=tmp_path)


CHILD = """
import sys, torch
torch.set_num_threads(1)
from safetensors.torch import save_file
import skelkit as sk
clips = sk.load("synthetic", clips=64, classes=["wave", "hug", "kick", "nod"], frames=40)
train, test = clips.split("stratified", train=0.6, seed=0)
history = sk.continual.learn(
    "charon", train, test, 2, memory="20 clips", preset="smoke", epochs=8, least_probe_steps=0, seed=3,
    checkpoints=sys.argv[1], every=0, progress=False,
)
found = {"accuracy": history.accuracy, "task accuracy": history.task_accuracy, "confusion": history.confusion}
found |= {k: v.contiguous() for k, v in history.network.state_dict().items()}
found |= {f"memory {k}": v for k, v in history.memory.state_dict().items()}
save_file(found, sys.argv[2])
"""


def test_a_process_killed_with_sigkill_and_restarted_ends_with_the_same_bits(tmp_path):
    children, target, chance = [], checkpoint.paths(tmp_path / "killed")[0], random.Random(5)

    def start(name):
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
            "SKELKIT_HEADLESS": "1",
        }
        children.append(
            subprocess.Popen(
                [sys.executable, "-c", CHILD, tmp_path / name, tmp_path / f"{name}.safetensors"],
                env=environment,
            )
        )
        return children[-1]

    def stamp():
        try:
            return target.stat().st_mtime_ns
        except FileNotFoundError:  # not yet, or just between its two names
            return None

    try:
        whole = start("whole")
        for _ in range(3):
            before, child = stamp(), start("killed")
            while child.poll() is None and stamp() in (before, None):
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.1))
            child.kill()
            assert child.wait() == -signal.SIGKILL, (
                "the run was over before it could be killed; make it longer"
            )
        assert start("killed").wait(300) == whole.wait(300) == 0
    finally:
        for child in children:
            child.kill()
            child.wait()
    one, other = (load_file(tmp_path / f"{name}.safetensors") for name in ("whole", "killed"))
    assert one.keys() == other.keys()
    assert all(one[k].view(-1).view(torch.uint8).equal(other[k].view(-1).view(torch.uint8)) for k in one)


# -- unusual data and settings ------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNERS)
def test_one_task_of_fewer_clips_than_a_batch_is_learnt(go, toy, name):
    history = go(name, clips=toy(2, 3), tasks=1, batch=64)
    assert history.accuracy.shape == (1, 1)
    assert (history.forgetting, history.backward_transfer) == (0, 0)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_task_of_one_clip_after_a_full_memory_is_learnt(go, toy, monkeypatch, name):
    monkeypatch.setattr(stages, "INFERENCE_BATCH", 2)
    clips = toy(3, 7)
    clips = clips.select(
        torch.cat([(clips.labels < 2).nonzero().flatten(), (clips.labels == 2).nonzero()[0]])
    )
    history = go(name, clips=clips, tasks=3, order=[0, 1, 2], validation=0, batch=3)  # batches of 3, 3 and 1
    assert history.accuracy[2].isfinite().all()


@pytest.mark.parametrize("name", ["charon", "icarl", "ewc", "lwf"])
def test_clips_without_persons_give_finite_results(go, toy, name):
    clips = toy(4, 3)
    poses = clips.poses.clone()
    poses[clips.starts[4] :] = 0  # all but the first clip of each class
    history = go(
        name, clips=replace(clips, poses=poses), test=replace(clips, poses=poses), validation=0, batch=2
    )
    assert history.accuracy[1].isfinite().all()
    assert all(v.isfinite().all() for v in history.network.state_dict().values())


@pytest.mark.parametrize("name", ["charon", "icarl", "lwf", "ewc"])
def test_bf16_learns_with_float32_weights(go, name):
    plain, half = go(name, epochs=1), go(name, epochs=1, precision="bf16")
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in half.network.parameters())
    assert bits(plain) != bits(half)


def test_recalibration_uses_clips_of_the_task_and_the_memory_in_equal_proportion(go, toy):
    with_it, without = (go("er", recalibrate=flag, epochs=1) for flag in (True, False))
    assert with_it.network.stem[1].num_batches_tracked == 1
    assert without.network.stem[1].num_batches_tracked > 1
    made = stages.ContinualRun(with_it.method, with_it.scenario, with_it, None, None, None)
    task, memory = with_it.scenario[1], with_it.memory
    batches = list(made.calibration_batches(task))
    assert sum(map(len, batches)) == len(task.train) + len(memory)
    still = PreparedClips(task.train, 12)[torch.arange(len(task.train))]
    found = torch.cat(batches).sum((1, 2, 3, 4)).sort().values
    wanted = torch.cat([still, memory.read(torch.arange(len(memory)))[0]]).sum((1, 2, 3, 4)).sort().values
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"name": "derpp"},
            re.escape(f"no learner 'derpp'; known: {', '.join(LEARNERS)}"),
        ),
        ({"preset": "huge"}, "no preset 'huge'; known: smoke, laptop, gpu, paper"),
        ({"lerning_rate": 1}, "no setting 'lerning_rate'; known: size, frames, "),
        ({"adaptive": "yes"}, "adaptive='yes': expected 'no', 'difficulty' or 'memory'"),
        ({"precision": "fp8"}, "precision='fp8': expected 'auto', 'fp32' or 'bf16'"),
        ({"codec": "zip"}, f"codec='zip': expected {', '.join(map(repr, list(CODECS)[:-1]))} or "),
        ({"batch": 0}, "batch=0: expected at least 1"),
        ({"least_steps": -1}, "least_steps=-1: expected at least 0"),
        ({"size": "enormous"}, "no size 'enormous'; known: nano, tiny, base"),
        ({"frames": 13}, "13 frames are not a whole number of tuples of 6"),
        ({"memory": "0 clips"}, "a budget of 0 bytes cannot hold one clip"),
        ({"memory": 100}, r"a budget of 100 bytes cannot hold one clip: 2 person\(s\) .* take \d+ bytes"),
        ({"memory": "1 slot"}, "cannot hold one clip"),
        ({"memory": "much"}, "a memory of 'much': expected a whole number of bytes"),
        ({"order": [0, 1], "tasks": 1}, "2 classes are in no task: class 2, class 3"),
        ({"tasks": 3}, "4 classes do not divide into 3 tasks"),
    ],
    ids=str,
)
def test_invalid_arguments_raise_errors_that_name_them(go, options, message):
    with pytest.raises(ValueError, match=message):
        go(**options)


def test_a_task_without_training_or_test_clips_is_refused(go, toy):
    clips = toy(4, 4)
    some = clips.select(clips.labels < 2)
    with pytest.raises(ValueError, match=r"task 1 \(class 2, class 3\) has no train clips"):
        go(clips=some, test=clips, order=range(4))
    with pytest.raises(ValueError, match=r"task 1 \(class 2, class 3\) has no test clips"):
        go(clips=clips, test=some, order=range(4))


def test_a_learner_takes_the_settings_chosen_for_it_in_a_preset_unless_others_are_given():
    lwf = LEARNERS["lwf"]
    assert [settings(preset, lwf).distillation for preset in ("laptop", "paper")] == [3.0, 1.0]
    assert settings("laptop", lwf, distillation=2.0).distillation == 2.0
    assert settings("laptop", LEARNERS["charon"]).distillation == settings("laptop").distillation == 1.0
    for learner in LEARNERS.values():
        for preset in learner.chosen:
            assert settings(preset, learner) != settings(preset)


def test_settings_are_presets_with_changes():
    assert settings("paper", ratio=0.5) == replace(settings("paper"), ratio=0.5)
    assert json.loads(json.dumps(settings("laptop").as_dict())) == settings("laptop").as_dict()
    s = Settings(epochs=3, least_steps=20, batch=4, lr=1.0)
    assert [s.epochs_for(n) for n in (1, 4, 5, 40, 400)] == [20, 20, 10, 3, 3]
    assert s.rates(0, 4) + Settings(lr=1.0, decay=False).rates(2, 4) == [1.0, 0.75, 0.5, 0.25, 1.0, 1.0]
    assert s.rates(1, 4) == s.rates(0, 4)[1:]
