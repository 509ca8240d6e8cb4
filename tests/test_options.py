"""Options: parameters that a codec, a learner or an objective declares itself, given like any setting."""

import inspect
import json
from dataclasses import dataclass, fields
from functools import partial
from typing import Literal

import pytest
import torch

from skelkit import codecs, continual, models, selfsup
from skelkit.continual import LEARNERS
from skelkit.continual.learners import FineTuning
from skelkit.experiments import recordings
from skelkit.experiments.continual import LearnerVariant
from skelkit.experiments.run_data import RunData
from skelkit.ops.codecs import Uniform
from skelkit.selfsup import presets
from skelkit.selfsup.objectives import OBJECTIVES, Objective
from skelkit.training import loop
from skelkit.training.settings import declared_options

pytestmark = pytest.mark.usefixtures("one_thread", "small")
TINY = {"size": "small", "frames": 12, "batch": 4, "epochs": 2, "least_steps": 0, "preset": "smoke"}
QUICK = {"frames": 10, "epochs": 2, "batch": 12, "size": "small", "preset": "smoke"}


class Scaled(FineTuning):
    """Fine-tuning with a scaled loss."""

    options = ("strength", "repeat", "when", "mean", "tag", "ratio")
    strength = 0.5
    repeat = 1
    when: Literal["always", "never"] = "always"
    mean = True
    tag = "scaled"
    ratio = 0.9  # a setting of every learner, too

    def observe(self, x, y):
        return self.strength * super().observe(x, y)


@dataclass(frozen=True)
class Tagged(Uniform):
    """A codec with a field of the same name as a learner's option, and one of a type that no option has."""

    strength: float = 0.25
    sizes_kept: tuple[int, ...] = ()


class Small(Objective):
    """Makes features small."""

    options = ("strength",)
    strength = 1.0

    def __init__(self, skeleton, settings, generator, power=2):
        super().__init__(settings)
        self.power = power
        self.encoder = models.STGCN(skeleton, settings.size, generator)

    @property
    def encoders(self):
        return [self.encoder]

    def loss(self, x):
        return self.strength * self.encoder.features(x).abs().pow(self.power).mean()


@pytest.fixture(autouse=True)
def tables(monkeypatch):
    monkeypatch.setitem(LEARNERS, "scaled", Scaled)
    monkeypatch.setitem(codecs.CODECS, "tagged", Tagged)
    monkeypatch.setitem(OBJECTIVES, "small", partial(Small, power=2))


@pytest.fixture
def go(toy):
    return lambda name="scaled", **options: continual.learn(name, toy(4, 4), toy(4, 2), 2, **TINY | options)


def test_a_learner_takes_its_own_parameters(go):
    default, same, other = go(), go(strength=0.5), go(strength=2)
    assert [h.method.strength for h in (default, same, other)] == [0.5, 0.5, 2.0]
    weights = [h.network.state_dict() for h in (default, same, other)]
    assert all(torch.equal(v, weights[1][k]) for k, v in weights[0].items())
    assert not all(torch.equal(v, weights[2][k]) for k, v in weights[0].items())
    assert other.settings.options == (("strength", 2.0),)
    assert go(ratio=0.1).method.ratio == 0.1, "named like a setting, it is that setting"


def test_a_checkpoint_remembers_the_options_that_differ_from_their_defaults(go, tmp_path):
    def stop(progress):
        if progress.task == 1:
            raise loop.Stopped

    with pytest.raises(loop.Stopped):
        go(strength=0.7, checkpoints=tmp_path, every=0, callback=stop)
    with pytest.raises(ValueError, match=r"options: \{'strength': 0\.7\} there, None now"):
        go(checkpoints=tmp_path, every=0)
    resumed, whole = go(strength=0.7, repeat=1, checkpoints=tmp_path, every=0), go(strength=0.7)
    for name, v in whole.network.state_dict().items():
        assert torch.equal(v, resumed.network.state_dict()[name])


def test_a_codec_takes_fields_that_are_no_settings(go):
    history = go("charon", memory="8 clips", codec="uniform", endpoint=True, interval=4, probe_epochs=1)
    assert history.memory.codec == Uniform(4, endpoint=True)
    s = continual.settings("laptop", Scaled, codec="tagged", strength=0.25)
    assert s.options == (("strength", 0.25),), "the default of one of the two that declare it"
    assert s.memory_codec() == Tagged(strength=0.25)
    assert continual.settings("laptop", codec="tagged", strength=0.25).options == ()


def test_an_objective_takes_its_own_parameters(toy):
    clips = toy()
    first, strong = (selfsup.pretrain("small", clips, strength=k, **QUICK | {"epochs": 1}) for k in (1, 3))
    assert strong.losses[0] > 2 * first.losses[0]
    assert first.settings.options == ()
    assert strong.settings.changed(linear_epochs=3).options == (("strength", 3.0),)


def test_a_recording_carries_the_options_of_a_variant():
    changes = {"strength": 0.7, "when": "never", "epochs": 1, "size": "small", "frames": 12}
    variant = LearnerVariant("scaled", "scaled", changes=changes)
    found = recordings.run((variant, 0), data=RunData(preset="smoke"))
    assert json.loads(json.dumps(found))["variant"]["changes"] == changes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strenght": 1}, r"no setting 'strenght'; known: size, .*, endpoint, strength, repeat, when, mean, "
         "tag; did you mean 'strength'"),
        ({"options": {}}, "no setting 'options'"),
        ({"coefs": 1, "codec": "dct"}, "no setting 'coefs'; .* ewc_decay, strength, repeat"),
        ({"endpoint": True, "codec": "dct"}, "no setting 'endpoint'"),
        ({"endpoint": 1}, "endpoint=1: expected True or False"),
        ({"strength": "much"}, "strength='much': expected a number"),
        ({"strength": True}, "strength=True: expected a number"),
        ({"repeat": 1.5}, "repeat=1.5: expected a whole number"),
        ({"mean": "no"}, "mean='no': expected True or False"),
        ({"when": "often"}, "when='often': expected 'always' or 'never'"),
        ({"tag": 3}, "tag=3: expected a string"),
        ({"codec": "zip", "strength": 1}, "codec='zip': expected "),
    ],
    ids=str,
)  # fmt: skip
def test_unknown_options_and_wrong_types_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        continual.settings("smoke", Scaled, **options)


def test_an_option_of_another_type_is_an_error():
    with pytest.raises(TypeError, match=r"option sizes_kept: declare it as a bool, int, float, str or Lit"):
        continual.settings("smoke", codec="tagged", sizes_kept=(1, 2))
    with pytest.raises(ValueError, match=r"no setting 'strenth'; known: size, .*, strength; did you mean"):
        presets.settings("smoke", OBJECTIVES["small"], strenth=1)


@pytest.mark.parametrize("settings", [continual.settings(), presets.settings()])
def test_without_options_the_settings_are_recorded_as_ever(settings):
    names = [f.name for f in fields(settings) if f.name != "options"]
    assert list(settings.as_dict()) == names
    assert settings.as_dict() == {name: getattr(settings, name) for name in names}
    assert hash(settings) == hash(type(settings)(**settings.as_dict()))


@pytest.mark.parametrize(
    ("functions", "tables"),
    [
        ((continual.learn, continual.settings), (LEARNERS, codecs.CODECS)),
        ((selfsup.pretrain, presets.settings), (OBJECTIVES,)),
    ],
    ids=["continual", "selfsup"],
)
def test_no_option_is_hidden_by_an_argument(functions, tables):
    arguments = {name for function in functions for name in inspect.signature(function).parameters}
    owners = [owner for table in tables for owner in table.values()]
    assert [declared_options(owner).keys() & arguments for owner in owners] == [set()] * len(owners)
