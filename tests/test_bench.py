import torch

from skelkit import bench
from skelkit.bench import asma, charon, operations


def test_a_training_step_is_measured_stage_by_stage_against_matrix_products():
    rows = charon.bench_charon(torch.device("cpu"), rounds=1)
    step, probing = rows[-2:]
    assert step["what"].startswith("whole step")
    assert step["GFLOP"] > 8
    assert step["times bare products"] > 0.5
    assert probing["times faster"] > 1
    assert "steps a second" in bench.as_table(rows)


def test_a_pretraining_step_is_measured_stage_by_stage():
    rows = asma.bench_asma(torch.device("cpu"), rounds=1)
    step = rows[-1]
    assert step["what"].startswith("whole step")
    assert step["GFLOP"] > sum(row.get("GFLOP", 0) for row in rows[:-1] if "forward" in row["what"])
    assert step["clips a second"] > 0


def test_the_benchmark_of_clips_gives_clips_a_second():
    made, batch = operations.bench_clips(torch.device("cpu"), clips=64, rounds=1)
    assert made["clips a second"] > 0
    assert batch["times a copy"] > 0
