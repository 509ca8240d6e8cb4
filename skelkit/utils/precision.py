"""Which computations are float32 although networks compute in bf16 or TF32."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def in_float32(function: Callable[P, R]) -> Callable[P, R]:
    """The function without autocast and TF32; half-precision tensors among its arguments become float32.

    For everything that is no network: bf16 has 8 bits and TF32 has 11, so that a rotation in them moves
    joints by millimetres and a correlation of 0.9995 becomes 1. Without autocast, arguments stay as they are.

    >>> double = in_float32(lambda x: x @ x)
    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     double(torch.eye(2)).dtype
    torch.float32
    """

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        kind = next((v.device.type for v in args if isinstance(v, Tensor)), "cpu")
        with tf32(False) if kind == "cuda" else contextlib.nullcontext():
            if not torch.is_autocast_enabled(kind):
                return function(*args, **kwargs)
            with torch.autocast(kind, enabled=False):
                return function(*_widened(args), **_widened(kwargs))

    return wrapped


def _widened(value: Any) -> Any:
    """The value with all half-precision tensors in it as float32."""
    if isinstance(value, Tensor):
        return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return type(value)(map(_widened, value))
    return {k: _widened(v) for k, v in value.items()} if isinstance(value, dict) else value


@contextlib.contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Whether a GPU may compute float32 products and convolutions in TF32, while the context is open."""
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]
