"""The machine: its description, and the device to compute on."""

from __future__ import annotations

import platform

import torch

from .validation import one_of


def machine() -> str:
    """Processor, threads and versions, without host names or addresses."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{platform.machine()}, {torch.get_num_threads()} threads{gpu}, {versions}"


def pick_device(device: str = "auto") -> torch.device:
    """The device of this name; "auto" is a GPU if there is one, else the CPU.

    Raises:
        ValueError: an unknown name, or "cuda" without a GPU.

    >>> pick_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    one_of(device.split(":")[0], ("auto", "cpu", "cuda", "mps"), "device")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError("device 'cuda' was asked for, but torch sees no GPU; use device='auto' or 'cpu'")
    return torch.device(device)
