"""The 3-D skeleton player as a notebook widget; player.js draws it on a canvas."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..scripts import script
from .scene import scene
from .views import clip_count

_HERE = Path(__file__).parent

_SCRIPTS = (
    *("reconnect", "scene", "geometry", "camera", "strokes", "body", "view", "legend"),
    *("controls", "stage", "playback", "input", "player"),
)
"""One script in parts, which share their names; player.js, which exports, is the last."""


def player(*clips: Any, **options: Any) -> Player:
    """Play clips in step, side by side or over each other.

    Args:
        clips: each a `Clip`, a `ClipSet`, a batch [N, C, T, V, M], or one clip as a tensor [C, T, V, M],
            [T, M, V, C] or [T, V, C]; metres, y up; at most six clips.
        skeleton: of the tensors. Default: that of the first Clip, or the built-in one with as many joints.
        fps: frames per second of the tensors. Default: that of the first Clip, or 30.
        title: above the player.
        labels: one per clip. Default: class and name of a Clip, "clip 0", "clip 1", … of tensors.
        values: colour the joints: per clip a tensor [V], [T, V] or [T, V, M], or None. A single clip's tensor
            needs no list.
        value_label, units: name and unit of the values in the legend.
        value_range: ends of the colour scale (low, high). Default: the extremes of the values.
        masked: bool, per clip [T], [V] or [T, V], or None: these joints are drawn hollow, these frames are
            marked below the slider.
        overlay: draw all clips in one view, each in a separate colour.
        stretch: resample all clips to the longest, so that they start and end together and are seen from the
            same side. Otherwise each plays in real time, seen from its own front, and holds its last frame.
        trail: show the poses of the last 0.6 s.
        speed: relative to real time: 0.25, 0.5, 1, 1.5 or 2.
        autoplay: start to play at once.
        height: of a view, in pixels.

    Raises:
        ValueError: no clips or more than six, coordinates that are not finite, or shapes that do not fit.
    """
    return Player(clips, options)


def compare(
    clip: Any, *others: Any, labels: Sequence[str] | None = None, overlay: bool = True, **options: Any
) -> Player:
    """Play a clip and its reconstructions in step, over each other; `overlay=False` puts them side by side.

    Takes the options of `player`. One tensor as `values` or `masked` belongs to the single reconstruction; a
    list has one entry per clip, the first clip's included.

    >>> import torch
    >>> from skelkit.skeletons import KINECT20
    >>> walk = torch.rand(1, 3, 40, 20, 1)
    >>> [about["label"] for about in compare(walk, walk[:, :, ::5], skeleton=KINECT20).meta["clips"]]
    ['original', 'restored']
    """
    if labels is None:
        count = sum(clip_count(other) for other in others)
        labels = ["original", *(["restored"] if count == 1 else [f"restored {i + 1}" for i in range(count)])]
    for key in ("values", "masked"):
        if options.get(key) is not None and not isinstance(options[key], (list, tuple)):
            options[key] = [None, options[key]]
    return player(clip, *others, labels=labels, overlay=overlay, **{"stretch": True, **options})


class Player(anywidget.AnyWidget):
    """The widget that `player` returns.

    Attributes:
        frame: the frame that is shown; it can be read, observed and set.
    """

    _esm = "".join(script(f"skeleton_player/{name}.js") for name in _SCRIPTS)
    _css = (_HERE / "player.css").read_text("utf-8")
    poses = traitlets.Bytes().tag(sync=True)
    values = traitlets.Bytes().tag(sync=True)
    masked = traitlets.Bytes().tag(sync=True)
    meta = traitlets.Dict().tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)

    def __init__(self, clips: Sequence[Any], options: dict[str, Any] | None = None):
        self._clips, self._options = tuple(clips), dict(options or {})
        super().__init__(**scene(*clips, **self._options))

    def show(self, *clips: Any, **options: Any) -> Player:
        """Show other clips, or the same clips with other options; unchanged data is not sent again.

        Other options stay as they are, but new clips do not inherit the old `values` and `masked`.
        """
        clips, options = clips or self._clips, self._merged(bool(clips), options)
        state = scene(*clips, **options)
        self._clips, self._options = clips, options
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)
            self.frame = min(self.frame, self.meta["frames"] - 1)
        return self

    def scene(self, *clips: Any, **options: Any) -> dict[str, Any]:
        """The state after `show(*clips, **options)`, which is not shown."""
        return scene(*clips, **self._merged(True, options))

    def _merged(self, new_clips: bool, options: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in self._options.items() if not new_clips or k not in ("values", "masked")}
        return kept | options


_SIGNATURE = inspect.signature(scene).replace(return_annotation="Player")
setattr(player, "__signature__", _SIGNATURE)  # noqa: B010 - editors then complete the options
