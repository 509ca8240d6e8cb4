import math

import pytest
import torch
import torch.nn.functional as F
from helpers import batch, seeded
from torch import nn

from skelkit import augment
from skelkit.continual import LEARNERS, ReplayMemory, Settings
from skelkit.continual.learners.icarl import herd
from skelkit.data.tasks import split_into_tasks
from skelkit.models.autoencoder import draw_hidden
from skelkit.training.inputs import PreparedClips

pytestmark = pytest.mark.usefixtures("one_thread", "small")
CLASSES, FRAMES = 4, 12


def make(name, seed=0, budget="30 clips", **changes):
    s = Settings(
        **{
            "size": "small",
            "frames": FRAMES,
            "batch": 4,
            "interval": 3,
            "logits": "float32",
            "least_probe_steps": 0,
        }
        | changes
    )
    kind, memory, generator = LEARNERS[name], None, seeded(seed)
    s = kind.complete(s)
    network = kind.build_network(CLASSES, 5, s, generator)
    if kind.uses_memory:
        stored = CLASSES if kind.stores_logits else 0
        memory = ReplayMemory(
            budget, s.memory_codec(), frames=FRAMES, joints=5, classes=stored, logits=s.logits
        )
    return kind(network, s, memory, generator)


def labelled_clips(n=5, classes=(0, 1), seed=0):
    x = batch(n, FRAMES, seed=seed) * 0.3
    x[::2, ..., 1] = 0
    return x, torch.tensor(classes)[torch.arange(n) % len(classes)]


def freeze_batch_norm(network):
    """Batch norm as in evaluation, the rest as in training: logits do not depend on the other clips."""
    network.train()
    for m in network.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.eval()
            m.running_mean.copy_(torch.linspace(-0.1, 0.1, m.num_features))
            m.running_var.copy_(torch.linspace(0.5, 2, m.num_features))
    return network


def filled(learner, clips=9):
    x, y = labelled_clips(clips, (2, 3), 7)
    logits = torch.randn(clips, CLASSES, generator=seeded(8)) if learner.stores_logits else None
    learner.memory.offer(x, y, logits, seeded(9))
    return learner


def reseeded(learner, seed):
    learner.generator.manual_seed(seed)
    return learner


def gradients(learner, loss):
    return torch.autograd.grad(loss, list(learner.network.parameters()), allow_unused=True)


# -- the losses, written out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fine-tuning", "joint", "er", "der++"])
def test_with_an_empty_memory_the_loss_is_cross_entropy(name):
    learner, (x, y) = make(name), labelled_clips()
    freeze_batch_norm(learner.network)
    chances = learner.network(x).softmax(1)
    assert learner.observe(x, y).item() == pytest.approx(
        -sum(math.log(chances[i, y[i]].item()) for i in range(5)) / 5, rel=1e-5
    )


@pytest.mark.parametrize("fused", [False, True])
def test_er_adds_the_cross_entropy_of_a_draw(fused):
    learner, (x, y) = filled(make("er", fused=fused)), labelled_clips()
    freeze_batch_norm(learner.network)
    loss = reseeded(learner, 3).observe(x, y)
    g = seeded(3)
    old, labels, _ = learner.memory.draw(4, g)
    old = augment.rotate(old, g)
    torch.testing.assert_close(
        loss, F.cross_entropy(learner.network(x), y) + F.cross_entropy(learner.network(old), labels)
    )


@pytest.mark.parametrize("fused", [False, True])
def test_derpp_weighs_stored_logits_by_alpha_and_the_labels_of_another_draw_by_beta(fused):
    learner, (x, y) = filled(make("der++", alpha=0.3, beta=0.7, fused=fused)), labelled_clips()
    freeze_batch_norm(learner.network)
    loss = reseeded(learner, 3).observe(x, y)
    g = seeded(3)
    one, _, stored = learner.memory.draw(4, g)
    one = augment.rotate(one, g)
    two, labels, _ = learner.memory.draw(4, g)
    two = augment.rotate(two, g)
    squares = (learner.network(one) - stored) ** 2
    wanted = (
        F.cross_entropy(learner.network(x), y)
        + 0.3 * squares.sum() / 16
        + 0.7 * F.cross_entropy(learner.network(two), labels)
    )
    torch.testing.assert_close(loss, wanted)


@pytest.mark.parametrize(
    "parts",
    [{}, {"masking": False}, {"reconstruction": False}, {"masking": False, "reconstruction": False}],
    ids=str,
)
@pytest.mark.parametrize("fused", [False, True])
def test_charon_adds_gamma_times_reconstruction_to_each_term_and_masks_a_share_of_each_clip(parts, fused):
    learner = filled(make("charon", alpha=0.3, beta=0.7, gamma=2.0, ratio=0.5, fused=fused, **parts))
    network, (x, y) = freeze_batch_norm(learner.network), labelled_clips()
    ratio, gamma = (
        0.5 if parts.get("masking", True) else 0.0,
        2.0 if parts.get("reconstruction", True) else 0.0,
    )
    loss = reseeded(learner, 3).observe(x, y)
    g = seeded(3)
    one, _, stored = learner.memory.draw(4, g)
    one = augment.rotate(one, g)
    two, labels, _ = learner.memory.draw(4, g)
    two = augment.rotate(two, g)
    hidden = (
        draw_hidden(torch.cat([x, one, two]), ratio, g).split([5, 4, 4])
        if fused
        else [draw_hidden(v, ratio, g) for v in (x, one, two)]
    )

    def rec(v, h):
        errors = []
        made = network.reconstruct(v, h)
        for n in range(len(v)):
            for m in range(2):
                errors += [
                    ((made[n, :, t, :, m] - v[n, :, t, :, m]) ** 2).mean()
                    for t in range(FRAMES)
                    if v[n, :, t, :, m].any()
                ]
        return sum(errors) / len(errors)

    now, then, again = (network.encoder(v, h) for v, h in zip((x, one, two), hidden, strict=True))
    assert [int(h.sum()) for h in hidden] == ([5, 4, 4] if ratio else [0, 0, 0])  # of two tuples, one
    wanted = F.cross_entropy(now, y) + gamma * rec(x, hidden[0])
    wanted += 0.3 * (F.mse_loss(then, stored) + gamma * rec(one, hidden[1])) + 0.7 * (
        F.cross_entropy(again, labels) + gamma * rec(two, hidden[2])
    )
    torch.testing.assert_close(loss, wanted)


@pytest.mark.parametrize("fused", [False, True])
def test_charon_without_its_components_is_derpp_bit_for_bit(fused):
    off = {
        "compression": False,
        "masking": False,
        "reconstruction": False,
        "probing": False,
        "refresh": False,
    }
    charon, other, (x, y) = make("charon", fused=fused, **off), make("der++", fused=fused), labelled_clips()
    charon.network.encoder.load_state_dict(other.network.state_dict())
    for learner in (charon, other):
        learner.network.train()
        for step in range(3):
            learner.optimiser.zero_grad()
            loss = reseeded(learner, step).observe(x, y)
            loss.backward()
            learner.optimiser.step()
            filled(learner, 3)
    assert torch.equal(reseeded(charon, 9).observe(x, y), reseeded(other, 9).observe(x, y))
    assert all(
        torch.equal(a, b)
        for a, b in zip(charon.network.encoder.parameters(), other.network.parameters(), strict=True)
    )
    clips = toy_task(make_toy=TOY[0])
    for learner in (charon, other):
        learner.network.eval()
        reseeded(learner, 4).end_task(clips)
    assert all(torch.equal(v, other.memory.table[k]) for k, v in charon.memory.table.items())
    assert torch.equal(charon.logits(x), other.logits(x))


@pytest.mark.parametrize("name", ["er", "der++", "charon"])
def test_one_fused_pass_gives_the_gradients_of_separate_ones_where_batch_norm_does_not_mix_them(name):
    found = []
    for fused in (False, True):
        learner = filled(make(name, fused=fused, ratio=1e-6))
        freeze_batch_norm(learner.network)
        found.append(gradients(learner, reseeded(learner, 3).observe(*labelled_clips())))
    for one, other in zip(*found, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_lwf_distills_the_old_classes_and_learns_the_new_ones_among_themselves():
    learner, (x, y) = make("lwf", distillation=0.6, temperature=3.0), labelled_clips(5, (2, 1))
    freeze_batch_norm(learner.network)
    learner.begin_task((0, 3))
    first = learner.observe(x, torch.tensor([0, 3, 0, 3, 0]))
    before = learner.network(x).detach()
    new = [before[i, [0, 3]].softmax(0) for i in range(5)]
    assert first.item() == pytest.approx(-sum(math.log(p[i % 2]) for i, p in enumerate(new)) / 5, rel=1e-5)
    learner.begin_task((2, 1))
    with torch.no_grad():
        learner.network.classifier.weight.add_(torch.randn(CLASSES, 8, generator=seeded(2)))
    after = learner.network(x).detach()
    wanted = 0.0
    for i in range(5):
        wanted -= math.log((after[i, [2, 1]]).softmax(0)[i % 2]) / 5
        p, q = (v[i, [0, 3]].double().div(3).softmax(0) for v in (before, after))
        wanted += 0.6 * 9 * float((p * (p / q).log()).sum()) / 5
    assert learner.observe(x, y).item() == pytest.approx(wanted, rel=1e-4)
    assert not any(p.requires_grad for p in learner.old.parameters())
    learner.network.train()
    assert not learner.old.training


def test_ewc_penalises_each_weight_by_its_fisher_information():
    learner, clips = make("ewc", ewc=10.0, ewc_decay=0.5), toy_task(make_toy=TOY[0])
    network = learner.network.eval()
    g, wanted = seeded(4), {n: torch.zeros_like(p) for n, p in network.named_parameters()}
    for _ in range(2):
        new = {n: torch.zeros_like(p) for n, p in network.named_parameters()}
        for i in torch.randperm(len(clips), generator=g)[:64].tolist():
            for label in range(CLASSES):
                network.zero_grad()
                answer = network(clips[torch.tensor([i])]).log_softmax(1)[0]
                (-answer[label]).backward()
                for n, p in network.named_parameters():
                    new[n] += 0 if p.grad is None else answer[label].detach().exp() * p.grad**2
        mean = sum(float(v.sum()) for v in new.values()) / sum(v.numel() for v in new.values())
        wanted = {n: 0.5 * v + new[n] / mean for n, v in wanted.items()}
    network.zero_grad()
    reseeded(learner, 4).end_task(clips)
    learner.end_task(clips)
    for n, v in learner.fisher.items():
        torch.testing.assert_close(v, wanted[n], rtol=1e-3, atol=1e-4)
    anchor = {n: p.detach().clone() for n, p in network.named_parameters()}
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn(p.shape, generator=seeded(3)) * 0.01)
    freeze_batch_norm(network)
    x, y = labelled_clips()
    pull = sum(
        (wanted[n].double() * (p.double() - anchor[n]) ** 2).sum().item()
        for n, p in network.named_parameters()
    )
    assert pull > 0.01
    assert learner.observe(x, y).item() == pytest.approx(
        F.cross_entropy(network(x), y).item() + 5 * pull, rel=1e-3
    )


def test_icarl_targets_are_the_old_networks_sigmoids_for_old_classes_and_zero_or_one_for_new_ones():
    learner = make("icarl")
    network, (x, y) = freeze_batch_norm(learner.network), labelled_clips(5, (2, 1))
    learner.begin_task((0,))
    learner.begin_task((1, 2))
    learner.memory.offer(*labelled_clips(3, (0,), 5), key=torch.arange(3.0))
    old_answers = lambda v: network(v).detach().sigmoid()  # noqa: E731
    before = old_answers(x), old_answers
    with torch.no_grad():
        network.classifier.bias.add_(torch.tensor([0.5, -0.5, 1.0, 2.0]))
    loss = reseeded(learner, 3).observe(x, y)
    g = seeded(3)
    old, labels, _ = learner.memory.draw(4, g)
    old = augment.rotate(old, g)
    x, y = torch.cat([x, old]), torch.cat([y, labels])
    p, wanted = network(x).detach().double().sigmoid(), 0.0
    before = learner.old(x).double().sigmoid()
    assert not torch.allclose(before, p)
    for i in range(9):
        for c in (0, 1, 2):  # class 3 is not known yet
            target = float(before[i, 0]) if c == 0 else float(y[i] == c)
            wanted -= (target * math.log(p[i, c]) + (1 - target) * math.log(1 - p[i, c])) / 9
    assert loss.item() == pytest.approx(wanted, rel=1e-4)


# -- what is stored of a task --------------------------------------------------------------------------------

TOY = []


@pytest.fixture(autouse=True)
def remember(toy):
    TOY[:] = [toy]


def toy_task(make_toy, classes=CLASSES, each=6, only=None):
    clips = make_toy(classes, each)
    return PreparedClips(
        clips if only is None else clips.select(torch.isin(clips.labels, torch.tensor(only))), FRAMES
    )


@pytest.mark.parametrize("n", [1, 2, 9])
def test_herding_chooses_at_each_step_the_clip_that_brings_the_mean_closest(n):
    features = torch.randn(n, 3, generator=seeded(n))
    mean, chosen = features.double().mean(0), []
    for k in range(1, n + 1):
        distance = {
            i: float((mean - features.double()[[*chosen, i]].sum(0) / k).norm())
            for i in range(n)
            if i not in chosen
        }
        chosen.append(min(distance, key=distance.get))
    assert herd(features).tolist() == chosen
    assert herd(features, 2).tolist() == chosen[:2]


def test_icarl_keeps_the_first_clips_in_herding_order_of_each_class_and_predicts_the_nearest_mean():
    learner = make("icarl", budget="11 clips")
    learner.network.eval()
    kept = {}
    for classes in ((0, 1), (2, 3)):
        learner.begin_task(classes)
        assert torch.equal(
            learner.logits(labelled_clips()[0]), learner.network(labelled_clips()[0])
        )  # until the task is over
        clips = toy_task(TOY[0], each=9, only=classes)
        learner.end_task(clips)
        x, labels, _ = learner.memory.read(torch.arange(len(learner.memory)))
        counts = labels.bincount(minlength=CLASSES)[: max(classes) + 1]
        assert counts.max() - counts.min() <= 1
        features = clips.map(learner.features)
        torch.testing.assert_close(features.norm(dim=1), torch.ones(len(features)))
        for c in classes:
            mine = (clips.labels == c).nonzero().flatten()
            best = clips[mine[herd(features[mine])[: counts[c]]]]
            stored = x[labels == c]
            assert sorted(best.sum((1, 2, 3, 4)).tolist()) == pytest.approx(
                sorted(stored.sum((1, 2, 3, 4)).tolist()), rel=1e-4
            )
        kept[classes] = {c: x[labels == c] for c in range(CLASSES)}
    assert all(len(kept[2, 3][c]) < len(kept[0, 1][c]) for c in (0, 1))
    some, _ = labelled_clips(6, seed=5)
    means = torch.stack([F.normalize(learner.features(kept[2, 3][c]).mean(0), dim=0) for c in range(CLASSES)])
    away = (learner.features(some)[:, None] - means).norm(dim=2)
    torch.testing.assert_close(learner.logits(some), -away, rtol=1e-4, atol=1e-4)


def test_a_class_not_learnt_yet_is_never_the_nearest():
    learner = make("icarl")
    learner.network.eval()
    learner.begin_task((2,))
    learner.end_task(toy_task(TOY[0], only=(2,)))
    assert learner.logits(labelled_clips()[0]).argmax(1).tolist() == [2] * 5
    learner.begin_task((1,))
    assert learner.means.isnan().all()


@pytest.mark.parametrize("name", ["er", "der++", "charon"])
def test_each_clip_of_a_task_is_offered_once_with_its_logits(name):
    learner = make(name, probing=False, refresh=False, compression=False, budget="40 clips")
    learner.network.eval()
    clips = toy_task(TOY[0])
    learner.begin_task(range(CLASSES))
    learner.end_task(clips)
    assert learner.memory.seen == len(learner.memory) == len(clips)
    x, labels, logits = learner.memory.read(torch.arange(len(clips)))
    assert torch.equal(labels.bincount(), clips.labels.bincount())
    if logits is not None:
        torch.testing.assert_close(logits, learner.logits(x).detach(), rtol=1e-3, atol=1e-4)


def test_charon_recomputes_all_stored_logits_with_the_probed_classifier():
    for refresh in (True, False):
        learner = filled(
            make("charon", refresh=refresh, probe_epochs=2, compression=False, budget="60 clips")
        )
        learner.network.eval()
        learner.begin_task((0, 1))
        before = learner.network.classifier.weight.clone()
        learner.end_task(toy_task(TOY[0], only=(0, 1)))
        assert torch.equal(learner.unprobed.weight, before)
        assert not torch.equal(learner.network.classifier.weight, before)
        x, _, logits = learner.memory.read(torch.arange(len(learner.memory)))
        assert torch.allclose(logits, learner.logits(x), atol=1e-4) is refresh


@pytest.mark.parametrize(
    ("adaptive", "wanted"), [("difficulty", 0.4 * 3 / 5), ("memory", 0.4 * 0.5), ("no", 0.4)]
)
def test_the_mask_ratio_follows_accuracy_or_memory_use(adaptive, wanted):
    learner = filled(make("charon", adaptive=adaptive, ratio=0.4))
    assert learner.ratio == (0.4 if adaptive == "no" else 0.0)
    y = torch.tensor([0, 1, 1, 0, 1])
    learner.track_accuracy(F.one_hot(torch.tensor([0, 1, 0, 0, 0]), CLASSES).float(), y)
    slots = learner.memory.slots
    learner.memory.table["key"][:] = torch.where(torch.arange(slots) < slots // 2, 0.5, torch.inf)
    learner.end_epoch()
    assert learner.ratio == pytest.approx(wanted, abs=0.4 / slots)
    assert not learner.batch_accuracies


# -- all of them -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_learns_its_first_task(name):
    learner, clips = make(name, lr=1e-2), toy_task(TOY[0])
    learner.begin_task(range(CLASSES))
    losses = []
    learner.network.train()
    for _ in range(25):
        learner.optimiser.zero_grad()
        loss = learner.observe(clips[torch.arange(24)], clips.labels)
        loss.backward()
        learner.optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-3:]) < 0.75 * sum(losses[:3])
    learner.network.eval()
    learner.end_task(clips)
    assert learner.logits(clips[torch.arange(24)]).shape == (24, CLASSES)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_restored_from_its_state_continues_with_the_same_bits(name):
    def step(learner, seed):
        learner.network.train()
        learner.optimiser.zero_grad()
        reseeded(learner, seed).observe(*labelled_clips(5, learner.classes, seed)).backward()
        learner.optimiser.step()
        return learner

    def second_half(learner):
        learner.begin_task((2, 3))
        step(step(learner, 5), 6)
        learner.network.eval()
        reseeded(learner, 7).end_task(toy_task(TOY[0], only=(2, 3)))
        return learner

    learner = make(name)
    learner.begin_task((1, 0))
    step(learner, 4)
    learner.network.eval()
    learner.end_task(toy_task(TOY[0], only=(1, 0)))
    other = make(name, seed=1)
    other.load_state_dict(learner.state_dict() | {"memory": learner.memory and learner.memory.state_dict()})
    assert flat(other.state_dict()) == flat(learner.state_dict())
    assert (other.past, other.classes) == ([], [1, 0])
    one, two = second_half(learner), second_half(other)
    assert flat(one.state_dict()) == flat(two.state_dict())
    assert torch.equal(one.logits(labelled_clips()[0]), two.logits(labelled_clips()[0]))


def flat(value):
    """Nested state with tensors as lists of whole numbers, their bits."""
    if isinstance(value, torch.Tensor):
        return value.detach().contiguous().view(-1).view(torch.uint8).tolist()
    if isinstance(value, dict):
        return {k: flat(v) for k, v in value.items()}
    return [flat(v) for v in value] if isinstance(value, list | tuple) else value


def test_the_optimiser_is_reset_for_each_task_and_no_class_is_listed_twice():
    learner, clips = make("joint"), toy_task(TOY[0])
    scenario = split_into_tasks(
        TOY[0](CLASSES, 6), TOY[0](CLASSES, 2, 1), 2, order=range(CLASSES), validation=0
    )
    for i, (past, now) in enumerate([([], [0, 1]), ([0, 1], [2, 3])]):
        learner.begin_task(scenario.until(i).classes)
        assert (learner.past, learner.classes) == (past, now)
        assert not learner.optimiser.state
        learner.observe(clips[torch.arange(4)], clips.labels[:4]).backward()
        learner.optimiser.step()
        assert learner.optimiser.state


@pytest.mark.parametrize("name", LEARNERS)
def test_a_batch_without_persons_and_a_batch_of_one_clip_can_be_learnt(name):
    learner = filled(make(name)) if LEARNERS[name].uses_memory else make(name)
    learner.begin_task((0,))
    learner.begin_task((1,))
    learner.network.train()
    for x in (torch.zeros(2, 3, FRAMES, 5, 2), labelled_clips(1)[0]):
        loss = learner.observe(x, torch.ones(len(x), dtype=torch.long))
        loss.backward()
        assert loss.isfinite()
