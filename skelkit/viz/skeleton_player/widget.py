"""The 3-D skeleton player: clips as one float32 buffer and a small description, drawn by player.js on a canvas."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets

from ..scripts import script
from .scene import frame_count, scene

_HERE = Path(__file__).parent


def player(*clips, **options) -> Player:
    """A player for clips, side by side or over each other, all at the same moment of time.

    Args:
        clips: each a `Clip`, a `ClipSet`, a batch [N, C, T, V, M], or one clip as a tensor [C, T, V, M], [T, M, V, C] or [T, V, C];
            metres, y up; six clips at most.
        skeleton: of the tensors; unless given, that of the first Clip, or the built-in one with as many joints.
        fps: frames per second of the tensors; unless given, that of the first Clip, or 30.
        title: written above the player.
        labels: one per clip, instead of their classes and names.
        values: colours the joints: per clip a tensor [V], [T, V] or [T, V, M], or None. One clip's tensor needs no list.
        value_label, units, value_range: what the colour bar says, and its (low, high) ends; unless given, the extremes.
        masked: bool, per clip [T], [V] or [T, V], or None: these joints are drawn hollow, these frames marked below the slider.
        overlay: draw all clips in one view, each in its own colour.
        stretch: resample all clips to the longest, so that they begin and end together, seen from the same side. Otherwise
            each plays in its own time, seen from its own front, and a shorter one holds its last frame.
        trail, speed, autoplay, height: how the player starts; height in pixels.

    Raises:
        ValueError: no clips or more than six, coordinates that are not finite, or shapes that do not fit each other.
    """
    return Player(clips, options)


def compare(clip, *others, labels: Sequence[str] | None = None, overlay: bool = True, **options) -> Player:
    """A clip and what became of it, over each other and in step; `overlay=False` sets them side by side.

    Takes the options of `player`. One tensor as `values` or `masked` belongs to the one other clip (a list: one entry per clip,
    the first clip's included).

    >>> walk = torch.rand(1, 3, 40, 25, 1)
    >>> [about["label"] for about in compare(walk, motion.resize(walk, 8)).meta["clips"]]
    ['original', 'restored']
    """
    if labels is None:
        count = sum(frame_count(other) for other in others)
        labels = ["original", *(["restored"] if count == 1 else [f"restored {i + 1}" for i in range(count)])]
    for key in ("values", "masked"):
        if options.get(key) is not None and not isinstance(options[key], (list, tuple)):
            options[key] = [None, options[key]]
    return player(clip, *others, labels=labels, overlay=overlay, **{"stretch": True, **options})


class Player(anywidget.AnyWidget):
    """The widget that `player` makes; `frame` is the frame on show, to be read, observed and set."""

    _esm = "".join(
        script(f"skeleton_player/{name}.js") for name in ("reconnect", "geometry", "drawing", "player")
    )
    _css = (_HERE / "player.css").read_text("utf-8")
    poses = traitlets.Bytes().tag(sync=True)
    values = traitlets.Bytes().tag(sync=True)
    masked = traitlets.Bytes().tag(sync=True)
    meta = traitlets.Dict().tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)

    def __init__(self, clips: Sequence, options: dict | None = None):
        self._clips, self._options = clips, dict(options or {})
        super().__init__(**scene(*clips, **self._options))

    def show(self, *clips, **options) -> Player:
        """Show other clips, or the same clips otherwise; what did not change is not sent again.

        Options not named stay as they are, but new clips do not inherit `values` and `masked` of the old ones.
        """
        kept = {k: v for k, v in self._options.items() if not clips or k not in ("values", "masked")}
        clips, options = clips or self._clips, kept | options
        state = scene(*clips, **options)
        self._clips, self._options = clips, options
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)
            self.frame = min(self.frame, self.meta["frames"] - 1)
        return self


player.__signature__ = inspect.signature(scene).replace(return_annotation="Player")
