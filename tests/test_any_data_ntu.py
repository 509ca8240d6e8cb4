"""Raw NTU RGB+D files, the published text layout, read by notebooks as they are."""

import pytest
from study_runs import check_study

import skelkit as sk
from skelkit.data.ntu import sample_writer


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A folder of files with every oddity of the published ones, enough of them to learn task by task."""
    folder = tmp_path_factory.mktemp("raw")
    clips = sk.load("synthetic", clips=120, classes=["wave", "hug", "kick", "clap", "nod", "jump"])
    written = sample_writer.synthesise(folder, clips)
    assert set(sample_writer.ODDITIES) <= set(written.values())
    return folder


@pytest.mark.parametrize("number", ["04", "08"])
def test_raw_files_are_judged_and_learnt_from_task_by_task(number, raw, tmp_path):
    check_study(raw, tmp_path, [number])
