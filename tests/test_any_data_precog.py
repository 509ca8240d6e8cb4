"""The whole study on real recordings of a depth camera.

A file per data set, because files are what is shared out to processes.
"""

from study_runs import ALL, check_study


def test_every_claim_holds_on_recordings_of_a_depth_camera(real_data, tmp_path):
    check_study(real_data("precog-2016/precog.npz"), tmp_path, ALL)
