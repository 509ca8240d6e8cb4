import math

import pytest
import torch
from helpers import seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit.continual import ReplayMemory
from skelkit.continual.reservoir import smallest_keys
from skelkit.ops import codecs
from skelkit.ops.codecs.adaptive import Adaptive
from skelkit.ops.codecs.dct import DCT
from skelkit.ops.codecs.uniform import Uniform

CODECS = [
    Uniform(7),
    Uniform(4, "half_pixel", dtype="float16"),
    Uniform(5, endpoint=True, dtype="int8"),
    Adaptive(5),
    Adaptive(4, "int8"),
    DCT(6),
    DCT(3, "int8"),
]
CODECS += [kind() for kind in codecs.CODECS.values() if kind not in map(type, CODECS)]


def stream(clips, seed=0, frames=20, joints=3):
    """Clips of one or two persons, some with gaps; labels and logits that number them."""
    generator = seeded(seed)
    x = torch.randn(clips, 3, frames, joints, 2, generator=generator).cumsum(2) * 0.1 + 1.5
    x[torch.rand(clips, generator=generator) < 0.5, ..., 1] = 0
    x[torch.rand(clips, generator=generator) < 0.2, ..., 0] = (
        0  # so the second person may be alone, or nobody there
    )
    x[::3, :, 2:5] = 0
    labels = torch.arange(clips)
    return x, labels, labels[:, None] + torch.tensor([0, 0.25, 0.5])


def make(budget=20_000, codec=CODECS[0], frames=20, classes=3, **options):
    return ReplayMemory(budget, codec, frames=frames, joints=3, classes=classes, **options)


def tiny(slots, persons=1):
    """A memory of so many slots for clips of one frame and one joint: for streams by the thousand."""
    size = ReplayMemory(10_000, Uniform(1), frames=1, joints=1, persons=persons).slot_bytes
    return ReplayMemory(slots * size, Uniform(1), frames=1, joints=1, persons=persons)


def fill(memory, clips, generator, batch=None, order=None):
    for part in torch.arange(len(clips[0])).split(batch or len(clips[0])):
        memory.offer(*(v[part] for v in clips), generator=generator)
    return memory


def everything(memory):
    """What is kept, by label: {label: (restored clip, logits)}."""
    x, labels, logits = memory.read(torch.arange(len(memory)))
    return {label: (clip, row) for label, clip, row in zip(labels.tolist(), x, logits, strict=True)}


# -- restored clips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", CODECS, ids=str)
@pytest.mark.parametrize("batch", [1, 7, 40])
def test_each_clip_is_restored_as_by_the_codec_alone_with_its_label_and_logits(codec, batch):
    clips = x, _, logits = stream(40)
    memory = fill(make(20 * make(codec=codec).slot_bytes, codec), clips, seeded(), batch)
    assert 10 <= len(memory) <= 20
    for label, (clip, row) in everything(memory).items():
        torch.testing.assert_close(
            clip, codec.decode(codec.encode(x[label : label + 1]))[0], rtol=1e-6, atol=1e-6
        )
        assert torch.equal(row, logits[label])


def test_a_clip_without_persons_is_restored_without_persons():
    memory = make()
    memory.offer(torch.zeros(2, 3, 20, 3, 2), torch.tensor([4, 5]), torch.ones(2, 3), seeded())
    x, labels, _ = memory.draw(2, seeded())
    assert x.shape == (2, 3, 20, 3, 2)
    assert not x.any()
    assert sorted(labels.tolist()) == [4, 5]
    assert memory.used_bytes == 2 * memory.slot_bytes


def test_the_memory_shares_nothing_with_what_was_offered_and_keeps_no_graph():
    x, labels, logits = stream(3)
    memory = make()
    memory.offer(x, labels, (logits.requires_grad_() * 2), seeded())
    before = everything(memory)
    x.fill_(7)
    after = everything(memory)
    assert all(torch.equal(before[k][0], after[k][0]) for k in before)
    assert not any(column.requires_grad for column in memory.table.values())


# -- bytes -------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(CODECS),
    st.integers(0, 9000),
    st.integers(1, 41),
    st.integers(1, 3),
    st.integers(0, 9),
    st.sampled_from(["float16", "float32"]),
)
def test_the_table_is_never_above_the_budget_but_with_one_more_slot_it_would_be(
    codec, extra, frames, persons, classes, logits
):
    options = {"frames": frames, "joints": 3, "persons": persons, "classes": classes, "logits": logits}
    smallest = ReplayMemory(10**6, codec, **options).slot_bytes * persons
    memory = ReplayMemory(smallest + extra, codec, **options)
    assert (
        memory.nbytes == memory.slots * memory.slot_bytes <= memory.budget < memory.nbytes + memory.slot_bytes
    )
    x = torch.ones(memory.capacity() + 3, 3, frames, 3, persons)
    memory.offer(x, torch.zeros(len(x)).long(), torch.zeros(len(x), classes) if classes else None, seeded())
    assert len(memory) == memory.capacity() == memory.slots // persons >= 1
    assert memory.used_bytes <= memory.nbytes <= memory.budget


def test_the_bytes_of_a_slot_agree_with_a_count_by_hand():
    memory = ReplayMemory(10**6, Uniform(7), frames=120, joints=25, classes=60)
    values, gaps, presence, key, where, label, head, logits = 18 * 75 * 4, 15, 1, 8, 2 * 4, 4, 4, 60 * 2
    assert memory.slot_bytes == values + gaps + presence + key + where + label + head + logits
    assert ReplayMemory(10**6, Uniform(7), frames=120, joints=25).slot_bytes == memory.slot_bytes - logits
    assert (
        ReplayMemory(10**6, Uniform(7), frames=120, joints=25, classes=60, logits="float32").slot_bytes
        == memory.slot_bytes + logits
    )
    assert (
        ReplayMemory(10**6, Uniform(7, dtype="int8"), frames=120, joints=25, classes=60).slot_bytes
        == memory.slot_bytes - values * 3 // 4 + 3 * 8
    )


@pytest.mark.parametrize("codec", CODECS, ids=str)
def test_a_budget_in_slots_gives_that_many_slots_with_any_codec(codec):
    for text, slots in [("2 slots", 2), (" 31  slots ", 31), ("31 slot", 31)]:
        memory = make(text, codec)
        assert (memory.slots, memory.budget, memory.nbytes) == (
            slots,
            slots * memory.slot_bytes,
            slots * memory.slot_bytes,
        )
    assert len(fill(memory, stream(60), seeded())) > 15


@pytest.mark.parametrize("interval", [5, 7, 9, 11, 50])
def test_the_budget_holds_where_the_interval_does_not_divide_the_clip(interval):
    budget = 20 * 120 * 25 * 3 * 4 * 2
    memory = ReplayMemory("20 clips", Uniform(interval), frames=120, joints=25)
    assert memory.nbytes <= memory.budget == budget
    published = (
        20 * interval * math.ceil(120 / interval) * 25 * 3 * 4 * 2
    )  # slots times frames of each: above the budget for 7
    assert (published > budget) == (120 % interval > 0)
    assert memory.capacity() > 20 * 120 / math.ceil(120 / interval) * 0.95


def test_capacity_is_the_number_of_clips_that_fit_for_any_number_of_persons():
    for persons in (1, 2, 3):
        memory = ReplayMemory(3_000, Uniform(20), frames=20, joints=3, persons=3)
        x = torch.ones(200, 3, 20, 3, 3)
        x[..., persons:] = 0
        memory.offer(x, torch.zeros(200).long(), generator=seeded())
        assert len(memory) == memory.capacity(persons)


def test_clips_of_one_person_cost_half_so_that_more_of_them_fit():
    x, labels, logits = stream(200)
    x[..., 1] = 0
    memory = fill(make(), (x, labels, logits), seeded(), 16)
    assert len(memory) == memory.slots - 1 == memory.capacity(persons=1)
    assert memory.used_bytes == memory.nbytes - memory.slot_bytes


@given(st.integers(1, 40), st.integers(1, 25), st.integers(0, 99))
def test_slots_are_neither_lost_nor_used_twice_and_no_room_for_a_largest_clip_is_wasted(clips, batch, seed):
    x, labels, logits = stream(clips, seed)
    memory = make(4_000)
    size = x.any(1).any(1).any(1).sum(1).clamp_min(1).tolist()
    for part in torch.arange(clips).split(batch):
        memory.offer(x[part], labels[part], logits[part], seeded(seed))
        held = sum(size[label] for label in memory.labels.tolist())
        assert memory.used_bytes == held * memory.slot_bytes
        where = memory.table["where"][memory.heads]
        assert len(where[where >= 0].unique()) == (where >= 0).sum()
        assert len(memory) == memory.seen or held > memory.slots - 2


# -- which clips are kept ------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 999), st.integers(1, 3)), max_size=30, unique_by=lambda pair: pair[0]),
    st.integers(0, 20),
)
def test_items_are_kept_in_order_of_key_while_there_is_room(items, limit):
    kept, used = set(), 0
    for key, size in sorted(items):
        if used > limit:
            break
        kept.add(key)
        used += size
    keys, sizes = torch.tensor(items).reshape(-1, 2).T
    assert set(keys[smallest_keys(keys, sizes, limit)].tolist()) == kept


@given(st.integers(0, 999), st.sampled_from([1, 3, 8, 30]))
def test_after_a_stream_the_memory_holds_the_clips_that_all_keys_at_once_would_select(seed, batch):
    clips = x, _, _ = stream(30, seed)
    large, small = (fill(make(budget), clips, seeded(seed), batch) for budget in (10**5, 2_500))
    assert len(large) == 30 > len(small)
    key = dict(zip(large.labels.tolist(), large.table["key"][large.heads].tolist(), strict=True))
    wanted, used = [], 0
    for label in sorted(key, key=key.get):
        if used > small.slots - 2:
            break
        wanted.append(label)
        used += max(1, int(x[label].any(0).any(0).any(0).sum()))
    assert sorted(small.labels.tolist()) == sorted(wanted)


def kept_labels(slots, clips, batches, streams):
    """Labels kept, stream by stream: clips of one person, numbered, offered in batches of these sizes."""
    generator = seeded(1)
    for _ in range(streams):
        memory = tiny(slots)
        for part in torch.arange(clips).split(batches):
            memory.offer(torch.ones(len(part), 3, 1, 1, 1), part, generator=generator)
        yield memory.labels


@pytest.mark.parametrize(
    ("batches", "streams"),
    [([240], 300), ([1] * 240, 8), ([100, 1, 70, 1, 68], 100), ([239, 1], 150)],
    ids=["1", "240", "5", "2"],
)
def test_a_clip_is_as_likely_to_be_kept_wherever_in_the_stream_it_comes(batches, streams):
    counts = sum(
        (labels // 10).bincount(minlength=24) for labels in kept_labels(60, 240, batches, streams)
    ).double()
    assert counts.sum() == streams * 60
    mean, share = streams * 2.5, 60 / 240
    chi_square = ((counts - mean) ** 2).sum() / (mean * (1 - share)) * 239 / 240
    assert chi_square < 56  # 23 degrees of freedom: 1 in 7000
    assert ((counts - mean).abs() < 5 * (mean * (1 - share)) ** 0.5).all()


def test_the_last_clip_of_a_stream_is_kept_as_often_as_its_share():
    kept = sum(bool((labels == 9).any()) for labels in kept_labels(3, 10, [9, 1], 800))
    assert abs(kept - 240) < 5 * (800 * 0.3 * 0.7) ** 0.5


def test_pairs_of_clips_are_kept_as_often_as_in_a_random_sample():
    streams, share = 500, 3 * 2 / (6 * 5)
    kept = torch.stack(
        [labels.bincount(minlength=6) for labels in kept_labels(3, 6, [2, 1, 3], streams)]
    ).float()
    pairs = (kept.T @ kept)[*torch.triu_indices(6, 6, 1)]
    assert ((pairs - streams * share).abs() < 5 * (streams * share * (1 - share)) ** 0.5).all()


def test_clips_of_two_persons_are_kept_as_often_as_clips_of_one():
    generator, streams = seeded(3), 1500
    two = torch.rand(streams, 6, generator=generator) < 0.5
    clips = torch.ones(streams, 6, 3, 1, 1, 2)
    clips[..., 1] = two[..., None, None, None].float()
    kept, unfair = torch.zeros(2), torch.zeros(2)
    for flags, x in zip(two.long(), clips, strict=True):
        memory = tiny(3, persons=2)
        memory.offer(x, flags, generator=generator)
        kept += memory.labels.bincount(minlength=2)
        fits = (flags + 1).cumsum(
            0
        ) <= 3  # what keeping whatever still fits would do; the flags are in random order already
        unfair += flags[fits].bincount(minlength=2)
    offered = two.flatten().long().bincount(minlength=2)
    deviation = (0.2 * 0.8 * (1 / offered).sum()) ** 0.5
    assert (kept / offered).diff().abs() < 5 * deviation
    assert (unfair / offered).diff().abs() > 10 * deviation


def test_a_clip_offered_once_is_stored_once_and_the_memory_counts_what_it_has_seen():
    memory = fill(make(10**5), stream(40), seeded(), 16)
    assert memory.seen == len(memory) == 40
    assert sorted(memory.labels.tolist()) == list(range(40))


def test_the_same_seed_keeps_and_draws_the_same():
    memories = [fill(make(4_000), stream(60), seeded(5), 16) for _ in range(2)]
    assert torch.equal(*(memory.labels for memory in memories))
    assert torch.equal(*(memory.draw(8, seeded(6))[0] for memory in memories))
    assert not torch.equal(memories[0].labels, fill(make(4_000), stream(60), seeded(7), 16).labels)


# -- given keys ---------------------------------------------------------------------------------------


@given(st.permutations(range(20)), st.sampled_from([1, 6, 20]), st.integers(2, 20))
def test_with_given_keys_the_smallest_stay_in_any_order_and_batches(ranks, batch, slots):
    x, labels, logits = stream(20)
    x[..., 1] = 0
    memory, keys = make(slots * make().slot_bytes), torch.tensor(ranks)  # whole numbers will do
    for part in torch.arange(20).split(batch):
        memory.offer(x[part], labels[part], logits[part], key=keys[part])
    kept = sorted(range(20), key=lambda i: ranks[i])[: slots - 1]  # room for a clip of two is kept
    assert sorted(memory.labels.tolist()) == sorted(kept)
    assert sorted(memory.table["key"][memory.heads].tolist()) == sorted(ranks[i] for i in kept)


def test_with_given_keys_nothing_is_drawn_and_keys_may_be_negative():
    memory = make(10**5)
    memory.offer(*stream(3), key=torch.tensor([-1e30, 5.0, -2.5]))
    generator = seeded()
    before = generator.get_state()
    memory.offer(*stream(3), generator=generator, key=torch.zeros(3))
    assert torch.equal(generator.get_state(), before)
    assert len(memory) == 6


# -- drawing -----------------------------------------------------------------------------------------------


@given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 99))
def test_no_clip_is_drawn_again_before_all_others_were(kept, n, seed):
    memory = fill(make(10**5), stream(kept), seeded())
    x, labels, logits = memory.draw(n, seeded(seed))
    assert (len(x), logits.shape) == (n, (n, 3))
    counts = labels.bincount(minlength=kept)
    assert counts.max() - counts.min() <= 1
    assert torch.equal(logits[:, 0], labels.float())


@given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 99))
def test_draw_reads_what_choose_chooses(kept, n, seed):
    memory = fill(make(10**5), stream(kept), seeded())
    chosen = memory.choose(n, seeded(seed))
    assert chosen.shape == (n,)
    assert set(chosen[:kept].tolist()) <= set(range(kept))
    assert len(set(chosen[:kept].tolist())) == min(n, kept)
    assert all(
        torch.equal(a, b) for a, b in zip(memory.read(chosen), memory.draw(n, seeded(seed)), strict=True)
    )


def test_each_clip_is_drawn_as_often_as_any_other():
    memory, generator = fill(make(10**5), stream(10), seeded()), seeded(8)
    counts = sum(memory.draw(3, generator)[1].bincount(minlength=10) for _ in range(1000)).float()
    assert ((counts - 300).abs() < 5 * (300 * 0.7) ** 0.5).all()


def test_drawing_from_an_empty_memory_is_an_error():
    memory = make()
    with pytest.raises(
        ValueError,
        match=r"draw\(4\) from an empty memory \(0 clips were offered to it\); "
        r"offer it the clips of a task first",
    ):
        memory.draw(4, seeded())
    assert len(memory.counts()) == 3
    assert not memory.counts().any()
    memory.refresh_logits(lambda x: 1 / 0)


def test_counts_are_of_the_clips_of_each_class():
    memory = make(10**5, classes=5)
    memory.offer(stream(6)[0], torch.tensor([0, 3, 3, 1, 3, 0]), torch.zeros(6, 5), seeded())
    assert memory.counts().tolist() == [2, 1, 0, 3, 0]


# -- logits ------------------------------------------------------------------------------------------------


def test_update_logits_replaces_those_of_the_given_clips_alone():
    memory = fill(make(10**5), stream(9), seeded())
    before = memory.read(torch.arange(9))[2]
    memory.update_logits(torch.tensor([4, 1]), torch.tensor([[1.0, 2, 3], [4, 5, 6]]))
    after = memory.read(torch.arange(9))[2]
    assert after[[4, 1]].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert torch.equal(after[[0, 2, 3, 5, 6, 7, 8]], before[[0, 2, 3, 5, 6, 7, 8]])


@pytest.mark.parametrize("batch", [1, 4, 64])
def test_refreshed_logits_are_those_of_the_restored_clips(batch):
    weight = torch.randn(3, 3, generator=seeded(), requires_grad=True)
    network = lambda x: x.mean((2, 3, 4)) @ weight  # noqa: E731
    memory = fill(make(logits="float32"), stream(50), seeded())
    memory.refresh_logits(network, batch)
    x, _, logits = memory.draw(len(memory), seeded())
    torch.testing.assert_close(logits, network(x).detach(), rtol=1e-5, atol=1e-6)


# -- checkpoints -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", CODECS, ids=str)
def test_a_memory_restored_from_its_state_continues_with_the_same_bits(tmp_path, codec):
    from safetensors.torch import load_file, save_file

    first, second, third = (tuple(v[part] for v in stream(60)) for part in torch.arange(60).split(20))
    memory, other = fill(make(8_000, codec), first, seeded()), fill(make(8_000, codec), second, seeded(1))
    save_file(memory.state_dict(), tmp_path / "memory.safetensors")
    state = memory.state_dict()
    fill(memory, third, seeded(2), 7)
    other.load_state_dict(load_file(tmp_path / "memory.safetensors"))
    assert all(torch.equal(v, state[k]) for k, v in other.state_dict().items())
    fill(other, third, seeded(2), 7)
    assert (len(other), other.seen) == (len(memory), memory.seen) == (len(memory), 40)
    for mine, theirs in zip(memory.draw(9, seeded(3)), other.draw(9, seeded(3)), strict=True):
        assert torch.equal(mine, theirs)


def test_a_state_of_another_memory_is_refused_even_if_it_has_the_same_shapes():
    memory, other = make(codec=Uniform(5)), make(codec=DCT(4))
    fill(memory, stream(5), seeded())
    with pytest.raises(
        ValueError,
        match=r"this state is of another memory: .* slots of .* DCT\(coefficients=4.*; "
        r"here: .* Uniform\(interval=5",
    ):
        memory.load_state_dict(other.state_dict())
    assert len(memory) == 5


# -- errors ------------------------------------------------------------------------------------------------


def test_a_budget_too_small_for_one_clip_is_refused_with_the_bytes_that_one_takes():
    need = 2 * make().slot_bytes
    assert make(need).capacity() == 1
    with pytest.raises(
        ValueError,
        match=rf"a budget of {need - 1} bytes cannot hold one clip: "
        rf"2 person\(s\) in Uniform.* take {need} bytes",
    ):
        make(need - 1)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda m, x, y, z: make("many"),
            "a memory of 'many': expected a whole number of bytes \\(65536\\), '500 clips'",
        ),
        (lambda m, x, y, z: make(1.5), "a memory of 1.5: expected"),
        (lambda m, x, y, z: make(-1), "a memory of -1: expected"),
        (lambda m, x, y, z: make(True), "a memory of True: expected"),
        (lambda m, x, y, z: make("0 clips"), "a budget of 0 bytes cannot hold one clip"),
        (lambda m, x, y, z: make(logits="int8"), "logits='int8': expected 'float16' or 'float32'"),
        (lambda m, x, y, z: m.offer(x[0], y, z, seeded()), "a batch has 5 axes"),
        (
            lambda m, x, y, z: m.offer(x[:, :, :9], y, z, seeded()),
            r"clips of shape \[3, 9, 3, 2\] were offered to a memory of clips \[3, 20, 3, 2\]",
        ),
        (
            lambda m, x, y, z: m.offer(x, y[:2], z, seeded()),
            r"labels of shape \[2\] for 4 clips; give one class index per clip",
        ),
        (
            lambda m, x, y, z: m.offer(x, y, None, seeded()),
            "clips were offered without logits to a memory of classes=3",
        ),
        (
            lambda m, x, y, z: make(classes=0).offer(x, y, z, seeded()),
            "clips were offered with logits to a memory of classes=0",
        ),
        (
            lambda m, x, y, z: m.offer(x, y, z[:, :2], seeded()),
            r"logits of shape \[4, 2\]; expected \[4, 3\], \[clips, classes\]",
        ),
        (
            lambda m, x, y, z: m.offer(x, y, z + 1e5, seeded()),
            "logits that are not finite in float16; .* or store float32",
        ),
        (lambda m, x, y, z: m.offer(x, y, z), r"needs generator=torch.Generator\(\)"),
        (lambda m, x, y, z: m.draw(0, seeded()), r"draw\(0\): expected at least one clip"),
        (lambda m, x, y, z: m.choose(0, seeded()), r"draw\(0\): expected at least one clip"),
        (
            lambda m, x, y, z: m.offer(x, y, z, key=torch.rand(3)),
            r"keys of shape \[3\] for 4 clips; give one finite number per clip",
        ),
        (
            lambda m, x, y, z: m.offer(x, y, z, key=torch.tensor([0, 1, 2, math.inf])),
            r"keys of shape \[4\] for 4 clips; give one finite number",
        ),
        (
            lambda m, x, y, z: m.offer(x, y, z, key=torch.full((4,), math.nan)),
            "give one finite number per clip",
        ),
        (lambda m, x, y, z: make("1 slot"), r"cannot hold one clip: 2 person\(s\)"),
        (
            lambda m, x, y, z: make("12 slot machines"),
            r"expected a whole number of bytes \(65536\), '500 clips' \(.*\) or '500 slots'",
        ),
    ],
)
def test_invalid_arguments_raise_errors_and_change_nothing(attempt, message):
    memory = fill(make(), stream(4), seeded())
    before = memory.state_dict()
    with pytest.raises(ValueError, match=message):
        attempt(memory, *stream(4))
    assert all(torch.equal(v, before[k]) for k, v in memory.state_dict().items())


def test_the_repr_of_a_memory_shows_how_full_it_is():
    memory = fill(make(), stream(4), seeded())
    assert repr(memory).startswith(
        f"ReplayMemory(4 of 4 clips seen, {memory.used_bytes} of 20000 bytes, Uniform(interval=7"
    )
