"""Opening clips by name or path: one door, `load`."""

from __future__ import annotations

import inspect
import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np

from ..skeletons import Skeleton
from . import ntu
from .clips import ClipSet
from .ntu import samples
from .readers import bvh, npy, toolkits
from .readers.foreign import check_labels, known_skeleton

LOADABLE = (
    '"synthetic", NTU RGB+D (a folder or .zip of .skeleton files), a folder, file or .zip of .bvh, an .npz file (data, length, label), '
    "files of other toolkits (x_train .npz, ST-GCN .npy and .pkl, annotation .pkl, NW-UCLA json), a .toml that describes a .csv or .npz, "
    "or a .safetensors file (ClipSet.save)"
)

_NPZ = "data [frames, joints, 3] or [frames, persons, joints, 3], length [clips] and label [clips]"


def load(source: str | os.PathLike, *, seed: int = 0, **options) -> ClipSet:
    """Clips by name or path.

    ===========================  =============================================================  ================================
    source                       what it is                                                     options
    ===========================  =============================================================  ================================
    ``"synthetic"``              generated from `seed`, see `skelkit.data.synthetic.make`       those of ``make``
    folder or zip of .skeleton   raw NTU RGB+D, see `skelkit.data.ntu.read`                    those of ``read``
    folder with .bvh, or a file  motion capture, see `skelkit.data.readers.bvh.read_folder`     pattern, scale, end_sites,
                                                                                                keep_reference_root
    ``*.npz``                    all clips' frames back to back, see `read_npz`                 fps, skeleton
    ``*.safetensors``            what `ClipSet.save` wrote                                      none
    files of other toolkits      see `skelkit.data.readers.toolkits`                            those of their readers
    ===========================  =============================================================  ================================

    `seed` is read by the synthetic clips alone: files hold what they hold. (A folder of the name is ``"./synthetic"``.)

    Raises:
        FileNotFoundError: there is no such file or folder.
        TypeError: an option that this kind of source does not take; the known ones are listed.
        ValueError: something that cannot be loaded, or a damaged or irregular file; says which, what was found and what to do.

    >>> clips = load("synthetic", clips=4, seed=1)
    >>> len(clips), clips.skeleton.name
    (4, 'NTU-25')
    """
    if not isinstance(source, (str, os.PathLike)) or (isinstance(source, str) and not source):
        raise ValueError(
            f"cannot load {'an empty name' if isinstance(source, str) else 'a ' + type(source).__name__}; give {LOADABLE}; arrays go through ClipSet.from_arrays"
        )
    if source == "synthetic":
        from . import synthetic

        kind, reader = "synthetic clips", partial(synthetic.make, seed=seed)
        _check_options(kind, synthetic.make, options)
    else:
        path = Path(source)
        kind, read = _reader(path)
        _check_options(kind, read, options)
        reader = partial(read, path)
    return reader(**options)


def _reader(path: Path) -> tuple[str, Callable[..., ClipSet]]:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder; sk.load takes {LOADABLE}")
    if (path.is_dir() or path.suffix.lower() == ".zip") and samples.holds_samples(path):
        return "NTU RGB+D", ntu.read
    if found := toolkits.find_reader(path):
        return found
    if path.is_dir():
        if any(p.suffix.lower() == ".bvh" for p in path.rglob("*")):
            return "BVH files", bvh.read_folder
        raise ValueError(f"{path}: nothing that can be read in this folder or its subfolders; sk.load takes {LOADABLE}")
    readers = {".bvh": ("BVH files", bvh.read_folder), ".npz": (".npz files", read_npz), ".safetensors": (".safetensors files", ClipSet.load)}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path}: files ending in {path.suffix!r} cannot be loaded; sk.load takes {LOADABLE}")
    return readers[path.suffix.lower()]


def _check_options(kind: str, read: Callable, options: dict) -> None:
    parameters = inspect.signature(read).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY or (p.default is not p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)]
    known = [name for name in known if name != "seed"]
    for name in options:
        if name not in known:
            raise TypeError(f"no option {name!r} for {kind}; they take {', '.join(known) or 'none'}")


def read_npz(path: str | Path, *, fps: float | None = None, skeleton: Skeleton | str | None = None) -> ClipSet:
    """A ragged .npz: the frames of all clips back to back, and how many frames each clip has.

    ===============================  ============================================================================
    data                             float [F, V, 3] or [F, M, V, 3], metres, y up; absent persons are all zeros
    length                           integers [N], the frames of each clip; they add up to F
    label                            integers [N], counted from 0
    subject, view, setup (optional)  numbers or names [N]
    classes (optional)               names [K]
    fps (optional)                   one number
    ===============================  ============================================================================

    Arrays of other names are ignored (such as ``start`` and ``sequence``, where each clip was cut from its recording).

    Args:
        fps: overrides the file's; 30, the rate of Kinect v1 and v2, if neither says.
        skeleton: a `Skeleton` or the name of a built-in one; found from the number of joints unless given.

    Raises:
        ValueError: names the file and what was found and expected. Pickled objects are refused: they could run any code.
    """
    path = Path(path)
    arrays = _arrays(path)
    data, length, label = (arrays[key] for key in ("data", "length", "label"))
    if data.dtype.kind != "f" or data.ndim not in (3, 4) or data.shape[-1] != 3:
        _fail(path, f"data {data.dtype} {list(data.shape)}", "floats [frames, joints, 3] or [frames, persons, joints, 3]", "save metres as float32")
    for key, array in (("length", length), ("label", label)):
        if array.dtype.kind not in "iu" or array.ndim != 1:
            _fail(path, f"{key} {array.dtype} {list(array.shape)}", "integers [clips]", "save one number per clip")
    for key in ("label", "subject", "view", "setup"):
        if key in arrays and arrays[key].shape != length.shape:
            _fail(path, f"{key} of shape {list(arrays[key].shape)}", f"{list(length.shape)} like length", "save one per clip")
    if (length < 1).any():
        clip = int((length < 1).argmax())
        _fail(path, f"clip {clip} of {int(length[clip])} frames", "at least one", "leave empty clips out")
    if (total := sum(length.tolist())) != len(data):
        _fail(path, f"lengths that add up to {total}", f"{len(data)}, the frames in data", "save both anew from the same clips")
    classes = arrays.get("classes")
    if classes is not None and (classes.dtype.kind != "U" or classes.ndim != 1):
        _fail(path, f"classes {classes.dtype} {list(classes.shape)}", "names [classes]", "save a list of strings")
    if fps is None:
        rate = arrays.get("fps", np.array(30.0))
        if rate.dtype.kind not in "iuf" or rate.size != 1:
            _fail(path, f"fps {rate.dtype} {list(rate.shape)}", "one number", "save frames per second, or pass fps=…")
        fps = float(rate.reshape(()))
    skeleton = known_skeleton(skeleton)
    groups = {key: arrays[key] for key in ("subject", "view", "setup") if key in arrays}
    clips = np.split(data, length.astype(np.int64).cumsum()[:-1])
    label = check_labels(path, [f"clip {i}" for i in range(len(label))], label.tolist())
    try:
        return ClipSet.from_arrays(clips, labels=label, skeleton=skeleton, fps=fps, classes=classes, **groups)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays this kit knows, by name; never unpickles."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: found something that is not a whole .npz archive, expected one with {_NPZ}; write it with numpy.savez")
    found = npy.names(path)
    known = ("data", "length", "label", "subject", "view", "setup", "classes", "fps")
    arrays = {key: npy.find(path, key).whole() for key in known if key in found}
    for key in ("data", "length", "label"):
        if key not in arrays:
            _fail(path, f"the arrays {', '.join(found) or '(none)'}", _NPZ, f"add {key!r}")
    return arrays


def _fail(path: Path, found: str, expected: str, do: str) -> NoReturn:
    raise ValueError(f"{path}: found {found}, expected {expected}; {do}")
