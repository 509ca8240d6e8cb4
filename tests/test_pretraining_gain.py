"""What pre-training adds to the first weights, as notebooks 06 and 08 show it."""

import pytest
import torch
import torch.nn.functional as F

from skelkit import selfsup, study
from skelkit.lessons import pretraining_gain
from skelkit.selfsup.diagnostics import EncoderRecorder
from skelkit.training.inputs import PreparedClips

pytestmark = pytest.mark.usefixtures("small")
QUICK = {"frames": 10, "batch": 12, "projector": 16, "size": "small"}


@pytest.fixture
def recorded(toy):
    """A recorder of a training of four epochs of two steps, and its encoders."""
    recorder = EncoderRecorder(toy(seed=1), 10, every=2)
    return recorder, selfsup.pretrain("asma", toy(), epochs=4, callback=recorder, **QUICK)


def nearest(features, labels):
    x, right = F.normalize(features), 0
    for i in range(len(x)):
        cosine = x @ x[i]
        cosine[i] = -2
        order = cosine.argsort(descending=True)[:5]
        votes = torch.zeros(int(labels.max()) + 1).index_add(0, labels[order], (cosine[order] / 0.1).exp())
        right += int(votes.argmax() == labels[i])
    return right / len(x)


def test_the_curve_is_leave_one_out_k_nn_at_every_recorded_epoch(recorded):
    recorder, made = recorded
    found = pretraining_gain.knn_by_epoch(recorder)
    assert list(found) == [0, 2, 4]
    features = PreparedClips(recorder.clips.clips, 10, crop=None).map(made.features)
    assert found[4] == pytest.approx(nearest(features, recorder.labels), abs=1e-6)


@pytest.mark.parametrize(("first", "last"), [(0.2, 0.8), (0.8, 0.2)])
def test_the_sentence_says_whether_it_helped(first, last, recorded, monkeypatch, capsys):
    study.begin("a test", preset="smoke", seed=0)
    monkeypatch.setattr(pretraining_gain, "knn_by_epoch", lambda r: {0: first, 2: 0.5, 4: last})
    pretraining_gain.show_gain({"ASMa": recorded[0]}, {"ASMa": 200})
    claim = study.results()["claims"][-1]
    assert claim["holds"] is (last > first)
    assert f"{last:.1%} after 200 steps, {first:.1%} with the first weights" in claim["sentence"]
    pretraining_gain.show_gain({"ASMa": recorded[0]}, {"ASMa": 8})
    assert "So few steps only show that everything runs" in capsys.readouterr().out
    assert study.results()["claims"][-1] == claim
