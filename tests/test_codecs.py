import math
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit import codecs, continual, motion
from skelkit.ops.codecs import keyframes
from skelkit.ops.codecs.adaptive import Adaptive
from skelkit.ops.codecs.dct import DCT
from skelkit.ops.codecs.quantisation import ValuesOutOfRange
from skelkit.ops.codecs.uniform import Uniform

DTYPES = ("float32", "float16", "int8")
EVERY_KIND = [Uniform(4), Uniform(4, endpoint=True), Uniform(4, "half_pixel"), Adaptive(5), DCT(6)]
EVERY_KIND += [kind() for kind in codecs.CODECS.values() if kind not in map(type, EVERY_KIND)]
EVERY_CODEC = [type(c)(**{**c.__dict__, "dtype": dtype}) for c in EVERY_KIND for dtype in DTYPES]


def there_and_back(codec, x, frames=None):
    return codec.decode(codec.encode(x), frames)


def walks(clips=2, frames=21, joints=3, persons=1, seed=0):
    """Random walks, a metre or so from the origin."""
    steps = torch.randn(clips, 3, frames, joints, persons, generator=seeded(seed))
    return steps.cumsum(2) * 0.1 + 1.5


def ramp(frames, joints=3):
    """Every coordinate grows by a quarter a frame, from 1."""
    return (1 + torch.arange(frames) / 4).reshape(1, 1, frames, 1, 1).expand(1, 3, frames, joints, 1)


def come_and_go(ragged, frames, clips=3, seed=0):
    """Batch whose persons come and go; in the last clip there is nobody."""
    x = motion.to_batch(torch.tensor(np.stack(ragged([frames] * clips, joints=3, seed=seed)))).clone()
    x[-1] = 0
    return x


def presence(x):
    return motion.presence(motion.to_frames(x))


def every_track(x, y):
    """Pairs of original and restored poses [T, V, C] of each person who is there at all, float64."""
    for n in range(len(x)):
        for m in range(x.shape[4]):
            if x[n, ..., m].any():
                yield tuple(v[n, ..., m].permute(1, 2, 0).double().numpy() for v in (x, y))


# -- slow references --------------------------------------------------------------------------------------


def slow_fill(track):
    """Straight lines across absent frames, held at the ends. Also: who is there, frame by frame."""
    there = [bool(pose.any()) for pose in track]
    seen = [t for t, yes in enumerate(there) if yes]
    flat = track.reshape(len(track), -1)
    return np.stack([np.interp(range(len(flat)), seen, column[seen]) for column in flat.T], 1).reshape(
        track.shape
    ), there


def slow_uniform(track, codec, frames):
    """Kept frames and a straight line between them, one frame at a time."""
    filled, there = slow_fill(track)
    length = len(track)
    kept = [t for t in range(length) if t % codec.interval == 0 or (codec.endpoint and t == length - 1)]
    out = np.zeros((frames, *track.shape[1:]))
    for f in range(frames):
        time = f * (length - 1) / max(frames - 1, 1)
        if not there[round(time)]:
            continue
        if codec.restore == "half_pixel":
            place = min(max((time + 0.5) * len(kept) / length - 0.5, 0), len(kept) - 1)
            before = min(int(place), max(len(kept) - 2, 0))
            share = place - before
        else:
            before = max(k for k, t in enumerate(kept) if t <= time)
            after = min(before + 1, len(kept) - 1)
            share = (time - kept[before]) / max(kept[after] - kept[before], 1)
        after = min(before + 1, len(kept) - 1)
        out[f] = filled[kept[before]] * (1 - share) + filled[kept[after]] * share
    return out


def slow_line_error(track, kept):
    """Squared error of straight lines between kept frames of one track [T, V, C]."""
    flat = track.reshape(len(track), -1)
    return sum(
        float(np.square(np.interp(range(len(flat)), kept, flat[kept, d]) - flat[:, d]).sum())
        for d in range(flat.shape[1])
    )


def slow_cosine(time, order, frames):
    return math.sqrt((1 if order == 0 else 2) / frames) * math.cos(math.pi / frames * (time + 0.5) * order)


# -- uniform ----------------------------------------------------------------------------------------------


@given(st.integers(1, 15), st.integers(1, 40), st.booleans())
def test_a_straight_movement_is_restored_exactly_up_to_the_last_kept_frame_and_held_after_it(
    interval, frames, endpoint
):
    y = there_and_back(Uniform(interval, endpoint=endpoint), ramp(frames))
    last = frames - 1 if endpoint else (frames - 1) // interval * interval
    wanted = [1 + min(t, last) / 4 for t in range(frames)]
    torch.testing.assert_close(
        y, torch.tensor(wanted).reshape(1, 1, -1, 1, 1).expand_as(y), rtol=1e-6, atol=0
    )


@given(st.integers(1, 12), st.integers(1, 8))
def test_the_half_pixel_restore_lags_a_straight_movement_by_half_of_the_interval_less_one(interval, kept):
    frames, lag = interval * kept, (interval - 1) / 2
    y = there_and_back(Uniform(interval, "half_pixel"), ramp(frames))[0, 0, :, 0, 0]
    for t in range(math.ceil(lag), frames - math.ceil(lag)):
        assert float(y[t]) == pytest.approx(1 + (t - lag) / 4, rel=1e-6)


@given(
    st.integers(1, 9),
    st.integers(1, 24),
    st.integers(1, 30),
    st.sampled_from(["indexed", "half_pixel"]),
    st.booleans(),
    st.integers(0, 99),
)
def test_uniform_restore_agrees_with_interpolating_one_frame_at_a_time(
    ragged, interval, frames, other, restore, endpoint, seed
):
    codec = Uniform(interval, restore, endpoint)
    x = come_and_go(ragged, frames, seed=seed)
    for count in (frames, other):
        y = there_and_back(codec, x, count)
        assert not y[-1].any()
        for track, restored in every_track(x, y):
            np.testing.assert_allclose(restored, slow_uniform(track, codec, count), atol=2e-6)


@pytest.mark.parametrize(("interval", "frames"), [(2, 20), (5, 120), (7, 30), (50, 9)])
def test_the_half_pixel_restore_is_the_resize_of_the_published_code(interval, frames):
    x = walks(frames=frames)
    kept = x[:, :, ::interval, :, 0]  # [N, C, K, V]
    wanted = torch.nn.functional.interpolate(
        kept.transpose(2, 3).flatten(1, 2), size=frames, mode="linear", align_corners=False
    )
    y = there_and_back(Uniform(interval, "half_pixel"), x)[..., 0].transpose(2, 3).flatten(1, 2)
    torch.testing.assert_close(y, wanted, rtol=0, atol=1e-5)


@given(st.integers(1, 15), st.integers(1, 40), st.booleans())
def test_uniform_keeps_every_sth_frame_and_says_so(interval, frames, endpoint):
    kept = Uniform(interval, endpoint=endpoint).stored_frames(frames).tolist()
    assert kept == sorted({*range(0, frames, interval)} | ({frames - 1} if endpoint else set()))


# -- adaptive ---------------------------------------------------------------------------------------------


def test_the_error_of_each_gap_agrees_with_drawing_the_line():
    tracks = walks(3, frames=11)[..., 0].permute(0, 2, 3, 1) + 20  # far off, where running sums could cancel
    errors = keyframes.gap_errors(tracks)
    for p, track in enumerate(tracks.double().numpy()):
        for i in range(11):
            for j in range(11):
                if j <= i:
                    assert errors[p, i, j] == math.inf
                else:
                    assert float(errors[p, i, j]) == pytest.approx(
                        slow_line_error(track[i : j + 1], [0, j - i]), rel=1e-9, abs=1e-11
                    )


@given(st.integers(2, 8), st.integers(2, 9), st.integers(0, 999))
def test_no_other_choice_of_keyframes_restores_a_clip_better(frames, count, seed):
    tracks = walks(3, frames, joints=2, seed=seed)[..., 0].permute(0, 2, 3, 1)
    chosen = keyframes.keyframes(tracks, count).tolist()
    for track, mine in zip(tracks.double().numpy(), chosen, strict=True):
        assert len(mine) == min(count, frames)
        assert mine[0] == 0
        assert mine[-1] == frames - 1
        assert all(a < b for a, b in pairwise(mine))
        best = min(
            slow_line_error(track, [0, *inner, frames - 1])
            for inner in combinations(range(1, frames - 1), len(mine) - 2)
        )
        assert slow_line_error(track, mine) <= best * (1 + 1e-5) + 1e-10


@given(st.integers(1, 12), st.integers(2, 40), st.integers(0, 999))
def test_adaptive_keyframes_are_never_worse_than_as_many_evenly_spaced_ones(interval, frames, seed):
    x = walks(2, frames, seed=seed)
    even = Uniform(interval, endpoint=True)
    error_even = (there_and_back(even, x) - x).square().sum()
    error_adaptive = (there_and_back(Adaptive(len(even.stored_frames(frames))), x) - x).square().sum()
    assert error_adaptive <= error_even * (1 + 1e-5) + 1e-9


def test_keyframes_gather_where_it_moves_and_a_movement_of_two_straight_lines_needs_three():
    x = torch.ones(1, 3, 30, 3, 1)
    x[:, 1, 17:, 2] += torch.arange(1, 14).reshape(-1, 1) * 0.1
    codec = Adaptive(3)
    assert codec.encode(x).index.tolist() == [[0, 16, 29]]
    torch.testing.assert_close(there_and_back(codec, x), x, rtol=0, atol=1e-6)


def test_a_still_clip_still_gets_as_many_different_keyframes_as_were_asked_for():
    index = Adaptive(5).encode(torch.ones(2, 3, 12, 3, 1)).index
    assert all(len(set(row)) == 5 for row in index.tolist())


@pytest.mark.parametrize(("frames", "dtype"), [(256, torch.uint8), (257, torch.int32)])
def test_frame_numbers_take_one_byte_as_long_as_they_fit(frames, dtype):
    packed = Adaptive(2).encode(ramp(frames))
    assert packed.index.dtype is dtype
    assert packed.index.tolist() == [[0, frames - 1]]
    torch.testing.assert_close(Adaptive(2).decode(packed), ramp(frames), rtol=1e-5, atol=0)


# -- cosines ----------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 50))
def test_the_cosines_are_orthonormal(frames, count):
    basis = codecs.cosines(torch.arange(frames, dtype=torch.float64), frames, count)
    torch.testing.assert_close(basis.T @ basis, torch.eye(min(count, frames)), rtol=0, atol=1e-5)


@given(st.integers(1, 14), st.integers(1, 16), st.integers(1, 20), st.integers(0, 999))
def test_cosine_coefficients_and_what_they_restore_agree_with_the_sums_written_out(
    frames, count, other, seed
):
    x = walks(1, frames, joints=2, seed=seed)
    codec = DCT(count)
    packed = codec.encode(x)
    track = x[0, ..., 0].permute(1, 2, 0).double().numpy()
    wanted = np.stack(
        [sum(slow_cosine(t, k, frames) * track[t] for t in range(frames)) for k in range(min(count, frames))]
    )
    np.testing.assert_allclose(packed.values[0].numpy(), wanted, atol=1e-5)
    times = [f * (frames - 1) / max(other - 1, 1) for f in range(other)]
    restored = np.stack([sum(slow_cosine(t, k, frames) * c for k, c in enumerate(wanted)) for t in times])
    np.testing.assert_allclose(
        codec.decode(packed, other)[0, ..., 0].permute(1, 2, 0).numpy(), restored, atol=2e-5
    )


def test_what_the_cosines_lose_is_the_energy_of_the_coefficients_left_out():
    x = walks(frames=30)
    lost = (there_and_back(DCT(9), x) - x).square().sum()
    torch.testing.assert_close(lost, DCT(30).encode(x).values[:, 9:].square().sum(), rtol=1e-4, atol=0)


# -- all of them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", [Uniform(1), Uniform(1, "half_pixel"), Adaptive(99), DCT(99)], ids=str)
@pytest.mark.parametrize("frames", [1, 2, 37])
def test_a_codec_that_may_keep_everything_changes_nothing(ragged, codec, frames):
    x = come_and_go(ragged, frames)
    torch.testing.assert_close(there_and_back(codec, x), x, rtol=0, atol=1e-5)


@pytest.mark.parametrize("codec", EVERY_KIND, ids=str)
def test_a_clip_of_one_frame_comes_back_and_may_be_asked_for_at_any_length(codec):
    x = walks(frames=1)
    torch.testing.assert_close(there_and_back(codec, x), x)
    torch.testing.assert_close(there_and_back(codec, x, 5), x.expand(-1, -1, 5, -1, -1))


def test_a_clip_shorter_than_the_interval_is_its_first_frame():
    x = walks(frames=7)
    torch.testing.assert_close(there_and_back(Uniform(8), x), x[:, :, :1].expand_as(x))


@given(st.sampled_from(EVERY_CODEC), st.integers(1, 30), st.integers(0, 99))
def test_whoever_comes_and_goes_is_there_in_the_same_frames_again(ragged, codec, frames, seed):
    x = come_and_go(ragged, frames, seed=seed)
    assert torch.equal(presence(there_and_back(codec, x)), presence(x))


@given(st.sampled_from(EVERY_KIND), st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_whoever_stands_still_comes_back_as_they_were_however_often_they_leave(codec, there):
    pose = torch.tensor([[1.0, 2.0, 3.0], [2.0, 2.0, 3.0]]).T.reshape(1, 3, 1, 2, 1)
    x = pose * torch.tensor(there).reshape(1, 1, -1, 1, 1)
    torch.testing.assert_close(there_and_back(codec, x), x, rtol=0, atol=1e-5)


@pytest.mark.parametrize("codec", EVERY_CODEC, ids=str)
def test_each_clip_is_restored_as_if_it_were_alone(ragged, codec):
    x = come_and_go(ragged, 23, clips=4)
    x[0, ..., 1] = 0  # one clip of one person, two of two, one of nobody
    alone = torch.cat([there_and_back(codec, clip[None]) for clip in x])
    torch.testing.assert_close(there_and_back(codec, x), alone, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("codec", EVERY_KIND, ids=str)
def test_decoding_to_more_frames_passes_through_the_same_poses(ragged, codec):
    x = come_and_go(ragged, 13)
    packed = codec.encode(x)
    once = codec.decode(packed)
    torch.testing.assert_close(codec.decode(packed, 13), once)
    torch.testing.assert_close(codec.decode(packed, 49)[:, :, ::4], once, rtol=0, atol=2e-6)
    torch.testing.assert_close(codec.decode(packed, 1), once[:, :, :1])
    there, between = presence(once), presence(codec.decode(packed, 25))[:, 1::2]
    assert (between <= (there[:, 1:] | there[:, :-1])).all()
    assert (between >= (there[:, 1:] & there[:, :-1])).all()


@pytest.mark.parametrize("codec", EVERY_CODEC, ids=str)
def test_the_layout_of_a_batch_in_memory_makes_no_difference(ragged, codec):
    x = come_and_go(ragged, 20)
    wanted = there_and_back(codec, x.contiguous())
    wide = torch.zeros(6, 3, 40, 3, 4)
    wide[::2, :, ::2, :, 1:3] = x
    for same in (
        motion.to_batch(motion.to_frames(x).contiguous()),
        wide[::2, :, ::2, :, 1:3],
        x.transpose(0, 4).contiguous().transpose(0, 4),
    ):
        assert not same.is_contiguous()
        torch.testing.assert_close(there_and_back(codec, same), wanted, rtol=0, atol=1e-6)
    repeated = x[:1].expand(5, -1, -1, -1, -1)
    torch.testing.assert_close(
        there_and_back(codec, repeated), wanted[:1].expand_as(repeated), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("codec", EVERY_CODEC, ids=str)
def test_half_precision_clips_are_packed_as_the_same_clips_in_single_precision(ragged, codec):
    half = come_and_go(ragged, 20).half()
    packed, wanted = codec.encode(half), codec.encode(half.float())
    assert packed.values.dtype is codecs.DTYPES[codec.dtype]
    assert packed.nbytes == wanted.nbytes
    y = codec.decode(packed)
    assert y.dtype is torch.float32
    torch.testing.assert_close(y, codec.decode(wanted))


@pytest.mark.parametrize("codec", EVERY_CODEC, ids=str)
def test_clips_that_take_part_in_a_gradient_are_packed_like_any_others(codec):
    x = walks()
    torch.testing.assert_close(
        there_and_back(codec, x.clone().requires_grad_()).detach(), there_and_back(codec, x)
    )


@pytest.mark.parametrize("codec", EVERY_CODEC, ids=str)
def test_packing_leaves_the_clips_alone_and_shares_nothing_with_them(ragged, codec):
    x = come_and_go(ragged, 20)
    before = x.clone()
    packed = codec.encode(x)
    assert torch.equal(x, before)
    wanted = codec.decode(packed)
    x.fill_(7)
    assert torch.equal(codec.decode(packed), wanted)


# -- value types ------------------------------------------------------------------------------------------


@given(st.sampled_from(EVERY_KIND), st.floats(-50, 50), st.floats(0.01, 3), st.integers(0, 999))
def test_eight_bits_are_off_by_half_a_step_at_most_and_a_step_is_the_range_over_254(
    codec, offset, size, seed
):
    x = walks(seed=seed) * size + offset
    exact = codec.encode(x).values
    packed = type(codec)(**{**codec.__dict__, "dtype": "int8"}).encode(x)
    rounding = 4e-7 * exact.abs().max()  # of float32 arithmetic
    assert ((packed.float_values - exact).abs() <= packed.scale / 2 + rounding).all()
    over = [axis for axis, size in enumerate(packed.scale.shape) if size == 1 < exact.shape[axis]]
    steps = (exact.amax(over, keepdim=True) - exact.amin(over, keepdim=True)) / 254
    torch.testing.assert_close(packed.scale, steps, rtol=1e-4, atol=1e-10)


@given(st.sampled_from(EVERY_KIND), st.floats(-50, 50), st.integers(0, 999))
def test_sixteen_bits_are_off_by_one_part_in_2048_at_most(codec, offset, seed):
    x = walks(seed=seed) + offset
    exact = codec.encode(x).values
    packed = type(codec)(**{**codec.__dict__, "dtype": "float16"}).encode(x)
    assert ((packed.float_values - exact).abs() <= exact.abs() * 2**-11 + 2**-25).all()


@pytest.mark.parametrize("codec", EVERY_KIND, ids=str)
@pytest.mark.parametrize(
    ("dtype", "value", "message"),
    [
        ("float16", 7e5, r"values up to .*: dtype='float16' holds finite numbers up to 65504; .*float32"),
        ("float16", math.inf, "dtype='float16' holds finite numbers up to 65504"),
        ("float16", math.nan, "a value nan: dtype='float16' holds finite numbers up to 65504; fill or drop"),
        ("int8", math.inf, "dtype='int8' holds finite numbers; fill or drop"),
        ("int8", math.nan, "a value nan: dtype='int8' holds finite numbers; fill or drop"),
    ],
)
def test_values_that_a_number_type_cannot_hold_are_refused(codec, dtype, value, message):
    x = walks()
    x[1, 1, 0] = value
    x[1, 1, 1] = -value
    with pytest.raises(ValuesOutOfRange, match=message) as error:
        type(codec)(**{**codec.__dict__, "dtype": dtype}).encode(x)
    assert error.value.dtype == dtype


def test_eight_bits_refuse_a_range_that_overflows_and_single_precision_takes_all():
    x = walks()
    x[1, 1, 0], x[1, 1, 1] = 3e38, -3e38
    with pytest.raises(ValuesOutOfRange, match=r"up to 3e\+38: dtype='int8'"):
        Uniform(1, dtype="int8").encode(x)
    assert torch.equal(there_and_back(Uniform(1), x), x)


@pytest.mark.parametrize("codec", EVERY_KIND, ids=str)
@pytest.mark.parametrize("place", [1e-3, -0.7, 3.3, 1000.0])
def test_eight_bits_lose_next_to_nothing_of_a_constant(codec, place):
    x = torch.full((1, 3, 20, 3, 1), place)
    codec = type(codec)(**{**codec.__dict__, "dtype": "int8"})
    torch.testing.assert_close(there_and_back(codec, x), x, rtol=1e-6, atol=0)


def test_eight_bits_never_wrap_around_where_the_range_is_as_small_as_the_rounding():
    x = torch.full((1, 3, 10, 1, 1), 3.0)
    x[:, :, 5] = torch.nextafter(torch.tensor(3.0), torch.tensor(4.0))
    packed = Uniform(1, dtype="int8").encode(x)
    assert packed.values.min() >= -127
    assert packed.values[0, 5].min() >= packed.values[0, 4].max()


# -- bytes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "frames", "track"),
    [
        (Uniform(5), 120, 24 * 75 * 4),
        (Uniform(7), 30, 5 * 75 * 4),
        (Uniform(7, endpoint=True), 30, 6 * 75 * 4),
        (Uniform(7, "half_pixel"), 30, 5 * 75 * 4),
        (Uniform(50), 9, 75 * 4),
        (Uniform(5, dtype="float16"), 120, 24 * 75 * 2),
        (Uniform(5, dtype="int8"), 120, 24 * 75 + 3 * (4 + 4)),
        (Adaptive(10), 120, 10 * 75 * 4 + 10),
        (Adaptive(10), 300, 10 * 75 * 4 + 10 * 4),
        (Adaptive(10, dtype="int8"), 120, 10 * 75 + 10 + 3 * (4 + 4)),
        (Adaptive(10), 4, 4 * 75 * 4 + 4),
        (DCT(10), 120, 10 * 75 * 4),
        (DCT(10, dtype="int8"), 120, 10 * 75 + 10 * (4 + 4)),
        (DCT(10, dtype="float16"), 4, 4 * 75 * 2),
    ],
    ids=str,
)
def test_bytes_are_what_a_hand_count_gives_and_an_absent_person_costs_one_flag(codec, frames, track):
    x = torch.ones(3, 3, frames, 25, 2)
    assert codec.encode(x).nbytes == 6 * track + 6
    x[1:, ..., 1] = 0
    assert codec.encode(x).nbytes == 4 * track + 6
    x[0, ..., 1] = 0
    x[2, ..., 0] = 0
    assert codec.encode(x).nbytes == 2 * track + 6
    assert codec.encode(torch.zeros_like(x)).nbytes == 6
    assert codecs.bytes_per_person(codec, frames, 25) == track + 1


@pytest.mark.parametrize(("frames", "bits"), [(8, 1), (9, 2), (120, 15)])
def test_a_gap_costs_its_own_track_one_bit_a_frame_and_the_others_nothing(frames, bits):
    x = torch.ones(2, 3, frames, 25, 2)
    x[1, ..., 1] = 0
    without = Uniform(5).encode(x)
    assert without.gaps is None
    x[0, :, 3, :, 1] = 0
    packed = Uniform(5).encode(x)
    assert packed.presence.tolist() == [[1, 2], [1, 0]]
    assert packed.gaps.shape == (1, bits)
    assert packed.nbytes == without.nbytes + bits


def test_no_keyframe_is_spent_on_a_gap():
    x = torch.linspace(1, 2, 60).reshape(1, 1, 60, 1, 1).expand(1, 3, 60, 3, 1).clone()
    x[:, :, 40:] += torch.linspace(0, 3, 20)[:, None, None] ** 2
    x[:, :, 10:30] = 0
    assert not any(9 < t < 30 for t in Adaptive(6).encode(x).index[0].tolist())


def test_packing_clips_that_require_a_gradient_keeps_no_graph():
    x = torch.ones(1, 3, 12, 3, 1, requires_grad=True)
    assert not Uniform(3).encode(x).values.requires_grad


@pytest.mark.parametrize("codec", EVERY_KIND, ids=str)
def test_decoding_to_no_frames_is_an_error(codec):
    with pytest.raises(ValueError, match=r"decode\(frames=0\): expected at least one frame"):
        codec.decode(codec.encode(walks()), 0)


@given(
    st.sampled_from([Adaptive, DCT]),
    st.builds(Uniform, st.integers(1, 20), endpoint=st.booleans(), dtype=st.sampled_from(DTYPES)),
    st.integers(2, 40),
    st.integers(1, 9),
    st.sampled_from([None, *DTYPES]),
)
def test_at_equal_bytes_fills_the_budget_and_one_more_would_not_fit(kind, codec, frames, joints, dtype):
    budget = codecs.bytes_per_person(codec, frames, joints)
    try:
        found = codecs.at_equal_bytes(kind, codec, frames, joints, dtype)
    except ValueError:
        smallest = kind(2 if kind is Adaptive else 1, dtype or codec.dtype)
        assert codecs.bytes_per_person(smallest, frames, joints) > budget
        return
    count = found.keyframes if kind is Adaptive else found.coefficients
    assert found.dtype == (dtype or codec.dtype)
    assert codecs.bytes_per_person(found, frames, joints) <= budget
    assert count == frames or codecs.bytes_per_person(kind(count + 1, found.dtype), frames, joints) > budget


# -- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(0), r"Uniform\(interval=0\): expected a whole number, at least 1"),
        (lambda: Uniform(2.5), r"Uniform\(interval=2.5\): expected a whole number"),
        (
            lambda: Uniform(restore="cubic"),
            r"Uniform\(restore='cubic'\): expected one of indexed, half_pixel",
        ),
        (lambda: Uniform(dtype="int4"), r"Uniform\(dtype='int4'\): expected one of float32, float16, int8"),
        (lambda: Adaptive(1), r"Adaptive\(keyframes=1\): expected a whole number, at least 2"),
        (lambda: Adaptive(dtype="double"), r"Adaptive\(dtype='double'\): expected one of float32"),
        (lambda: DCT(0), r"DCT\(coefficients=0\): expected a whole number, at least 1"),
        (lambda: DCT(dtype=torch.float16), r"DCT\(dtype=torch.float16\): expected one of float32"),
    ],
)
def test_a_setting_that_makes_no_codec_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("codec", EVERY_KIND, ids=str)
def test_one_clip_that_is_no_batch_is_refused(codec):
    with pytest.raises(ValueError, match=r"5 axes .* got 4 axes of sizes \[3, 20, 25, 1\]"):
        codec.encode(torch.ones(3, 20, 25, 1))


def test_a_budget_too_small_for_any_setting_is_refused_with_the_bytes():
    with pytest.raises(
        ValueError,
        match=r"no Adaptive codec of float32 values fits in 301 bytes .* give more bytes or smaller values",
    ):
        codecs.at_equal_bytes(Adaptive, Uniform(120), 120, 25)


def test_the_names_that_a_command_line_takes_make_the_codecs():
    assert [kind().dtype for kind in codecs.CODECS.values()] == ["float32"] * len(codecs.CODECS)
    assert codecs.CODECS["adaptive"] is Adaptive


# -- a codec of one's own ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstFrames(codecs.Codec):
    """Stores the first `count` frames of each clip, and repeats the last of them."""

    count: int = 4
    label = "first frames"

    @classmethod
    def sizes(cls, frames, dtype):
        return (cls(count) for count in range(frames, 0, -1))

    def encode(self, x):
        present = presence(x).any(1)  # [N, M]
        poses = motion.to_frames(x).movedim(2, 1)[present]  # [P, T, V, C]
        return codecs.Packed(poses[:, : self.count].clone(), present.to(torch.uint8), x.shape[2])

    def decode(self, packed, frames=None):
        times = torch.arange(frames or packed.frames).clamp(max=packed.values.shape[1] - 1)
        present = packed.presence > 0
        poses = packed.values.new_zeros(*present.shape, len(times), *packed.values.shape[2:])
        poses[present] = packed.values[:, times]
        return motion.to_batch(poses.movedim(1, 2))


def test_a_new_codec_needs_no_formula_for_its_bytes():
    assert codecs.bytes_per_person(FirstFrames(5), 20, 25) == 5 * 25 * 3 * 4 + 1
    found = codecs.at_equal_bytes(FirstFrames, Uniform(5), 20, 25)
    assert found == FirstFrames(4)


def test_a_new_codec_is_found_by_settings_and_figures_and_fits_a_replay_memory(monkeypatch):
    monkeypatch.setitem(codecs.CODECS, "first", FirstFrames)
    made = codecs.comparison(codecs.CODECS)["first frames, equal bytes"](5, "float32", 20, 3)
    assert made == FirstFrames(4)
    codec = continual.settings("laptop", codec="first").memory_codec()
    assert codec == FirstFrames()
    memory = continual.ReplayMemory(10**5, codec, frames=21, joints=3, persons=1)
    x = walks(2)
    memory.offer(x, torch.tensor([0, 1]), generator=seeded())
    restored, labels, _ = memory.read(torch.arange(2))
    torch.testing.assert_close(restored, there_and_back(codec, x[labels]))
    *others, last = map(repr, codecs.CODECS)
    with pytest.raises(ValueError, match=f"codec='last': expected {', '.join(others)} or {last}"):
        continual.settings("laptop", codec="last")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("uniform", Uniform(7, dtype="int8")), ("adaptive", Adaptive(9, "int8")), ("dct", DCT(8, "int8"))],
)
def test_a_codec_takes_the_settings_that_it_has(name, expected):
    settings = {"interval": 7, "keyframes": 9, "coefficients": 8, "dtype": "int8", "frames": 60}
    assert codecs.CODECS[name].from_settings(settings) == expected


def test_a_number_type_that_a_codec_cannot_store_is_refused():
    class Float32Only(Uniform):
        @classmethod
        def sizes(cls, frames, dtype):
            yield cls(frames)

    assert codecs.at_equal_bytes(Float32Only, Uniform(5), 60, 5) == Float32Only(60)
    with pytest.raises(ValueError, match="Float32Only stores float32 values; dtype='int8' is not possible"):
        codecs.at_equal_bytes(Float32Only, Uniform(5), 60, 5, dtype="int8")


@pytest.mark.parametrize("kind", codecs.CODECS.values(), ids=codecs.CODECS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_sizes_of_a_codec_fall_from_most_bytes_to_fewest(kind, dtype):
    sizes = [codecs.bytes_per_person(codec, 30, 5) for codec in kind.sizes(30, dtype)]
    assert sizes == sorted(sizes, reverse=True)
