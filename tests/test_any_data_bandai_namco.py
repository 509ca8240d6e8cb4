"""Notebooks on real motion capture: a folder of BVH files."""

from study_runs import READING, check_study


def test_every_claim_holds_on_motion_capture(real_data, tmp_path):
    check_study(real_data("bandai-namco-2"), tmp_path, READING)
