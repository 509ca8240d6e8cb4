"""Notebook 04: the panel in which a method, its memory and its settings are chosen and a run is watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..continual import LEARNERS, settings
from ..continual.history import History
from ..continual.learners.charon import CHARON
from ..study import Setup
from ..viz.panels.live import LiveMatrix
from ..zoo import learn
from .forgetting import task_names


def controls_of(method: str) -> set[str]:
    """Names of the controls of the panel that change a run of this method."""
    learner = LEARNERS[method]
    used = {"method", "seed"}
    if learner.uses_memory:
        used |= {"memory", "interval"} if learner.published["compression"] else {"memory"}
    return used | {"ratio"} if issubclass(learner, CHARON) else used


def try_it(setup: Setup, charon: History, common: Mapping[str, Any], memory: int) -> LiveMatrix:
    """The panel, which begins with a run of CHARON that is over.

    Args:
        setup: of the notebook, with a split.
        charon: the run.
        common: settings of all runs of the notebook.
        memory: of that run, in uncompressed clips.
    """
    split = setup.split
    assert split is not None

    def run(callback: Any, method: str, memory: int, interval: int, seed: int, ratio: float) -> History:
        chosen = {"memory": f"{memory} clips", "seed": seed}
        values = {"interval": interval, "ratio": ratio}
        chosen |= {name: value for name, value in values.items() if name in controls_of(method)}
        options = dict(common) | chosen | {"callback": callback, "progress": False}
        return learn(method, split.train, split.test, **options)

    interval, ratio = (getattr(settings(common["preset"]), name) for name in ("interval", "ratio"))
    begin = {"method": "charon", "memory": memory, "interval": interval, "ratio": ratio}
    return LiveMatrix(
        run,
        task_names(charon),
        ["charon", *(name for name in LEARNERS if name != "charon")],
        sorted({memory // 2, memory, 2 * memory, 4 * memory}),
        sorted({1, 2, 3, 5, 10, 20, interval}),
        sorted({0.0, 0.3, 0.6, ratio}),
        seed=common["seed"],
        first=(begin | {"seed": common["seed"]}, charon),
        uses={name: controls_of(name) for name in LEARNERS},
    )
