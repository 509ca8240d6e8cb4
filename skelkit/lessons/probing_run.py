"""Notebook 05: one run of CHARON, with the features and the classifiers before and after each probing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..continual import diagnostics, settings
from ..continual.history import History
from ..continual.learners.charon import CHARON
from ..continual.presets import Settings
from ..experiments.continual import MEMORY
from ..models import MaskedAutoencoder, STTFormer
from ..models.autoencoder import draw_hidden
from ..study import Setup
from ..training.inputs import PreparedClips
from ..utils.presets import EXPLORE
from ..zoo import learn

TRAINED, PROBED = "trained, not probed", "probed"
MEAN, DISCRIMINANT, ALL_CLIPS = "nearest mean", "discriminant", "discriminant, all clips"
"""Names of the classifiers that are compared; the last three are computed, not trained."""


def memory_for(classes: int) -> str:
    """Memory size of the recorded runs; larger where there are more than 30 classes."""
    return MEMORY if classes <= 30 else "500 clips"


@dataclass(frozen=True)
class ProbedRun:
    """A run that is over.

    Attributes:
        history: of CHARON.
        recorder: features of the test clips and two classifiers after each task.
        seed: of the run.
    """

    history: History
    recorder: diagnostics.FeatureRecorder
    seed: int

    @classmethod
    def of(cls, setup: Setup, preset: str) -> ProbedRun:
        """Learn the tasks of a split with CHARON; at preset "explore", show a run that was trained before."""
        split = setup.split
        assert split is not None
        recorder = diagnostics.FeatureRecorder(split.test, settings(preset).frames)
        memory = memory_for(len(split.train.classes))
        options: dict[str, Any] = {"memory": memory, "preset": preset, "seed": setup.seed}
        options |= {} if preset == EXPLORE else {"validation": 0}
        history = learn("charon", split.train, split.test, split.tasks, callback=recorder, **options)
        return cls(history, recorder, setup.seed)

    @property
    def settings(self) -> Settings:
        """Of the run."""
        return self.history.settings

    @property
    def labels(self) -> Tensor:
        """Classes of the test clips, Long[N]."""
        return self.recorder.labels

    @property
    def names(self) -> tuple[str, ...]:
        """Of all classes."""
        return tuple(self.history.scenario.test.classes)

    @property
    def order(self) -> tuple[tuple[int, ...], ...]:
        """Classes of each task."""
        return self.history.scenario.order

    @property
    def unprobed(self) -> nn.Linear:
        """The classifier before the last probing, on the device of the network."""
        method = self.history.method
        assert isinstance(method, CHARON)
        assert method.unprobed is not None
        return method.unprobed

    @property
    def last(self) -> diagnostics.TaskSnapshot:
        """Features and classifiers after the last task."""
        return self.recorder.snapshots[-1]

    def statistics(self, classifier: nn.Linear, features: Tensor | None = None) -> dict[str, float]:
        """Accuracies on old and on the newest classes; see `diagnostics.old_new_statistics`."""
        old = sum(self.order[:-1], ())
        x = self.last.features if features is None else features
        return diagnostics.old_new_statistics(classifier, x, self.labels, old, self.order[-1])

    @torch.no_grad()
    def right(self, classifier: nn.Linear, features: Tensor | None = None) -> Tensor:
        """Whether each test clip is classified correctly, bool[N]. Default: features after the last task."""
        x = self.last.features if features is None else features
        return classifier(x).argmax(1) == self.labels

    def remembered(self) -> tuple[Tensor, Tensor]:
        """Features [M, D] and labels Long[M] of the clips in the memory."""
        memory = self.history.memory
        assert memory is not None
        x, y, _ = memory.read(torch.arange(len(memory), device=memory.device))
        with torch.no_grad():
            return torch.cat([self.history.network.features(part) for part in x.split(64)]).cpu(), y.cpu()

    def trained_on(self) -> tuple[Tensor, Tensor]:
        """Features [N, D] and labels Long[N] of all training clips, also of those that were not kept."""
        clips = PreparedClips(self.history.scenario.train, self.settings.frames)
        return clips.map(self.history.network.features).cpu(), clips.labels.cpu()

    def classifiers(self) -> dict[str, nn.Linear]:
        """The trained and the probed classifier, and three that are computed from features."""
        kept, everything = self.remembered(), self.trained_on()
        return {
            TRAINED: self.last.before,
            PROBED: self.last.after,
            MEAN: diagnostics.nearest_mean_classifier(*kept),
            DISCRIMINANT: diagnostics.linear_discriminant(*kept),
            ALL_CLIPS: diagnostics.linear_discriminant(*everything),
        }

    def conditions(self) -> dict[str, Tensor]:
        """Features of the test clips: masked or whole, with lagging or recalibrated batch norm."""
        lagging = deepcopy(self.history.network)
        lagging.load_state_dict(self.last.buffers, strict=False)
        found, clips = {}, self.recorder.clips
        for words, network in (("lagging", lagging), ("recalibrated", self.history.network)):
            assert isinstance(network, MaskedAutoencoder)
            encoder: STTFormer = network.eval().encoder
            generator = torch.Generator().manual_seed(self.seed)
            masked = partial(self._masked, encoder, generator)
            found[f"masked clips, {words}"] = clips.map(masked).cpu()
            found[f"whole clips, {words}"] = clips.map(encoder.features).cpu()
        return found

    def _masked(self, encoder: STTFormer, generator: torch.Generator, x: Tensor) -> Tensor:
        return encoder.features(x, draw_hidden(x, self.settings.ratio, generator))
