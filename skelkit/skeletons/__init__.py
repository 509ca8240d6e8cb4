"""Skeletons: the type, and the named layouts."""

from .layouts import COCO17, KINECT20, KNOWN, MOCAP21, NTU25, of_size
from .skeleton import Skeleton

__all__ = ["COCO17", "KINECT20", "KNOWN", "MOCAP21", "NTU25", "Skeleton", "of_size"]
