"""A classifier as an ONNX file that runs where there is no torch; `skelkit.recognizer` reads it.

The graph takes clips as they were recorded, x float32[clips, 3, frames, joints, persons] in metres, zeros where a person is not, and
centres them itself; clips, frames and persons may be any number from 1. Every person slot is computed, and those in which nobody ever
is do not count.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
import warnings
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..models import STGCN
from ..models.classifier import Classifier
from ..ops import motion
from ..utils.files import write_atomic
from ..utils.version import __version__
from . import recognizer
from .folded_stgcn import FoldedSTGCN

AXES = {0: "clips", 2: "frames", 4: "persons"}

TOLERANCE = 1e-4
"""How far the exported logits may be from torch's, as a share of the largest logit (or of 1)."""


def onnx(classifier: Classifier, path: str | Path) -> Path:
    """Write the classifier as one ONNX file, `recognizer.FORMAT`; complete under its name or not at all. About ten seconds.

    The file is written only after onnxruntime gave the logits of torch for random clips of several lengths and numbers of persons.

    Raises:
        ValueError: no `Classifier`, or one whose encoder is no STGCN.
        RuntimeError: the logits of onnxruntime differ from torch's.
    """
    if not isinstance(classifier, Classifier):
        raise ValueError(
            f"a {type(classifier).__name__} cannot be exported, a student can: distill(network, clips)"
        )
    if not isinstance(classifier.encoder, STGCN):
        raise ValueError(
            f"a {type(classifier.encoder).__name__} cannot be exported yet; the encoder must be an STGCN"
        )
    classifier = deepcopy(classifier).cpu().float().eval()
    content = _sealed(_traced(_Dense(classifier).eval(), classifier), _about(classifier, "float32"))
    with tempfile.TemporaryDirectory() as folder:
        _compare(classifier, write_atomic(Path(folder) / "exported.onnx", content), path)
    return write_atomic(path, content)


def quantise(source: str | Path, target: str | Path) -> Path:
    """Write an exported file with 8-bit weights: activations are rounded too, by the range of each call (dynamic quantisation).

    The file of `student` becomes a third smaller. Neither it nor `laptop` became faster on a CPU: measure before you choose it.
    Clips of one call share a range, so that logits depend a little on who else is in the batch.

    Raises:
        ValueError: `source` is no whole file of `onnx`, or has 8-bit weights already.
    """
    from onnx import load_from_string
    from onnxruntime.quantization import QuantType, quantize_dynamic

    _, about = recognizer.open_exported(source)
    if about["weights"] != "float32":
        raise ValueError(
            f"{source}: its weights are {about['weights']} already; give what skelkit.export.onnx wrote"
        )
    model = load_from_string(Path(source).read_bytes())
    with tempfile.TemporaryDirectory() as folder, _hushed("root"):
        path = Path(folder) / "quantised.onnx"
        # Unsigned: onnxruntime convolves those 2 to 3 times faster than signed ones.
        quantize_dynamic(model, path, weight_type=QuantType.QUInt8)
        body = path.read_bytes()
    about = {name: value for name, value in about.items() if name != "sha256"} | {"weights": "uint8"}
    return write_atomic(target, _sealed(load_from_string(body), about))


class _Dense(nn.Module):
    """Raw clips [N, 3, T, V, M] -> logits, all persons computed: the shapes depend on shapes alone."""

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.stream_input, self.skeleton = classifier.stream_input, classifier.skeleton
        self.encoder, self.last = FoldedSTGCN(classifier.encoder), classifier.output_layer

    def forward(self, x: Tensor) -> Tensor:
        x = self.stream_input(motion.centre(x, self.skeleton))
        there = motion.presence(motion.to_frames(x)).any(1)  # [N, M]
        people = x.permute(0, 4, 1, 2, 3).flatten(0, 1)  # [N M, C, T, V]
        maps = self.encoder(people)  # [N M, D, T', V]
        features = maps.mean((2, 3)).unflatten(0, (x.shape[0], x.shape[4]))  # [N, M, D]
        weights = there / there.sum(1, keepdim=True).clamp_min(1)
        return self.last((features * weights[:, :, None]).sum(1))


def _traced(dense: nn.Module, classifier: Classifier):
    """The ONNX model, without what torch notes about each node: it is larger than the weights."""
    x = _clips(classifier, 2, 2 * classifier.frames, 2)
    with _hushed("torch.onnx"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*LeafSpec", FutureWarning)  # torch 2.13 of its own code
        shapes = (dict.fromkeys(AXES, torch.export.Dim.DYNAMIC),)
        model = torch.onnx.export(
            dense,
            (x,),
            dynamo=True,
            dynamic_shapes=shapes,
            input_names=["x"],
            output_names=["logits"],
            external_data=False,
            verbose=False,
        ).model_proto
    for node in model.graph.node:
        node.ClearField("metadata_props")
    del model.graph.value_info[:]
    names = dict(
        zip(
            (model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param for axis in AXES),
            AXES.values(),
            strict=True,
        )
    )
    for value in (*model.graph.input, *model.graph.output):
        for size in value.type.tensor_type.shape.dim:
            if size.dim_param:
                size.dim_param = names[size.dim_param]
    return model


def _about(classifier: Classifier, weights: str) -> dict:
    """What a reader has to know."""
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
        "weights": weights,
    }


def _sealed(model, about: dict) -> bytes:
    """The file: the model, what is known of it, the checksum."""
    del model.metadata_props[:]
    for name, value in about.items():
        model.metadata_props.add(key=name, value=value if isinstance(value, str) else json.dumps(value))
    return recognizer.seal(model.SerializeToString(deterministic=True))


def _clips(classifier: Classifier, clips: int, frames: int, persons: int) -> Tensor:
    """Made-up raw clips: the last person of each comes late, and in the first clip of several not at all."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(clips, 3, frames, len(classifier.skeleton), persons, generator=generator) + 2
    if persons > 1:
        x[:, :, : frames // 3, :, -1] = 0
        x[: clips - 1, :, :, :, -1] = 0
    return x


@torch.no_grad()
def _compare(classifier: Classifier, exported: Path, path: str | Path) -> None:
    """Raise RuntimeError unless onnxruntime gives what torch gives."""
    session, _ = recognizer.open_exported(exported)
    for shape in (
        (1, classifier.frames, 1),
        (1, classifier.frames, 2),
        (3, 2 * classifier.frames + 3, 3),
        (2, 2, 2),
    ):
        x = _clips(classifier, *shape)
        expected = classifier(motion.centre(x, classifier.skeleton)).numpy()
        (found,) = session.run(["logits"], {"x": x.numpy()})
        error = np.abs(found - expected).max() / max(1, np.abs(expected).max())
        if not error <= TOLERANCE:
            raise RuntimeError(
                f"{path} was not written: for {shape[0]} clips of {shape[1]} frames and {shape[2]} persons the logits of onnxruntime differ from torch's "
                f"by {error:.1e} of the largest, at most {TOLERANCE:.0e} was expected; are there weights that are no numbers?"
            )


@contextlib.contextmanager
def _hushed(name: str):
    """Without the advice that a library logs."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
