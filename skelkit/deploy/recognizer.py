"""Recognise actions in a stream of skeletons with an exported classifier: numpy and onnxruntime, no torch.

An exported file is an ONNX model whose last bytes are one more metadata entry, ``sha256``: that of everything before it. So a file that
was cut off or changed anywhere is known before onnxruntime sees it.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..utils.validation import printable
from ..utils.version import __version__

try:
    import onnxruntime
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "skelkit.recognizer needs onnxruntime: pip install onnxruntime, or all of skelkit[export]"
    ) from missing


FORMAT = "skelkit-onnx-1"

SHARE = 0.95
"""The central share of a clip that is looked at, as in every test of the kit."""

_PLAIN = (
    "classes",
    "joints",
    "frames",
    "fps",
    "seconds",
)  # of the metadata, these are JSON, the others words

_SEAL = b"\x72\x4a\x0a\x06sha256\x12\x40"  # protobuf: entry of ModelProto.metadata_props, 74 bytes; key "sha256", value of 64 bytes


@dataclass(frozen=True, eq=False)
class Recognition:
    """What happens in frames `start_frame` up to, but not including, `end_frame` of a stream."""

    label: str
    probability: float
    start_frame: int
    end_frame: int
    probabilities: np.ndarray = field(repr=False)
    """float32[classes], in the order of `Recognizer.classes`."""


class Recognizer:
    """An exported classifier that is shown one frame after the other.

    Args:
        path: what `skelkit.export.onnx` or `skelkit.export.quantise` wrote.
        window: seconds looked at at once; the typical length of the clips it was trained on, unless given.
        stride: seconds from one recognition to the next; a quarter of the window unless given.
        fps: frames per second of the stream; that of the recordings it was trained on, unless given.
        skip_bad: take the frame before in place of one with NaN or infinite coordinates.
        threads: that onnxruntime computes with.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is cut off, damaged, of another version or no exported classifier; a window or stride that is not positive.

    Attributes:
        classes, joints: names, in the order of the probabilities and of the data.
        about: all that the file says of itself.
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
        self._frames: deque[np.ndarray] = deque(maxlen=max(1, round(window * fps)))
        self._seen = 0

    def __repr__(self) -> str:
        frames = self._frames.maxlen
        return f"Recognizer({len(self.classes)} classes, {len(self.joints)} joints, an answer every {self._every} frames on the last {frames})"

    def push(self, frame) -> Recognition | None:
        """Show the next frame, [V, 3] or [M, V, 3] in metres, y up; absent persons are zeros, and M may change.

        A recognition is returned when the first window is full and then every stride, where anybody is in the window; else None.

        Raises:
            ValueError: another number of joints, or coordinates that are NaN or infinite; the frame then counts as not shown.
        """
        self._frames.append(self._checked(frame, self._seen, self._frames[-1] if self._frames else None))
        self._seen += 1
        if len(self._frames) < self._frames.maxlen or (self._seen - self._frames.maxlen) % self._every:
            return None
        return self._recognise(self._frames, self._seen)

    def stream(self, frames: Iterable) -> Iterator[Recognition]:
        """`push` all of them; one recognition of what there is, if they end before the first window is full."""
        self.reset()
        for frame in frames:
            if found := self.push(frame):
                yield found
        if 0 < self._seen < self._frames.maxlen and (found := self._recognise(self._frames, self._seen)):
            yield found

    def recognise(self, clip) -> Recognition:
        """One recognition of a whole clip [T, V, 3] or [T, M, V, 3]; what is in the stream stays.

        Equal to the torch classifier's: central 95 %, resized, centred.

        Raises:
            ValueError: as `push`; no frames, or nobody in them.
        """
        frames: list[np.ndarray] = []
        for frame in clip:
            frames.append(self._checked(frame, len(frames), frames[-1] if frames else None))
        found = self._recognise(frames, len(frames)) if frames else None
        if found is None:
            raise ValueError(
                f"a clip of {len(frames)} frames with nobody in it; give frames with at least one person"
            )
        return found

    def reset(self) -> None:
        """Forget all frames: the next one is frame 0 of another stream."""
        self._frames.clear()
        self._seen = 0

    def _checked(self, frame, number: int, before: np.ndarray | None) -> np.ndarray:
        """The frame as float32[M, V, 3], or the one before it."""
        frame = np.array(frame, dtype=np.float32)
        expected = (
            f"expected [{len(self.joints)} joints, 3] or [persons, {len(self.joints)} joints, 3] in metres"
        )
        if frame.ndim not in (2, 3) or frame.shape[-1] != 3:
            raise ValueError(f"frame {number}: shape {list(frame.shape)}, {expected}")
        if frame.shape[-2] != len(self.joints):
            raise ValueError(
                f"frame {number}: {frame.shape[-2]} joints, {expected}; those of the {self.about['skeleton']} skeleton, in this order: {', '.join(self.joints)}"
            )
        frame = frame if frame.ndim == 3 else frame[None]
        bad = np.argwhere(~np.isfinite(frame))
        if len(bad) and not self.skip_bad:
            person, joint, _ = bad[0]
            raise ValueError(
                f"frame {number}: joint {self.joints[joint]} of person {person} is {frame[tuple(bad[0])]}, expected metres; "
                "fill it, leave the person out, or take the frame before with Recognizer(…, skip_bad=True)"
            )
        if len(bad):
            return np.zeros((1, len(self.joints), 3), np.float32) if before is None else before
        return frame

    def _recognise(self, frames, end: int) -> Recognition | None:
        """What these last frames up to `end` show; None if nobody is in them."""
        window = np.zeros((len(frames), max(1, *(len(f) for f in frames)), len(self.joints), 3), np.float32)
        for row, frame in zip(window, frames, strict=True):
            row[: len(frame)] = frame
        poses = resample(window, self.about["frames"], SHARE)  # [T, M, V, 3]
        present = poses.any((0, 2, 3))
        if not present.any():
            return None
        poses = poses[:, present]  # who never comes costs nothing, and the first who does is centred on
        _check_metres(poses)
        (logits,) = self.session.run(["logits"], {"x": poses.transpose(3, 0, 2, 1)[None]})
        probabilities = np.exp(logits[0] - logits[0].max())
        probabilities /= probabilities.sum()
        best = int(probabilities.argmax())
        return Recognition(
            self.classes[best], float(probabilities[best]), end - len(frames), end, probabilities
        )


def resample(poses: np.ndarray, frames: int, share: float = 1.0) -> np.ndarray:
    """The central share of a clip at `frames` evenly spaced places, linear in between: `skelkit.motion.resample` in numpy. [T, M, V, C] float32.

    Between a frame with a person and one without, the nearer frame is taken: a person never fades in from the origin.

    >>> resample(np.arange(1, 4, dtype=np.float32).reshape(3, 1, 1, 1), 5).ravel().tolist()
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    last = len(poses) - 1
    margin = last * (1 - share) / 2
    places = margin + (last - margin - margin) * np.arange(frames) / max(frames - 1, 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, last)
    weight = (places - below).astype(np.float32)[:, None]  # [T, 1]
    there = poses.any((2, 3))  # [T, M]
    weight = np.where(there[below] & there[above], weight, weight.round())[..., None, None]
    return poses[below] * (1 - weight) + poses[above] * weight


def seal(content: bytes) -> bytes:
    """An ONNX file with its own checksum at the end, which is still an ONNX file."""
    return content + _SEAL + hashlib.sha256(content).hexdigest().encode()


def read_sealed(path: str | Path) -> bytes:
    """What was sealed, and the seal. Raises ValueError if the file is not as it was written."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; write one with skelkit.export.onnx")
    data = path.read_bytes()
    content, mark, found = data[: -len(_SEAL) - 64], data[-len(_SEAL) - 64 : -64], data[-64:]
    if mark != _SEAL:
        raise ValueError(
            f"{path}: its {len(data)} bytes do not end in the checksum of a file of skelkit.export: cut off, or written by something else; "
            "copy it again or export it again"
        )
    if (expected := hashlib.sha256(content).hexdigest().encode()) != found:
        raise ValueError(
            f"{path}: damaged, its content has the checksum {expected[:8].decode()}…, it was written with {found[:8].decode(errors='replace')}…; copy it again or export it again"
        )
    return data


def open_exported(path: str | Path, threads: int = 1) -> tuple[onnxruntime.InferenceSession, dict]:
    """Session of an exported file, and what the file says of itself. Raises ValueError: cut off, damaged, of another version."""
    data = read_sealed(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a dozen kinds of its own
        raise ValueError(
            f"{path}: whole, but onnxruntime {onnxruntime.__version__} cannot read it ({printable(error)}); update onnxruntime, or export it again"
        ) from None
    about = session.get_modelmeta().custom_metadata_map
    if (found := about.get("format")) != FORMAT:
        raise ValueError(
            f"{path}: format {found!r}, written by skelkit {about.get('version', '?')}; skelkit {__version__} reads {FORMAT!r}: "
            "export it again with this version, or install that one"
        )
    return session, {name: json.loads(value) if name in _PLAIN else value for name, value in about.items()}


def _check_metres(poses: np.ndarray) -> None:
    """Nobody is twenty metres tall: coordinates like that are millimetres, centimetres or pixels."""
    first = poses[poses[:, 0].any((1, 2)).argmax(), 0]
    if (span := np.ptp(first, axis=0).max()) > 20:
        warnings.warn(
            f"bodies measure {span:.0f} from end to end; coordinates should be metres: divide millimetres by 1000",
            stacklevel=4,
        )
