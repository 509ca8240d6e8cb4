"""Recognise actions in skeleton streams with an exported classifier; needs only numpy and onnxruntime."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..utils.validation import MALFORMED, listed, printable, reason
from ..utils.version import __version__
from .checksum import read_checked
from .graph_check import graph_fault
from .metadata_check import checked

try:
    import onnxruntime
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "skelkit.recognizer needs onnxruntime: pip install onnxruntime, or all of skelkit[export]"
    ) from missing


FORMAT = "skelkit-onnx-1"

CENTRAL_SHARE = 0.95
"""The central share of a clip that is classified, as in every evaluation of skelkit."""

LARGEST_BODY = 20.0
"""Extent of a body, in metres, above which a warning is issued that coordinates have another unit."""


@dataclass(frozen=True, eq=False)
class Recognition:
    """The action in a window of a stream.

    Attributes:
        label: most probable class.
        probability: of that class, 0 to 1.
        start_frame: first frame of the window.
        end_frame: frame after the last of the window (exclusive).
        probabilities: float32[classes], in the order of `Recognizer.classes`.
    """

    label: str
    probability: float
    start_frame: int
    end_frame: int
    probabilities: np.ndarray = field(repr=False)


class Recognizer:
    """An exported classifier that reads a stream frame by frame.

    Args:
        path: file that `skelkit.export.onnx` or `skelkit.export.quantise` wrote.
        window: seconds that are classified at once. Default: median length of the training clips.
        stride: seconds between recognitions. Default: a quarter of the window.
        fps: frames per second of the stream. Default: that of the training clips.
        skip_bad: replace a frame with NaN or infinite coordinates by the frame before.
        threads: number of threads of onnxruntime.

    Attributes:
        session: onnxruntime session of the classifier.
        classes: class names, in the order of probabilities.
        joints: joint names, in the order of coordinates.
        about: metadata of the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is truncated, damaged, of another version or not an exported classifier; or
            window, stride or fps are not positive.
    """

    def __init__(
        self,
        path: str | Path,
        window: float | None = None,
        stride: float | None = None,
        fps: float | None = None,
        *,
        skip_bad: bool = False,
        threads: int = 1,
    ):
        self.session, self.about = open_exported(path, threads)
        self.classes, self.joints = tuple(self.about["classes"]), tuple(self.about["joints"])
        fps = self.about["fps"] if fps is None else fps
        window = self.about["seconds"] if window is None else window
        stride = window / 4 if stride is None else stride
        if not (window > 0 and stride > 0 and fps > 0):
            raise ValueError(
                f"window={window} and stride={stride} seconds, fps={fps}: all three must be positive"
            )
        self.skip_bad = skip_bad
        self._every = max(1, round(stride * fps))
        self._window = max(1, round(window * fps))
        self._frames: deque[np.ndarray] = deque(maxlen=self._window)
        self._seen = 0

    def __repr__(self) -> str:
        size = f"{len(self.classes)} classes, {len(self.joints)} joints"
        return f"Recognizer({size}, every {self._every} frames on the last {self._window})"

    def push(self, frame: ArrayLike) -> Recognition | None:
        """Read the next frame of the stream.

        Args:
            frame: [V, 3] or [M, V, 3] in metres, y up; absent persons are zeros, and M may change.

        Returns:
            A recognition when the first window is full and after every stride from then on, if a person is in
            the window; else None.

        Raises:
            ValueError: Another shape or number of joints, or NaN or infinite coordinates. The frame is not
                added to the stream.
        """
        self._frames.append(self._checked(frame, self._seen, self._frames[-1] if self._frames else None))
        self._seen += 1
        if self._seen < self._window or (self._seen - self._window) % self._every:
            return None
        return self._recognise(self._frames, self._seen)

    def stream(self, frames: Iterable[ArrayLike]) -> Iterator[Recognition]:
        """Recognitions of a new stream of frames; one of all frames if they do not fill the first window.

        Raises:
            ValueError: As `push`.
        """
        self.reset()
        for frame in frames:
            if found := self.push(frame):
                yield found
        if 0 < self._seen < self._window and (found := self._recognise(self._frames, self._seen)):
            yield found

    def recognise(self, clip: Iterable[ArrayLike]) -> Recognition:
        """Recognition of a whole clip [T, V, 3] or [T, M, V, 3]; the stream is not affected.

        As in evaluation by torch, the central 95 % are resampled and centred.

        Raises:
            ValueError: As `push`; or the clip has no frames or no person.
        """
        frames: list[np.ndarray] = []
        for frame in clip:
            frames.append(self._checked(frame, len(frames), frames[-1] if frames else None))
        found = self._recognise(frames, len(frames)) if frames else None
        if found is None:
            raise ValueError(
                f"a clip of {len(frames)} frames without a person; give frames with at least one person"
            )
        return found

    def reset(self) -> None:
        """Discard all frames: the next one is frame 0 of a new stream."""
        self._frames.clear()
        self._seen = 0

    def _checked(self, values: ArrayLike, number: int, before: np.ndarray | None) -> np.ndarray:
        """Frame `number` as float32[M, V, 3]; the frame before if it is invalid and `skip_bad` is set."""
        frame = np.array(values, dtype=np.float32)
        expected = (
            f"expected [{len(self.joints)} joints, 3] or [persons, {len(self.joints)} joints, 3] in metres"
        )
        if frame.ndim not in (2, 3) or frame.shape[-1] != 3:
            raise ValueError(f"frame {number}: shape {list(frame.shape)}, {expected}")
        if frame.shape[-2] != len(self.joints):
            raise ValueError(
                f"frame {number}: {frame.shape[-2]} joints, {expected}; "
                f"those of the {printable(self.about['skeleton'])} skeleton, in this order: "
                f"{listed(self.joints)}"
            )
        frame = frame if frame.ndim == 3 else frame[None]
        bad = np.argwhere(~np.isfinite(frame))
        if len(bad) and not self.skip_bad:
            person, joint, _ = bad[0]
            raise ValueError(
                f"frame {number}: joint {printable(self.joints[joint])} of person {person} is "
                f"{frame[tuple(bad[0])]}, expected metres; fill it, leave the person out, "
                "or take the frame before with Recognizer(…, skip_bad=True)"
            )
        if len(bad):
            return np.zeros((1, len(self.joints), 3), np.float32) if before is None else before
        return frame

    def _recognise(self, frames: Collection[np.ndarray], end: int) -> Recognition | None:
        """Recognition of the frames before `end`; None if no person is in them."""
        window = np.zeros((len(frames), max(1, *(len(f) for f in frames)), len(self.joints), 3), np.float32)
        for row, frame in zip(window, frames, strict=True):
            row[: len(frame)] = frame
        poses = resample(window, self.about["frames"], CENTRAL_SHARE)  # [T, M, V, 3]
        present = poses.any((0, 2, 3))
        if not present.any():
            return None
        poses = poses[:, present]  # the graph centres on the first person, who has to be present
        _check_metres(poses)
        (logits,) = self.session.run(["logits"], {"x": poses.transpose(3, 0, 2, 1)[None]})
        probabilities = np.exp(logits[0] - logits[0].max())
        probabilities /= probabilities.sum()
        best = int(probabilities.argmax())
        return Recognition(
            self.classes[best], float(probabilities[best]), end - len(frames), end, probabilities
        )


def resample(poses: np.ndarray, frames: int, share: float = 1.0) -> np.ndarray:
    """Linear interpolation of the central share of a clip, float32[T, M, V, C] -> [frames, M, V, C].

    Between a frame with a person and one without, the nearer frame is taken, so that the person does not move
    in from the origin. This is `skelkit.motion.resample` in numpy.

    >>> resample(np.arange(1, 4, dtype=np.float32).reshape(3, 1, 1, 1), 5).ravel().tolist()
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    last = len(poses) - 1
    margin = last * (1 - share) / 2
    times = margin + (last - margin - margin) * np.arange(frames) / max(frames - 1, 1)
    below = times.astype(np.int64)
    above = np.minimum(below + 1, last)
    weight = (times - below).astype(np.float32)[:, None]  # [frames, 1]
    present = np.any(poses != 0, axis=(2, 3))  # [T, M]
    weight = np.where(present[below] & present[above], weight, weight.round())[..., None, None]
    return poses[below] * (1 - weight) + poses[above] * weight


def open_exported(path: str | Path, threads: int = 1) -> tuple[onnxruntime.InferenceSession, dict[str, Any]]:
    """onnxruntime session and metadata of an exported file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is truncated, damaged, of another version, or has loops or functions.
    """
    data = read_checked(path)
    if found := graph_fault(data):
        raise ValueError(f"{path}: {found}: not a classifier of skelkit.export; export it again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a dozen error types
        raise ValueError(
            f"{path}: complete, but onnxruntime {onnxruntime.__version__} cannot read it "
            f"({printable(error)}); update onnxruntime, or export it again"
        ) from None
    about = _metadata(path, session)
    if about.get("format") != FORMAT:
        raise ValueError(
            f"{path}: format {about.get('format')!r}, written by skelkit "
            f"{printable(about.get('version', '?'))}; skelkit {__version__} reads {FORMAT!r}: "
            "export it again with this version, or install that one"
        )
    try:
        fields = checked(about)
        _check_graph(session, len(fields["joints"]), len(fields["classes"]))
    except MALFORMED as error:
        raise ValueError(
            f"{path}: complete, but not what skelkit.export writes ({reason(error)}); export it again"
        ) from None
    return session, fields


def _metadata(path: str | Path, session: onnxruntime.InferenceSession) -> dict[str, str]:
    try:
        return dict(session.get_modelmeta().custom_metadata_map)
    except MALFORMED as error:  # texts that are no UTF-8
        raise ValueError(f"{path}: its metadata are no text ({reason(error)}); export it again") from None


def _check_graph(session: onnxruntime.InferenceSession, joints: int, classes: int) -> None:
    """Raise ValueError unless the graph takes clips "x" of so many joints and gives "logits" of classes."""
    inputs = {each.name: (each.type, each.shape) for each in session.get_inputs()}
    outputs = {each.name: (each.type, each.shape) for each in session.get_outputs()}
    kind, shape = inputs["x"]
    if len(inputs) != 1 or kind != "tensor(float)" or shape[1::2] != [3, joints] or len(shape) != 5:
        raise ValueError(f"a graph with the inputs {inputs}")
    kind, shape = outputs["logits"]
    if kind != "tensor(float)" or len(shape) != 2 or shape[1] != classes:
        raise ValueError(f"a graph with the outputs {outputs}")


def _check_metres(poses: np.ndarray) -> None:
    """Warn if a body is so large that coordinates cannot be metres; poses [T, M, V, 3], person 0 present."""
    first = poses[np.any(poses[:, 0] != 0, axis=(1, 2)).argmax(), 0]  # [V, 3]
    if (extent := np.ptp(first, axis=0).max()) > LARGEST_BODY:
        warnings.warn(
            f"bodies measure {extent:.0f} from end to end; coordinates should be metres: "
            "divide millimetres by 1000",
            stacklevel=4,
        )
