"""Clip: one clip of a ClipSet."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..ops import motion
from ..skeletons.skeleton import Skeleton
from ..utils.validation import printable


@dataclass(frozen=True)
class Clip:
    """One clip of a ClipSet.

    Attributes:
        poses: [T, M, V, C], metres.
        label: class index.
        class_name: name of that class.
        skeleton: whose joints the V joints are.
        fps: frames per second.
        name: name of the clip, such as its file name.
    """

    poses: Tensor
    label: int
    class_name: str
    skeleton: Skeleton
    fps: float
    name: str

    def __len__(self) -> int:
        """Number of frames, T."""
        return len(self.poses)

    @property
    def persons(self) -> int:
        """Number of persons that appear in the clip."""
        return int(motion.presence(self.poses).any(0).sum())

    @property
    def seconds(self) -> float:
        """Duration, T / fps."""
        return len(self) / self.fps

    @property
    def batch(self) -> Tensor:
        """This clip alone as a batch, [1, C, T, V, M], float32."""
        return motion.to_batch(self.poses[None].float())

    def __repr__(self) -> str:
        persons = self.poses.shape[1]
        return (
            f"Clip({self.name!r}: {printable(self.class_name)}, {len(self)} frames at {self.fps:g} fps, "
            f"up to {persons} person{'s' * (persons > 1)}, {printable(self.skeleton.name)})"
        )
