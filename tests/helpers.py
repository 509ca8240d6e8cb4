"""Small helpers that many tests share: generators, random batches and bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skelkit import motion
from skelkit.data.reference_body import standing
from skelkit.skeletons import Skeleton


def seeded(seed: int = 0) -> torch.Generator:
    """A generator on the CPU with this seed."""
    return torch.Generator().manual_seed(seed)


def batch(clips: int = 3, frames: int = 24, joints: int = 5, persons: int = 2, seed: int = 0) -> Tensor:
    """Normally distributed coordinates x [clips, 3, frames, joints, persons]."""
    return torch.randn(clips, 3, frames, joints, persons, generator=seeded(seed))


def body(skeleton: Skeleton, frames: int, seed: int = 0, noise: float = 0.01) -> np.ndarray:
    """A standing adult whose joints tremble, float32 [frames, V, 3]; its layout is found by geometry."""
    trembling = torch.randn(frames, len(skeleton), 3, generator=seeded(seed)) * noise
    return (standing(skeleton) + trembling).numpy()


def bone_lengths(x: Tensor, skeleton: Skeleton) -> Tensor:
    """Length of the bone from each joint to its parent, [N, T, V, M]; zero at the root."""
    return motion.bones(x, skeleton).norm(dim=1)


def code_of(notebook: Path) -> list[str]:
    """Source of each code cell of a notebook."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def defined(notebook: Path, name: str) -> Callable[..., Any]:
    """The function of this name, as a cell of the notebook that begins with it defines it."""
    source = next(source for source in code_of(notebook) if source.startswith(f"def {name}("))
    space: dict[str, Any] = {"torch": torch}
    exec(source.split("\n\n\n")[0], space)
    return space[name]
