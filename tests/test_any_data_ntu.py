"""Raw NTU RGB+D files, the published text layout, read by a notebook as they are."""

from study_runs import check_study

import skelkit as sk
from skelkit.data.default_split import load_split
from skelkit.data.ntu import sample_writer


def test_raw_files_with_every_oddity_are_judged_and_learnt_from_task_by_task(tmp_path):
    clips = sk.load("synthetic", clips=120, classes=["wave", "hug", "kick", "clap", "nod", "jump"])
    written = sample_writer.synthesise(tmp_path / "raw", clips)
    assert set(sample_writer.ODDITIES) <= set(written.values())
    assert load_split(str(tmp_path / "raw"), "smoke").tasks == 3
    check_study(tmp_path / "raw", tmp_path, ["08"])
