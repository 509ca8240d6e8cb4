import math

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given
from hypothesis import strategies as st

from skelkit import ClipSet, fidelity, motion
from skelkit.analysis import rate_distortion
from skelkit.ops.codecs.adaptive import Adaptive
from skelkit.ops.codecs.dct import DCT
from skelkit.ops.codecs.uniform import Uniform


def waves(clips=3, frames=40, joints=20, persons=1, seed=0):
    """Smooth clips: sums of two slow sines for each coordinate."""
    generator = seeded(seed)
    size, phase = torch.randn(2, 2, clips, 3, 1, joints, persons, generator=generator)
    time = torch.arange(frames).reshape(1, 1, -1, 1, 1)
    return 2 + sum(size[k] * torch.sin(0.11 * (k + 1) * time + phase[k]) for k in range(2)) / 3


def come_and_go(ragged, frames, clips=3, seed=0):
    return motion.to_batch(torch.tensor(np.stack(ragged([frames] * clips, seed=seed))))


def falling(frames, acceleration=0.01):
    """a t^2 / 2 in one direction for every joint but the first, which stays where it is."""
    x = torch.ones(1, 3, frames, 5, 1, dtype=torch.float64)
    x[0, :, :, 1:, 0] += (
        torch.tensor([0.6, 0, 0.8])[:, None] * acceleration * torch.arange(frames) ** 2 / 2
    )[..., None]
    return x


# -- rmse -------------------------------------------------------------------------------------------------


def slow_rmse(x, y, key):
    """Millimetres, by loops; `key(n, t, j)` says which number a joint's error belongs to."""
    found = {}
    for n, t, j, m in np.ndindex(x.shape[0], *x.shape[2:]):
        errors = found.setdefault(key(n, t, j), [])
        if x[n, :, t, :, m].any():
            errors.append(sum(float(x[n, c, t, j, m] - y[n, c, t, j, m]) ** 2 for c in range(3)))
    return [1000 * math.sqrt(sum(errors) / max(len(errors), 1)) for _, errors in sorted(found.items())]


KEYS = {
    "all": lambda n, t, j: 0,
    "clip": lambda n, t, j: n,
    "frame": lambda n, t, j: (n, t),
    "joint": lambda n, t, j: j,
}


@pytest.mark.parametrize("over", KEYS)
def test_rmse_agrees_with_loops_over_the_persons_present(ragged, over):
    x = come_and_go(ragged, 7)
    x[1] = 0  # a clip of nobody has no error
    y = x + 0.01 * torch.randn(x.shape, generator=seeded(1))
    np.testing.assert_allclose(
        fidelity.rmse(x, y, over).flatten().numpy(), slow_rmse(x, y, KEYS[over]), rtol=1e-4
    )


def test_an_absent_person_does_not_make_the_error_smaller():
    x = waves(persons=2)
    x[..., 1] = 0
    y = x.clone()
    y[:, 0, :, :, 0] += 0.005
    assert float(fidelity.rmse(x, y)) == pytest.approx(5, rel=1e-4)


def test_a_person_who_is_lost_counts_in_full():
    x = torch.full((1, 3, 5, 20, 2), 3**-0.5)
    y = x.clone()
    y[..., 1] = 0
    assert float(fidelity.rmse(x, y)) == pytest.approx(1000 / 2**0.5, rel=1e-5)


def test_the_distance_of_a_joint_is_in_metres_joint_by_joint():
    x = waves()
    y = x.clone()
    y[1, :, 7, 3, 0] += torch.tensor([0.2, 0.3, -0.6])
    error = fidelity.joint_error(x, y)
    assert error.shape == (3, 40, 20, 1)
    assert float(error[1, 7, 3, 0]) == pytest.approx(0.7, rel=1e-5)
    assert (error > 0).sum() == 1


# -- acceleration -----------------------------------------------------------------------------------------


def test_the_acceleration_of_a_fall_is_the_constant_of_its_formula():
    found = fidelity.acceleration(falling(30)[:, :, :, 1:], cutoff=None)
    assert float(found) == pytest.approx(0.01, rel=1e-6)
    assert float(fidelity.acceleration(falling(30), cutoff=None)) == pytest.approx(
        0.01 * math.sqrt(4 / 5), rel=1e-6
    )


def test_acceleration_agrees_with_loops_over_who_is_there_three_frames_in_a_row(ragged):
    x = come_and_go(ragged, 25)
    x[2, :, ::2] = 0  # nobody stays for three frames
    wanted = []
    for n in range(3):
        squares = []
        for t in range(1, 24):
            for m in range(2):
                before, here, after = (x[n, :, t + d, :, m].double() for d in (-1, 0, 1))
                if before.any() and here.any() and after.any():
                    squares.append(float((after - 2 * here + before).square().sum(0).mean()))
        wanted.append(math.sqrt(np.mean(squares)) if squares else 0)
    assert wanted[2] == 0
    np.testing.assert_allclose(fidelity.acceleration(x, cutoff=None).numpy(), wanted, rtol=1e-5)


@pytest.mark.parametrize("interval", [2, 3, 5, 8])
def test_a_straight_line_over_s_frames_is_off_by_a_s_squared_over_the_root_of_120(interval):
    x = falling(8 * interval + 1)[:, :, :, 1:].float()
    y = Uniform(interval).decode(Uniform(interval).encode(x))
    error = float(fidelity.rmse(x[:, :, :-1], y[:, :, :-1]))  # whole intervals
    exact = 10 * math.sqrt((interval**4 - 1) / 120)  # the sum over frames; the law is its limit
    assert error == pytest.approx(exact, rel=1e-3)
    assert error == pytest.approx(10 * interval**2 / math.sqrt(120), rel=interval**-4 + 1e-3)


def test_jitter_is_no_acceleration_once_it_is_filtered_out():
    smooth, jitter = waves(frames=120), 0.01 * (-1.0) ** torch.arange(120).reshape(1, 1, -1, 1, 1)
    true, raw, filtered = (
        fidelity.acceleration(*v) for v in ((smooth, None), (smooth + jitter, None), (smooth + jitter, 0.1))
    )
    assert (raw > 2 * true).all()
    torch.testing.assert_close(filtered, true, rtol=0.2, atol=0)


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("cutoff", [None, 0.1])
def test_a_clip_of_fewer_than_three_frames_has_no_acceleration(frames, cutoff):
    assert fidelity.acceleration(waves(frames=frames), cutoff).tolist() == [0, 0, 0]


# -- rate and distortion ----------------------------------------------------------------------------------

CODECS = {"uniform": Uniform(5), "adaptive": Adaptive(6, "float16"), "cosines": DCT(7, "int8")}


@pytest.fixture
def clips():
    """Eleven clips of 9 to 49 frames, of three classes, one of them without clips; every third has a second
    person."""
    arrays = [waves(1, 9 + 4 * i, persons=2, seed=i)[0].permute(1, 3, 2, 0) for i in range(11)]
    for i, array in enumerate(arrays):
        if i % 3:
            array[:, 1] = 0
    return ClipSet.from_arrays(
        arrays, labels=[0, 2] * 5 + [0], skeleton="kinect20", classes=["nod", "wave", "fall"]
    )


def test_each_class_costs_and_loses_what_its_clips_cost_and_lose_by_themselves(clips):
    rows = rate_distortion.rate_distortion(clips, CODECS, frames=20)
    assert [(row["codec"], row["class"], row["clips"]) for row in rows] == [
        (c, k, n) for c in CODECS for k, n in (("nod", 6), ("fall", 5), ("all", 11))
    ]
    for row in rows:
        x = clips.batch(slice(None) if row["class"] == "all" else clips.of_class(row["class"]), frames=20)
        packed = CODECS[row["codec"]].encode(x)
        assert row["rmse_mm"] == pytest.approx(
            float(fidelity.rmse(x, CODECS[row["codec"]].decode(packed))), rel=1e-4
        )
        flags = 2  # a byte for each place of a clip; the rows share them out by person
        assert row["bytes_per_clip"] == pytest.approx(packed.nbytes / len(x), abs=flags)


def test_classes_pool_to_all(clips):
    rows = rate_distortion.rate_distortion(clips, CODECS, frames=20)
    for name, codec in CODECS.items():
        *classes, together = [row for row in rows if row["codec"] == name]
        persons = {k: int(clips.persons[clips.of_class(k)].sum()) for k in ("nod", "fall")}
        squares = sum(persons[row["class"]] * row["rmse_mm"] ** 2 for row in classes) / sum(persons.values())
        assert together["rmse_mm"] == pytest.approx(math.sqrt(squares), rel=1e-5)
        assert together["bytes_per_clip"] * 11 == pytest.approx(
            sum(row["clips"] * row["bytes_per_clip"] for row in classes)
        )
        assert together["bytes_per_clip"] * 11 == pytest.approx(
            codec.encode(clips.batch(slice(None), frames=20)).nbytes
        )


def test_more_clips_than_are_coded_at_a_time_are_all_counted():
    arrays = [waves(1, 6, seed=i)[0, ..., 0].permute(1, 2, 0) for i in range(300)]
    clips = ClipSet.from_arrays(arrays, skeleton="kinect20")
    *_, row = rate_distortion.rate_distortion(clips, {"half": Uniform(2)}, frames=6)
    x = clips.batch(slice(None))
    packed = Uniform(2).encode(x)
    assert row["clips"] == 300
    assert row["bytes_per_clip"] == pytest.approx(packed.nbytes / 300)
    assert row["rmse_mm"] == pytest.approx(float(fidelity.rmse(x, Uniform(2).decode(packed))), rel=1e-5)


# -- rank correlation -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-3, 3, width=32)), min_size=3, max_size=30))
def test_rank_correlation_agrees_with_ranks_counted_one_by_one_ties_sharing_theirs(pairs):
    series = [list(v) for v in zip(*pairs, strict=True)]
    if any(len(set(v)) == 1 for v in series):
        return

    def ranks(values):
        order = sorted(values)
        return [order.index(v) + (order.count(v) - 1) / 2 for v in values]

    found = fidelity.rank_correlation(*(torch.tensor(v) for v in series))
    assert found == pytest.approx(np.corrcoef(*map(ranks, series))[0, 1], abs=1e-6)
    assert fidelity.rank_correlation(torch.tensor(series[0]), -torch.tensor(series[1])) == pytest.approx(
        -found, abs=1e-6
    )


# -- delay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-6, -1, 0, 1, 4])
def test_a_clip_that_starts_later_in_the_recording_leads_and_one_that_starts_earlier_lags(shift):
    recording = waves(frames=60)
    x, y = recording[:, :, 8:48], recording[:, :, 8 - shift : 48 - shift]
    assert fidelity.delay(x, y, most=8) == shift


@pytest.mark.parametrize(("interval", "lag"), [(3, 1.0), (4, 1.5), (5, 2.0)])
def test_half_pixel_clips_lag_by_half_of_the_interval_less_one_and_indexed_clips_not_at_all(interval, lag):
    x = waves(frames=60)
    for restore, wanted in (("half_pixel", lag), ("indexed", 0)):
        codec = Uniform(interval, restore)
        assert fidelity.delay(x, codec.decode(codec.encode(x)), most=4, step=0.5) == wanted


def test_a_delay_is_found_while_persons_come_and_go():
    recording = waves(frames=60, persons=2)
    recording[:, :, 20:33, :, 1] = 0
    assert fidelity.delay(recording[:, :, 5:], recording[:, :, :-5], most=8) == 5


# -- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: fidelity.joint_error(x, x[:, :, :7]),
            r"differ in shape: \[3, 3, 40, 20, 1\] and \[3, 3, 7, 20, 1\]; decode to the original frames",
        ),
        (lambda x: fidelity.rmse(x, x[:1]), r"differ in shape: \[3, 3, 40, 20, 1\] and \[1, 3, 40, 20, 1\]"),
        (lambda x: fidelity.rmse(x, x, over="person"), "rmse over 'person'; known: all, clip, frame, joint"),
        (
            lambda x: fidelity.delay(x, x[:1], most=3),
            r"differ in shape: \[3, 3, 40, 20, 1\] and \[1, 3, 40, 20, 1\]",
        ),
        (
            lambda x: fidelity.delay(x, x, most=30),
            "clips of 40 frames are too short to look for delays up to 30 frames; pass a smaller most=",
        ),
        (
            lambda x: fidelity.rank_correlation(x[:1], x),
            "rank correlation of 2400 and 7200 values; give two series of equal length",
        ),
        (lambda x: fidelity.acceleration(x[0]), r"got 4 axes of sizes \[3, 40, 20, 1\]"),
    ],
)
def test_clips_or_series_that_cannot_be_compared_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(waves())
