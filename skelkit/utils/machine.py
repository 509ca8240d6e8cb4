"""The machine: its description, and the device to compute on."""

from __future__ import annotations

import platform

import torch

from .validation import one_of


def machine() -> str:
    """Processor, threads and versions, without names or addresses."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{platform.machine()}, {torch.get_num_threads()} threads{gpu}, Python {platform.python_version()}, torch {torch.__version__}"


def pick_device(device: str = "auto") -> torch.device:
    """The device of that name; "auto" is a GPU where there is one.

    >>> pick_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    one_of(device.split(":")[0], ("auto", "cpu", "cuda", "mps"), "device")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError("device 'cuda' was asked for, but torch sees no GPU; use device='auto' or 'cpu'")
    return torch.device(device)
