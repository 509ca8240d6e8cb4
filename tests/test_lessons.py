"""Lessons: each notebook has one, and its functions compute what their sentences say."""

import pickle
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers import batch, code_of, seeded

import skelkit as sk
from skelkit import study
from skelkit.continual import diagnostics, losses, metrics
from skelkit.lessons import (
    asymmetric_pretraining,
    asymmetric_recorded,
    compression,
    compression_where,
    distillation,
    forgetting,
    linear_probing,
    start_here,
    your_data,
)
from skelkit.lessons.compression_measures import Recordings, lag, within_bound

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=[p.stem for p in NOTEBOOKS])


def last_sentence():
    return study.results()["claims"][-1]


@pytest.fixture(autouse=True)
def started():
    study.start("a test", {})


@pytest.fixture(scope="module")
def clips():
    return sk.load("synthetic", seed=0, clips=24, frames=30)


# -- notebooks and lessons --------------------------------------------------------------------------------


@by_name
def test_a_notebook_calls_the_lesson_of_its_name(path):
    name = path.stem.partition("_")[2]
    code = "\n".join(code_of(path))
    imported = re.search(rf"^from skelkit\.lessons import {name}(?: as (\w+))?$", code, re.MULTILINE)
    module = getattr(__import__("skelkit.lessons", fromlist=[name]), name)
    called = set(re.findall(rf"\b{imported[1] or name}\.(\w+)\(", code))
    assert called
    assert all(hasattr(module, function) for function in called)
    assert (Path(module.__file__)).read_text("utf-8").startswith(f'"""Notebook {path.stem[:2]}, ')


@by_name
def test_the_cells_of_a_notebook_are_short(path):
    lines = [source.count("\n") + 1 for source in code_of(path)]
    assert max(lines) <= 12
    assert sum(lines) <= 120


# -- 00 ---------------------------------------------------------------------------------------------------


def test_the_middle_half_starts_where_the_crop_of_a_batch_starts(clips):
    start, pose = start_here.middle_half_start(clips, 3)
    assert start == (len(clips[3]) - 1) / 4
    cropped = clips.batch([3], frames=20, crop=0.5)[0, :, 0]  # [C, V, M]
    torch.testing.assert_close(pose.permute(2, 1, 0)[..., : pose.shape[0]], cropped[..., : pose.shape[0]])


def test_presence_loses_the_persons_that_are_dropped(clips):
    x = clips.batch(slice(None), frames=10)
    present = (x != 0).any(1).any(1).any(1)  # [N, M]
    dropped = present.clone()
    dropped[: len(x) // 2] = False
    lost = start_here.check_presence(x, present, dropped, clips)
    assert lost == pytest.approx(float(dropped.sum() / present.sum()))
    with pytest.raises(study.ClaimFailed, match="any coordinate is not zero"):
        start_here.check_presence(x, present & ~dropped, dropped, clips)


# -- 01 ---------------------------------------------------------------------------------------------------


def test_a_straight_line_is_restored_exactly_where_the_last_frame_is_stored():
    line = compression.straight_line(120, 5)

    def worst(interval):
        return float((compression.round_trip(sk.codecs.Uniform(interval), line) - line).abs().max())

    assert worst(7) < 1e-6
    assert worst(8) > 1e-3


@pytest.fixture(scope="module")
def recordings(clips):
    return Recordings.of(clips)


def test_clips_are_measured_with_the_frames_that_were_recorded(clips, recordings):
    codec, squared, count = sk.codecs.Uniform(5), 0.0, 0
    for clip in clips:
        y = codec.decode(codec.encode(clip.batch))
        squared += float(sk.fidelity.joint_error(clip.batch, y).square().sum())
        count += int(sk.motion.presence(clip.poses).sum()) * len(clips.skeleton)
    found = recordings.measure(codec)
    assert found.rmse() == pytest.approx(1000 * (squared / count) ** 0.5, rel=1e-5)
    assert found.nbytes == sum(codec.encode(clip.batch).nbytes for clip in clips)
    assert sum(len(x) for _, x in recordings.batches) == len(clips)


def test_the_largest_error_of_an_interval_is_within_its_bound_and_reaches_it_for_a_constant_acceleration():
    time = torch.arange(9.0)
    x = (0.5 * 0.02 * time**2 + 1).reshape(1, 1, 9, 1, 1).expand(1, 3, 9, 2, 1)
    y = compression.round_trip(sk.codecs.Uniform(4), x)
    error, bound = within_bound(x, y, 4)
    assert error.shape == (4,)  # two intervals of two joints
    torch.testing.assert_close(error, bound)
    assert float(bound[0]) == pytest.approx(4**2 / 8 * 0.02 * 3**0.5, rel=1e-4)
    compression.check_bound(Recordings.of(of_batch(batch(frames=30).abs() + 1)), 5)


def of_batch(x, fps=30.0):
    arrays = list(sk.motion.to_frames(x))
    skeleton = sk.skeletons.Skeleton("chain", list("abcde"), ["ab", "bc", "cd", "de"], root="c")
    return sk.ClipSet.from_arrays(arrays, skeleton=skeleton, fps=fps)


def test_the_lag_of_a_half_pixel_resize_holds_where_nobody_is_in_most_of_a_clip():
    x = batch(clips=1, frames=936, persons=2).cumsum(2)
    x[:, :, 20:900] = 0
    x[..., 1] = 0
    assert lag(x, 5) == pytest.approx(0, abs=1e-3)
    assert compression.check_delays(Recordings.of(of_batch(x / 100))) == {3: 1.0, 5: 2.0, 9: 4.0}


def test_clips_that_are_too_short_for_a_delay_are_told_so():
    assert compression.check_delays(Recordings.of(of_batch(batch(frames=5)))) == {}
    assert "too short" in last_sentence()["sentence"]


def test_a_function_that_restores_half_an_interval_late_is_a_false_claim(recordings):
    def compress(x, s):
        return x[:, :, ::s]

    def restore(z, frames, s):
        time = (torch.arange(frames) / s - (s - 1) / (2 * s)).clamp(0, z.shape[2] - 1)
        left = time.long()
        right = (left + 1).clamp(max=z.shape[2] - 1)
        return torch.lerp(z[:, :, left], z[:, :, right], (time - left)[:, None, None])

    with pytest.raises(study.ClaimFailed, match="These lines restore"):
        compression.check_algorithm(compress, restore, recordings)


def test_no_power_is_carried_above_half_the_recorded_rate(clips):
    share = compression.power_below_limit(clips, (2, 5))
    assert 0 < share[5] <= share[2] <= 1
    compression.check_aliasing(15.0, 5)
    assert "carries up to 1.5 Hz" in last_sentence()["sentence"]


def test_codecs_of_equal_bytes_fit_in_the_bytes_of_every_sth_frame(recordings):
    rows = compression.draw_rate_distortion(recordings, (2, 5))
    for kind in ("keyframes", "cosines"):
        assert (
            rows[f"{kind}, int8, s = 5"]["bytes_per_clip"]
            <= 1.1 * rows["uniform, int8, s = 5"]["bytes_per_clip"]
        )
    errors = compression.compare_equal_bytes(recordings, rows)
    assert list(errors) == ["s = 2", "s = 5"]


def test_a_frame_rate_that_is_assumed_is_said_to_be(clips, monkeypatch):
    compression.show_frame_rate(clips, "synthetic")
    assert last_sentence()["holds"]
    reader = SimpleNamespace(remarks=lambda path, fps: ["the frame rate is assumed, not read"])
    monkeypatch.setattr(compression, "find_reader", lambda source: reader)
    compression.show_frame_rate(clips, "poses.npz")
    assert "30 frames per second are assumed" in last_sentence()["sentence"]


def test_a_fast_hand_without_acceleration_loses_nothing():
    for fps in (15.0, 30.0, 120.0):
        assert compression_where.two_hands(fps, 5) == compression_where.HANDS[1]


def test_more_clips_fit_but_not_quite_five_times_as_many(recordings):
    fit = compression_where.clips_per_megabyte(recordings)
    compression_where.explain_memory(fit, recordings)
    assert 4 < fit["s = 5, float32"] / fit["all frames, float32"] < 5


# -- 04 and 05 --------------------------------------------------------------------------------------------


def test_a_loss_or_a_reservoir_that_differs_from_the_library_is_a_false_claim():
    forgetting.check_derpp(derpp_loss_of(alpha=0.1), 0)
    with pytest.raises(study.ClaimFailed, match="On random logits"):
        forgetting.check_derpp(derpp_loss_of(alpha=0.2), 0)
    with pytest.raises(study.ClaimFailed, match="each clip is kept in"):
        forgetting.check_reservoir(lambda clips, size, generator: list(clips)[-size:], 0)


def derpp_loss_of(alpha):
    return lambda *batches: losses.derpp_loss(*batches, alpha=alpha, beta=1.0)


def test_a_discriminant_is_compared_on_the_classes_that_have_clips():
    h, y = torch.randn(40, 3, generator=seeded()), torch.arange(40) % 3 * 2  # none of classes 1 and 3
    library = diagnostics.linear_discriminant(h, y)
    classes = y.unique()
    ours = classes, library.weight[classes].detach(), library.bias[classes].detach()
    linear_probing.check_discriminant(ours, library, h)
    with pytest.raises(study.ClaimFailed, match="It is that of the library"):
        linear_probing.check_discriminant((classes, 2 * ours[1], ours[2]), library, h)


def test_two_matrices_with_the_same_faa_differ_in_forgetting():
    without, much = forgetting.same_faa()
    assert metrics.faa(without) == pytest.approx(metrics.faa(much))
    assert metrics.forgetting(without) == pytest.approx(0)
    assert metrics.forgetting(much) == pytest.approx(0.6)


def test_a_reservoir_holds_as_many_distinct_clips_as_expected():
    found = linear_probing.distinct_clips(30, 20, offers=3, tries=100, seed=0)
    expected = linear_probing.expected_distinct(30, 20, offers=3)
    assert float(found.mean()) == pytest.approx(expected, abs=5 * float(found.std()) / 10)
    assert linear_probing.expected_distinct(30, 20, offers=1) == pytest.approx(20)


def test_a_counting_encoder_counts_clips_and_copies_the_classifier():
    classifier = torch.nn.Linear(4, 2)
    network = SimpleNamespace(features=lambda x: x.flatten(1)[:, :4])
    counting = linear_probing.CountingEncoder(network, classifier)
    assert counting.features(batch(clips=3)).shape == (3, 4)
    counting.features(batch(clips=2))
    assert counting.clips == 5
    assert counting.classifier is not classifier
    assert torch.equal(counting.classifier.weight, classifier.weight)


def test_the_published_probing_encodes_far_more_clips_than_there_are():
    cached, naive = linear_probing.check_published_size()
    assert (cached, naive) == (9_125, 60_168)


# -- 06 and 07 --------------------------------------------------------------------------------------------


def test_a_constant_feature_pays_the_whole_price():
    asymmetric_pretraining.check_constant_features()
    assert last_sentence()["sentence"].endswith("the loss is 8.00.")


def test_mirrored_views_depend_on_the_names_of_the_classes():
    asymmetric_pretraining.check_mirroring([], 6, 0.5)
    assert last_sentence()["holds"]
    asymmetric_pretraining.check_mirroring([("left punch", "right punch")], 6, 0.0)
    assert "'left punch' and 'right punch'" in last_sentence()["sentence"]


def test_dropping_the_frames_of_highest_motion_leaves_least_of_it():
    left = asymmetric_pretraining.motion_left(batch(clips=4, frames=20), 0.3, seeded())
    assert min(left, key=left.get) == "all that move most"


def test_methods_are_compared_by_their_names():
    assert asymmetric_recorded.compared("asma", "scratch") == "ASMa against no pre-training"


def test_an_entropy_that_falls_with_the_temperature_fails():
    distillation.check_entropy({0.5: 0.1, 1.0: 0.4, 4.0: 1.2, 100.0: 1.58}, 3)
    with pytest.raises(study.ClaimFailed, match="entropy"):
        distillation.check_entropy({0.5: 0.1, 1.0: 0.4, 4.0: 0.3, 100.0: 1.58}, 3)


def test_a_student_that_is_hardly_smaller_fails():
    macs = {"teacher": 100_000_000, "student": 10_000_000}
    assert distillation.check_size({"teacher": 1_000, "student": 50}, macs) == pytest.approx(0.95)
    with pytest.raises(study.ClaimFailed, match="fewer"):
        distillation.check_size({"teacher": 1_000, "student": 500}, macs)


# -- 08 ---------------------------------------------------------------------------------------------------


def test_clips_of_a_single_frame_are_refused():
    still = sk.ClipSet.from_arrays([torch.ones(1, 25, 3)] * 2, skeleton="ntu25")
    with pytest.raises(ValueError, match="every clip has a single frame"):
        your_data.print_card(still, 2, "smoke")


def test_coarser_clips_are_smaller_and_less_exact(clips):
    found = your_data.measure_compression([clips[i] for i in range(6)], (2, 12))
    assert found[2][0] < found[12][0]
    assert found[2][1] > found[12][1]


def test_all_formats_restore_positions_and_labels(clips, tmp_path):
    same = your_data.check_round_trips(clips, your_data.write_all(clips, tmp_path))
    assert len(same) == 4
    assert all(same.values())


def test_a_file_that_would_run_a_program_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trap = your_data.write_trap(tmp_path / "bad.pkl")
    assert str(tmp_path) not in your_data.refusal(trap) != ""
    assert not Path("trap").exists()
    pickle.loads(trap.read_bytes())
    assert Path("trap").exists(), "opened in the usual way, the program runs"
