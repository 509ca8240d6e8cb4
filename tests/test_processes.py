"""Several processes train what one process with the whole batch trains."""

import os
from functools import partial

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from helpers import seeded
from torch import nn

from skelkit import selfsup
from skelkit.data import synthetic
from skelkit.selfsup import pretraining
from skelkit.training import processes
from skelkit.utils import random

ADAM = torch.optim.Adam
OPTIONS = {"frames": 16, "epochs": 2, "batch": 12, "projector": 16, "lr": 3e-4, "progress": False}


def clips():
    return synthetic.make(24, seed=0, classes=["wave", "hug", "kick", "nod"])


def spawn(work, folder, monkeypatch, *arguments):
    monkeypatch.setitem(os.environ, "GLOO_SOCKET_IFNAME", "lo")
    mp.spawn(_join, (work, folder, *arguments), nprocs=2)
    return [torch.load(folder / f"found-{rank}", weights_only=True) for rank in range(2)]


def _join(rank, work, folder, *arguments):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    torch.save(work(rank, *arguments), folder / f"found-{rank}")
    dist.destroy_process_group()


def train(rank, method):
    # Biases before batch norm have no gradient but rounding errors, which Adam would blow up to whole steps.
    torch.optim.Adam = partial(ADAM, eps=1e-2)
    states = []

    def keep(now):
        states.append({k: v.clone() for k, v in now.model.state_dict().items()})

    made = selfsup.pretrain(method, clips(), callback=keep, seed=0, **OPTIONS)
    torch.optim.Adam = ADAM
    return {"losses": made.losses, "first": states[0], "last": states[-1]}


@pytest.mark.parametrize("method", ["pstl", "asma", "skeletonbt"])
def test_two_processes_train_what_one_trains_with_the_whole_batch(method, tmp_path, monkeypatch):
    found, alone = spawn(train, tmp_path, monkeypatch, method), train(0, method)
    for each in found:
        assert each["losses"] == pytest.approx(alone["losses"], rel=1e-4)  # after steps that were rounded
        for name, value in alone["last"].items():
            torch.testing.assert_close(
                each["last"][name], value, atol=3e-5, rtol=1e-4, msg=lambda text, name=name: f"{name}: {text}"
            )
    moved = [name for name, v in alone["last"].items() if not torch.equal(v, alone["first"][name])]
    assert any("running_var" in name for name in moved)


def first_step(rank, method):
    options = {name: value for name, value in OPTIONS.items() if name != "progress"}
    training = pretraining.prepare(method, clips(), seed=0, **options)
    training.model.train()
    loss = training.loss(torch.arange(12))
    loss.backward()
    training.average_gradients()
    gradients = [p.grad.flatten() for p in training.model.parameters() if p.grad is not None]
    return {"loss": loss.detach(), "gradient": torch.cat(gradients)}


@pytest.mark.parametrize("method", ["pstl", "asma"])
def test_the_first_step_has_the_loss_and_the_gradient_of_one_process(method, tmp_path, monkeypatch):
    found, alone = spawn(first_step, tmp_path, monkeypatch, method), first_step(0, method)
    for each in found:
        torch.testing.assert_close(each["loss"], alone["loss"], rtol=1e-5, atol=0)
        # A few ReLUs whose input is a rounding error away from 0 switch: so it is, too, if each weight of the
        # one process is changed by a millionth.
        apart = (each["gradient"] - alone["gradient"]).norm() / alone["gradient"].norm()
        assert apart < 1e-3
    assert torch.equal(found[0]["gradient"], found[1]["gradient"])


def rows():
    return torch.randn(7, 3, 5, generator=seeded()) * 4 + 100, torch.randn(7, 3, 5, generator=seeded(1))


def normalise(rank, cut):
    x, weight = rows()
    mine, wanted = (x[:cut], weight[:cut]) if rank == 0 else (x[cut:], weight[cut:])
    layer, mine = nn.BatchNorm1d(3), mine.clone().requires_grad_()
    processes.synchronise_batch_norm(layer)
    out = layer(mine)
    loss = (out * wanted).sum().square()  # of one process; the gradient is that of the sum of both
    loss.backward()
    return {"out": out.detach(), "gradient": mine.grad, "buffers": layer.state_dict()}


@pytest.mark.parametrize("cut", [3, 0])
def test_batch_norm_takes_its_statistics_over_all_processes(cut, tmp_path, monkeypatch):
    found = spawn(normalise, tmp_path, monkeypatch, cut)
    (x, weight), layer = rows(), nn.BatchNorm1d(3)
    x.requires_grad_()
    out = layer(x)
    parts = (out * weight)[:cut].sum(), (out * weight)[cut:].sum()
    (parts[0].square() + parts[1].square()).backward()
    torch.testing.assert_close(torch.cat([each["out"] for each in found]), out, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(torch.cat([each["gradient"] for each in found]), x.grad, atol=1e-4, rtol=1e-4)
    for each in found:
        torch.testing.assert_close(dict(each["buffers"]), dict(layer.state_dict()), atol=1e-5, rtol=1e-5)


def draws(rank):
    with processes.share(torch.arange(11)) as mine:
        return {"mine": mine, "drawn": random.uniform((5, 2), "cpu", seeded())}


def test_processes_draw_what_belongs_to_their_clips(tmp_path, monkeypatch):
    first, second = spawn(draws, tmp_path, monkeypatch)
    assert torch.cat([first["mine"], second["mine"]]).tolist() == list(range(10))  # one is left over
    whole = random.uniform((10, 2), "cpu", seeded())
    assert torch.equal(torch.cat([first["drawn"], second["drawn"]]), whole)


def test_one_process_draws_and_trains_as_ever():
    assert processes.count() == 1
    with processes.share(torch.arange(5)) as mine:
        assert mine.tolist() == [0, 1, 2, 3, 4]
        assert torch.equal(random.uniform((5, 2), "cpu", seeded()), torch.rand((5, 2), generator=seeded()))
