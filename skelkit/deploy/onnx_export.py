"""Export a classifier as an ONNX file, which `skelkit.recognizer` runs without torch.

Input of the graph: recorded clips x float32[clips, 3, frames, joints, persons] in metres, absent persons all
zeros. Clips, frames and persons can be any number from 1. The graph centres the clips itself; persons who are
absent in all frames take no part in the logits.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..models import STGCN
from ..models.classifier import Classifier
from ..ops import motion
from ..utils.files import check_target, write_atomic
from ..utils.version import __version__
from . import recognizer
from .checksum import append_checksum
from .folded_stgcn import FoldedSTGCN

if TYPE_CHECKING:
    from onnx import ModelProto

AXES = {0: "clips", 2: "frames", 4: "persons"}
"""Axes of the input whose sizes are not fixed."""

TOLERANCE = 1e-4
"""Largest difference between exported logits and those of torch, relative to the largest logit (or to 1)."""


def onnx(classifier: Classifier, path: str | Path) -> Path:
    """Write the classifier as one ONNX file of format `recognizer.FORMAT`. Takes about ten seconds.

    Before, onnxruntime has to give the logits of torch for random clips of several lengths and numbers of
    persons. An interrupted write leaves no partial file.

    Returns:
        The path.

    Raises:
        ValueError: Not a `Classifier`, or one whose encoder is not an STGCN.
        RuntimeError: The logits of onnxruntime differ from those of torch.
        OSError: The file cannot be written; says why and what to do.
    """
    if not isinstance(classifier, Classifier):
        raise ValueError(
            f"a {type(classifier).__name__} cannot be exported, a student can: distill(network, clips)"
        )
    if not isinstance(classifier.encoder, STGCN):
        raise ValueError(
            f"a {type(classifier.encoder).__name__} cannot be exported yet; the encoder must be an STGCN"
        )
    check_target(path)
    classifier = deepcopy(classifier).cpu().float().eval()
    content = _file_content(_traced(_Dense(classifier).eval(), classifier), _metadata(classifier))
    with tempfile.TemporaryDirectory() as folder:
        _compare(classifier, write_atomic(Path(folder) / "exported.onnx", content), path)
    return write_atomic(path, content)


def quantise(source: str | Path, target: str | Path) -> Path:
    """Write an exported file with 8-bit weights (dynamic quantisation).

    A file of size `student` becomes a third smaller; on the CPUs we measured, neither `student` nor `laptop`
    became faster. The clips of a call share the range of activations, so logits depend slightly on the rest
    of the batch.

    Args:
        source: a file that `onnx` wrote.
        target: the file to write.

    Returns:
        The path of `target`.

    Raises:
        ValueError: `source` is damaged, was not written by `onnx`, or has 8-bit weights already.
    """
    from onnx import load_from_string
    from onnxruntime.quantization import QuantType, quantize_dynamic

    check_target(target)
    _, metadata = recognizer.open_exported(source)
    if metadata["weights"] != "float32":
        raise ValueError(
            f"{source}: its weights are {metadata['weights']} already; give what skelkit.export.onnx wrote"
        )
    model = load_from_string(Path(source).read_bytes())
    with tempfile.TemporaryDirectory() as folder, _without_warnings("root"):
        path = Path(folder) / "quantised.onnx"
        # Unsigned, because onnxruntime convolves unsigned weights 2 to 3 times as fast as signed ones.
        quantize_dynamic(model, path, weight_type=QuantType.QUInt8)
        quantised = load_from_string(path.read_bytes())
    metadata = {name: value for name, value in metadata.items() if name != "sha256"} | {"weights": "uint8"}
    return write_atomic(target, _file_content(quantised, metadata))


class _Dense(nn.Module):
    """Uncentred clips [N, 3, T, V, M] -> logits [N, classes].

    It computes absent persons too, so that no shape depends on the values of the input.
    """

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.stream_input, self.skeleton = classifier.stream_input, classifier.skeleton
        self.encoder, self.last = FoldedSTGCN(classifier.encoder), classifier.output_layer

    def forward(self, x: Tensor) -> Tensor:
        x = self.stream_input(motion.centre(x, self.skeleton))
        present = motion.presence(motion.to_frames(x)).any(1)  # [N, M]
        people = x.permute(0, 4, 1, 2, 3).flatten(0, 1)  # [N M, C, T, V]
        maps = self.encoder(people)  # [N M, D, T', V]
        features = maps.mean((2, 3)).unflatten(0, (x.shape[0], x.shape[4]))  # [N, M, D]
        weights = present / present.sum(1, keepdim=True).clamp_min(1)
        return self.last((features * weights[:, :, None]).sum(1))


def _traced(dense: nn.Module, classifier: Classifier) -> ModelProto:
    """The ONNX model, without torch's notes about each node, which are larger than the weights."""
    x = _random_clips(classifier, 2, 2 * classifier.frames, 2)
    with _without_warnings("torch.onnx"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*LeafSpec", FutureWarning)  # torch 2.13 warns of its own code
        shapes = (dict.fromkeys(AXES, torch.export.Dim.DYNAMIC),)
        program = torch.onnx.export(
            dense,
            (x,),
            dynamo=True,
            dynamic_shapes=shapes,
            input_names=["x"],
            output_names=["logits"],
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:
        node.ClearField("metadata_props")
    del model.graph.value_info[:]
    sizes = model.graph.input[0].type.tensor_type.shape.dim
    names = {sizes[axis].dim_param: name for axis, name in AXES.items()}
    for value in (*model.graph.input, *model.graph.output):
        for size in value.type.tensor_type.shape.dim:
            if size.dim_param:
                size.dim_param = names[size.dim_param]
    return model


def _metadata(classifier: Classifier) -> dict[str, Any]:
    """What the recognizer has to know besides the graph."""
    return {
        "format": recognizer.FORMAT,
        "version": __version__,
        "classes": classifier.classes,
        "joints": classifier.skeleton.joints,
        "skeleton": classifier.skeleton.name,
        "frames": classifier.frames,
        "fps": classifier.fps,
        "seconds": classifier.seconds,
        "stream": classifier.stream,
        "weights": "float32",
    }


def _file_content(model: ModelProto, metadata: dict[str, Any]) -> bytes:
    """Bytes of the file: the model with metadata and checksum."""
    del model.metadata_props[:]
    for name, value in metadata.items():
        model.metadata_props.add(key=name, value=value if isinstance(value, str) else json.dumps(value))
    return append_checksum(model.SerializeToString(deterministic=True))


def _random_clips(classifier: Classifier, clips: int, frames: int, persons: int) -> Tensor:
    """Random uncentred clips [N, 3, T, V, M].

    Of several persons, the last is absent: in the first third of the last clip, in all frames of the others.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(clips, 3, frames, len(classifier.skeleton), persons, generator=generator) + 2
    if persons > 1:
        x[:, :, : frames // 3, :, -1] = 0
        x[: clips - 1, :, :, :, -1] = 0
    return x


@torch.no_grad()
def _compare(classifier: Classifier, exported: Path, path: str | Path) -> None:
    """Raise RuntimeError unless onnxruntime gives the logits of torch; `path` is named in the error."""
    session, _ = recognizer.open_exported(exported)
    for shape in (
        (1, classifier.frames, 1),
        (1, classifier.frames, 2),
        (3, 2 * classifier.frames + 3, 3),
        (2, 2, 2),
    ):
        x = _random_clips(classifier, *shape)
        expected = classifier(motion.centre(x, classifier.skeleton)).numpy()
        (found,) = session.run(["logits"], {"x": x.numpy()})
        error = np.abs(found - expected).max() / max(1, np.abs(expected).max())
        if not error <= TOLERANCE:
            raise RuntimeError(
                f"{path} was not written: for {shape[0]} clips of {shape[1]} frames and {shape[2]} persons "
                f"the logits of onnxruntime differ from torch's by {error:.1e} of the largest, "
                f"at most {TOLERANCE:.0e} was expected; look for weights that are no numbers"
            )


@contextlib.contextmanager
def _without_warnings(name: str) -> Iterator[None]:
    """Silence a logger except for errors."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
