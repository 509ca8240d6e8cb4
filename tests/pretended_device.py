"""A pretended GPU, for machines without one: CPU tensors with their values that are said to be on "cuda:0".

    with pretended_device() as log:
        clips = clips.to("cuda")
        …
    log.waits  # what would have made the host wait for the GPU, with file and line

Two modes of torch work together. `_Functions` answers what Python code asks of a tensor or says of a device:
`x.device`, `x.to("cuda")`, `device="cuda"`. `_Operations` sees every operation below it, also those of the
backward pass: it raises what CUDA raises where tensors of both devices meet, notes what makes the host wait,
and passes the device on to the results.

What it does not see: numbers (CUDA rounds differently), kernels that CUDA lacks, and memory.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")
aten = torch.ops.aten

READS_BACK: dict[Any, str] = {
    aten._local_scalar_dense.default: "read of a number",
    aten.nonzero.default: "nonzero",
    aten.masked_select.default: "masked_select",
    aten.equal.default: "equal",
    aten.bincount.default: "bincount",
    aten._unique2.default: "unique",
    aten._linalg_svd.default: "svd",
    aten._linalg_eigh.default: "eigh",
    aten._linalg_solve_ex.default: "solve",
}
"""Operations whose CUDA kernels make the host wait: the size of the result or an error code is read back."""

INDEXED = ("index", "index_put", "index_put_", "_index_put_impl_")

_pretended: dict[int, StorageWeakRef] = {}
"""Storages that are said to be on the GPU; the weak reference keeps the address from being reused."""

_pinned: dict[int, StorageWeakRef] = {}
"""Storages in pinned memory, from which a copy need not wait."""


def device_of(x: Tensor) -> torch.device:
    """The device on which a tensor is said to be."""
    return CUDA if x.untyped_storage()._cdata in _pretended else CPU


def _note_storage(table: dict[int, StorageWeakRef], x: Tensor) -> None:
    storage = x.untyped_storage()
    table[storage._cdata] = StorageWeakRef(storage)
    if len(table) > 100_000:
        for address in [address for address, storage in table.items() if storage.expired()]:
            del table[address]


class Wait(NamedTuple):
    """Something that makes the host wait for the GPU, and the line of the package that asks for it."""

    what: str
    line: str


@dataclass
class Log:
    """What happened on the pretended GPU.

    Attributes:
        waits: in order.
        operations: number of operations on it.
    """

    waits: list[Wait] = field(default_factory=list)
    operations: int = 0

    def wait(self, what: str) -> None:
        """Note a wait of the host."""
        self.waits.append(Wait(what, _line()))

    @contextlib.contextmanager
    def per_step(self) -> Iterator[dict[int, list[list[Wait]]]]:
        """Waits between two steps of the same optimiser, by its id, while the context is open."""
        found: dict[int, list[list[Wait]]] = {}
        marks: dict[int, int] = {}

        def mark(optimiser: torch.optim.Optimizer, *_: Any) -> None:
            if id(optimiser) in marks:
                found.setdefault(id(optimiser), []).append(self.waits[marks[id(optimiser)] :])
            marks[id(optimiser)] = len(self.waits)

        handle = register_optimizer_step_post_hook(mark)
        try:
            yield found
        finally:
            handle.remove()


def _line() -> str:
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if "/skelkit/" in name and "/site-packages/" not in name:
            return f"{name.split('/skelkit/')[-1]}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return "outside the package"


class _Operations(TorchDispatchMode):
    """Below autograd: what each operation does with the devices of its tensors."""

    def __init__(self, log: Log):
        super().__init__()
        self.log = log
        self.asked: list[torch.device | None] = []  # devices that Python code asked for, innermost last

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [v for v in tree_leaves((args, kwargs)) if isinstance(v, Tensor)]
        on_gpu = any(device_of(v) is CUDA for v in tensors)
        if on_gpu:
            self.log.operations += 1
            self.check(func, args, kwargs, tensors)
        known = {v.untyped_storage()._cdata for v in tensors}
        out = func(*args, **kwargs)
        if on_gpu or (not tensors and CUDA in self.asked[-1:]):
            for v in tree_leaves(out):
                if isinstance(v, Tensor) and v.untyped_storage()._cdata not in known:
                    _note_storage(_pretended, v)
        return out

    def check(self, func: Any, args: tuple, kwargs: dict[str, Any], tensors: list[Tensor]) -> None:
        """Raise for mixed devices, and note a wait."""
        name = func._schema.name.removeprefix("aten::")
        if func in READS_BACK:
            self.log.wait(READS_BACK[func])
        if name == "repeat_interleave" and kwargs.get("output_size") is None:
            self.log.wait("repeat_interleave without output_size")
        if name in INDEXED:
            self.check_index(name, args)
        elif name in ("copy_", "_to_copy"):
            devices = [device_of(v) for v in tensors]
            if devices[0] is not devices[-1] and tensors[-1].untyped_storage()._cdata not in _pinned:
                self.log.wait(f"copy to {devices[0].type}")
        elif not name.startswith(("_foreach", "_fused")):
            for v in tensors:
                if v.dim() and device_of(v) is CPU:
                    raise mixed(f"{name} of a CPU tensor {list(v.shape)} with tensors of the GPU")

    def check_index(self, name: str, args: tuple) -> None:
        """An index may be on the CPU, for which the host waits; a mask is turned into positions."""
        x, index = args[0], [v for v in args[1] if v is not None]
        if device_of(x) is CPU and any(device_of(v) is CUDA for v in index):
            raise mixed("an index on the GPU into a CPU tensor")
        if any(device_of(v) is CPU for v in index):
            self.log.wait("copy of an index")
        one_value = name != "index" and args[2].dim() == 0
        if any(v.dtype in (torch.bool, torch.uint8) for v in index) and not one_value:
            self.log.wait("index by a mask")
        if name != "index" and args[2].dim() and device_of(args[2]) is not device_of(x):
            raise mixed("values of another device")


def mixed(why: str) -> RuntimeError:
    """The error of CUDA where tensors of two devices meet."""
    return RuntimeError(
        "Expected all tensors to be on the same device, "
        f"but found at least two devices, cuda:0 and cpu! {why}"
    )


class _Functions(TorchFunctionMode):
    """Above autograd: what Python code asks of tensors, and the devices that it names."""

    def __init__(self, log: Log, operations: _Operations):
        super().__init__()
        self.log, self.operations = log, operations
        self.answers = {
            Tensor.device.__get__: lambda x: device_of(x),
            Tensor.is_cuda.__get__: lambda x: device_of(x) is CUDA,
            Tensor.to: self.to,
            Tensor.cpu: lambda x: self.to(x, CPU),
            Tensor.cuda: lambda x, *_: self.to(x, CUDA),
            Tensor.pin_memory: self.pin_memory,
            Tensor.numpy: self.numpy,
            Tensor.tolist: self.tolist,
            Tensor.new_tensor: self.new_tensor,
            torch.tensor: lambda *a, **k: self.from_values(torch.tensor, *a, **k),
            torch.as_tensor: lambda *a, **k: self.from_values(torch.as_tensor, *a, **k),
        }

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in self.answers:
            return self.answers[func](*args, **kwargs)
        on_gpu = any(isinstance(v, Tensor) and device_of(v) is CUDA for v in tree_leaves((args, kwargs)))
        asked = CUDA if on_gpu else None
        if kwargs.get("device") is not None:
            asked = _full(kwargs["device"])
            kwargs["device"] = CPU
        elif func in (Tensor.__getitem__, Tensor.__setitem__, Tensor.backward, torch.autograd.grad):
            asked = None  # a list as an index becomes a CPU tensor, as does what a backward pass makes
        generator = kwargs.get("generator")
        if generator is not None and asked is CUDA and generator.device.type == "cpu":
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        self.operations.asked.append(asked)
        try:
            return func(*args, **kwargs)
        finally:
            self.operations.asked.pop()

    def to(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """`Tensor.to`, with a pretended device among its arguments."""
        if sys._getframe(2).f_code.co_filename.endswith("clip_grad.py"):
            return x  # it groups gradients by the device that torch itself sees
        device, rest = kwargs.pop("device", None), []
        for v in args:
            if isinstance(v, Tensor):
                device, rest = device_of(v), [*rest, v.dtype]
            elif isinstance(v, str | torch.device):
                device = v
            elif isinstance(v, bool):
                kwargs.setdefault("non_blocking", v)
            elif v is not None:
                rest.append(v)
        waits = not (kwargs.pop("non_blocking", False) and x.untyped_storage()._cdata in _pinned)
        y = x.to(*rest, **kwargs) if rest or kwargs else x
        target = device_of(x) if device is None else _full(device)
        return y if target is device_of(x) else self.moved(y, target, waits)

    def moved(self, x: Tensor, target: torch.device, waits: bool = True) -> Tensor:
        """A copy that is said to be on the other device."""
        if waits:
            self.log.wait(f"copy to {target.type}")
        y = x.clone()
        if target is CUDA:
            _note_storage(_pretended, y)
        else:
            _pretended.pop(y.untyped_storage()._cdata, None)
        return y

    def pin_memory(self, x: Tensor, *_: Any) -> Tensor:
        """A copy from which a copy to the device need not wait."""
        if device_of(x) is CUDA:
            raise RuntimeError("cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned")
        y = x.clone()
        _note_storage(_pinned, y)
        return y

    def numpy(self, x: Tensor, **kwargs: Any) -> Any:
        if device_of(x) is CUDA:
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first")
        return x.numpy(**kwargs)

    def tolist(self, x: Tensor) -> Any:
        if device_of(x) is CUDA:
            self.log.wait("tolist")
        return x.tolist()

    def new_tensor(self, x: Tensor, values: Any, **kwargs: Any) -> Tensor:
        return self.from_values(x.new_tensor, values, device=device_of(x), **kwargs)

    def from_values(self, make: Any, values: Any, *args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        """A tensor of values; those that are tensors of the GPU are read, those for the GPU are copied."""
        if isinstance(values, Tensor) and make is torch.as_tensor:
            return self.to(values, kwargs.get("dtype"), device=device)
        if any(isinstance(v, Tensor) and device_of(v) is CUDA for v in tree_leaves(values)):
            self.log.wait("read of numbers into a tensor")
        y = make(values, *args, **kwargs)
        return self.moved(y, CUDA) if device is not None and _full(device) is CUDA else y


def _full(device: Any) -> torch.device:
    return CUDA if torch.device(device).type == "cuda" else CPU


@contextlib.contextmanager
def pretended_device() -> Iterator[Log]:
    """While the context is open, "cuda" is a device, and its log says what would make the host wait."""
    log = Log()
    operations = _Operations(log)
    with operations, _Functions(log, operations):
        yield log
